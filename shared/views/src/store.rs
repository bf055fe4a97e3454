//! One service's views.

use reeve_eventsourcing::{Held, View};
use serde::de::DeserializeOwned;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Why views could not be opened, read or written. The answer is always: delete the folder and replay.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the views in {path} could not be opened: {reason}")]
    Open { path: String, reason: String },
    #[error("the views could not be written: {0}")]
    Write(String),
}

/// Tables are kept apart by their name and a zero byte; checkpoints live in a table no projection can name.
const CHECKPOINTS: &str = "\u{1}checkpoint";
const FINGERPRINT: &str = "\u{1}fingerprint";
/// What one service's views may hold in memory, in bytes.
const CACHE: u64 = 64 << 20;

fn full_key(table: &str, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(table.len() + 1 + key.len());
    full.extend_from_slice(table.as_bytes());
    full.push(0);
    full.extend_from_slice(key);
    full
}

/// Rows of a scan, and whether there are more.
#[derive(Debug)]
pub struct Page<T> {
    pub rows: Vec<(String, T)>,
    /// The key to continue after; `None` on the last page.
    pub next: Option<String>,
}

/// The views of one service.
pub struct Store {
    tree: sled::Tree,
    writer: Mutex<()>,
    positions: Mutex<HashMap<String, watch::Sender<u64>>>,
}

impl Store {
    /// Opens the views in a folder. Views that were computed by other projections (`fingerprint`), or that
    /// cannot be read through, are deleted: the log fills them anew.
    ///
    /// # Errors
    /// When not even an empty folder can be opened.
    pub fn open(path: &Path, fingerprint: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::Open { path: path.display().to_string(), reason };
        match catch_unwind(AssertUnwindSafe(|| open_checked(path, fingerprint))) {
            Ok(Ok(Some(store))) => return Ok(store),
            Ok(Ok(None)) => {
                tracing::info!(path = %path.display(), "the projections changed: views are rebuilt")
            }
            Ok(Err(reason)) => {
                tracing::warn!(path = %path.display(), reason, "views were unreadable: they are rebuilt")
            }
            Err(_) => tracing::warn!(path = %path.display(), "views were corrupt: they are rebuilt"),
        }
        if path.exists() {
            std::fs::remove_dir_all(path).map_err(|e| refused(e.to_string()))?;
        }
        let tree = open_tree(path).map_err(refused)?;
        tree.insert(full_key(FINGERPRINT, b""), fingerprint.as_bytes())
            .map_err(|e| refused(e.to_string()))?;
        Ok(Self::over(tree))
    }

    fn over(tree: sled::Tree) -> Self {
        Self { tree, writer: Mutex::new(()), positions: Mutex::default() }
    }

