//! What the writer's thread is told: when to give sled what is committed, and that sled failed.

use crate::lock;
use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Rows are written when nothing was committed for so long: what a command does to its rows is over by then, and they
/// are encoded and written once.
const QUIET_TIME: Duration = Duration::from_secs(1);
/// No row waits longer, however busy the service is: a crash replays what came in meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// When as many rows wait, they wait no longer.
const WRITE_THRESHOLD_ROWS: usize = 50_000;
/// As many rows may wait; a commit of more writes them itself.
const MAX_WAITING_ROWS: usize = 100_000;
/// While the log is caught up with, nobody waits for a read, which a long write holds up: so many times as many.
const CATCH_UP_FACTOR: usize = 3;

/// What became of sled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// It could not write what it had to for a read.
    Write,
    /// It could not read its own file: nothing that it says counts.
    Read,
}

/// The instructions, and what wakes the thread.
#[derive(Default)]
pub(crate) struct Writer {
    work: Mutex<Work>,
    told: Condvar,
    catching_up: AtomicBool,
}

#[derive(Default)]
struct Work {
    dirty: bool,
    /// So many rows wait that they are written now.
    enough: bool,
    /// Counts the commits, to tell when there are none.
    commits: u64,
    /// What somebody who read found.
    failure: Option<Failure>,
    stop: bool,
}

/// Why the thread goes to work.
pub(crate) struct Wanted {
    /// It is the last time.
    pub stop: bool,
    pub failed: bool,
}

impl Writer {
    fn work(&self) -> MutexGuard<'_, Work> {
        lock(&self.work)
    }

    fn tell<T>(&self, what: impl FnOnce(&mut Work) -> T) -> T {
        let told = what(&mut self.work());
        self.told.notify_all();
        told
    }

    fn factor(&self) -> usize {
        if self.catching_up.load(Ordering::Relaxed) { CATCH_UP_FACTOR } else { 1 }
    }

    /// Whether the log is caught up with, and nobody reads: then more rows may wait, to be written together.
    pub fn catch_up(&self, catching_up: bool) {
        self.catching_up.store(catching_up, Ordering::Relaxed);
        if !catching_up {
            self.tell(|work| work.enough = true);
        }
    }

    /// Whether more rows wait than may: then they are written at once.
    pub fn is_too_much(&self, waiting_rows: usize) -> bool {
        waiting_rows > self.factor() * MAX_WAITING_ROWS
    }

    /// Rows wait, whatever came before.
    pub fn write_soon(&self) {
        self.tell(|work| work.dirty = true);
    }

    /// A batch was committed; now so many rows wait that nobody has begun to write.
    pub fn committed(&self, young_rows: usize) {
        let mut work = self.work();
        work.commits += 1;
        let enough = young_rows >= self.factor() * WRITE_THRESHOLD_ROWS;
        if !work.dirty || enough && !work.enough {
            (work.dirty, work.enough) = (true, enough);
            self.told.notify_all();
        }
    }

    /// Sled failed somebody who read; answers whether that was known already, as bad as it is.
    pub fn failed(&self, failure: Failure) -> bool {
        self.tell(|work| {
            let known = work.failure >= Some(failure);
            work.failure = work.failure.max(Some(failure));
            known
        })
    }

    /// Whether sled cannot read its own file.
    pub fn is_unreadable(&self) -> bool {
        self.work().failure == Some(Failure::Read)
    }

    /// Sled was opened anew.
    pub fn mended(&self) {
        self.work().failure = None;
    }

    pub fn stop(&self) {
        self.tell(|work| work.stop = true);
    }

    /// Waits for so long, or until it is to stop; answers whether it is.
    pub fn wait_for_stop(&self, time: Duration) -> bool {
        let waited = self.told.wait_timeout_while(self.work(), time, |work| !work.stop);
        waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }

    /// Waits for so long, or until it is to stop or sled failed somebody.
    pub fn wait_for_failure(&self, time: Duration) -> Wanted {
        let nothing = |work: &mut Work| !work.stop && work.failure.is_none();
        let waited = self.told.wait_timeout_while(self.work(), time, nothing);
        waited.unwrap_or_else(PoisonError::into_inner).0.wanted()
    }

    /// Waits until there is something to write and it is time to.
    pub fn wait_for_work(&self) -> Wanted {
        let idle = |work: &mut Work| !work.dirty && work.failure.is_none() && !work.stop;
        let mut work = self.told.wait_while(self.work(), idle).unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        while !work.is_urgent() && begun.elapsed() < LONGEST_WAIT {
            let commits = work.commits;
            let time = QUIET_TIME.min(LONGEST_WAIT.saturating_sub(begun.elapsed()));
            let waited = self.told.wait_timeout_while(work, time, |work| !work.is_urgent());
            work = waited.unwrap_or_else(PoisonError::into_inner).0;
            if work.commits == commits {
                break;
            }
        }
        (work.dirty, work.enough) = (false, false);
        work.wanted()
    }
}

impl Work {
    /// Whether nothing is to be waited for.
    fn is_urgent(&self) -> bool {
        self.stop || self.failure.is_some() || self.enough
    }

    fn wanted(&self) -> Wanted {
        Wanted { stop: self.stop, failed: self.failure.is_some() }
    }
}
