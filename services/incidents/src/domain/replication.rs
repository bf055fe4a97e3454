//! This installation as AWS's replication set. It has the one region that the installation is.

use super::tags::{self, Tags};
pub use reeve_contracts::incidents::ReplicationSetEvent;
use reeve_contracts::incidents::{
    DeletionProtectionChanged, ReplicationSetCreated, ReplicationSetDeleted, ReplicationSetTagged,
    ReplicationSetUntagged,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// The id of the aggregate: there is one.
pub const INSTALLATION: &str = "this";

/// What may be asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    Create { set_id: String, region: String, kms_key_id: String, tags: Tags },
    Protect { set_id: String, is_protected: bool },
    Tag { set_id: String, tags: Tags },
    Untag { set_id: String, keys: Vec<String> },
    Delete { set_id: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the replication set {0} exists already, and an installation has one at most")]
    Exists(String),
    #[error("there is no such replication set")]
    Unknown,
    #[error("the replication set is protected from deletion")]
    Protected,
    #[error("the replication set would have more than {max} tags", max = tags::MAX_TAGS)]
    Tags,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub set_id: String,
    pub is_protected: bool,
    pub tags: Tags,
}

/// The aggregate.
pub struct ReplicationSet;

impl Decider for ReplicationSet {
    type Command = Command;
    type Event = ReplicationSetEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<ReplicationSetEvent>, Error> {
        let installation = INSTALLATION.to_owned();
        match &command {
            Command::Create { .. } if !state.set_id.is_empty() => {
                return Err(Error::Exists(state.set_id.clone()));
            }
            Command::Protect { set_id, .. }
            | Command::Tag { set_id, .. }
            | Command::Untag { set_id, .. }
            | Command::Delete { set_id }
                if state.set_id.is_empty() || *set_id != state.set_id =>
            {
                return Err(Error::Unknown);
            }
            _ => {}
        }
        Ok(match command {
            Command::Create { set_id, region, kms_key_id, tags } => {
                let tags = tags::added(&Tags::new(), tags).ok_or(Error::Tags)?;
                let created = ReplicationSetCreated { installation, set_id, region, kms_key_id, tags };
                Some(ReplicationSetEvent::ReplicationSetCreated(created))
            }
            Command::Protect { is_protected, .. } if is_protected == state.is_protected => None,
            Command::Protect { set_id, is_protected } => {
                let changed = DeletionProtectionChanged { installation, set_id, is_protected };
                Some(ReplicationSetEvent::DeletionProtectionChanged(changed))
            }
            Command::Tag { set_id, tags } => {
                let tags = tags::added(&state.tags, tags).ok_or(Error::Tags)?;
                let tagged = ReplicationSetTagged { installation, set_id, tags };
                (!tagged.tags.is_empty()).then_some(ReplicationSetEvent::ReplicationSetTagged(tagged))
            }
            Command::Untag { set_id, keys } => {
                let keys = tags::removed(&state.tags, keys);
                let untagged = ReplicationSetUntagged { installation, set_id, keys };
                (!untagged.keys.is_empty()).then_some(ReplicationSetEvent::ReplicationSetUntagged(untagged))
            }
            Command::Delete { .. } if state.is_protected => return Err(Error::Protected),
            Command::Delete { set_id } => {
                let deleted = ReplicationSetDeleted { installation, set_id };
                Some(ReplicationSetEvent::ReplicationSetDeleted(deleted))
            }
        })
    }

    fn evolve(mut state: State, event: &ReplicationSetEvent) -> State {
        match event {
            ReplicationSetEvent::ReplicationSetCreated(e) => {
                state = State { set_id: e.set_id.clone(), is_protected: false, tags: tags::of(&e.tags) };
            }
            ReplicationSetEvent::ReplicationSetTagged(e) => state.tags.extend(tags::of(&e.tags)),
            ReplicationSetEvent::ReplicationSetUntagged(e) => {
                state.tags.retain(|key, _| !e.keys.contains(key));
            }
            ReplicationSetEvent::DeletionProtectionChanged(e) => state.is_protected = e.is_protected,
            ReplicationSetEvent::ReplicationSetDeleted(_) => state = State::default(),
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn there_is_one_and_a_protected_one_stays() {
        let (installation, set_id) = (INSTALLATION.to_owned(), "s".to_owned());
        let tags = Tags::from([("team".to_owned(), "ops".to_owned())]);
        let create = Command::Create {
            set_id: set_id.clone(),
            region: "x".into(),
            kms_key_id: String::new(),
            tags: tags.clone(),
        };
        let created = ReplicationSetEvent::ReplicationSetCreated(ReplicationSetCreated {
            installation: installation.clone(),
            set_id: set_id.clone(),
            region: "x".into(),
            kms_key_id: String::new(),
            tags: tags::told(tags.clone()),
        });
        let tag = |tags: &Tags| Command::Tag { set_id: "s".into(), tags: tags.clone() };
        let other = Tags::from([("stage".to_owned(), "prod".to_owned())]);
        let tagged = ReplicationSetEvent::ReplicationSetTagged(ReplicationSetTagged {
            installation: installation.clone(),
            set_id: set_id.clone(),
            tags: tags::told(other.clone()),
        });
        given::<ReplicationSet>([created.clone()]).when(tag(&tags)).then_nothing();
        given::<ReplicationSet>([created.clone()]).when(tag(&other)).then(tagged.clone());
        given::<ReplicationSet>([]).when(tag(&tags)).then_refused(Error::Unknown);
        let many: Tags = (0..tags::MAX_TAGS).map(|n| (n.to_string(), String::new())).collect();
        given::<ReplicationSet>([created.clone()]).when(tag(&many)).then_refused(Error::Tags);
        let untag = Command::Untag { set_id: "s".into(), keys: vec!["stage".into(), "none".into()] };
        let untagged = ReplicationSetEvent::ReplicationSetUntagged(ReplicationSetUntagged {
            installation: installation.clone(),
            set_id: set_id.clone(),
            keys: vec!["stage".into()],
        });
        given::<ReplicationSet>([created.clone(), tagged]).when(untag.clone()).then(untagged);
        given::<ReplicationSet>([created.clone()]).when(untag).then_nothing();
        let protected = ReplicationSetEvent::DeletionProtectionChanged(DeletionProtectionChanged {
            installation: installation.clone(),
            set_id: set_id.clone(),
            is_protected: true,
        });
        let deleted =
            ReplicationSetEvent::ReplicationSetDeleted(ReplicationSetDeleted { installation, set_id });
        let delete = |id: &str| Command::Delete { set_id: id.to_owned() };
        given::<ReplicationSet>([]).when(create.clone()).then(created.clone());
        given::<ReplicationSet>([created.clone()]).when(create).then_refused(Error::Exists("s".into()));
        given::<ReplicationSet>([created.clone(), protected.clone()])
            .when(delete("s"))
            .then_refused(Error::Protected);
        given::<ReplicationSet>([created.clone()]).when(delete("t")).then_refused(Error::Unknown);
        given::<ReplicationSet>([created.clone()]).when(delete("s")).then(deleted);
        let protect = Command::Protect { set_id: "s".into(), is_protected: true };
        given::<ReplicationSet>([created.clone()]).when(protect.clone()).then(protected.clone());
        given::<ReplicationSet>([created, protected]).when(protect).then_nothing();
        given::<ReplicationSet>([]).when(delete("")).then_refused(Error::Unknown);
    }
}
