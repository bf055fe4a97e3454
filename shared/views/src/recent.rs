//! Rows that are committed and not yet in sled. sled takes about as long for one row as for a thousand, and two
//! dozen wake-ups of its threads for either; so what is committed is kept here, already visible, and written in one
//! batch when it is quiet (ADR 22). A crash loses what waited, and its checkpoint with it: the log fills it again.

use reeve_eventsourcing::Held;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// What becomes of a row.
#[derive(Clone)]
pub(crate) enum Change {
    Removed,
    Put(Arc<[u8]>),
    Held(Arc<dyn Held>),
}

impl Change {
    /// The row as sled has it; `None` when it is removed.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Removed => None,
            Self::Put(bytes) => Some(bytes.to_vec()),
            Self::Held(row) => Some(row.encoded()),
        }
    }
}

pub(crate) type Changes = BTreeMap<Vec<u8>, Change>;

#[derive(Default)]
struct Layers {
    /// Committed since the last write began.
    young: Changes,
    /// Being written: the young ones win over them, and they win over sled.
    old: Arc<Changes>,
}

/// The rows that sled does not have yet.
#[derive(Default)]
pub(crate) struct Recent {
    layers: RwLock<Layers>,
    /// Held by those who scan: what they have not come to yet must not move into sled behind their back.
    scans: RwLock<()>,
}

impl Recent {
    fn read(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes changes visible, all at once; answers how many rows wait to be written, and how many sled
    /// does not have, among them those that are being written.
    pub fn add(&self, changes: HashMap<Vec<u8>, Change>) -> (usize, usize) {
        let mut layers = self.write();
        if layers.young.is_empty() {
            // Made at once from all of them, which costs less than one by one.
            layers.young = changes.into_iter().collect();
        } else {
            layers.young.extend(changes);
        }
        (layers.young.len(), layers.young.len() + layers.old.len())
    }

    /// What was committed of a row; `None` when sled knows better.
    pub fn get(&self, key: &[u8]) -> Option<Change> {
        let layers = self.read();
        layers.young.get(key).or_else(|| layers.old.get(key)).cloned()
    }

    /// Up to `most` changes in a range, in order. More than `most` may be there behind the last of them.
    pub fn range(&self, start: &Bound<Vec<u8>>, prefix: &[u8], most: usize) -> Vec<(Vec<u8>, Change)> {
        let layers = self.read();
        let within = |changes: &Changes| -> Vec<(Vec<u8>, Change)> {
            let range = changes.range((start.clone(), Bound::Unbounded));
            let range = range.take_while(|(key, _)| key.starts_with(prefix)).take(most);
            range.map(|(key, change)| (key.clone(), change.clone())).collect()
        };
        let (young, old) = (within(&layers.young), within(&layers.old));
        if old.is_empty() {
            return young;
        }
        let mut merged: Changes = old.into_iter().collect();
        merged.extend(young);
        merged.into_iter().take(most).collect()
    }

    /// While this is held, no row leaves for sled. One thread must not hold two.
    pub fn scanning(&self) -> RwLockReadGuard<'_, ()> {
        self.scans.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows to be written now. One writer at a time.
    pub fn begin_write(&self) -> Arc<Changes> {
        let mut layers = self.write();
        if layers.old.is_empty() {
            layers.old = Arc::new(std::mem::take(&mut layers.young));
        }
        layers.old.clone()
    }

    /// Forgets all of them: the log is read again from where sled is.
    pub fn clear(&self) {
        let _nobody_scans = self.scans.write().unwrap_or_else(PoisonError::into_inner);
        *self.write() = Layers::default();
    }

    /// sled has them; answers whether others wait.
    pub fn end_write(&self) -> bool {
        let _nobody_scans = self.scans.write().unwrap_or_else(PoisonError::into_inner);
        // Thousands of rows: they are dropped after the lock.
        let mut layers = self.write();
        let written = std::mem::take(&mut layers.old);
        let others = !layers.young.is_empty();
        drop(layers);
        drop(written);
        others
    }
}
