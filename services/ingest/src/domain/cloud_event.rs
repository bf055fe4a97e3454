//! A CloudEvent, which is stored once.

pub use reeve_contracts::ingest::CloudEventEvent;
use reeve_contracts::ingest::CloudEventReceived;
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// Whether it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub received: bool,
}

/// The aggregate.
pub struct CloudEvent;

impl Decider for CloudEvent {
    type Command = CloudEventReceived;
    type Event = CloudEventEvent;
    type State = State;
    type Error = Infallible;

    fn decide(
        state: &State,
        received: CloudEventReceived,
        _: &Context,
    ) -> Result<Option<CloudEventEvent>, Infallible> {
        Ok((!state.received).then_some(CloudEventEvent::CloudEventReceived(received)))
    }

    fn evolve(_: State, _: &CloudEventEvent) -> State {
        State { received: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn it_is_stored_once() {
        let received = CloudEventEvent::CloudEventReceived(CloudEventReceived::default());
        given::<CloudEvent>([]).when(CloudEventReceived::default()).then(received.clone());
        given::<CloudEvent>([received]).when(CloudEventReceived::default()).then_nothing();
    }
}
