//! `GET /events/stream`: events as server-sent events, for readers that have a key and HTTP.
//!
//! It is the operation ReadEvents of the feed, asked again and again with the position that it has answered, and so
//! authorized each time: who loses the right loses the stream. The query has the operation's members, lists with commas;
//! `Last-Event-ID` is `after`, and so may the query say it. Each event's id is the position behind it; one comes right
//! after the connect, so that a reader that is cut off before the first event can go on, too. The request is signed like
//! any other, in its headers or, for a browser, in its query.

use crate::errors::Failure;
use crate::incoming::incoming;
use crate::sigv4::Caller;
use crate::{Bus, Gateway};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode, header};
use bytes::Bytes;
use futures::stream;
use reeve_sigv4::canonical;
use reeve_types::ids::new_uuid;
use serde_json::{Map, Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::sync::OwnedSemaphorePermit;

const API: &str = "feed";
const OPERATION: &str = "ReadEvents";
/// So long the feed waits for an event; then the reader is sent a comment, which keeps the connection open.
const WAIT_SECONDS: u64 = 10;
/// Before the feed is asked again when it was not there.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// What readers wait before they connect again, in milliseconds.
const RECONNECT_MS: u64 = 1_000;
/// The members of the query that are lists, and those that are texts, by their names in the operation.
const LISTS: [&str; 2] = ["services", "types"];
const TEXTS: [&str; 4] = ["subject", "actor", "eventPattern", "after"];

pub async fn events<B: Bus>(
    State(gateway): State<Gateway<B>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = new_uuid();
    let (parts, _) = request.into_parts();
    let Ok(place) = gateway.shared.streams.clone().try_acquire_owned() else {
        return Failure::new("ThrottlingException", "Rate exceeded").answer(None, request_id);
    };
    match begin(gateway, peer, parts, place).await {
        Ok(reading) => answer(reading),
        Err(failure) if failure.code == "AccessDeniedException" => {
            failure.with_status(StatusCode::FORBIDDEN).answer(None, request_id)
        }
        Err(failure) => failure.answer(None, request_id),
    }
}

/// Somebody who reads.
struct Reading<B> {
    gateway: Gateway<B>,
    peer: SocketAddr,
    parts: Parts,
    caller: Caller,
    input: Map<String, Value>,
    /// What is sent next, before anything is asked.
    first: Option<Bytes>,
    has_ended: bool,
    _place: OwnedSemaphorePermit,
}

async fn begin<B: Bus>(
    gateway: Gateway<B>,
    peer: SocketAddr,
    parts: Parts,
    place: OwnedSemaphorePermit,
) -> Result<Reading<B>, Failure> {
    let request = incoming(&gateway, &parts, peer, new_uuid());
    let caller =
        gateway.authenticate(&request).map_err(|error| Failure::new(error.code(), error.to_string()))?;
    if caller.service != API {
        let message = format!("Credential should be scoped to correct service: '{API}'.");
        return Err(Failure::new("InvalidSignatureException", message));
    }
    let mut input = input(request.query)?;
    if let Some(last) = request.header("last-event-id").filter(|last| !last.is_empty()) {
        input.insert("after".to_owned(), last.into());
    }
    let mut reading =
        Reading { gateway, peer, parts, caller, input, first: None, has_ended: false, _place: place };
    // What is wrong is said before anything is sent; what is there already comes with the first answer.
    let answer = reading.ask(0).await?;
    let mut sent = format!("retry: {RECONNECT_MS}\n\n");
    if answer["events"].as_array().is_none_or(Vec::is_empty) {
        sent.push_str(&entry(answer["after"].as_str().unwrap_or_default(), "position", &json!({})));
    }
    sent.push_str(&entries(&answer));
    reading.go_on(&answer);
    reading.first = Some(sent.into());
    Ok(reading)
}

/// The operation's input in a query; the members of a signature are no part of it.
fn input(query: &str) -> Result<Map<String, Value>, Failure> {
    let mut input = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value)?;
        match name {
            name if name.starts_with("X-Amz-") => continue,
            name if LISTS.contains(&name) => {
                let list: Vec<&str> = value.split(',').filter(|word| !word.is_empty()).collect();
                input.insert(name.to_owned(), list.into());
            }
            name if TEXTS.contains(&name) => {
                input.insert(name.to_owned(), value.into());
            }
            name => {
                let known = [&LISTS[..], &TEXTS[..]].concat().join(", ");
                let message = format!("{name} is no member of the query: there are {known}.");
                return Err(Failure::new("ValidationException", message));
            }
        }
    }
    Ok(input)
}

