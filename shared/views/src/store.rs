//! One service's views.

use crate::{
    batch::Batch,
    recent::{Change, Recent},
};
use serde::de::DeserializeOwned;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};
use tokio::sync::watch;

/// Why views could not be opened, read or written. The answer is always: delete the folder and replay.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the views in {path} could not be opened: {reason}")]
    Open { path: String, reason: String },
    #[error("the views could not be written: {0}")]
    Write(String),
    #[error("the disk of {0} has too little room for views")]
    Full(String),
}

/// Tables are kept apart by their name and a zero byte; checkpoints live in a table no projection can name.
pub(crate) const CHECKPOINTS: &str = "\u{1}checkpoint";
const FINGERPRINT: &str = "\u{1}fingerprint";
/// What one service's views may hold in memory, in bytes.
const CACHE_BYTES: u64 = 64 << 20;
/// As many recent rows are looked at in one step of a scan.
const SCAN_STEP_ROWS: usize = 128;

pub(crate) fn full_key(table: &str, key: &[u8]) -> Vec<u8> {
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

/// The views of one service. Dropping it writes what sled does not have yet.
pub struct Store {
    inner: Arc<Inner>,
    writer: Option<JoinHandle<()>>,
}

pub(crate) struct Inner {
    pub(crate) path: PathBuf,
    pub(crate) fingerprint: String,
    /// Replaced by one that was opened anew when sled could not write: afterwards it never writes again.
    pub(crate) tree: RwLock<sled::Tree>,
    pub(crate) recent: Recent,
    pub(crate) batch: Mutex<()>,
    pub(crate) writing: Mutex<()>,
    pub(crate) committing: Mutex<()>,
    /// Counts how often sled was opened anew.
    pub(crate) reopened: watch::Sender<u64>,
    pub(crate) positions: Mutex<HashMap<String, watch::Sender<u64>>>,
    /// By the beginning of the keys of a table, what counts the batches that changed it.
    watched: Mutex<HashMap<Vec<u8>, watch::Sender<u64>>>,
    pub(crate) work: Mutex<Work>,
    pub(crate) changed: Condvar,
    pub(crate) catching_up: AtomicBool,
}

/// What the writer's thread is told.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) dirty: bool,
    /// So many rows wait that they are written now.
    pub(crate) enough: bool,
    /// Counts the commits, to tell when there are none.
    pub(crate) commits: u64,
    /// Somebody who read found that sled cannot write any more.
    pub(crate) broken: bool,
    /// Somebody who read found that sled cannot read its own file: nothing that it says can be believed.
    pub(crate) unreadable: bool,
    pub(crate) stop: bool,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens the views in a folder. Views that were computed by other projections (`fingerprint`), or that
    /// cannot be read through, are deleted: the log fills them anew.
    ///
    /// # Errors
    /// When not even an empty folder can be opened.
    pub fn open(path: &Path, fingerprint: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::Open { path: path.display().to_string(), reason };
        if !path.exists() {
            return Self::empty(path, fingerprint).map_err(refused);
        }
        match catch_unwind(AssertUnwindSafe(|| open_checked(path, fingerprint))) {
            Ok(Ok(Some(tree))) => return Self::over(tree, path, fingerprint).map_err(refused),
            Ok(Ok(None)) => {
                tracing::info!(path = %path.display(), "the projections changed: views are rebuilt")
            }
            Ok(Err(reason)) => {
                tracing::warn!(path = %path.display(), reason, "views were unreadable: they are rebuilt")
            }
            Err(_) => tracing::warn!(path = %path.display(), "views were corrupt: they are rebuilt"),
        }
        std::fs::remove_dir_all(path).map_err(|e| refused(e.to_string()))?;
        Self::empty(path, fingerprint).map_err(refused)
    }

    fn empty(path: &Path, fingerprint: &str) -> Result<Self, String> {
        Self::over(empty_tree(path, fingerprint)?, path, fingerprint)
    }

    fn over(tree: sled::Tree, path: &Path, fingerprint: &str) -> Result<Self, String> {
        let inner = Arc::new(Inner {
            path: path.to_owned(),
            fingerprint: fingerprint.to_owned(),
            tree: RwLock::new(tree),
            recent: Recent::default(),
            batch: Mutex::default(),
            writing: Mutex::default(),
            committing: Mutex::default(),
            reopened: watch::Sender::default(),
            positions: Mutex::default(),
            watched: Mutex::default(),
            work: Mutex::default(),
            changed: Condvar::new(),
            catching_up: AtomicBool::new(false),
        });
        let writing = inner.clone();
        let writer = std::thread::Builder::new().name("views".to_owned()).spawn(move || writing.write_on());
        Ok(Self { inner, writer: Some(writer.map_err(|e| e.to_string())?) })
    }

    /// Starts a batch of changes; there is one at a time.
    pub fn begin(&self) -> Batch<'_> {
        Batch::begin(&self.inner)
    }

    /// How far a stream has been taken in.
    pub fn checkpoint(&self, stream: &str) -> u64 {
        self.inner.checkpoint(stream)
    }

    /// Changes when the views were opened anew, after a disk that could not be written: then checkpoints went back.
    pub fn reopened(&self) -> watch::Receiver<u64> {
        self.inner.reopened.subscribe()
    }

    /// Changes with each batch that changes a row of the table, and when the views were opened anew.
    pub fn changes(&self, table: &str) -> watch::Receiver<u64> {
        lock(&self.inner.watched).entry(full_key(table, b"")).or_default().subscribe()
    }

    /// Whether the log is caught up with, and nobody reads: then more rows may wait, to be written together.
    pub fn catch_up(&self, catching_up: bool) {
        self.inner.catching_up.store(catching_up, Ordering::Relaxed);
        if !catching_up {
            lock(&self.inner.work).enough = true;
            self.inner.changed.notify_all();
        }
    }

    /// A row, if there is one.
    pub fn get<T: DeserializeOwned + Clone + Send + Sync + 'static>(
        &self,
        table: &str,
        key: &str,
    ) -> Option<T> {
        self.look(table, key).map(Arc::unwrap_or_clone)
    }

    /// As [`Store::get`], for who only looks: a row that is decoded already is not copied.
    pub fn look<T: DeserializeOwned + Clone + Send + Sync + 'static>(
        &self,
        table: &str,
        key: &str,
    ) -> Option<Arc<T>> {
        let key = full_key(table, key.as_bytes());
        match self.inner.recent.get(&key) {
            Some(change) => match &change {
                Change::Held(row) => row.clone().shared().or_else(|| decode(&change).map(Arc::new)),
                _ => decode(&change).map(Arc::new),
            },
            None => serde_json::from_slice(&self.inner.stored(&key)?).ok().map(Arc::new),
        }
    }

    /// Rows whose key begins with `prefix`, in the order of their keys, after the key `after`.
    pub fn scan<T: DeserializeOwned + Clone + 'static>(
        &self,
        table: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Page<T> {
        self.filter(table, prefix, after, limit, |_, _| true)
    }

    /// As [`Store::scan`], with only the rows that `keep` keeps counted; `keep` may get rows, and not scan.
    pub fn filter<T: DeserializeOwned + Clone + 'static>(
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
        self.inner.walk(start, &full_key(table, prefix.as_bytes()), |key, change| {
            let Some(row) = decode::<T>(&change) else { return true };
            let key = String::from_utf8_lossy(&key[skip..]).into_owned();
            if !keep(&key, &row) {
                return true;
            }
            if page.rows.len() == limit {
                page.next = page.rows.last().map(|(key, _)| key.clone());
                return false;
            }
            page.rows.push((key, row));
            true
        });
        page
    }

    /// Waits until the views hold a stream's position.
    pub async fn wait_for(&self, stream: &str, position: u64) {
        let mut receiver = self.inner.position(stream).subscribe();
        // An error would mean that the sender is gone, but the store itself holds it.
        let _held = receiver.wait_for(|p| *p >= position).await.is_ok();
    }

    /// Every row and checkpoint, for the comparison of a live view with a rebuilt one.
    pub fn dump(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut all = BTreeMap::new();
        self.inner.walk(Bound::Included(Vec::new()), b"", |key, change| {
            all.extend(change.bytes().map(|bytes| (key, bytes)));
            true
        });
        all
    }

    /// Writes everything to disk.
    pub fn flush(&self) {
        let flushed = self
            .inner
            .write()
            .and_then(|()| self.inner.tree().flush().map(|_| ()).map_err(|e| Error::Write(e.to_string())));
        if let Err(error) = flushed {
            tracing::warn!(%error, "views could not be flushed; what is missing is replayed");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        lock(&self.inner.work).stop = true;
        self.inner.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            // A panic of that thread is in the log already, and what it did not write is replayed.
            let _joined = writer.join().is_ok();
        }
    }
}

