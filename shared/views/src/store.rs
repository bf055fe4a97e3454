//! One service's views.

use crate::recent::{Change, Recent};
use reeve_eventsourcing::{Found, Held, View};
use serde::de::DeserializeOwned;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
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
/// As long as committed rows wait for others to be written with them: what a short command does to its rows is over
/// by then, and they are encoded and written once. sled itself goes to disk once a second.
const WAIT: Duration = Duration::from_millis(500);
/// As many rows may wait; a commit of more writes them itself.
const MOST_WAITING: usize = 100_000;
/// As many recent rows are looked at in one step of a scan.
const STEP: usize = 128;

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

/// The views of one service. Dropping it writes what sled does not have yet.
pub struct Store {
    inner: Arc<Inner>,
    writer: Option<JoinHandle<()>>,
}

struct Inner {
    tree: sled::Tree,
    recent: Recent,
    batch: Mutex<()>,
    writing: Mutex<()>,
    positions: Mutex<HashMap<String, watch::Sender<u64>>>,
    work: Mutex<Work>,
    changed: Condvar,
}

/// What the writer's thread is told.
#[derive(Default)]
struct Work {
    dirty: bool,
    stop: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
            Ok(Ok(Some(tree))) => return Self::over(tree).map_err(refused),
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
        let tree = open_tree(path)?;
        tree.insert(full_key(FINGERPRINT, b""), fingerprint.as_bytes()).map_err(|e| e.to_string())?;
        // On disk at once: views without it count as broken.
        tree.flush().map_err(|e| e.to_string())?;
        Self::over(tree)
    }

    fn over(tree: sled::Tree) -> Result<Self, String> {
        let inner = Arc::new(Inner {
            tree,
            recent: Recent::default(),
            batch: Mutex::default(),
            writing: Mutex::default(),
            positions: Mutex::default(),
            work: Mutex::default(),
            changed: Condvar::new(),
        });
        let writing = inner.clone();
        let writer = std::thread::Builder::new().name("views".to_owned()).spawn(move || writing.write_on());
        Ok(Self { inner, writer: Some(writer.map_err(|e| e.to_string())?) })
    }

    /// Starts a batch of changes; there is one at a time.
    pub fn begin(&self) -> Batch<'_> {
        Batch { inner: &self.inner, changes: HashMap::new(), _guard: lock(&self.inner.batch) }
    }

    /// How far a stream has been taken in.
    pub fn checkpoint(&self, stream: &str) -> u64 {
        self.inner.checkpoint(stream)
    }

    /// A row, if there is one.
    pub fn get<T: DeserializeOwned + Clone + 'static>(&self, table: &str, key: &str) -> Option<T> {
        let key = full_key(table, key.as_bytes());
        if let Some(change) = self.inner.recent.get(&key) {
            return decode(&change);
        }
        serde_json::from_slice(&self.inner.stored(&key)?).ok()
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
            .and_then(|()| self.inner.tree.flush().map(|_| ()).map_err(|e| Error::Write(e.to_string())));
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
    /// What sled has. When it cannot read its own file, nothing that it says can be believed: the process ends, and
    /// the next start reads everything through and rebuilds.
    fn believed<T>(&self, read: Result<T, sled::Error>) -> T {
        read.unwrap_or_else(|error| {
            tracing::error!(%error, "views became unreadable; the process ends, and the next start rebuilds them");
            eprintln!("reeve: views became unreadable ({error}); they are rebuilt at the next start");
            std::process::exit(70)
        })
    }

    fn stored(&self, key: &[u8]) -> Option<sled::IVec> {
        self.believed(self.tree.get(key))
    }

    fn checkpoint(&self, stream: &str) -> u64 {
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
        let mut stored = self.tree.range((start.clone(), Bound::Unbounded)).map(|entry| self.believed(entry));
        let mut stored = std::iter::from_fn(move || stored.next()).peekable();
        let mut from = start;
        loop {
            let recent = self.recent.range(&from, prefix, STEP);
            let more = recent.len() == STEP;
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

    fn position(&self, stream: &str) -> watch::Sender<u64> {
        let mut positions = lock(&self.positions);
        let known = positions.entry(stream.to_owned());
        known.or_insert_with(|| watch::Sender::new(self.checkpoint(stream))).clone()
    }

    /// Gives sled what is committed.
    fn write(&self) -> Result<(), Error> {
        let _one = lock(&self.writing);
        let changes = self.recent.begin_write();
        if changes.is_empty() {
            return Ok(());
        }
        let mut batch = sled::Batch::default();
        for (key, change) in changes.iter() {
            match change.bytes() {
                Some(bytes) => batch.insert(key.as_slice(), bytes),
                None => batch.remove(key.as_slice()),
            }
        }
        self.tree.apply_batch(batch).map_err(|e| Error::Write(e.to_string()))?;
        drop(changes);
        self.recent.end_write();
        Ok(())
    }

    fn write_on(&self) {
        loop {
            let stop = {
                let work = lock(&self.work);
                let idle = |work: &mut Work| !work.dirty && !work.stop;
                let mut work = self.changed.wait_while(work, idle).unwrap_or_else(PoisonError::into_inner);
                if !work.stop {
                    let waited = self.changed.wait_timeout_while(work, WAIT, |work| !work.stop);
                    work = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                work.dirty = false;
                work.stop
            };
            if let Err(error) = self.write() {
                tracing::error!(%error, "committed rows wait in memory");
                lock(&self.work).dirty = true;
            }
            if stop {
                return;
            }
        }
    }
}

fn open_tree(path: &Path) -> Result<sled::Tree, String> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(Some(1000));
    let db = config.open().map_err(|e| e.to_string())?;
    db.open_tree("views").map_err(|e| e.to_string())
}

/// Opens and reads everything once: sled opens folders with broken pages and fails on them later.
fn open_checked(path: &Path, fingerprint: &str) -> Result<Option<sled::Tree>, String> {
    let tree = open_tree(path)?;
    for entry in &tree {
        entry.map_err(|e| e.to_string())?;
    }
    let found = tree.get(full_key(FINGERPRINT, b"")).map_err(|e| e.to_string())?;
    // sled takes a broken beginning for an empty file.
    let found = found.ok_or("they do not say which projections computed them")?;
    Ok((found.as_ref() == fingerprint.as_bytes()).then_some(tree))
}

/// Changes that become visible together.
pub struct Batch<'a> {
    inner: &'a Inner,
    /// Without an order: that is made once, when they are committed.
    changes: HashMap<Vec<u8>, Change>,
    _guard: MutexGuard<'a, ()>,
}

