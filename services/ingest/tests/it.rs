//! The ingest service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use data_encoding::BASE64;
use reeve_jetstream::{Bus, streams};
use reeve_runtime::run;
use reeve_testkit::{Caller, Nats};
use serde_json::{Value, json};

async fn ask(bus: &Bus, subject: &str, input: Value) -> Result<Value, String> {
    let caller = Caller { actor: "operator", ..Caller::default() };
    caller.call(bus, subject, &input).await.map_err(|refusal| refusal.to_string())
}

async fn token(bus: &Bus, name: &str) -> String {
    let created = ask(bus, "reeve.api.ingest.CreateSource", json!({"name": name})).await.unwrap();
    created["token"].as_str().unwrap().to_owned()
}

/// What the gateway forwards.
async fn send(bus: &Bus, path: &str, token: &str, headers: Value, body: &str) -> Result<Value, String> {
    let mut all = vec![json!(["authorization", format!("Bearer {token}")])];
    all.extend(headers.as_object().unwrap().iter().map(|(name, value)| json!([name, value])));
    let body = BASE64.encode(body.as_bytes());
    ask(bus, "reeve.ingest", json!({"path": path, "headers": all, "body": body})).await
}

async fn stored(bus: &Bus) -> u64 {
    streams::last_sequence(bus, "INGEST").await.unwrap()
}

#[tokio::test]
async fn a_cloud_event_is_stored_once_by_its_source_and_id() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_ingest::service(), bus.clone(), nats.folder()).await.unwrap();
    let token = token(&bus, "ci").await;
    let event = |source: &str| {
        json!({"ce-specversion": "1.0", "ce-type": "t", "ce-id": "1", "ce-source": source,
            "content-type": "text/plain"})
    };
    for source in ["/a", "/b", "/a"] {
        let answer = send(&bus, "/events", &token, event(source), "x").await;
        assert_eq!(answer, Ok(json!({"id": "1"})));
    }
    assert_eq!(stored(&bus).await, 3, "the source, and two events");
    let one = |id: &str| json!({"specversion": "1.0", "id": id, "source": "/c", "type": "t"});
    let bad = json!({"specversion": "1.0", "id": "2", "source": "/c"});
    let batch = json!({"content-type": "application/cloudevents-batch+json"});
    let body = json!([one("1"), bad, one("3")]).to_string();
    let answer = send(&bus, "/events", &token, batch.clone(), &body).await.unwrap();
    assert_eq!((&answer["failedEntryCount"], &answer["entries"][1]["index"]), (&json!(1), &json!(1)));
    assert_eq!(answer["entries"][1]["field"], "type");
    assert_eq!((&answer["entries"][0]["id"], &answer["entries"][2]["id"]), (&json!("1"), &json!("3")));
    assert_eq!(send(&bus, "/events", &token, batch, "[]").await.unwrap()["entries"], json!([]));
    assert_eq!(stored(&bus).await, 5);
    // Many at the same instant, each of them stored before it is answered.
    let structured = json!({"content-type": "Application/CloudEvents+JSON; charset=UTF-8"});
    let bodies: Vec<String> = (0..200).map(|n| one(&format!("p{n}")).to_string()).collect();
    let sends = bodies.iter().map(|body| send(&bus, "/events", &token, structured.clone(), body));
    assert!(futures::future::join_all(sends).await.iter().all(Result::is_ok));
    assert_eq!(stored(&bus).await, 205);
    for (headers, body, words) in [
        (json!({"ce-specversion": "1.0"}), "", "ValidationException: ce-id is missing"),
        (json!({"content-type": "application/json"}), "{}", "ce-specversion is missing"),
        (json!({"content-type": "application/cloudevents+avro"}), "", "UnsupportedMediaTypeException"),
        (structured, "{", "The body is not JSON"),
    ] {
        let said = send(&bus, "/events", &token, headers, body).await.unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    running.stop().await;
}

#[tokio::test]
async fn whoever_has_no_token_is_refused() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_ingest::service(), bus.clone(), nats.folder()).await.unwrap();
    let good = token(&bus, "am").await;
    let other = token(&bus, "other").await;
    let empty = json!({"version": "4", "alerts": []}).to_string();
    let post = async |token: &str| send(&bus, "/webhooks/alertmanager", token, json!({}), &empty).await;
    assert!(post(&good).await.is_ok());
    let swapped = format!("am.{}", other.split_once('.').unwrap().1);
    for wrong in ["", "am", "am.", "none.x", &swapped, &good[..good.len() - 1]] {
        let said = post(wrong).await.unwrap_err();
        assert!(said.starts_with("AccessDeniedException"), "{said}");
    }
    let again = ask(&bus, "reeve.api.ingest.CreateSource", json!({"name": "am"})).await.unwrap_err();
    assert!(again.starts_with("EntityAlreadyExistsException"), "{again}");
    let listed = ask(&bus, "reeve.api.ingest.ListSources", json!({})).await.unwrap();
    let names: Vec<(&Value, &Value)> =
        listed["sources"].as_array().unwrap().iter().map(|row| (&row["name"], &row["received"])).collect();
    assert_eq!(names, [(&json!("am"), &json!(1)), (&json!("other"), &json!(0))]);
    ask(&bus, "reeve.api.ingest.DeleteSource", json!({"name": "am"})).await.unwrap();
    assert!(post(&good).await.unwrap_err().starts_with("AccessDeniedException"));
    // The token itself is nowhere in the log or the views.
    let secret = good.split_once('.').unwrap().1.as_bytes();
    let views = running.handle().views().dump();
    assert!(!views.values().any(|row| row.windows(secret.len()).any(|part| part == secret)));
    running.stop().await;
}

#[tokio::test]
async fn each_message_of_alertmanager_is_stored_and_a_rebuilt_view_is_the_same() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_ingest::service(), bus.clone(), nats.folder()).await.unwrap();
    let token = token(&bus, "am").await;
    let alert = json!({"status": "firing", "fingerprint": "1", "startsAt": "2026-01-01T00:00:00Z"});
    let body = json!({"version": "4", "groupLabels": {"a": "b"}, "alerts": [alert]}).to_string();
    // Of one group and at the same instant.
    let posts = (0..100).map(|_| send(&bus, "/webhooks/alertmanager", &token, json!({}), &body));
    for answer in futures::future::join_all(posts).await {
        assert_eq!(answer, Ok(json!({"alerts": 1})));
    }
    assert_eq!(stored(&bus).await, 101);
    let wrong = json!({"version": "4", "alerts": [{"status": "odd"}]}).to_string();
    let said = send(&bus, "/webhooks/alertmanager", &token, json!({}), &wrong).await.unwrap_err();
    assert_eq!(said, "ValidationException: alerts[0].status is \"odd\": it must be firing or resolved.");
    let live = running.handle().views().dump();
    running.stop().await;
    let rebuilt = run(reeve_ingest::service(), bus.clone(), &nats.folder().join("rebuilt")).await.unwrap();
    assert_eq!(rebuilt.handle().views().dump(), live);
    rebuilt.stop().await;
}
