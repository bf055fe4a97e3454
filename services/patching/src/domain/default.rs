//! Which baseline nodes of an operating system have whose patch group has none.

pub use reeve_contracts::patching::DefaultBaselineEvent;
use reeve_contracts::patching::DefaultBaselineRegistered;
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// It is this one from now on.
#[derive(Clone, Debug)]
pub struct Register {
    pub operating_system: String,
    pub baseline_id: String,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: the predefined one.
    pub baseline_id: String,
}

/// The aggregate.
pub struct DefaultBaseline;

impl Decider for DefaultBaseline {
    type Command = Register;
    type Event = DefaultBaselineEvent;
    type State = State;
    type Error = Infallible;

    fn decide(
        state: &State,
        command: Register,
        _: &Context,
    ) -> Result<Option<DefaultBaselineEvent>, Infallible> {
        let Register { operating_system, baseline_id } = command;
        Ok((baseline_id != state.baseline_id).then_some(DefaultBaselineEvent::DefaultBaselineRegistered(
            DefaultBaselineRegistered { operating_system, baseline_id },
        )))
    }

    fn evolve(_: State, event: &DefaultBaselineEvent) -> State {
        let DefaultBaselineEvent::DefaultBaselineRegistered(e) = event;
        State { baseline_id: e.baseline_id.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn the_last_one_counts_and_the_same_one_again_is_nothing_new() {
        let register = |id: &str| Register { operating_system: "DEBIAN".into(), baseline_id: id.into() };
        let registered = |id: &str| {
            DefaultBaselineEvent::DefaultBaselineRegistered(DefaultBaselineRegistered {
                operating_system: "DEBIAN".into(),
                baseline_id: id.into(),
            })
        };
        given::<DefaultBaseline>([]).when(register("a")).then(registered("a"));
        given::<DefaultBaseline>([registered("a")]).when(register("a")).then_nothing();
        given::<DefaultBaseline>([registered("a")]).when(register("b")).then(registered("b"));
    }
}
