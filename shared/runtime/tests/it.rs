//! The runtime on a real NATS: what a second delivery leads to.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use reeve_eventsourcing::{Context, Decider, DecodeError, Event};
use reeve_runtime::{ExecuteError, Service, run};
use reeve_testkit::{Nats, context};
use reeve_types::ids::new_uuid;
use uuid::Uuid;

/// One more.
#[derive(Clone, Debug, PartialEq)]
struct Counted;

impl Event for Counted {
    const SERVICE: &'static str = "counters";
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
    const AGGREGATE: &'static str = "counter";
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
