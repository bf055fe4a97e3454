//! A group of alerts: each message about it is an event, and says whether the one before it was cut off.

pub use reeve_contracts::ingest::AlertGroupEvent;
use reeve_contracts::ingest::AlertGroupReceived;
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What is known of the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its last message was cut off.
    pub truncated: bool,
}

/// The aggregate.
pub struct AlertGroup;

impl Decider for AlertGroup {
    type Command = AlertGroupReceived;
    type Event = AlertGroupEvent;
    type State = State;
    type Error = Infallible;

    fn decide(
        state: &State,
        received: AlertGroupReceived,
        _: &Context,
    ) -> Result<Option<AlertGroupEvent>, Infallible> {
        let received = AlertGroupReceived { follows_truncated: state.truncated, ..received };
        Ok(Some(AlertGroupEvent::AlertGroupReceived(received)))
    }

    fn evolve(_: State, AlertGroupEvent::AlertGroupReceived(e): &AlertGroupEvent) -> State {
        State { truncated: e.truncated_alerts > 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn every_message_is_an_event_and_says_what_it_follows() {
        let message = |truncated_alerts, follows_truncated| AlertGroupReceived {
            truncated_alerts,
            follows_truncated,
            ..AlertGroupReceived::default()
        };
        let event = |truncated, follows| AlertGroupEvent::AlertGroupReceived(message(truncated, follows));
        given::<AlertGroup>([]).when(message(0, false)).then(event(0, false));
        given::<AlertGroup>([event(0, false)]).when(message(0, false)).then(event(0, false));
        given::<AlertGroup>([event(3, false)]).when(message(2, false)).then(event(2, true));
        given::<AlertGroup>([event(3, false), event(0, true)]).when(message(0, true)).then(event(0, false));
    }
}
