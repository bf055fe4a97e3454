//! HTTP/1.1 in front of the path: limits, health, and the two doors that take a body.

use crate::body::{drain, read};
use crate::errors::{Failure, JSON, json};
use crate::event_stream::events;
use crate::incoming::{Incoming, incoming};
use crate::programs;
use crate::receive::receive;
use crate::rest;
use crate::{Bus, Gateway};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};
use reeve_types::ids::new_uuid;
use std::net::SocketAddr;
use tracing::{Instrument, field};

/// An enrolment is a code, a key and a few facts about a machine.
const MAX_ENROLMENT_BYTES: usize = 64 * 1024;

pub fn router<B: Bus>(gateway: Gateway<B>) -> Router {
    Router::new()
        .route("/", post(call::<B>))
        .route("/enroll", post(enroll::<B>))
        .route("/events", post(receive::<B>))
        .route("/events/stream", get(events::<B>))
        .route("/webhooks/{source}", post(receive::<B>))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready::<B>))
        .route("/schemas", get(schemas))
        .route("/programs", get(programs::list::<B>))
        .route("/programs/{sha256}", get(programs::fetch::<B>))
        .fallback(at_a_path::<B>)
        .method_not_allowed_fallback(at_a_path::<B>)
        .layer(map_response_with_state(gateway.clone(), leave_connections::<B>))
        .with_state(gateway)
}

/// While the gateway stops each answer is the last one of its connection: the client's next call makes another, and finds another
/// gateway, if there is one.
async fn leave_connections<B: Bus>(
    State(gateway): State<Gateway<B>>,
    mut response: Response<Body>,
) -> Response<Body> {
    if gateway.is_stopping() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn ready<B: Bus>(State(gateway): State<Gateway<B>>) -> (StatusCode, String) {
    if gateway.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the gateway stops\n".to_owned());
    }
    if !gateway.shared.bus.is_connected() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the bus is away\n".to_owned());
    }
    if !gateway.shared.directory.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "no service was found yet\n".to_owned());
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
    lines.extend(readiness.bus);
    lines.extend(readiness.notes);
    lines.extend(readiness.keys);
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
    respond(&gateway, incoming).await
}

/// Carries a call out and answers it as its protocol says.
pub async fn respond<B: Bus>(gateway: &Gateway<B>, incoming: Incoming<'_>) -> Response<Body> {
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
