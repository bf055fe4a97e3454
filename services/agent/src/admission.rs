//! Whether this agent may begin anything: the control plane has said that of all agents with this identity it is the one
//! that works.
//!
//! That holds for a while and for one connection. The control plane lets another agent work no sooner than this one has
//! been silent for longer than that, or its connection ended.

use rustix::time::{ClockId, clock_gettime};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use tokio::sync::watch;

/// How long a word counts, from when it was asked for. The control plane waits for a minute.
pub const VALIDITY: Duration = Duration::from_secs(45);

/// What the control plane said last.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Word {
    connection: u64,
    until_ms: i64,
}

/// Whether this agent may begin anything.
pub struct Admission {
    word: watch::Sender<Word>,
    connections: watch::Receiver<u64>,
    /// How far this machine's clock is ahead of the control plane's.
    ahead_ms: AtomicI64,
}

/// When and on which connection a word was asked for.
#[derive(Clone, Copy)]
pub struct Asked(Word);

/// Milliseconds since the machine started, those in which it slept among them.
fn uptime_ms() -> i64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000)
}

impl Admission {
    pub fn new(connections: watch::Receiver<u64>) -> Self {
        Self { word: watch::Sender::default(), connections, ahead_ms: AtomicI64::new(0) }
    }

    /// One that holds for ever.
    #[cfg(test)]
    pub fn granted(connections: watch::Receiver<u64>) -> Self {
        let admission = Self::new(connections);
        admission.word.send_replace(Word { connection: admission.connection(), until_ms: i64::MAX });
        admission
    }

    fn connection(&self) -> u64 {
        *self.connections.borrow()
    }

    /// The control plane is about to be asked.
    pub fn ask(&self) -> Asked {
        let validity = i64::try_from(VALIDITY.as_millis()).unwrap_or(0);
        Asked(Word { connection: self.connection(), until_ms: uptime_ms().saturating_add(validity) })
    }

    /// It said that this agent works; answers whether that is new.
    pub fn grant(&self, asked: Asked) -> bool {
        let was_valid = self.is_valid();
        self.word.send_replace(asked.0);
        !was_valid
    }

    /// Nobody is there who could let another agent work, so that what was said goes on to hold.
    pub fn extend(&self, asked: Asked) {
        if self.is_valid() && asked.0.connection == self.connection() {
            self.word.send_replace(asked.0);
        }
    }

    /// It said that this agent does not work.
    pub fn withdraw(&self) {
        self.word.send_replace(Word::default());
    }

    pub fn is_valid(&self) -> bool {
        let word = *self.word.borrow();
        word.connection == self.connection() && uptime_ms() < word.until_ms
    }

    /// Waits until this agent may begin something.
    pub async fn valid(&self) {
        let mut words = self.word.subscribe();
        while !self.is_valid() {
            if words.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub fn set_clock(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }

    /// How far this machine's clock is ahead of the control plane's, in milliseconds; negative: behind; 0 until it is known.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::Relaxed)
    }

    /// How far this machine's clock is off, in words, if it is by more than a few seconds.
    pub fn clock(&self) -> Option<String> {
        let ahead_ms = self.ahead_ms();
        let side = if ahead_ms > 0 { "ahead of" } else { "behind" };
        let seconds = ahead_ms.unsigned_abs() / 1000;
        (seconds > 5).then(|| format!("This node's clock is {seconds} s {side} that of the control plane."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_for_its_connection_and_its_time() {
        let (connected, connections) = watch::channel(1);
        let admission = Admission::new(connections);
        assert!(!admission.is_valid());
        let asked = admission.ask();
        admission.extend(asked);
        assert!(!admission.is_valid(), "nobody has let it work yet");
        assert!(admission.grant(asked) && admission.is_valid());
        assert!(!admission.grant(admission.ask()));
        admission.extend(admission.ask());
        assert!(admission.is_valid());
        connected.send_replace(2);
        assert!(!admission.is_valid(), "another agent may have been let work meanwhile");
        admission.grant(asked);
        assert!(!admission.is_valid(), "it was asked for on another connection");
        let past = Asked(Word { connection: 2, until_ms: uptime_ms() });
        admission.grant(past);
        assert!(!admission.is_valid());
        assert!(admission.grant(admission.ask()));
        admission.withdraw();
        assert!(!admission.is_valid());
    }

    #[test]
    fn a_clock_that_is_off_is_told_in_words() {
        let admission = Admission::new(watch::channel(0).1);
        assert_eq!(admission.clock(), None);
        admission.set_clock(-200_400);
        assert!(admission.clock().unwrap().contains("200 s behind"));
        admission.set_clock(9_000);
        assert!(admission.clock().unwrap().contains("9 s ahead of"));
    }
}
