//! How executions go on, with their tasks and invocations, and the timer of their cutoff.

use super::firings::{EXECUTIONS, ExecutionRow};
use crate::domain::execution::ExecutionEvent;
use reeve_contracts::maintenance_windows::{ExecutionStarted, InvocationStarted};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Tasks by `<execution>/<task execution>`.
pub(crate) const TASKS: &str = "tasks";
/// Invocations by [`invocation_key`].
pub(crate) const INVOCATIONS: &str = "invocations";
/// The keys in [`INVOCATIONS`] by `<execution>/<task execution>/<invocation>`.
pub(crate) const INVOCATION_KEYS: &str = "invocation-keys";
/// The timer of an execution's cutoff.
pub(crate) const CUTOFF: &str = "cutoff";

/// A task of an execution.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TaskRow {
    pub execution_id: String,
    pub task_execution_id: String,
    pub task_json: String,
    pub status: String,
    pub details: String,
    pub started_ms: Option<i64>,
    pub finished_ms: Option<i64>,
}

/// An invocation of a task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InvocationRow {
    pub execution_id: String,
    pub task_execution_id: String,
    pub invocation_id: String,
    pub run_id: String,
    pub task_type: String,
    pub window_target_id: String,
    pub owner_information: String,
    pub node_ids: Vec<String>,
    pub parameters_json: String,
    pub status: String,
    pub details: String,
    pub started_ms: i64,
    pub finished_ms: Option<i64>,
}

/// Where an invocation lies: in the order in which a task's begin.
fn invocation_key(execution: &str, task: &str, index: u32) -> String {
    format!("{execution}/{task}/{index:06}")
}

/// Keeps the tables of this file, and takes executions on that [`super::Firings`] has begun.
pub(crate) struct Executions;

impl Projection for Executions {
    const NAME: &'static str = "executions";
    const VERSION: u32 = 1;
    type Event = ExecutionEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ExecutionEvent>) {
        let id = &event.envelope.aggregate.id;
        let task = |task: &str| format!("{id}/{task}");
        match &event.event {
            ExecutionEvent::ExecutionStarted(e) => start(view, e),
            ExecutionEvent::TaskStarted(e) => {
                view.change_row::<TaskRow, _>(TASKS, &task(&e.task_execution_id), |row| {
                    row.status = "IN_PROGRESS".to_owned();
                    row.started_ms = Some(e.started_ms);
                });
            }
            ExecutionEvent::InvocationStarted(e) => invoke(view, e),
            ExecutionEvent::InvocationFinished(e) => {
                let id = format!("{id}/{}/{}", e.task_execution_id, e.invocation_id);
                let Some(key) = view.row::<String>(INVOCATION_KEYS, &id) else { return };
                view.change_row::<InvocationRow, _>(INVOCATIONS, &key, |row| {
                    row.status.clone_from(&e.status);
                    row.details.clone_from(&e.details);
                    row.finished_ms = Some(e.finished_ms);
                });
            }
            ExecutionEvent::CutoffReached(_) => timers::cancel(view, CUTOFF, id),
            ExecutionEvent::ExecutionCancelRequested(_) => {
                view.change_row::<ExecutionRow, _>(EXECUTIONS, id, |row| {
                    row.status = "CANCELLING".to_owned();
                });
            }
            ExecutionEvent::TaskFinished(e) => {
                view.change_row::<TaskRow, _>(TASKS, &task(&e.task_execution_id), |row| {
                    row.status.clone_from(&e.status);
                    row.details.clone_from(&e.details);
                    row.finished_ms = Some(e.finished_ms);
                });
            }
            ExecutionEvent::ExecutionFinished(e) => {
                timers::cancel(view, CUTOFF, id);
                view.change_row::<ExecutionRow, _>(EXECUTIONS, id, |row| {
                    row.status.clone_from(&e.status);
                    row.details.clone_from(&e.details);
                    row.finished_ms = Some(e.finished_ms);
                });
            }
        }
    }
}

fn start(view: &mut dyn View, e: &ExecutionStarted) {
    timers::set(view, CUTOFF, &e.execution_id, Timestamp(e.cutoff_ms));
    view.change_row::<ExecutionRow, _>(EXECUTIONS, &e.execution_id, |row| {
        row.status = "IN_PROGRESS".to_owned();
        row.task_ids = e.tasks.iter().map(|task| task.task_execution_id.clone()).collect();
    });
    for task in &e.tasks {
        let row = TaskRow {
            execution_id: e.execution_id.clone(),
            task_execution_id: task.task_execution_id.clone(),
            task_json: task.task_json.clone(),
            status: "PENDING".to_owned(),
            ..TaskRow::default()
        };
        view.put_row(TASKS, &format!("{}/{}", e.execution_id, task.task_execution_id), row);
    }
}

fn invoke(view: &mut dyn View, e: &InvocationStarted) {
    let key = invocation_key(&e.execution_id, &e.task_execution_id, e.index);
    let id = format!("{}/{}/{}", e.execution_id, e.task_execution_id, e.invocation_id);
    view.put_row(INVOCATION_KEYS, &id, key.clone());
    let row = InvocationRow {
        execution_id: e.execution_id.clone(),
        task_execution_id: e.task_execution_id.clone(),
        invocation_id: e.invocation_id.clone(),
        run_id: e.run_id.clone(),
        task_type: e.task_type.clone(),
        window_target_id: e.window_target_id.clone(),
        owner_information: e.owner_information.clone(),
        node_ids: e.node_ids.clone(),
        parameters_json: e.parameters_json.clone(),
        status: "IN_PROGRESS".to_owned(),
        started_ms: e.started_ms,
        ..InvocationRow::default()
    };
    view.put_row(INVOCATIONS, &key, row);
}
