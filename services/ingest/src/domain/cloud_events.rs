//! CloudEvents 1.0 over HTTP, in binary, structured and batched content mode, and over NATS, in the first two.
//!
//! Specified in <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>,
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md> and
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>.

use super::Unacceptable;
use data_encoding::BASE64;
use reeve_contracts::ingest::{CloudEventReceived, Text};
use reeve_types::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The attribute that says what the data is.
const DATA_CONTENT_TYPE: &str = "datacontenttype";

/// How a request carries events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Binary,
    Structured,
    Batched,
}

/// The mode that a content type says, in any case of letters and with any parameters.
///
/// # Errors
/// For a format of events that is not JSON.
pub fn mode(content_type: &str) -> Result<Mode, Unacceptable> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    match essence.as_str() {
        "application/cloudevents+json" => Ok(Mode::Structured),
        "application/cloudevents-batch+json" => Ok(Mode::Batched),
        other if other.starts_with("application/cloudevents") => {
            let known = "application/cloudevents+json and application/cloudevents-batch+json";
            Err(Unacceptable::new(
                "Content-Type",
                format!("is {content_type:?}: of the formats of events, {known} are read"),
            ))
        }
        _ => Ok(Mode::Binary),
    }
}

/// Reads an event whose attributes are headers.
///
/// # Errors
/// Which header is wrong, and why.
pub fn binary(headers: &[(String, String)], body: &[u8]) -> Result<CloudEventReceived, Unacceptable> {
    let mut attributes = attributes_of(headers)?;
    let content_type = header(headers, "content-type").map(|kind| (DATA_CONTENT_TYPE.to_owned(), kind));
    attributes.extend(content_type);
    of_parts(attributes, body)
}

/// Reads an event as it comes over NATS: the content type tells the mode alone, and that of the data is an attribute like the
/// others.
///
/// # Errors
/// Which header or attribute is wrong, and why.
pub fn over_nats(headers: &[(String, String)], body: &[u8]) -> Result<CloudEventReceived, Unacceptable> {
    match mode(&header(headers, "content-type").unwrap_or_default())? {
        Mode::Binary => of_parts(attributes_of(headers)?, body),
        Mode::Structured => structured(body),
        Mode::Batched => {
            Err(Unacceptable::new("Content-Type", "is that of a batch: over NATS each event is a message"))
        }
    }
}

/// A header's value, if it has one.
fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
}

fn attributes_of(headers: &[(String, String)]) -> Result<BTreeMap<String, String>, Unacceptable> {
    let mut attributes = BTreeMap::new();
    for (name, value) in headers {
        let name = name.to_lowercase();
        if let Some(attribute) = name.strip_prefix("ce-") {
            let value = decoded(&name, value)?;
            if attributes.insert(attribute.to_owned(), value).is_some() {
                return Err(Unacceptable::new(name, "is there more than once"));
            }
        }
    }
    Ok(attributes)
}

/// An event of its attributes and its data as bytes.
fn of_parts(attributes: BTreeMap<String, String>, body: &[u8]) -> Result<CloudEventReceived, Unacceptable> {
    let kind = match (attributes.get(DATA_CONTENT_TYPE), body) {
        (_, []) => "",
        (Some(kind), _) if is_json(kind) => "json",
        (Some(kind), _) if kind.to_lowercase().starts_with("text/") && std::str::from_utf8(body).is_ok() => {
            "text"
        }
        _ => "binary",
    };
    if kind == "json" {
        serde_json::from_slice::<serde::de::IgnoredAny>(body)
            .map_err(|error| Unacceptable::new("The body", format!("is not JSON: {error}")))?;
    }
    event("ce-", attributes, kind, body.to_vec())
}

/// Reads an event that is a JSON object.
///
/// # Errors
/// Which attribute is wrong, and why.
pub fn structured(body: &[u8]) -> Result<CloudEventReceived, Unacceptable> {
    object(parsed(body)?)
}

/// Reads a list of events: each is accepted or not for itself.
///
/// # Errors
/// When it is no list.
pub fn batch(body: &[u8]) -> Result<Vec<Result<CloudEventReceived, Unacceptable>>, Unacceptable> {
    match parsed(body)? {
        Value::Array(events) => Ok(events.into_iter().map(object).collect()),
        _ => Err(Unacceptable::new("The body", "is not a JSON list")),
    }
}

fn parsed(body: &[u8]) -> Result<Value, Unacceptable> {
    serde_json::from_slice(body)
        .map_err(|error| Unacceptable::new("The body", format!("is not JSON: {error}")))
}

