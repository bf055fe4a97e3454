//! Views: tables that are computed from events and can be thrown away.

use crate::{Event, Recorded};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::Any, collections::BTreeMap, sync::Arc};

/// Named tables of ordered keys. A projection reads and writes through it; one handling of an event
/// is written whole or not at all, together with the checkpoint.
pub trait View {
    fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>>;
    fn put(&mut self, table: &str, key: &[u8], value: Vec<u8>);
    fn remove(&mut self, table: &str, key: &[u8]);

    /// A row in whichever form it is at hand.
    fn find(&self, table: &str, key: &[u8]) -> Option<Found> {
        self.get(table, key).map(Found::Encoded)
    }

    /// A decoded row of nobody else's, to be changed where it is.
    fn held_mut(&mut self, _table: &str, _key: &[u8]) -> Option<&mut dyn Held> {
        None
    }

    /// Puts a row that may stay decoded until the view is written.
    fn hold(&mut self, table: &str, key: &[u8], row: Arc<dyn Held>) {
        self.put(table, key, row.encoded());
    }
}

/// A row that was found.
pub enum Found {
    /// It was put before, and is still decoded.
    Held(Arc<dyn Held>),
    Encoded(Vec<u8>),
}

/// A decoded row. Events that follow each other change the same rows: each is encoded once, at the end.
pub trait Held: Any + Send + Sync {
    fn encoded(&self) -> Vec<u8>;
}

impl dyn Held {
    /// The row, if it was put as this type.
    pub fn row<T: Clone + 'static>(&self) -> Option<T> {
        (self as &dyn Any).downcast_ref::<T>().cloned()
    }

    /// The same without copying it.
    pub fn shared<T: Send + Sync + 'static>(self: Arc<Self>) -> Option<Arc<T>> {
        (self as Arc<dyn Any + Send + Sync>).downcast().ok()
    }
}

impl<T: Serialize + Any + Send + Sync> Held for T {
    fn encoded(&self) -> Vec<u8> {
        // Rows are our own plain structs: serializing one cannot fail, and an empty value reads as no row.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// What a row can be.
pub trait Row: DeserializeOwned + Serialize + Clone + Send + Sync + 'static {}

impl<T: DeserializeOwned + Serialize + Clone + Send + Sync + 'static> Row for T {}

/// Rows as JSON, so that a view can be looked into and compared byte for byte.
pub trait ViewExt: View {
    fn row<T: DeserializeOwned + Clone + 'static>(&self, table: &str, key: &str) -> Option<T> {
        match self.find(table, key.as_bytes())? {
            Found::Held(row) => row.row::<T>().or_else(|| serde_json::from_slice(&row.encoded()).ok()),
            Found::Encoded(bytes) => serde_json::from_slice(&bytes).ok(),
        }
    }

    fn put_row<T: Serialize + Send + Sync + 'static>(&mut self, table: &str, key: &str, row: T) {
        self.hold(table, key.as_bytes(), Arc::new(row));
    }

    /// Changes a row, or its default where there is none.
    fn update_row<T: Row + Default>(&mut self, table: &str, key: &str, change: impl FnOnce(&mut T)) {
        self.change(table, key, Some(T::default), change);
    }

    /// Changes a row that is there; `None` when there is none.
    fn change_row<T: Row, R>(
        &mut self,
        table: &str,
        key: &str,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        self.change(table, key, None, change)
    }

    #[doc(hidden)]
    fn change<T: Row, R>(
        &mut self,
        table: &str,
        key: &str,
        missing: Option<fn() -> T>,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let held = self.held_mut(table, key.as_bytes());
        if let Some(row) = held.and_then(|held| (held as &mut dyn Any).downcast_mut()) {
            return Some(change(row));
        }
        let mut row = self.row(table, key).or_else(|| missing.map(|missing| missing()))?;
        let result = change(&mut row);
        self.put_row(table, key, row);
        Some(result)
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
