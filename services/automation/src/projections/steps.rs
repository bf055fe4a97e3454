//! The steps of executions, those that have not begun among them, and the timers of those that run.

use crate::domain::{
    WAIT_FOR_CALENDARS, actions,
    approval::warning_ms,
    execution::ExecutionEvent,
    outcome::{DECISIONS, NOT_COUNTED, decision},
    outputs,
    runbook::{Runbook, Step},
    state::{CLEAN_UP_MS, due, step_execution_id},
};
use reeve_contracts::automation::{ExecutionStarted, StepStarted, TakenStep};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Steps by `<execution>/<place in the runbook>`; those of a loop behind it by their pass and order.
pub(crate) const STEPS: &str = "steps";
/// Their keys by `<execution>/<step execution>`.
const KEYS: &str = "step-keys";
/// Executions that wait for the calendars of a rule, by `<rule>/<execution>`.
pub(crate) const BY_RULE: &str = "by-rule";
/// When something is due in an execution, by `<execution>/<step execution>`.
pub(crate) const DUE: &str = "due";

/// A step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct StepRow {
    pub id: String,
    pub name: String,
    pub action: String,
    pub status: String,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// The JSON of each.
    pub inputs: BTreeMap<String, String>,
    pub outputs: BTreeMap<String, Vec<String>>,
    pub failure_message: String,
    pub failure_stage: String,
    pub failure_type: String,
    pub attempt: u32,
    pub max_attempts: u32,
    pub timeout_seconds: i64,
    pub on_failure: String,
    pub is_critical: bool,
    pub is_end: bool,
    pub next_step: String,
    pub valid_next_steps: Vec<String>,
    /// The loop that it is a step of: its step execution and name, which pass, and what for.
    pub loop_step: String,
    pub loop_name: String,
    pub iteration: u32,
    pub iterator_value: String,
}

/// Keeps [`STEPS`] and the timers.
pub(crate) struct Steps;

impl Projection for Steps {
    const NAME: &'static str = "steps";
    const VERSION: u32 = 3;
    type Event = ExecutionEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ExecutionEvent>) {
        let id = &event.envelope.aggregate.id;
        let timer = |step: &str| format!("{id}/{step}");
        match &event.event {
            ExecutionEvent::ExecutionStarted(e) => pending(view, e),
            ExecutionEvent::StepStarted(e) => {
                let key = begin(view, e, event.position.0);
                view.update_row::<StepRow>(STEPS, &key, |row| started(row, e));
                for rule in rules(&e.action, &e.inputs_json) {
                    view.put_row(BY_RULE, &format!("{rule}/{id}"), id.clone());
                }
                let due_ms = due(e.started_ms, e.timeout_ms);
                let instants = [e.wait_until_ms, due_ms, warning_ms(&e.action, due_ms, e.timeout_ms)];
                set(
                    view,
                    &timer(&e.step_execution_id),
                    instants.into_iter().filter(|at_ms| *at_ms > 0).min(),
                );
            }
            ExecutionEvent::StepAttemptFailed(e) => {
                change(view, id, &e.step_execution_id, |row| row.attempt = e.attempt + 1);
                let next = due(e.failed_ms, e.timeout_ms);
                set(view, &timer(&e.step_execution_id), (next > 0).then_some(next));
            }
            ExecutionEvent::ApprovalExpiring(e) => set(view, &timer(&e.step_execution_id), Some(e.due_ms)),
            ExecutionEvent::StepPolled(e) => change(view, id, &e.step_execution_id, |row| {
                row.outputs.insert(LAST_VALUE.to_owned(), vec![e.value_json.clone()]);
            }),
            // So that who waits for others sees who has approved already.
            ExecutionEvent::StepApproved(e) => change(view, id, &e.step_execution_id, |row| {
                let said = decision(&e.principal, &e.comment, e.at_ms, "Approved").to_string();
                let decisions = row.outputs.entry(DECISIONS.to_owned()).or_default();
                for text in decisions.iter_mut() {
                    *text = not_counted(text, &e.not_counted);
                }
                decisions.push(said);
            }),
            ExecutionEvent::StepFinished(e) => {
                timers::cancel(view, DUE, &timer(&e.step_execution_id));
                if e.action == WAIT_FOR_CALENDARS {
                    let rules = row(view, id, &e.step_execution_id).inputs.remove("Rules");
                    for rule in names_of(&rules.unwrap_or_default()) {
                        view.remove(BY_RULE, format!("{rule}/{id}").as_bytes());
                    }
                }
                if e.status == "Cancelled" && !e.next_step.is_empty() {
                    set(view, &timer("clean-up"), Some(e.finished_ms.saturating_add(CLEAN_UP_MS)));
                }
                change(view, id, &e.step_execution_id, |row| {
                    row.status.clone_from(&e.status);
                    row.ended_ms = Some(e.finished_ms);
                    let outputs: Map<String, Value> =
                        serde_json::from_str(&e.outputs_json).unwrap_or_default();
                    row.outputs = outputs::of_step(&outputs);
                    row.failure_message.clone_from(&e.failure_message);
                    row.failure_stage.clone_from(&e.failure_stage);
                    row.failure_type.clone_from(&e.failure_type);
                    row.next_step.clone_from(&e.next_step);
                });
            }
            ExecutionEvent::ExecutionFinished(_) => timers::cancel(view, DUE, &timer("clean-up")),
            _ => {}
        }
    }
}

