//! The opscenter service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/alerts.rs"]
mod alerts;
#[path = "it/items.rs"]
mod items;
#[path = "it/metadata.rs"]
mod metadata;

use reeve_jetstream::{Bus, Headers, serve};
use serde_json::Value;
use std::time::Duration;

/// Calls an operation; a refusal is its code and its members.
async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, (String, Value)> {
    let headers = Headers::default()
        .with("reeve-actor", "operator")
        .with("reeve-account", "123456789012")
        .with("reeve-region", "eu-west-1");
    let subject = format!("reeve.api.opscenter.{operation}");
    let body = input.to_string().into();
    let answer = serve::call(bus, &subject, headers, body, Duration::from_secs(10)).await.unwrap();
    let said: Value = serde_json::from_slice(&answer.data).unwrap();
    match answer.headers.get("reeve-error") {
        None => Ok(said),
        Some(code) => Err((code.to_owned(), said)),
    }
}

/// The code of a refusal.
async fn refusal(bus: &Bus, operation: &str, input: Value) -> String {
    call(bus, operation, input).await.unwrap_err().0
}
