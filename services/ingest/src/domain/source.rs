//! Who may send: a name, and the hash of a token.

use super::{Unacceptable, webhook::Mapping};
pub use reeve_contracts::ingest::SourceEvent;
use reeve_contracts::ingest::{SourceCreated, SourceDeleted, SourceMappingPut};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// A source's name is that of OpsItems, where AWS keeps these words for itself.
const RESERVED: [&str; 3] = ["aws", "amazon", "amzn"];

/// The source of whose name the webhook of Alertmanager has its path.
const ALERTMANAGER: &str = "alertmanager";

/// What may be asked of a source.
#[derive(Clone, Debug)]
pub enum Command {
    Create { name: String, token_hash: String },
    PutMapping { name: String, mapping: String },
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
    #[error("{0}.")]
    Malformed(Unacceptable),
    #[error("The name {0} has a path of its own, which takes Alertmanager's messages: it has no mapping.")]
    HasPath(&'static str),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is no such source.
    pub token_hash: String,
    /// What its messages mean; empty: nobody has said it.
    pub mapping: String,
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
            Command::PutMapping { name, .. } | Command::Delete { name } if !exists => {
                Err(Error::Unknown(name))
            }
            Command::PutMapping { name, .. } if name == ALERTMANAGER => Err(Error::HasPath(ALERTMANAGER)),
            Command::PutMapping { name, mapping } => {
                Mapping::parse(&mapping).map_err(Error::Malformed)?;
                let put = SourceMappingPut { name, mapping };
                Ok((put.mapping != state.mapping).then_some(SourceEvent::SourceMappingPut(put)))
            }
            Command::Delete { name } => Ok(Some(SourceEvent::SourceDeleted(SourceDeleted { name }))),
        }
    }

    fn evolve(state: State, event: &SourceEvent) -> State {
        match event {
            SourceEvent::SourceCreated(e) => {
                State { token_hash: e.token_hash.clone(), mapping: String::new() }
            }
            SourceEvent::SourceMappingPut(e) => State { mapping: e.mapping.clone(), ..state },
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

    #[test]
    fn a_mapping_is_checked_and_goes_with_its_source() {
        let name = || "kuma".to_owned();
        let created = SourceEvent::SourceCreated(SourceCreated { name: name(), token_hash: "h".into() });
        let text = r#"{"key": ["/id"], "status": {"from": "/s", "firing": ["0"], "resolved": ["1"]}}"#;
        let put = |mapping: &str| Command::PutMapping { name: name(), mapping: mapping.into() };
        let was_put = SourceEvent::SourceMappingPut(SourceMappingPut { name: name(), mapping: text.into() });
        let deleted = SourceEvent::SourceDeleted(SourceDeleted { name: name() });
        given::<Source>([]).when(put(text)).then_refused(Error::Unknown(name()));
        given::<Source>([created.clone()]).when(put(text)).then(was_put.clone());
        given::<Source>([created.clone(), was_put.clone()]).when(put(text)).then_nothing();
        given::<Source>([created.clone(), was_put, deleted, created.clone()])
            .when(put(text))
            .then(SourceEvent::SourceMappingPut(SourceMappingPut { name: name(), mapping: text.into() }));
        let wrong = Mapping::parse("{}").unwrap_err();
        given::<Source>([created.clone()]).when(put("{}")).then_refused(Error::Malformed(wrong));
        let reserved = Command::PutMapping { name: "alertmanager".into(), mapping: text.into() };
        given::<Source>([created]).when(reserved).then_refused(Error::HasPath("alertmanager"));
    }
}
