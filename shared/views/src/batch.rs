//! Changes on their way into the views.

use crate::{
    engine::Error,
    keys::{CHECKPOINTS, full_key},
    recent::Change,
    views::Views,
};
use reeve_eventsourcing::{Found, Held, View};
use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard},
};

/// Changes that become visible together.
pub struct Batch<'a> {
    views: &'a Views,
    /// Without an order: that is made once, when they are committed.
    changes: HashMap<Vec<u8>, Change>,
    /// How often sled had been opened anew when this began.
    opened: u64,
    _guard: MutexGuard<'a, ()>,
}

impl<'a> Batch<'a> {
    pub(crate) fn begin(views: &'a Views) -> Self {
        let _guard = views.one_batch();
        let opened = views.watchers.times_reopened();
        Self { views, changes: HashMap::new(), opened, _guard }
    }

    /// Makes the changes visible, with how far the stream has been taken in, in one step. They are written a moment
    /// later, in one step as well.
    ///
    /// # Errors
    /// When so many rows wait that they had to be written now, and sled refused; they go on waiting. And when sled was
    /// opened anew meanwhile; then nothing was changed.
    pub fn commit(mut self, stream: &str, position: u64) -> Result<(), Error> {
        let checkpoint = Change::Put(position.to_be_bytes().as_slice().into());
        self.changes.insert(full_key(CHECKPOINTS, stream.as_bytes()), checkpoint);
        let Views { recent, watchers, writer, .. } = self.views;
        let (young, waiting) = {
            let _one = self.views.one_commit();
            if watchers.times_reopened() != self.opened {
                return Err(Error::Write("they were opened anew".to_owned()));
            }
            let changes = std::mem::take(&mut self.changes);
            // They look when the rows are there.
            let keys: Vec<Vec<u8>> = match watchers.are_at_tables() {
                true => changes.keys().cloned().collect(),
                false => Vec::new(),
            };
            let counts = recent.add(changes);
            watchers.changed(&keys);
            watchers.position(stream, || position).send_replace(position);
            counts
        };
        if writer.is_too_much(waiting) {
            // The writer's thread opens sled anew when it cannot be written.
            writer.write_soon();
            return self.views.write();
        }
        writer.committed(young);
        Ok(())
    }

    fn change(&self, key: &[u8]) -> Option<Change> {
        self.changes.get(key).cloned().or_else(|| self.views.recent.get(key))
    }
}

impl View for Batch<'_> {
    fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>> {
        let key = full_key(table, key);
        match self.change(&key) {
            Some(change) => change.bytes(),
            None => self.views.stored(&key).map(|bytes| bytes.to_vec()),
        }
    }

    fn put(&mut self, table: &str, key: &[u8], value: Vec<u8>) {
        self.changes.insert(full_key(table, key), Change::Put(value.into()));
    }

    fn remove(&mut self, table: &str, key: &[u8]) {
        self.changes.insert(full_key(table, key), Change::Removed);
    }

    fn find(&self, table: &str, key: &[u8]) -> Option<Found> {
        let key = full_key(table, key);
        match self.change(&key) {
            Some(Change::Held(row)) => Some(Found::Held(row)),
            Some(change) => change.bytes().map(Found::Encoded),
            None => self.views.stored(&key).map(|bytes| Found::Encoded(bytes.to_vec())),
        }
    }

    fn held_mut(&mut self, table: &str, key: &[u8]) -> Option<&mut dyn Held> {
        match self.changes.get_mut(&full_key(table, key))? {
            Change::Held(row) => Arc::get_mut(row),
            Change::Put(_) | Change::Removed => None,
        }
    }

    fn hold(&mut self, table: &str, key: &[u8], row: Arc<dyn Held>) {
        self.changes.insert(full_key(table, key), Change::Held(row));
    }
}
