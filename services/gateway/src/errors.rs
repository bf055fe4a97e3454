//! Answers that say no, in the shape that AWS's clients read.

use crate::models::Model;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use reeve_types::text::{MAX_MESSAGE_CHARACTERS, cut};
use serde_json::{Map, Value};
use std::borrow::Cow;
use uuid::Uuid;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// How services with an older protocol tell its clients the code.
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
/// Where services that are called by method and path tell the code.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// When to come again after a 503. The services that there are, are asked for every second.
pub const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");
/// What everything else than a call of an API is answered with.
pub const JSON: &str = "application/json";
/// For whoever asks before it is known which service is meant.
const DEFAULT_CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// A request that was not served, and what its sender is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub status: StatusCode,
    pub code: Cow<'static, str>,
    pub message: String,
    /// What else the modelled error holds.
    pub members: Box<Map<String, Value>>,
}

impl Failure {
    /// With the status that goes with the code: the client's fault, unless the code says otherwise.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let code = code.into();
        let status = match code.as_ref() {
            "InternalServerError" | "InternalFailure" => StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceUnavailable" => StatusCode::SERVICE_UNAVAILABLE,
            "RequestEntityTooLargeException" => StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTimeoutException" => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        };
        let message = cut(&message.into(), MAX_MESSAGE_CHARACTERS);
        Self { status, code, message, members: Box::default() }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("InternalServerError", message)
    }

    /// A service answered with what clients would take for an empty answer.
    pub fn malformed() -> Self {
        Self::internal("The service answered with what is not a JSON object.")
    }

    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// What a service answered with `reeve-error`: the body is the error's members, the message among them.
    pub fn of_service(code: &str, body: &[u8]) -> Self {
        let plain = (1..=128).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some(members) = Some(body).filter(|_| plain).and_then(|body| serde_json::from_slice(body).ok())
        else {
            return Self::internal("The service answered with an error that is not well formed.");
        };
        let mut members: Map<String, Value> = members;
        let message = ["message", "Message"].iter().filter_map(|name| members.shift_remove(*name)).next();
        let message = message.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        members.shift_remove("__type");
        Self { members: Box::new(members), ..Self::new(code.to_owned(), message) }
    }

    /// The HTTP answer, with the message spelt as the model of the service spells it.
    pub fn answer(self, model: Option<&Model>, request_id: Uuid) -> Response<Body> {
        let rest = model.filter(|model| model.is_rest);
        let modelled = rest.and_then(|model| StatusCode::from_u16(model.status(&self.code)?).ok());
        let status = modelled.unwrap_or(self.status);
        let mut body = Map::new();
        body.insert("__type".to_owned(), Value::String(self.code.clone().into_owned()));
        let spelling = model.map_or("message", |model| model.message_member(&self.code));
        body.insert(spelling.to_owned(), Value::String(self.message));
        body.extend(*self.members);
        let content_type = model.map_or(DEFAULT_CONTENT_TYPE, |model| model.content_type.as_str());
        let mut response =
            json(status, content_type, Body::from(Value::Object(body).to_string()), request_id);
        if let Some(code) = rest.and_then(|_| HeaderValue::from_str(&self.code).ok()) {
            response.headers_mut().insert(ERROR_TYPE, code);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        if model.is_some_and(|model| model.query_compatible) {
            let side = if self.status.is_server_error() { "Receiver" } else { "Sender" };
            if let Ok(value) = HeaderValue::from_str(&format!("{};{side}", self.code)) {
                response.headers_mut().insert(QUERY_ERROR, value);
            }
        }
        response
    }
}

/// An answer with the headers that every answer has.
pub fn json(status: StatusCode, content_type: &str, body: Body, request_id: Uuid) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    let mut buffer = Uuid::encode_buffer();
    if let Ok(value) = HeaderValue::from_str(request_id.hyphenated().encode_lower(&mut buffer)) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_error_keeps_its_members_and_loses_its_message() {
        let failure =
            Failure::of_service("OpsItemAlreadyExistsException", br#"{"message": "m", "OpsItemId": "o"}"#);
        assert_eq!((failure.status, failure.message.as_str()), (StatusCode::BAD_REQUEST, "m"));
        assert_eq!(Value::Object(*failure.members), serde_json::json!({"OpsItemId": "o"}));
        assert_eq!(
            Failure::of_service("InternalServerError", b"{}").status,
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }

    #[test]
    fn who_is_told_to_come_again_is_told_when() {
        let retry_after = |code: &'static str| {
            let answer = Failure::new(code, "").answer(None, Uuid::nil());
            answer.headers().get(RETRY_AFTER).cloned()
        };
        assert_eq!(retry_after("ServiceUnavailable"), Some(RETRY_AFTER_SECONDS));
        assert_eq!((retry_after("InternalServerError"), retry_after("InvalidDocument")), (None, None));
    }

    #[test]
    fn what_is_no_error_is_our_fault() {
        for (code, body) in
            [("a b", "{}"), ("", "{}"), ("InvalidDocument", "<html>"), ("InvalidDocument", "[]")]
        {
            assert_eq!(Failure::of_service(code, body.as_bytes()).code, "InternalServerError");
        }
    }
}
