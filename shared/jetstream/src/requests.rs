//! Requests: what one service asks of another, through a stream of the one that is asked. The answer is that service's
//! events, which carry the request's id.

use crate::{Bus, Error, Headers, Message, mac::CAUSE_ID};
use bytes::Bytes;
use reeve_types::Timestamp;
use uuid::Uuid;

/// A request, as it lies in the stream.
#[derive(Clone, Debug)]
pub struct Request {
    pub id: Uuid,
    /// The service that asks.
    pub from: String,
    /// The type of the body, as of an event.
    pub schema: String,
    /// On whose behalf: a principal's name, or a service's.
    pub actor: String,
    /// The address that the first call came from; empty when there was none.
    pub actor_source: String,
    pub correlation_id: Uuid,
    /// The event that made the service ask.
    pub cause_id: Option<Uuid>,
    pub time: Timestamp,
    pub traceparent: Option<String>,
    pub data: Bytes,
}

/// Stores a request to a service. One that is there already is not stored again.
///
/// # Errors
/// When the bus does not store it.
pub async fn store(bus: &Bus, to: &str, request: &Request) -> Result<(), Error> {
    let subject = format!("reeve.request.{to}.{}.{}", request.from, request.id);
    let mut headers = Headers::default()
        .with("ce-specversion", "1.0")
        .with("ce-id", request.id.to_string())
        .with("ce-type", request.schema.as_str())
        .with("ce-source", format!("/reeve/{}", request.from))
        .with("ce-time", request.time.rfc3339())
        .with("ce-actor", request.actor.as_str())
        .with("ce-correlationid", request.correlation_id.to_string())
        .with("content-type", "application/protobuf");
    if !request.actor_source.is_empty() {
        headers = headers.with("ce-actorsource", request.actor_source.as_str());
    }
    if let Some(cause_id) = &request.cause_id {
        headers = headers.with(CAUSE_ID, cause_id.to_string());
    }
    if let Some(traceparent) = &request.traceparent {
        headers = headers.with("traceparent", traceparent.as_str());
    }
    bus.authenticate_message(&subject, &mut headers, &request.data);
    match bus
        .store(&subject, &headers.with("Nats-Expected-Last-Subject-Sequence", "0"), request.data.clone())
        .await
    {
        Err(Error::Conflict(_)) => Ok(()),
        stored => stored.map(|_| ()),
    }
}

/// Reads a request.
///
/// # Errors
/// When it is not one, or not authentic.
pub fn read(bus: &Bus, message: &Message) -> Result<Request, Error> {
    bus.check_message(message)?;
    let malformed = |what: &str| Error::bus("read a request")(format!("{what} on {}", message.subject));
    let from = message.subject.split('.').nth(3).ok_or_else(|| malformed("no service"))?;
    let header = |name: &'static str| message.headers.get(name).ok_or_else(|| malformed(name));
    let uuid = |name| Uuid::try_parse(header(name)?).map_err(|_| malformed(name));
    Ok(Request {
        id: uuid("ce-id")?,
        from: from.to_owned(),
        schema: header("ce-type")?.to_owned(),
        actor: header("ce-actor")?.to_owned(),
        actor_source: message.headers.get("ce-actorsource").unwrap_or_default().to_owned(),
        correlation_id: uuid("ce-correlationid")?,
        cause_id: message.headers.get(CAUSE_ID).map(|_| uuid(CAUSE_ID)).transpose()?,
        time: Timestamp::parse_rfc3339(header("ce-time")?).ok_or_else(|| malformed("ce-time"))?,
        traceparent: message.headers.get("traceparent").map(str::to_owned),
        data: message.data.clone(),
    })
}
