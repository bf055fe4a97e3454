//! Where consumers start, in which order they deliver, and what becomes of what fails.

use crate::{Counted, Counter, append, caused_by};
use reeve_contracts::dead_letters::DeadLetterRetryRequested;
use reeve_eventsourcing::{AggregateRef, Envelope, Event, Position};
use reeve_jetstream::{Bus, dead_letters, follow, store, streams};
use reeve_runtime::{Consumer, Delivery, HandlerError, RetryPolicy, Running, Service, run};
use reeve_testkit::{Nats, context};
use reeve_types::ids::new_uuid;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

type Seen = Arc<Mutex<Vec<(String, u64)>>>;

/// Retries fast, so that a test sees the end of it.
const HASTY: RetryPolicy =
    RetryPolicy { attempts: 3, first_delay: Duration::from_millis(20), max_delay: Duration::from_millis(20) };

/// A service whose reactor notes what it handled, and fails on the aggregate `bad` while `broken`.
fn noting(consumer: Consumer, seen: &Seen, broken: &Arc<AtomicBool>) -> Service {
    let (seen, broken) = (seen.clone(), broken.clone());
    Service::new("counters").aggregate::<Counter>().reactor(consumer, move |delivery: Delivery<Counted>| {
        let (seen, broken) = (seen.clone(), broken.clone());
        async move {
            let id = delivery.event.envelope.aggregate.id.clone();
            if id == "bad" && broken.load(Ordering::SeqCst) {
                return Err(HandlerError::Retry("it is broken".to_owned()));
            }
            // A moment, in which others may overtake.
            tokio::time::sleep(Duration::from_millis(5)).await;
            seen.lock().unwrap().push((id, delivery.event.position.0));
            Ok(())
        }
    })
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not so");
}

async fn count(running: &Running, id: &str) {
    running.handle().execute::<Counter>(id, (), &caused_by(new_uuid())).await.unwrap();
}

#[tokio::test]
async fn a_new_consumer_starts_where_it_says() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_events(&bus, "counters").await.unwrap();
    append(&bus, "counter", "before").await;
    let (all, later) = (Seen::default(), Seen::default());
    let fine = Arc::new(AtomicBool::new(false));
    let from_now = noting(Consumer::from_now("later"), &later, &fine);
    let all_too = all.clone();
    let service = from_now.reactor(Consumer::from_beginning("all"), move |delivery: Delivery<Counted>| {
        let aggregate = delivery.event.envelope.aggregate.id.clone();
        all_too.lock().unwrap().push((aggregate, delivery.event.position.0));
        async { Ok(()) }
    });
    let running = run(service, bus.clone(), nats.folder()).await.unwrap();
    count(&running, "after").await;
    until("the new event is handled", async || !later.lock().unwrap().is_empty()).await;
    running.stop().await;
    // What happens while nobody is there is not lost: it is no new consumer any more.
    append(&bus, "counter", "meanwhile").await;
    let running = run(noting(Consumer::from_now("later"), &later, &fine), bus, nats.folder()).await.unwrap();
    until("what happened meanwhile is handled", async || later.lock().unwrap().len() == 2).await;
    let ids: Vec<String> = later.lock().unwrap().iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(ids, ["after", "meanwhile"]);
    assert_eq!(all.lock().unwrap()[0].0, "before");
    running.stop().await;
}

/// Appends so many events of one aggregate.
async fn history(bus: &Bus, id: &str, events: usize) {
    let mut expected = Position(0);
    for _ in 0..events {
        let context = reeve_eventsourcing::Context { command_id: new_uuid(), ..context() };
        let envelope = Envelope::of(&AggregateRef::of::<Counted>(id), &Counted, &context);
        expected = store::append(bus, &envelope, expected).await.unwrap();
    }
}

