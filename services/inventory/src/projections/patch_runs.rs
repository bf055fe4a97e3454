//! Which patch runs told what they found: what such a run did is in what it told, and in nothing that is found later.

use reeve_contracts::inventory::InventoryEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};

/// `<node>/<command>` of runs that told.
pub(crate) const PATCH_RUNS: &str = "patch-runs";
/// What patch runs find.
pub(crate) const PATCH_TYPES: [&str; 2] = ["AWS:PatchCompliance", "AWS:PatchSummary"];

/// Keeps [`PATCH_RUNS`].
pub(crate) struct PatchRuns;

impl Projection for PatchRuns {
    const NAME: &'static str = "patch-runs";
    const VERSION: u32 = 1;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        // The run itself is another one each time, whatever the patches are.
        let InventoryEvent::InventoryChanged(e) = &event.event else { return };
        if e.type_name == "AWS:PatchSummary" && !e.command_id.is_empty() {
            view.put_row(PATCH_RUNS, &format!("{}/{}", e.node_id, e.command_id), true);
        }
    }
}
