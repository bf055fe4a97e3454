//! What the steps came to, and the document with them.

use super::{Outcome, output, walk::Ran};
use reeve_contracts::outcome::{self, InvocationStatus, StepOutcome};
use reeve_document_language::{StepStatus, aggregate};

/// The results of the steps so far.
#[derive(Default)]
pub(super) struct Results {
    pub(super) of: Vec<StepOutcome>,
    /// The steps that reached the limit of their output.
    pub(super) full: Vec<String>,
}

impl Results {
    pub(super) fn add(&mut self, outcome: StepOutcome) {
        match self.of.iter_mut().find(|earlier| earlier.name == outcome.name) {
            Some(earlier) => {
                let worse = ran(earlier).worse(ran(&outcome));
                merge(worse, earlier, &outcome);
            }
            None => self.of.push(outcome),
        }
    }

    pub(super) fn outcome(self, limit: u64) -> Outcome {
        let status = aggregate(self.of.iter().map(|step| ran(step).status));
        let decisive = self.of.iter().find(|step| ran(step).status == status);
        let message = match self.full.as_slice() {
            [] => String::new(),
            names => format!(
                "The output of {} reached the limit of {limit} bytes; the rest was dropped.",
                names.join(", ")
            ),
        };
        Outcome {
            status: match status {
                StepStatus::TimedOut => InvocationStatus::ExecutionTimedOut,
                StepStatus::Cancelled => InvocationStatus::Cancelled,
                StepStatus::Failed => InvocationStatus::Failed,
                StepStatus::Success | StepStatus::Skipped | StepStatus::SuccessAndReboot => {
                    InvocationStatus::Success
                }
            },
            code: decisive.filter(|_| status != StepStatus::Success).map_or(0, |step| step.code),
            message,
            steps: self.of,
        }
    }
}

/// The result that a step's outcome was made of.
fn ran(step: &StepOutcome) -> Ran {
    let status = match step.status() {
        outcome::StepStatus::Success => StepStatus::Success,
        outcome::StepStatus::TimedOut => StepStatus::TimedOut,
        outcome::StepStatus::Cancelled => StepStatus::Cancelled,
        outcome::StepStatus::Skipped => StepStatus::Skipped,
        outcome::StepStatus::Failed | outcome::StepStatus::Unspecified => StepStatus::Failed,
    };
    Ran { status, code: step.code }
}

/// What is reported of a step. One that asks for a reboot has not ended and is reported later.
pub(super) fn reported(status: StepStatus) -> outcome::StepStatus {
    match status {
        StepStatus::Success => outcome::StepStatus::Success,
        StepStatus::Failed => outcome::StepStatus::Failed,
        StepStatus::TimedOut => outcome::StepStatus::TimedOut,
        StepStatus::Cancelled => outcome::StepStatus::Cancelled,
        StepStatus::Skipped => outcome::StepStatus::Skipped,
        StepStatus::SuccessAndReboot => outcome::StepStatus::Unspecified,
    }
}

/// Steps of the same name have one place in the results. Documents the service accepted have none.
fn merge(ran: Ran, earlier: &mut StepOutcome, later: &StepOutcome) {
    earlier.set_status(reported(ran.status));
    earlier.code = ran.code;
    earlier.finished_ms = later.finished_ms;
    earlier.stdout = output::join(&earlier.stdout, &later.stdout);
    earlier.stderr = output::join(&earlier.stderr, &later.stderr);
    earlier.output = output::combine(&earlier.stdout, &earlier.stderr);
    earlier.stdout_bytes += later.stdout_bytes;
    earlier.stderr_bytes += later.stderr_bytes;
}
