//! Appends of many at once, on a real NATS: however they are stored together, each has its own answer.

use bytes::Bytes;
use futures::future::join_all;
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Error, store, streams};
use reeve_testkit::{Nats, context};
use reeve_types::ids::new_uuid;

fn envelope(id: &str, data: &str) -> Envelope {
    Envelope {
        id: new_uuid(),
        schema: "reeve.groups.Written.v1".to_owned(),
        time: context().now,
        aggregate: AggregateRef::new("groups", "item", id),
        actor: "tester".to_owned(),
        actor_source: String::new(),
        correlation_id: new_uuid(),
        causation_id: new_uuid(),
        cause_id: None,
        traceparent: None,
        data: Bytes::from(data.to_owned()),
    }
}

#[tokio::test]
async fn appends_at_once_are_each_where_their_answer_says() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_events(&bus, "groups").await.unwrap();
    let appends = (0..600).map(|n| {
        let (bus, envelope) = (bus.clone(), envelope(&format!("first-{n}"), &n.to_string()));
        async move { store::append(&bus, &envelope, Position(0)).await.unwrap() }
    });
    let positions = join_all(appends).await;
    for (n, position) in positions.iter().enumerate() {
        let there = store::at(&bus, "GROUPS", *position).await.unwrap();
        assert_eq!(there.data[..], *n.to_string().as_bytes());
    }
    assert_eq!(streams::last_sequence(&bus, "GROUPS").await.unwrap(), 600);
}

#[tokio::test]
async fn of_appends_at_once_those_with_a_wrong_expectation_fail_alone() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_events(&bus, "groups").await.unwrap();
    // Every tenth expects an event that is not there, and every seventh shares its aggregate with another.
    let appends = (0..1000).map(|n| {
        let id = if n % 7 == 0 { format!("shared-{}", n / 14) } else { format!("own-{n}") };
        let (bus, envelope) = (bus.clone(), envelope(&id, &n.to_string()));
        let expected = Position(if n % 10 == 0 { 999_999 } else { 0 });
        async move { (n, id, store::append(&bus, &envelope, expected).await) }
    });
    let results = join_all(appends).await;

    let mut stored = std::collections::BTreeMap::<String, usize>::new();
    let (mut positions, mut refused) = (std::collections::BTreeSet::new(), 0);
    for (n, id, result) in results {
        match result {
            Ok(position) => {
                let there = store::at(&bus, "GROUPS", position).await.unwrap();
                assert_eq!(
                    (there.aggregate.id.as_str(), &there.data[..]),
                    (id.as_str(), n.to_string().as_bytes())
                );
                assert!(positions.insert(position.0), "two answers name position {position}");
                assert_ne!(n % 10, 0, "an expectation that did not hold was stored");
                *stored.entry(id).or_default() += 1;
            }
            Err(Error::Conflict(_)) => refused += 1,
            Err(other) => panic!("append {n}: {other}"),
        }
    }
    assert!(
        stored.values().all(|count| *count == 1),
        "two of one aggregate expected nothing and were stored"
    );
    let last = streams::last_sequence(&bus, "GROUPS").await.unwrap();
    assert_eq!(
        (last, positions.len() + refused),
        (positions.len() as u64, 1000),
        "the log holds what was answered"
    );
    assert!(stored.len() > 800, "{} were stored", stored.len());
}

#[tokio::test]
async fn an_append_to_no_stream_is_an_error_for_each() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let (bus, appends) = (&bus, (0..100).map(|n| envelope(&n.to_string(), "x")));
    let results = join_all(appends.map(|e| async move { store::append(bus, &e, Position(0)).await })).await;
    assert!(results.iter().all(|r| matches!(r, Err(Error::NoResponders(_)))), "{:?}", results[0]);
}
