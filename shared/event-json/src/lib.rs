//! Events as JSON, for readers that have no protobuf: CloudEvents in structured form, and what EventBridge's rules see.
//!
//! The body of an event is read by the descriptors of the contracts. Every field stands in it, also one that is empty, so
//! that a pattern can ask for `false` and for 0; 64-bit numbers are numbers, because all of ours are well below 2^53.

mod change_calendar;
mod eventbridge;
mod maintenance_windows;
mod parameter_store;

pub use eventbridge::{Place, for_rules};

use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use reeve_contracts::DESCRIPTORS;
use reeve_eventsourcing::{Envelope, Position, message_name};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is no type of an event")]
    NoType(String),
    #[error("no schema has the message {0}")]
    NoSchema(String),
    #[error("the body is not a valid {name}: {reason}")]
    Malformed { name: String, reason: String },
}

fn pool() -> Option<&'static DescriptorPool> {
    static POOL: OnceLock<Option<DescriptorPool>> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(DESCRIPTORS).ok()).as_ref()
}

/// The body of an event.
///
/// # Errors
/// When its type is not one of the contracts', or its bytes are no message of that type.
pub fn data(envelope: &Envelope) -> Result<Value, Error> {
    let name = message_name(&envelope.schema).ok_or_else(|| Error::NoType(envelope.schema.clone()))?;
    let descriptor = pool().and_then(|pool| pool.get_message_by_name(&name));
    let descriptor = descriptor.ok_or_else(|| Error::NoSchema(name.clone()))?;
    let malformed = |reason: String| Error::Malformed { name: name.clone(), reason };
    let message = DynamicMessage::decode(descriptor, envelope.data.clone());
    let message = message.map_err(|error| malformed(error.to_string()))?;
    let options = SerializeOptions::new().stringify_64_bit_integers(false).skip_default_fields(false);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| malformed(error.to_string()))
}

/// The event as a CloudEvent in structured form.
///
/// # Errors
/// As [`data`].
pub fn structured(envelope: &Envelope, position: Position) -> Result<Value, Error> {
    Ok(json!({
        "specversion": "1.0",
        "id": envelope.id,
        "source": format!("/reeve/{}", envelope.aggregate.service),
        "type": envelope.schema,
        "subject": format!("{}/{}", envelope.aggregate.aggregate, envelope.aggregate.id),
        "dataschema": message_name(&envelope.schema).map(|name| format!("urn:reeve:schemas:{name}")),
        "time": envelope.time.rfc3339(),
        "actor": envelope.actor,
        "actorsource": envelope.actor_source,
        "correlationid": envelope.correlation_id,
        "causationid": envelope.causation_id,
        "causeid": envelope.cause_id,
        "traceparent": envelope.traceparent,
        "position": position.0,
        "datacontenttype": "application/json",
        "data": data(envelope)?,
    }))
}
