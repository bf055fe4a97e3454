//! The runtime on a real NATS: what a second delivery leads to.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/as_of.rs"]
mod as_of;
#[path = "it/consumers.rs"]
mod consumers;
#[path = "it/given_back.rs"]
mod given_back;
#[path = "it/groups.rs"]
mod groups;
#[path = "it/requests.rs"]
mod requests;
#[path = "it/restarts.rs"]
mod restarts;
#[path = "it/stopping.rs"]
mod stopping;
#[path = "it/timers.rs"]
mod timers;

use bytes::Bytes;
use futures::StreamExt;
use reeve_eventsourcing::{
    AggregateRef, Context, Decider, DecodeError, Envelope, Event, Position, Projection, Recorded, View,
    ViewExt,
};
use reeve_jetstream::{
    Headers,
    consume::{self, StartAt},
    serve, store, streams,
};
use reeve_runtime::{Call, Consumer, Delivery, ExecuteError, Operation, Service, run};
use reeve_testkit::{Nats, context};
use reeve_types::{Timestamp, ids::new_uuid};
use std::{collections::BTreeSet, time::Duration};
use tokio::sync::mpsc;
use uuid::Uuid;

/// One more.
#[derive(Clone, Debug, PartialEq)]
struct Counted;

impl Event for Counted {
    const SERVICE: &'static str = "counters";
    const AGGREGATE: &'static str = "counter";
    const ID_PARTS: usize = 1;
    fn schema(&self) -> &'static str {
        "reeve.counters.Counted.v1"
    }
    fn encode(&self) -> Bytes {
        Bytes::new()
    }
    fn decode(_: &str, _: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

/// Counts to a limit, so that a command does not tell by itself that it was there before.
struct Counter;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("enough")]
struct Enough;

impl Decider for Counter {
    type Command = ();
    type Event = Counted;
    type State = u32;
    type Error = Enough;
    fn decide(state: &u32, (): (), _: &Context) -> Result<Option<Counted>, Enough> {
        if *state < 3 { Ok(Some(Counted)) } else { Err(Enough) }
    }
    fn evolve(state: u32, _: &Counted) -> u32 {
        state + 1
    }
}

fn caused_by(command_id: Uuid) -> Context {
    Context { command_id, ..context() }
}

#[tokio::test]
async fn a_second_delivery_decides_nothing_new() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let service = || Service::new("counters").aggregate::<Counter>();
    let running = run(service(), bus.clone(), nats.folder()).await.unwrap();
    let ids = [new_uuid(), new_uuid(), new_uuid()];
    let mut first = Vec::new();
    for id in ids {
        first.push(running.handle().execute::<Counter>("c", (), &caused_by(id)).await.unwrap().position);
    }
    // With others in between, after a restart on rebuilt views, and where it would be refused by now.
    running.stop().await;
    let running = run(service(), bus, &nats.folder().join("other")).await.unwrap();
    for (id, position) in ids.into_iter().zip(first) {
        let again = running.handle().execute::<Counter>("c", (), &caused_by(id)).await.unwrap();
        assert_eq!((again.event, again.position), (Some(Counted), position));
    }
    assert_eq!(running.handle().state::<Counter>("c"), 3);
    let refused = running.handle().execute::<Counter>("c", (), &caused_by(new_uuid())).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Enough))));
    running.stop().await;
}

#[tokio::test]
async fn of_many_deliveries_at_once_one_decides() {
    let nats = Nats::start();
    let running =
        run(Service::new("counters").aggregate::<Counter>(), nats.bus().await, nats.folder()).await.unwrap();
    let cx = caused_by(new_uuid());
    let tries = (0..10).map(|_| running.handle().execute::<Counter>("c", (), &cx));
    for done in futures::future::join_all(tries).await {
        assert_eq!(done.unwrap().event, Some(Counted));
    }
    assert_eq!(running.handle().state::<Counter>("c"), 1);
    running.stop().await;
}

/// An event of the service `counters` as any aggregate's.
async fn append(bus: &reeve_jetstream::Bus, aggregate: &str, id: &str) {
    try_append(bus, aggregate, id).await.unwrap();
}

async fn try_append(
    bus: &reeve_jetstream::Bus,
    aggregate: &str,
    id: &str,
) -> Result<(), reeve_jetstream::Error> {
    let envelope = Envelope {
        id: new_uuid(),
        schema: Counted.schema().to_owned(),
        time: Timestamp(0),
        aggregate: AggregateRef::new(Counted::SERVICE, aggregate, id),
        actor: "test".to_owned(),
        actor_source: String::new(),
        correlation_id: new_uuid(),
        causation_id: new_uuid(),
        cause_id: None,
        traceparent: None,
        data: Counted.encode(),
    };
    store::append(bus, &envelope, Position(0)).await.map(|_| ())
}

