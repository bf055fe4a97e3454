//! Rate control: how many invocations of a command may be on their way at once, and when no more begin.
//!
//! Nodes are let in in the order of the command's list. An invocation is on its way from then until it ends,
//! whether its node is there or not, as with AWS; unlike there the limit holds from the start, without a ramp.

use super::{Counts, outcome::allowed_errors};
use serde::{Deserialize, Serialize};

/// How many invocations a MaxConcurrency text allows at once of so many targets: a number, or a percentage
/// rounded down, at least one.
pub fn allowed_at_once(max_concurrency: &str, targets: u32) -> u32 {
    let allowed = match max_concurrency.strip_suffix('%') {
        Some(percent) => u64::from(targets) * percent.parse().unwrap_or(0) / 100,
        None => max_concurrency.parse().unwrap_or(0),
    };
    u32::try_from(allowed).unwrap_or(u32::MAX).max(1)
}

/// The nodes that a command is dispatched to as soon as it is sent.
pub fn first<'a>(nodes: &'a [String], max_concurrency: &str) -> &'a [String] {
    let targets = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    let allowed = usize::try_from(allowed_at_once(max_concurrency, targets)).unwrap_or(usize::MAX);
    &nodes[..allowed.min(nodes.len())]
}

/// How far a command has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub counts: Counts,
    at_once: u32,
    allowed_errors: u32,
    on_their_way: u32,
    /// The first node that has not been let in; empty when all have.
    next: String,
    stopped: bool,
}

/// What is known of a node in its turn.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// Its turn is passed over: its invocation ended before it came, or is to be cancelled.
    pub passes: bool,
    /// The node after it; empty for the last.
    pub after: String,
}

/// What an invocation's end leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// The nodes whose turn it is now.
    pub lets_in: Vec<String>,
    /// Whether this was the error that stops the command: nobody else is let in.
    pub stops: bool,
}

impl Progress {
    pub fn begin(nodes: &[String], max_concurrency: &str, max_errors: &str) -> Self {
        let targets = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let begun = first(nodes, max_concurrency).len();
        Self {
            counts: Counts { targets, ..Counts::default() },
            at_once: allowed_at_once(max_concurrency, targets),
            allowed_errors: allowed_errors(max_errors, targets),
            on_their_way: u32::try_from(begun).unwrap_or(u32::MAX),
            next: nodes.get(begun).cloned().unwrap_or_default(),
            stopped: false,
        }
    }

    /// Nobody else is let in: the command was cancelled.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Takes in one more end, of an invocation that had been let in or that still waited.
    pub fn end(&mut self, details: &str, let_in: bool, turn: impl Fn(&str) -> Turn) -> Follows {
        self.counts.add(details);
        if let_in {
            self.on_their_way = self.on_their_way.saturating_sub(1);
        }
        let mut follows = Follows::default();
        if self.stopped {
            return follows;
        }
        if self.counts.errors > self.allowed_errors {
            self.stopped = true;
            follows.stops = true;
            return follows;
        }
        while self.on_their_way < self.at_once && !self.next.is_empty() {
            let Turn { passes, after } = turn(&self.next);
            let node = std::mem::replace(&mut self.next, after);
            if !passes {
                self.on_their_way += 1;
                follows.lets_in.push(node);
            }
        }
        follows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn at_least_one_at_once_and_percentages_round_down() {
        let table = [("50", 9, 50), ("1", 9, 1), ("10%", 9, 1), ("10%", 50, 5), ("100%", 7, 7), ("1%", 0, 1)];
        for (text, targets, allowed) in table {
            assert_eq!(allowed_at_once(text, targets), allowed, "{text} of {targets}");
        }
    }

    /// A command on its way, as the projection sees it.
    struct Run {
        nodes: Vec<String>,
        progress: Progress,
        on_their_way: BTreeSet<String>,
        ended: BTreeSet<String>,
        stopped_by: usize,
    }

    impl Run {
        fn new(count: usize, max_concurrency: &str, max_errors: &str) -> Self {
            let nodes: Vec<String> = (0..count).map(|n| format!("mi-{n:03}")).collect();
            Self {
                progress: Progress::begin(&nodes, max_concurrency, max_errors),
                on_their_way: first(&nodes, max_concurrency).iter().cloned().collect(),
                nodes,
                ended: BTreeSet::new(),
                stopped_by: 0,
            }
        }

        fn end(&mut self, node: &str, details: &str) {
            let let_in = self.on_their_way.remove(node);
            self.ended.insert(node.to_owned());
            let (nodes, ended) = (&self.nodes, &self.ended);
            let follows = self.progress.end(details, let_in, |node| Turn {
                passes: ended.contains(node),
                after: nodes.iter().skip_while(|n| *n != node).nth(1).cloned().unwrap_or_default(),
            });
            self.stopped_by += usize::from(follows.stops);
            for node in follows.lets_in {
                assert!(!self.ended.contains(&node), "{node} had ended before");
                assert!(self.on_their_way.insert(node), "a node was let in twice");
            }
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
    }

    #[test]
    fn what_nobody_ran_is_no_error() {
        let mut run = Run::new(3, "1", "0");
        run.end("mi-000", "DeliveryTimedOut");
        assert_eq!((run.stopped_by, run.on_their_way.len()), (0, 1));
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
                prop_assert_eq!(run.stopped_by, usize::from(run.progress.counts.errors > max_errors));
            }
        }
    }
}
