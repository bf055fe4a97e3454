//! Somebody who may call.

use reeve_contracts::access::AccessKey;
pub use reeve_contracts::access::PrincipalEvent;
use reeve_contracts::access::{
    AccessKeyCreated, AccessKeyDeleted, PrincipalCreated, PrincipalDeleted, PrincipalGroupsSet,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// As with AWS: a second key, so that the first can be replaced.
pub const MAX_ACCESS_KEYS: usize = 2;

/// What can be asked of a principal.
#[derive(Clone, Debug)]
pub enum Command {
    Create { name: String, groups: BTreeSet<String>, key: AccessKey },
    SetGroups { name: String, groups: BTreeSet<String> },
    AddKey { name: String, key: AccessKey },
    DeleteKey { name: String, access_key_id: String },
    Delete { name: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is a principal {0} already.")]
    Exists(String),
    #[error("The name {0} is the administrator's, whose key lies in the installation's principals file.")]
    Reserved(String),
    #[error("There is no principal {0}.")]
    Unknown(String),
    #[error("The principal {name} has no access key {access_key_id}.")]
    UnknownKey { name: String, access_key_id: String },
    #[error("The principal {0} has {MAX_ACCESS_KEYS} access keys already; delete one first.")]
    TooManyKeys(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub exists: bool,
    pub groups: BTreeSet<String>,
    pub keys: BTreeSet<String>,
}

/// A principal, by its name.
pub struct Principal;

impl Decider for Principal {
    type Command = Command;
    type Event = PrincipalEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<PrincipalEvent>, Error> {
        match command {
            Command::Create { name, .. } if name == reeve_authz::ADMINISTRATOR => Err(Error::Reserved(name)),
            Command::Create { name, .. } if state.exists => Err(Error::Exists(name)),
            Command::Create { name, groups, key } => {
                let (groups, key) = (groups.into_iter().collect(), Some(key));
                Ok(Some(PrincipalEvent::PrincipalCreated(PrincipalCreated { name, groups, key })))
            }
            Command::SetGroups { name, .. }
            | Command::AddKey { name, .. }
            | Command::DeleteKey { name, .. }
            | Command::Delete { name }
                if !state.exists =>
            {
                Err(Error::Unknown(name))
            }
            Command::SetGroups { groups, .. } if state.groups == groups => Ok(None),
            Command::SetGroups { name, groups } => {
                let groups = groups.into_iter().collect();
                Ok(Some(PrincipalEvent::PrincipalGroupsSet(PrincipalGroupsSet { name, groups })))
            }
            Command::AddKey { name, .. } if state.keys.len() >= MAX_ACCESS_KEYS => {
                Err(Error::TooManyKeys(name))
            }
            Command::AddKey { name, key } => {
                Ok(Some(PrincipalEvent::AccessKeyCreated(AccessKeyCreated { name, key: Some(key) })))
            }
            Command::DeleteKey { name, access_key_id } if !state.keys.contains(&access_key_id) => {
                Err(Error::UnknownKey { name, access_key_id })
            }
            Command::DeleteKey { name, access_key_id } => {
                Ok(Some(PrincipalEvent::AccessKeyDeleted(AccessKeyDeleted { name, access_key_id })))
            }
            Command::Delete { name } => {
                let access_key_ids = state.keys.iter().cloned().collect();
                Ok(Some(PrincipalEvent::PrincipalDeleted(PrincipalDeleted { name, access_key_ids })))
            }
        }
    }

    fn evolve(mut state: State, event: &PrincipalEvent) -> State {
        match event {
            PrincipalEvent::PrincipalCreated(e) => State {
                exists: true,
                groups: e.groups.iter().cloned().collect(),
                keys: e.key.iter().map(|key| key.access_key_id.clone()).collect(),
            },
            PrincipalEvent::PrincipalGroupsSet(e) => {
                State { groups: e.groups.iter().cloned().collect(), ..state }
            }
            PrincipalEvent::AccessKeyCreated(e) => {
                state.keys.extend(e.key.iter().map(|key| key.access_key_id.clone()));
                state
            }
            PrincipalEvent::AccessKeyDeleted(e) => {
                state.keys.remove(&e.access_key_id);
                state
            }
            PrincipalEvent::PrincipalDeleted(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn key(id: &str) -> AccessKey {
        AccessKey { access_key_id: id.into(), sealed_secret: vec![1] }
    }

    fn name() -> String {
        "alice".into()
    }

    fn create() -> Command {
        Command::Create { name: name(), groups: BTreeSet::from(["web".into()]), key: key("K1") }
    }

    fn created() -> PrincipalEvent {
        let (groups, key) = (vec!["web".into()], Some(key("K1")));
        PrincipalEvent::PrincipalCreated(PrincipalCreated { name: name(), groups, key })
    }

    fn key_created(id: &str) -> PrincipalEvent {
        PrincipalEvent::AccessKeyCreated(AccessKeyCreated { name: name(), key: Some(key(id)) })
    }

    fn deleted(keys: &[&str]) -> PrincipalEvent {
        let access_key_ids = keys.iter().map(|key| (*key).to_owned()).collect();
        PrincipalEvent::PrincipalDeleted(PrincipalDeleted { name: name(), access_key_ids })
    }

    #[test]
    fn a_name_is_one_principals_until_it_is_deleted() {
        given::<Principal>([]).when(create()).then(created());
        given::<Principal>([created()]).when(create()).then_refused(Error::Exists(name()));
        given::<Principal>([created(), deleted(&["K1"])]).when(create()).then(created());
        let reserved =
            Command::Create { name: "administrator".into(), groups: BTreeSet::new(), key: key("K") };
        given::<Principal>([]).when(reserved).then_refused(Error::Reserved("administrator".into()));
    }

    #[test]
    fn it_has_two_keys_at_most() {
        let add = |id| Command::AddKey { name: name(), key: key(id) };
        given::<Principal>([created()]).when(add("K2")).then(key_created("K2"));
        given::<Principal>([created(), key_created("K2")])
            .when(add("K3"))
            .then_refused(Error::TooManyKeys(name()));
        let gone = AccessKeyDeleted { name: name(), access_key_id: "K1".into() };
        let delete = |id: &str| Command::DeleteKey { name: name(), access_key_id: id.into() };
        given::<Principal>([created()])
            .when(delete("K1"))
            .then(PrincipalEvent::AccessKeyDeleted(gone.clone()));
        let unknown = Error::UnknownKey { name: name(), access_key_id: "K1".into() };
        given::<Principal>([created(), PrincipalEvent::AccessKeyDeleted(gone)])
            .when(delete("K1"))
            .then_refused(unknown);
    }

    #[test]
    fn a_deletion_names_the_keys_that_go_with_it() {
        let delete = Command::Delete { name: name() };
        given::<Principal>([created(), key_created("K2")]).when(delete.clone()).then(deleted(&["K1", "K2"]));
        given::<Principal>([created(), deleted(&["K1"])]).when(delete).then_refused(Error::Unknown(name()));
    }

    #[test]
    fn groups_are_set_and_a_repeat_says_nothing() {
        let set = |group: &str| Command::SetGroups { name: name(), groups: BTreeSet::from([group.into()]) };
        let was_set = PrincipalGroupsSet { name: name(), groups: vec!["db".into()] };
        given::<Principal>([created()]).when(set("web")).then_nothing();
        given::<Principal>([created()]).when(set("db")).then(PrincipalEvent::PrincipalGroupsSet(was_set));
        given::<Principal>([]).when(set("db")).then_refused(Error::Unknown(name()));
    }
}
