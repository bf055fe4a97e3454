//! The thread that gives sled what is committed.

use crate::{
    reopen,
    store::{Error, Inner, Work, lock},
};
use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

/// Rows are written when nothing was committed for so long: what a command does to its rows is over by then, and they
/// are encoded and written once.
const QUIET_TIME: Duration = Duration::from_secs(1);
/// No row waits longer, however busy the service is: a crash replays what came in meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// When as many rows wait, they wait no longer.
pub(crate) const WRITE_THRESHOLD_ROWS: usize = 50_000;
/// As many rows may wait; a commit of more writes them itself.
pub(crate) const MAX_WAITING_ROWS: usize = 100_000;
/// While the log is caught up with, nobody waits for a read, which a long write holds up: so many times as many.
pub(crate) const CATCH_UP_FACTOR: usize = 3;

impl Inner {
    /// Gives sled what is committed.
    pub(crate) fn write(&self) -> Result<(), Error> {
        let _one = lock(&self.writing);
        let changes = self.recent.begin_write();
        if changes.is_empty() {
            return Ok(());
        }
        let (mut batch, mut size) = (sled::Batch::default(), 0);
        for (key, change) in changes.iter() {
            size += key.len();
            match change.bytes() {
                Some(bytes) => {
                    size += bytes.len();
                    batch.insert(key.as_slice(), bytes);
                }
                None => batch.remove(key.as_slice()),
            }
        }
        if !reopen::has_room(&self.path, size as u64) {
            return Err(Error::Full(self.path.display().to_string()));
        }
        // On disk at once: what sled writes later could find the disk full, and then it never writes again.
        let tree = self.tree();
        // And its pages are split now, which sled leaves to those who read: on a full disk that would fail them.
        let split = || changes.keys().try_for_each(|key| tree.get(key).map(|_| ()));
        let written = tree.apply_batch(batch).and_then(|()| split()).and_then(|()| tree.flush());
        written.map_err(|e| Error::Write(e.to_string()))?;
        drop(changes);
        if self.recent.end_write() {
            // Committed while an earlier write failed, perhaps, with nobody to come after them.
            lock(&self.work).dirty = true;
        }
        Ok(())
    }

    /// Waits until there is something to write and it is time to; answers whether it is the last time, and whether
    /// sled is known to be broken.
    fn wait_for_work(&self) -> (bool, bool) {
        let idle = |work: &mut Work| !work.dirty && !work.broken && !work.stop;
        let mut work =
            self.changed.wait_while(lock(&self.work), idle).unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        while !work.now() && begun.elapsed() < LONGEST_WAIT {
            let commits = work.commits;
            let time = QUIET_TIME.min(LONGEST_WAIT.saturating_sub(begun.elapsed()));
            let waited = self.changed.wait_timeout_while(work, time, |work| !work.now());
            work = waited.unwrap_or_else(PoisonError::into_inner).0;
            if work.commits == commits {
                break;
            }
        }
        (work.dirty, work.enough) = (false, false);
        (work.stop, work.broken)
    }

    pub(crate) fn write_on(&self) {
        loop {
            let (stop, broken) = self.wait_for_work();
            let written = match broken {
                true => Err(Error::Write("sled failed before".to_owned())),
                false => self.write(),
            };
            if let Err(error) = &written {
                let path = self.path.display();
                tracing::error!(%error, %path, "views cannot be written; what is committed waits in memory");
            }
            let gone_on = match written {
                Ok(()) => true,
                Err(Error::Full(_)) => self.room_again(),
                Err(_) => self.open_anew(),
            };
            if !gone_on || stop {
                return;
            }
        }
    }
}

impl Work {
    /// Whether nothing is to be waited for.
    fn now(&self) -> bool {
        self.stop || self.broken || self.enough
    }
}
