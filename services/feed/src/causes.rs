//! Why events came: the event before each of them in the same chain of changes, or the call that began it.
//!
//! Nothing is kept for this. The log is read for a while before each event; what is not found in it is said to be not known.

use futures::{StreamExt, future::try_join_all};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{
    Bus, Error,
    follow::{self, Stored},
    store, streams,
};
use reeve_types::Timestamp;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// So long before an event its cause is looked for. What a service does because of an event it does at once.
const SEARCH_SECONDS: i64 = 60;
/// As many events of each service are looked at, for one answer.
const MAX_LOOKED: usize = 20_000;

/// What an event's cause is found by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    service: String,
    subject: String,
    pub position: u64,
    schema: String,
    time: Timestamp,
    actor: String,
    correlation_id: Uuid,
    causation_id: Uuid,
}

impl Link {
    pub fn of(envelope: &Envelope, position: Position) -> Self {
        Self {
            service: envelope.aggregate.service.clone(),
            subject: envelope.aggregate.subject(),
            position: position.0,
            schema: envelope.schema.clone(),
            time: envelope.time,
            actor: envelope.actor.clone(),
            correlation_id: envelope.correlation_id,
            causation_id: envelope.causation_id,
        }
    }

    /// Of an event that cannot be read: nothing is known of it.
    pub fn unreadable(stored: &Stored, service: &str) -> Self {
        Self {
            service: service.to_owned(),
            subject: stored.message.subject.clone(),
            position: stored.sequence,
            schema: String::new(),
            time: stored.time,
            actor: String::new(),
            correlation_id: Uuid::nil(),
            causation_id: Uuid::nil(),
        }
    }

    /// Why it came, where the event says that itself.
    fn told(&self) -> Option<Cause> {
        let from = |kind: &'static str| Some(Cause { kind, ..Cause::default() });
        match (self.actor.as_str(), self.correlation_id == self.causation_id) {
            ("", _) => Some(Cause::unknown("the event cannot be read")),
            (actor, true) if actor.starts_with("service:") => from("own"),
            (actor, true) if actor.starts_with("node:") => from("report"),
            (_, true) => from("call"),
            (_, false) => None,
        }
    }

    /// Whether the other one comes before it in its chain.
    fn follows(&self, other: &Self) -> bool {
        let is_earlier = match self.subject == other.subject {
            true => other.position < self.position,
            // Of two at one instant it is not known which was first; that they are one chain is.
            false => other.time <= self.time,
        };
        self.correlation_id == other.correlation_id && is_earlier
    }
}

/// Why an event came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cause {
    /// `call`: its actor's. `report`: a node's. `own`: of the service's own accord, such as what was due. `event`: another
    /// event. `unknown`: it was not found.
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    service: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    schema: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    time: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

impl Cause {
    fn unknown(reason: &str) -> Self {
        Self { kind: "unknown", reason: reason.to_owned(), ..Self::default() }
    }

    fn event(link: &Link) -> Self {
        Self {
            kind: "event",
            service: link.service.clone(),
            subject: aggregate_of(&link.subject),
            schema: link.schema.clone(),
            time: link.time.rfc3339(),
            actor: link.actor.clone(),
            position: Some(link.position),
            reason: String::new(),
        }
    }
}

/// The cause of each of some events of one aggregate, looked for among the events of these services.
///
/// # Errors
/// When the bus does not answer.
pub(crate) async fn causes(bus: &Bus, services: &[String], links: &[Link]) -> Result<Vec<Cause>, Error> {
    let sought: Vec<&Link> = links.iter().filter(|link| link.told().is_none()).collect();
    let spans = spans(&sought);
    let (mut candidates, mut is_cut) = (links.to_vec(), false);
    for service in services {
        let looked = AtomicUsize::new(0);
        let each = spans.iter().map(|span| chains(bus, service, *span, &sought, &looked));
        candidates.extend(try_join_all(each).await?.into_iter().flatten());
        is_cut |= looked.into_inner() >= MAX_LOOKED;
    }
    let cause = |link: &Link| {
        let found = candidates.iter().filter(|other| link.follows(other));
        link.told().or_else(|| found.max_by_key(|other| other.time).map(Cause::event)).unwrap_or_else(|| {
            let what = if is_cut { "the log has too many events" } else { "there is no event of its chain" };
            let looked_in = services.join(", ");
            Cause::unknown(&format!(
                "{what} in the {SEARCH_SECONDS} seconds before it, among those of {looked_in}"
            ))
        })
    };
    Ok(links.iter().map(cause).collect())
}