/// A decision as it is shown, once its principal is one of these.
fn not_counted(text: &str, principals: &[String]) -> String {
    let mut said: Value = serde_json::from_str(text).unwrap_or_default();
    let is_of = said["Approver"].as_str().is_some_and(|name| principals.iter().any(|of| of == name));
    if is_of {
        said["Decision"] = NOT_COUNTED.into();
    }
    said.to_string()
}

fn set(view: &mut dyn View, key: &str, at_ms: Option<i64>) {
    match at_ms {
        Some(at_ms) => timers::set(view, DUE, key, Timestamp(at_ms)),
        None => timers::cancel(view, DUE, key),
    }
}

fn change(view: &mut dyn View, execution: &str, step: &str, change: impl FnOnce(&mut StepRow)) {
    if let Some(key) = view.row::<String>(KEYS, &format!("{execution}/{step}")) {
        view.change_row::<StepRow, _>(STEPS, &key, change);
    }
}

fn row(view: &mut dyn View, execution: &str, step: &str) -> StepRow {
    let key = view.row::<String>(KEYS, &format!("{execution}/{step}")).unwrap_or_default();
    view.row(STEPS, &key).unwrap_or_default()
}

/// The rules whose calendars a step waits for.
fn rules(action: &str, inputs_json: &str) -> Vec<String> {
    let inputs: Map<String, Value> = match action {
        WAIT_FOR_CALENDARS => serde_json::from_str(inputs_json).unwrap_or_default(),
        _ => return Vec::new(),
    };
    inputs.get("Rules").map(|names| names_of(&names.to_string())).unwrap_or_default()
}

