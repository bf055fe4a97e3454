//! Decisions: a command and a state give at most one event.

use crate::Event;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// Who caused a change: a principal's name, a node's id, or `service:<name>` for a reactor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub name: String,
    /// Where the call came from, an address; empty for services.
    pub source: String,
}

impl Actor {
    pub fn service(name: &str) -> Self {
        Self { name: format!("service:{name}"), source: String::new() }
    }

    pub fn node(id: &str) -> Self {
        Self { name: format!("node:{id}"), source: String::new() }
    }
}

/// Everything that a decision may know besides its state and command.
#[derive(Clone, Debug)]
pub struct Context {
    pub now: Timestamp,
    pub actor: Actor,
    /// Identifies the command; a second delivery of the same one decides nothing new.
    pub command_id: Uuid,
    /// What the whole chain of changes began with.
    pub correlation_id: Uuid,
    /// The event that it is done because of; `None` when a call, a report or an instant leads to it.
    pub cause_id: Option<Uuid>,
    /// The W3C trace context that the change belongs to.
    pub traceparent: Option<String>,
}

impl Context {
    /// The context of one of several decisions that have one cause: the same at each delivery of it, and another for each name.
    #[must_use]
    pub fn derived(&self, name: &str) -> Self {
        Self { command_id: Uuid::new_v5(&self.command_id, name.as_bytes()), ..self.clone() }
    }
}

/// An aggregate: pure, synchronous, total.
pub trait Decider: 'static {
    /// The subject token between service and id: `reeve.evt.<service>.<AGGREGATE>.<id>`.
    const AGGREGATE: &'static str = <Self::Event as Event>::AGGREGATE;
    type Command: Clone + Send;
    type Event: Event;
    type State: Default + Clone + Send + Sync + Serialize + DeserializeOwned;
    type Error: std::error::Error + PartialEq + Send + Sync;

    /// The event that the command leads to; `Ok(None)` when there is nothing new to say.
    ///
    /// # Errors
    /// When the command is refused in this state.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        cx: &Context,
    ) -> Result<Option<Self::Event>, Self::Error>;

    /// The state after the event. Total: whatever the log holds can be folded.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
}
