//! What is to be run, what runs, and whether anything is begun.

use super::waiting::Waiting;
use std::collections::{HashMap, VecDeque};
use tokio::sync::watch;

/// AWS's agent: five documents at a time.
const MAX_RUNNING_DOCUMENTS: usize = 5;

/// Whether documents are begun. From [`Phase::Paused`] on some wait for a reboot, which would cut off what is begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// They are, while there is room.
    #[default]
    Open,
    /// They are, and what waits is begun in a moment, because the ledger could not be written.
    Retrying,
    /// None is. Nobody looks for the end of the time of those that wait for a reboot yet.
    Paused,
    /// None is. Somebody looks for that end, and what runs goes on to its own.
    Draining,
    /// None is, nothing runs, and the machine was asked for the reboot.
    Asked,
}

#[derive(Default)]
pub(super) struct Queue {
    pub waiting: VecDeque<Waiting>,
    /// The cancellation switch of each document that runs.
    pub running: HashMap<String, watch::Sender<bool>>,
    /// Documents that wait for a reboot: some, exactly when the phase says so.
    paused: Vec<Waiting>,
    phase: Phase,
}

impl Queue {
    pub fn has_room(&self) -> bool {
        self.running.len() < MAX_RUNNING_DOCUMENTS && !self.is_paused()
    }

    /// Whether a document waits for a reboot.
    pub fn is_paused(&self) -> bool {
        !matches!(self.phase, Phase::Open | Phase::Retrying)
    }

    /// A document waits for a reboot.
    pub fn pause(&mut self, waiting: Waiting) {
        self.paused.push(waiting);
        if !self.is_paused() {
            self.phase = Phase::Paused;
        }
    }

    /// Whether some of them wait.
    pub fn some_wait(&self, which: impl Fn(&Waiting) -> bool) -> bool {
        self.paused.iter().any(which)
    }

    /// Those do not wait for a reboot any more; with the last of them, nobody does.
    pub fn take_paused(&mut self, which: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        let (taken, left) = std::mem::take(&mut self.paused).into_iter().partition(which);
        self.paused = left;
        if self.paused.is_empty() && self.is_paused() {
            self.phase = Phase::Open;
        }
        taken
    }

    /// The ledger could not be written; answers whether somebody has to try again in a moment. While documents wait for
    /// a reboot nobody has to: what waits is begun afterwards.
    pub fn retry(&mut self) -> bool {
        let is_open = self.phase == Phase::Open;
        if is_open {
            self.phase = Phase::Retrying;
        }
        is_open
    }

    /// The moment is over.
    pub fn retried(&mut self) {
        if self.phase == Phase::Retrying {
            self.phase = Phase::Open;
        }
    }

    /// Answers whether somebody has to look for the end of the time of what waits for a reboot.
    pub fn watch(&mut self) -> bool {
        let is_unwatched = self.phase == Phase::Paused;
        if is_unwatched {
            self.phase = Phase::Draining;
        }
        is_unwatched
    }

    /// Answers whether the machine is to be asked for a reboot: some wait for it, and nothing runs.
    pub fn ask(&mut self) -> bool {
        let is_drained = self.phase == Phase::Draining && self.running.is_empty();
        if is_drained {
            self.phase = Phase::Asked;
        }
        is_drained
    }

    /// Answers whether it still is, a moment later: what waited may have been cancelled, or its time was over, and others
    /// run. If not, somebody may ask anew.
    pub fn still_asks(&mut self) -> bool {
        let still = self.phase == Phase::Asked && self.running.is_empty();
        if !still && self.phase == Phase::Asked {
            self.phase = Phase::Draining;
        }
        still
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::node::Dispatch;
    use reeve_node_protocol::dispatch::Verified;

    fn waiting(command_id: &str) -> Waiting {
        let dispatch = Dispatch { command_id: command_id.to_owned(), ..Dispatch::default() };
        Waiting::new(Verified { dispatch, key_id: String::new() })
    }

    fn run(queue: &mut Queue, command_id: &str) {
        queue.running.insert(command_id.to_owned(), watch::channel(false).0);
    }

    #[test]
    fn nothing_is_begun_from_the_first_that_waits_for_a_reboot_to_the_last() {
        let mut queue = Queue::default();
        assert!(queue.has_room());
        queue.pause(waiting("a"));
        queue.pause(waiting("b"));
        assert!(!queue.has_room() && queue.is_paused());
        assert_eq!(queue.take_paused(|waiting| waiting.dispatch.command_id == "a").len(), 1);
        assert!(!queue.has_room());
        assert_eq!(queue.take_paused(|_| true).len(), 1);
        assert!(queue.has_room());
        (0..MAX_RUNNING_DOCUMENTS).for_each(|n| run(&mut queue, &n.to_string()));
        assert!(!queue.has_room() && !queue.is_paused());
    }

    #[test]
    fn the_machine_is_asked_once_and_only_when_nothing_runs() {
        let mut queue = Queue::default();
        assert!(!queue.watch() && !queue.ask(), "nobody waits for it");
        run(&mut queue, "x");
        queue.pause(waiting("a"));
        assert!(queue.watch() && !queue.watch(), "one looks for the end of the time");
        assert!(!queue.ask(), "one runs");
        queue.running.clear();
        assert!(queue.ask() && !queue.ask());
        queue.pause(waiting("b"));
        assert!(!queue.ask() && queue.still_asks());
        run(&mut queue, "x");
        assert!(!queue.still_asks(), "one runs after all");
        queue.running.clear();
        assert!(queue.ask());
        queue.take_paused(|_| true);
        assert!(!queue.still_asks() && queue.has_room());
        queue.pause(waiting("c"));
        assert!(!queue.still_asks() && queue.watch() && queue.ask(), "it is asked again for another");
    }

    #[test]
    fn one_tries_again_in_a_moment_and_nobody_while_a_reboot_is_waited_for() {
        let mut queue = Queue::default();
        assert!(queue.retry() && !queue.retry());
        assert!(queue.has_room(), "what comes in meanwhile is begun");
        queue.retried();
        assert!(queue.retry());
        queue.pause(waiting("a"));
        queue.retried();
        assert!(queue.is_paused() && !queue.retry());
        queue.take_paused(|_| true);
        assert!(queue.retry());
    }
}
