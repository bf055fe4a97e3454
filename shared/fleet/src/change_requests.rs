//! How far a change request has come, in AWS's words, from the events of its execution.

use reeve_contracts::automation::{ExecutionEvent, StepFinished};

const PENDING_APPROVAL: &str = "PendingApproval";
const APPROVED: &str = "Approved";
const REJECTED: &str = "Rejected";
const RUNS: &str = "RunbookInProgress";
/// Of one that somebody who had approved it has taken back.
pub const REVOKED: &str = "Revoked";
const OVERRIDE_REJECTED: &str = "ChangeCalendarOverrideRejected";
const WAIT_FOR_CALENDARS: &str = "reeve:waitForCalendars";

/// The statuses in which nobody has to look at an OpsItem any more: Resolved, and those in which a change request is over.
const ENDS_OF_OPS_ITEMS: [&str; 10] = [
    "Resolved",
    "Closed",
    "CompletedWithSuccess",
    "CompletedWithFailure",
    "Failed",
    "TimedOut",
    "Cancelled",
    REVOKED,
    REJECTED,
    OVERRIDE_REJECTED,
];

/// Whether an OpsItem is over in a status.
pub fn ops_item_is_over(status: &str) -> bool {
    ENDS_OF_OPS_ITEMS.contains(&status)
}

/// The status of a change request after an event of its execution; `None`: as it was.
pub fn change_status(before: &str, event: &ExecutionEvent) -> Option<&'static str> {
    match event {
        ExecutionEvent::ExecutionStarted(e) => {
            // What goes on where another one has failed was approved then.
            let is_approved =
                e.resumption.is_some() || e.change.as_ref().is_some_and(|change| change.is_auto_approved);
            Some(if is_approved { APPROVED } else { PENDING_APPROVAL })
        }
        ExecutionEvent::StepStarted(e) => match e.action.as_str() {
            "aws:approve" => Some(PENDING_APPROVAL),
            "aws:sleep" => Some("Scheduled"),
            WAIT_FOR_CALENDARS => Some("PendingChangeCalendarOverride"),
            _ => Some(RUNS),
        },
        ExecutionEvent::StepFinished(e) => after_step(e),
        ExecutionEvent::ExecutionStopRequested(e) if e.r#type == "Revoke" => Some(REVOKED),
        ExecutionEvent::ExecutionStopRequested(e) if e.r#type != "Complete" => Some("Cancelling"),
        ExecutionEvent::ExecutionFinished(e) => match (e.status.as_str(), before) {
            ("Success", RUNS) => Some("CompletedWithSuccess"),
            // An approval that was all that was asked for.
            ("Success", _) => Some(APPROVED),
            ("TimedOut", _) => Some("TimedOut"),
            ("Cancelled", REVOKED) => None,
            ("Cancelled", _) => Some("Cancelled"),
            (_, REJECTED | OVERRIDE_REJECTED) => None,
            _ => Some("CompletedWithFailure"),
        },
        _ => None,
    }
}

fn after_step(e: &StepFinished) -> Option<&'static str> {
    match (e.action.as_str(), e.status.as_str()) {
        ("aws:approve", "Success") => Some(APPROVED),
        ("aws:approve", "Failed") => Some(REJECTED),
        // What was said about it stands in its outputs; calendars that opened are none.
        (WAIT_FOR_CALENDARS, "Success") if e.outputs_json.contains("ApproverDecisions") => {
            Some("ChangeCalendarOverrideApproved")
        }
        (WAIT_FOR_CALENDARS, "Failed") => Some(OVERRIDE_REJECTED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::automation::{
        ExecutionFinished, ExecutionStarted, ExecutionStopRequested, StepStarted,
    };

    fn begins(action: &str) -> ExecutionEvent {
        ExecutionEvent::StepStarted(StepStarted { action: action.into(), ..StepStarted::default() })
    }

    fn ends(action: &str, status: &str, outputs_json: &str) -> ExecutionEvent {
        let (action, status, outputs_json) = (action.into(), status.into(), outputs_json.into());
        ExecutionEvent::StepFinished(StepFinished { action, status, outputs_json, ..StepFinished::default() })
    }

    fn stops(kind: &str) -> ExecutionEvent {
        let r#type = kind.into();
        ExecutionEvent::ExecutionStopRequested(ExecutionStopRequested { r#type, ..Default::default() })
    }

    fn is_over(status: &str) -> ExecutionEvent {
        let status = status.into();
        ExecutionEvent::ExecutionFinished(ExecutionFinished { status, ..ExecutionFinished::default() })
    }

    #[test]
    fn what_ends_an_ops_item_is_told_from_what_it_waits_for() {
        for status in ["Open", "InProgress", "Scheduled", "PendingApproval", "Approved", RUNS, "Cancelling"] {
            assert!(!ops_item_is_over(status), "{status}");
        }
        assert!(
            ops_item_is_over("Resolved")
                && ops_item_is_over("CompletedWithFailure")
                && ops_item_is_over(REJECTED)
        );
    }

    #[test]
    fn a_change_goes_through_its_statuses() {
        let (approve, wait, run) = ("aws:approve", WAIT_FOR_CALENDARS, "aws:executeAutomation");
        let said = r#"{"ApproverDecisions": []}"#;
        for (events, statuses) in [
            (
                vec![begins(approve), ends(approve, "Success", ""), begins(run), is_over("Success")],
                vec![PENDING_APPROVAL, APPROVED, RUNS, "CompletedWithSuccess"],
            ),
            (
                vec![begins(approve), ends(approve, "Failed", ""), is_over("Failed")],
                vec![PENDING_APPROVAL, REJECTED, REJECTED],
            ),
            (
                vec![
                    begins("aws:sleep"),
                    begins(wait),
                    ends(wait, "Success", said),
                    begins(run),
                    is_over("Failed"),
                ],
                vec![
                    "Scheduled",
                    "PendingChangeCalendarOverride",
                    "ChangeCalendarOverrideApproved",
                    RUNS,
                    "CompletedWithFailure",
                ],
            ),
            (
                vec![begins(wait), ends(wait, "Failed", said), is_over("Failed")],
                vec!["PendingChangeCalendarOverride", OVERRIDE_REJECTED, OVERRIDE_REJECTED],
            ),
            (
                vec![begins(approve), ends(approve, "TimedOut", ""), is_over("TimedOut")],
                vec![PENDING_APPROVAL, PENDING_APPROVAL, "TimedOut"],
            ),
            (
                vec![begins(approve), ends(approve, "Success", ""), is_over("Success")],
                vec![PENDING_APPROVAL, APPROVED, APPROVED],
            ),
            (
                vec![
                    begins("aws:sleep"),
                    stops("Revoke"),
                    ends("aws:sleep", "Cancelled", ""),
                    is_over("Cancelled"),
                ],
                vec!["Scheduled", REVOKED, REVOKED, REVOKED],
            ),
        ] {
            let started = ExecutionEvent::ExecutionStarted(ExecutionStarted::default());
            let mut status = change_status("", &started).unwrap();
            for (event, expected) in events.iter().zip(statuses) {
                status = change_status(status, event).unwrap_or(status);
                assert_eq!(status, expected, "{event:?}");
            }
        }
    }
}
