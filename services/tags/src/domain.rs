//! One resource and its tags.

pub use reeve_contracts::tags::ResourceEvent;
use reeve_contracts::tags::Tag;
use reeve_contracts::tags::{TagsAdded, TagsRemoved};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::tags;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The aggregate's id: types hold no slash, so the two parts cannot be confused.
pub fn resource_id(resource_type: &str, id: &str) -> String {
    format!("{resource_type}/{id}")
}

/// What can be asked of a resource's tags.
#[derive(Clone, Debug)]
pub enum Command {
    /// Adds tags; a key that is there already gets the new value.
    Add { resource_type: String, resource_id: String, tags: Vec<(String, String)> },
    /// Removes the tags with these keys; keys that are not there are no error.
    Remove { resource_type: String, resource_id: String, keys: Vec<String> },
    /// Removes whatever is there, because the resource is gone.
    Clear { resource_type: String, resource_id: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0}.")]
    Tags(#[from] tags::Error),
}

/// The tags by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub tags: BTreeMap<String, String>,
}

/// The tags of one resource.
pub struct Resource;

impl Decider for Resource {
    type Command = Command;
    type Event = ResourceEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<ResourceEvent>, Error> {
        match command {
            Command::Add { resource_type, resource_id, tags } => {
                let mut changed = tags::check(tags)?;
                changed.retain(|key, value| state.tags.get(key) != Some(value));
                let fresh = changed.keys().filter(|key| !state.tags.contains_key(*key)).count();
                if state.tags.len() + fresh > tags::MAX_TAGS {
                    return Err(tags::Error::TooMany(state.tags.len() + fresh).into());
                }
                let tags: Vec<Tag> = changed.into_iter().map(|(key, value)| Tag { key, value }).collect();
                let said = !tags.is_empty();
                Ok(said.then_some(ResourceEvent::TagsAdded(TagsAdded { resource_type, resource_id, tags })))
            }
            Command::Remove { resource_type, resource_id, mut keys } => {
                keys.retain(|key| state.tags.contains_key(key));
                keys.sort();
                keys.dedup();
                Ok(removed(resource_type, resource_id, keys))
            }
            Command::Clear { resource_type, resource_id } => {
                Ok(removed(resource_type, resource_id, state.tags.keys().cloned().collect()))
            }
        }
    }

    fn evolve(mut state: State, event: &ResourceEvent) -> State {
        match event {
            ResourceEvent::TagsAdded(added) => {
                state.tags.extend(added.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
            }
            ResourceEvent::TagsRemoved(removed) => {
                for key in &removed.keys {
                    state.tags.remove(key);
                }
            }
        }
        state
    }
}

fn removed(resource_type: String, resource_id: String, keys: Vec<String>) -> Option<ResourceEvent> {
    let said = !keys.is_empty();
    said.then_some(ResourceEvent::TagsRemoved(TagsRemoved { resource_type, resource_id, keys }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_testkit::{context, given};

    fn add(tags: &[(&str, &str)]) -> Command {
        let tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Command::Add { resource_type: "Document".into(), resource_id: "deploy".into(), tags }
    }

    fn remove(keys: &[&str]) -> Command {
        let keys = keys.iter().map(|k| (*k).to_owned()).collect();
        Command::Remove { resource_type: "Document".into(), resource_id: "deploy".into(), keys }
    }

    fn added(tags: &[(&str, &str)]) -> ResourceEvent {
        let tags = tags.iter().map(|(k, v)| Tag { key: (*k).into(), value: (*v).into() }).collect();
        ResourceEvent::TagsAdded(TagsAdded {
            resource_type: "Document".into(),
            resource_id: "deploy".into(),
            tags,
        })
    }

    fn removed_keys(keys: &[&str]) -> ResourceEvent {
        ResourceEvent::TagsRemoved(TagsRemoved {
            resource_type: "Document".into(),
            resource_id: "deploy".into(),
            keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        })
    }

    #[test]
    fn adding_says_only_what_is_new() {
        given::<Resource>([added(&[("a", "1"), ("b", "2")])])
            .when(add(&[("a", "1"), ("b", "3"), ("c", "4")]))
            .then(added(&[("b", "3"), ("c", "4")]));
        given::<Resource>([added(&[("a", "1")])]).when(add(&[("a", "1")])).then_nothing();
    }

    #[test]
    fn removing_says_only_what_was_there() {
        given::<Resource>([added(&[("a", "1"), ("b", "2")])])
            .when(remove(&["z", "b", "b"]))
            .then(removed_keys(&["b"]));
        given::<Resource>([added(&[("a", "1")]), removed_keys(&["a"])]).when(remove(&["a"])).then_nothing();
    }

    #[test]
    fn a_resource_that_is_gone_keeps_no_tags() {
        let clear = Command::Clear { resource_type: "Document".into(), resource_id: "deploy".into() };
        given::<Resource>([added(&[("a", "1"), ("b", "2")])])
            .when(clear.clone())
            .then(removed_keys(&["a", "b"]));
        given::<Resource>([]).when(clear).then_nothing();
    }

    #[test]
    fn the_limits_hold() {
        let many: Vec<String> = (0..50).map(|n| format!("k{n:02}")).collect();
        let full: Vec<(&str, &str)> = many.iter().map(|k| (k.as_str(), "v")).collect();
        given::<Resource>([added(&full)])
            .when(add(&[("k00", "w"), ("one-more", "")]))
            .then_refused(Error::Tags(tags::Error::TooMany(51)));
        given::<Resource>([added(&full)]).when(add(&[("k00", "w")])).then(added(&[("k00", "w")]));
        given::<Resource>([])
            .when(add(&[("aws:x", "")]))
            .then_refused(Error::Tags(tags::Error::Reserved("aws:x".into())));
    }

    proptest! {
        #[test]
        fn whatever_is_asked_the_limit_holds_and_a_repeat_says_nothing(
            commands in prop::collection::vec(
                (any::<bool>(), prop::collection::btree_map("[a-z]{1,2}", "[a-c]?", 0..30)), 1..12)
        ) {
            let mut state = State::default();
            for (adding, tags) in commands {
                let tags: Vec<(&str, &str)> = tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                let keys: Vec<&str> = tags.iter().map(|(k, _)| *k).collect();
                let command = if adding { add(&tags) } else { remove(&keys) };
                let Ok(event) = Resource::decide(&state, command.clone(), &context()) else { continue };
                if let Some(event) = event {
                    state = Resource::evolve(state, &event);
                }
                prop_assert!(state.tags.len() <= tags::MAX_TAGS);
                prop_assert_eq!(Resource::decide(&state, command, &context()), Ok(None));
            }
        }
    }
}
