//! Rate control: how many invocations of a command may be on their way at once, and when no more begin.
//!
//! Nodes are admitted in the order of the command's list. An invocation is on its way from its dispatch until it ends,
//! whether its node is there or not, as with AWS; unlike there the limit holds from the start, without a ramp.

use super::Counts;
use reeve_fleet::rate_control::{allowed_at_once, allowed_errors};
use serde::{Deserialize, Serialize};

/// Why nobody else is admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    #[default]
    No,
    /// More errors than MaxErrors allows: who still waits is terminated.
    Errors,
    /// All of the command was cancelled.
    Cancelled,
}

/// How far a command has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    pub counts: Counts,
    /// The place in the command's list whose turn is next.
    pub next: u32,
    /// How many cancellations there were.
    pub cancellations: u32,
    pub stop: Stop,
    max_on_their_way: u32,
    allowed_errors: u32,
    on_their_way: u32,
    finished: bool,
}

/// What a rollout needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Up to so many of those whose turn is next are admitted.
    Admit(u32),
    /// Who still waits is terminated.
    Terminate,
    /// All have ended: the command finishes.
    Finish,
    /// Invocations are on their way, or it is over.
    Wait,
}

impl Rollout {
    pub fn begin(targets: u32, max_concurrency: &str, max_errors: &str) -> Self {
        Self {
            counts: Counts { targets, ..Counts::default() },
            max_on_their_way: allowed_at_once(max_concurrency, targets),
            allowed_errors: allowed_errors(max_errors, targets),
            finished: targets == 0,
            ..Self::default()
        }
    }

    /// What is to be done now.
    pub fn step(&self) -> Step {
        if self.finished {
            return Step::Wait;
        }
        if self.counts.all_ended() {
            return Step::Finish;
        }
        let waiting = self.counts.targets.saturating_sub(self.counts.completed + self.on_their_way);
        let left = self.counts.targets.saturating_sub(self.next);
        match self.stop {
            Stop::Errors if waiting > 0 => Step::Terminate,
            Stop::No if left > 0 && self.on_their_way < self.max_on_their_way => {
                Step::Admit((self.max_on_their_way - self.on_their_way).min(left))
            }
            Stop::No | Stop::Errors | Stop::Cancelled => Step::Wait,
        }
    }

    /// So many were dispatched, and the turn of those before `next` is over.
    pub fn dispatched(&mut self, count: u32, next: u32) {
        self.counts.dispatched += count;
        self.on_their_way += count;
        self.next = next;
    }

    /// Some nodes, or all, are to be cancelled.
    pub fn cancelled(&mut self, all: bool) {
        self.cancellations += 1;
        if all && self.stop == Stop::No {
            self.stop = Stop::Cancelled;
        }
    }

    /// Takes in one more end, of an invocation that had been dispatched or that still waited.
    pub fn ended(&mut self, details: &str, was_dispatched: bool) {
        self.counts.add(details);
        if was_dispatched {
            self.on_their_way = self.on_their_way.saturating_sub(1);
        }
        if self.counts.errors > self.allowed_errors && self.stop == Stop::No {
            self.stop = Stop::Errors;
        }
    }

