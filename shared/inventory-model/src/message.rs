//! Entries as messages.

use crate::Entry;
use reeve_contracts::inventory;

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