impl Batch<'_> {
    /// Makes the changes visible, with how far the stream has been taken in, in one step. They are written a moment
    /// later, in one step as well.
    ///
    /// # Errors
    /// When so many rows wait that they had to be written now, and sled refused; they go on waiting.
    pub fn commit(mut self, stream: &str, position: u64) -> Result<(), Error> {
        let checkpoint = Change::Put(position.to_be_bytes().as_slice().into());
        self.changes.insert(full_key(CHECKPOINTS, stream.as_bytes()), checkpoint);
        let waiting = self.inner.recent.add(std::mem::take(&mut self.changes));
        self.inner.position(stream).send_replace(position);
        if waiting > MOST_WAITING {
            return self.inner.write();
        }
        let mut work = lock(&self.inner.work);
        if !work.dirty {
            work.dirty = true;
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

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_eventsourcing::ViewExt;

    fn filled(path: &Path) -> Store {
        let store = Store::open(path, "v1").unwrap();
        let mut batch = store.begin();
        for n in 0..100 {
            batch.put_row("numbers", &format!("{n:03}"), n);
        }
        batch.put_row("numbersx", "000", 7);
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

    /// What is in sled, what is being written and what was just committed make one table.
    #[test]
    fn recent_and_stored_rows_make_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path());
        store.flush();
        let mut expected: BTreeMap<String, u32> = (0..100).map(|n| (format!("{n:03}"), n)).collect();
        for round in 0..20 {
            let mut batch = store.begin();
            for n in (round..150).step_by(7) {
                let key = format!("{n:03}");
                if n % 3 == 0 {
                    batch.remove("numbers", key.as_bytes());
                    expected.remove(&key);
                } else {
                    batch.put_row("numbers", &key, n + round);
                    expected.insert(key, n + round);
                }
            }
            batch.commit("S", 43 + u64::from(round)).unwrap();
            if round % 4 == 1 {
                store.flush();
            }
            let all = store.scan::<u32>("numbers", "", None, usize::MAX).rows;
            assert_eq!(all, expected.clone().into_iter().collect::<Vec<_>>());
            let some = store.scan::<u32>("numbers", "1", Some("105"), 3);
            let wanted = expected.range("106".to_owned().."2".to_owned()).take(3);
            assert_eq!(some.rows, wanted.map(|(k, n)| (k.clone(), *n)).collect::<Vec<_>>());
        }
        let live = store.dump();
        drop(store);
        assert_eq!(Store::open(folder.path(), "v1").unwrap().dump(), live, "dropping it wrote everything");
    }

    /// Rows that are written to sled during a scan are neither missed nor seen twice.
    #[test]
    fn a_scan_sees_each_row_once_while_rows_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "v1").unwrap();
        let mut batch = store.begin();
        (0..5000).for_each(|n| batch.put_row("numbers", &format!("{n:05}"), n));
        batch.commit("S", 1).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for round in 0..50_u64 {
                    let mut batch = store.begin();
                    (0..5000).step_by(11).for_each(|n| batch.put_row("numbers", &format!("{n:05}"), n));
                    batch.commit("S", 2 + round).unwrap();
                    store.flush();
                }
            });
            while !writer.is_finished() {
                let rows = store.scan::<i32>("numbers", "", None, usize::MAX).rows;
                assert_eq!(rows.iter().map(|(_, n)| *n).collect::<Vec<_>>(), (0..5000).collect::<Vec<_>>());
            }
        });
    }
}
