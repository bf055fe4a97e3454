//! A match: one rule and one event, however often the event is delivered.

pub use reeve_contracts::rules::MatchEvent;
use reeve_contracts::rules::{RuleMatched, RuleStopped};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// A chain of rules, each set off by what the one before it has done, is this long at most: a rule that sets off itself
/// stops here, visibly.
pub const MAX_DEPTH: u32 = 5;

/// Says that an event matched.
pub type Command = Box<RuleMatched>;

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    is_decided: bool,
}

/// The aggregate.
pub struct Match;

/// The id of a match.
pub fn match_id(rule: &str, event_id: &str) -> String {
    format!("{rule}/{event_id}")
}

impl Decider for Match {
    type Command = Command;
    type Event = MatchEvent;
    type State = State;
    type Error = Infallible;

    fn decide(state: &State, matched: Command, _: &Context) -> Result<Option<MatchEvent>, Infallible> {
        Ok(match state.is_decided {
            true => None,
            false if matched.depth > MAX_DEPTH => Some(MatchEvent::RuleStopped(RuleStopped {
                rule: matched.rule,
                event_id: matched.event_id,
                depth: matched.depth,
            })),
            false => Some(MatchEvent::RuleMatched(*matched)),
        })
    }

    fn evolve(_: State, _: &MatchEvent) -> State {
        State { is_decided: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_match_is_decided_once_and_a_chain_ends() {
        let matched =
            |depth| RuleMatched { rule: "r".into(), event_id: "e".into(), depth, ..RuleMatched::default() };
        let first = MatchEvent::RuleMatched(matched(MAX_DEPTH));
        given::<Match>([]).when(Box::new(matched(MAX_DEPTH))).then(first.clone());
        given::<Match>([first]).when(Box::new(matched(1))).then_nothing();
        let depth = MAX_DEPTH + 1;
        let stopped = RuleStopped { rule: "r".into(), event_id: "e".into(), depth };
        given::<Match>([]).when(Box::new(matched(depth))).then(MatchEvent::RuleStopped(stopped));
    }
}
