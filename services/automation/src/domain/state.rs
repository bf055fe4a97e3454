//! What decisions about an execution are made on: how far it has come.

use super::{OVERRIDDEN_RULES, WAIT_FOR_CALENDARS, gate::CALENDARS_STEP, inputs::texts};
use reeve_contracts::automation::{ExecutionStarted, Resumption, StepFinished, StepStarted};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// As long the steps behind a cancelled one may run (AWS).
pub const CLEAN_UP_MS: i64 = 120_000;

/// An execution, folded from its events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub id: String,
    pub input_hash: String,
    /// How it ended; empty while it has not.
    pub ended: String,
    pub account: String,
    pub region: String,
    pub principal: String,
    pub depth: u32,
    pub parent_execution_id: String,
    pub parent_step_execution_id: String,
    pub parent_attempt: u32,
    /// What asked for it, if another service did: its kind and id.
    pub origin_kind: String,
    pub origin_id: String,
    pub target: String,
    /// The change request that it is a part of, itself or from above; empty: of none.
    #[serde(default)]
    pub change_id: String,
    /// The change rules whose calendars were put aside for it: they hold nothing of what it asks for either.
    #[serde(default)]
    pub overridden_rules: Vec<String>,
    /// Empty when it has ended.
    pub document_json: String,
    pub values: Map<String, Value>,
    pub variables: Map<String, Value>,
    pub is_interactive: bool,
    /// The step that a signal let begin.
    pub released: Option<String>,
    /// The step that comes next; none before the first and behind the last one.
    pub next_step: Option<String>,
    /// The step that ended last.
    pub last_step: String,
    /// The step that runs.
    pub running: Option<Running>,
    /// The loop that goes on.
    pub looping: Option<Looping>,
    /// The outputs of the steps that ended, by their names.
    pub outputs: BTreeMap<String, Map<String, Value>>,
    /// How the steps that ended did so, by their names.
    pub statuses: BTreeMap<String, String>,
    /// Whether a critical step failed or timed out, and whether any was cancelled.
    pub has_failed: bool,
    pub has_timed_out: bool,
    pub was_cancelled: bool,
    /// Of the first critical step that did not succeed.
    pub failure_message: String,
    pub stopping: Option<Stopping>,
    /// Until when the steps behind a cancelled one may run.
    pub clean_up_until_ms: Option<i64>,
    pub children: Option<Children>,
    /// The execution that the child of the next step goes on from; empty: none.
    #[serde(default)]
    pub resumes_child: String,
    /// What it had come to before the step began that runs.
    #[serde(default)]
    pub before: Option<Box<State>>,
    /// Where it can be resumed; kept when it has ended.
    #[serde(default)]
    pub resume: Option<Box<ResumePoint>>,
    /// The execution that goes on from it, and who has asked for that.
    #[serde(default)]
    pub resumed_by: Option<(String, String)>,
}

/// The step that did not succeed last, and what the execution had come to before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResumePoint {
    pub step_name: String,
    pub step_execution_id: String,
    pub action: String,
    pub attempt: u32,
    pub state: State,
}

/// Somebody wants the execution to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stopping {
    /// What runs ends by itself, and nothing follows.
    Complete,
    /// What runs is ended.
    Cancel,
}

/// A step that runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Running {
    pub step_execution_id: String,
    pub name: String,
    pub action: String,
    /// The loop that it is a step of; empty: none.
    pub loop_name: String,
    pub inputs: Map<String, Value>,
    pub problem: String,
    pub attempt: u32,
    pub max_attempts: u32,
    pub wait_until_ms: i64,
    /// When this attempt times out; 0: never.
    pub due_ms: i64,
    /// How long an attempt may take; 0: for ever.
    pub timeout_ms: i64,
    pub is_end: bool,
    pub is_critical: bool,
    /// Who approved it.
    pub approvals: Vec<Decision>,
    /// Who had approved it and was deleted before there were enough.
    #[serde(default)]
    pub not_counted: Vec<Decision>,
    pub rejection: Option<Decision>,
    pub is_resumed: bool,
    pub is_stopped: bool,
    /// Whether it was said that its time is nearly over.
    #[serde(default)]
    pub is_warned: bool,
    /// The execution that its child goes on from; empty: it begins at the beginning.
    #[serde(default)]
    pub resumes: String,
    /// How often this attempt has looked at a property in vain, and when it looks again.
    #[serde(default)]
    pub polls: u32,
    #[serde(default)]
    pub next_poll_ms: i64,
}

/// What somebody said about a step that waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub principal: String,
    pub comment: String,
    pub at_ms: i64,
    /// Of those that are asked, the groups that the principal is in.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// A loop that goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Looping {
    /// The loop's own step.
    pub step: Running,
    /// Which pass, from 1 on; 0 before the first.
    pub iteration: u32,
    /// Whether that pass has come to its end.
    pub pass_ended: bool,
    /// How the step ended that ends the loop; empty while none has.
    pub ended_by: String,
    pub next_step: Option<String>,
}

