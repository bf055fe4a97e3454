//! What one type of inventory holds on one node.

pub use reeve_contracts::inventory::InventoryEvent;
use reeve_contracts::inventory::{InventoryChanged, InventoryCollectionFailed};
use reeve_eventsourcing::{Context, Decider};
use reeve_inventory_model::part_of;
use serde::{Deserialize, Serialize};

/// The aggregate's id: a node's id holds no slash, so the two parts cannot be confused.
pub fn inventory_id(node: &str, type_name: &str) -> String {
    format!("{node}/{type_name}")
}

/// What can be asked of a type's inventory on a node.
#[derive(Clone, Debug)]
pub enum Command {
    /// Says a difference, or one part of a large one.
    Change(Box<InventoryChanged>),
    /// Says that a collection did not come to its end.
    Fail(Box<InventoryCollectionFailed>),
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Somebody was faster: the difference is worked out anew.
    #[error("the difference is to what hashes to {said:?}, and the inventory's hash is {held:?}")]
    Stale { said: String, held: String },
    #[error("part {part} of {parts} does not follow what is there of the change {change_id}")]
    Part { part: u32, parts: u32, change_id: String },
}

/// What decisions are made on. The entries are rows of the views; their hash stands for them here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Of all that is known; empty: the type is not there.
    pub hash: String,
    pub content_hash: String,
    pub schema_version: String,
    pub captured_ms: i64,
    /// What the last collection left out, and why.
    pub note: String,
    /// The change whose parts are coming, and the last part that came.
    pub coming: Option<(String, u32)>,
    /// Why the last collection did not come to its end.
    pub failure: Option<String>,
}

/// A type's inventory on a node.
pub struct Inventory;

impl Decider for Inventory {
    type Command = Command;
    type Event = InventoryEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<InventoryEvent>, Error> {
        match command {
            Command::Change(change) => {
                if change.base_hash != state.hash {
                    return Err(Error::Stale { said: change.base_hash, held: state.hash.clone() });
                }
                if !part_of(&change).follows(state.coming.as_ref()) {
                    let (part, parts) = (change.part, change.parts);
                    return Err(Error::Part { part, parts, change_id: change.change_id });
                }
                let said = change.parts > 1 || says_something(state, &change);
                Ok(said.then_some(InventoryEvent::InventoryChanged(*change)))
            }
            Command::Fail(failed) => {
                let said = state.failure.as_ref() != Some(&failed.reason);
                Ok(said.then_some(InventoryEvent::InventoryCollectionFailed(*failed)))
            }
        }
    }

    fn evolve(mut state: State, event: &InventoryEvent) -> State {
        match event {
            InventoryEvent::InventoryChanged(e) if !part_of(e).is_last() => {
                state.coming = part_of(e).coming();
            }
            InventoryEvent::InventoryChanged(e) if e.hash.is_empty() => state = State::default(),
            InventoryEvent::InventoryChanged(e) => {
                state = State {
                    hash: e.hash.clone(),
                    content_hash: e.content_hash.clone(),
                    schema_version: e.schema_version.clone(),
                    captured_ms: e.captured_ms,
                    note: e.note.clone(),
                    coming: None,
                    failure: None,
                };
            }
            InventoryEvent::InventoryCollectionFailed(e) => state.failure = Some(e.reason.clone()),
        }
        state
    }
}