    pub fn finished(&mut self) {
        self.finished = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// A command on its way, as its projection and whoever rolls it out see it.
    struct Run {
        nodes: Vec<String>,
        rollout: Rollout,
        on_their_way: BTreeSet<String>,
        ended: BTreeSet<String>,
        stopped_by: usize,
    }

    impl Run {
        fn new(count: usize, max_concurrency: &str, max_errors: &str) -> Self {
            let nodes: Vec<String> = (0..count).map(|n| format!("mi-{n:03}")).collect();
            let targets = u32::try_from(count).unwrap();
            let mut run = Self {
                rollout: Rollout::begin(targets, max_concurrency, max_errors),
                on_their_way: BTreeSet::new(),
                nodes,
                ended: BTreeSet::new(),
                stopped_by: 0,
            };
            run.go_on();
            run
        }

        /// Does what is to be done, until nothing is; those who wait when it stops are left to the test.
        fn go_on(&mut self) {
            while let Step::Admit(most) = self.rollout.step() {
                let mut next = self.rollout.next as usize;
                let mut admitted = 0;
                while next < self.nodes.len() && admitted < most {
                    let node = self.nodes[next].clone();
                    next += 1;
                    if !self.ended.contains(&node) {
                        assert!(self.on_their_way.insert(node), "a node was admitted twice");
                        admitted += 1;
                    }
                }
                self.rollout.dispatched(admitted, u32::try_from(next).unwrap());
            }
        }

        fn end(&mut self, node: &str, details: &str) {
            let was_dispatched = self.on_their_way.remove(node);
            self.ended.insert(node.to_owned());
            let before = self.rollout.stop;
            self.rollout.ended(details, was_dispatched);
            self.stopped_by += usize::from(before == Stop::No && self.rollout.stop == Stop::Errors);
            self.go_on();
        }

        fn waiting(&self) -> Vec<String> {
            let nodes = self.nodes.iter();
            nodes.filter(|n| !self.ended.contains(*n) && !self.on_their_way.contains(*n)).cloned().collect()
        }
    }

    #[test]
    fn the_error_above_the_limit_stops_it() {
        let mut run = Run::new(10, "1", "1");
        for n in 0..2 {
            assert_eq!(run.stopped_by, 0);
            run.end(&format!("mi-{n:03}"), "Failed");
        }
        assert_eq!((run.stopped_by, run.on_their_way.len(), run.waiting().len()), (1, 0, 8));
        assert_eq!(run.rollout.step(), Step::Terminate);
        for node in run.waiting() {
            run.end(&node, "Terminated");
        }
        assert_eq!(run.rollout.step(), Step::Finish);
        run.rollout.finished();
        assert_eq!(run.rollout.step(), Step::Wait);
    }

    #[test]
    fn what_nobody_ran_is_no_error() {
        let mut run = Run::new(3, "1", "0");
        run.end("mi-000", "DeliveryTimedOut");
        assert_eq!((run.stopped_by, run.on_their_way.len()), (0, 1));
    }

    #[test]
    fn a_cancelled_command_admits_nobody() {
        let mut run = Run::new(3, "1", "0");
        run.rollout.cancelled(false);
        run.end("mi-000", "Cancelled");
        assert_eq!(run.on_their_way.len(), 1, "one node was cancelled, the next one has its turn");
        run.rollout.cancelled(true);
        run.end("mi-001", "Cancelled");
        assert_eq!((run.on_their_way.len(), run.rollout.step()), (0, Step::Wait));
        run.end("mi-002", "Cancelled");
        assert_eq!((run.rollout.step(), run.rollout.cancellations), (Step::Finish, 2));
    }

    proptest! {
        /// Invocations end in any order, some before their turn: never more on their way than allowed, never
        /// fewer than there could be, and everybody has his turn unless errors or a cancellation stop it.
        #[test]
        fn the_limit_is_kept_and_used(
            count in 0usize..40,
            at_once in 1usize..12,
            ends in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<bool>()), 80),
            max_errors in 0u32..60,
        ) {
            let mut run = Run::new(count, &at_once.to_string(), &max_errors.to_string());
            for (which, waiting, fails) in ends {
                let open: Vec<String> = match waiting {
                    true => run.waiting(),
                    false => run.on_their_way.iter().cloned().collect(),
                };
                if open.is_empty() {
                    continue;
                }
                let node = which.get(&open).clone();
                run.end(&node, match (waiting, fails) { (true, _) => "Cancelled", (_, true) => "Failed", _ => "Success" });
                prop_assert!(run.on_their_way.len() <= at_once);
                if run.stopped_by == 0 {
                    prop_assert_eq!(run.on_their_way.len(), at_once.min(run.on_their_way.len() + run.waiting().len()));
                }
                prop_assert_eq!(run.stopped_by, usize::from(run.rollout.counts.errors > max_errors));
                let all_ended = run.ended.len() == count;
                prop_assert_eq!(run.rollout.step() == Step::Finish, all_ended);
            }
        }
    }
}
