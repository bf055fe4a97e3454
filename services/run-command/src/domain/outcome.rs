//! What the invocations' ends make of their command (AWS: "Understanding command statuses"; rate control:
//! the system stops when more than `max-errors` errors were seen).

use reeve_fleet::rate_control::allowed_errors;
use serde::{Deserialize, Serialize};

/// How many invocations ended, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub targets: u32,
    pub dispatched: u32,
    pub completed: u32,
    pub success: u32,
    /// Failed and ExecutionTimedOut: those that MaxErrors counts.
    pub errors: u32,
    pub delivery_timed_out: u32,
    /// Cancelled by somebody. What `Terminated` says, the errors did.
    pub cancelled: u32,
    /// Those of nodes that were deregistered before they began.
    pub undeliverable: u32,
}

impl Counts {
    /// Takes in one more end.
    pub fn add(&mut self, details: &str) {
        self.completed += 1;
        match details {
            "Success" => self.success += 1,
            "Failed" | "ExecutionTimedOut" | "Interrupted" => self.errors += 1,
            "DeliveryTimedOut" => self.delivery_timed_out += 1,
            "Cancelled" => self.cancelled += 1,
            "Undeliverable" => self.undeliverable += 1,
            _ => {}
        }
    }

    pub fn all_ended(&self) -> bool {
        self.completed >= self.targets
    }
}

/// Status and detailed status of a command whose invocations have all ended.
///
/// Where AWS's pages are undecided: exactly `max_errors` failures are `Incomplete` (the rate-control page's
/// n+1 rule, not the status page's), and `Incomplete` has the status `Failed`.
pub fn settle(counts: &Counts, cancel_requested: bool, max_errors: &str) -> (&'static str, &'static str) {
    let allowed = allowed_errors(max_errors, counts.targets);
    if counts.targets == 0 {
        ("Success", "NoInstancesInTag")
    } else if cancel_requested && counts.cancelled > 0 {
        ("Cancelled", "Cancelled")
    } else if counts.errors > allowed {
        ("Failed", "Failed")
    } else if counts.delivery_timed_out > allowed {
        ("TimedOut", "DeliveryTimedOut")
    } else if counts.errors > 0 || counts.delivery_timed_out > 0 {
        ("Failed", "Incomplete")
    } else if counts.success > 0 {
        ("Success", "Success")
    } else {
        ("Failed", "Failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(ends: &[&str]) -> Counts {
        let mut counts = Counts { targets: u32::try_from(ends.len()).unwrap(), ..Counts::default() };
        for end in ends {
            counts.add(end);
        }
        counts
    }

    #[test]
    fn the_table_of_the_reference() {
        type Row<'a> = (&'a [&'a str], bool, &'a str, (&'a str, &'a str));
        let rows: [Row<'_>; 13] = [
            (&["Success", "Success"], false, "0", ("Success", "Success")),
            (&["Success", "Failed"], false, "0", ("Failed", "Failed")),
            (&["Success", "Failed"], false, "1", ("Failed", "Incomplete")),
            (&["Success", "ExecutionTimedOut", "Failed"], false, "1", ("Failed", "Failed")),
            (&["Success", "DeliveryTimedOut"], false, "0", ("TimedOut", "DeliveryTimedOut")),
            (&["Success", "Cancelled"], true, "0", ("Cancelled", "Cancelled")),
            (&["Success", "Failed", "Terminated"], true, "0", ("Failed", "Failed")),
            (&["Cancelled", "Failed", "Terminated"], true, "0", ("Cancelled", "Cancelled")),
            (&["Success", "Success"], true, "0", ("Success", "Success")),
            (&["Undeliverable", "InvalidPlatform"], false, "0", ("Failed", "Failed")),
            (&["Undeliverable", "Success"], false, "0", ("Success", "Success")),
            (&["Interrupted"], false, "0", ("Failed", "Failed")),
            (&[], false, "0", ("Success", "NoInstancesInTag")),
        ];
        for (ends, cancelled, max_errors, expected) in rows {
            assert_eq!(settle(&after(ends), cancelled, max_errors), expected, "{ends:?} {max_errors}");
        }
    }
}
