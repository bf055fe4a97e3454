//! The same calls over the bus: a program that has a user of the account PROGRAMS sends what it would send over HTTP.
//!
//! A message on `reeve.edge` is a `POST /`: its headers are the request's, signed as they would be (`host` included,
//! whatever it says), its body the body. The answer's headers are the response's, and `status`. Everything else is one
//! path with HTTP: nothing is permitted here that is not permitted there.

use crate::{Gateway, body::too_large, errors::Failure, http::respond, incoming::Incoming};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response},
};
use reeve_jetstream::{Bus, Error, Headers, Message, operator::EDGE};
use reeve_types::ids::new_uuid;
use serde::Deserialize;
use tokio::task::JoinSet;

/// Gateways share what comes in.
const GROUP: &str = "gateway";
/// Written by the server alone, about who calls.
const REQUEST_INFO: &str = "Nats-Request-Info";

#[derive(Default, Deserialize)]
struct RequestInfo {
    #[serde(default)]
    host: String,
}

/// Serves calls on the bus until the gateway stops and all that had come are answered.
pub async fn serve_bus(bus: Bus, gateway: Gateway<Bus>) {
    let mut calls = match bus.subscribe_in(GROUP, EDGE).await {
        Ok(calls) => calls,
        Err(error) => return tracing::error!(%error, "no calls are taken over the bus"),
    };
    let mut at_work = JoinSet::new();
    while let Some(call) = calls.next_until(gateway.stops()).await {
        // Of those that have ended nothing is kept.
        while at_work.try_join_next().is_some() {}
        let (bus, gateway) = (bus.clone(), gateway.clone());
        at_work.spawn(async move {
            let Some(reply) = call.reply.clone() else { return };
            let response = answer(&gateway, call).await;
            if let Err(error) = publish(&bus, &reply, response).await {
                tracing::warn!(%error, "an answer on the bus could not be sent");
            }
        });
    }
    while at_work.join_next().await.is_some() {}
}

async fn answer(gateway: &Gateway<Bus>, call: Message) -> Response<Body> {
    let request_id = new_uuid();
    let Some(headers) = headers(&call.headers) else {
        let message = "A header is not one of HTTP.";
        return Failure::new("SerializationException", message).answer(None, request_id);
    };
    // Several are those of somebody who wrote one himself.
    let mut infos = call.headers.pairs().filter(|(name, _)| name.eq_ignore_ascii_case(REQUEST_INFO));
    let info = infos.next().filter(|_| infos.next().is_none()).map(|(_, info)| info);
    let info: RequestInfo = info.and_then(|info| serde_json::from_str(info).ok()).unwrap_or_default();
    let shared = &gateway.shared;
    let incoming = Incoming {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
        body: call.data,
        source: info.host,
        // The gateway does not see how the program speaks with the bus.
        private: false,
        now: (shared.config.clock)(),
        request_id,
    };
    if let Err(failure) = gateway.recognise(&incoming) {
        return failure.answer(None, request_id);
    }
    if incoming.body.len() > shared.config.max_body_bytes {
        return too_large(shared.config.max_body_bytes).answer(None, request_id);
    }
    let Ok(_place) = shared.places.try_acquire() else {
        return Failure::new("ThrottlingException", "Rate exceeded").answer(None, request_id);
    };
    respond(gateway, incoming).await
}

/// The message's headers as HTTP has them; the bus keeps their case, and adds its own, which nobody signs.
fn headers(of: &Headers) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in of.pairs().filter(|(name, _)| !name.to_ascii_lowercase().starts_with("nats-")) {
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
    }
    Some(headers)
}

async fn publish(bus: &Bus, reply: &str, response: Response<Body>) -> Result<(), Error> {
    let (parts, body) = response.into_parts();
    let mut headers = Headers::default().with("status", parts.status.as_str());
    for (name, value) in &parts.headers {
        headers.push(name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    let body = to_bytes(body, usize::MAX).await;
    let body = body.map_err(|e| Error::Bus { what: "carry an answer", reason: e.to_string() })?;
    bus.publish(reply, headers, body).await
}
