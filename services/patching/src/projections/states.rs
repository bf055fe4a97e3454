//! What nodes' patches are, from what the inventory says of them.
//!
//! A run tells the inventory of two types: `AWS:PatchCompliance`, an entry for each patch, and `AWS:PatchSummary`, the run.

use super::available;
use reeve_contracts::inventory::{InventoryChanged, InventoryEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, parts::Waiting};
use reeve_inventory_model::{Entry, EntryChanges, from_attributes, part_of};
use reeve_patch_baseline::is_compliant;
use reeve_runtime::Chunked;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Patches by node and their own keys.
pub(crate) const PATCHES: Chunked<PatchRow> = Chunked::new("patches", "patch-chunks");
/// What is known of each node, by id.
pub(crate) const STATES: &str = "states";
/// Parts of changes that are not in force yet, by node.
const WAITING: Waiting = Waiting { changes: "waiting", parts: "parts" };

/// A patch on a node: what AWS:PatchCompliance says of it.
pub(crate) type PatchRow = Entry;

/// A node's patches, counted, and the run that found them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StateRow {
    /// How many patches there are in each state.
    pub counts: BTreeMap<String, u32>,
    /// Of those that are not compliant.
    pub critical: u32,
    pub security: u32,
    pub other: u32,
    /// What AWS:PatchSummary says.
    pub run: Entry,
    /// Why the last run could not say what there is; what is here is older.
    pub failure: String,
}

impl StateRow {
    pub fn count(&self, state: &str) -> i32 {
        self.counts.get(state).map_or(0, |count| i32::try_from(*count).unwrap_or(i32::MAX))
    }

    fn add(&mut self, patch: &Entry, by: i64) {
        let change = |count: &mut u32| {
            *count = u32::try_from((i64::from(*count) + by).max(0)).unwrap_or(u32::MAX);
        };
        let text = |name: &str| patch.get(name).map(String::as_str).unwrap_or_default();
        let state = text("State");
        let count = self.counts.entry(state.to_owned()).or_default();
        change(count);
        if *count == 0 {
            self.counts.remove(state);
        }
        if !is_compliant(state) {
            change(match () {
                () if text("ComplianceLevel") == "CRITICAL" => &mut self.critical,
                () if text("Classification") == "Security" => &mut self.security,
                () => &mut self.other,
            });
        }
    }
}

/// Keeps the tables of this file.
pub(crate) struct States;

impl Projection for States {
    const NAME: &'static str = "states";
    const VERSION: u32 = 4;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        match &event.event {
            InventoryEvent::InventoryChanged(e) if e.type_name == "AWS:PatchCompliance" => {
                patches(view, e, event.envelope.time);
            }
            InventoryEvent::InventoryChanged(e) if e.type_name == "AWS:PatchSummary" => {
                let after = e.changed.iter().filter_map(|change| change.after.as_ref());
                let last = e.added.iter().chain(after).last();
                let run = last.map(|entry| from_attributes(&entry.attributes)).unwrap_or_default();
                view.update_row(STATES, &e.node_id, |row: &mut StateRow| {
                    row.run = run;
                    row.failure.clear();
                });
            }
            InventoryEvent::InventoryCollectionFailed(e) if e.type_name == "AWS:PatchSummary" => {
                view.update_row(STATES, &e.node_id, |row: &mut StateRow| row.failure.clone_from(&e.reason));
            }
            InventoryEvent::InventoryChanged(_) | InventoryEvent::InventoryCollectionFailed(_) => {}
        }
    }
}

/// Changes a node's patches, with the last part of a change.
fn patches(view: &mut dyn View, e: &InventoryChanged, at: Timestamp) {
    let Some(parts) = WAITING.take(view, &e.node_id, part_of(e), EntryChanges::of(e)) else { return };
    let mut state: StateRow = view.row(STATES, &e.node_id).unwrap_or_default();
    for part in parts {
        apply(view, &e.node_id, &mut state, part, at);
    }
    view.put_row(STATES, &e.node_id, state);
}

fn apply(view: &mut dyn View, node: &str, state: &mut StateRow, changes: EntryChanges, at: Timestamp) {
    let mut chunks = PATCHES.open(view, node);
    for key in changes.removed {
        if let Some(before) = chunks.remove(view, &key) {
            state.add(&before, -1);
            available::count(view, &before, false, at);
        }
    }
    for (key, patch) in changes.put {
        // First the former one: where nobody else has it, what is known of that version is made anew.
        if let Some(before) = chunks.put(view, key, patch.clone()) {
            state.add(&before, -1);
            available::count(view, &before, false, at);
        }
        state.add(&patch, 1);
        available::count(view, &patch, true, at);
    }
    chunks.close(view);
}
