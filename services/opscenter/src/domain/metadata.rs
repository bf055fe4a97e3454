//! The OpsMetadata of one resource: a few texts by key.

pub use reeve_contracts::opscenter::OpsMetadataEvent;
use reeve_contracts::opscenter::{MetadataEntry, OpsMetadataCreated, OpsMetadataDeleted, OpsMetadataUpdated};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As many keys as one has at most: AWS's limit.
pub const MAX_KEYS: usize = 5;

/// What may be asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<OpsMetadataCreated>),
    /// Sets and deletes keys. A key that is deleted and is not there is no error.
    Update {
        set: BTreeMap<String, String>,
        delete: Vec<String>,
    },
    Delete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such OpsMetadata")]
    NotFound,
    #[error("the resource {0:?} has OpsMetadata already")]
    AlreadyExists(String),
    #[error("OpsMetadata has at most {MAX_KEYS} keys, and this one would have {0}")]
    TooManyKeys(usize),
    #[error("the key {0:?} is in MetadataToUpdate and in KeysToDelete")]
    Both(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub id: String,
    /// Empty: there is none, or no more.
    pub resource_id: String,
    pub metadata: BTreeMap<String, String>,
}

impl State {
    /// The state after an event.
    #[must_use]
    pub fn after(mut self, event: &OpsMetadataEvent) -> Self {
        match event {
            OpsMetadataEvent::OpsMetadataCreated(e) => Self {
                id: e.ops_metadata_id.clone(),
                resource_id: e.resource_id.clone(),
                metadata: entries(&e.metadata).collect(),
            },
            OpsMetadataEvent::OpsMetadataUpdated(e) => {
                self.metadata.extend(entries(&e.metadata));
                self.metadata.retain(|key, _| !e.deleted.contains(key));
                self
            }
            OpsMetadataEvent::OpsMetadataDeleted(_) => Self::default(),
        }
    }
}

fn entries(entries: &[MetadataEntry]) -> impl Iterator<Item = (String, String)> {
    entries.iter().map(|entry| (entry.key.clone(), entry.value.clone()))
}

/// The aggregate.
pub struct OpsMetadata;

impl Decider for OpsMetadata {
    type Command = Command;
    type Event = OpsMetadataEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<OpsMetadataEvent>, Error> {
        let exists = !state.resource_id.is_empty();
        let ops_metadata_id = state.id.clone();
        match command {
            Command::Create(_) if exists => Err(Error::AlreadyExists(state.resource_id.clone())),
            Command::Create(created) if created.metadata.len() > MAX_KEYS => {
                Err(Error::TooManyKeys(created.metadata.len()))
            }
            Command::Create(created) => Ok(Some(OpsMetadataEvent::OpsMetadataCreated(*created))),
            _ if !exists => Err(Error::NotFound),
            Command::Delete => {
                Ok(Some(OpsMetadataEvent::OpsMetadataDeleted(OpsMetadataDeleted { ops_metadata_id })))
            }
            Command::Update { mut set, delete: mut deleted } => {
                if let Some(key) = deleted.iter().find(|key| set.contains_key(*key)) {
                    return Err(Error::Both(key.clone()));
                }
                set.retain(|key, value| state.metadata.get(key) != Some(value));
                deleted.retain(|key| state.metadata.contains_key(key));
                deleted.sort();
                deleted.dedup();
                let metadata = set.into_iter().map(|(key, value)| MetadataEntry { key, value }).collect();
                let updated = OpsMetadataUpdated { ops_metadata_id, metadata, deleted };
                if updated.metadata.is_empty() && updated.deleted.is_empty() {
                    return Ok(None);
                }
                let event = OpsMetadataEvent::OpsMetadataUpdated(updated);
                let count = state.clone().after(&event).metadata.len();
                if count > MAX_KEYS { Err(Error::TooManyKeys(count)) } else { Ok(Some(event)) }
            }
        }
    }

    fn evolve(state: State, event: &OpsMetadataEvent) -> State {
        state.after(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn created(keys: usize) -> OpsMetadataCreated {
        let entry = |n| MetadataEntry { key: format!("k{n}"), value: "v".into() };
        OpsMetadataCreated {
            ops_metadata_id: "1".into(),
            resource_id: "app".into(),
            metadata: (0..keys).map(entry).collect(),
            tags: Vec::new(),
        }
    }

    fn update(set: &[(&str, &str)], delete: &[&str]) -> Command {
        let set = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Command::Update { set, delete: delete.iter().map(|key| (*key).to_owned()).collect() }
    }

    #[test]
    fn a_resource_has_one_of_at_most_five_keys() {
        let event = |keys| OpsMetadataEvent::OpsMetadataCreated(created(keys));
        given::<OpsMetadata>([]).when(Command::Create(Box::new(created(5)))).then(event(5));
        given::<OpsMetadata>([])
            .when(Command::Create(Box::new(created(6))))
            .then_refused(Error::TooManyKeys(6));
        given::<OpsMetadata>([event(1)])
            .when(Command::Create(Box::new(created(1))))
            .then_refused(Error::AlreadyExists("app".into()));
        given::<OpsMetadata>([event(5)])
            .when(update(&[("new", "v")], &[]))
            .then_refused(Error::TooManyKeys(6));
        given::<OpsMetadata>([event(5)]).when(update(&[("new", "v")], &["k0"])).then(
            OpsMetadataEvent::OpsMetadataUpdated(OpsMetadataUpdated {
                ops_metadata_id: "1".into(),
                metadata: vec![MetadataEntry { key: "new".into(), value: "v".into() }],
                deleted: vec!["k0".into()],
            }),
        );
    }

    #[test]
    fn an_update_says_only_what_changed() {
        let event = OpsMetadataEvent::OpsMetadataCreated(created(2));
        given::<OpsMetadata>([event.clone()]).when(update(&[("k0", "v")], &["none"])).then_nothing();
        given::<OpsMetadata>([event])
            .when(update(&[("k0", "w")], &["k0"]))
            .then_refused(Error::Both("k0".into()));
        given::<OpsMetadata>([]).when(update(&[("k0", "w")], &[])).then_refused(Error::NotFound);
        given::<OpsMetadata>([]).when(Command::Delete).then_refused(Error::NotFound);
    }
}