/// Whether a change says anything new. A collection that found what was known says nothing, unless the one before had
/// failed, or there was none.
fn says_something(state: &State, change: &InventoryChanged) -> bool {
    let differs = !change.added.is_empty() || !change.changed.is_empty() || !change.removed.is_empty();
    differs
        || change.hash != state.hash
        || change.schema_version != state.schema_version
        || change.note != state.note
        || state.failure.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::inventory::Entry;
    use reeve_testkit::given;

    fn part(base: &str, hash: &str, part: u32, parts: u32) -> InventoryChanged {
        InventoryChanged {
            node_id: "mi-1".into(),
            type_name: "AWS:Application".into(),
            schema_version: "1.1".into(),
            base_hash: base.into(),
            hash: hash.into(),
            added: vec![Entry { key: format!("{base}{hash}{part}"), attributes: Vec::new() }],
            change_id: format!("{base}-{hash}"),
            part,
            parts,
            ..InventoryChanged::default()
        }
    }

    fn whole(base: &str, hash: &str) -> InventoryChanged {
        part(base, hash, 1, 1)
    }

    fn asked(change: &InventoryChanged) -> Command {
        Command::Change(Box::new(change.clone()))
    }

    fn changed(change: &InventoryChanged) -> InventoryEvent {
        InventoryEvent::InventoryChanged(change.clone())
    }

    fn failed(reason: &str) -> InventoryCollectionFailed {
        InventoryCollectionFailed { reason: reason.into(), ..InventoryCollectionFailed::default() }
    }

    #[test]
    fn a_difference_counts_to_what_is_there_alone() {
        given::<Inventory>([]).when(asked(&whole("", "a"))).then(changed(&whole("", "a")));
        given::<Inventory>([changed(&whole("", "a"))])
            .when(asked(&whole("a", "b")))
            .then(changed(&whole("a", "b")));
        let stale = Error::Stale { said: "b".into(), held: "a".into() };
        given::<Inventory>([changed(&whole("", "a"))]).when(asked(&whole("b", "c"))).then_refused(stale);
    }

    #[test]
    fn what_is_known_already_is_not_said_again() {
        let same = InventoryChanged { added: Vec::new(), ..whole("a", "a") };
        given::<Inventory>([changed(&whole("", "a"))]).when(asked(&same)).then_nothing();
        let failure = InventoryEvent::InventoryCollectionFailed(failed("no room"));
        given::<Inventory>([changed(&whole("", "a")), failure.clone()])
            .when(asked(&same))
            .then(changed(&same));
        // That there is nothing of a type is worth saying, once.
        let nothing = InventoryChanged { added: Vec::new(), ..whole("", "0") };
        given::<Inventory>([]).when(asked(&nothing)).then(changed(&nothing));
        let fail = |reason: &str| Command::Fail(Box::new(failed(reason)));
        given::<Inventory>([failure.clone()]).when(fail("no room")).then_nothing();
        let other = InventoryEvent::InventoryCollectionFailed(failed("broken"));
        given::<Inventory>([failure]).when(fail("broken")).then(other);
    }

    #[test]
    fn parts_follow_each_other_and_the_last_one_counts() {
        let parts: Vec<InventoryChanged> = (1..=3).map(|n| part("", "a", n, 3)).collect();
        let first = [changed(&parts[0])];
        given::<Inventory>(first.clone()).when(asked(&parts[1])).then(changed(&parts[1]));
        let refused = |n| Error::Part { part: n, parts: 3, change_id: "-a".into() };
        given::<Inventory>(first.clone()).when(asked(&parts[2])).then_refused(refused(3));
        given::<Inventory>([]).when(asked(&parts[1])).then_refused(refused(2));
        // The inventory is what it was until the last part, so another change may come between.
        given::<Inventory>(first).when(asked(&whole("", "b"))).then(changed(&whole("", "b")));
        let all = parts.iter().map(changed);
        given::<Inventory>(all.clone()).when(asked(&whole("a", "b"))).then(changed(&whole("a", "b")));
        let stale = Error::Stale { said: String::new(), held: "a".into() };
        given::<Inventory>(all).when(asked(&parts[1])).then_refused(stale);
    }

    #[test]
    fn what_was_taken_away_can_come_again() {
        let gone = InventoryChanged { hash: String::new(), ..whole("a", "") };
        let history = [changed(&whole("", "a")), changed(&gone)];
        given::<Inventory>(history).when(asked(&whole("", "b"))).then(changed(&whole("", "b")));
    }
}