#[tokio::test]
async fn an_aggregates_events_are_handled_in_order_and_a_failing_one_holds_up_no_other() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_events(&bus, "counters").await.unwrap();
    streams::ensure_node_streams(&bus).await.unwrap();
    history(&bus, "bad", 3).await;
    for id in ["a", "b", "c"] {
        history(&bus, id, 20).await;
    }
    let (seen, broken) = (Seen::default(), Arc::new(AtomicBool::new(true)));
    let patient = RetryPolicy { attempts: 1_000, ..HASTY };
    let consumer = Consumer::from_beginning("noting").in_order().concurrency(4).retrying(patient);
    let running = run(noting(consumer, &seen, &broken), bus.clone(), nats.folder()).await.unwrap();
    until("the others are handled", async || seen.lock().unwrap().len() == 60).await;
    broken.store(false, Ordering::SeqCst);
    until("the failing one is handled", async || seen.lock().unwrap().len() == 63).await;
    let mut last: HashMap<String, u64> = HashMap::new();
    for (id, position) in seen.lock().unwrap().iter() {
        let before = last.insert(id.clone(), *position);
        assert!(before.is_none_or(|before| before < *position), "{id} at {position} after {before:?}");
    }
    running.stop().await;
}

async fn letters(bus: &Bus) -> u64 {
    streams::last_sequence(bus, streams::DEAD_LETTER_QUEUE).await.unwrap()
}

#[tokio::test]
async fn what_is_given_up_on_is_a_dead_letter_that_can_be_retried() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_node_streams(&bus).await.unwrap();
    let (seen, broken) = (Seen::default(), Arc::new(AtomicBool::new(true)));
    for (name, consumer) in [
        ("unordered", Consumer::from_beginning("unordered").retrying(HASTY)),
        ("in-order", Consumer::from_beginning("in-order").in_order().retrying(HASTY)),
    ] {
        seen.lock().unwrap().clear();
        broken.store(true, Ordering::SeqCst);
        let before = letters(&bus).await;
        let folder = nats.folder().join(name);
        let running = run(noting(consumer, &seen, &broken), bus.clone(), &folder).await.unwrap();
        if before == 0 {
            count(&running, "bad").await;
            count(&running, "good").await;
        }
        until("it is given up on", async || letters(&bus).await == before + 1).await;
        let (sequence, message) = dead_letters::original(&bus, before + 1).await.unwrap().unwrap();
        assert_eq!((sequence, message.subject.as_str()), (1, "reeve.evt.counters.counter.bad"));
        assert_eq!(message.headers.get("ce-type"), Some(Counted.schema()));
        until("the other is handled", async || !seen.lock().unwrap().is_empty()).await;

        let retry = async |handler: &str| {
            let request = DeadLetterRetryRequested { number: before + 1, handler: handler.to_owned() };
            let context = caused_by(new_uuid());
            running.handle().request_of("counters", &request, &context).await.unwrap();
        };
        let last = async || {
            let number = letters(&bus).await;
            let mut queue = follow::follow(&bus, streams::DEAD_LETTER_QUEUE, &[], number - 1).await.unwrap();
            futures::StreamExt::next(&mut queue).await.unwrap().unwrap().message
        };
        // It fails again, and once it does not.
        retry(name).await;
        until("it failed again", async || letters(&bus).await == before + 2).await;
        assert_eq!(last().await.headers.get(dead_letters::RETRY_OF), Some((before + 1).to_string().as_str()));
        broken.store(false, Ordering::SeqCst);
        retry(name).await;
        until("it was handled", async || letters(&bus).await == before + 3).await;
        assert!(last().await.subject.starts_with("reeve.dead-letter-resolved.counters."));
        assert!(seen.lock().unwrap().iter().any(|(id, _)| id == "bad"));
        retry("nobody").await;
        until("there is no such handler", async || letters(&bus).await == before + 4).await;
        let reason = last().await.headers.get(dead_letters::REASON).unwrap_or_default().to_owned();
        assert!(reason.contains("\"nobody\""), "{reason}");
        running.stop().await;
    }
}
