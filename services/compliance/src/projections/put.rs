//! Items that somebody put, from this service's own events.

use super::rows::{GroupRow, ItemRow, Tables, change, group_key};
use crate::domain::{ComplianceEvent, Execution};
use reeve_contracts::compliance::{ComplianceChanged, Item};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// Where they are.
pub(crate) const PUT: Tables = Tables { groups: "groups", items: "items" };
/// How many resources have items of a type, by its name.
pub(crate) const TYPES: &str = "types";
/// Changes whose parts are coming, by [`group_key`]: the change, and how many came.
const WAITING: &str = "waiting";
/// Those parts, by [`group_key`] and `/` and their numbers.
const PARTS: &str = "parts";

/// A part of a change that is not in force yet.
#[derive(Clone, Default, Serialize, Deserialize)]
struct PartRow {
    put: Vec<(String, ItemRow)>,
    removed: Vec<String>,
}

impl PartRow {
    fn of(e: &ComplianceChanged) -> Self {
        let alone = (e.upload_type == "PARTIAL").then(|| (e.base + 1, Execution::of(e)));
        let row = |item: &Item| {
            let details = item.details.iter().map(|detail| (detail.name.clone(), detail.value.clone()));
            let row = ItemRow {
                id: item.id.clone(),
                title: item.title.clone(),
                severity: item.severity.clone(),
                status: item.status.clone(),
                details: details.collect(),
                execution: alone.clone(),
            };
            (item.key.clone(), row)
        };
        let after = e.changed.iter().filter_map(|change| change.after.as_ref());
        let removed = e.removed.iter().map(|item| item.key.clone()).collect();
        Self { put: e.added.iter().chain(after).map(row).collect(), removed }
    }
}

fn part_key(group: &str, part: u32) -> String {
    format!("{group}/{part:05}")
}

/// Keeps [`PUT`] and [`TYPES`].
pub(crate) struct Put;

impl Projection for Put {
    const NAME: &'static str = "put";
    const VERSION: u32 = 1;
    type Event = ComplianceEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ComplianceEvent>) {
        let ComplianceEvent::ComplianceChanged(e) = &event.event;
        let key = group_key(&e.compliance_type, &e.resource_id);
        let (change_id, waiting): (String, u32) = view.row(WAITING, &key).unwrap_or_default();
        let mut parts = Vec::new();
        // Of another change that has begun before, nothing comes any more.
        let follows = change_id == e.change_id;
        if !follows || e.part == e.parts {
            for number in 1..=waiting {
                let part_key = part_key(&key, number);
                parts.extend(view.row::<PartRow>(PARTS, &part_key).filter(|_| follows));
                view.remove(PARTS, part_key.as_bytes());
            }
            view.remove(WAITING, key.as_bytes());
        }
        if e.part < e.parts {
            view.put_row(PARTS, &part_key(&key, e.part), PartRow::of(e));
            return view.put_row(WAITING, &key, (e.change_id.clone(), e.part));
        }
        parts.push(PartRow::of(e));
        in_force(view, &key, e, parts);
    }
}

fn in_force(view: &mut dyn View, key: &str, e: &ComplianceChanged, parts: Vec<PartRow>) {
    let before: Option<GroupRow> = view.row(PUT.groups, key);
    let is_new = before.is_none();
    let mut group = before.unwrap_or_default();
    for part in parts {
        change(view, PUT, key, &mut group.counts, part.put, part.removed);
    }
    if e.is_empty {
        view.remove(PUT.groups, key.as_bytes());
        if !is_new {
            count_type(view, &e.compliance_type, false);
        }
        return;
    }
    group.latest = Execution::of(e);
    if e.upload_type != "PARTIAL" {
        group.execution = group.latest.clone();
        group.complete = e.base + 1;
    }
    view.put_row(PUT.groups, key, group);
    if is_new {
        count_type(view, &e.compliance_type, true);
    }
}

fn count_type(view: &mut dyn View, compliance_type: &str, more: bool) {
    let resources: u64 = view.row(TYPES, compliance_type).unwrap_or_default();
    match if more { resources + 1 } else { resources.saturating_sub(1) } {
        0 => view.remove(TYPES, compliance_type.as_bytes()),
        now => view.put_row(TYPES, compliance_type, now),
    }
}