fn object(value: Value) -> Result<CloudEventReceived, Unacceptable> {
    let Value::Object(mut object) = value else {
        return Err(Unacceptable::new("The event", "is not a JSON object"));
    };
    let (kind, data) = data(&mut object)?;
    let mut attributes = BTreeMap::new();
    for (name, value) in object {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) if number.is_i64() => number.to_string(),
            other => {
                return Err(Unacceptable::new(
                    name,
                    format!("is {other}: an attribute is a text, an integer or a boolean"),
                ));
            }
        };
        attributes.insert(name, text);
    }
    event("", attributes, kind, data)
}

fn data(object: &mut Map<String, Value>) -> Result<(&'static str, Vec<u8>), Unacceptable> {
    let kind = object.get(DATA_CONTENT_TYPE).and_then(Value::as_str).unwrap_or("application/json");
    let is_json = is_json(kind);
    let base64 = object.shift_remove("data_base64").filter(|value| !value.is_null());
    match (object.shift_remove("data"), base64) {
        (Some(_), Some(_)) => Err(Unacceptable::new("data", "and data_base64 are both there")),
        (None, None) => Ok(("", Vec::new())),
        (None, Some(Value::String(text))) => match BASE64.decode(text.as_bytes()) {
            Ok(bytes) => Ok(("binary", bytes)),
            Err(error) => Err(Unacceptable::new("data_base64", format!("is not Base64: {error}"))),
        },
        (None, Some(_)) => Err(Unacceptable::new("data_base64", "is no text")),
        (Some(Value::String(text)), None) if !is_json => Ok(("text", text.into_bytes())),
        (Some(value), None) => Ok(("json", value.to_string().into_bytes())),
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    essence == "application/json" || essence.ends_with("/json") || essence.ends_with("+json")
}

/// An event of its attributes; `prefix` is that of their names where they came from.
fn event(
    prefix: &str,
    mut attributes: BTreeMap<String, String>,
    kind: &str,
    data: Vec<u8>,
) -> Result<CloudEventReceived, Unacceptable> {
    let named = |name: &str| format!("{prefix}{name}");
    for name in attributes.keys() {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            let problem = "is not the name of an attribute: those are of the letters a to z and digits";
            return Err(Unacceptable::new(named(name), problem));
        }
    }
    let mut required = |name: &str| match attributes.remove(name) {
        None => Err(Unacceptable::new(named(name), "is missing")),
        Some(value) if value.is_empty() => Err(Unacceptable::new(named(name), "is empty")),
        Some(value) => Ok(value),
    };
    let version = required("specversion")?;
    if version != "1.0" {
        return Err(Unacceptable::new(named("specversion"), format!("is {version:?}: it must be \"1.0\"")));
    }
    let (id, source, r#type) = (required("id")?, required("source")?, required("type")?);
    if let Some(time) = attributes.get("time").filter(|time| Timestamp::parse_rfc3339(time).is_none()) {
        return Err(Unacceptable::new(
            named("time"),
            format!("is {time:?}, which is no instant in RFC 3339"),
        ));
    }
    Ok(CloudEventReceived {
        sender: String::new(),
        identity: identity(&source, &id),
        id,
        source,
        r#type,
        attributes: attributes.into_iter().map(|(key, value)| Text { key, value }).collect(),
        data_kind: kind.to_owned(),
        data,
    })
}

/// What an event is known by.
fn identity(source: &str, id: &str) -> String {
    let named = serde_json::json!([source, id]).to_string();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, named.as_bytes()).simple().to_string()
}

/// A header's value: first double quotes are undone with their backslashes, then percent-encoding, once.
fn decoded(name: &str, value: &str) -> Result<String, Unacceptable> {
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    let unquoted = match inner.filter(|_| value.len() >= 2) {
        Some(inner) => {
            let (mut text, mut escaped) = (String::new(), false);
            for c in inner.chars() {
                escaped = c == '\\' && !escaped;
                if !escaped {
                    text.push(c);
                }
            }
            text
        }
        None => value.to_owned(),
    };
    let (mut bytes, mut rest) = (Vec::new(), unquoted.as_bytes());
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| data_encoding::HEXLOWER_PERMISSIVE.decode(hex).ok());
        match (byte, hex) {
            (b'%', Some(decoded)) => {
                bytes.extend(decoded);
                rest = &tail[2..];
            }
            (b'%', None) => {
                return Err(Unacceptable::new(
                    name,
                    format!("is {value:?}, where a percent sign stands alone"),
                ));
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| Unacceptable::new(name, format!("is {value:?}, which is not UTF-8")))
}

#[cfg(test)]
#[path = "cloud_events_tests.rs"]
mod tests;
