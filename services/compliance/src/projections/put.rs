//! Items that somebody put, from this service's own events.

use super::rows::{GroupRow, ItemRow, Tables, change, group_key};
use crate::domain::{ComplianceEvent, Execution, part_of};
use reeve_contracts::compliance::{ComplianceChanged, Item};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, parts::Waiting};
use serde::{Deserialize, Serialize};

/// Where they are.
pub(crate) const PUT: Tables = Tables { groups: "groups", items: "items" };
/// How many resources have items of a type, by its name.
pub(crate) const TYPES: &str = "types";
/// Parts of changes that are not in force yet, by [`group_key`].
const WAITING: Waiting = Waiting { changes: "waiting", parts: "parts" };

/// A part of a change.
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

/// Keeps [`PUT`] and [`TYPES`].
pub(crate) struct Put;

impl Projection for Put {
    const NAME: &'static str = "put";
    const VERSION: u32 = 1;
    type Event = ComplianceEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ComplianceEvent>) {
        let ComplianceEvent::ComplianceChanged(e) = &event.event;
        let key = group_key(&e.compliance_type, &e.resource_id);
        if let Some(parts) = WAITING.take(view, &key, part_of(e), PartRow::of(e)) {
            in_force(view, &key, e, parts);
        }
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
