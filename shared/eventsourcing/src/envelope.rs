//! What travels with every event: CloudEvents 1.0 in binary mode.

use crate::Event;
use bytes::Bytes;
use reeve_types::{Timestamp, subject};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};
use uuid::Uuid;

/// Why headers were not an envelope.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the message has no header {0}")]
    Missing(&'static str),
    #[error("the header {name} holds {value:?}, which is not {expected}")]
    Malformed { name: &'static str, value: String, expected: &'static str },
    #[error("the subject {0:?} is not reeve.evt.<service>.<aggregate>.<id>")]
    Subject(String),
}

/// A JetStream sequence; 0 is "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which aggregate an event belongs to; its literal subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AggregateRef {
    pub service: String,
    pub aggregate: String,
    pub id: String,
}

impl AggregateRef {
    pub fn new(service: &str, aggregate: &str, id: &str) -> Self {
        Self { service: service.to_owned(), aggregate: aggregate.to_owned(), id: id.to_owned() }
    }

    /// The subjects of all aggregates of an event's kind.
    pub fn subjects<E: Event>() -> String {
        format!("reeve.evt.{}.{}.*", E::SERVICE, E::AGGREGATE)
    }

    /// `reeve.evt.<service>.<aggregate>.<id>`, the id escaped.
    pub fn subject(&self) -> String {
        format!("reeve.evt.{}.{}.{}", self.service, self.aggregate, subject::escape(&self.id))
    }
}

impl FromStr for AggregateRef {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Subject(text.to_owned());
        let rest = text.strip_prefix("reeve.evt.").ok_or_else(refused)?;
        let mut parts = rest.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(service), Some(aggregate), Some(token), None) => {
                let id = subject::unescape(token).ok_or_else(refused)?;
                Ok(Self { service: service.to_owned(), aggregate: aggregate.to_owned(), id })
            }
            _ => Err(refused()),
        }
    }
}

/// An event with its CloudEvents attributes; the body still encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub id: Uuid,
    pub schema: String,
    pub time: Timestamp,
    pub aggregate: AggregateRef,
    pub actor: String,
    /// The address that the causing call came from; empty when there was none.
    pub actor_source: String,
    pub correlation_id: Uuid,
    pub causation_id: Uuid,
    pub traceparent: Option<String>,
    pub data: Bytes,
}

impl Envelope {
    /// The headers of the binary mode, without the subject.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", self.id.to_string()),
            ("ce-type", header_text(self.schema.as_str())),
            ("ce-source", header_text(format!("/reeve/{}", self.aggregate.service))),
            (
                "ce-subject",
                header_text(format!("{}/{}", self.aggregate.aggregate, subject::escape(&self.aggregate.id))),
            ),
            ("ce-time", self.time.rfc3339()),
            ("ce-actor", header_text(self.actor.as_str())),
            ("ce-correlationid", self.correlation_id.to_string()),
            ("ce-causationid", self.causation_id.to_string()),
            ("content-type", "application/protobuf".to_owned()),
        ];
        if !self.actor_source.is_empty() {
            headers.push(("ce-actorsource", header_text(self.actor_source.as_str())));
        }
        if let Some(traceparent) = &self.traceparent {
            headers.push(("traceparent", header_text(traceparent.as_str())));
        }
        headers
    }

    /// Reads an envelope back from a message's subject, headers and body.
    ///
    /// # Errors
    /// When a required header is missing or malformed: the error names it.
    pub fn read<'a>(
        message_subject: &str,
        header: impl Fn(&'static str) -> Option<&'a str>,
        data: Bytes,
    ) -> Result<Self, Error> {
        let required = |name| header(name).ok_or(Error::Missing(name));
        let uuid = |name| {
            let value = required(name)?;
            Uuid::try_parse(value).map_err(|_| Error::Malformed {
                name,
                value: value.to_owned(),
                expected: "a UUID",
            })
        };
        let time = required("ce-time")?;
        Ok(Self {
            id: uuid("ce-id")?,
            schema: required("ce-type")?.to_owned(),
            time: Timestamp::parse_rfc3339(time).ok_or_else(|| Error::Malformed {
                name: "ce-time",
                value: time.to_owned(),
                expected: "an RFC 3339 instant",
            })?,
            aggregate: message_subject.parse()?,
            actor: required("ce-actor")?.to_owned(),
            actor_source: header("ce-actorsource").unwrap_or_default().to_owned(),
            correlation_id: uuid("ce-correlationid")?,
            causation_id: uuid("ce-causationid")?,
            traceparent: header("traceparent").map(str::to_owned),
            data,
        })
    }
}

/// A header value holds no line break: such characters become blanks, so that no header can be injected.
fn header_text(text: impl Into<String>) -> String {
    let text = text.into();
    match text.contains(char::is_control) {
        true => text.replace(char::is_control, " "),
        false => text,
    }
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<E> {
    pub position: Position,
    /// Shared by all who look at the same event.
    pub envelope: Arc<Envelope>,
    pub event: E,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_envelope_reads_back(id in "[ -~é/.*>]{0,40}", actor in "[a-z:.0-9-]{1,30}", ms in 0i64..4_000_000_000_000) {
            let envelope = Envelope {
                id: Uuid::from_u128(7), schema: "reeve.x.Y.v1".into(), time: Timestamp(ms),
                aggregate: AggregateRef::new("x", "y", &id), actor, actor_source: "127.0.0.1".into(),
                correlation_id: Uuid::from_u128(8), causation_id: Uuid::from_u128(9),
                traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
                data: Bytes::from_static(b"body"),
            };
            let headers = envelope.headers();
            let get = |name: &'static str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
            let back = Envelope::read(&envelope.aggregate.subject(), get, envelope.data.clone());
            prop_assert_eq!(back, Ok(envelope.clone()));
        }

        #[test]
        fn no_subject_panics(text in any::<String>()) {
            let _: Result<AggregateRef, Error> = text.parse();
        }
    }
}