    /// Starts a batch of changes; there is one at a time.
    pub fn begin(&self) -> Batch<'_> {
        let guard = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Batch { store: self, changes: BTreeMap::new(), _guard: guard }
    }

    /// How far a stream has been taken in.
    pub fn checkpoint(&self, stream: &str) -> u64 {
        let bytes = self.tree.get(full_key(CHECKPOINTS, stream.as_bytes())).ok().flatten();
        bytes.and_then(|b| b.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes)
    }

    /// A row, if there is one.
    pub fn get<T: DeserializeOwned>(&self, table: &str, key: &str) -> Option<T> {
        let bytes = self.tree.get(full_key(table, key.as_bytes())).ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Rows whose key begins with `prefix`, in the order of their keys, after the key `after`.
    pub fn scan<T: DeserializeOwned>(
        &self,
        table: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Page<T> {
        self.filter(table, prefix, after, limit, |_, _| true)
    }

    /// As [`Store::scan`], with only the rows that `keep` keeps counted.
    pub fn filter<T: DeserializeOwned>(
        &self,
        table: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        keep: impl Fn(&str, &T) -> bool,
    ) -> Page<T> {
        let start = match after {
            Some(key) => Bound::Excluded(full_key(table, key.as_bytes())),
            None => Bound::Included(full_key(table, prefix.as_bytes())),
        };
        let mut page = Page { rows: Vec::new(), next: None };
        let skip = table.len() + 1;
        for entry in self.tree.range((start, Bound::Unbounded)) {
            let Ok((key, value)) = entry else { break };
            if !key.starts_with(&full_key(table, prefix.as_bytes())) {
                break;
            }
            let key = String::from_utf8_lossy(&key[skip..]).into_owned();
            let Ok(row) = serde_json::from_slice::<T>(&value) else { continue };
            if !keep(&key, &row) {
                continue;
            }
            if page.rows.len() == limit {
                page.next = page.rows.last().map(|(key, _)| key.clone());
                break;
            }
            page.rows.push((key, row));
        }
        page
    }

    /// Waits until the views hold a stream's position.
    pub async fn wait_for(&self, stream: &str, position: u64) {
        let mut receiver = self.position(stream).subscribe();
        // An error would mean that the sender is gone, but the store itself holds it.
        let _held = receiver.wait_for(|p| *p >= position).await.is_ok();
    }

    /// Every row and checkpoint, for the comparison of a live view with a rebuilt one.
    pub fn dump(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.tree.iter().flatten().map(|(k, v)| (k.to_vec(), v.to_vec())).collect()
    }

    /// Writes everything to disk.
    pub fn flush(&self) {
        if let Err(error) = self.tree.flush() {
            tracing::warn!(%error, "views could not be flushed; what is missing is replayed");
        }
    }

    fn position(&self, stream: &str) -> watch::Sender<u64> {
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = positions.entry(stream.to_owned());
        known.or_insert_with(|| watch::Sender::new(self.checkpoint(stream))).clone()
    }
}

fn open_tree(path: &Path) -> Result<sled::Tree, String> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(Some(1000));
    let db = config.open().map_err(|e| e.to_string())?;
    db.open_tree("views").map_err(|e| e.to_string())
}

/// Opens and reads everything once: sled opens folders with broken pages and fails on them later.
fn open_checked(path: &Path, fingerprint: &str) -> Result<Option<Store>, String> {
    let tree = open_tree(path)?;
    for entry in &tree {
        entry.map_err(|e| e.to_string())?;
    }
    let found = tree.get(full_key(FINGERPRINT, b"")).map_err(|e| e.to_string())?;
    match found {
        Some(found) if found.as_ref() == fingerprint.as_bytes() => Ok(Some(Store::over(tree))),
        _ => Ok(None),
    }
}

/// What becomes of a row.
enum Change {
    Removed,
    Put(Vec<u8>),
    Held(Box<dyn Held>),
}

/// Changes that become visible together.
pub struct Batch<'a> {
    store: &'a Store,
    changes: BTreeMap<Vec<u8>, Change>,
    _guard: MutexGuard<'a, ()>,
}

impl Batch<'_> {
    /// Writes the changes and how far the stream has been taken in, in one step.
    ///
    /// # Errors
    /// When sled refuses; nothing is written then.
    pub fn commit(mut self, stream: &str, position: u64) -> Result<(), Error> {
        self.changes
            .insert(full_key(CHECKPOINTS, stream.as_bytes()), Change::Put(position.to_be_bytes().to_vec()));
        let mut batch = sled::Batch::default();
        for (key, value) in std::mem::take(&mut self.changes) {
            match value {
                Change::Put(value) => batch.insert(key, value),
                Change::Held(row) => batch.insert(key, row.encoded()),
                Change::Removed => batch.remove(key),
            }
        }
        self.store.tree.apply_batch(batch).map_err(|e| Error::Write(e.to_string()))?;
        self.store.position(stream).send_replace(position);
        Ok(())
    }
}

