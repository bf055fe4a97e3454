//! The parts together: what is committed is one table, of rows in memory over those on disk, and the writer's thread
//! moves rows from one to the other. Each part keeps its own locks; the three here are held around several parts.

use crate::{
    engine::{self, Engine, Error},
    keys::{CHECKPOINTS, full_key},
    lock,
    recent::{Change, Recent},
    watchers::Watchers,
    writer::{Failure, Writer},
};
use std::{
    ops::Bound,
    path::Path,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

/// As many recent rows are looked at in one step of a scan.
const SCAN_STEP_ROWS: usize = 128;
/// Between two looks for whether a disk that refused to be written takes bytes again.
const DISK_POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Who reads what sled cannot read tries again after it.
const READ_RETRY_DELAY: Duration = Duration::from_millis(100);

pub(crate) struct Views {
    pub engine: Engine,
    pub recent: Recent,
    pub writer: Writer,
    pub watchers: Watchers,
    /// One batch at a time.
    batch: Mutex<()>,
    /// One commit at a time, and none while sled is opened anew. A batch may wait for that in the middle of its reading.
    commit: Mutex<()>,
    /// One write at a time, and none while sled is opened anew.
    write: Mutex<()>,
}

/// Reading.
impl Views {
    pub fn open(path: &Path, fingerprint: &str) -> Result<Self, Error> {
        Ok(Self {
            engine: Engine::open(path, fingerprint)?,
            recent: Recent::default(),
            writer: Writer::default(),
            watchers: Watchers::default(),
            batch: Mutex::default(),
            commit: Mutex::default(),
            write: Mutex::default(),
        })
    }

    pub fn one_batch(&self) -> MutexGuard<'_, ()> {
        lock(&self.batch)
    }

    pub fn one_commit(&self) -> MutexGuard<'_, ()> {
        lock(&self.commit)
    }

    /// What sled has. Who reads what it cannot read waits until the views were opened anew.
    pub fn stored(&self, key: &[u8]) -> Option<sled::IVec> {
        loop {
            match self.engine.get(key) {
                Ok(found) => return found,
                Err(error) => self.wait_for_reopening(&error),
            }
        }
    }

    pub fn checkpoint(&self, stream: &str) -> u64 {
        let key = full_key(CHECKPOINTS, stream.as_bytes());
        let bytes = match self.recent.get(&key) {
            Some(change) => change.bytes(),
            None => self.stored(&key).map(|bytes| bytes.to_vec()),
        };
        bytes.and_then(|b| b.try_into().ok()).map_or(0, u64::from_be_bytes)
    }

    /// Visits what is there under a prefix, in order, until `visit` answers that it has enough.
    pub fn walk(&self, start: Bound<Vec<u8>>, prefix: &[u8], mut visit: impl FnMut(Vec<u8>, Change) -> bool) {
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
        let mut stored = self.engine.range(start.clone());
        let mut last: Option<sled::IVec> = None;
        std::iter::from_fn(move || {
            loop {
                match stored.next()? {
                    Err(error) => {
                        self.wait_for_reopening(&error);
                        let from =
                            last.as_ref().map_or_else(|| start.clone(), |key| Bound::Excluded(key.to_vec()));
                        stored = self.engine.range(from);
                    }
                    Ok(entry) => {
                        last = Some(entry.0.clone());
                        return Some(entry);
                    }
                }
            }
        })
    }

    /// Waits a moment for [`Views::open_anew`], which is told to go to work: sled could not write what it had to for a
    /// read, or could not read its own file.
    pub fn wait_for_reopening(&self, error: &sled::Error) {
        let failure = if engine::is_full(error) { Failure::Write } else { Failure::Read };
        let known = self.writer.failed(failure);
        if failure == Failure::Read && !known {
            let path = self.engine.path().display();
            tracing::error!(%error, %path, "views became unreadable: they are rebuilt");
        }
        std::thread::sleep(READ_RETRY_DELAY);
    }
}

/// Writing, by the writer's thread, and by commits that find too many rows waiting.
impl Views {
    /// Gives sled what is committed.
    pub fn write(&self) -> Result<(), Error> {
        let _one = lock(&self.write);
        let changes = self.recent.begin_write();
        if changes.is_empty() {
            return Ok(());
        }
        self.engine.write(&changes)?;
        drop(changes);
        if self.recent.end_write() {
            // Committed while an earlier write failed, perhaps, with nobody to come after them.
            self.writer.write_soon();
        }
        Ok(())
    }

    /// The work of the writer's thread, until it is told to stop.
    pub fn write_on(&self) {
        loop {
            let wanted = self.writer.wait_for_work();
            let written = match wanted.failed {
                true => Err(Error::Write("sled failed before".to_owned())),
                false => self.write(),
            };
            if let Err(error) = &written {
                let path = self.engine.path().display();
                tracing::error!(%error, %path, "views cannot be written; what is committed waits in memory");
            }
            let gone_on = match written {
                Ok(()) => true,
                Err(Error::Full(_)) => self.wait_for_room(),
                Err(_) => self.open_anew(),
            };
            if !gone_on || wanted.stop {
                return;
            }
        }
    }

    /// Waits until there is room; answers `false` when it is to stop meanwhile.
    fn wait_for_room(&self) -> bool {
        loop {
            let wanted = self.writer.wait_for_failure(DISK_POLL_INTERVAL);
            if wanted.stop {
                return false;
            }
            if wanted.failed {
                return self.open_anew();
            }
            // Whether it is enough for what waits, the next write tells.
            if self.engine.has_room(0) {
                self.writer.write_soon();
                return true;
            }
        }
    }

    /// Waits until the disk takes bytes again, then opens sled anew, with what it had on disk; the log fills in what
    /// is missing, because who follows it finds an earlier checkpoint. Answers `false` when it is to stop meanwhile.
    ///
    /// What sled itself cannot read is not kept: then the views begin anew, empty.
    pub fn open_anew(&self) -> bool {
        let mut wait = if self.writer.is_unreadable() { Duration::ZERO } else { DISK_POLL_INTERVAL };
        loop {
            if self.writer.wait_for_stop(wait) {
                return false;
            }
            wait = DISK_POLL_INTERVAL;
            if !self.engine.has_room(0) {
                continue;
            }
            match self.replace_tree(self.writer.is_unreadable()) {
                Ok(()) => return true,
                Err(reason) => tracing::debug!(reason, "views cannot be written yet"),
            }
        }
    }

    /// Puts a tree in the place of one that failed: with what it had on disk, or without what it could not read.
    fn replace_tree(&self, unreadable: bool) -> Result<(), String> {
        if !unreadable {
            self.engine.copy()?;
        }
        let (_write, _commit) = (lock(&self.write), lock(&self.commit));
        // Whoever finds that the new one fails too says so after this.
        self.engine.replace(unreadable, || self.writer.mended())?;
        self.recent.clear();
        self.watchers.opened_anew(|stream| self.checkpoint(stream));
        let path = self.engine.path().display();
        tracing::warn!(%path, "views are written again; what is missing is replayed");
        Ok(())
    }
}
