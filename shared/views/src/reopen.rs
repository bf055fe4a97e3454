//! Views after a write that failed. sled keeps such an error for ever, so it is opened anew: on a copy of its folder,
//! because readers of the old one may still be at work, and it locks its file.

use crate::store::{Inner, empty_tree, lock, open_checked};
use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::PoisonError,
    time::Duration,
};

/// sled is not written while its disk has less room than this, or than a share of a small disk: rows wait in memory.
const RESERVED_BYTES: u64 = 64 << 20;
const RESERVED_SHARE: u64 = 20;
/// Between two looks for whether a disk that refused to be written takes bytes again.
const DISK_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Whether there is room to write so many bytes, which sled takes twice at times.
pub(crate) fn has_room(path: &Path, bytes: u64) -> bool {
    // A disk that does not tell is written to, and says what it thinks of that.
    rustix::fs::statvfs(path).map_or(true, |found| {
        let (free, all) = (found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize);
        free >= RESERVED_BYTES.min(all / RESERVED_SHARE) + 2 * bytes
    })
}

/// Whether sled could not write. It keeps the error as its kind alone.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

impl Inner {
    /// Waits a moment for [`Inner::open_anew`], which is told to go to work: sled could not write what it had to for a
    /// read, or could not read its own file.
    pub(crate) fn wait_for_reopening(&self, error: &sled::Error) {
        let full = matches!(error, sled::Error::Io(error) if is_full(error));
        {
            let mut work = lock(&self.work);
            if !full && !work.unreadable {
                tracing::error!(%error, path = %self.path.display(), "views became unreadable: they are rebuilt");
            }
            work.broken = true;
            work.unreadable |= !full;
        }
        self.changed.notify_all();
        std::thread::sleep(Duration::from_millis(100));
    }

    /// Waits until there is room; answers `false` when it is to stop meanwhile.
    pub(crate) fn room_again(&self) -> bool {
        loop {
            let broken = {
                let work = lock(&self.work);
                let waited = self
                    .changed
                    .wait_timeout_while(work, DISK_POLL_INTERVAL, |work| !work.stop && !work.broken);
                let work = waited.unwrap_or_else(PoisonError::into_inner).0;
                if work.stop {
                    return false;
                }
                work.broken
            };
            if broken {
                return self.open_anew();
            }
            // Whether it is enough for what waits, the next write tells.
            if has_room(&self.path, 0) {
                lock(&self.work).dirty = true;
                return true;
            }
        }
    }

    /// Waits until the disk takes bytes again, then opens sled anew, with what it had on disk; the log fills in what
    /// is missing, because who follows it finds an earlier checkpoint. Answers `false` when it is to stop meanwhile.
    ///
    /// What sled itself cannot read is not kept: then the views begin anew, empty.
    pub(crate) fn open_anew(&self) -> bool {
        loop {
            let work = lock(&self.work);
            let unreadable = work.unreadable;
            let wait = if unreadable { Duration::ZERO } else { DISK_POLL_INTERVAL };
            let waited = self.changed.wait_timeout_while(work, wait, |work| !work.stop);
            if waited.unwrap_or_else(PoisonError::into_inner).0.stop {
                return false;
            }
            if !has_room(&self.path, 0) {
                std::thread::sleep(if unreadable { DISK_POLL_INTERVAL } else { Duration::ZERO });
                continue;
            }
            match self.replace_tree(unreadable) {
                Ok(()) => return true,
                Err(reason) => tracing::debug!(reason, "views cannot be written yet"),
            }
            std::thread::sleep(if unreadable { DISK_POLL_INTERVAL } else { Duration::ZERO });
        }
    }

    /// Puts a tree in the place of one that failed: with what it had on disk, or without what it could not read.
    fn replace_tree(&self, unreadable: bool) -> Result<(), String> {
        if !unreadable {
            copy(&self.path).map_err(|e| e.to_string())?;
        }
        // Not the batches' lock: one of them may wait for this in the middle of its reading.
        let (_write, _commit) = (lock(&self.writing), lock(&self.committing));
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        *tree = self.opened_tree(unreadable)?;
        {
            let mut work = lock(&self.work);
            (work.broken, work.unreadable) = (false, false);
        }
        drop(tree);
        self.recent.clear();
        let positions = lock(&self.positions);
        for (stream, position) in positions.iter() {
            position.send_replace(self.checkpoint(stream));
        }
        drop(positions);
        self.reopened.send_modify(|times| *times += 1);
        self.tell_watchers(None::<std::iter::Empty<&Vec<u8>>>);
        tracing::warn!(path = %self.path.display(), "views are written again; what is missing is replayed");
        Ok(())
    }

    fn opened_tree(&self, unreadable: bool) -> Result<sled::Tree, String> {
        if !unreadable {
            take_over(&self.path).map_err(|e| e.to_string())?;
            let checked = catch_unwind(AssertUnwindSafe(|| open_checked(&self.path, &self.fingerprint)));
            if let Ok(Ok(Some(tree))) = checked {
                return Ok(tree);
            }
        }
        remove(&self.path).map_err(|e| e.to_string())?;
        empty_tree(&self.path, &self.fingerprint)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Copies the folder. A disk that has room for all of it again has room to go on.
pub fn copy(path: &Path) -> io::Result<()> {
    let copy = beside(path, ".new");
    remove(&copy)?;
    let copied = copy_folder(path, &copy);
    if copied.is_err() {
        remove(&copy)?;
    }
    copied
}

/// Puts the copy in the folder's place.
pub fn take_over(path: &Path) -> io::Result<()> {
    let old = beside(path, ".old");
    remove(&old)?;
    fs::rename(path, &old)?;
    fs::rename(beside(path, ".new"), path)?;
    remove(&old)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            fs::File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}
