//! Who waits for the views to change.

use crate::{keys::full_key, lock};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};
use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct Watchers {
    /// Counts how often sled was opened anew.
    reopened: watch::Sender<u64>,
    positions: Mutex<HashMap<String, watch::Sender<u64>>>,
    /// By the beginning of the keys of a table, what counts the batches that changed it.
    tables: Mutex<HashMap<Vec<u8>, watch::Sender<u64>>>,
}

fn add_one(count: &watch::Sender<u64>) {
    count.send_modify(|count| *count += 1);
}

impl Watchers {
    pub fn reopened(&self) -> watch::Receiver<u64> {
        self.reopened.subscribe()
    }

    pub fn times_reopened(&self) -> u64 {
        *self.reopened.borrow()
    }

    /// What counts the changes of a table.
    pub fn table(&self, table: &str) -> watch::Receiver<u64> {
        lock(&self.tables).entry(full_key(table, b"")).or_default().subscribe()
    }

    pub fn are_at_tables(&self) -> bool {
        !lock(&self.tables).is_empty()
    }

    /// How far a stream is taken in; `checkpoint` says it of one that nobody asked for yet.
    pub fn position(&self, stream: &str, checkpoint: impl FnOnce() -> u64) -> watch::Sender<u64> {
        let mut positions = lock(&self.positions);
        let known = positions.entry(stream.to_owned());
        known.or_insert_with(|| watch::Sender::new(checkpoint())).clone()
    }

    /// A batch changed these rows.
    pub fn changed(&self, keys: &[Vec<u8>]) {
        let tables = lock(&self.tables);
        let mut changed = BTreeSet::new();
        for key in keys {
            changed.extend(tables.keys().filter(|table| key.starts_with(table)));
        }
        changed.into_iter().filter_map(|table| tables.get(table)).for_each(add_one);
    }

    /// Checkpoints went back, and any row may have changed.
    pub fn opened_anew(&self, checkpoint: impl Fn(&str) -> u64) {
        let positions = lock(&self.positions);
        for (stream, position) in positions.iter() {
            position.send_replace(checkpoint(stream));
        }
        drop(positions);
        add_one(&self.reopened);
        lock(&self.tables).values().for_each(add_one);
    }
}
