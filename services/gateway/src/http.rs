//! HTTP/1.1 in front of the path: limits, health, and the two doors that take a body.

use crate::errors::{Failure, json};
use crate::forward::Incoming;
use crate::receive::receive;
use crate::rest;
use crate::{Bus, Gateway};
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reeve_types::ids::new_uuid;
use std::net::SocketAddr;
use std::time::Duration;
use tracing::{Instrument, field};
use uuid::Uuid;

/// A body that takes longer than this to arrive is not worth the memory it holds.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a refused client may take to finish its body.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// As much of a body that is too large is let through, so that its sender reads why it was refused.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;
/// An enrolment is a code, a key and a few facts about a machine.
const MAX_ENROLMENT_BYTES: usize = 64 * 1024;
pub const JSON: &str = "application/json";

pub fn router<B: Bus>(gateway: Gateway<B>) -> Router {
    Router::new()
        .route("/", post(call::<B>))
        .route("/enroll", post(enroll::<B>))
        .route("/events", post(receive::<B>))
        .route("/webhooks/alertmanager", post(receive::<B>))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready::<B>))
        .route("/schemas", get(schemas))
        .fallback(at_a_path::<B>)
        .method_not_allowed_fallback(at_a_path::<B>)
        .with_state(gateway)
}

async fn ready<B: Bus>(State(gateway): State<Gateway<B>>) -> (StatusCode, String) {
    if !gateway.shared.directory.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "no service was found yet\n".to_owned());
    }
    if !gateway.shared.bus.is_connected() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the bus is away\n".to_owned());
    }
    let readiness = gateway.shared.config.readiness.borrow().clone();
    let missing = gateway.missing_services();
    let missing = (!missing.is_empty()).then(|| format!("missing services: {}", missing.join(", ")));
    let closed = gateway.shared.config.closed.borrow().clone();
    let problems: Vec<String> = closed.into_iter().chain(missing).chain(readiness.problems).collect();
    let (status, mut lines) = match problems.is_empty() {
        true => (StatusCode::OK, vec!["ready".to_owned()]),
        false => (StatusCode::SERVICE_UNAVAILABLE, problems),
    };
    lines.extend(readiness.notes);
    (status, format!("{}\n", lines.join("\n")))
}

/// All messages that events and requests have as their bodies, as a `google.protobuf.FileDescriptorSet`.
async fn schemas() -> impl axum::response::IntoResponse {
    ([(CONTENT_TYPE, "application/protobuf")], reeve_contracts::DESCRIPTORS)
}

async fn nothing_here() -> Response<Body> {
    let failure = Failure::new("UnknownOperationException", "Nothing is served at this method and path.");
    failure.with_status(StatusCode::NOT_FOUND).answer(None, new_uuid())
}

/// An operation that method and path name, if the request is signed; there is nothing else.
async fn at_a_path<B: Bus>(
    gateway: State<Gateway<B>>,
    peer: ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let presigned = request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="));
    match presigned || request.headers().contains_key(AUTHORIZATION) {
        true => call(gateway, peer, request).await,
        false => nothing_here().await,
    }
}

async fn call<B: Bus>(
    State(gateway): State<Gateway<B>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = new_uuid();
    let (parts, body) = request.into_parts();
    let mut incoming = incoming(&gateway, &parts, peer, request_id);
    if let Err(failure) = gateway.recognise(&incoming) {
        drain(body, gateway.shared.config.max_body_bytes).await;
        return failure.answer(None, request_id);
    }
    let Ok(_place) = gateway.shared.places.try_acquire() else {
        return Failure::new("ThrottlingException", "Rate exceeded").answer(None, request_id);
    };
    incoming.body = match read(&parts.headers, body, gateway.shared.config.max_body_bytes).await {
        Ok(body) => body,
        Err(failure) => return failure.answer(None, request_id),
    };
    answered(&gateway, incoming).await
}