/// One child for each target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Children {
    /// What children are for, in their order.
    pub targets: Vec<String>,
    /// The parameter that gets a target's value; empty with maps.
    pub parameter_name: String,
    /// What a child's parameters get in place of that, in the same order.
    pub maps: Vec<BTreeMap<String, Vec<String>>>,
    /// The executions that children go on from, in the same order; empty: all begin at their beginning.
    #[serde(default)]
    pub resumes: Vec<String>,
    pub document_name: String,
    pub document_version: String,
    pub parameters: BTreeMap<String, Vec<String>>,
    /// The ids of those that run.
    pub running: BTreeSet<String>,
    pub total: u32,
    pub max_concurrency: String,
    pub max_errors: String,
    /// How many have begun.
    pub admitted: u32,
    pub succeeded: u32,
    pub failed: u32,
    pub timed_out: u32,
    pub cancelled: u32,
}

impl Children {
    pub fn finished(&self) -> u32 {
        self.succeeded + self.failed + self.timed_out + self.cancelled
    }

    pub fn errors(&self) -> u32 {
        self.failed + self.timed_out
    }
}

impl State {
    pub fn exists(&self) -> bool {
        !self.id.is_empty()
    }

    pub fn is_running(&self) -> bool {
        self.exists() && self.ended.is_empty()
    }

    /// Whether it has not begun because change rules hold it.
    pub fn is_held(&self) -> bool {
        let waits = self.running.as_ref().is_some_and(|step| step.name == CALENDARS_STEP);
        waits && self.is_running() && self.stopping.is_none() && self.last_step.is_empty()
    }

    /// The state in which an execution begins.
    pub fn begun(e: &ExecutionStarted) -> Self {
        // One with targets goes on in its children.
        let of_steps = e.resumption.as_ref().filter(|_| e.targets.is_none());
        let reached = of_steps.map(Self::reached).unwrap_or_default();
        let mut state = Self {
            id: e.execution_id.clone(),
            input_hash: e.input_hash.clone(),
            account: e.account.clone(),
            region: e.region.clone(),
            principal: e.principal.clone(),
            depth: e.depth,
            parent_execution_id: e.parent_execution_id.clone(),
            parent_step_execution_id: e.parent_step_execution_id.clone(),
            parent_attempt: e.parent_attempt,
            origin_kind: e.origin_kind.clone(),
            origin_id: e.origin_id.clone(),
            target: e.target.clone(),
            change_id: e.change_id.clone(),
            overridden_rules: e.overridden_rules.clone(),
            is_interactive: e.mode == "Interactive",
            ..reached
        };
        if let Some(targets) = &e.targets {
            state.children = Some(Children {
                targets: targets.values.clone(),
                parameter_name: targets.parameter_name.clone(),
                maps: serde_json::from_str(&targets.target_maps_json).unwrap_or_default(),
                resumes: e.resumed_children.clone(),
                document_name: e.document_name.clone(),
                document_version: e.document_version.clone(),
                parameters: serde_json::from_str(&e.parameters_json).unwrap_or_default(),
                total: u32::try_from(targets.values.len()).unwrap_or(u32::MAX),
                max_concurrency: targets.max_concurrency.clone(),
                max_errors: targets.max_errors.clone(),
                ..Children::default()
            });
            return state;
        }
        state.document_json.clone_from(&e.document_json);
        if e.resumption.is_some() {
            if let Some(looping) = &mut state.looping {
                looping.step.step_execution_id = step_execution_id(&e.execution_id, &looping.step.name);
                looping.step.due_ms = due(e.started_ms, looping.step.timeout_ms);
            }
            return state;
        }
        state.values = serde_json::from_str(&e.values_json).unwrap_or_default();
        if let Ok(runbook) = super::runbook::Runbook::parse(&e.document_json) {
            state.next_step = runbook.steps.first().map(|step| step.name.clone());
            let variables = runbook.variables.into_iter();
            state.variables = variables.filter_map(|(name, _, value)| Some((name, value?))).collect();
        }
        state
    }

    /// What an execution that is resumed had come to.
    fn reached(resumption: &Resumption) -> Self {
        let Ok(reached) = serde_json::from_str::<Self>(&resumption.state_json) else {
            let failure_message = "What it was to go on from cannot be read by this release".to_owned();
            return Self { has_failed: true, failure_message, ..Self::default() };
        };
        Self { resumes_child: resumption.child_execution_id.clone(), ..reached }
    }

