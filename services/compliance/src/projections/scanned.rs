//! Patches, as scans and installations found them: from what the inventory says of two types, `AWS:PatchCompliance`, an entry
//! for each patch, and `AWS:PatchSummary`, the run.

use super::rows::{GroupRow, ItemRow, Tables, change, group_key};
use crate::domain::Execution;
use reeve_contracts::inventory::{InventoryChanged, InventoryEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, parts::Waiting};
use reeve_inventory_model::{Entry, EntryChanges, from_attributes, part_of};
use reeve_patch_baseline::is_compliant;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Where they are.
pub(crate) const SCANNED: Tables = Tables { groups: "scanned-groups", items: "scanned-items" };
/// Parts of changes that are not in force yet, by node.
const WAITING: Waiting = Waiting { changes: "scanned-waiting", parts: "scanned-parts" };

/// What the summary of the last run said, by node: it may come before the patches that the run found.
const RUNS: &str = "scanned-runs";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct RunRow {
    command_id: String,
    ended_ms: i64,
    patch_group: String,
    baseline_id: String,
}

impl RunRow {
    fn apply_to(self, group: &mut GroupRow) {
        known_by(group, &self.command_id, self.ended_ms);
        (group.patch_group, group.baseline_id) = (self.patch_group, self.baseline_id);
    }
}

/// Keeps [`SCANNED`].
pub(crate) struct Scanned;

impl Projection for Scanned {
    const NAME: &'static str = "scanned";
    const VERSION: u32 = 3;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        // What could not be looked at is as it was known, with the age that it has.
        let InventoryEvent::InventoryChanged(e) = &event.event else { return };
        match e.type_name.as_str() {
            "AWS:PatchCompliance" => patches(view, e),
            "AWS:PatchSummary" => run(view, e),
            _ => {}
        }
    }
}

fn patches(view: &mut dyn View, e: &InventoryChanged) {
    let Some(parts) = WAITING.take(view, &e.node_id, part_of(e), EntryChanges::of(e)) else { return };
    let key = group_key("Patch", &e.node_id);
    let mut group: GroupRow = view.row(SCANNED.groups, &key).unwrap_or_default();
    for part in parts {
        let put = part.put.into_iter().map(|(key, patch)| (key, item(patch))).collect();
        change(view, SCANNED, &key, &mut group.counts, put, part.removed);
    }
    if e.hash.is_empty() {
        view.remove(RUNS, e.node_id.as_bytes());
        return view.remove(SCANNED.groups, key.as_bytes());
    }
    known_by(&mut group, &e.command_id, e.captured_ms);
    if let Some(run) = view.row::<RunRow>(RUNS, &e.node_id).filter(|run| run.command_id == e.command_id) {
        run.apply_to(&mut group);
    }
    view.put_row(SCANNED.groups, &key, group);
}

/// A run that found the patches as they were says so by its summary alone.
fn run(view: &mut dyn View, e: &InventoryChanged) {
    let after = e.changed.iter().filter_map(|change| change.after.as_ref());
    let Some(last) = e.added.iter().chain(after).last() else { return };
    let summary = from_attributes(&last.attributes);
    let text = |name: &str| summary.get(name).cloned().unwrap_or_default();
    let ended = Timestamp::parse_rfc3339(&text("OperationEndTime")).map_or(e.captured_ms, |at| at.0);
    let run = RunRow {
        command_id: text("ExecutionId"),
        ended_ms: ended,
        patch_group: text("PatchGroup"),
        baseline_id: text("BaselineId"),
    };
    let key = group_key("Patch", &e.node_id);
    view.change_row(SCANNED.groups, &key, |group: &mut GroupRow| run.clone().apply_to(group));
    view.put_row(RUNS, &e.node_id, run);
}

fn known_by(group: &mut GroupRow, command_id: &str, time_ms: i64) {
    let kind = if command_id.is_empty() { "" } else { "Command" };
    group.execution = Execution { id: command_id.to_owned(), kind: kind.to_owned(), time_ms };
    group.latest = group.execution.clone();
}

/// A patch as an item.
fn item(mut patch: Entry) -> ItemRow {
    let mut take = |name: &str| patch.remove(name).unwrap_or_default();
    let (id, title, state) = (take("KBId"), take("Title"), take("State"));
    let level = take("ComplianceLevel");
    let status = if is_compliant(&state) { "COMPLIANT" } else { "NON_COMPLIANT" };
    let details = [
        ("PatchState", state),
        ("Classification", take("Classification")),
        ("PatchSeverity", take("Severity")),
        ("InstalledTime", take("InstalledTime")),
        ("CVEIds", take("CVEIds")),
        ("DetailedText", take("Reason")),
    ];
    let details = details.into_iter().filter(|(_, value)| !value.is_empty());
    ItemRow {
        id,
        title,
        severity: if level.is_empty() { "UNSPECIFIED".to_owned() } else { level },
        status: status.to_owned(),
        details: details.map(|(name, value)| (name.to_owned(), value)).collect(),
        execution: None,
    }
}