/// Carries a call out and answers it as its protocol says.
pub async fn answered<B: Bus>(gateway: &Gateway<B>, incoming: Incoming<'_>) -> Response<Body> {
    let request_id = incoming.request_id;
    let span = tracing::info_span!(
        "call",
        "otel.name" = field::Empty,
        "otel.kind" = "server",
        principal = field::Empty
    );
    reeve_telemetry::child_of(&span, Some(&incoming.trace()));
    let outcome = gateway.call(incoming).instrument(span).await;
    match outcome.result {
        Ok(body) => {
            if let (Some(model), Some(rest)) = (outcome.model, outcome.rest) {
                return rest::answer(model, rest, body, request_id)
                    .unwrap_or_else(|failure| failure.answer(outcome.model, request_id));
            }
            let content_type = outcome.model.map_or(JSON, |model| model.content_type.as_str());
            json(StatusCode::OK, content_type, Body::from(body), request_id)
        }
        Err(failure) => failure.answer(outcome.model, request_id),
    }
}

async fn enroll<B: Bus>(
    State(gateway): State<Gateway<B>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = new_uuid();
    let (parts, body) = request.into_parts();
    let Ok(_place) = gateway.shared.enrolments.try_acquire() else {
        return Failure::new("ThrottlingException", "Rate exceeded").answer(None, request_id);
    };
    let mut incoming = incoming(&gateway, &parts, peer, request_id);
    incoming.body = match read(&parts.headers, body, MAX_ENROLMENT_BYTES).await {
        Ok(body) => body,
        Err(failure) => return failure.answer(None, request_id),
    };
    let span = tracing::info_span!("Enroll", "otel.kind" = "server");
    reeve_telemetry::child_of(&span, Some(&incoming.trace()));
    match gateway.enroll(incoming).instrument(span).await {
        Ok(body) => json(StatusCode::OK, JSON, Body::from(body), request_id),
        Err(failure) => failure.answer(None, request_id),
    }
}

pub fn incoming<'a, B: Bus>(
    gateway: &Gateway<B>,
    parts: &'a Parts,
    peer: SocketAddr,
    request_id: Uuid,
) -> Incoming<'a> {
    Incoming {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: Bytes::new(),
        private: gateway.shared.config.tls.is_some() || peer.ip().to_canonical().is_loopback(),
        source: peer.ip().to_canonical().to_string(),
        now: (gateway.shared.config.clock)(),
        request_id,
    }
}

/// The whole body, if it is no longer than `limit` and comes in time. One that announces more is refused, and
/// not asked for when its sender waits to be asked.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Failure> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        if !headers.contains_key(EXPECT) {
            drain(body, MAX_DRAINED_BYTES).await;
        }
        return Err(too_large(limit));
    }
    if announced == Some(0) {
        return Ok(Bytes::new());
    }
    match tokio::time::timeout(BODY_TIMEOUT, collect(body.into_data_stream(), limit)).await {
        Ok(read) => read,
        Err(_) => Err(Failure::new("RequestTimeoutException", "The body did not arrive in time.")),
    }
}

/// Lets a refused client finish what it is sending, so that it reads the refusal and not a broken connection;
/// within limits, and keeping nothing.
async fn drain(body: Body, limit: usize) {
    let mut chunks = body.into_data_stream();
    let drained = async {
        let mut length = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            length += chunk.len();
            if length > limit {
                break;
            }
        }
    };
    // Slower than this and the connection may as well break.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
}

async fn collect(mut chunks: BodyDataStream, limit: usize) -> Result<Bytes, Failure> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| Failure::new("SerializationException", "The body could not be read."))?;
        if first.len() + all.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        // Most bodies are one chunk, which then need not be copied.
        if first.is_empty() && all.is_empty() {
            first = chunk;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&chunk);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

pub fn too_large(limit: usize) -> Failure {
    Failure::new("RequestEntityTooLargeException", format!("The body is longer than {limit} bytes."))
}
