//! OpsItems, and how many were opened and resolved on each day.

use reeve_contracts::opscenter::{OperationalDatum, OpsItemCreated, OpsItemEvent, OpsItemUpdated};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_fleet::ops_item_is_over;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// OpsItems by id.
pub(crate) const OPS_ITEMS: &str = "ops-items";
/// What became of OpsItems by day, such as 2026-01-31, in UTC.
pub(crate) const DAYS: &str = "ops-item-days";

const RESOLVED: &str = "Resolved";

/// An OpsItem.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpsItemRow {
    pub title: String,
    pub description: String,
    pub source: String,
    pub status: String,
    pub priority: u32,
    pub severity: String,
    pub category: String,
    pub kind: String,
    /// What is searchable of the operational data: the rest is GetOpsItem's alone.
    pub data: BTreeMap<String, String>,
    pub notifications: Vec<String>,
    pub related: Vec<String>,
    pub created: Timestamp,
    pub created_by: String,
    pub modified: Timestamp,
    pub modified_by: String,
}

/// What became of OpsItems on a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DayRow {
    pub opened: u64,
    pub resolved: u64,
}

/// Keeps [`OPS_ITEMS`] and [`DAYS`].
pub(crate) struct OpsItems;

impl Projection for OpsItems {
    const NAME: &'static str = "ops-items";
    const VERSION: u32 = 2;
    type Event = OpsItemEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsItemEvent>) {
        let (id, time) = (event.envelope.aggregate.id.as_str(), event.envelope.time);
        let change = |view: &mut dyn View, set: &mut dyn FnMut(&mut OpsItemRow)| {
            let resolved = view.change_row(OPS_ITEMS, id, |row: &mut OpsItemRow| {
                let before = ops_item_is_over(&row.status);
                set(row);
                row.modified = time;
                row.modified_by.clone_from(&event.envelope.actor);
                !before && ops_item_is_over(&row.status)
            });
            if resolved == Some(true) {
                view.update_row(DAYS, &day(time), |day: &mut DayRow| day.resolved += 1);
            }
        };
        match &event.event {
            OpsItemEvent::OpsItemCreated(e) => {
                view.put_row(OPS_ITEMS, id, created(e, time, &event.envelope.actor));
                view.update_row(DAYS, &day(time), |day: &mut DayRow| day.opened += 1);
            }
            OpsItemEvent::OpsItemUpdated(e) => change(view, &mut |row| update(row, e)),
            OpsItemEvent::OpsItemCausesEnded(_) => change(view, &mut |row| row.status = RESOLVED.to_owned()),
            OpsItemEvent::RelatedItemAssociated(_) | OpsItemEvent::RelatedItemDisassociated(_) => {
                change(view, &mut |_| {});
            }
            OpsItemEvent::OpsItemDeleted(_) => view.remove(OPS_ITEMS, id.as_bytes()),
            // Nothing that anybody set has changed.
            OpsItemEvent::OpsItemDuplicateRefused(_) | OpsItemEvent::OpsItemAlertWorsened(_) => {}
        }
    }
}

fn day(time: Timestamp) -> String {
    time.rfc3339().get(..10).unwrap_or_default().to_owned()
}

fn created(e: &OpsItemCreated, time: Timestamp, actor: &str) -> OpsItemRow {
    let mut row = OpsItemRow {
        title: e.title.clone(),
        description: e.description.clone(),
        source: e.source.clone(),
        status: "Open".to_owned(),
        priority: e.priority,
        severity: e.severity.clone(),
        category: e.category.clone(),
        kind: e.ops_item_type.clone(),
        data: BTreeMap::new(),
        notifications: e.notifications.clone(),
        related: e.related_ops_items.clone(),
        created: time,
        created_by: actor.to_owned(),
        modified: time,
        modified_by: actor.to_owned(),
    };
    put_data(&mut row, &e.operational_data);
    row
}

fn put_data(row: &mut OpsItemRow, data: &[OperationalDatum]) {
    for datum in data {
        match datum.searchable {
            true => row.data.insert(datum.key.clone(), datum.value.clone()),
            false => row.data.remove(&datum.key),
        };
    }
}

fn update(row: &mut OpsItemRow, e: &OpsItemUpdated) {
    let texts = [
        (&mut row.title, &e.title),
        (&mut row.description, &e.description),
        (&mut row.status, &e.status),
        (&mut row.severity, &e.severity),
        (&mut row.category, &e.category),
    ];
    for (held, said) in texts {
        if let Some(said) = said {
            held.clone_from(said);
        }
    }
    row.priority = e.priority.unwrap_or(row.priority);
    row.data.retain(|key, _| !e.operational_data_deleted.contains(key));
    put_data(row, &e.operational_data);
    if let Some(notifications) = &e.notifications {
        row.notifications.clone_from(&notifications.values);
    }
    if let Some(related) = &e.related_ops_items {
        row.related.clone_from(&related.values);
    }
}
