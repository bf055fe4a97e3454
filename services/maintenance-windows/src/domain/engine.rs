//! What comes next in an execution of a window: a pure function of what has happened, and of the instant.
//!
//! Of its tasks those with the lowest priority number run first, equal ones together; a task's targets run one after the other.

use super::{
    pseudo,
    state::{Invocation, State, TaskState},
    task::Unit,
};
pub use reeve_contracts::maintenance_windows::ExecutionEvent;
use reeve_contracts::maintenance_windows::{
    CutoffReached, ExecutionFinished, InvocationFinished, InvocationStarted, TaskFinished, TaskStarted,
    TaskTarget,
};
use reeve_fleet::rate_control::{allowed_at_once, allowed_errors};
use reeve_types::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Why what change rules hold does not begin after the cutoff; its end says it, whoever tells of that.
pub const HELD_AT_CUTOFF: &str =
    "Change rules held it when the cutoff of its window was reached; it was not begun.";

const SUCCESS: &str = "SUCCESS";
const FAILED: &str = "FAILED";
const TIMED_OUT: &str = "TIMED_OUT";
const CANCELLED: &str = "CANCELLED";

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Event(Box<ExecutionEvent>),
    /// The task with this index begins, once its targets are resolved.
    Begin(usize),
}

fn event(event: ExecutionEvent) -> Option<Next> {
    Some(Next::Event(Box::new(event)))
}

/// What comes next in an execution; `None` while it waits for what runs.
pub fn next(state: &State, now_ms: i64) -> Option<Next> {
    if !state.is_running() {
        return None;
    }
    if !state.is_cut_off && now_ms >= state.cutoff_ms {
        return event(ExecutionEvent::CutoffReached(cut_off(state, now_ms)));
    }
    if let Some(task) = state.tasks.iter().find(|task| task.is_pending())
        && let Some((status, why)) = never_begins(state)
    {
        return event(finished(state, task, status, why.to_owned(), now_ms));
    }
    let Some(priority) =
        state.tasks.iter().filter(|task| task.ended.is_empty()).map(|task| task.priority).min()
    else {
        return event(end(state, now_ms));
    };
    let turn = || state.tasks.iter().enumerate().filter(|(_, task)| task.priority == priority);
    if let Some((index, _)) = turn().find(|(_, task)| task.is_pending()) {
        return Some(Next::Begin(index));
    }
    let mut running = turn().filter(|(_, task)| task.is_running());
    running.find_map(|(_, task)| of_task(state, task, now_ms)).and_then(event)
}

/// Why a task that has not begun never does.
fn never_begins(state: &State) -> Option<(&'static str, &'static str)> {
    match (state.is_cancelled, state.is_cut_off) {
        (true, _) => Some((CANCELLED, "The execution was cancelled before the task began.")),
        (false, true) => Some((TIMED_OUT, "The cutoff was reached before the task began.")),
        (false, false) => None,
    }
}

fn cut_off(state: &State, now_ms: i64) -> CutoffReached {
    let is_ended = |task: &&TaskState| {
        let of = task.read();
        of.is_command() && of.ends_at_cutoff()
    };
    let running = state.tasks.iter().filter(|task| task.is_running());
    let (ended, others): (Vec<_>, Vec<_>) = running.partition(is_ended);
    let runs = |tasks: Vec<&TaskState>| {
        tasks.into_iter().flat_map(|task| task.running.values()).map(|run| run.run_id.clone()).collect()
    };
    CutoffReached {
        execution_id: state.execution_id.clone(),
        window_id: state.window_id.clone(),
        at_ms: now_ms,
        cancelled_run_ids: runs(ended),
        withdrawn_run_ids: runs(others),
    }
}

/// What comes next in a task that runs: another invocation, or its end.
fn of_task(state: &State, task: &TaskState, now_ms: i64) -> Option<ExecutionEvent> {
    let of = task.read();
    let is_cut = state.is_cut_off && of.ends_at_cutoff();
    let errors = task.failed + task.timed_out;
    // A command has the rate controls itself, of its own nodes.
    let is_over = !of.is_command() && errors > allowed_errors(of.max_errors(), task.total);
    let has_more = task.begun < task.total;
    if has_more && !is_cut && !is_over {
        let unit = task.unit(task.begun)?;
        let running = u32::try_from(task.running.len()).unwrap_or(u32::MAX);
        let limit = if of.is_command() { 1 } else { allowed_at_once(of.max_concurrency(), task.total) };
        let other = |run: &Invocation| task.unit(run.index).is_some_and(|other| other.target != unit.target);
        if running >= limit || task.running.values().any(other) {
            return None;
        }
        return Some(ExecutionEvent::InvocationStarted(invocation(state, task, unit, now_ms)));
    }
    if !task.running.is_empty() {
        return None;
    }
    let (total, begun) = (task.total, task.begun);
    let (status, details) = match () {
        () if has_more && is_over => {
            let most = of.max_errors();
            (FAILED, format!("{errors} of {total} targets failed, and MaxErrors is {most}: no other began."))
        }
        () if task.failed > 0 => (FAILED, format!("{} of {begun} invocations failed.", task.failed)),
        () if has_more => {
            (TIMED_OUT, format!("The cutoff was reached: {begun} of {total} invocations began."))
        }
        () if task.timed_out > 0 => {
            (TIMED_OUT, format!("{} of {begun} invocations timed out.", task.timed_out))
        }
        () if task.cancelled > 0 => {
            (CANCELLED, format!("{} of {begun} invocations were cancelled.", task.cancelled))
        }
        () => (SUCCESS, String::new()),
    };
    Some(finished(state, task, status, details, now_ms))
}

