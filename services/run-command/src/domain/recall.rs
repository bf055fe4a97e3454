//! What a node has run and the log knows nothing of: the log was restored from an earlier copy.

pub use reeve_contracts::run_command::RecallEvent;
use reeve_contracts::run_command::RunsRecalled;
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, convert::Infallible};

/// What is told of once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    told: BTreeSet<String>,
}

/// The aggregate, by node.
pub struct Recall;

impl Decider for Recall {
    /// What a node told of and nobody else.
    type Command = RunsRecalled;
    type Event = RecallEvent;
    type State = State;
    type Error = Infallible;

    fn decide(state: &State, mut runs: RunsRecalled, _: &Context) -> Result<Option<RecallEvent>, Infallible> {
        runs.runs.retain(|run| !state.told.contains(&run.command_id));
        Ok((!runs.runs.is_empty()).then_some(RecallEvent::RunsRecalled(runs)))
    }

    fn evolve(mut state: State, event: &RecallEvent) -> State {
        let RecallEvent::RunsRecalled(event) = event;
        state.told.extend(event.runs.iter().map(|run| run.command_id.clone()));
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::run_command::RecalledRun;
    use reeve_testkit::given;

    fn recalled(commands: &[&str]) -> RunsRecalled {
        let run = |id: &&str| RecalledRun { command_id: (*id).to_owned(), started_ms: 1 };
        RunsRecalled { node_id: "mi-1".into(), runs: commands.iter().map(run).collect(), omitted: 0 }
    }

    #[test]
    fn each_run_is_told_of_once() {
        given::<Recall>([]).when(recalled(&[])).then_nothing();
        let first = RecallEvent::RunsRecalled(recalled(&["a", "b"]));
        given::<Recall>([]).when(recalled(&["a", "b"])).then(first.clone());
        given::<Recall>([first.clone()]).when(recalled(&["b", "a"])).then_nothing();
        let second = RecallEvent::RunsRecalled(recalled(&["c"]));
        given::<Recall>([first]).when(recalled(&["b", "c"])).then(second);
    }
}
