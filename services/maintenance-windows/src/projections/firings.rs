//! Executions as they are listed: also of firings that did not lead to one.

use crate::domain::{engine, window::WindowEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Executions by id.
pub(crate) const EXECUTIONS: &str = "executions";
/// Their ids by `<window>/<the newest first>/<id>`.
pub(crate) const EXECUTION_ORDER: &str = "execution-order";

/// An execution.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExecutionRow {
    pub execution_id: String,
    pub window_id: String,
    pub status: String,
    pub details: String,
    pub started_ms: i64,
    pub finished_ms: Option<i64>,
    /// Of its tasks, in the order of their priorities.
    pub task_ids: Vec<String>,
}

/// Takes in the firings of windows. The executions themselves go on in [`super::Executions`].
pub(crate) struct Firings;

impl Projection for Firings {
    const NAME: &'static str = "firings";
    const VERSION: u32 = 1;
    type Event = WindowEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<WindowEvent>) {
        let row =
            |execution_id: &String, status: &str, details: String, started_ms, finished_ms| ExecutionRow {
                execution_id: execution_id.clone(),
                window_id: event.envelope.aggregate.id.clone(),
                status: status.to_owned(),
                details,
                started_ms,
                finished_ms,
                task_ids: Vec::new(),
            };
        match &event.event {
            WindowEvent::WindowFired(e) => {
                let details = if e.is_late { engine::late(e.due_ms) } else { String::new() };
                put(view, row(&e.execution_id, "PENDING", details, e.fired_ms, None));
            }
            WindowEvent::FiringSkipped(e) => {
                let details = "The execution before it still ran.".to_owned();
                let ended = Some(e.skipped_ms);
                put(view, row(&e.execution_id, "SKIPPED_OVERLAPPING", details, e.due_ms, ended));
            }
            WindowEvent::FiringsMissed(e) => {
                for firing in &e.firings {
                    let details = format!(
                        "Missed: nothing ran between its instant and its cutoff, as was noticed at {}.",
                        Timestamp(e.noticed_ms)
                    );
                    let ended = Some(e.noticed_ms);
                    put(view, row(&firing.execution_id, "TIMED_OUT", details, firing.due_ms, ended));
                }
            }
            _ => {}
        }
    }
}

fn put(view: &mut dyn View, row: ExecutionRow) {
    let newest_first = Timestamp(row.started_ms).newest_first();
    let key = format!("{}/{newest_first}/{}", row.window_id, row.execution_id);
    view.put_row(EXECUTION_ORDER, &key, row.execution_id.clone());
    view.put_row(EXECUTIONS, &row.execution_id.clone(), row);
}
