//! The opscenter service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/alerts.rs"]
mod alerts;
#[path = "it/items.rs"]
mod items;
#[path = "it/metadata.rs"]
mod metadata;

use reeve_jetstream::Bus;
use reeve_opscenter::{Config, NODE_LOSS_SECONDS};
use reeve_testkit::{Caller, NotMallory};
use serde_json::Value;
use std::sync::Arc;

fn config() -> Config {
    Config { node_loss_seconds: NODE_LOSS_SECONDS, authorizer: Arc::new(NotMallory) }
}

/// Calls an operation; a refusal is its code and its members.
async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, (String, Value)> {
    let caller = Caller { actor: "operator", region: "eu-west-1", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.opscenter.{operation}"), &input).await;
    answer.map_err(|refusal| (refusal.code, refusal.said))
}

/// The code of a refusal.
async fn refusal(bus: &Bus, operation: &str, input: Value) -> String {
    call(bus, operation, input).await.unwrap_err().0
}
