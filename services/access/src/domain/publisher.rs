//! A program of another system that may send a source's events over the bus.

pub use reeve_contracts::access::PublisherEvent;
use reeve_contracts::access::{PublisherCreated, PublisherDeleted};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What can be asked of a publisher.
#[derive(Clone, Debug)]
pub enum Command {
    Create { source: String, public_key: String },
    Delete { source: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The source {0} has credentials for the bus already.")]
    Exists(String),
    #[error("The source {0} has no credentials for the bus.")]
    Unknown(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is no publisher.
    pub public_key: String,
}

/// A publisher, by its source's name.
pub struct Publisher;

impl Decider for Publisher {
    type Command = Command;
    type Event = PublisherEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<PublisherEvent>, Error> {
        let exists = !state.public_key.is_empty();
        match command {
            Command::Create { source, .. } if exists => Err(Error::Exists(source)),
            Command::Create { source, public_key } => {
                Ok(Some(PublisherEvent::PublisherCreated(PublisherCreated { source, public_key })))
            }
            Command::Delete { source } if !exists => Err(Error::Unknown(source)),
            Command::Delete { source } => {
                let public_key = state.public_key.clone();
                Ok(Some(PublisherEvent::PublisherDeleted(PublisherDeleted { source, public_key })))
            }
        }
    }

    fn evolve(_: State, event: &PublisherEvent) -> State {
        match event {
            PublisherEvent::PublisherCreated(e) => State { public_key: e.public_key.clone() },
            PublisherEvent::PublisherDeleted(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_source_has_one_key_at_a_time() {
        let source = || "ci".to_owned();
        let create = |key: &str| Command::Create { source: source(), public_key: key.into() };
        let created = |key: &str| {
            PublisherEvent::PublisherCreated(PublisherCreated { source: source(), public_key: key.into() })
        };
        let delete = || Command::Delete { source: source() };
        let deleted =
            PublisherEvent::PublisherDeleted(PublisherDeleted { source: source(), public_key: "U1".into() });
        given::<Publisher>([]).when(create("U1")).then(created("U1"));
        given::<Publisher>([created("U1")]).when(create("U2")).then_refused(Error::Exists(source()));
        given::<Publisher>([created("U1")]).when(delete()).then(deleted.clone());
        given::<Publisher>([created("U1"), deleted.clone()]).when(create("U2")).then(created("U2"));
        given::<Publisher>([deleted]).when(delete()).then_refused(Error::Unknown(source()));
    }
}