fn decode<T: DeserializeOwned + Clone + 'static>(change: &Change) -> Option<T> {
    match change {
        Change::Removed => None,
        Change::Put(bytes) => serde_json::from_slice(bytes).ok(),
        Change::Held(row) => row.row::<T>().or_else(|| serde_json::from_slice(&row.encoded()).ok()),
    }
}

impl Inner {
    pub(crate) fn tree(&self) -> sled::Tree {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What sled has. Who reads what it cannot read waits until the views were opened anew.
    pub(crate) fn stored(&self, key: &[u8]) -> Option<sled::IVec> {
        loop {
            match self.tree().get(key) {
                Ok(found) => return found,
                Err(error) => self.wait_for_reopening(&error),
            }
        }
    }

    pub(crate) fn is_watched(&self) -> bool {
        !lock(&self.watched).is_empty()
    }

    /// Tells those who watch tables which of them a batch changed; all of them without a batch.
    pub(crate) fn tell_watchers<'k>(&self, keys: Option<impl Iterator<Item = &'k Vec<u8>>>) {
        let watched = lock(&self.watched);
        if watched.is_empty() {
            return;
        }
        let tell = |sender: &watch::Sender<u64>| sender.send_modify(|count| *count += 1);
        match keys {
            None => watched.values().for_each(tell),
            Some(keys) => {
                let mut changed = BTreeSet::new();
                for key in keys {
                    changed.extend(watched.keys().filter(|table| key.starts_with(table)));
                }
                changed.into_iter().filter_map(|table| watched.get(table)).for_each(tell);
            }
        }
    }

