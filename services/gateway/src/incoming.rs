//! A request as it came in.

use crate::errors::Failure;
use crate::sigv4;
use crate::{Bus, Gateway};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;
use reeve_types::Timestamp;
use serde_json::{Map, Value};
use std::net::SocketAddr;
use uuid::Uuid;

/// The header of a request that asks about an earlier instant, in RFC 3339. It must be signed.
pub const AS_OF: &str = "x-reeve-as-of";
/// The longest instant in RFC 3339 has 35; the header goes on to the service.
const MAX_AS_OF_BYTES: usize = 64;

/// A request as it came in, its body read.
pub struct Incoming<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: Bytes,
    /// Where it is from: an address.
    pub source: String,
    /// Whether nobody on the way can have read or changed it: it came over TLS, or from this machine.
    pub private: bool,
    pub now: Timestamp,
    pub request_id: Uuid,
}

impl Incoming<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        value.to_str().ok()
    }

    /// Whether a header names the operation, as with the protocols that have no paths.
    pub fn is_targeted(&self) -> bool {
        self.path == "/" && self.method == "POST"
    }

    /// What is called, beside the body: two requests that differ in it are two calls.
    pub fn target(&self) -> String {
        let target = self.header("x-amz-target").unwrap_or_default();
        format!("{} {}?{} {target}", self.method, self.path, self.query)
    }

    /// The earlier instant that is asked about. Its service says what is wrong with one that is no instant of the log.
    pub fn as_of(&self) -> Result<Option<&str>, Failure> {
        if !self.headers.contains_key(AS_OF) {
            return Ok(None);
        }
        let instant = self.header(AS_OF).filter(|instant| instant.len() <= MAX_AS_OF_BYTES);
        let message = format!("The header {AS_OF} is not one instant in RFC 3339.");
        instant.map(Some).ok_or_else(|| Failure::new("ValidationException", message))
    }

    /// The trace that the client names, or one of the request's own.
    pub fn trace(&self) -> String {
        let given = self.header("traceparent").filter(|trace| is_traceparent(trace));
        given.map_or_else(|| new_traceparent(self.request_id), str::to_owned)
    }

    /// Does something with the request as a signature sees it.
    pub fn signed<T>(&self, then: impl FnOnce(&sigv4::Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        then(&sigv4::Request {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: &headers,
            body: &self.body,
        })
    }
}

/// A request from HTTP, without its body.
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

/// The JSON object of a body. No body at all is one without members.
pub fn parsed(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = match error.classify() {
            serde_json::error::Category::Data => "The body is not a JSON object.".to_owned(),
            _ => format!("The body is not JSON: {error}."),
        };
        Failure::new("SerializationException", message)
    })
}

/// Whether a client's trace is of the W3C form `00-<32>-<16>-<2>`, its ids not all zeros.
fn is_traceparent(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut hex = |length: usize| {
        parts.next().filter(|part| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let (version, trace, span, flags) = (hex(2), hex(32), hex(16), hex(2));
    let real = |id: Option<&str>| id.is_some_and(|id| id.bytes().any(|byte| byte != b'0'));
    version == Some("00") && real(trace) && real(span) && flags.is_some() && parts.next().is_none()
}

/// A trace of its own for a request: the trace's id is the request's, the span's the random half of it.
pub fn new_traceparent(request_id: Uuid) -> String {
    let (_, random) = request_id.as_u64_pair();
    format!("00-{}-{random:016x}-01", request_id.simple())
}

#[cfg(test)]
mod tests {
    use super::{is_traceparent, new_traceparent};
    use uuid::Uuid;

    #[test]
    fn traces() {
        assert!(is_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        assert!(is_traceparent(&new_traceparent(reeve_types::ids::new_uuid())));
        for wrong in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert!(!is_traceparent(wrong), "{wrong}");
        }
        assert!(!is_traceparent(&new_traceparent(Uuid::nil())));
    }
}
