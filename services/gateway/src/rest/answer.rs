//! What a service answers becomes an answer of HTTP.

use crate::binding::{Binding, Location};
use crate::errors::{Failure, json};
use crate::models::Model;
use crate::shapes::Kind;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A success: the status that the model gives it, members in headers, and the others as the body. One without content has
/// no body at all.
///
/// # Errors
/// When the service's answer does not fit the model.
pub fn answer(
    model: &Model,
    rest: &Binding,
    body: Bytes,
    request_id: Uuid,
) -> Result<Response<Body>, Failure> {
    let malformed = || Failure::internal("The service answered with what its model does not have.");
    let mut status = StatusCode::from_u16(rest.status).map_err(|_| malformed())?;
    if rest.output.members.is_empty() && rest.output.payload.is_none() {
        return Ok(with_body(status, body, request_id));
    }
    let mut output: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| malformed())?;
    let mut headers = Vec::new();
    for (member, _, location) in &rest.output.members {
        let text = match output.shift_remove(member) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text,
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            Some(Value::Array(_) | Value::Object(_)) => return Err(malformed()),
        };
        match location {
            Location::Status => status = text.parse().map_err(|_| malformed())?,
            Location::Header(name) => {
                let name = HeaderName::try_from(name).map_err(|_| malformed())?;
                headers.push((name, HeaderValue::try_from(&text).map_err(|_| malformed())?));
            }
            Location::Path | Location::Query(_) => return Err(malformed()),
        }
    }
    let body = match &rest.output.payload {
        None => Bytes::from(Value::Object(output).to_string()),
        Some((member, shape)) => {
            let whole = output.shift_remove(member).unwrap_or_default();
            match (&model.shape(*shape).kind, whole) {
                (_, Value::Null) => Bytes::new(),
                (Kind::Blob, Value::String(text)) => {
                    Bytes::from(BASE64.decode(text.as_bytes()).map_err(|_| malformed())?)
                }
                (_, Value::String(text)) => Bytes::from(text),
                (_, whole) => Bytes::from(whole.to_string()),
            }
        }
    };
    let mut response = with_body(status, body, request_id);
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

fn with_body(status: StatusCode, body: Bytes, request_id: Uuid) -> Response<Body> {
    if status == StatusCode::NO_CONTENT {
        let mut response = json(status, "application/json", Body::empty(), request_id);
        response.headers_mut().remove(CONTENT_TYPE);
        return response;
    }
    json(status, "application/json", Body::from(body), request_id)
}
