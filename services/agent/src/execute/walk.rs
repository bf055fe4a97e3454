//! The flow rules between steps.

use reeve_document_language::{
    OnFailure, PlannedStep, StepStatus,
    flow::{EXIT_FAILURE, EXIT_SUCCESS},
};

/// How a plugin ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) status: StepStatus,
    pub(super) code: i32,
}

impl Ran {
    pub(super) const FAILED: Ran = Ran { status: StepStatus::Failed, code: 1 };
    /// Runs again when the agent was started anew; a reboot of the machine has the code 194.
    pub(super) const RESTART_AGENT: Ran = Ran { status: StepStatus::SuccessAndReboot, code: 0 };
    pub(super) const SUCCESS: Ran = Ran { status: StepStatus::Success, code: 0 };

    /// The one of two that decides; the first of equals.
    pub(super) fn worse(self, other: Ran) -> Ran {
        if other.status.rank() > self.status.rank() { other } else { self }
    }
}

/// Remembers whether an earlier step ended the document.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) exited: bool,
}

impl Walk {
    /// Why a step is left out, if it is.
    pub(super) fn skips(&self, step: &PlannedStep) -> Option<String> {
        (self.exited && !step.flow.finally).then(|| {
            format!(
                "Plugin with name {} and id {} skipped due to prior step with an exit condition",
                step.action, step.name
            )
        })
    }

    /// Takes note of a result, changes it where the flow says so, and gives a word for the output.
    pub(super) fn after(&mut self, step: &PlannedStep, ran: Ran) -> (Ran, Option<&'static str>) {
        match (ran.status, ran.code, step.flow.on_failure) {
            (StepStatus::Success, EXIT_SUCCESS, _) => {
                self.exited = true;
                let word = "Step exited with code 168. Therefore, marking step as succeeded. \
                            Further document steps will be skipped.";
                (ran, Some(word))
            }
            (StepStatus::Failed, EXIT_FAILURE, _) => {
                self.exited = true;
                let word = "Step exited with code 169. Therefore, marking step as Failed. \
                            Further document steps will be skipped.";
                (ran, Some(word))
            }
            (StepStatus::Failed | StepStatus::TimedOut, _, Some(rule)) => {
                self.exited = true;
                let ran = match rule {
                    OnFailure::Exit => ran,
                    OnFailure::SuccessAndExit => Ran { status: StepStatus::Success, code: EXIT_SUCCESS },
                };
                let word =
                    "Step was found to have onFailure property. Further document steps will be skipped.";
                (ran, Some(word))
            }
            (StepStatus::Success, _, _) if step.flow.exit_on_success => {
                self.exited = true;
                (ran, None)
            }
            _ => (ran, None),
        }
    }
}
