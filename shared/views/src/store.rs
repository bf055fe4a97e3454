//! One service's views.

use crate::{batch::Batch, engine::Error, keys::full_key, recent::Change, views::Views};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, io, ops::Bound, path::Path, sync::Arc, thread::JoinHandle};
use tokio::sync::watch;

/// Rows of a scan, and whether there are more.
#[derive(Debug)]
pub struct Page<T> {
    pub rows: Vec<(String, T)>,
    /// The key to continue after; `None` on the last page.
    pub next: Option<String>,
}

/// The views of one service. Dropping it writes what sled does not have yet.
pub struct Store {
    views: Arc<Views>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the views in a folder. Views that were computed by other projections (`fingerprint`), or that
    /// cannot be read through, are deleted: the log fills them anew.
    ///
    /// # Errors
    /// When not even an empty folder can be opened.
    pub fn open(path: &Path, fingerprint: &str) -> Result<Self, Error> {
        let views = Arc::new(Views::open(path, fingerprint)?);
        let writing = views.clone();
        let writer = std::thread::Builder::new().name("views".to_owned()).spawn(move || writing.write_on());
        let refused = |e: io::Error| Error::Open { path: path.display().to_string(), reason: e.to_string() };
        Ok(Self { writer: Some(writer.map_err(refused)?), views })
    }

    /// Starts a batch of changes; there is one at a time.
    pub fn begin(&self) -> Batch<'_> {
        Batch::begin(&self.views)
    }

    /// How far a stream has been taken in.
    pub fn checkpoint(&self, stream: &str) -> u64 {
        self.views.checkpoint(stream)
    }

    /// Changes when the views were opened anew, after a disk that could not be written: then checkpoints went back.
    pub fn reopened(&self) -> watch::Receiver<u64> {
        self.views.watchers.reopened()
    }

    /// Changes with each batch that changes a row of the table, and when the views were opened anew.
    pub fn changes(&self, table: &str) -> watch::Receiver<u64> {
        self.views.watchers.table(table)
    }

    /// Whether the log is caught up with, and nobody reads: then more rows may wait, to be written together.
    pub fn catch_up(&self, catching_up: bool) {
        self.views.writer.catch_up(catching_up);
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
        match self.views.recent.get(&key) {
            Some(change) => match &change {
                Change::Held(row) => row.clone().shared().or_else(|| decode(&change).map(Arc::new)),
                _ => decode(&change).map(Arc::new),
            },
            None => serde_json::from_slice(&self.views.stored(&key)?).ok().map(Arc::new),
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
        self.views.walk(start, &full_key(table, prefix.as_bytes()), |key, change| {
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
        let checkpoint = || self.checkpoint(stream);
        let mut receiver = self.views.watchers.position(stream, checkpoint).subscribe();
        // An error would mean that the sender is gone, but the store itself holds it.
        let _held = receiver.wait_for(|p| *p >= position).await.is_ok();
    }

    /// Every row and checkpoint, for the comparison of a live view with a rebuilt one.
    pub fn dump(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut all = BTreeMap::new();
        self.views.walk(Bound::Included(Vec::new()), b"", |key, change| {
            all.extend(change.bytes().map(|bytes| (key, bytes)));
            true
        });
        all
    }

    /// Writes everything to disk.
    pub fn flush(&self) {
        let flushed = self.views.write().and_then(|()| self.views.engine.flush());
        if let Err(error) = flushed {
            tracing::warn!(%error, "views could not be flushed; what is missing is replayed");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.views.writer.stop();
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

#[cfg(test)]
mod tests;
