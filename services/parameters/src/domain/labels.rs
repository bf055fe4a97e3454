//! What a label may be called.

/// As many labels as one version may have.
pub const MAX_LABELS: usize = 10;

/// Whether it may be a label: one that may not comes back among the invalid ones.
pub fn is_valid(label: &str) -> bool {
    let begins = |prefix: &str| label.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix));
    let is_made_of = label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let starts_with_digit = label.bytes().next().is_none_or(|b| b.is_ascii_digit());
    is_made_of && !starts_with_digit && !begins("aws") && !begins("ssm")
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn labels_are_no_versions_and_nobody_elses() {
        for good in ["prod", "a1", "A.b-c_d", "_x", "-"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["5", "1a", "aws", "AWS-x", "ssmx", "a b", "a/b", "a:b", "\u{e4}", ""] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
