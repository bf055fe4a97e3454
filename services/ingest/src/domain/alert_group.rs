//! A group of alerts: each message about it is an event, and says whether the one before it was cut off.

pub use reeve_contracts::ingest::AlertGroupEvent;
use reeve_contracts::ingest::{Alert, AlertGroupReceived};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, convert::Infallible};

/// Of so many alerts without a start it is known since when they fire: those that are heard of no more would be kept for ever.
const MAX_STARTS: usize = 10_000;

/// What is known of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its last message was cut off.
    pub truncated: bool,
    /// Since when those fire whose sender says no start, by fingerprint.
    pub starts: BTreeMap<String, i64>,
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
        mut received: AlertGroupReceived,
        context: &Context,
    ) -> Result<Option<AlertGroupEvent>, Infallible> {
        received.follows_truncated = state.truncated;
        let startless = |alert: &&mut Alert| received.started_when_heard.contains(&alert.fingerprint);
        for alert in received.alerts.iter_mut().filter(startless) {
            alert.start_ms = state.starts.get(&alert.fingerprint).copied().unwrap_or(context.now.0);
        }
        Ok(Some(AlertGroupEvent::AlertGroupReceived(received)))
    }

    fn evolve(mut state: State, AlertGroupEvent::AlertGroupReceived(e): &AlertGroupEvent) -> State {
        state.truncated = e.truncated_alerts > 0;
        for alert in e.alerts.iter().filter(|alert| e.started_when_heard.contains(&alert.fingerprint)) {
            match alert.firing {
                true => state.starts.insert(alert.fingerprint.clone(), alert.start_ms),
                false => state.starts.remove(&alert.fingerprint),
            };
        }
        forget_oldest(&mut state.starts, MAX_STARTS);
        state
    }
}

/// Of more than so many those that began first are forgotten, a tenth of them at once.
fn forget_oldest(starts: &mut BTreeMap<String, i64>, most: usize) {
    if starts.len() <= most {
        return;
    }
    let mut by_start: Vec<_> =
        starts.iter().map(|(fingerprint, start)| (*start, fingerprint.clone())).collect();
    by_start.sort_unstable();
    let excess = starts.len() - most + most / 10;
    for (_, fingerprint) in by_start.into_iter().take(excess) {
        starts.remove(&fingerprint);
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

    #[test]
    fn of_alerts_that_are_heard_of_no_more_the_oldest_are_forgotten() {
        let mut starts: BTreeMap<_, _> = (0..101).map(|n: i64| (format!("{:03}", 500 - n), n)).collect();
        forget_oldest(&mut starts, 101);
        assert_eq!(starts.len(), 101);
        forget_oldest(&mut starts, 100);
        assert_eq!(starts.len(), 90);
        assert_eq!(starts.values().min(), Some(&11));
    }

    #[test]
    fn an_alert_without_a_start_began_when_it_was_heard_of_until_it_has_ended() {
        let now = reeve_testkit::context().now.0;
        let message = |firing, start_ms| AlertGroupReceived {
            alerts: vec![Alert { fingerprint: "f".into(), firing, start_ms, ..Alert::default() }],
            started_when_heard: vec!["f".into()],
            ..AlertGroupReceived::default()
        };
        let event = |firing, start_ms| AlertGroupEvent::AlertGroupReceived(message(firing, start_ms));
        given::<AlertGroup>([]).when(message(true, 0)).then(event(true, now));
        given::<AlertGroup>([event(true, 5)]).when(message(true, 0)).then(event(true, 5));
        given::<AlertGroup>([event(true, 5)]).when(message(false, 0)).then(event(false, 5));
        given::<AlertGroup>([event(true, 5), event(false, 5)]).when(message(true, 0)).then(event(true, now));
    }
}
