//! MaxConcurrency and MaxErrors: numbers, or percentages of the targets (AWS: "Using targets and rate controls").

/// How many a MaxConcurrency text allows at once of so many targets: a number, or a percentage rounded down, at least one.
pub fn allowed_at_once(max_concurrency: &str, targets: u32) -> u32 {
    of(max_concurrency, targets).max(1)
}

/// How many errors a MaxErrors text allows of so many targets: a number, or a percentage rounded down.
pub fn allowed_errors(max_errors: &str, targets: u32) -> u32 {
    of(max_errors, targets)
}

fn of(text: &str, targets: u32) -> u32 {
    let allowed = match text.strip_suffix('%') {
        Some(percent) => u64::from(targets) * percent.parse().unwrap_or(0) / 100,
        None => text.parse().unwrap_or(0),
    };
    u32::try_from(allowed).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_at_once_and_percentages_round_down() {
        let table = [("50", 9, 50), ("1", 9, 1), ("10%", 9, 1), ("10%", 50, 5), ("100%", 7, 7), ("1%", 0, 1)];
        for (text, targets, allowed) in table {
            assert_eq!(allowed_at_once(text, targets), allowed, "{text} of {targets}");
        }
        assert_eq!(["10%", "10%", "3"].map(|text| allowed_errors(text, 50)), [5, 5, 3]);
        assert_eq!(allowed_errors("10%", 9), 0);
    }
}