/// The times in which causes are looked for, each once.
fn spans(links: &[&Link]) -> Vec<(Timestamp, Timestamp)> {
    let mut all: Vec<_> =
        links.iter().map(|link| (link.time.plus_seconds(-SEARCH_SECONDS), link.time)).collect();
    all.sort();
    let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in all {
        match spans.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => spans.push((from, to)),
        }
    }
    spans
}

/// The events of a service in a span of time that belong to one of the chains.
async fn chains(
    bus: &Bus,
    service: &str,
    (from, to): (Timestamp, Timestamp),
    sought: &[&Link],
    looked: &AtomicUsize,
) -> Result<Vec<Link>, Error> {
    let stream = streams::of_service(service);
    let mut found = Vec::new();
    let Some((last, headers)) = store::last_headers(bus, &stream, &format!("reeve.evt.{service}.>")).await?
    else {
        return Ok(found);
    };
    let last_time = headers.get("ce-time").and_then(Timestamp::parse_rfc3339);
    if last_time.is_some_and(|time| time < from) {
        return Ok(found);
    }
    // The bus stores an event a little after it was decided on.
    let mut events = follow::follow_since(bus, &stream, from).await?;
    while let Some(stored) = events.next().await {
        let stored = stored?;
        if let Ok(envelope) = store::envelope(bus, &stored.message)
            && sought.iter().any(|link| link.correlation_id == envelope.correlation_id)
        {
            found.push(Link::of(&envelope, Position(stored.sequence)));
        }
        let enough = looked.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_LOOKED;
        if enough || stored.sequence >= last || stored.time > to.plus_seconds(1) {
            break;
        }
    }
    Ok(found)
}

/// The aggregate that a subject is of; the subject itself, where it is of none.
pub(crate) fn aggregate_of(subject: &str) -> String {
    let of = subject.parse::<AggregateRef>();
    of.map_or_else(|_| subject.to_owned(), |of| format!("{}/{}", of.aggregate, of.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(subject: &str, position: u64, time: i64, actor: &str, chain: u128, command: u128) -> Link {
        Link {
            service: "s".to_owned(),
            subject: subject.to_owned(),
            position,
            schema: "t".to_owned(),
            time: Timestamp(time),
            actor: actor.to_owned(),
            correlation_id: Uuid::from_u128(chain),
            causation_id: Uuid::from_u128(command),
        }
    }

    #[test]
    fn the_first_of_a_chain_says_itself_why_it_came() {
        let kind =
            |actor: &str, command: u128| link("a", 1, 5, actor, 1, command).told().map(|cause| cause.kind);
        assert_eq!(kind("alice", 1), Some("call"));
        assert_eq!(kind("node:mi-1", 1), Some("report"));
        assert_eq!(kind("service:nodes", 1), Some("own"));
        assert_eq!(kind("service:nodes", 2), None);
        assert_eq!(kind("", 1), Some("unknown"));
    }

    #[test]
    fn what_comes_before_is_of_the_chain_and_earlier_and_not_the_event_itself() {
        let event = link("a", 7, 50, "service:x", 1, 2);
        assert!(event.follows(&link("b", 9, 50, "alice", 1, 1)), "at one instant, of another aggregate");
        assert!(event.follows(&link("a", 6, 50, "alice", 1, 1)));
        assert!(!event.follows(&event.clone()));
        assert!(!event.follows(&link("a", 8, 60, "service:x", 1, 3)), "later");
        assert!(!event.follows(&link("b", 9, 51, "alice", 1, 1)), "later");
        assert!(!event.follows(&link("b", 3, 40, "alice", 9, 9)), "of another chain");
    }

    #[test]
    fn spans_that_touch_are_looked_through_once() {
        let links = [10_000, 30_000, 500_000].map(|time| link("a", 1, time, "service:x", 1, 2));
        let spans = spans(&links.iter().collect::<Vec<_>>());
        let expected = [(10_000 - 60_000, 30_000), (500_000 - 60_000, 500_000)];
        assert_eq!(spans, expected.map(|(from, to)| (Timestamp(from), Timestamp(to))));
    }
}
