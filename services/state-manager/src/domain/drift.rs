//! Whether a node is as an association wants it, as far as its last run says.

pub use reeve_contracts::state_manager::DriftEvent;
use reeve_contracts::state_manager::{DriftEnded, DriftFound};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What may be said of a node.
#[derive(Clone, Debug)]
pub enum Command {
    Find(Box<DriftFound>),
    End(DriftEnded),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// `None`: it is as it is to be, or nothing is known.
    known: Option<Known>,
    /// When that became known: what is older says nothing any more.
    at_ms: i64,
}

/// What is known to differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    cause: String,
    step: String,
    output: String,
}

/// The aggregate, for each association and node: what is found again as it was is not said again.
pub struct Drift;

impl Decider for Drift {
    type Command = Command;
    type Event = DriftEvent;
    type State = State;
    type Error = Infallible;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<DriftEvent>, Infallible> {
        Ok(match command {
            Command::Find(found) if found.found_ms < state.at_ms => None,
            Command::End(ended) if ended.ended_ms < state.at_ms => None,
            Command::Find(found) => {
                (state.known.as_ref() != Some(&known(&found))).then_some(DriftEvent::DriftFound(*found))
            }
            Command::End(ended) => state.known.is_some().then_some(DriftEvent::DriftEnded(ended)),
        })
    }

    fn evolve(_: State, event: &DriftEvent) -> State {
        match event {
            DriftEvent::DriftFound(found) => State { known: Some(known(found)), at_ms: found.found_ms },
            DriftEvent::DriftEnded(ended) => State { known: None, at_ms: ended.ended_ms },
        }
    }
}

fn known(found: &DriftFound) -> Known {
    Known { cause: found.cause.clone(), step: found.step.clone(), output: found.output.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn found(cause: &str, output: &str) -> DriftFound {
        DriftFound {
            association_id: "a".into(),
            node_id: "n".into(),
            cause: cause.into(),
            output: output.into(),
            ..DriftFound::default()
        }
    }

    #[test]
    fn drift_is_said_when_it_begins_changes_and_ends() {
        let find = |cause, output| Command::Find(Box::new(found(cause, output)));
        let was = |cause, output| DriftEvent::DriftFound(found(cause, output));
        let end = || DriftEnded { reason: "Success".into(), ..DriftEnded::default() };
        given::<Drift>([]).when(Command::End(end())).then_nothing();
        given::<Drift>([]).when(find("Failed", "x")).then(was("Failed", "x"));
        given::<Drift>([was("Failed", "x")]).when(find("Failed", "x")).then_nothing();
        given::<Drift>([was("Failed", "x")]).when(find("Failed", "y")).then(was("Failed", "y"));
        given::<Drift>([was("Failed", "x")]).when(Command::End(end())).then(DriftEvent::DriftEnded(end()));
        let later = DriftFound { found_ms: 2, ..found("Failed", "x") };
        let older = Command::End(DriftEnded { ended_ms: 1, ..end() });
        given::<Drift>([DriftEvent::DriftFound(later)]).when(older).then_nothing();
        let ended = [was("Failed", "x"), DriftEvent::DriftEnded(end())];
        given::<Drift>(ended.clone()).when(Command::End(end())).then_nothing();
        given::<Drift>(ended).when(find("Failed", "x")).then(was("Failed", "x"));
    }
}