impl View for Batch<'_> {
    fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>> {
        let key = full_key(table, key);
        match self.changes.get(&key) {
            Some(Change::Put(value)) => Some(value.clone()),
            Some(Change::Held(row)) => Some(row.encoded()),
            Some(Change::Removed) => None,
            None => self.store.tree.get(key).ok().flatten().map(|v| v.to_vec()),
        }
    }

    fn put(&mut self, table: &str, key: &[u8], value: Vec<u8>) {
        self.changes.insert(full_key(table, key), Change::Put(value));
    }

    fn remove(&mut self, table: &str, key: &[u8]) {
        self.changes.insert(full_key(table, key), Change::Removed);
    }

    fn held(&self, table: &str, key: &[u8]) -> Option<&dyn Held> {
        match self.changes.get(&full_key(table, key)) {
            Some(Change::Held(row)) => Some(&**row),
            _ => None,
        }
    }

    fn hold(&mut self, table: &str, key: &[u8], row: Box<dyn Held>) {
        self.changes.insert(full_key(table, key), Change::Held(row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_eventsourcing::ViewExt;

    fn filled(path: &Path) -> Store {
        let store = Store::open(path, "v1").unwrap();
        let mut batch = store.begin();
        for n in 0..100 {
            batch.put_row("numbers", &format!("{n:03}"), &n);
        }
        batch.put_row("numbersx", "000", &7);
        batch.commit("S", 42).unwrap();
        store
    }

    #[test]
    fn rows_and_checkpoint_survive_together() {
        let folder = tempfile::tempdir().unwrap();
        drop({
            let store = filled(folder.path());
            store.flush();
            store
        });
        let store = Store::open(folder.path(), "v1").unwrap();
        assert_eq!(store.checkpoint("S"), 42);
        assert_eq!(store.get::<u32>("numbers", "007"), Some(7));
    }

    #[test]
    fn pages_join_without_gap_or_repeat() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path());
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.filter::<u32>("numbers", "0", after.as_deref(), 7, |_, n| n % 2 == 0);
            seen.extend(page.rows.into_iter().map(|(_, n)| n));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..100).filter(|n| n % 2 == 0).collect::<Vec<u32>>());
    }

    #[test]
    fn a_batch_reads_what_it_has_put_and_writes_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path());
        let mut batch = store.begin();
        batch.update_row::<u32>("numbers", "007", |n| *n += 1);
        batch.update_row::<u32>("numbers", "007", |n| *n += 1);
        assert_eq!(batch.row::<u32>("numbers", "007"), Some(9));
        assert_eq!(batch.row::<u64>("numbers", "007"), Some(9), "as another type, too");
        batch.remove("numbers", b"008");
        assert_eq!(batch.row::<u32>("numbers", "008"), None);
        batch.commit("S", 43).unwrap();
        assert_eq!(store.get::<u32>("numbers", "007"), Some(9));
        assert_eq!(store.get::<u32>("numbers", "008"), None);
    }

    #[test]
    fn another_fingerprint_starts_empty() {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path()));
        let store = Store::open(folder.path(), "v2").unwrap();
        assert_eq!(store.checkpoint("S"), 0);
        assert_eq!(store.get::<u32>("numbers", "007"), None);
    }

    #[test]
    fn corrupt_files_are_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        {
            let store = filled(folder.path());
            store.flush();
        }
        let db = folder.path().join("db");
        let mut bytes = std::fs::read(&db).unwrap();
        let middle = bytes.len() / 4;
        for byte in bytes.iter_mut().skip(64).take(middle) {
            *byte ^= 0x5a;
        }
        std::fs::write(&db, bytes).unwrap();
        let store = Store::open(folder.path(), "v1").unwrap();
        assert!([0, 42].contains(&store.checkpoint("S")), "the checkpoint goes with the rows");
        let rows = store.scan::<u32>("numbers", "", None, 1000).rows.len();
        assert_eq!(rows, if store.checkpoint("S") == 0 { 0 } else { 100 });
    }
}
