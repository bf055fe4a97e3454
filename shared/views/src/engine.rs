//! What is on disk: one sled tree in a folder, opened, read through, written, and opened anew after a failure.

use crate::{copies, keys::full_key, recent::Changes};
use std::{
    io,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

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

/// Says which projections computed the rows.
const FINGERPRINT: &str = "\u{1}fingerprint";
/// What one service's views may hold in memory, in bytes.
const CACHE_BYTES: u64 = 64 << 20;
/// sled is not written while its disk has less room than this, or than a share of a small disk: rows wait in memory.
const RESERVED_BYTES: u64 = 64 << 20;
const RESERVED_SHARE: u64 = 20;

pub(crate) struct Engine {
    path: PathBuf,
    fingerprint: String,
    /// Replaced by one that was opened anew when sled could not write: afterwards it never writes again.
    tree: RwLock<sled::Tree>,
}

impl Engine {
    /// Opens the views in a folder. Those of other projections, and those that cannot be read through, are deleted.
    ///
    /// # Errors
    /// When not even an empty folder can be opened.
    pub fn open(path: &Path, fingerprint: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::Open { path: path.display().to_string(), reason };
        let over = |tree| Self {
            path: path.to_owned(),
            fingerprint: fingerprint.to_owned(),
            tree: RwLock::new(tree),
        };
        if path.exists() {
            match catch_unwind(AssertUnwindSafe(|| open_checked(path, fingerprint))) {
                Ok(Ok(Some(tree))) => return Ok(over(tree)),
                Ok(Ok(None)) => {
                    tracing::info!(path = %path.display(), "the projections changed: views are rebuilt");
                }
                Ok(Err(reason)) => {
                    tracing::warn!(path = %path.display(), reason, "views were unreadable: they are rebuilt");
                }
                Err(_) => tracing::warn!(path = %path.display(), "views were corrupt: they are rebuilt"),
            }
            std::fs::remove_dir_all(path).map_err(|e| refused(e.to_string()))?;
        }
        empty_tree(path, fingerprint).map(over).map_err(refused)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn tree(&self) -> sled::Tree {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn get(&self, key: &[u8]) -> sled::Result<Option<sled::IVec>> {
        self.tree().get(key)
    }

    /// What there is from a key on.
    pub fn range(&self, start: Bound<Vec<u8>>) -> sled::Iter {
        self.tree().range((start, Bound::Unbounded))
    }

    /// Writes changes, all at once, and is back when they are on disk.
    pub fn write(&self, changes: &Changes) -> Result<(), Error> {
        let (mut batch, mut size) = (sled::Batch::default(), 0);
        for (key, change) in changes {
            size += key.len();
            match change.bytes() {
                Some(bytes) => {
                    size += bytes.len();
                    batch.insert(key.as_slice(), bytes);
                }
                None => batch.remove(key.as_slice()),
            }
        }
        if !self.has_room(size as u64) {
            return Err(Error::Full(self.path.display().to_string()));
        }
        // On disk at once: what sled writes later could find the disk full, and then it never writes again.
        let tree = self.tree();
        // And its pages are split now, which sled leaves to those who read: on a full disk that would fail them.
        let split = || changes.keys().try_for_each(|key| tree.get(key).map(|_| ()));
        let written = tree.apply_batch(batch).and_then(|()| split()).and_then(|()| tree.flush());
        written.map(|_| ()).map_err(|e| Error::Write(e.to_string()))
    }

    pub fn flush(&self) -> Result<(), Error> {
        self.tree().flush().map(|_| ()).map_err(|e| Error::Write(e.to_string()))
    }

    /// Whether there is room to write so many bytes, which sled takes twice at times.
    pub fn has_room(&self, bytes: u64) -> bool {
        // A disk that does not tell is written to, and says what it thinks of that.
        rustix::fs::statvfs(&self.path).map_or(true, |found| {
            let (free, all) = (found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize);
            free >= RESERVED_BYTES.min(all / RESERVED_SHARE) + 2 * bytes
        })
    }

    /// Copies the folder, for [`Engine::replace`].
    pub fn copy(&self) -> Result<(), String> {
        copies::copy(&self.path).map_err(|e| e.to_string())
    }

    /// Puts a tree in the place of one that failed: the copy, with what was on disk; or an empty one, when sled cannot
    /// read its own file. `replaced` is called before anybody reads the new one.
    pub fn replace(&self, unreadable: bool, replaced: impl FnOnce()) -> Result<(), String> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        *tree = self.opened_anew(unreadable)?;
        replaced();
        Ok(())
    }

    fn opened_anew(&self, unreadable: bool) -> Result<sled::Tree, String> {
        if !unreadable {
            copies::take_over(&self.path).map_err(|e| e.to_string())?;
            let checked = catch_unwind(AssertUnwindSafe(|| open_checked(&self.path, &self.fingerprint)));
            if let Ok(Ok(Some(tree))) = checked {
                return Ok(tree);
            }
        }
        copies::remove(&self.path).map_err(|e| e.to_string())?;
        empty_tree(&self.path, &self.fingerprint)
    }
}

/// Whether sled could not write. It keeps the error as its kind alone.
pub(crate) fn is_full(error: &sled::Error) -> bool {
    let sled::Error::Io(error) = error else { return false };
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

fn empty_tree(path: &Path, fingerprint: &str) -> Result<sled::Tree, String> {
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
