//! The changes service on a real NATS, with the events of calendars and documents written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_changes::service;
use reeve_contracts::{
    change_calendar::{CalendarAdded, CalendarEvent, CalendarRemoved},
    changes::RuleEvent,
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, store, streams};
use reeve_runtime::{Running, run};
use reeve_testkit::{Caller, Nats, NotMallory, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

async fn start(bus: &Bus, folder: &Path) -> Running {
    for service in ["change-calendar", "documents"] {
        streams::ensure_events(bus, service).await.unwrap();
    }
    run(service(Arc::new(NotMallory)), bus.clone(), folder).await.unwrap()
}

/// The service knows of the event when this is back.
async fn calendar(running: &Running, event: CalendarEvent, expected: u64) -> u64 {
    let handle = running.handle();
    let context = Context { command_id: new_uuid(), ..context() };
    let envelope = Envelope::of(&AggregateRef::of::<CalendarEvent>("freeze"), &event, &context);
    let at = store::append(handle.bus(), &envelope, Position(expected)).await.unwrap().0;
    handle.views().wait_for(&streams::of_service("change-calendar"), at).await;
    at
}

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, (String, String)> {
    let caller = Caller { actor: "ann", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.changes.{operation}"), &input).await;
    answer.map_err(|refusal| (refusal.code.clone(), refusal.to_string()))
}

async fn rules(bus: &Bus) -> Value {
    call(bus, "ListChangeRules", json!({})).await.unwrap()["rules"].clone()
}

async fn events(bus: &Bus) -> Vec<RuleEvent> {
    let mut all = Vec::new();
    for sequence in 1..=streams::last_sequence(bus, "CHANGES").await.unwrap() {
        let envelope = store::at(bus, "CHANGES", Position(sequence)).await.unwrap();
        all.push(RuleEvent::decode(&envelope.schema, &envelope.data).unwrap());
    }
    all
}

fn freeze() -> Value {
    json!({"name": "freeze", "actions": ["SendCommand"], "calendarNames": ["freeze"]})
}

#[tokio::test]
async fn a_rule_is_put_overridden_and_deleted_and_is_shown_as_it_is() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, nats.folder()).await;
    let (code, said) = call(&bus, "PutChangeRule", freeze()).await.unwrap_err();
    assert_eq!(code, "ValidationException");
    assert!(said.contains("calendarNames has \"freeze\": there is no such calendar"), "{said}");
    let added = CalendarAdded { name: "freeze".into(), state: "CLOSED".into(), ..CalendarAdded::default() };
    let at = calendar(&running, CalendarEvent::CalendarAdded(added), 0).await;
    call(&bus, "PutChangeRule", freeze()).await.unwrap();
    call(&bus, "PutChangeRule", freeze()).await.unwrap();
    let overrides = json!({"name": "freeze", "reason": "fire", "minutes": 5});
    call(&bus, "OverrideChangeRule", overrides.clone()).await.unwrap();
    let listed = rules(&bus).await;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["whileClosed"]),
        (&json!("freeze"), &json!("WAIT")),
        "{listed}"
    );
    let over = &listed[0]["overrides"][0];
    assert_eq!((&over["principal"], &over["reason"]), (&json!("ann"), &json!("fire")), "{listed}");
    assert_eq!(listed[0]["missingCalendarNames"], Value::Null, "{listed}");
    // A calendar that is gone is told.
    let removed = CalendarRemoved { name: "freeze".into() };
    calendar(&running, CalendarEvent::CalendarRemoved(removed), at).await;
    assert_eq!(rules(&bus).await[0]["missingCalendarNames"], json!(["freeze"]));
    call(&bus, "DeleteChangeRule", json!({"name": "freeze"})).await.unwrap();
    assert_eq!(rules(&bus).await, json!([]));
    assert_eq!(call(&bus, "OverrideChangeRule", overrides).await.unwrap_err().0, "ResourceNotFoundException");
    let all = events(&bus).await;
    assert!(
        matches!(
            all.as_slice(),
            [
                RuleEvent::ChangeRulePut(_),
                ..,
                RuleEvent::ChangeRuleOverridden(_),
                RuleEvent::ChangeRuleDeleted(_)
            ]
        ),
        "{all:?}"
    );
    running.stop().await;
}

#[tokio::test]
async fn views_that_are_built_anew_answer_alike_and_an_approval_that_nobody_could_give_is_no_rule() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let two = |approvers: Value| json!({"name": "two", "actions": ["SendCommand"], "minApprovals": 2, "approvers": approvers});
    let (_, said) = call(&bus, "PutChangeRule", two(json!(["ann"]))).await.unwrap_err();
    assert!(said.contains("minApprovals is 2, and approvers means 1 (ann)"), "{said}");
    call(&bus, "PutChangeRule", two(json!(["ann", "bob"]))).await.unwrap();
    let over = json!({"name": "two", "reason": "fire", "minutes": 5});
    assert_eq!(call(&bus, "OverrideChangeRule", over).await.unwrap_err().0, "ValidationException");
    let before = rules(&bus).await;
    running.stop().await;
    let anew = start(&bus, &nats.folder().join("b")).await;
    assert_eq!(rules(&bus).await, before);
    anew.stop().await;
}
