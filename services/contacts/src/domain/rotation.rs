//! A rotation: its settings as they were from when on, and its overrides.

use super::tags::{self, MAX_TAGS, Tags};
pub use reeve_contracts::contacts::RotationEvent;
use reeve_contracts::contacts::{
    OverrideCreated, OverrideDeleted, RotationCreated, RotationDeleted, RotationTagged, RotationUntagged,
    RotationUpdated,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What may be asked of a rotation.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<RotationCreated>),
    /// All settings, as they are from now on.
    Update(Box<RotationUpdated>),
    Delete,
    Override(Box<OverrideCreated>),
    DeleteOverride(String),
    Tag(Tags),
    Untag(Vec<String>),
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such rotation")]
    Unknown,
    #[error("there is no such override of this rotation")]
    UnknownOverride,
    #[error("{0} is no member of this rotation")]
    NoMember(String),
    #[error("a rotation has at most {MAX_TAGS} tags, and this would be {0}")]
    Tags(usize),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub rotation_id: String,
    contacts: Vec<String>,
    start_ms: i64,
    time_zone: String,
    recurrence_json: String,
    overrides: BTreeSet<String>,
    tags: Tags,
    is_deleted: bool,
}

/// The aggregate.
pub struct Rotation;

impl Decider for Rotation {
    type Command = Command;
    type Event = RotationEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<RotationEvent>, Error> {
        let (rotation_id, now_ms) = (state.rotation_id.clone(), cx.now.0);
        let exists = !rotation_id.is_empty() && !state.is_deleted;
        Ok(match command {
            // Its id is that of the call: whoever says it again made it.
            Command::Create(_) if !rotation_id.is_empty() => None,
            Command::Create(new) => match new.tags.len() {
                0..=MAX_TAGS => Some(RotationEvent::RotationCreated(*new)),
                count => return Err(Error::Tags(count)),
            },
            _ if !exists => return Err(Error::Unknown),
            Command::Update(new) => {
                let is_same = new.contacts == state.contacts
                    && new.start_ms == state.start_ms
                    && new.time_zone == state.time_zone
                    && new.recurrence_json == state.recurrence_json;
                let updated = RotationUpdated { rotation_id, effective_ms: now_ms, ..*new };
                (!is_same).then_some(RotationEvent::RotationUpdated(updated))
            }
            Command::Delete => {
                let deleted = RotationDeleted { rotation_id, effective_ms: now_ms };
                Some(RotationEvent::RotationDeleted(deleted))
            }
            Command::Override(new) if state.overrides.contains(&new.override_id) => None,
            Command::Override(new) => match new.contacts.iter().find(|one| !state.contacts.contains(one)) {
                Some(stranger) => return Err(Error::NoMember(stranger.clone())),
                None => Some(RotationEvent::OverrideCreated(*new)),
            },
            Command::DeleteOverride(override_id) if state.overrides.contains(&override_id) => {
                let deleted = OverrideDeleted { rotation_id, override_id, deleted_ms: now_ms };
                Some(RotationEvent::OverrideDeleted(deleted))
            }
            Command::DeleteOverride(_) => return Err(Error::UnknownOverride),
            Command::Tag(new) => {
                let tags = tags::added(&state.tags, new).map_err(Error::Tags)?;
                let tagged = RotationTagged { rotation_id, tags };
                (!tagged.tags.is_empty()).then_some(RotationEvent::RotationTagged(tagged))
            }
            Command::Untag(keys) => {
                let untagged = RotationUntagged { rotation_id, keys: tags::removed(&state.tags, keys) };
                (!untagged.keys.is_empty()).then_some(RotationEvent::RotationUntagged(untagged))
            }
        })
    }

    fn evolve(mut state: State, event: &RotationEvent) -> State {
        match event {
            RotationEvent::RotationCreated(e) => {
                state = State {
                    rotation_id: e.rotation_id.clone(),
                    contacts: e.contacts.clone(),
                    start_ms: e.start_ms,
                    time_zone: e.time_zone.clone(),
                    recurrence_json: e.recurrence_json.clone(),
                    ..State::default()
                };
                tags::add(&mut state.tags, &e.tags);
            }
            RotationEvent::RotationUpdated(e) => {
                state.contacts.clone_from(&e.contacts);
                state.start_ms = e.start_ms;
                state.time_zone.clone_from(&e.time_zone);
                state.recurrence_json.clone_from(&e.recurrence_json);
            }
            RotationEvent::RotationDeleted(_) => state.is_deleted = true,
            RotationEvent::OverrideCreated(e) => _ = state.overrides.insert(e.override_id.clone()),
            RotationEvent::OverrideDeleted(e) => _ = state.overrides.remove(&e.override_id),
            RotationEvent::RotationTagged(e) => tags::add(&mut state.tags, &e.tags),
            RotationEvent::RotationUntagged(e) => state.tags.retain(|key, _| !e.keys.contains(key)),
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::{context, given};

    fn created() -> RotationEvent {
        RotationEvent::RotationCreated(RotationCreated {
            rotation_id: "r".into(),
            contacts: vec!["ann".into(), "bob".into()],
            time_zone: "UTC".into(),
            ..RotationCreated::default()
        })
    }

    #[test]
    fn settings_change_from_now_on_and_only_members_stand_in() {
        let settings = |contacts: &[&str]| RotationUpdated {
            contacts: contacts.iter().map(|one| (*one).to_owned()).collect(),
            time_zone: "UTC".into(),
            ..RotationUpdated::default()
        };
        let update = |contacts: &[&str]| Command::Update(Box::new(settings(contacts)));
        let updated = RotationEvent::RotationUpdated(RotationUpdated {
            rotation_id: "r".into(),
            effective_ms: context().now.0,
            ..settings(&["ann"])
        });
        given::<Rotation>([created()]).when(update(&["ann", "bob"])).then_nothing();
        given::<Rotation>([created()]).when(update(&["ann"])).then(updated.clone());
        let over = |who: &str| OverrideCreated {
            rotation_id: "r".into(),
            override_id: "o".into(),
            contacts: vec![who.into()],
            ..OverrideCreated::default()
        };
        let command = |who: &str| Command::Override(Box::new(over(who)));
        let made = RotationEvent::OverrideCreated(over("bob"));
        given::<Rotation>([created()]).when(command("bob")).then(made.clone());
        given::<Rotation>([created(), made.clone()]).when(command("bob")).then_nothing();
        let stranger = given::<Rotation>([created(), updated]).when(command("bob"));
        stranger.then_refused(Error::NoMember("bob".into()));
        let gone = RotationEvent::OverrideDeleted(OverrideDeleted {
            rotation_id: "r".into(),
            override_id: "o".into(),
            deleted_ms: context().now.0,
        });
        let delete = || Command::DeleteOverride("o".into());
        given::<Rotation>([created(), made.clone()]).when(delete()).then(gone.clone());
        given::<Rotation>([created(), made, gone]).when(delete()).then_refused(Error::UnknownOverride);
    }
}
