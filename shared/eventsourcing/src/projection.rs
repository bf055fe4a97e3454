//! Views: tables that are computed from events and can be thrown away.

use crate::{Event, Recorded};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// Named tables of ordered keys. A projection reads and writes through it; one handling of an event
/// is written whole or not at all, together with the checkpoint.
pub trait View {
    fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>>;
    fn put(&mut self, table: &str, key: &[u8], value: Vec<u8>);
    fn remove(&mut self, table: &str, key: &[u8]);
}

/// Rows as JSON, so that a view can be looked into and compared byte for byte.
pub trait ViewExt: View {
    fn row<T: DeserializeOwned>(&self, table: &str, key: &str) -> Option<T> {
        serde_json::from_slice(&self.get(table, key.as_bytes())?).ok()
    }

    fn put_row<T: Serialize>(&mut self, table: &str, key: &str, row: &T) {
        // Rows are our own plain structs: serializing one cannot fail, and an empty value reads as no row.
        self.put(table, key.as_bytes(), serde_json::to_vec(row).unwrap_or_default());
    }

    /// Reads a row (or its default), changes it, and writes it back.
    fn update_row<T: DeserializeOwned + Serialize + Default>(
        &mut self,
        table: &str,
        key: &str,
        change: impl FnOnce(&mut T),
    ) {
        let mut row = self.row(table, key).unwrap_or_default();
        change(&mut row);
        self.put_row(table, key, &row);
    }
}

impl<V: View + ?Sized> ViewExt for V {}

/// Events to rows. Deterministic; costs O(1) per event.
pub trait Projection: Send + Sync + 'static {
    const NAME: &'static str;
    /// Raising it rebuilds the service's views from the log.
    const VERSION: u32;
    type Event: Event;
    fn apply(&self, view: &mut dyn View, event: &Recorded<Self::Event>);
}

/// A view in memory, for tests of projections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryView(pub BTreeMap<(String, Vec<u8>), Vec<u8>>);

impl View for MemoryView {
    fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(&(table.to_owned(), key.to_owned())).cloned()
    }
    fn put(&mut self, table: &str, key: &[u8], value: Vec<u8>) {
        self.0.insert((table.to_owned(), key.to_owned()), value);
    }
    fn remove(&mut self, table: &str, key: &[u8]) {
        self.0.remove(&(table.to_owned(), key.to_owned()));
    }
}
