//! How attempts of steps come out.

use super::{
    approval::Demand,
    conditions,
    runbook::Step,
    selector,
    state::{Decision, Running, State},
};
use reeve_contracts::automation::{ExecutionEvent, ExecutionFinished};
use serde_json::{Map, Value, json};

/// How an attempt of a step came out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub status: Status,
    pub outputs: Map<String, Value>,
    /// Why it did not succeed.
    pub message: String,
    /// Where in the step it was, and of which sort, in AWS's words.
    pub stage: &'static str,
    pub sort: &'static str,
    /// Whether another attempt may do better.
    pub is_retried: bool,
    /// What a branch chose.
    pub choice: Option<String>,
    /// What is set: the variable and its value.
    pub variable: Option<(String, Value)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    #[default]
    Success,
    Failed,
    TimedOut,
    Cancelled,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
        }
    }
}

impl Outcome {
    pub fn success(outputs: Map<String, Value>) -> Self {
        Self { outputs, ..Self::default() }
    }

    /// The inputs cannot be resolved, or are not what the action takes: no other attempt would do better.
    pub fn invalid(message: String) -> Self {
        let (stage, sort) = ("InputValidation", "Verification");
        Self { status: Status::Failed, message, stage, sort, ..Self::default() }
    }

    /// What was asked for failed.
    pub fn failed(message: String, outputs: Map<String, Value>) -> Self {
        let (status, stage, sort) = (Status::Failed, "PostVerification", "Verification");
        Self { status, outputs, message, stage, sort, is_retried: true, ..Self::default() }
    }

    pub fn refused(message: String) -> Self {
        Self { status: Status::Failed, message, stage: "Invocation", sort: "Action", ..Self::default() }
    }

    pub fn timed_out(is_retried: bool) -> Self {
        let message = "the step did not end in its time".to_owned();
        Self {
            status: Status::TimedOut,
            message,
            stage: "Invocation",
            sort: "Action",
            is_retried,
            ..Self::default()
        }
    }

    pub fn cancelled() -> Self {
        Self { status: Status::Cancelled, ..Self::default() }
    }
}

/// The end of an execution.
pub fn end(
    state: &State,
    status: Status,
    failure_message: String,
    outputs_json: String,
    now_ms: i64,
) -> ExecutionEvent {
    ExecutionEvent::ExecutionFinished(ExecutionFinished {
        execution_id: state.id.clone(),
        status: status.as_str().to_owned(),
        failure_message,
        outputs_json,
        finished_ms: now_ms,
        parent_execution_id: state.parent_execution_id.clone(),
        parent_step_execution_id: state.parent_step_execution_id.clone(),
        parent_attempt: state.parent_attempt,
        origin_kind: state.origin_kind.clone(),
        origin_id: state.origin_id.clone(),
    })
}

/// The declared outputs join those of the action; a value of another type fails the step.
pub fn declared(step: &Step, mut outcome: Outcome) -> Outcome {
    if outcome.status != Status::Success || step.outputs.is_empty() {
        return outcome;
    }
    match selector::outputs(&step.outputs, &Value::Object(outcome.outputs.clone())) {
        Ok(more) => {
            outcome.outputs.extend(more);
            outcome
        }
        Err(problem) => Outcome { is_retried: false, ..Outcome::failed(problem, outcome.outputs) },
    }
}

/// Where a branch leads: to the first choice whose condition holds.
pub fn of_branch(inputs: &Map<String, Value>) -> Outcome {
    for choice in inputs.get("Choices").and_then(Value::as_array).into_iter().flatten() {
        let Some(condition) = choice.as_object() else { continue };
        match conditions::holds(condition) {
            Ok(false) => {}
            Ok(true) => {
                let choice = condition.get("NextStep").and_then(Value::as_str).map(str::to_owned);
                return Outcome { choice, ..Outcome::default() };
            }
            Err(problem) => return Outcome::invalid(problem),
        }
    }
    Outcome { choice: inputs.get("Default").and_then(Value::as_str).map(str::to_owned), ..Outcome::default() }
}

/// The output of a step that says who said what.
pub const DECISIONS: &str = "ApproverDecisions";

/// What is said of an approval by somebody who was deleted before there were enough.
pub const NOT_COUNTED: &str = "NotCounted";

/// How an approval comes out, if it does by what was said so far.
pub fn of_approval(running: &Running) -> Option<Outcome> {
    let demand = Demand::read(&running.inputs);
    let mut outputs = decisions(running);
    if let Some(rejection) = &running.rejection {
        outputs.insert("ApprovalStatus".to_owned(), "Rejected".into());
        let message = format!("{} rejected it", rejection.principal);
        return Some(Outcome { is_retried: false, ..Outcome::failed(message, outputs) });
    }
    demand.is_ok_and(|demand| demand.is_met(&running.approvals)).then(|| {
        outputs.insert("ApprovalStatus".to_owned(), "Approved".into());
        Outcome::success(outputs)
    })
}

/// Who said what.
fn decisions(running: &Running) -> Map<String, Value> {
    let mut outputs = Map::new();
    let decisions = running.approvals.iter().map(|decision| (decision, "Approved"));
    let decisions = decisions.chain(running.not_counted.iter().map(|decision| (decision, NOT_COUNTED)));
    let decisions = decisions.chain(running.rejection.iter().map(|decision| (decision, "Rejected")));
    let said = decisions.map(|(decision, status)| {
        let Decision { principal, comment, at_ms, .. } = decision;
        self::decision(principal, comment, *at_ms, status)
    });
    outputs.insert(DECISIONS.to_owned(), said.collect());
    outputs
}

/// Those who have approved a step, by its outputs.
pub fn approved_by(outputs: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let decisions = outputs.get(DECISIONS).and_then(Value::as_array).into_iter().flatten();
    let approvals = decisions.filter(|said| said["Decision"] == "Approved");
    approvals.filter_map(|said| said["Approver"].as_str())
}

/// What somebody said, as the outputs of a step have it.
pub fn decision(principal: &str, comment: &str, at_ms: i64, status: &str) -> Value {
    json!({"Approver": principal, "Comment": comment, "Decision": status, "TimeMs": at_ms})
}

/// How waiting for calendars comes out by what those said who may override them.
pub fn of_calendars(running: &Running) -> Option<Outcome> {
    if let Some(rejection) = &running.rejection {
        let message = format!("{} does not let it begin while a calendar is closed", rejection.principal);
        return Some(Outcome { is_retried: false, ..Outcome::failed(message, decisions(running)) });
    }
    (!running.approvals.is_empty()).then(|| Outcome::success(decisions(running)))
}