fn names_of(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn skeleton(runbook: &Runbook, loop_name: &str, step: &Step) -> StepRow {
    StepRow {
        name: step.name.clone(),
        action: step.action.clone(),
        status: "Pending".to_owned(),
        on_failure: step.on_failure_text().to_owned(),
        valid_next_steps: runbook.successors(loop_name, &step.name),
        ..StepRow::default()
    }
}

/// All steps of the runbook are there from the beginning.
fn pending(view: &mut dyn View, e: &ExecutionStarted) {
    if e.targets.is_some() {
        return;
    }
    let runbook = Runbook::parse(&e.document_json).unwrap_or_default();
    for (index, step) in runbook.steps.iter().enumerate() {
        let id = step_execution_id(&e.execution_id, &step.name);
        let key = format!("{}/{index:04}", e.execution_id);
        view.put_row(KEYS, &format!("{}/{id}", e.execution_id), key.clone());
        view.put_row(STEPS, &key, StepRow { id, ..skeleton(&runbook, "", step) });
    }
    let resumption = e.resumption.clone().unwrap_or_default();
    for (index, step) in resumption.steps.iter().enumerate() {
        take_over(view, e, (&resumption.execution_id, index), step);
    }
}

/// The output that says what a property was when it was looked at last, while the step waits for another value of it.
const LAST_VALUE: &str = "reeve:lastValue";
/// The output that says that a step was not carried out here, and where it was.
const TAKEN_OVER_FROM: &str = "reeve:takenOverFrom";

/// Shows a step of another execution as taken over.
fn take_over(view: &mut dyn View, e: &ExecutionStarted, (from, index): (&str, usize), taken: &TakenStep) {
    let path = match taken.loop_name.as_str() {
        "" => taken.step_name.clone(),
        of_loop => format!("{of_loop}/{}/{}", taken.iteration, taken.step_name),
    };
    let id = step_execution_id(&e.execution_id, &path);
    let place = StepStarted {
        execution_id: e.execution_id.clone(),
        step_execution_id: id.clone(),
        loop_name: taken.loop_name.clone(),
        iteration: taken.iteration,
        ..StepStarted::default()
    };
    let key = begin(view, &place, index as u64);
    view.update_row::<StepRow>(STEPS, &key, |row| {
        row.id = id;
        row.name.clone_from(&taken.step_name);
        row.action.clone_from(&taken.action);
        row.status.clone_from(&taken.status);
        row.inputs = serde_json::from_str(&taken.inputs_json).unwrap_or_default();
        row.outputs = serde_json::from_str(&taken.outputs_json).unwrap_or_default();
        row.outputs.insert(TAKEN_OVER_FROM.to_owned(), vec![from.to_owned()]);
        row.started_ms = Some(taken.started_ms);
        row.ended_ms = (taken.finished_ms > 0).then_some(taken.finished_ms);
        row.iterator_value.clone_from(&taken.iterator_value_json);
    });
}

/// The key of a step that begins: one of a loop is new.
fn begin(view: &mut dyn View, e: &StepStarted, position: u64) -> String {
    let of_step = format!("{}/{}", e.execution_id, e.step_execution_id);
    if let Some(key) = view.row::<String>(KEYS, &of_step) {
        return key;
    }
    let loop_step = step_execution_id(&e.execution_id, &e.loop_name);
    let of_loop: Option<String> = view.row(KEYS, &format!("{}/{loop_step}", e.execution_id));
    let key = format!("{}/{:04}/{position:020}", of_loop.unwrap_or_default(), e.iteration);
    view.put_row(KEYS, &of_step, key.clone());
    let row =
        StepRow { loop_step, loop_name: e.loop_name.clone(), iteration: e.iteration, ..StepRow::default() };
    view.put_row(STEPS, &key, row);
    key
}

fn started(row: &mut StepRow, e: &StepStarted) {
    row.id.clone_from(&e.step_execution_id);
    row.name.clone_from(&e.step_name);
    row.action.clone_from(&e.action);
    let waits = actions::waits(&e.action) && e.problem.is_empty();
    row.status = if waits { "Waiting" } else { "InProgress" }.to_owned();
    row.started_ms = Some(e.started_ms);
    let inputs: Map<String, Value> = serde_json::from_str(&e.inputs_json).unwrap_or_default();
    row.inputs = inputs.into_iter().map(|(name, value)| (name, value.to_string())).collect();
    (row.attempt, row.max_attempts) = (1, e.max_attempts);
    row.timeout_seconds = e.timeout_ms / 1_000;
    (row.is_critical, row.is_end) = (e.is_critical, e.is_end);
    row.iterator_value.clone_from(&e.iterator_value_json);
}
