//! The pure half of the event kernel: what an event, a decision and a view are.
//!
//! - [`Event`] is a fact; [`Envelope`] is what travels with it (CloudEvents 1.0, binary mode).
//! - [`Decider`] turns a command into at most one event, and folds events into state.
//! - [`Projection`] turns events into rows of a [`View`].
//! - [`parts`] are what a change is said in that is too large for one message.
//! - [`timers`] are rows that say at which instant something must happen.
//!
//! Invariants: nothing here does I/O, reads a clock or draws a random number; `decide` and `apply`
//! given the same input always give the same output, which is why a view can be rebuilt.

mod decider;
mod envelope;
pub mod parts;
mod projection;
pub mod timers;

pub use decider::{Actor, Context, Decider};
pub use envelope::{AggregateRef, Envelope, Error, Position, Recorded};
pub use projection::{Found, Held, MemoryView, Projection, Row, View, ViewExt};

use bytes::Bytes;
use std::fmt::Debug;

/// An event could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the event type {0} is not one that this reader knows")]
    Unknown(String),
    #[error("the body of the event {schema} is not a valid message: {reason}")]
    Malformed { schema: String, reason: String },
}

/// A fact in the log: usually an enum with a variant for each message of a service's .proto.
pub trait Event: Sized + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The service that owns it, as in its subjects: `run-command`.
    const SERVICE: &'static str;
    /// The aggregate that it happens to, the subject token between service and id.
    const AGGREGATE: &'static str;
    /// How many tokens the aggregate's id has in the subject: the parts of the id between its first slashes.
    const ID_PARTS: usize;
    /// The CloudEvents type, `reeve.documents.DocumentCreated.v1`.
    fn schema(&self) -> &'static str;
    /// The protobuf body.
    fn encode(&self) -> Bytes;
    /// Reads an event back, raising old versions to the current one.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`] for another aggregate's or a newer type; [`DecodeError::Malformed`] for a broken body.
    fn decode(schema: &str, data: &[u8]) -> Result<Self, DecodeError>;
}

/// The protobuf message that an event's type names: `reeve.run-command.CommandSent.v1` is `reeve.run_command.CommandSent`,
/// and its `.v2` would be `reeve.run_command.CommandSentV2`. `None` for what is no type of an event.
pub fn message_name(schema: &str) -> Option<String> {
    let (name, version) = schema.rsplit_once(".v")?;
    let version: u32 = version.parse().ok().filter(|version| *version > 0)?;
    let suffix = if version == 1 { String::new() } else { format!("V{version}") };
    Some(format!("{}{suffix}", name.replace('-', "_")))
}

/// The name of an event's type without its service and version: `CommandSent` of `reeve.run-command.CommandSent.v1`.
pub fn event_name(schema: &str) -> &str {
    schema.rsplit('.').nth(1).unwrap_or_default()
}

/// Declares the enum of an aggregate's events over their protobuf messages and implements [`Event`] for it.
///
/// `events! { pub enum NodeEvent: "nodes" / "node" / 1 { NodeRegistered(nodes::NodeRegistered) = "reeve.nodes.NodeRegistered.v1", … } }`,
/// where the number says how many parts the aggregate's id has.
#[macro_export]
macro_rules! events {
    ($(#[$doc:meta])* pub enum $name:ident: $service:literal / $aggregate:literal / $parts:literal
        { $($(#[$variant_doc:meta])* $variant:ident($message:ty) = $schema:literal),+ $(,)? }) => {
        $(#[$doc])*
        // The names are those of the messages.
        #[allow(clippy::enum_variant_names)]
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name { $($(#[$variant_doc])* $variant($message)),+ }
        impl $crate::Event for $name {
            const SERVICE: &'static str = $service;
            const AGGREGATE: &'static str = $aggregate;
            const ID_PARTS: usize = $parts;
            fn schema(&self) -> &'static str {
                match self { $(Self::$variant(_) => $schema),+ }
            }
            fn encode(&self) -> ::bytes::Bytes {
                match self { $(Self::$variant(m) => ::bytes::Bytes::from(::prost::Message::encode_to_vec(m))),+ }
            }
            fn decode(schema: &str, data: &[u8]) -> Result<Self, $crate::DecodeError> {
                match schema {
                    $($schema => <$message as ::prost::Message>::decode(data).map(Self::$variant).map_err(|e| {
                        $crate::DecodeError::Malformed { schema: schema.to_owned(), reason: e.to_string() }
                    }),)+
                    _ => Err($crate::DecodeError::Unknown(schema.to_owned())),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::message_name;

    #[test]
    fn a_type_names_its_message() {
        let name = |schema| message_name(schema).unwrap_or_default();
        assert_eq!(name("reeve.run-command.CommandSent.v1"), "reeve.run_command.CommandSent");
        assert_eq!(name("reeve.nodes.NodeLost.v12"), "reeve.nodes.NodeLostV12");
        for none in ["", "x", "reeve.nodes.NodeLost", "reeve.nodes.NodeLost.v0", "reeve.nodes.NodeLost.vx"] {
            assert_eq!(name(none), "", "{none}");
        }
    }
}
