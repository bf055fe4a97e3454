//! What the gateway forwards: stored first, then acknowledged.

use super::hash;
use crate::{
    alert_group::AlertGroup,
    alertmanager,
    cloud_event::CloudEvent,
    cloud_events::{self, Mode},
    domain::Unacceptable,
    source::Source,
};
use data_encoding::BASE64;
use reeve_contracts::ingest::CloudEventReceived;
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{ApiError, Call, StripedLock};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A request as the gateway forwards it.
#[derive(Deserialize)]
pub struct Received {
    path: String,
    /// The content type, the token, and those of CloudEvents.
    headers: Vec<(String, String)>,
    /// The body in Base64.
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

impl From<Unacceptable> for ApiError {
    fn from(error: Unacceptable) -> Self {
        let code = if error.field == "Content-Type" {
            "UnsupportedMediaTypeException"
        } else {
            "ValidationException"
        };
        Self::new(code, format!("{error}."))
    }
}

pub(crate) async fn receive(turns: Arc<StripedLock>, call: Call<Received>) -> Result<Value, ApiError> {
    let sender = authenticated(&call)?;
    let actor = Actor { name: format!("source:{sender}"), source: call.caller.actor.source.clone() };
    let context = Context { actor, ..call.context() };
    let body = BASE64.decode(call.input.body.as_bytes()).map_err(ApiError::internal)?;
    match call.input.path.as_str() {
        "/webhooks/alertmanager" => {
            let group = alertmanager::read(&sender, &body)?;
            let (id, alerts) = (format!("{sender}/{}", group.group), group.alerts.len());
            let _turn = turns.turn(&group.group).await;
            call.handle.execute::<AlertGroup>(&id, group, &context).await?;
            Ok(json!({"alerts": alerts}))
        }
        "/events" => match cloud_events::mode(call.input.header("content-type"))? {
            Mode::Binary => {
                one(&call, &context, &sender, cloud_events::binary(&call.input.headers, &body)?).await
            }
            Mode::Structured => one(&call, &context, &sender, cloud_events::structured(&body)?).await,
            Mode::Batched => several(&call, &context, &sender, cloud_events::batch(&body)?).await,
        },
        path => Err(ApiError::invalid(format!("The path {path:?} takes no events."))),
    }
}

/// The name of the source whose token the request has.
fn authenticated(call: &Call<Received>) -> Result<String, ApiError> {
    let denied = |message: &str| Err(ApiError::new("AccessDeniedException", message));
    let Some((scheme, token)) = call.input.header("authorization").split_once(' ') else {
        return denied("The request has no header Authorization: Bearer TOKEN.");
    };
    let name = token.trim().split_once('.').map(|(name, _)| name).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || name.is_empty() {
        return denied("The header Authorization is not Bearer and the token of a source.");
    }
    // Hashes are compared: how long that takes tells nothing of the token.
    if call.handle.state::<Source>(name).token_hash != hash(token.trim()) {
        return denied("The token is that of no source.");
    }
    Ok(name.to_owned())
}

async fn one(
    call: &Call<Received>,
    context: &Context,
    sender: &str,
    event: CloudEventReceived,
) -> Result<Value, ApiError> {
    let id = event.id.clone();
    store(call, context.clone(), sender, event).await?;
    Ok(json!({"id": id}))
}

/// As PutEvents: entries in the order of the request, each with its id or what is wrong with it.
async fn several(
    call: &Call<Received>,
    context: &Context,
    sender: &str,
    events: Vec<Result<CloudEventReceived, Unacceptable>>,
) -> Result<Value, ApiError> {
    let (mut entries, mut failed) = (Vec::new(), 0);
    for (index, event) in events.into_iter().enumerate() {
        match event {
            Ok(event) => {
                // Each is a command of its own.
                let id = event.id.clone();
                store(call, context.derived(&index.to_string()), sender, event).await?;
                entries.push(json!({"id": id}));
            }
            Err(error) => {
                failed += 1;
                let message = format!("The event {index} of the batch: {error}.");
                entries.push(json!({"index": index, "field": error.field, "errorMessage": message}));
            }
        }
    }
    Ok(json!({"failedEntryCount": failed, "entries": entries}))
}

async fn store(
    call: &Call<Received>,
    context: Context,
    sender: &str,
    event: CloudEventReceived,
) -> Result<(), ApiError> {
    let event = CloudEventReceived { sender: sender.to_owned(), ..event };
    let id = format!("{sender}/{}", event.identity);
    call.handle.execute::<CloudEvent>(&id, event, &context).await?;
    Ok(())
}