    pub(super) fn step_started(&mut self, e: &StepStarted) {
        let resumes = std::mem::take(&mut self.resumes_child);
        if e.action != "aws:loop" {
            // The document is the execution's own.
            let (document, resume) = (std::mem::take(&mut self.document_json), self.resume.take());
            self.before = None;
            self.before = Some(Box::new(self.clone()));
            (self.document_json, self.resume) = (document, resume);
        }
        let step = Running {
            step_execution_id: e.step_execution_id.clone(),
            name: e.step_name.clone(),
            action: e.action.clone(),
            loop_name: e.loop_name.clone(),
            inputs: serde_json::from_str(&e.inputs_json).unwrap_or_default(),
            problem: e.problem.clone(),
            attempt: 1,
            max_attempts: e.max_attempts,
            wait_until_ms: e.wait_until_ms,
            due_ms: due(e.started_ms, e.timeout_ms),
            timeout_ms: e.timeout_ms,
            is_end: e.is_end,
            is_critical: e.is_critical,
            resumes,
            ..Running::default()
        };
        self.released = None;
        match &mut self.looping {
            Some(looping) => {
                // Its first step begins the pass.
                if looping.iteration != e.iteration {
                    (looping.iteration, looping.pass_ended) = (e.iteration, false);
                }
                looping.next_step = None;
                self.running = Some(step);
            }
            None if step.action == "aws:loop" && step.problem.is_empty() => {
                self.looping = Some(Looping { step, pass_ended: true, ..Looping::default() });
            }
            None => self.running = Some(step),
        }
    }

    pub(super) fn step_finished(&mut self, e: &StepFinished) {
        let outputs: Map<String, Value> = serde_json::from_str(&e.outputs_json).unwrap_or_default();
        if e.action == WAIT_FOR_CALENDARS {
            self.overridden_rules.extend(texts(&outputs, OVERRIDDEN_RULES).unwrap_or_default());
        }
        self.outputs.insert(e.step_name.clone(), outputs);
        self.statuses.insert(e.step_name.clone(), e.status.clone());
        if !e.variable.is_empty() {
            let value = serde_json::from_str(&e.variable_value_json).unwrap_or_default();
            self.variables.insert(e.variable.clone(), value);
        }
        let next_step = (!e.next_step.is_empty()).then(|| e.next_step.clone());
        if e.status == "Cancelled" && next_step.is_some() {
            self.clean_up_until_ms = Some(e.finished_ms.saturating_add(CLEAN_UP_MS));
        }
        let ended = match self.running.take_if(|running| running.step_execution_id == e.step_execution_id) {
            Some(ended) => ended,
            None => match self.looping.take() {
                Some(looping) => looping.step,
                None => return,
            },
        };
        if e.status != "Success" && ended.is_critical && ended.action != "aws:loop" {
            self.resume = self.before.take().map(|before| {
                let state = State { document_json: self.document_json.clone(), ..*before };
                let (step_name, action) = (e.step_name.clone(), e.action.clone());
                let (step_execution_id, attempt) = (e.step_execution_id.clone(), e.attempt);
                Box::new(ResumePoint { step_name, step_execution_id, action, attempt, state })
            });
        }
        if ended.is_critical && self.failure_message.is_empty() {
            self.failure_message.clone_from(&e.failure_message);
        }
        if ended.is_critical {
            self.has_failed |= e.status == "Failed";
            self.has_timed_out |= e.status == "TimedOut";
        }
        match &mut self.looping {
            Some(looping) => {
                looping.pass_ended = next_step.is_none();
                looping.next_step = next_step;
                if e.ends_loop {
                    looping.ended_by = match (e.status.as_str(), ended.is_critical) {
                        ("Cancelled", _) => "Cancelled",
                        (status, true) => status,
                        (_, false) => "Success",
                    }
                    .to_owned();
                }
            }
            None => {
                self.was_cancelled |= e.status == "Cancelled";
                self.last_step.clone_from(&e.step_name);
                self.next_step = next_step;
            }
        }
    }

    /// What is not needed any more goes: executions that have ended are many.
    pub(super) fn ended(&mut self, status: &str) {
        let kept = std::mem::take(self);
        *self = Self {
            change_id: kept.change_id,
            // What went well is never gone on from.
            resume: kept.resume.filter(|_| status != "Success"),
            id: kept.id,
            input_hash: kept.input_hash,
            ended: status.to_owned(),
            account: kept.account,
            region: kept.region,
            principal: kept.principal,
            depth: kept.depth,
            parent_execution_id: kept.parent_execution_id,
            parent_step_execution_id: kept.parent_step_execution_id,
            parent_attempt: kept.parent_attempt,
            origin_kind: kept.origin_kind,
            origin_id: kept.origin_id,
            ..Self::default()
        };
    }
}

/// When an attempt that begins now and may take so long times out; 0: never.
pub fn due(begun_ms: i64, timeout_ms: i64) -> i64 {
    if timeout_ms > 0 { begun_ms.saturating_add(timeout_ms) } else { 0 }
}

/// The id of a step: of its execution and its place in it.
pub fn step_execution_id(execution_id: &str, path: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("automation/{execution_id}/{path}").as_bytes()).to_string()
}
