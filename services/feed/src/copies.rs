//! The events of some services as JSON on the bus, for subscribers that have no protobuf: `reeve.json.<service>.<aggregate>.<id>`,
//! in a stream for each service. There is a copy as long as somebody may read it (docs/adr/0045-events-as-json-on-the-bus.md).
//!
//! A copy is in the order of the log and has each event once, whatever ends in between and however many replicas there are:
//! each message says which position it is of, the last one says where to go on, and is stored only behind that one.

use crate::{
    Config,
    reading::{Selection, event},
};
use futures::StreamExt;
use reeve_contracts::access::SubscriberEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_jetstream::{
    Bus, Error, Headers,
    follow::{self, Stored},
    store, streams,
};
use reeve_runtime::{Handle, HandlerError};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::task::{AbortHandle, JoinSet};

/// Who may read which events, by name.
const SUBSCRIBERS: &str = "subscribers";
/// The header that says which position of its service's events a message is.
const POSITION: &str = "reeve-position";
/// CloudEvents over NATS, in structured mode.
const CONTENT_TYPE: &str = "application/cloudevents+json; charset=UTF-8";
/// Clocks of the services and of the bus differ by less.
const CLOCK_DIFFERENCE_SECONDS: i64 = 60;
/// Before a copy that was interrupted goes on.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// A subscriber's services, and since when.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct SubscriberRow {
    services: Vec<String>,
    since: Timestamp,
}

/// Keeps [`SUBSCRIBERS`].
pub(crate) struct Subscribers;

impl Projection for Subscribers {
    const NAME: &'static str = "subscribers";
    const VERSION: u32 = 1;
    type Event = SubscriberEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<SubscriberEvent>) {
        match &event.event {
            SubscriberEvent::SubscriberCreated(e) => {
                let row = SubscriberRow { services: e.services.clone(), since: event.envelope.time };
                view.put_row(SUBSCRIBERS, &e.name, row);
            }
            SubscriberEvent::SubscriberDeleted(e) => view.remove(SUBSCRIBERS, e.name.as_bytes()),
        }
    }
}

/// The services that somebody reads, each since when.
fn wanted(handle: &Handle) -> BTreeMap<String, Timestamp> {
    let mut wanted = BTreeMap::new();
    for (_, row) in handle.views().scan::<SubscriberRow>(SUBSCRIBERS, "", None, usize::MAX).rows {
        for service in row.services {
            let since = wanted.entry(service).or_insert(row.since);
            *since = row.since.min(*since);
        }
    }
    wanted
}

/// Keeps a copy for each service that somebody reads, and ends it when nobody does any more.
pub(crate) async fn keep(config: Arc<Config>, handle: Handle) -> Result<(), HandlerError> {
    let mut changes = handle.views().changes(SUBSCRIBERS);
    let mut tasks = JoinSet::new();
    let mut running: BTreeMap<String, AbortHandle> = BTreeMap::new();
    loop {
        changes.borrow_and_update();
        let wanted = wanted(&handle);
        running.retain(|service, task| {
            let stays = wanted.contains_key(service);
            if !stays {
                task.abort();
            }
            stays
        });
        for (service, since) in wanted {
            running.entry(service.clone()).or_insert_with(|| {
                tasks.spawn(keep_one(config.clone(), handle.bus().clone(), service, since))
            });
        }
        tokio::select! {
            changed = changes.changed() => changed.map_err(|e| HandlerError::Unavailable(e.to_string()))?,
            Some(ended) = tasks.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    return Err(HandlerError::Retry("a copy of events panicked".to_owned()));
                }
            }
        }
    }
}

async fn keep_one(config: Arc<Config>, bus: Bus, service: String, since: Timestamp) {
    loop {
        if let Err(error) = copy(&config, &bus, &service, since).await {
            tracing::warn!(service, %error, "the copy of events as JSON was interrupted and goes on");
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Copies events until something is in the way.
async fn copy(config: &Config, bus: &Bus, service: &str, since: Timestamp) -> Result<(), Error> {
    streams::ensure_json(bus, service).await?;
    let copies = streams::of_json(service);
    let mut last = streams::last_sequence(bus, &copies).await?;
    let found = store::last_headers(bus, &copies, &format!("reeve.json.{service}.>")).await?;
    let events = match found {
        Some((sequence, _)) if sequence != last => {
            return Err(Error::Conflict(copies));
        }
        Some((_, headers)) => {
            let position = headers.get(POSITION).and_then(|text| text.parse().ok());
            let position = position.ok_or_else(|| Error::Bus {
                what: "tell how far a copy of events has come",
                reason: format!("the last message of {copies} has no header {POSITION}"),
            })?;
            follow::follow(bus, &streams::of_service(service), &[], position).await?
        }
        // There was none, or it is not kept any more: nor would be what is older.
        None => {
            let kept = i64::try_from(streams::JSON_RETENTION.as_secs()).unwrap_or(i64::MAX);
            let oldest = Timestamp::now().plus_seconds(-kept);
            let since = since.plus_seconds(-CLOCK_DIFFERENCE_SECONDS).max(oldest);
            follow::follow_since(bus, &streams::of_service(service), since).await?
        }
    };
    let mut events = events;
    while let Some(stored) = events.next().await {
        last = put(config, bus, &stored?, last).await?;
    }
    Ok(())
}

async fn put(config: &Config, bus: &Bus, stored: &Stored, last: u64) -> Result<u64, Error> {
    let Some(subject) = streams::json_subject(&stored.message.subject) else { return Ok(last) };
    let Some(event) = event(bus, &config.place, stored, &Selection::default()) else { return Ok(last) };
    let headers =
        Headers::default().with("content-type", CONTENT_TYPE).with(POSITION, stored.sequence.to_string());
    store::store_behind(bus, &subject, headers, event.to_string().into(), last).await
}
