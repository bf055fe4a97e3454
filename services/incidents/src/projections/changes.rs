//! What changed on nodes, and when: what ran there, and how their inventories differ. Each table is written from one stream.

use reeve_contracts::{
    inventory::InventoryEvent,
    run_command::{CommandEvent, InvocationEvent},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// What a command runs, and who asked for it, by its id.
const COMMANDS: &str = "commands";
/// What ran on nodes, by [`change_key`] with the instant of its end.
pub(crate) const RUNS: &str = "node-runs";
/// Differences of inventories, by [`change_key`] with the instant at which they were found.
pub(crate) const DIFFERENCES: &str = "node-differences";

/// It looks, and changes nothing.
const LOOKS_ONLY: &str = "AWS-GatherSoftwareInventory";

/// A key that sorts what happened to a node by time.
pub(crate) fn change_key(node: &str, ms: i64, position: u64) -> String {
    format!("{node}/{:016}/{position:020}", ms.max(0))
}

/// What a command runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct CommandRow {
    document: String,
    origin: String,
}

/// What ran on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRow {
    pub command_id: String,
    pub document: String,
    /// What asked for it, such as `association/<id>`; empty: an operator.
    pub origin: String,
    pub status: String,
    pub started_ms: i64,
    pub finished_ms: i64,
}

/// How a node's inventory of a type differs from what it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DifferenceRow {
    pub type_name: String,
    /// The collection before it; 0: not known.
    pub since_ms: i64,
    pub captured_ms: i64,
}

/// Keeps what commands run.
pub(crate) struct Commands;

impl Projection for Commands {
    const NAME: &'static str = "commands";
    const VERSION: u32 = 1;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        let CommandEvent::CommandSent(e) = &event.event else { return };
        let origin = match e.origin_kind.as_str() {
            "" => String::new(),
            kind => format!("{kind}/{}", e.origin_id),
        };
        view.put_row(COMMANDS, &e.command_id, CommandRow { document: e.document_name.clone(), origin });
    }
}

/// Keeps [`RUNS`].
pub(crate) struct Runs;

impl Projection for Runs {
    const NAME: &'static str = "node-runs";
    const VERSION: u32 = 1;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let InvocationEvent::InvocationFinished(e) = &event.event else { return };
        let Some(command) = view.row::<CommandRow>(COMMANDS, &e.command_id) else { return };
        // What never began on the node changed nothing there.
        if command.document == LOOKS_ONLY || e.started_ms == 0 {
            return;
        }
        let row = RunRow {
            command_id: e.command_id.clone(),
            document: command.document,
            origin: command.origin,
            status: e.status.clone(),
            started_ms: e.started_ms,
            finished_ms: e.finished_ms,
        };
        view.put_row(RUNS, &change_key(&e.node_id, e.finished_ms, event.position.0), row);
    }
}

/// Keeps [`DIFFERENCES`].
pub(crate) struct Differences;

impl Projection for Differences {
    const NAME: &'static str = "node-differences";
    const VERSION: u32 = 1;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        let InventoryEvent::InventoryChanged(e) = &event.event else { return };
        // The first collection tells what there is, not what changed; and of several parts the last puts all in force.
        if e.base_hash.is_empty() || e.part < e.parts {
            return;
        }
        let row = DifferenceRow {
            type_name: e.type_name.clone(),
            since_ms: e.since_ms,
            captured_ms: e.captured_ms,
        };
        view.put_row(DIFFERENCES, &change_key(&e.node_id, e.captured_ms, event.position.0), row);
    }
}
