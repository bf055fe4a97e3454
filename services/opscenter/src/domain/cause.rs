//! What fires behind an OpsItem: an alert of a group, known by the fingerprint of its labels.
//!
//! A firing is told from the next by its start, by the source's clock. Whatever is said of a firing again, or late,
//! changes nothing: it never begins again, and an earlier one never replaces a later one.

pub use reeve_contracts::opscenter::CauseEvent;
use reeve_contracts::opscenter::{CauseEnded, CauseFired};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// The aggregate's id: groups hold no slash.
pub fn cause_id(group: &str, fingerprint: &str) -> String {
    format!("{group}/{fingerprint}")
}

/// What is said of a cause.
#[derive(Clone, Debug)]
pub enum Command {
    Fire(CauseFired),
    /// The firing of that start has ended. The item is the state's.
    End(CauseEnded),
}

/// The latest firing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// `None`: there was none yet.
    pub start_ms: Option<i64>,
    pub ended: bool,
    pub ops_item_id: String,
}

impl Firing {
    /// Whether a firing of this start is one that was not known.
    pub fn is_new(&self, start_ms: i64) -> bool {
        self.start_ms.is_none_or(|known| start_ms > known)
    }

    pub fn is_active(&self) -> bool {
        self.start_ms.is_some() && !self.ended
    }
}

/// The aggregate.
pub struct Cause;

impl Decider for Cause {
    type Command = Command;
    type Event = CauseEvent;
    type State = Firing;
    type Error = Infallible;

    fn decide(firing: &Firing, command: Command, _: &Context) -> Result<Option<CauseEvent>, Infallible> {
        Ok(match command {
            Command::Fire(fired) => firing.is_new(fired.start_ms).then_some(CauseEvent::CauseFired(fired)),
            // One that was never heard to fire: its firing, when it comes late, is over.
            Command::End(ended) if firing.is_new(ended.start_ms) && !firing.is_active() => {
                Some(CauseEvent::CauseEnded(CauseEnded { ops_item_id: String::new(), ..ended }))
            }
            Command::End(ended) if firing.is_active() && firing.start_ms <= Some(ended.start_ms) => {
                Some(CauseEvent::CauseEnded(CauseEnded { ops_item_id: firing.ops_item_id.clone(), ..ended }))
            }
            Command::End(_) => None,
        })
    }

    fn evolve(_: Firing, event: &CauseEvent) -> Firing {
        match event {
            CauseEvent::CauseFired(e) => {
                Firing { start_ms: Some(e.start_ms), ended: false, ops_item_id: e.ops_item_id.clone() }
            }
            CauseEvent::CauseEnded(e) => {
                Firing { start_ms: Some(e.start_ms), ended: true, ops_item_id: e.ops_item_id.clone() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_testkit::{context, given};

    fn fired(start_ms: i64) -> CauseFired {
        let (group, fingerprint, ops_item_id) = ("g".into(), "f".into(), "oi-1".into());
        CauseFired { group, fingerprint, start_ms, ops_item_id }
    }

    fn ended(start_ms: i64, ops_item_id: &str) -> CauseEnded {
        CauseEnded {
            group: "g".into(),
            fingerprint: "f".into(),
            start_ms,
            ops_item_id: ops_item_id.into(),
            end_ms: 0,
            reason: "Resolved".into(),
        }
    }

    #[test]
    fn a_repeat_says_nothing_and_never_begins_a_firing_again() {
        let (fire, end) = (|start| Command::Fire(fired(start)), |start| Command::End(ended(start, "")));
        let begun = CauseEvent::CauseFired(fired(7));
        let over = CauseEvent::CauseEnded(ended(7, "oi-1"));
        given::<Cause>([]).when(fire(7)).then(begun.clone());
        given::<Cause>([begun.clone()]).when(fire(7)).then_nothing();
        given::<Cause>([begun.clone()]).when(fire(6)).then_nothing();
        given::<Cause>([begun.clone()]).when(end(7)).then(over.clone());
        given::<Cause>([begun.clone(), over.clone()]).when(end(7)).then_nothing();
        given::<Cause>([begun.clone(), over.clone()]).when(fire(7)).then_nothing();
        given::<Cause>([begun, over]).when(fire(8)).then(CauseEvent::CauseFired(fired(8)));
    }

    #[test]
    fn what_is_said_late_changes_nothing() {
        let begun = CauseEvent::CauseFired(fired(7));
        given::<Cause>([begun.clone()]).when(Command::End(ended(6, ""))).then_nothing();
        // The end of a firing whose begin was missed ends what is known to fire.
        given::<Cause>([begun])
            .when(Command::End(ended(8, "")))
            .then(CauseEvent::CauseEnded(ended(8, "oi-1")));
        let never = CauseEvent::CauseEnded(ended(7, ""));
        given::<Cause>([]).when(Command::End(ended(7, "x"))).then(never.clone());
        given::<Cause>([never]).when(Command::Fire(fired(7))).then_nothing();
    }

    proptest! {
        /// Whatever is said in whatever order: said again it changes nothing, and starts only grow.
        #[test]
        fn starts_only_grow_and_a_repeat_is_silent(said in prop::collection::vec((any::<bool>(), 0i64..5), 0..20)) {
            let mut firing = Firing::default();
            for (fires, start) in said {
                let command = if fires { Command::Fire(fired(start)) } else { Command::End(ended(start, "")) };
                let event = Cause::decide(&firing, command.clone(), &context()).unwrap();
                let before = firing.clone();
                if let Some(event) = event {
                    firing = Cause::evolve(firing, &event);
                }
                prop_assert!(firing.start_ms >= before.start_ms);
                prop_assert_eq!(Cause::decide(&firing, command, &context()), Ok(None));
            }
        }
    }
}
