//! What `GET /readyz` says of the installation beside what the gateway itself knows: streams that are missing, dispatch
//! keys that end, and how many dead letters wait for an operator.

use super::services;
use futures::StreamExt;
use reeve_contracts::dead_letters::DeadLetterEvent;
use reeve_eventsourcing::Event;
use reeve_gateway::Readiness;
use reeve_jetstream::{Bus, Error, follow, store, streams};
use reeve_nodes::domain::keys::WARNING_SECONDS;
use reeve_types::Timestamp;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use tokio::sync::watch;

/// Between two looks for whether each stream is there, and two attempts to follow one.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// What is known, as it changes; the watching ends with the process.
pub fn watch(bus: Bus) -> watch::Receiver<Readiness> {
    let (sender, receiver) = watch::channel(Readiness::default());
    let (counting, counted) = (bus.clone(), sender.clone());
    tokio::spawn(async move {
        loop {
            if let Err(error) = count_dead_letters(&counting, &counted).await {
                tracing::debug!(%error, "dead letters are not counted at the moment");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    });
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            // That the bus is away is said elsewhere.
            if bus.is_connected() {
                let mut problems = missing_streams(&bus).await;
                let (problem, note) = dispatch_keys(&bus, Timestamp::now()).await;
                problems.extend(problem);
                sender.send_if_modified(|readiness| {
                    let changed = readiness.problems != problems || readiness.keys != note;
                    readiness.problems.clone_from(&problems);
                    readiness.keys.clone_from(&note);
                    changed
                });
            }
        }
    });
    receiver
}

async fn missing_streams(bus: &Bus) -> Vec<String> {
    let of_service = |service| (streams::of_service(service), format!(" of the events of {service}"));
    let shared = streams::SHARED.into_iter().map(|stream| (stream.to_owned(), String::new()));
    let mut problems = Vec::new();
    for (stream, what) in services::names().map(of_service).chain(shared) {
        match streams::exists(bus, &stream).await {
            Ok(true) | Err(_) => {}
            Ok(false) => problems.push(format!("the stream {stream}{what} is missing")),
        }
    }
    problems
}

/// What is wrong with the dispatch keys, or will be in some weeks.
async fn dispatch_keys(bus: &Bus, now: Timestamp) -> (Option<String>, Option<String>) {
    // That the service is away is said elsewhere.
    let Ok(answer) = services::ask_nodes(bus, "GetDispatchKeys", &json!({})).await else {
        return (None, None);
    };
    let end =
        answer.get("expires").and_then(serde_json::Value::as_f64).and_then(Timestamp::from_epoch_seconds);
    match end {
        Some(end) if now >= end => {
            let problem =
                format!("the dispatch keys expired at {end}, and no node runs anything: `reeve keys renew`");
            (Some(problem), None)
        }
        Some(end) if now.plus_seconds(WARNING_SECONDS) >= end => {
            let note = format!(
                "the dispatch keys expire at {end}, and then no node runs anything: `reeve keys renew`, or let \
                 `reeve serve key-renewal` do it"
            );
            (None, Some(note))
        }
        _ => (None, None),
    }
}

/// Follows the dead letters' events for as long as the bus lets it.
async fn count_dead_letters(bus: &Bus, readiness: &watch::Sender<Readiness>) -> Result<(), Error> {
    streams::ensure_events(bus, DeadLetterEvent::SERVICE).await?;
    let stream = streams::of_service(DeadLetterEvent::SERVICE);
    let mut events = follow::follow(bus, &stream, &[], 0).await?;
    let mut unsettled = BTreeSet::new();
    while let Some(event) = events.next().await {
        let event = event?;
        let Ok(envelope) = store::envelope(bus, &event.message) else { continue };
        let id = envelope.aggregate.id.clone();
        match DeadLetterEvent::decode(&envelope.schema, &envelope.data) {
            Ok(DeadLetterEvent::DeadLetterRecorded(_)) => unsettled.insert(id),
            Ok(DeadLetterEvent::DeadLetterResolved(_) | DeadLetterEvent::DeadLetterDiscarded(_)) => {
                unsettled.remove(&id)
            }
            _ => continue,
        };
        let notes = match unsettled.len() {
            0 => Vec::new(),
            1 => vec!["1 dead letter waits: see `reeve dead-letters list`".to_owned()],
            count => vec![format!("{count} dead letters wait: see `reeve dead-letters list`")],
        };
        readiness.send_modify(|readiness| readiness.notes = notes);
    }
    Ok(())
}
