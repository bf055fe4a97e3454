//! Changes on their way into the views.

use crate::{
    recent::Change,
    store::{CHECKPOINTS, Error, Inner, full_key, lock},
    writer::{CATCH_UP_FACTOR, MAX_WAITING_ROWS, WRITE_THRESHOLD_ROWS},
};
use reeve_eventsourcing::{Found, Held, View};
use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, atomic::Ordering},
};

/// Changes that become visible together.
pub struct Batch<'a> {
    inner: &'a Inner,
    /// Without an order: that is made once, when they are committed.
    changes: HashMap<Vec<u8>, Change>,
    /// How often sled had been opened anew when this began.
    opened: u64,
    _guard: MutexGuard<'a, ()>,
}

impl<'a> Batch<'a> {
    pub(crate) fn begin(inner: &'a Inner) -> Self {
        let _guard = lock(&inner.batch);
        let opened = *inner.reopened.borrow();
        Self { inner, changes: HashMap::new(), opened, _guard }
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
        let (young, waiting) = {
            let _one = lock(&self.inner.committing);
            if *self.inner.reopened.borrow() != self.opened {
                return Err(Error::Write("they were opened anew".to_owned()));
            }
            let changes = std::mem::take(&mut self.changes);
            // They look when the rows are there.
            let keys: Vec<Vec<u8>> = match self.inner.is_watched() {
                true => changes.keys().cloned().collect(),
                false => Vec::new(),
            };
            let waiting = self.inner.recent.add(changes);
            self.inner.tell_watchers(Some(keys.iter()));
            self.inner.position(stream).send_replace(position);
            waiting
        };
        let times = if self.inner.catching_up.load(Ordering::Relaxed) { CATCH_UP_FACTOR } else { 1 };
        if waiting > times * MAX_WAITING_ROWS {
            // The writer's thread opens sled anew when it cannot be written.
            lock(&self.inner.work).dirty = true;
            self.inner.changed.notify_all();
            return self.inner.write();
        }
        let mut work = lock(&self.inner.work);
        work.commits += 1;
        let enough = young >= times * WRITE_THRESHOLD_ROWS;
        if !work.dirty || enough && !work.enough {
            (work.dirty, work.enough) = (true, enough);
            self.inner.changed.notify_all();
        }
        Ok(())
    }

    fn change(&self, key: &[u8]) -> Option<Change> {
        self.changes.get(key).cloned().or_else(|| self.inner.recent.get(key))
    }
}

impl View for Batch<'_> {
    fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>> {
        let key = full_key(table, key);
        match self.change(&key) {
            Some(change) => change.bytes(),
            None => self.inner.stored(&key).map(|bytes| bytes.to_vec()),
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
            None => self.inner.stored(&key).map(|bytes| Found::Encoded(bytes.to_vec())),
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
