//! Executions and the nodes of each.

use crate::domain::{association::AssociationEvent, target};
use reeve_contracts::state_manager::ExecutionStarted;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Executions by `<association>/<key>`, the newest first.
pub(crate) const EXECUTIONS: &str = "executions";
/// The key in [`EXECUTIONS`] by `<association>/<execution>`.
pub(crate) const EXECUTION_KEYS: &str = "execution-keys";
/// The nodes of an execution by `<execution>/<node>`: why it does not run there; empty where it does.
pub(crate) const TARGETS: &str = "targets";
/// Which firing a node ran last, by `<association>/<node>`.
pub(crate) const RUNS: &str = "runs";

/// The target was not connected: it runs when it returns, by an execution of its own.
const TARGET_AWAY: &str = "TargetAway";
/// The document is for other platforms than the target's.
const OTHER_PLATFORM: &str = "UnsupportedPlatform";
/// Reeve's own word: the execution has more targets than one may have.
pub(super) const TOO_MANY_TARGETS: &str = "TooManyTargets";

/// An execution.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExecutionRow {
    pub execution_id: String,
    pub version: u32,
    pub created_ms: i64,
    pub status: String,
    pub detailed_status: String,
    pub finished_ms: Option<i64>,
    /// On so many nodes it runs, and on so many targets it does not.
    pub targets: u32,
    pub skipped: u32,
}

/// What a node ran of an association.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRow {
    pub firing: u64,
    pub execution_id: String,
    /// It did not run: the node was away.
    pub away: bool,
}

/// Keeps the tables of this file.
pub(crate) struct Executions;

impl Projection for Executions {
    const NAME: &'static str = "executions";
    const VERSION: u32 = 1;
    type Event = AssociationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AssociationEvent>) {
        match &event.event {
            AssociationEvent::ExecutionStarted(e) => start(view, e),
            AssociationEvent::ExecutionSkipped(e) => {
                let row = ExecutionRow {
                    execution_id: e.execution_id.clone(),
                    version: e.version,
                    created_ms: e.due_ms,
                    status: "Skipped".to_owned(),
                    detailed_status: "Skipped".to_owned(),
                    finished_ms: Some(e.skipped_ms),
                    ..ExecutionRow::default()
                };
                put(view, &e.association_id, row);
            }
            AssociationEvent::ExecutionFinished(e) => {
                let id = format!("{}/{}", e.association_id, e.execution_id);
                let Some(key) = view.row::<String>(EXECUTION_KEYS, &id) else { return };
                view.change_row::<ExecutionRow, _>(EXECUTIONS, &key, |row| {
                    row.status.clone_from(&e.status);
                    row.detailed_status.clone_from(&e.detailed_status);
                    row.finished_ms = Some(e.finished_ms);
                });
            }
            _ => {}
        }
    }
}

fn put(view: &mut dyn View, association_id: &str, row: ExecutionRow) {
    let newest_first = Timestamp(row.created_ms).newest_first();
    let key = format!("{association_id}/{newest_first}/{}", row.execution_id);
    view.put_row(EXECUTION_KEYS, &format!("{association_id}/{}", row.execution_id), key.clone());
    view.put_row(EXECUTIONS, &key, row);
}

fn start(view: &mut dyn View, e: &ExecutionStarted) {
    let sorts =
        [(&e.node_ids, ""), (&e.away_node_ids, TARGET_AWAY), (&e.other_platform_node_ids, OTHER_PLATFORM)];
    for (nodes, why) in sorts {
        for node in nodes {
            let away = why == TARGET_AWAY;
            let run = RunRow { firing: e.firing, execution_id: e.execution_id.clone(), away };
            view.put_row(RUNS, &target::id(&e.association_id, node), run);
            view.put_row(TARGETS, &format!("{}/{node}", e.execution_id), why.to_owned());
        }
    }
    let [targets, away, others] = sorts.map(|(nodes, _)| u32::try_from(nodes.len()).unwrap_or(u32::MAX));
    if targets == 0 && !e.dropped_node_ids.is_empty() {
        // Nothing ran: who waited is no target any more.
        return;
    }
    let (status, detailed, finished_ms) = match (targets, away, others) {
        _ if !e.refusal.is_empty() => ("Failed", TOO_MANY_TARGETS, Some(e.started_ms)),
        (0, 0, 0) => ("Skipped", "NoTargets", Some(e.started_ms)),
        (0, 0, _) => ("Skipped", OTHER_PLATFORM, Some(e.started_ms)),
        (0, ..) => ("Skipped", TARGET_AWAY, Some(e.started_ms)),
        _ => ("InProgress", "InProgress", None),
    };
    let row = ExecutionRow {
        execution_id: e.execution_id.clone(),
        version: e.version,
        created_ms: e.started_ms,
        status: status.to_owned(),
        detailed_status: detailed.to_owned(),
        finished_ms,
        targets,
        skipped: away + others,
    };
    put(view, &e.association_id, row);
}
