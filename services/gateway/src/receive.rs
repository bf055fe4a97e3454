//! `POST /events` and `POST /webhooks/<source>`: what other systems send, forwarded to the service ingest.
//!
//! There is no signature: the token of a source is what authenticates, and ingest checks it. A webhook whose sender cannot set
//! a header has it in the query, as `token`. An answer of 2xx says that
//! everything is stored. A 4xx is for what can never be accepted, because Alertmanager gives up on it: whatever is in the
//! way for a while answers 503.

use crate::body::read;
use crate::errors::{Failure, JSON};
use crate::incoming::{Incoming, incoming};
use crate::{Bus, Gateway};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use data_encoding::BASE64;
use reeve_jetstream::calls::INGEST_SUBJECT;
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tracing::Instrument;

/// As the bus carries it in Base64, with its headers, in one message.
const MAX_RECEIVED_BYTES: usize = 640 * 1024;
/// Below here each source has its path.
const WEBHOOKS: &str = "/webhooks/";
/// What goes on to ingest beside the headers of CloudEvents.
const FORWARDED: [&str; 2] = ["authorization", "content-type"];

pub async fn receive<B: Bus>(
    State(gateway): State<Gateway<B>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = new_uuid();
    let (parts, body) = request.into_parts();
    let Ok(_place) = gateway.shared.receptions.try_acquire() else {
        let message = "Too much comes in at the moment. Nothing of this request was accepted.";
        return Failure::new("ServiceUnavailable", message).answer(None, request_id);
    };
    let mut incoming = incoming(&gateway, &parts, peer, request_id);
    let answered = async {
        incoming.body = read(&parts.headers, body, MAX_RECEIVED_BYTES).await.map_err(told)?;
        let span = tracing::info_span!("Receive", "otel.kind" = "server");
        reeve_telemetry::child_of(&span, Some(&incoming.trace()));
        gateway.receive(incoming).instrument(span).await
    };
    match answered.await {
        Ok(body) => crate::errors::json(StatusCode::OK, JSON, Body::from(body), request_id),
        Err(failure) => failure.answer(None, request_id),
    }
}

impl<B: Bus> Gateway<B> {
    async fn receive(&self, request: Incoming<'_>) -> Result<Bytes, Failure> {
        self.open()?;
        let forwarded = json!({
            "path": request.path,
            "headers": forwarded(&request)?,
            "body": BASE64.encode(&request.body),
        });
        let headers = self.headers(&request, request.request_id);
        let body = Bytes::from(forwarded.to_string());
        self.ask_of(INGEST_SUBJECT, headers, body).await.map_err(told)
    }
}

/// The headers that ingest reads.
fn forwarded(request: &Incoming<'_>) -> Result<Vec<Value>, Failure> {
    let read = request
        .headers
        .iter()
        .filter(|(name, _)| FORWARDED.contains(&name.as_str()) || name.as_str().starts_with("ce-"));
    let pairs = read.map(|(name, value)| match std::str::from_utf8(value.as_bytes()) {
        Ok(value) => Ok(json!([name.as_str(), value])),
        Err(_) => {
            let message = format!("The header {name} is not UTF-8.");
            Err(Failure::new("ValidationException", message))
        }
    });
    let mut pairs: Vec<Value> = pairs.collect::<Result<_, _>>()?;
    let token = request.query.split('&').find_map(|pair| pair.strip_prefix("token="));
    if let Some(token) =
        token.filter(|_| request.path.starts_with(WEBHOOKS) && !request.headers.contains_key(AUTHORIZATION))
    {
        pairs.push(json!(["authorization", format!("Bearer {token}")]));
    }
    Ok(pairs)
}

/// A refusal with the status that tells a sender whether to try again.
fn told(failure: Failure) -> Failure {
    match failure.code.as_ref() {
        "AccessDeniedException" => failure.with_status(StatusCode::UNAUTHORIZED),
        "UnsupportedMediaTypeException" => failure.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        // What the bus cannot carry it never will.
        "ValidationException" | "RequestEntityTooLargeException" => failure,
        // Somebody else was faster too often, or something is broken on our side: it may work later.
        _ => Failure::new("ServiceUnavailable", failure.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_never_be_accepted_is_the_senders_fault() {
        let status = |code: &'static str| told(Failure::new(code, "")).status.as_u16();
        assert_eq!(status("ValidationException"), 400);
        assert_eq!(status("AccessDeniedException"), 401);
        assert_eq!(status("UnsupportedMediaTypeException"), 415);
        for ours in ["TooManyUpdates", "InternalServerError", "ServiceUnavailable", "SerializationException"]
        {
            assert_eq!(status(ours), 503, "{ours}");
        }
    }
}