fn decoded(text: &str) -> Result<String, Failure> {
    let text_of = canonical::decoded(text).and_then(|bytes| String::from_utf8(bytes).ok());
    text_of
        .ok_or_else(|| Failure::new("ValidationException", format!("{text:?} is not percent-encoded UTF-8.")))
}

fn entry(id: &str, kind: &str, data: &Value) -> String {
    format!("id: {id}\nevent: {kind}\ndata: {data}\n\n")
}

/// The events of an answer, each with the position behind it.
fn entries(answer: &Value) -> String {
    let events = answer["events"].as_array().into_iter().flatten();
    let positions = answer["positions"].as_array().into_iter().flatten();
    let each = events.zip(positions).map(|(event, position)| {
        let kind = event["type"].as_str().unwrap_or("message");
        entry(position.as_str().unwrap_or_default(), kind, event)
    });
    each.collect()
}

impl<B: Bus> Reading<B> {
    async fn ask(&self, wait_seconds: u64) -> Result<Value, Failure> {
        let request = incoming(&self.gateway, &self.parts, self.peer, new_uuid());
        let mut input = self.input.clone();
        input.insert("waitSeconds".to_owned(), wait_seconds.into());
        let body = self.gateway.read(&request, &self.caller, API, OPERATION, input).await?;
        serde_json::from_slice(&body)
            .map_err(|_| Failure::internal("The feed answered with what is no JSON."))
    }

    fn go_on(&mut self, answer: &Value) {
        self.input.insert("after".to_owned(), answer["after"].clone());
    }

    /// What is sent next; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Bytes> {
        if self.has_ended {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let mut stopping = self.gateway.shared.stopping.subscribe();
        let answer = tokio::select! {
            answer = self.ask(WAIT_SECONDS) => answer,
            // Whoever reads goes on with another gateway.
            _ = stopping.wait_for(|stops| *stops) => return None,
        };
        match answer {
            Ok(answer) => {
                self.go_on(&answer);
                let sent = entries(&answer);
                Some(if sent.is_empty() { Bytes::from_static(b":\n\n") } else { sent.into() })
            }
            Err(failure) if failure.status.is_server_error() => {
                tokio::time::sleep(RETRY_DELAY).await;
                Some(Bytes::from_static(b": the feed is away\n\n"))
            }
            Err(failure) => {
                // The reader learns why, and that connecting again with the same will not help.
                let error = json!({"code": failure.code, "message": failure.message});
                let after = self.input["after"].as_str().unwrap_or_default();
                let last = entry(after, "error", &error);
                self.has_ended = true;
                Some(last.into())
            }
        }
    }
}

fn answer<B: Bus>(reading: Reading<B>) -> Response<Body> {
    let chunks = stream::unfold(reading, |mut reading| async move {
        let next = reading.next().await?;
        Some((Ok::<_, std::convert::Infallible>(next), reading))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    // Of nginx: it would keep back what comes.
    headers.insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_the_operations_input() {
        let read = input("services=nodes,documents&types=NodeLost&after=nodes%3A1&X-Amz-Date=x").unwrap();
        let expected = json!({"services": ["nodes", "documents"], "types": ["NodeLost"], "after": "nodes:1"});
        assert_eq!(Value::from(read), expected);
        let refused = input("service=nodes").unwrap_err();
        assert!(refused.message.contains("service is no member of the query"), "{}", refused.message);
        assert!(input("after=%ff").is_err());
    }

    #[test]
    fn each_event_has_the_position_behind_it() {
        let answer = json!({"events": [{"type": "t", "n": 1}, {"type": "u"}], "positions": ["a:1", "a:2"]});
        let expected = "id: a:1\nevent: t\ndata: {\"type\":\"t\",\"n\":1}\n\nid: a:2\nevent: u\ndata: {\"type\":\"u\"}\n\n";
        assert_eq!(entries(&answer), expected);
    }
}
