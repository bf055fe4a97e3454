//! Entries as messages.

use crate::Entry;
use reeve_contracts::inventory::{self, InventoryChanged};
use reeve_eventsourcing::parts::Part;
use serde::{Deserialize, Serialize};

/// Attributes as a message has them: by name, each once.
pub fn attributes(entry: &Entry) -> Vec<inventory::Attribute> {
    let attribute =
        |(name, value): (&String, &String)| inventory::Attribute { name: name.clone(), value: value.clone() };
    entry.iter().map(attribute).collect()
}

/// An entry as a message.
pub fn entry(key: &str, of: &Entry) -> inventory::Entry {
    inventory::Entry { key: key.to_owned(), attributes: attributes(of) }
}

/// What a message's attributes say.
pub fn from_attributes(attributes: &[inventory::Attribute]) -> Entry {
    attributes.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
}

/// Where a message stands in its change.
pub fn part_of(change: &InventoryChanged) -> Part<'_> {
    Part { change_id: &change.change_id, number: change.part, count: change.parts }
}

/// What a part of a change does to entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryChanges {
    /// Key, and what the entry is from now on.
    pub put: Vec<(String, Entry)>,
    pub removed: Vec<String>,
}

impl EntryChanges {
    /// What a message says.
    pub fn of(part: &InventoryChanged) -> Self {
        let put = |entry: &inventory::Entry| (entry.key.clone(), from_attributes(&entry.attributes));
        let after = part.changed.iter().filter_map(|change| change.after.as_ref());
        Self {
            put: part.added.iter().chain(after).map(put).collect(),
            removed: part.removed.iter().map(|entry| entry.key.clone()).collect(),
        }
    }
}
