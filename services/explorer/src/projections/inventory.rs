//! What nodes have, counted: how many nodes have what, without the entries of each; and how each collection stands.

use reeve_contracts::inventory::{Entry, InventoryChanged, InventoryEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, parts::Waiting};
use reeve_inventory_model::{from_attributes, part_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many entries there are of a type with the same values: `<type>/<values as JSON>`.
pub(crate) const ENTRY_GROUPS: &str = "entry-groups";
/// How what a node has of a type is known: `<node>/<type>`.
pub(crate) const COLLECTIONS: &str = "collections";

const WAITING: Waiting = Waiting { changes: "inventory-waiting", parts: "inventory-parts" };

/// The types whose entries are counted, and by which values.
pub(crate) const GROUPED: [(&str, &[&str]); 2] = [
    ("AWS:Application", &["Name", "Version", "Architecture", "Publisher"]),
    ("AWS:Service", &["Name", "Status", "StartType"]),
];

/// Entries with the same values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct EntryGroupRow {
    pub values: BTreeMap<String, String>,
    pub count: u64,
}

/// How what a node has of a type is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CollectionRow {
    pub entries: u64,
    pub schema_version: String,
    pub captured_ms: i64,
    /// Why the last collection did not come to its end; empty: it did.
    pub failure: String,
}

/// The entries of a part of a change, by the values that they are counted by, and how many more or less there are of all.
#[derive(Clone, Default, Serialize, Deserialize)]
struct PartRow {
    gone: Vec<BTreeMap<String, String>>,
    come: Vec<BTreeMap<String, String>>,
    added: u64,
    removed: u64,
}

/// Keeps [`ENTRY_GROUPS`] and [`COLLECTIONS`].
pub(crate) struct Inventories;

impl Projection for Inventories {
    const NAME: &'static str = "inventories";
    const VERSION: u32 = 1;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        match &event.event {
            InventoryEvent::InventoryChanged(e) => change(view, e),
            InventoryEvent::InventoryCollectionFailed(e) => {
                let key = format!("{}/{}", e.node_id, e.type_name);
                view.update_row(COLLECTIONS, &key, |row: &mut CollectionRow| {
                    row.failure.clone_from(&e.reason);
                });
            }
        }
    }
}

fn change(view: &mut dyn View, e: &InventoryChanged) {
    let key = format!("{}/{}", e.node_id, e.type_name);
    let Some(parts) = WAITING.take(view, &key, part_of(e), part(e)) else { return };
    let mut row: CollectionRow = view.row(COLLECTIONS, &key).unwrap_or_default();
    for part in parts {
        row.entries = (row.entries + part.added).saturating_sub(part.removed);
        part.gone.into_iter().for_each(|values| count(view, &e.type_name, values, false));
        part.come.into_iter().for_each(|values| count(view, &e.type_name, values, true));
    }
    if e.hash.is_empty() {
        return view.remove(COLLECTIONS, key.as_bytes());
    }
    row.schema_version.clone_from(&e.schema_version);
    row.captured_ms = e.captured_ms;
    row.failure.clear();
    view.put_row(COLLECTIONS, &key, row);
}

fn part(e: &InventoryChanged) -> PartRow {
    let size = |entries: &[Entry]| u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let (added, removed) = (size(&e.added), size(&e.removed));
    let Some((_, names)) = GROUPED.iter().find(|(name, _)| *name == e.type_name) else {
        return PartRow { added, removed, ..PartRow::default() };
    };
    let values = |entry: &Entry| {
        let mut entry = from_attributes(&entry.attributes);
        entry.retain(|name, value| names.contains(&name.as_str()) && !value.is_empty());
        entry
    };
    let before = e.changed.iter().filter_map(|change| change.before.as_ref());
    let after = e.changed.iter().filter_map(|change| change.after.as_ref());
    PartRow {
        gone: e.removed.iter().chain(before).map(values).collect(),
        come: e.added.iter().chain(after).map(values).collect(),
        added,
        removed,
    }
}

fn count(view: &mut dyn View, type_name: &str, values: BTreeMap<String, String>, more: bool) {
    let key = format!("{type_name}/{}", serde_json::to_string(&values).unwrap_or_default());
    let before: EntryGroupRow = view.row(ENTRY_GROUPS, &key).unwrap_or_default();
    match if more { before.count + 1 } else { before.count.saturating_sub(1) } {
        0 => view.remove(ENTRY_GROUPS, key.as_bytes()),
        count => view.put_row(ENTRY_GROUPS, &key, EntryGroupRow { values, count }),
    }
}
