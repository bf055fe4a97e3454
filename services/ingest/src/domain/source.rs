//! Who may send: a name, and the hash of a token.

pub use reeve_contracts::ingest::SourceEvent;
use reeve_contracts::ingest::{SourceCreated, SourceDeleted};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// A source's name is that of OpsItems, where AWS keeps these words for itself.
const RESERVED: [&str; 3] = ["aws", "amazon", "amzn"];

/// What may be asked of a source.
#[derive(Clone, Debug)]
pub enum Command {
    Create { name: String, token_hash: String },
    Delete { name: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is a source {0} already.")]
    Exists(String),
    #[error("There is no source {0}.")]
    Unknown(String),
    #[error("The name {name} contains {word}, which AWS does not allow in the sources of OpsItems.")]
    Reserved { name: String, word: &'static str },
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is no such source.
    pub token_hash: String,
}

/// The aggregate.
pub struct Source;

impl Decider for Source {
    type Command = Command;
    type Event = SourceEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<SourceEvent>, Error> {
        let exists = !state.token_hash.is_empty();
        match command {
            Command::Create { name, token_hash } => {
                let lower = name.to_lowercase();
                if let Some(word) = RESERVED.into_iter().find(|word| lower.contains(word)) {
                    return Err(Error::Reserved { name, word });
                }
                match exists {
                    true => Err(Error::Exists(name)),
                    false => Ok(Some(SourceEvent::SourceCreated(SourceCreated { name, token_hash }))),
                }
            }
            Command::Delete { name } if exists => {
                Ok(Some(SourceEvent::SourceDeleted(SourceDeleted { name })))
            }
            Command::Delete { name } => Err(Error::Unknown(name)),
        }
    }

    fn evolve(_: State, event: &SourceEvent) -> State {
        match event {
            SourceEvent::SourceCreated(e) => State { token_hash: e.token_hash.clone() },
            SourceEvent::SourceDeleted(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_name_is_one_sources_at_a_time() {
        let create = |name: &str| Command::Create { name: name.into(), token_hash: "h".into() };
        let created = SourceEvent::SourceCreated(SourceCreated { name: "am".into(), token_hash: "h".into() });
        let deleted = SourceEvent::SourceDeleted(SourceDeleted { name: "am".into() });
        let delete = || Command::Delete { name: "am".into() };
        given::<Source>([]).when(create("am")).then(created.clone());
        given::<Source>([created.clone()]).when(create("am")).then_refused(Error::Exists("am".into()));
        given::<Source>([created.clone()]).when(delete()).then(deleted.clone());
        given::<Source>([created.clone(), deleted.clone()]).when(create("am")).then(created);
        given::<Source>([deleted]).when(delete()).then_refused(Error::Unknown("am".into()));
        let reserved = Error::Reserved { name: "my-AWS".into(), word: "aws" };
        given::<Source>([]).when(create("my-AWS")).then_refused(reserved);
    }
}
