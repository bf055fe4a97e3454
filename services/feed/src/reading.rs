//! Reads the log behind some positions: what is there already, and what comes while the reader waits.

use crate::position::Positions;
use futures::{StreamExt, stream::SelectAll};
use reeve_event_json::{Place, for_rules, structured};
use reeve_event_pattern::{Leaves, Pattern};
use reeve_eventsourcing::{Envelope, Position, event_name};
use reeve_jetstream::{
    Bus, Error,
    follow::{self, Stored},
    store, streams,
};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// A call reads no further when its answer has as many bytes: the bus carries 1 MB.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
/// The data of an event that has more is left out: it can be read on the bus.
const MAX_EVENT_BYTES: usize = 256 * 1024;
/// A call looks at as many events and then answers where it is, so that one that selects little ends.
const MAX_LOOKED: usize = 20_000;
/// What has come already is gathered for so long before an answer is given to somebody who waits.
const GATHER_TIME: Duration = Duration::from_millis(5);

/// Which events somebody wants; by default all.
#[derive(Default)]
pub struct Selection {
    /// Types, as `NodeLost` or `reeve.nodes.NodeLost.v1`; empty: all.
    pub types: Vec<String>,
    /// What they happened to: `<aggregate>/<id>`, or the beginning of it.
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub from: Option<Timestamp>,
    pub pattern: Option<Pattern>,
}

impl Selection {
    fn wants(&self, envelope: &Envelope, place: &Place) -> bool {
        let name = event_name(&envelope.schema);
        let is_of_type = |wanted: &String| *wanted == name || *wanted == envelope.schema;
        let subject = || format!("{}/{}", envelope.aggregate.aggregate, envelope.aggregate.id);
        (self.types.is_empty() || self.types.iter().any(is_of_type))
            && self.from.is_none_or(|from| envelope.time >= from)
            && self.actor.as_ref().is_none_or(|actor| *actor == envelope.actor)
            && self.subject.as_ref().is_none_or(|wanted| subject().starts_with(wanted.as_str()))
            && self.pattern.as_ref().is_none_or(|pattern| matches(pattern, envelope, place))
    }
}

/// What cannot be decided on is not kept from who asks.
fn matches(pattern: &Pattern, envelope: &Envelope, place: &Place) -> bool {
    let Ok(events) = for_rules(envelope, place) else { return true };
    let matches =
        |event: &Value| Leaves::of(event).is_none_or(|leaves| pattern.matches(&leaves).unwrap_or(true));
    events.iter().any(matches)
}

/// What was read, and where the reader is then.
pub struct Read {
    /// Each with the positions behind it.
    pub events: Vec<(Value, String)>,
    pub positions: Positions,
}

/// Reads events behind the positions, of services whose events end there; if none of those that are there is wanted, it waits for others.
///
/// # Errors
/// When the bus does not answer.
pub async fn read(
    bus: &Bus,
    place: &Place,
    (mut positions, ends): (Positions, &BTreeMap<String, u64>),
    selection: &Selection,
    most: usize,
    wait: Duration,
) -> Result<Read, Error> {
    let (mut merged, mut behind) = (SelectAll::new(), 0u64);
    for (service, after) in &positions.0 {
        let missing = ends.get(service).copied().unwrap_or_default().saturating_sub(*after);
        behind += missing;
        if missing > 0 || !wait.is_zero() {
            let service = service.clone();
            let stored = follow::follow(bus, &streams::of_service(&service), &[], *after).await?;
            merged.push(stored.map(move |stored| (service.clone(), stored)));
        }
    }
    let (mut events, mut bytes, mut looked) = (Vec::new(), 0, 0);
    let give_up = Instant::now() + wait;
    while events.len() < most && bytes < MAX_ANSWER_BYTES && looked < MAX_LOOKED {
        let patience = match (behind, events.is_empty()) {
            (0, true) => give_up.saturating_duration_since(Instant::now()),
            (0, false) => GATHER_TIME,
            // It is there, and comes.
            _ => Duration::from_secs(5),
        };
        let Ok(Some((service, stored))) = tokio::time::timeout(patience, merged.next()).await else { break };
        let stored = stored?;
        (behind, looked) = (behind.saturating_sub(1), looked + 1);
        positions.0.insert(service, stored.sequence);
        if let Some(event) = event(bus, place, &stored, selection) {
            bytes += event.to_string().len();
            events.push((event, positions.to_string()));
        }
    }
    Ok(Read { events, positions })
}

/// The event, if it is wanted; or that it cannot be read.
pub fn event(bus: &Bus, place: &Place, stored: &Stored, selection: &Selection) -> Option<Value> {
    let position = Position(stored.sequence);
    let unreadable = |reason: String| {
        json!({
            "specversion": "1.0",
            "id": format!("{}:{}", stored.message.subject, stored.sequence),
            "source": "/reeve/feed",
            "type": "reeve.feed.EventUnreadable.v1",
            "subject": stored.message.subject,
            "time": stored.time.rfc3339(),
            "position": stored.sequence,
            "datacontenttype": "application/json",
            "data": {"reason": reason},
        })
    };
    let envelope = match store::envelope(bus, &stored.message) {
        Ok(envelope) => envelope,
        Err(error) => return Some(unreadable(error.to_string())),
    };
    if !selection.wants(&envelope, place) {
        return None;
    }
    let mut event = match structured(&envelope, position) {
        Ok(event) => event,
        Err(error) => return Some(unreadable(error.to_string())),
    };
    let bytes = event.to_string().len();
    if bytes > MAX_EVENT_BYTES {
        // As CloudEvents' claim check has it.
        event["data"] = Value::Null;
        event["dataref"] = format!("nats:{}#{}", stored.message.subject, stored.sequence).into();
    }
    Some(event)
}
