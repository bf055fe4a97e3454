//! The tags service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_contracts::{
    documents::{DocumentCreated, DocumentDeleted, Tag},
    nodes::{self, NodeRegistered},
};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, store};
use reeve_runtime::run;
use reeve_testkit::{Caller, Nats, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::time::Duration;

/// Calls an operation; a refusal is its code.
async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, String> {
    let answer = Caller::default().call(bus, &format!("reeve.api.tags.{operation}"), &input).await;
    answer.map_err(|refusal| refusal.code)
}

/// Puts another service's event into the log.
async fn publish(
    bus: &Bus,
    of: [&str; 3],
    schema: &str,
    expected: u64,
    message: &impl prost::Message,
) -> u64 {
    let envelope = Envelope {
        id: new_uuid(),
        schema: schema.to_owned(),
        time: context().now,
        aggregate: AggregateRef::new(of[0], of[1], of[2]),
        actor: "tester".into(),
        actor_source: String::new(),
        correlation_id: new_uuid(),
        causation_id: new_uuid(),
        cause_id: None,
        traceparent: None,
        data: message.encode_to_vec().into(),
    };
    store::append(bus, &envelope, Position(expected)).await.unwrap().0
}

fn resource(kind: &str, id: &str) -> Value {
    json!({"ResourceType": kind, "ResourceId": id})
}

fn with(mut value: Value, key: &str, member: Value) -> Value {
    value[key] = member;
    value
}

/// Lists until the tags are as expected: reactors come a moment later.
async fn until(bus: &Bus, kind: &str, id: &str, expected: Value) {
    let mut last = Ok(Value::Null);
    for _ in 0..200 {
        last = call(bus, "ListTagsForResource", resource(kind, id)).await;
        if last.as_ref().is_ok_and(|answer| answer["TagList"] == expected) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("expected {expected}, the last answer was {last:?}");
}

#[tokio::test]
async fn tags_follow_their_resources() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_tags::service(), bus.clone(), nats.folder()).await.unwrap();

    assert_eq!(
        call(&bus, "AddTagsToResource", with(resource("Document", "deploy"), "Tags", json!([]))).await,
        Err("InvalidResourceId".into())
    );
    assert_eq!(
        call(&bus, "ListTagsForResource", resource("ManagedInstance", "mi-1")).await,
        Err("InvalidResourceId".into())
    );
    // Types of services that there are not.
    for kind in ["Automation", "CloudConnector", ""] {
        for (operation, member, value) in [
            ("AddTagsToResource", "Tags", json!([{"Key": "a", "Value": "1"}])),
            ("RemoveTagsFromResource", "TagKeys", json!(["a"])),
            ("ListTagsForResource", "More", json!(null)),
        ] {
            let answer = call(&bus, operation, with(resource(kind, "x"), member, value)).await;
            assert_eq!(answer, Err("InvalidResourceType".into()), "{operation} {kind}");
        }
    }
    for kind in ["Document", "ManagedInstance", "OpsItem", "OpsMetadata"] {
        for id in [String::new(), "x".repeat(4200), "a/b*>. é".to_owned()] {
            let tags = with(resource(kind, &id), "Tags", json!([{"Key": "a", "Value": "1"}]));
            assert_eq!(
                call(&bus, "AddTagsToResource", tags).await,
                Err("InvalidResourceId".into()),
                "{kind} {id}"
            );
        }
    }

    let created = DocumentCreated {
        name: "deploy".into(),
        tags: vec![Tag { key: "team".into(), value: "web".into() }],
        ..DocumentCreated::default()
    };
    let of = ["documents", "document", "deploy"];
    let at = publish(&bus, of, "reeve.documents.DocumentCreated.v1", 0, &created).await;
    let web = json!([{"Key": "team", "Value": "web"}]);
    for id in ["deploy", "arn:aws:ssm:eu-west-1:123456789012:document/deploy"] {
        let mut found = Err(String::new());
        for _ in 0..200 {
            found = call(&bus, "ListTagsForResource", resource("Document", id)).await;
            if found.as_ref().is_ok_and(|answer| answer["TagList"] == web) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(found.unwrap()["TagList"], web);
    }
    let more = with(
        resource("Document", "deploy"),
        "Tags",
        json!([{"Key": "env", "Value": "prod"}, {"Key": "team"}]),
    );
    call(&bus, "AddTagsToResource", more).await.unwrap();
    let listed = call(&bus, "ListTagsForResource", resource("Document", "deploy")).await.unwrap();
    assert_eq!(listed["TagList"], json!([{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": ""}]));
    call(
        &bus,
        "RemoveTagsFromResource",
        with(resource("Document", "deploy"), "TagKeys", json!(["team", "none"])),
    )
    .await
    .unwrap();
    until(&bus, "Document", "deploy", json!([{"Key": "env", "Value": "prod"}])).await;

    let deleted = DocumentDeleted { name: "deploy".into() };
    let at = publish(&bus, of, "reeve.documents.DocumentDeleted.v1", at, &deleted).await;
    publish(&bus, of, "reeve.documents.DocumentCreated.v1", at, &created).await;
    until(&bus, "Document", "deploy", web).await;

    let registered = NodeRegistered {
        node_id: "mi-0123456789abcdef0".into(),
        tags: vec![nodes::Tag { key: "rack".into(), value: "7".into() }],
        ..NodeRegistered::default()
    };
    let of = ["nodes", "node", "mi-0123456789abcdef0"];
    publish(&bus, of, "reeve.nodes.NodeRegistered.v1", 0, &registered).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    until(&bus, "ManagedInstance", "mi-0123456789abcdef0", json!([{"Key": "rack", "Value": "7"}])).await;
    running.stop().await;
}

#[tokio::test]
async fn tags_that_may_not_be_are_refused_and_a_rebuilt_view_is_the_same() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_tags::service(), bus.clone(), nats.folder()).await.unwrap();
    let registered = NodeRegistered { node_id: "mi-0123456789abcdef0".into(), ..NodeRegistered::default() };
    let of = ["nodes", "node", "mi-0123456789abcdef0"];
    publish(&bus, of, "reeve.nodes.NodeRegistered.v1", 0, &registered).await;
    until(&bus, "ManagedInstance", "mi-0123456789abcdef0", json!([])).await;
    let node = |tags| with(resource("ManagedInstance", "mi-0123456789abcdef0"), "Tags", tags);
    let many: Vec<Value> = (0..51).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    for (tags, code) in [
        (json!([{"Key": "aws:x", "Value": ""}]), "ValidationException"),
        (json!([{"Key": "", "Value": ""}]), "ValidationException"),
        (json!([{"Key": "a", "Value": ""}, {"Key": "a", "Value": "b"}]), "ValidationException"),
        (json!([{"Key": "a*", "Value": ""}]), "ValidationException"),
        (Value::from(many), "TooManyTagsError"),
    ] {
        assert_eq!(call(&bus, "AddTagsToResource", node(tags)).await, Err(code.into()));
    }
    call(&bus, "AddTagsToResource", node(json!([{"Key": "a", "Value": "1"}]))).await.unwrap();
    call(&bus, "AddTagsToResource", node(json!([{"Key": "a", "Value": "1"}]))).await.unwrap();
    let live = running.handle().views().dump();
    running.stop().await;

    let other = nats.folder().join("rebuilt");
    let rebuilt = run(reeve_tags::service(), bus.clone(), &other).await.unwrap();
    assert_eq!(rebuilt.handle().views().dump(), live);
    let listed =
        call(&bus, "ListTagsForResource", resource("ManagedInstance", "mi-0123456789abcdef0")).await.unwrap();
    assert_eq!(listed["TagList"], json!([{"Key": "a", "Value": "1"}]));
    rebuilt.stop().await;
}
