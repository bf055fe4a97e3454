//! The rules service on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use prost::Message;
use reeve_contracts::{
    ingest::{CloudEventEvent, CloudEventReceived},
    nodes::{NodeEvent, NodeLost},
    opscenter::OpsItemRequested,
    rules::{RuleEvent, RulePut},
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, requests, store, streams};
use reeve_rules::{Config, Place};
use reeve_runtime::{Running, Service, run};
use reeve_testkit::{Caller, Nats, context};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use uuid::Uuid;

fn service() -> Service {
    let place = Place { account: "123456789012".into(), region: "us-east-1".into() };
    reeve_rules::service(Config { services: vec!["ingest", "nodes", "rules"], place })
}

async fn start(bus: &Bus, folder: &Path) -> Running {
    streams::ensure_node_streams(bus).await.unwrap();
    run(service(), bus.clone(), folder).await.unwrap()
}

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, String> {
    let caller = Caller { actor: "ann", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.rules.{operation}"), &input).await;
    answer.map_err(|refusal| refusal.to_string())
}

async fn publish<E: Event>(bus: &Bus, id: &str, event: E, correlation: Option<Uuid>) {
    let command_id = new_uuid();
    let context = Context { command_id, correlation_id: correlation.unwrap_or(command_id), ..context() };
    let envelope = Envelope::of(&AggregateRef::of::<E>(id), &event, &context);
    store::append(bus, &envelope, Position(0)).await.unwrap();
}

async fn publish_received(bus: &Bus, n: usize, detail: &Value, correlation: Option<Uuid>) {
    let event = CloudEventReceived {
        sender: "s".into(),
        identity: n.to_string(),
        source: "shop".into(),
        r#type: "OrderFailed".into(),
        data_kind: "json".into(),
        data: detail.to_string().into_bytes(),
        ..CloudEventReceived::default()
    };
    publish(bus, &format!("s/{n}"), CloudEventEvent::CloudEventReceived(event), correlation).await;
}

/// A rule on orders that opens OpsItems.
async fn put_rule(bus: &Bus) {
    let pattern = json!({"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}}).to_string();
    call(bus, "PutRule", json!({"Name": "orders", "EventPattern": pattern})).await.unwrap();
    let transformer = json!({
        "InputPathsMap": {"total": "$.detail.total", "unused": "$.detail.none"},
        "InputTemplate": r#"{"title": "An order of <total> failed", "severity": "2"}"#,
    });
    let target = json!({"Id": "item", "Arn": "arn:aws:ssm:us-east-1:123456789012:opsitem", "InputTransformer": transformer});
    call(bus, "PutTargets", json!({"Rule": "orders", "Targets": [target]})).await.unwrap();
}

/// The requests for OpsItems, when there are so many.
async fn requested(bus: &Bus, count: usize) -> Vec<(requests::Request, OpsItemRequested)> {
    streams::ensure_requests(bus, "opscenter").await.unwrap();
    let stream = streams::of_requests("opscenter");
    for _ in 0..200 {
        let stored = streams::last_sequence(bus, &stream).await.unwrap();
        if stored >= count as u64 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Another one would come about now.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut found = Vec::new();
    let mut stored = reeve_jetstream::follow::follow(bus, &stream, &[], 0).await.unwrap();
    for _ in 0..streams::last_sequence(bus, &stream).await.unwrap() {
        let next = futures::StreamExt::next(&mut stored).await.unwrap().unwrap();
        let request = requests::read(bus, &next.message).unwrap();
        let item = OpsItemRequested::decode(request.data.clone()).unwrap();
        found.push((request, item));
    }
    assert_eq!(found.len(), count, "{found:?}");
    found
}

#[tokio::test]
async fn an_event_that_matches_is_asked_for_once_by_two_replicas_on_behalf_of_who_put_the_target() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_requests(&bus, "opscenter").await.unwrap();
    let (one, two) =
        (start(&bus, &nats.folder().join("a")).await, start(&bus, &nats.folder().join("b")).await);
    put_rule(&bus).await;
    // Whichever replica looks knows the rule.
    tokio::time::sleep(Duration::from_millis(300)).await;
    publish_received(&bus, 1, &json!({"total": 12.5}), None).await;
    publish_received(&bus, 2, &json!({"total": 3}), None).await;
    let lost = NodeLost { node_id: "mi-1".into(), ..NodeLost::default() };
    publish(&bus, "mi-1", NodeEvent::NodeLost(lost), None).await;
    let found = requested(&bus, 1).await;
    let (request, item) = &found[0];
    assert_eq!((item.title.as_str(), item.severity.as_str()), ("An order of 12.5 failed", "2"));
    assert_eq!((request.actor.as_str(), request.correlation_id), ("ann", request.id));
    two.stop().await;

    // Live equals rebuilt.
    let live = call(&bus, "ListMatches", json!({"rule": "orders"})).await.unwrap();
    assert_eq!((&live["matched"], &live["matches"][0]["detailType"]), (&json!(1), &json!("OrderFailed")));
    let missing = json!([{"path": "$.detail.none", "count": 1}]);
    assert_eq!((&live["matchedWithout"], &live["missing"]), (&json!(1), &missing));
    one.stop().await;
    let rebuilt = start(&bus, &nats.folder().join("c")).await;
    assert_eq!(call(&bus, "ListMatches", json!({"rule": "orders"})).await.unwrap(), live);
    assert_eq!(call(&bus, "DescribeRule", json!({"Name": "orders"})).await.unwrap()["State"], "ENABLED");
    requested(&bus, 1).await;
    rebuilt.stop().await;
}

/// A rule that fires every minute, and next at an instant.
async fn publish_scheduled(bus: &Bus, name: &str, next: Timestamp) {
    let put = RulePut {
        name: name.into(),
        schedule_expression: "rate(1 minute)".into(),
        enabled: true,
        account: "123456789012".into(),
        region: "us-east-1".into(),
        since_ms: next.plus_seconds(-60).0,
        next_ms: next.0,
        ..RulePut::default()
    };
    publish(bus, name, RuleEvent::RulePut(put), None).await;
    let target = json!({"Id": "item", "Arn": "arn:aws:ssm:us-east-1:123456789012:opsitem"});
    // Whichever replica is asked, it may not have seen the rule yet.
    let begun = std::time::Instant::now();
    while let Err(error) = call(bus, "PutTargets", json!({"Rule": name, "Targets": [target.clone()]})).await {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_instant_of_a_schedule_fires_once_with_two_replicas_and_after_a_restart() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_requests(&bus, "opscenter").await.unwrap();
    let (one, two) =
        (start(&bus, &nats.folder().join("a")).await, start(&bus, &nats.folder().join("b")).await);
    let now = Timestamp::now();
    let due = now.plus_seconds(2);
    publish_scheduled(&bus, "timed", due).await;
    publish_scheduled(&bus, "old", now.plus_seconds(-60 * 60)).await;
    let found = requested(&bus, 1).await;
    let (request, item) = &found[0];
    assert_eq!((request.actor.as_str(), request.correlation_id), ("ann", request.id));
    assert!(item.title.contains("Scheduled Event"), "{item:?}");
    let live = call(&bus, "ListSchedules", json!({})).await.unwrap();
    let [old, timed] = live["schedules"].as_array().unwrap().as_slice() else { panic!("{live}") };
    assert_eq!(timed["lastFired"].as_f64(), Some(due.epoch_seconds()), "{timed}");
    assert_eq!(timed["next"].as_f64(), Some(due.plus_seconds(60).epoch_seconds()), "{timed}");
    assert_eq!(old["lastMissed"].as_f64(), Some(now.plus_seconds(-60 * 60).epoch_seconds()), "{old}");
    assert!(old["lastFired"].is_null() && old["next"].as_f64() > Some(now.epoch_seconds()), "{old}");
    two.stop().await;
    one.stop().await;

    // Live equals rebuilt, and what has fired does not do so again.
    let rebuilt = start(&bus, &nats.folder().join("c")).await;
    assert_eq!(call(&bus, "ListSchedules", json!({})).await.unwrap(), live);
    let listed = call(&bus, "ListMatches", json!({"rule": "timed"})).await.unwrap();
    assert_eq!((&listed["matched"], &listed["matches"][0]["source"]), (&json!(1), &json!("aws.events")));
    requested(&bus, 1).await;
    call(&bus, "DisableRule", json!({"Name": "timed"})).await.unwrap();
    let listed = call(&bus, "ListSchedules", json!({})).await.unwrap();
    assert!(listed["schedules"][1]["next"].is_null(), "{listed}");
    rebuilt.stop().await;
}

#[tokio::test]
async fn a_chain_of_rules_ends_and_says_so() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_requests(&bus, "opscenter").await.unwrap();
    let running = start(&bus, nats.folder()).await;
    put_rule(&bus).await;
    let mut correlation = None;
    // What each match asks for leads to the next event.
    for depth in 1..=usize::try_from(reeve_rules::matching::MAX_DEPTH).unwrap() {
        publish_received(&bus, depth, &json!({"total": 20}), correlation).await;
        correlation = Some(requested(&bus, depth).await[depth - 1].0.id);
    }
    publish_received(&bus, 99, &json!({"total": 20}), correlation).await;
    let stopped = loop {
        let listed = call(&bus, "ListMatches", json!({"rule": "orders"})).await.unwrap();
        if let Some(stopped) = listed["matches"][0]["stopped"].as_str() {
            break stopped.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(stopped.contains("too many rules"), "{stopped}");
    requested(&bus, 5).await;
    running.stop().await;
}

#[tokio::test]
async fn a_backtest_says_what_would_have_been_and_does_nothing() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_requests(&bus, "opscenter").await.unwrap();
    streams::ensure_events(&bus, "ingest").await.unwrap();
    for n in 0..6 {
        publish_received(&bus, n, &json!({"total": n * 5}), None).await;
    }
    let running = start(&bus, nats.folder()).await;
    put_rule(&bus).await;
    let tested = call(&bus, "BacktestRule", json!({"rule": "orders"})).await.unwrap();
    assert_eq!((&tested["matched"], &tested["missing"]), (&json!(3), &json!([])), "{tested}");
    let input: Value =
        serde_json::from_str(tested["matches"][0]["invocations"][0]["input"].as_str().unwrap()).unwrap();
    assert_eq!(input["title"], "An order of 15 failed");
    let misspelt = json!({"source": ["shop"], "detail": {"totl": [1]}}).to_string();
    let tested = call(&bus, "BacktestRule", json!({"eventPattern": misspelt})).await.unwrap();
    assert_eq!(
        (&tested["matched"], &tested["missing"]),
        (&json!(0), &json!([{"path": "detail.totl", "count": 6}]))
    );
    let refused = call(&bus, "BacktestRule", json!({})).await.unwrap_err();
    assert!(refused.contains("rule or eventPattern"), "{refused}");
    let refused = call(&bus, "BacktestRule", json!({"rule": "none"})).await.unwrap_err();
    assert!(refused.starts_with("ResourceNotFoundException"), "{refused}");
    // A rule acts on nothing from before it was there.
    requested(&bus, 0).await;
    running.stop().await;
}

#[tokio::test]
async fn bad_input_names_what_is_wrong() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, nats.folder()).await;
    put_rule(&bus).await;
    call(&bus, "PutRule", json!({"Name": "hourly", "ScheduleExpression": "rate(1 hour)"})).await.unwrap();
    let target = |arn: &str| json!({"Rule": "orders", "Targets": [{"Id": "t", "Arn": arn}]});
    for (operation, input, expected) in [
        ("PutRule", json!({"Name": "r"}), "ValidationException: Parameter(s) EventPattern"),
        (
            "PutRule",
            json!({"Name": "r", "EventPattern": "{\"a\":[]}"}),
            "InvalidEventPatternException: Event pattern",
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "rate(1 days)"}),
            "ValidationException: Parameter ScheduleExpression is not valid: \"rate(1 days)\".",
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "at(2030-01-01T00:00:00)"}),
            "ValidationException: Parameter ScheduleExpression is not valid: \"at(2030-01-01T00:00:00)\". A rule has",
        ),
        (
            "BacktestRule",
            json!({"rule": "hourly"}),
            "ValidationException: rule is hourly, which has a schedule and no pattern",
        ),
        (
            "PutRule",
            json!({"Name": "reeve.x", "EventPattern": "{\"a\":[1]}"}),
            "ValidationException: The name reeve.x",
        ),
        (
            "DescribeRule",
            json!({"Name": "r"}),
            "ResourceNotFoundException: Rule r does not exist on EventBus default.",
        ),
        (
            "DescribeRule",
            json!({"Name": "orders", "EventBusName": "x"}),
            "ResourceNotFoundException: Event bus x",
        ),
        (
            "PutTargets",
            target("arn:aws:lambda:r:1:function:f"),
            "ValidationException: Target t: arn:aws:lambda",
        ),
        (
            "PutTargets",
            target("arn:aws:ssm:r:1:maintenancewindow/X"),
            "ValidationException: Target t: arn:aws:ssm",
        ),
        (
            "DeleteRule",
            json!({"Name": "orders"}),
            "ValidationException: Rule can't be deleted since it has targets.",
        ),
        (
            "DeleteRule",
            json!({"Name": "reeve.alerts"}),
            "ManagedRuleException: Rule reeve.alerts is a default rule",
        ),
        (
            "TestEventPattern",
            json!({"EventPattern": "{\"a\":[1]}", "Event": "{}"}),
            "ValidationException: Parameter Event",
        ),
    ] {
        let refused = call(&bus, operation, input.clone()).await.unwrap_err();
        assert!(refused.starts_with(expected), "{operation} {input}: {refused}");
    }
    let arn = call(&bus, "DescribeRule", json!({"Name": "orders"})).await.unwrap()["Arn"].clone();
    let tags = call(&bus, "ListTagsForResource", json!({"ResourceARN": arn})).await.unwrap();
    assert_eq!(tags, json!({"Tags": []}));
    let listed = call(&bus, "ListRules", json!({"Limit": 2})).await.unwrap();
    let names: Vec<&Value> = listed["Rules"].as_array().unwrap().iter().map(|rule| &rule["Name"]).collect();
    assert_eq!(names, [&json!("hourly"), &json!("orders")]);
    let next = call(&bus, "ListRules", json!({"NextToken": listed["NextToken"]})).await.unwrap();
    assert_eq!(next["Rules"].as_array().unwrap().len(), 7);
    running.stop().await;
}
