//! What nodes' patches are, from what the inventory says of them.
//!
//! A run tells the inventory of two types: `AWS:PatchCompliance`, an entry for each patch, and `AWS:PatchSummary`, the run.

use reeve_contracts::inventory::{Entry as Told, InventoryChanged, InventoryEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_inventory_model::{Entry, from_attributes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Patches by `<node>/<key>`.
pub(crate) const PATCHES: &str = "patches";
/// What is known of each node, by id.
pub(crate) const STATES: &str = "states";
/// Changes that are not in force yet, by node.
const WAITING: &str = "waiting";

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

/// Whether a patch in this state leaves its node as it should be.
pub(crate) fn is_compliant(state: &str) -> bool {
    !matches!(state, "Missing" | "Failed" | "InstalledPendingReboot" | "InstalledRejected")
}

/// A part of a change that waits for the last one.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Waiting {
    change_id: String,
    put: Vec<(String, Entry)>,
    removed: Vec<String>,
}

/// Keeps the tables of this file.
pub(crate) struct States;

impl Projection for States {
    const NAME: &'static str = "states";
    const VERSION: u32 = 1;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        match &event.event {
            InventoryEvent::InventoryChanged(e) if e.type_name == "AWS:PatchCompliance" => patches(view, e),
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
fn patches(view: &mut dyn View, e: &InventoryChanged) {
    let waiting: Option<Waiting> = view.row(WAITING, &e.node_id);
    let mut change = waiting.filter(|waiting| waiting.change_id == e.change_id).unwrap_or_default();
    change.change_id.clone_from(&e.change_id);
    let after = e.changed.iter().filter_map(|change| change.after.as_ref());
    let put = |told: &Told| (told.key.clone(), from_attributes(&told.attributes));
    change.put.extend(e.added.iter().chain(after).map(put));
    change.removed.extend(e.removed.iter().map(|told| told.key.clone()));
    if e.part < e.parts {
        return view.put_row(WAITING, &e.node_id, change);
    }
    view.remove(WAITING, e.node_id.as_bytes());
    let mut state: StateRow = view.row(STATES, &e.node_id).unwrap_or_default();
    for key in change.removed {
        let key = format!("{}/{key}", e.node_id);
        if let Some(before) = view.row::<PatchRow>(PATCHES, &key) {
            state.add(&before, -1);
            view.remove(PATCHES, key.as_bytes());
        }
    }
    for (key, patch) in change.put {
        let key = format!("{}/{key}", e.node_id);
        if let Some(before) = view.row::<PatchRow>(PATCHES, &key) {
            state.add(&before, -1);
        }
        state.add(&patch, 1);
        view.put_row(PATCHES, &key, patch);
    }
    view.put_row(STATES, &e.node_id, state);
}
