//! What `GET /readyz` says of the installation beside what the gateway itself knows: streams that are missing, servers of the bus that are away, dispatch
//! keys that end, and how many dead letters wait for an operator.

use super::services;
use futures::{StreamExt, future::join_all};
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

/// As many rounds in a row nobody answers for a stream before that is said.
const MAX_ROUNDS_WITHOUT_ANSWER: u32 = 2;

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
        let mut rounds_without_answer = 0;
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            // That the bus is away is said elsewhere.
            if bus.is_connected() {
                let connection = *bus.connections().borrow();
                let (mut problems, mut of_bus, unanswered) = match look_at_streams(&bus).await {
                    Ok(found) => found,
                    // Nobody was there to answer while it was started anew.
                    Err(_) if *bus.connections().borrow() != connection => continue,
                    Err(problem) => {
                        let problems = vec![problem];
                        sender.send_modify(|it| {
                            *it = Readiness { problems, notes: it.notes.clone(), ..Readiness::default() }
                        });
                        continue;
                    }
                };
                rounds_without_answer = if unanswered == 0 { 0 } else { rounds_without_answer + 1 };
                // Servers of a cluster that agree on another one to lead do not answer for some seconds.
                if bus.is_replicated() && rounds_without_answer >= MAX_ROUNDS_WITHOUT_ANSWER {
                    problems.push(format!(
                        "the bus has no quorum for {unanswered} of its streams: most of the servers that keep them are away"
                    ));
                    of_bus.clear();
                }
                let (problem, note) = dispatch_keys(&bus, Timestamp::now()).await;
                problems.extend(problem);
                sender.send_if_modified(|readiness| {
                    let changed =
                        readiness.problems != problems || readiness.keys != note || readiness.bus != of_bus;
                    readiness.bus.clone_from(&of_bus);
                    readiness.problems.clone_from(&problems);
                    readiness.keys.clone_from(&note);
                    changed
                });
            }
        }
    });
    receiver
}

/// Which streams are missing, which servers of a cluster are away, and for how many streams nobody answers; or why a bus of one server
/// says nothing about any of them. One that hangs keeps its connections.
async fn look_at_streams(bus: &Bus) -> Result<(Vec<String>, Vec<String>, usize), String> {
    let of_service = |service| (streams::of_service(service), format!(" of the events of {service}"));
    let shared = streams::SHARED.into_iter().map(|stream| (stream.to_owned(), String::new()));
    let looks = services::names().map(of_service).chain(shared).map(|(stream, what)| async move {
        let away = streams::servers_away(bus, &stream).await;
        (stream, what, away)
    });
    let (mut problems, mut servers, mut unanswered) = (Vec::new(), BTreeSet::new(), 0);
    let looked = join_all(looks).await;
    if !bus.is_replicated() && looked.iter().all(|(.., away)| away.is_err()) {
        let mut errors = looked.into_iter().filter_map(|(.., away)| away.err());
        return Err(match errors.find(|error| !matches!(error, Error::TimedOut { .. })) {
            None => "the bus does not answer".to_owned(),
            Some(error) => format!("the bus says nothing about its streams: {error}"),
        });
    }
    for (stream, what, away) in looked {
        match away {
            Ok(Some(away)) => servers.extend(away),
            Ok(None) => problems.push(format!("the stream {stream}{what} is missing")),
            Err(_) => unanswered += 1,
        }
    }
    let servers = servers.into_iter();
    let servers = servers.map(|name| format!("the server {name} of the bus is away, or behind the others"));
    let notes = servers.chain(missing_copies(bus).await);
    Ok((problems, notes.collect(), unanswered))
}

/// Without these everything works but subscribers, who read them.
async fn missing_copies(bus: &Bus) -> Option<String> {
    let looks =
        services::names().map(|name| async move { streams::exists(bus, &streams::of_json(name)).await });
    let missing = join_all(looks).await.into_iter().filter(|found| matches!(found, Ok(false))).count();
    (missing > 0).then(|| {
        format!(
            "the streams of events as JSON of {missing} services are missing: the disk of the bus has no room for them, each reserves 1 GiB"
        )
    })
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
        _ => (None, brought_by_a_node(&answer)),
    }
}

/// After a restore of an older log its nodes bring the keys that it did not know; whether the seed of one of them is here, run-command knows.
fn brought_by_a_node(answer: &serde_json::Value) -> Option<String> {
    let node = answer.get("broughtBy")?.as_str()?;
    Some(format!(
        "the log was restored, and {node} brought newer dispatch keys than it had: if commands wait, the seeds of these were not restored, \
         and `reeve keys rotate` makes another key"
    ))
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
