//! OpsItems, and what they are related to.

use super::later_first;
use crate::domain::item::{Item, OpsItemEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// OpsItems by id; those that were deleted are not there.
pub(crate) const ITEMS: &str = "ops-items";
/// All of them, those that were modified last first: [`recency_key`].
pub(crate) const RECENT: &str = "ops-items-by-recency";
/// Those that are not Resolved, by the same keys.
pub(crate) const RECENT_UNRESOLVED: &str = "unresolved-ops-items-by-recency";
/// The newest generation of items with a deduplication key.
pub(crate) const GENERATIONS: &str = "generations";
/// What items are related to: keys are `<item>/<association>`.
pub(crate) const RELATED: &str = "related-items";

/// An OpsItem as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    pub item: Item,
    pub created: Timestamp,
    pub created_by: String,
    pub modified: Timestamp,
    pub modified_by: String,
    /// The position of the event that modified it last.
    pub modified_at: i64,
    /// As many others with its deduplication key were refused.
    pub duplicates: u64,
    pub last_duplicate: Timestamp,
}

/// A key that sorts what was modified later first: by the position of the event that did it.
fn recency_key(row: &ItemRow) -> String {
    format!("{}/{}", later_first(row.modified_at), row.item.id)
}

/// Keeps the tables of OpsItems.
pub(crate) struct OpsItems;

impl Projection for OpsItems {
    const NAME: &'static str = "ops-items";
    const VERSION: u32 = 1;
    type Event = OpsItemEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsItemEvent>) {
        let id = event.envelope.aggregate.id.as_str();
        let before: ItemRow = view.row(ITEMS, id).unwrap_or_default();
        if before.item.exists() {
            let key = recency_key(&before);
            view.remove(RECENT, key.as_bytes());
            view.remove(RECENT_UNRESOLVED, key.as_bytes());
        }
        let row = row_after(before, event);
        if !row.item.exists() {
            for association in row.item.related_items.keys() {
                view.remove(RELATED, format!("{id}/{association}").as_bytes());
            }
            return view.remove(ITEMS, id.as_bytes());
        }
        let key = recency_key(&row);
        view.put_row(RECENT, &key, ());
        if row.item.status != crate::domain::item::RESOLVED {
            view.put_row(RECENT_UNRESOLVED, &key, ());
        }
        if matches!(event.event, OpsItemEvent::OpsItemCreated(_)) && !row.item.deduplication_key.is_empty() {
            view.put_row(GENERATIONS, &row.item.deduplication_key, row.item.generation);
        }
        view.put_row(ITEMS, id, row);
    }
}

fn row_after(mut row: ItemRow, event: &Recorded<OpsItemEvent>) -> ItemRow {
    let envelope = &event.envelope;
    row.item = row.item.after(&event.event);
    match &event.event {
        OpsItemEvent::OpsItemCreated(_) => {
            (row.created, row.created_by) = (envelope.time, envelope.actor.clone());
        }
        // No edit: nothing that a person set has changed.
        OpsItemEvent::OpsItemDuplicateRefused(_) => {
            (row.duplicates, row.last_duplicate) = (row.duplicates + 1, envelope.time);
            return row;
        }
        OpsItemEvent::OpsItemAlertWorsened(_) => return row,
        _ => {}
    }
    (row.modified, row.modified_by) = (envelope.time, envelope.actor.clone());
    row.modified_at = i64::try_from(event.position.0).unwrap_or(i64::MAX);
    row
}

/// A resource that an item is related to, as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RelatedRow {
    pub ops_item_id: String,
    pub association_id: String,
    pub association_type: String,
    pub resource_type: String,
    pub resource_uri: String,
    pub created: Timestamp,
    pub created_by: String,
}

/// Keeps [`RELATED`].
pub(crate) struct RelatedItems;

impl Projection for RelatedItems {
    const NAME: &'static str = "related-items";
    const VERSION: u32 = 1;
    type Event = OpsItemEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsItemEvent>) {
        match &event.event {
            OpsItemEvent::RelatedItemAssociated(e) => {
                let row = RelatedRow {
                    ops_item_id: e.ops_item_id.clone(),
                    association_id: e.association_id.clone(),
                    association_type: e.association_type.clone(),
                    resource_type: e.resource_type.clone(),
                    resource_uri: e.resource_uri.clone(),
                    created: event.envelope.time,
                    created_by: event.envelope.actor.clone(),
                };
                view.put_row(RELATED, &format!("{}/{}", e.ops_item_id, e.association_id), row);
            }
            OpsItemEvent::RelatedItemDisassociated(e) => {
                view.remove(RELATED, format!("{}/{}", e.ops_item_id, e.association_id).as_bytes());
            }
            _ => {}
        }
    }
}
