//! The dead-letters service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_jetstream::{
    Bus, Headers, Message,
    calls::CallKeys,
    dead_letters::{self, DeadLetter, Retry},
    mac::MacKey,
    streams,
};
use reeve_runtime::run;
use reeve_testkit::{Caller, Nats};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::time::Duration;

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, String> {
    let caller = Caller { actor: "operator", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.dead-letters.{operation}"), &input).await;
    answer.map_err(|refusal| refusal.to_string())
}

/// The statuses of all letters, by number, once there are so many.
async fn statuses(bus: &Bus, count: usize) -> Vec<(u64, String)> {
    for _ in 0..1_000 {
        let listed = call(bus, "ListDeadLetters", json!({})).await.unwrap();
        let letters = listed["deadLetters"].as_array().unwrap();
        if letters.len() == count {
            let text = |letter: &Value| letter["status"].as_str().unwrap().to_owned();
            return letters.iter().map(|l| (l["number"].as_u64().unwrap(), text(l))).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are never {count}");
}

async fn until(bus: &Bus, number: u64, status: &str) {
    for _ in 0..1_000 {
        if call(bus, "GetDeadLetter", json!({"number": number})).await.unwrap()["status"] == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{number} is never {status}");
}

fn message(subject: &str, code: Option<&str>) -> Message {
    // What an original says in our own headers' names does not count.
    let headers = Headers::default().with("ce-id", "x").with("reeve-reason", "a lie");
    let headers = match code {
        Some(code) => headers.with("reeve-mac", code),
        None => headers,
    };
    Message { subject: subject.to_owned(), reply: None, headers, data: "body".into(), status: None }
}

async fn give_up(bus: &Bus, handler: &str, sequence: u64, message: &Message, retry: Option<Retry>) {
    let reason = &format!("reason {sequence}\nof {handler}");
    let letter = DeadLetter { service: "tags", handler, sequence, message, reason, retry };
    dead_letters::store(bus, &letter).await.unwrap();
}

#[tokio::test]
async fn letters_are_recorded_once_listed_retried_and_discarded() {
    let nats = Nats::start();
    let bus = nats.bus().await.authenticating(MacKey::new(&[7; 32])).with_call_keys(CallKeys::Root([8; 32]));
    streams::ensure_node_streams(&bus).await.unwrap();
    let running = run(reeve_dead_letters::service(), bus.clone(), nats.folder()).await.unwrap();
    let original = message("reeve.evt.nodes.node.x", Some("the original's code"));
    give_up(&bus, "nodes", 5, &original, None).await;
    give_up(&bus, "nodes", 5, &original, None).await;
    give_up(&bus, "documents", 6, &message("y", None), None).await;
    let open = |numbers: &[u64]| -> Vec<(u64, String)> {
        numbers.iter().map(|number| (*number, "Open".to_owned())).collect()
    };
    assert_eq!(statuses(&bus, 2).await, open(&[1, 2]));
    let shown = call(&bus, "GetDeadLetter", json!({"number": 1})).await.unwrap();
    assert_eq!((&shown["service"], &shown["handler"]), (&json!("tags"), &json!("nodes")));
    assert_eq!((&shown["sequence"], &shown["reason"]), (&json!(5), &json!("reason 5 of nodes")));
    assert_eq!(shown["subject"], "reeve.evt.nodes.node.x");
    assert_eq!(shown["headers"], json!({"ce-id": "x", "reeve-mac": "the original's code"}));
    assert_eq!(shown["body"], "Ym9keQ==");

    // The retry is a request to the service that gave up.
    streams::ensure_requests(&bus, "tags").await.unwrap();
    call(&bus, "RetryDeadLetter", json!({"number": 1})).await.unwrap();
    until(&bus, 1, "Retrying").await;
    while streams::last_sequence(&bus, "TAGS_REQUESTS").await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = call(&bus, "RetryDeadLetter", json!({"number": 1})).await.unwrap_err();
    assert!(refused.starts_with("ConflictException") && refused.contains("Retrying"), "{refused}");
    let retry = Some(Retry { of: 1, request: new_uuid() });
    give_up(&bus, "nodes", 5, &original, retry).await;
    until(&bus, 1, "Open").await;
    call(&bus, "RetryDeadLetter", json!({"number": 1})).await.unwrap();
    dead_letters::store_resolved(&bus, "tags", "nodes", 1).await.unwrap();
    until(&bus, 1, "Resolved").await;
    call(&bus, "DiscardDeadLetter", json!({"number": 2})).await.unwrap();
    until(&bus, 2, "Discarded").await;
    let refused = call(&bus, "DiscardDeadLetter", json!({"number": 99})).await.unwrap_err();
    assert!(refused.starts_with("NoSuchEntityException"), "{refused}");
    let unsettled = call(&bus, "ListDeadLetters", json!({"status": "Open"})).await.unwrap();
    assert_eq!(unsettled["deadLetters"], json!([]));

    // What no service wrote is not trusted.
    let stranger = nats.bus().await;
    give_up(&stranger, "forged", 7, &message("z", None), None).await;
    give_up(&bus, "last", 8, &message("z", None), None).await;
    let handlers = statuses(&bus, 3).await;
    assert_eq!(handlers.last().unwrap().1, "Open");
    let shown = call(&bus, "GetDeadLetter", json!({"number": handlers.last().unwrap().0})).await.unwrap();
    assert_eq!(shown["handler"], "last");
    running.stop().await;
}
