//! What travels with every event: CloudEvents 1.0 in binary mode.

use crate::{Context, Event};
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
    #[error("the subject {0:?} is not reeve.evt.<service>.<aggregate>.<id>, the parts of the id as tokens")]
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
///
/// An id has as many parts as its events declare ([`Event::ID_PARTS`]), separated by `/`; each part is a token of the
/// subject, so that subscribers can filter by it. The last part may hold `/` itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AggregateRef {
    pub service: String,
    pub aggregate: String,
    pub id: String,
    id_parts: usize,
}

impl AggregateRef {
    /// An aggregate of an event's kind.
    pub fn of<E: Event>(id: &str) -> Self {
        Self::new(E::SERVICE, E::AGGREGATE, id).with_parts(E::ID_PARTS)
    }

    /// An aggregate whose id is one part.
    pub fn new(service: &str, aggregate: &str, id: &str) -> Self {
        let (service, aggregate, id) = (service.to_owned(), aggregate.to_owned(), id.to_owned());
        Self { service, aggregate, id, id_parts: 1 }
    }

    fn with_parts(self, id_parts: usize) -> Self {
        Self { id_parts, ..self }
    }

    /// The subjects of all aggregates of an event's kind.
    pub fn subjects<E: Event>() -> String {
        format!("reeve.evt.{}.{}.>", E::SERVICE, E::AGGREGATE)
    }

    /// The id as tokens of a subject: each part escaped.
    fn id_tokens(&self) -> String {
        let tokens: Vec<String> = self.id.splitn(self.id_parts.max(1), '/').map(subject::escape).collect();
        tokens.join(".")
    }

    /// `reeve.evt.<service>.<aggregate>.<id>`.
    pub fn subject(&self) -> String {
        format!("reeve.evt.{}.{}.{}", self.service, self.aggregate, self.id_tokens())
    }
}

impl FromStr for AggregateRef {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Subject(text.to_owned());
        let rest = text.strip_prefix("reeve.evt.").ok_or_else(refused)?;
        let mut tokens = rest.split('.');
        let (Some(service), Some(aggregate)) = (tokens.next(), tokens.next()) else { return Err(refused()) };
        let parts: Option<Vec<String>> = tokens.map(subject::unescape).collect();
        let parts = parts.filter(|parts| !parts.is_empty()).ok_or_else(refused)?;
        // Only the last part may hold what separates them: no two ids have one subject.
        if parts[..parts.len() - 1].iter().any(|part| part.contains('/')) {
            return Err(refused());
        }
        Ok(Self::new(service, aggregate, &parts.join("/")).with_parts(parts.len()))
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
    /// The event that led to it; `None` when a call, a report or an instant did.
    pub cause_id: Option<Uuid>,
    pub traceparent: Option<String>,
    pub data: Bytes,
}

impl Envelope {
    /// The envelope of an event that a command led to. One command leads to one event of one aggregate: the event's id
    /// follows from both, so that a retry writes the same.
    pub fn of<E: Event>(aggregate: &AggregateRef, event: &E, context: &Context) -> Self {
        Self {
            id: Uuid::new_v5(&context.command_id, aggregate.subject().as_bytes()),
            schema: event.schema().to_owned(),
            time: context.now,
            aggregate: aggregate.clone(),
            actor: context.actor.name.clone(),
            actor_source: context.actor.source.clone(),
            correlation_id: context.correlation_id,
            causation_id: context.command_id,
            cause_id: context.cause_id,
            traceparent: context.traceparent.clone(),
            data: event.encode(),
        }
    }

    /// The headers of the binary mode, without the subject.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", self.id.to_string()),
            ("ce-type", header_text(self.schema.as_str())),
            ("ce-source", header_text(format!("/reeve/{}", self.aggregate.service))),
            (
                "ce-subject",
                header_text(format!("{}/{}", self.aggregate.aggregate, self.aggregate.id_tokens())),
            ),
            ("ce-time", self.time.rfc3339()),
            ("ce-actor", header_text(self.actor.as_str())),
            ("ce-correlationid", self.correlation_id.to_string()),
            ("ce-causationid", self.causation_id.to_string()),
            ("content-type", "application/protobuf".to_owned()),
        ];
        if let Some(cause_id) = &self.cause_id {
            headers.push(("ce-causeid", cause_id.to_string()));
        }
        if let Some(message) = crate::message_name(&self.schema) {
            headers.push(("ce-dataschema", format!("urn:reeve:schemas:{}", header_text(message))));
        }
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
            cause_id: header("ce-causeid").map(|_| uuid("ce-causeid")).transpose()?,
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
        fn an_envelope_reads_back(
            id in "[ -~é/.*>]{0,40}", parts in 1usize..4, actor in "[a-z:.0-9-]{1,30}", ms in 0i64..4_000_000_000_000,
        ) {
            // An id has all the parts that its events declare.
            let id = format!("{}{id}", "part/".repeat(parts - 1));
            let envelope = Envelope {
                id: Uuid::from_u128(7), schema: "reeve.x.Y.v1".into(), time: Timestamp(ms),
                aggregate: AggregateRef::new("x", "y", &id).with_parts(parts), actor, actor_source: "127.0.0.1".into(),
                correlation_id: Uuid::from_u128(8), causation_id: Uuid::from_u128(9),
                cause_id: (parts > 1).then(|| Uuid::from_u128(10)),
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