    pub(crate) fn checkpoint(&self, stream: &str) -> u64 {
        let key = full_key(CHECKPOINTS, stream.as_bytes());
        let bytes = match self.recent.get(&key) {
            Some(change) => change.bytes(),
            None => self.stored(&key).map(|bytes| bytes.to_vec()),
        };
        bytes.and_then(|b| b.try_into().ok()).map_or(0, u64::from_be_bytes)
    }

    /// Visits what is there under a prefix, in order, until `visit` answers that it has enough.
    fn walk(&self, start: Bound<Vec<u8>>, prefix: &[u8], mut visit: impl FnMut(Vec<u8>, Change) -> bool) {
        let _scanning = self.recent.scanning();
        let mut stored = self.range(start.clone()).peekable();
        let mut from = start;
        loop {
            let recent = self.recent.range(&from, prefix, SCAN_STEP_ROWS);
            let more = recent.len() == SCAN_STEP_ROWS;
            for (key, change) in recent {
                while let Some((earlier, row)) = stored.next_if(|(k, _)| k.as_ref() < key.as_slice()) {
                    if !visit(earlier.to_vec(), Change::Put(row.as_ref().into())) {
                        return;
                    }
                }
                // The recent one is the newer one.
                let _older = stored.next_if(|(k, _)| k.as_ref() == key.as_slice());
                from = Bound::Excluded(key.clone());
                if !matches!(change, Change::Removed) && !visit(key, change) {
                    return;
                }
            }
            if !more {
                break;
            }
        }
        for (key, row) in stored.take_while(|(key, _)| key.starts_with(prefix)) {
            if !visit(key.to_vec(), Change::Put(row.as_ref().into())) {
                return;
            }
        }
    }

    /// What sled has from a key on.
    fn range(&self, start: Bound<Vec<u8>>) -> impl Iterator<Item = (sled::IVec, sled::IVec)> {
        let mut stored = self.tree().range((start.clone(), Bound::Unbounded));
        let mut last: Option<sled::IVec> = None;
        std::iter::from_fn(move || {
            loop {
                match stored.next()? {
                    Err(error) => {
                        self.wait_for_reopening(&error);
                        let from =
                            last.as_ref().map_or_else(|| start.clone(), |key| Bound::Excluded(key.to_vec()));
                        stored = self.tree().range((from, Bound::Unbounded));
                    }
                    Ok(entry) => {
                        last = Some(entry.0.clone());
                        return Some(entry);
                    }
                }
            }
        })
    }

    pub(crate) fn position(&self, stream: &str) -> watch::Sender<u64> {
        let mut positions = lock(&self.positions);
        let known = positions.entry(stream.to_owned());
        known.or_insert_with(|| watch::Sender::new(self.checkpoint(stream))).clone()
    }
}

pub(crate) fn empty_tree(path: &Path, fingerprint: &str) -> Result<sled::Tree, String> {
    let tree = open_tree(path)?;
    tree.insert(full_key(FINGERPRINT, b""), fingerprint.as_bytes()).map_err(|e| e.to_string())?;
    // On disk at once: views without it count as broken.
    tree.flush().map_err(|e| e.to_string())?;
    Ok(tree)
}

fn open_tree(path: &Path) -> Result<sled::Tree, String> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(Some(1000));
    let db = config.open().map_err(|e| e.to_string())?;
    db.open_tree("views").map_err(|e| e.to_string())
}

/// Opens and reads everything once: sled opens folders with broken pages and fails on them later.
pub(crate) fn open_checked(path: &Path, fingerprint: &str) -> Result<Option<sled::Tree>, String> {
    let tree = open_tree(path)?;
    for entry in &tree {
        entry.map_err(|e| e.to_string())?;
    }
    let found = tree.get(full_key(FINGERPRINT, b"")).map_err(|e| e.to_string())?;
    // sled takes a broken beginning for an empty file.
    let found = found.ok_or("they do not say which projections computed them")?;
    Ok((found.as_ref() == fingerprint.as_bytes()).then_some(tree))
}

#[cfg(test)]
mod tests;
