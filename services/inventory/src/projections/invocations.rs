//! What commands did on nodes, and when: what may have changed an inventory.

use reeve_contracts::run_command::InvocationEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// The invocations that ended and that did more than collect, by [`invocation_key`].
pub(crate) const INVOCATIONS: &str = "invocations";
/// What collects changes nothing.
const COLLECTING: &str = "aws:softwareInventory";
/// What finds patches, and installs them before it says so.
const PATCHING: &str = "aws:runPatchBaseline";

/// When an invocation began. When it ended its key says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InvocationRow {
    pub command_id: String,
    pub started_ms: i64,
    /// Whether it patched, and did nothing else.
    pub is_patching: bool,
}

/// Keys sort by node, and then by when invocations ended there.
pub(crate) fn invocation_key(node: &str, finished_ms: i64, command: &str) -> String {
    format!("{node}/{:020}/{command}", finished_ms.max(0))
}

/// Keeps [`INVOCATIONS`].
pub(crate) struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 2;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let InvocationEvent::InvocationFinished(e) = &event.event else { return };
        // What never began did nothing, and steps that are not told of may have done anything.
        if e.started_ms == 0 || (!e.steps.is_empty() && e.steps.iter().all(|step| step.action == COLLECTING))
        {
            return;
        }
        let is_patching = !e.steps.is_empty() && e.steps.iter().all(|step| step.action == PATCHING);
        let row = InvocationRow { command_id: e.command_id.clone(), started_ms: e.started_ms, is_patching };
        view.put_row(INVOCATIONS, &invocation_key(&e.node_id, e.finished_ms, &e.command_id), row);
    }
}
