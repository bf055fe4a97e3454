//! What the gateway forwards: stored first, then acknowledged.

use super::hash;
use crate::{
    alert_group::AlertGroup,
    alertmanager,
    cloud_event::CloudEvent,
    cloud_events::{self, Mode},
    domain::Unacceptable,
    source::Source,
    webhook::{Mapped, Mapping},
};
use bytes::Bytes;
use data_encoding::BASE64;
use reeve_contracts::ingest::CloudEventReceived;
use reeve_eventsourcing::{Actor, Context};
use reeve_jetstream::{
    Headers, Message,
    dead_letters::{self, DeadLetter},
};
use reeve_runtime::{ApiError, Call, StripedLock};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What gives up on messages that a mapping does not fit, as dead letters name it.
const WEBHOOK_HANDLER: &str = "webhook";

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
        path => match path.strip_prefix("/webhooks/") {
            Some(source) if source == sender => webhook(&turns, &call, &context, &sender, &body).await,
            Some(source) => {
                let message = format!("The token is that of {sender}, and not of {source}.");
                Err(ApiError::new("AccessDeniedException", message))
            }
            None => Err(ApiError::invalid(format!("The path {path:?} takes no events."))),
        },
    }
}

/// A message that the source's mapping tells how to read. What it does not fit is put aside, with the whole message.
async fn webhook(
    turns: &StripedLock,
    call: &Call<Received>,
    context: &Context,
    sender: &str,
    body: &[u8],
) -> Result<Value, ApiError> {
    let state = call.handle.state::<Source>(sender);
    let mapped = match state.mapping.is_empty() {
        false => Mapping::parse(&state.mapping).map_err(ApiError::internal)?.read(sender, body)?,
        true => Mapped {
            misfits: vec![Unacceptable {
                field: format!("The source {sender}"),
                problem: "has no mapping: `reeve access put-mapping` puts one".to_owned(),
            }],
            ..Mapped::default()
        },
    };
    let misfits: Vec<Value> =
        mapped.misfits.iter().map(|m| json!({"field": m.field, "message": format!("{m}.")})).collect();
    if !mapped.misfits.is_empty() {
        put_aside(call, sender, body, &mapped.misfits).await?;
    }
    let alerts = mapped.group.as_ref().map_or(0, |group| group.alerts.len());
    if let Some(group) = mapped.group {
        let _turn = turns.turn(&group.group).await;
        let id = format!("{sender}/{}", group.group);
        call.handle.execute::<AlertGroup>(&id, group, context).await?;
    }
    Ok(json!({"alerts": alerts, "ignored": mapped.ignored, "setAside": misfits}))
}

/// Keeps a message as a dead letter, without the token that it came with.
async fn put_aside(
    call: &Call<Received>,
    sender: &str,
    body: &[u8],
    misfits: &[Unacceptable],
) -> Result<(), ApiError> {
    let reasons: Vec<String> = misfits.iter().map(|misfit| format!("{misfit}.")).collect();
    let message = Message {
        subject: format!("/webhooks/{sender}"),
        reply: None,
        headers: Headers::default(),
        data: Bytes::copy_from_slice(body),
        status: None,
    };
    let letter = DeadLetter {
        service: call.handle.service(),
        handler: WEBHOOK_HANDLER,
        sequence: 0,
        message: &message,
        reason: &reasons.join(" "),
        retry: None,
    };
    let stored = dead_letters::store(call.handle.bus(), &letter).await;
    stored.map_err(|error| ApiError::new("ServiceUnavailable", error.to_string()))
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
