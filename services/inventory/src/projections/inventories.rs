//! What nodes have, as it is answered.

use super::{
    custom_types::{CUSTOM_TYPES, CustomTypeRow},
    deletions,
    names::{count_less, count_more},
};
use crate::domain::InventoryEvent;
use reeve_contracts::inventory::InventoryChanged;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, parts::Waiting};
use reeve_inventory_model::{Entry, EntryChanges, from_attributes, part_of, types};
use reeve_runtime::Chunked;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// What a node has of a type, by [`item_key`].
pub(crate) const ITEMS: &str = "items";
/// The entries of what a node has of a type, by [`item_key`] and their own keys.
pub(crate) const ENTRIES: Chunked<Entry> = Chunked::new("entries", "entry-chunks");
/// The events of changes in the order in which they came into force, by [`change_key`].
pub(crate) const CHANGES: &str = "changes";
/// Parts of changes that are not in force yet, by [`item_key`].
const WAITING: Waiting = Waiting { changes: "waiting", parts: "parts" };

/// What a node has of a type, beside the entries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    pub schema_version: String,
    pub captured_ms: i64,
    pub content_hash: String,
    /// Of the entries; empty: nothing was ever collected.
    pub hash: String,
    pub context: Entry,
    /// What the collection left out, and why.
    pub note: String,
    pub count: u64,
    /// Why the last collection did not come to its end, and when that was. What is here is older.
    pub failure: Option<(String, i64)>,
}

/// A part of a change.
#[derive(Clone, Default, Serialize, Deserialize)]
struct PartRow {
    changes: EntryChanges,
    /// Of its event in the log.
    position: u64,
}

/// An event of a change that is in force. What it says is in the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ChangeRow {
    pub node_id: String,
    pub type_name: String,
    pub position: u64,
    pub recorded: Timestamp,
    pub actor: String,
}

/// Keys sort by when a change was recorded.
pub(crate) fn change_key(recorded: Timestamp, position: u64) -> String {
    format!("{:020}/{position:020}", recorded.0)
}

/// The key of what a node has of a type.
pub(crate) fn item_key(type_name: &str, node: &str) -> String {
    format!("{type_name}/{node}")
}

/// As many attributes a custom type has at most.
const MAX_ATTRIBUTES: usize = 50;

/// Keeps the tables of this file.
pub(crate) struct Inventories;

impl Projection for Inventories {
    const NAME: &'static str = "inventories";
    const VERSION: u32 = 4;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        match &event.event {
            InventoryEvent::InventoryChanged(e) => change(view, event, e),
            InventoryEvent::InventoryCollectionFailed(e) => {
                let failure = Some((e.reason.clone(), e.captured_ms));
                let key = item_key(&e.type_name, &e.node_id);
                view.update_row::<ItemRow>(ITEMS, &key, |row| row.failure = failure);
            }
        }
    }
}

fn change(view: &mut dyn View, event: &Recorded<InventoryEvent>, e: &InventoryChanged) {
    let position = event.position.0;
    let key = item_key(&e.type_name, &e.node_id);
    let part = PartRow { changes: EntryChanges::of(e), position };
    let Some(parts) = WAITING.take(view, &key, part_of(e), part) else { return };
    let mut row: ItemRow = view.row(ITEMS, &key).unwrap_or_default();
    for part in &parts {
        let changed = ChangeRow {
            node_id: e.node_id.clone(),
            type_name: e.type_name.clone(),
            position: part.position,
            recorded: event.envelope.time,
            actor: event.envelope.actor.clone(),
        };
        view.put_row(CHANGES, &change_key(changed.recorded, part.position), changed);
    }
    for part in parts {
        if e.type_name.starts_with("Custom:") {
            see_custom_type(view, e, &part.changes);
        }
        apply(view, e, &key, &mut row, part.changes);
    }
    if e.hash.is_empty() {
        if !e.deletion_id.is_empty() {
            deletions::take_away(view, event, e, &row.schema_version);
        }
        return view.remove(ITEMS, key.as_bytes());
    }
    row.schema_version.clone_from(&e.schema_version);
    row.captured_ms = e.captured_ms;
    row.content_hash.clone_from(&e.content_hash);
    row.hash.clone_from(&e.hash);
    row.context = from_attributes(&e.context);
    row.note.clone_from(&e.note);
    row.failure = None;
    view.put_row(ITEMS, &key, row);
}

/// Changes entries. What is said twice, or of what is not there, counts once, or not at all. The key of an entry begins with
/// its name, so that a changed entry keeps it.
fn apply(view: &mut dyn View, e: &InventoryChanged, item: &str, row: &mut ItemRow, changes: EntryChanges) {
    let indexed = types::find(&e.type_name).and_then(types::Type::indexed);
    let name = |entry: &Entry| indexed.and_then(|name| entry.get(name)).cloned();
    let mut chunks = ENTRIES.open(view, item);
    for key in changes.removed {
        let Some(entry) = chunks.remove(view, &key) else { continue };
        row.count = row.count.saturating_sub(1);
        if let Some(name) = name(&entry) {
            count_less(view, &e.type_name, &name, &e.node_id);
        }
    }
    for (key, entry) in changes.put {
        let name = name(&entry);
        if chunks.put(view, key, entry).is_some() {
            continue;
        }
        row.count += 1;
        if let Some(name) = name {
            count_more(view, &e.type_name, &name, &e.node_id);
        }
    }
    chunks.close(view);
}

fn see_custom_type(view: &mut dyn View, e: &InventoryChanged, changes: &EntryChanges) {
    if e.hash.is_empty() {
        return;
    }
    let mut row: CustomTypeRow = view.row(CUSTOM_TYPES, &e.type_name).unwrap_or_default();
    if newer(&e.schema_version, &row.version) {
        row.version.clone_from(&e.schema_version);
    }
    for name in changes.put.iter().flat_map(|(_, entry)| entry.keys()) {
        if row.attributes.len() < MAX_ATTRIBUTES && !row.attributes.contains(name) {
            row.attributes.insert(name.clone());
        }
    }
    view.put_row(CUSTOM_TYPES, &e.type_name, row);
}

/// Whether a schema's version is a higher one than another: both parts are numbers.
pub(crate) fn newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').filter_map(|part| part.parse().ok()).collect() };
    numbers(version) > numbers(than)
}
