//! The feed on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_contracts::nodes::{NodeEvent, NodeLost};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Position};
use reeve_feed::{Config, Place};
use reeve_jetstream::{Bus, store, streams};
use reeve_runtime::{Running, run};
use reeve_testkit::{Caller, Nats, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};

async fn start(nats: &Nats, bus: &Bus) -> Running {
    let place = Place { account: "123456789012".into(), region: "us-east-1".into() };
    let config = Config { services: vec!["documents", "nodes"], place };
    run(reeve_feed::service(config), bus.clone(), nats.folder()).await.unwrap()
}

async fn read(bus: &Bus, mut input: Value) -> Result<Value, String> {
    if input["services"].is_null() {
        input["services"] = json!(["nodes"]);
    }
    let answer = Caller::default().call(bus, "reeve.api.feed.ReadEvents", &input).await;
    answer.map_err(|refusal| refusal.to_string())
}

async fn lose(bus: &Bus, node: usize) {
    streams::ensure_events(bus, "nodes").await.unwrap();
    let id = format!("mi-{node}");
    let event = NodeEvent::NodeLost(NodeLost { node_id: id.clone(), ..NodeLost::default() });
    let context = Context { command_id: new_uuid(), ..context() };
    let envelope = Envelope::of(&AggregateRef::of::<NodeEvent>(&id), &event, &context);
    store::append(bus, &envelope, Position(0)).await.unwrap();
}

fn nodes(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().unwrap().iter();
    events.map(|event| event["data"]["nodeId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_reader_misses_none_and_sees_none_twice_whenever_it_comes_back() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&nats, &bus).await;
    let begun = read(&bus, json!({})).await.unwrap();
    let (mut after, mut seen) = (begun["after"].clone(), Vec::new());
    for n in 0..25 {
        lose(&bus, n).await;
        if n % 7 == 0 {
            let answer = read(&bus, json!({"after": after, "maxEvents": 3})).await.unwrap();
            seen.extend(nodes(&answer));
            after = answer["after"].clone();
        }
    }
    running.stop().await;
    let running = start(&nats, &bus).await;
    loop {
        let answer = read(&bus, json!({"after": after, "maxEvents": 3})).await.unwrap();
        let (events, positions) = (nodes(&answer), answer["positions"].as_array().unwrap());
        assert!(events.len() <= 3 && positions.len() == events.len());
        assert!(events.is_empty() || positions.last() == Some(&answer["after"]));
        seen.extend(events);
        after = answer["after"].clone();
        if answer["more"] == false {
            break;
        }
    }
    assert_eq!(seen, (0..25).map(|n| format!("mi-{n}")).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test]
async fn who_waits_is_answered_when_something_happens() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&nats, &bus).await;
    let after = read(&bus, json!({})).await.unwrap()["after"].clone();
    let waiting = read(&bus, json!({"after": after, "waitSeconds": 20}));
    let (answer, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        lose(&bus, 7).await;
    });
    assert_eq!(nodes(&answer.unwrap()), ["mi-7"]);
    running.stop().await;
}

#[tokio::test]
async fn what_is_selected_is_answered_and_a_position_that_the_log_has_not_is_an_error() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&nats, &bus).await;
    for n in 0..5 {
        lose(&bus, n).await;
    }
    let select = |input: Value| {
        let bus = bus.clone();
        async move {
            let mut input = input;
            input["from"] = json!(0);
            read(&bus, input).await.map(|answer| nodes(&answer))
        }
    };
    assert_eq!(select(json!({"subject": "node/mi-3"})).await.unwrap(), ["mi-3"]);
    assert_eq!(select(json!({"types": ["NodeLost"], "maxEvents": 2})).await.unwrap(), ["mi-0", "mi-1"]);
    assert!(select(json!({"types": ["NodeConnected"]})).await.unwrap().is_empty());
    assert!(select(json!({"actor": "nobody"})).await.unwrap().is_empty());
    let pattern = json!({"source": ["reeve.nodes"], "detail": {"nodeId": [{"suffix": "4"}]}}).to_string();
    assert_eq!(select(json!({"eventPattern": pattern})).await.unwrap(), ["mi-4"]);
    for (input, expected) in [
        (
            json!({"after": "nodes:6"}),
            "InvalidPositionException: after is \"nodes:6\": the events of nodes end at 5",
        ),
        (json!({"after": "nodes"}), "InvalidPositionException"),
        (
            json!({"after": "documents:0"}),
            "InvalidPositionException: after is \"documents:0\": the service documents is not",
        ),
        (json!({"services": ["noddes"]}), "ValidationException: services: there is no service \"noddes\""),
        (json!({"eventPattern": "{\"a\":[]}"}), "InvalidEventPatternException"),
    ] {
        let refused = read(&bus, input.clone()).await.unwrap_err();
        assert!(refused.starts_with(expected), "{input}: {refused}");
    }
    running.stop().await;
}
