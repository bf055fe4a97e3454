//! Why events came: the event that each of them names as its cause, or the call, the report or the instant that led to it.
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
use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};
use uuid::Uuid;

/// So long before an event its cause is looked for. What a service does because of an event it does at once.
const SEARCH_SECONDS: i64 = 60;
/// As many events of each service are looked at, for one answer.
const MAX_LOOKED: usize = 20_000;

/// What an event's cause is found by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    id: Uuid,
    service: String,
    subject: String,
    pub position: u64,
    schema: String,
    time: Timestamp,
    actor: String,
    correlation_id: Uuid,
    cause_id: Option<Uuid>,
}

impl Link {
    pub fn of(envelope: &Envelope, position: Position) -> Self {
        Self {
            id: envelope.id,
            service: envelope.aggregate.service.clone(),
            subject: envelope.aggregate.subject(),
            position: position.0,
            schema: envelope.schema.clone(),
            time: envelope.time,
            actor: envelope.actor.clone(),
            correlation_id: envelope.correlation_id,
            cause_id: envelope.cause_id,
        }
    }

    /// Of an event that cannot be read: nothing is known of it.
    pub fn unreadable(stored: &Stored, service: &str) -> Self {
        Self {
            id: Uuid::nil(),
            service: service.to_owned(),
            subject: stored.message.subject.clone(),
            position: stored.sequence,
            schema: String::new(),
            time: stored.time,
            actor: String::new(),
            correlation_id: Uuid::nil(),
            cause_id: None,
        }
    }

    /// Why it came, where the event says that itself. `before` are the other events of its aggregate that are at hand: what a service
    /// does at an instant is because of what its aggregate had come to.
    fn told(&self, before: &[Self]) -> Option<Cause> {
        let from = |kind: &'static str| Some(Cause { kind, ..Cause::default() });
        match (self.actor.as_str(), self.cause_id) {
            _ if self.schema.is_empty() => Some(Cause::unknown("the event cannot be read")),
            (_, Some(_)) => None,
            (actor, None) if actor.starts_with("service:") => {
                let mine = before.iter().filter(|other| self.goes_on(other));
                mine.max_by_key(|other| other.position).map(Cause::due).or_else(|| from("own"))
            }
            (actor, None) if actor.starts_with("node:") => from("report"),
            (_, None) => from("call"),
        }
    }

    /// Whether the other one comes before it in its aggregate and its chain.
    fn goes_on(&self, other: &Self) -> bool {
        self.subject == other.subject
            && self.service == other.service
            && self.correlation_id == other.correlation_id
            && other.position < self.position
    }
}

/// Why an event came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cause {
    /// `call`: its actor's. `report`: a node's. `own`: of the service's own accord, such as what was due. `due`: an instant, after
    /// the event that is named. `event`: another event. `unknown`: it was not found.
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

    fn due(link: &Link) -> Self {
        Self { kind: "due", ..Self::event(link) }
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
    let unsaid: Vec<&Link> = links.iter().filter(|link| link.told(links).is_none()).collect();
    let sought: HashSet<Uuid> = unsaid.iter().filter_map(|link| link.cause_id).collect();
    let spans = spans(&unsaid);
    let (mut candidates, mut is_cut) = (links.to_vec(), false);
    for service in services {
        let looked = AtomicUsize::new(0);
        let each = spans.iter().map(|span| named(bus, service, *span, &sought, &looked));
        candidates.extend(try_join_all(each).await?.into_iter().flatten());
        is_cut |= looked.into_inner() >= MAX_LOOKED;
    }
    let cause = |link: &Link| {
        let found = candidates.iter().find(|other| link.cause_id == Some(other.id));
        link.told(links).or_else(|| found.map(Cause::event)).unwrap_or_else(|| {
            let what =
                if is_cut { "the log has too many events" } else { "the event that it names is not there" };
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

/// The events of a service in a span of time that are named as causes.
async fn named(
    bus: &Bus,
    service: &str,
    (from, to): (Timestamp, Timestamp),
    sought: &HashSet<Uuid>,
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
            && sought.contains(&envelope.id)
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

    fn link(subject: &str, position: u64, time: i64, actor: &str, chain: u128, cause: Option<u128>) -> Link {
        Link {
            id: Uuid::from_u128(u128::from(position)),
            service: "s".to_owned(),
            subject: subject.to_owned(),
            position,
            schema: "t".to_owned(),
            time: Timestamp(time),
            actor: actor.to_owned(),
            correlation_id: Uuid::from_u128(chain),
            cause_id: cause.map(Uuid::from_u128),
        }
    }

    #[test]
    fn what_no_event_led_to_says_itself_why_it_came() {
        let told = |actor: &str, cause| link("a", 7, 5, actor, 1, cause).told(&[]).map(|cause| cause.kind);
        assert_eq!(told("alice", None), Some("call"));
        assert_eq!(told("node:mi-1", None), Some("report"));
        assert_eq!(told("service:nodes", None), Some("own"));
        assert_eq!(told("service:nodes", Some(2)), None);
        assert_eq!(told("", None), Some("call"), "an enrolment has no signature");
        let unreadable = Link { schema: String::new(), ..link("a", 7, 5, "", 1, None) };
        assert_eq!(unreadable.told(&[]).map(|cause| cause.kind), Some("unknown"));
    }

    #[test]
    fn what_was_due_comes_after_what_its_aggregate_had_come_to() {
        let of = |position, chain| link("a", position, 50, "service:x", chain, None);
        let event = of(7, 1);
        let others =
            [of(3, 1), of(5, 1), event.clone(), of(8, 1), of(6, 9), link("b", 6, 50, "alice", 1, None)];
        let cause = event.told(&others).unwrap();
        assert_eq!((cause.kind, cause.position), ("due", Some(5)));
    }

    #[test]
    fn spans_that_touch_are_looked_through_once() {
        let links = [10_000, 30_000, 500_000].map(|time| link("a", 1, time, "service:x", 1, None));
        let spans = spans(&links.iter().collect::<Vec<_>>());
        let expected = [(10_000 - 60_000, 30_000), (500_000 - 60_000, 500_000)];
        assert_eq!(spans, expected.map(|(from, to)| (Timestamp(from), Timestamp(to))));
    }
}