#[tokio::test]
async fn a_reactor_gets_its_aggregate_only_from_where_an_unfiltered_one_left_off() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_events(&bus, "counters").await.unwrap();
    // An older release's consumer: it took everything, one at a time, settled the first and gave the second back.
    for (aggregate, id) in [("counter", "a"), ("counter", "b"), ("other", "c"), ("counter", "d")] {
        append(&bus, aggregate, id).await;
    }
    let stream = streams::of_service("counters");
    let options = consume::Options {
        stream,
        durable_name: "counters-seen".to_owned(),
        subjects: Vec::new(),
        start_at: StartAt::Beginning,
        exclusive: false,
        batch: 1,
    };
    let mut old = consume::consume(&bus, &options).await.unwrap();
    old.next().await.unwrap().unwrap().acknowledge().await;
    let unsettled = old.next().await.unwrap().unwrap();
    unsettled.redeliver_after(Duration::from_millis(100)).await;
    bus.flush().await.unwrap();
    drop(old);

    let (sender, mut seen) = mpsc::unbounded_channel();
    let service = Service::new("counters").aggregate::<Counter>();
    let service = service.reactor(
        Consumer::from_beginning("seen").concurrency(1),
        move |delivery: Delivery<Counted>| {
            let sent = sender.send(delivery.event.envelope.aggregate.clone());
            async move {
                sent.unwrap();
                Ok(())
            }
        },
    );
    let running = run(service, bus.clone(), nats.folder()).await.unwrap();
    append(&bus, "other", "e").await;
    append(&bus, "counter", "f").await;
    let mut left = BTreeSet::from(["b", "d", "f"]);
    while !left.is_empty() {
        let aggregate = seen.recv().await.unwrap();
        assert_eq!(aggregate.aggregate, "counter");
        assert_ne!(aggregate.id, "a", "it was settled");
        left.remove(aggregate.id.as_str());
    }
    running.stop().await;
}

/// Fails on the events of one aggregate.
struct Frail;

impl Projection for Frail {
    const NAME: &'static str = "frail";
    const VERSION: u32 = 1;
    type Event = Counted;
    fn apply(&self, view: &mut dyn View, event: &Recorded<Counted>) {
        let id = &event.envelope.aggregate.id;
        assert_ne!(id, "poison", "this event is too much");
        view.update_row::<u32>("counts", id, |count| *count += 1);
    }
}

#[tokio::test]
async fn an_event_that_a_projection_fails_on_is_a_dead_letter_and_the_others_are_taken_in() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_node_streams(&bus).await.unwrap();
    let service = || Service::new("counters").aggregate::<Counter>().projection(Frail);
    let running = run(service(), bus.clone(), nats.folder()).await.unwrap();
    for id in ["first", "poison", "last"] {
        running.handle().execute::<Counter>(id, (), &caused_by(new_uuid())).await.unwrap();
    }
    let views = running.handle().views();
    let count = |id: &str| views.get::<u32>("counts", id);
    assert_eq!((count("first"), count("poison"), count("last")), (Some(1), None, Some(1)));
    assert_eq!(running.handle().state::<Counter>("poison"), 1, "other appliers have it");
    while streams::last_sequence(&bus, streams::DEAD_LETTER_QUEUE).await.unwrap() < 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_too_large_for_the_bus_is_an_error_at_once() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let service = Service::new("counters").aggregate::<Counter>();
    let much = |call: Call<usize>| async move { Ok("x".repeat(call.input)) };
    let service = service.operation(Operation::read("", "Much"), much);
    let running = run(service, bus.clone(), nats.folder()).await.unwrap();
    let much = async |bytes: usize| {
        let asked = bytes.to_string().into();
        let subject = "reeve.api.counters.Much";
        serve::call(&bus, subject, Headers::default(), asked, Duration::from_secs(10)).await.unwrap()
    };
    assert_eq!(much(500_000).await.data.len(), 500_002);
    let refused = much(2_000_000).await;
    assert_eq!(refused.headers.get("reeve-error"), Some("InternalServerError"));
    let told = String::from_utf8_lossy(&refused.data).into_owned();
    assert!(told.contains("its answer could not be sent") && told.contains("2000002"), "{told}");
    assert_eq!(much(3).await.data, "\"xxx\"", "and others are answered");
    running.stop().await;
}
