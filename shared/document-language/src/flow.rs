//! How the result of one step decides about the next ones and about the whole document.

use serde_json::Value;

use crate::fields::truth;

/// The exit code with which a script asks for success and an end of the document.
pub const EXIT_SUCCESS: i32 = 168;
/// The exit code with which a script asks for failure and an end of the document.
pub const EXIT_FAILURE: i32 = 169;
/// The exit code with which a script asks for a reboot.
pub const REBOOT: i32 = 194;

/// What follows a failed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The remaining steps are skipped and the command is failed.
    Exit,
    /// The remaining steps are skipped and the command succeeds.
    SuccessAndExit,
}

/// The flow inputs of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// `onFailure`, when it is one of the two known words.
    pub on_failure: Option<OnFailure>,
    /// `onSuccess: exit`: the remaining steps are skipped after success.
    pub exit_on_success: bool,
    /// `finallyStep`: runs whatever happened before.
    pub finally: bool,
}

impl Flow {
    /// Reads the flow inputs; words it does not know have no effect, as at the original agent.
    pub fn read(inputs: &Value) -> Self {
        Flow {
            on_failure: match inputs.get("onFailure").and_then(Value::as_str) {
                Some("exit") => Some(OnFailure::Exit),
                Some("successAndExit") => Some(OnFailure::SuccessAndExit),
                _ => None,
            },
            exit_on_success: inputs.get("onSuccess").and_then(Value::as_str) == Some("exit"),
            finally: inputs.get("finallyStep").and_then(truth).unwrap_or(false),
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepStatus {
    /// It ran and succeeded.
    Success,
    /// It failed.
    Failed,
    /// Its time was over.
    TimedOut,
    /// Somebody stopped it.
    Cancelled,
    /// It did not apply.
    Skipped,
    /// It succeeded and asks for a reboot.
    SuccessAndReboot,
}

impl StepStatus {
    /// The word in replies.
    pub fn name(self) -> &'static str {
        match self {
            StepStatus::Success => "Success",
            StepStatus::Failed => "Failed",
            StepStatus::TimedOut => "TimedOut",
            StepStatus::Cancelled => "Cancelled",
            StepStatus::Skipped => "Skipped",
            StepStatus::SuccessAndReboot => "SuccessAndReboot",
        }
    }

    /// The greater one decides about the document.
    pub fn rank(self) -> u8 {
        match self {
            StepStatus::Skipped => 0,
            StepStatus::Success => 1,
            StepStatus::Cancelled => 2,
            StepStatus::TimedOut => 3,
            StepStatus::Failed => 4,
            StepStatus::SuccessAndReboot => 5,
        }
    }
}

/// The status of a whole document; never Skipped.
pub type DocumentStatus = StepStatus;

/// The status of the document: SuccessAndReboot before Failed, TimedOut, Cancelled and Success.
pub fn aggregate(steps: impl IntoIterator<Item = StepStatus>) -> DocumentStatus {
    let worst = steps.into_iter().max_by_key(|status| status.rank());
    match worst {
        None | Some(StepStatus::Skipped) => StepStatus::Success,
        Some(status) => status,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn given_step_results_when_aggregated_then_the_worst_wins() {
        use StepStatus::*;
        assert_eq!(aggregate([]), Success);
        assert_eq!(aggregate([Skipped]), Success);
        assert_eq!(aggregate([Success, Cancelled]), Cancelled);
        assert_eq!(aggregate([TimedOut, Cancelled, Skipped]), TimedOut);
        assert_eq!(aggregate([TimedOut, Failed]), Failed);
        assert_eq!(aggregate([Failed, SuccessAndReboot]), SuccessAndReboot);
    }

    #[test]
    fn given_flow_inputs_when_read_then_texts_and_truths_count() {
        let flow = Flow::read(&json!({"onFailure": "exit", "onSuccess": "exit", "finallyStep": "true"}));
        assert_eq!(flow, Flow { on_failure: Some(OnFailure::Exit), exit_on_success: true, finally: true });
        assert_eq!(Flow::read(&json!({"onFailure": "Abort", "finallyStep": false})), Flow::default());
    }
}