fn invocation(state: &State, task: &TaskState, unit: &Unit, now_ms: i64) -> InvocationStarted {
    let (of, index) = (task.read(), task.begun);
    let derived = |name: String| Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    let invocation_id = derived(format!("{}/{}/{index}", state.execution_id, task.task_execution_id));
    let node = unit.node_ids.first().filter(|_| !of.is_command()).cloned().unwrap_or_default();
    let target_type = if unit.node_ids.is_empty() { "" } else { "INSTANCE" };
    let values = BTreeMap::from([
        ("TARGET_ID", node.clone()),
        ("TARGET_TYPE", target_type.to_owned()),
        ("RESOURCE_ID", node),
        ("WINDOW_ID", state.window_id.clone()),
        ("WINDOW_TARGET_ID", unit.window_target_id.clone()),
        ("WINDOW_TASK_ID", task.window_task_id.clone()),
        ("WINDOW_EXECUTION_ID", state.execution_id.clone()),
        ("TASK_EXECUTION_ID", task.task_execution_id.clone()),
        ("INVOCATION_ID", invocation_id.clone()),
    ]);
    let parameters = pseudo::replaced(&of.parameters(), &values);
    InvocationStarted {
        execution_id: state.execution_id.clone(),
        window_id: state.window_id.clone(),
        task_execution_id: task.task_execution_id.clone(),
        run_id: derived(format!("{invocation_id}/run")),
        invocation_id,
        index,
        task_type: of.0.task_type.clone().unwrap_or_default(),
        window_target_id: unit.window_target_id.clone(),
        owner_information: unit.owner_information.clone(),
        node_ids: unit.node_ids.clone(),
        // Names and texts: this cannot fail.
        parameters_json: serde_json::to_string(&parameters).unwrap_or_default(),
        started_ms: now_ms,
    }
}

fn finished(state: &State, task: &TaskState, status: &str, details: String, now_ms: i64) -> ExecutionEvent {
    ExecutionEvent::TaskFinished(TaskFinished {
        execution_id: state.execution_id.clone(),
        window_id: state.window_id.clone(),
        task_execution_id: task.task_execution_id.clone(),
        status: status.to_owned(),
        details,
        started_ms: task.started_ms,
        finished_ms: now_ms,
    })
}

/// The beginning of a task whose targets resolved to this, or its end when that is nobody.
pub fn begin(state: &State, task: &TaskState, targets: Vec<TaskTarget>, now_ms: i64) -> ExecutionEvent {
    if task.read().units(&targets).is_empty() {
        let details = "No invocations to execute: none of the task's targets is a node.".to_owned();
        return finished(state, task, FAILED, details, now_ms);
    }
    ExecutionEvent::TaskStarted(TaskStarted {
        execution_id: state.execution_id.clone(),
        window_id: state.window_id.clone(),
        task_execution_id: task.task_execution_id.clone(),
        targets: targets.into_iter().filter(|target| !target.node_ids.is_empty()).collect(),
        started_ms: now_ms,
    })
}

/// The end of an execution: as bad as the worst of its tasks.
fn end(state: &State, now_ms: i64) -> ExecutionEvent {
    let any = |status: &str| state.tasks.iter().any(|task| task.ended == status);
    let (status, mut details) = match () {
        () if any(FAILED) => (FAILED, "One or more tasks in the orchestration failed.".to_owned()),
        () if any(TIMED_OUT) => (TIMED_OUT, "One or more tasks in the orchestration timed out.".to_owned()),
        () if any(CANCELLED) => {
            (CANCELLED, "One or more tasks in the orchestration were cancelled.".to_owned())
        }
        () => (SUCCESS, String::new()),
    };
    if state.is_late {
        details = format!("{details} {}", late(state.due_ms)).trim_start().to_owned();
    }
    ExecutionEvent::ExecutionFinished(ExecutionFinished {
        execution_id: state.execution_id.clone(),
        window_id: state.window_id.clone(),
        status: status.to_owned(),
        details,
        started_ms: state.started_ms,
        finished_ms: now_ms,
    })
}

/// What is said of an execution that began late.
pub fn late(due_ms: i64) -> String {
    format!("It began late: it was due at {}.", Timestamp(due_ms))
}

/// The end of an invocation, if that runs. What is cancelled because of the cutoff has timed out, and so has what did not begin for it.
pub fn take_outcome(
    state: &State,
    task_execution_id: &str,
    invocation_id: &str,
    (status, details): (String, String),
    now_ms: i64,
) -> Option<ExecutionEvent> {
    let task = state.task(task_execution_id)?;
    let run = task.running.get(invocation_id)?;
    let unit = task.unit(run.index)?;
    let (status, details) = match state.is_cut_off && status == CANCELLED {
        true if details.contains(HELD_AT_CUTOFF) => (TIMED_OUT.to_owned(), HELD_AT_CUTOFF.to_owned()),
        true if task.read().ends_at_cutoff() => {
            (TIMED_OUT.to_owned(), "It was cancelled because the cutoff was reached.".to_owned())
        }
        _ => (status, details),
    };
    Some(ExecutionEvent::InvocationFinished(InvocationFinished {
        execution_id: state.execution_id.clone(),
        window_id: state.window_id.clone(),
        task_execution_id: task_execution_id.to_owned(),
        invocation_id: invocation_id.to_owned(),
        status,
        details,
        finished_ms: now_ms,
        window_target_id: unit.window_target_id.clone(),
        owner_information: unit.owner_information.clone(),
        started_ms: run.started_ms,
    }))
}

/// A status of a command or an automation, as windows call it.
pub fn status_of(status: &str) -> &'static str {
    match status {
        "Success" => SUCCESS,
        "TimedOut" => TIMED_OUT,
        "Cancelled" => CANCELLED,
        _ => FAILED,
    }
}
