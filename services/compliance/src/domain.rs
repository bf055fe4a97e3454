//! What a resource has to comply with, of one type.

use reeve_contracts::compliance::ComplianceChanged;
pub use reeve_contracts::compliance::ComplianceEvent;
use reeve_eventsourcing::{Context, Decider, parts::Part};
use serde::{Deserialize, Serialize};

/// The aggregate's id: a node's id holds no slash, so the two parts cannot be confused.
pub fn compliance_id(resource: &str, compliance_type: &str) -> String {
    format!("{resource}/{compliance_type}")
}

/// Where a message stands in its change.
pub fn part_of(change: &ComplianceChanged) -> Part<'_> {
    Part { change_id: &change.change_id, number: change.part, count: change.parts }
}

/// What can be asked of a resource's items of a type: to say a difference, or one part of a large one.
pub type Command = Box<ComplianceChanged>;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Somebody was faster: the difference is worked out anew.
    #[error("the difference is to what {said} changes led to, and {held} are in force")]
    Stale { said: u64, held: u64 },
    #[error("part {part} of {parts} does not follow what is there of the change {change_id}")]
    Part { part: u32, parts: u32, change_id: String },
}

/// By what a check is known: AWS's ExecutionSummary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub id: String,
    pub kind: String,
    pub time_ms: i64,
}

impl Execution {
    /// The one that a change names.
    pub fn of(change: &ComplianceChanged) -> Self {
        let (id, kind) = (change.execution_id.clone(), change.execution_type.clone());
        Self { id, kind, time_ms: change.executed_ms }
    }
}

/// What decisions are made on. The items are rows of the views; the count of changes stands for them here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How many changes are in force.
    pub changes: u64,
    pub content_hash: String,
    pub execution: Execution,
    /// No item is there.
    pub is_empty: bool,
    /// The change whose parts are coming, and the last part that came.
    pub coming: Option<(String, u32)>,
}

impl State {
    /// Whether somebody who says this hash says what is there already.
    pub fn holds(&self, content_hash: &str) -> bool {
        !content_hash.is_empty() && content_hash == self.content_hash
    }

    /// Whether there are items.
    pub fn has_items(&self) -> bool {
        self.changes > 0 && !self.is_empty
    }
}

/// A resource's items of a type.
pub struct Compliance;

impl Decider for Compliance {
    type Command = Command;
    type Event = ComplianceEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, change: Command, _: &Context) -> Result<Option<ComplianceEvent>, Error> {
        if change.base != state.changes {
            return Err(Error::Stale { said: change.base, held: state.changes });
        }
        if !part_of(&change).follows(state.coming.as_ref()) {
            let (part, parts) = (change.part, change.parts);
            return Err(Error::Part { part, parts, change_id: change.change_id });
        }
        let said = change.parts > 1 || says_something(state, &change);
        Ok(said.then_some(ComplianceEvent::ComplianceChanged(*change)))
    }

    fn evolve(mut state: State, event: &ComplianceEvent) -> State {
        let ComplianceEvent::ComplianceChanged(e) = event;
        let coming = part_of(e).coming();
        if coming.is_some() {
            state.coming = coming;
            return state;
        }
        State {
            changes: e.base + 1,
            content_hash: e.content_hash.clone(),
            execution: Execution::of(e),
            is_empty: e.is_empty,
            coming: None,
        }
    }
}

/// Whether a change says anything new: a later execution does, also when it found what was known.
fn says_something(state: &State, change: &ComplianceChanged) -> bool {
    if change.is_empty && !state.has_items() {
        return false;
    }
    let differs = !change.added.is_empty() || !change.changed.is_empty() || !change.removed.is_empty();
    differs || change.content_hash != state.content_hash || Execution::of(change) != state.execution
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_contracts::compliance::Item;
    use reeve_testkit::given;

    fn part(base: u64, part: u32, parts: u32) -> ComplianceChanged {
        ComplianceChanged {
            resource_id: "mi-1".into(),
            compliance_type: "Custom:Benchmark".into(),
            base,
            added: vec![Item { key: format!("{base}-{part}"), ..Item::default() }],
            change_id: format!("{base}/{parts}"),
            executed_ms: 1,
            part,
            parts,
            ..ComplianceChanged::default()
        }
    }

    fn whole(base: u64) -> ComplianceChanged {
        part(base, 1, 1)
    }

    fn asked(change: &ComplianceChanged) -> Command {
        Box::new(change.clone())
    }

    fn changed(change: &ComplianceChanged) -> ComplianceEvent {
        ComplianceEvent::ComplianceChanged(change.clone())
    }

    #[test]
    fn a_difference_counts_to_what_is_there_alone() {
        given::<Compliance>([]).when(asked(&whole(0))).then(changed(&whole(0)));
        given::<Compliance>([changed(&whole(0))]).when(asked(&whole(1))).then(changed(&whole(1)));
        let stale = Error::Stale { said: 0, held: 1 };
        given::<Compliance>([changed(&whole(0))]).when(asked(&whole(0))).then_refused(stale);
    }

    #[test]
    fn what_is_known_already_is_not_said_again_and_a_later_execution_is() {
        let same = ComplianceChanged { added: Vec::new(), ..whole(1) };
        given::<Compliance>([changed(&whole(0))]).when(asked(&same)).then_nothing();
        let later = ComplianceChanged { executed_ms: 2, ..same.clone() };
        given::<Compliance>([changed(&whole(0))]).when(asked(&later)).then(changed(&later));
        let hashed = ComplianceChanged { content_hash: "h".into(), ..same };
        given::<Compliance>([changed(&whole(0))]).when(asked(&hashed)).then(changed(&hashed));
        // That there is nothing, where nothing is, is not worth an event.
        let nothing = |base| ComplianceChanged { added: Vec::new(), is_empty: true, ..whole(base) };
        given::<Compliance>([]).when(asked(&nothing(0))).then_nothing();
        let emptied = [changed(&whole(0)), changed(&nothing(1))];
        given::<Compliance>(emptied.clone()).when(asked(&nothing(2))).then_nothing();
        given::<Compliance>(emptied).when(asked(&whole(2))).then(changed(&whole(2)));
    }

    #[test]
    fn parts_follow_each_other_and_the_last_one_counts() {
        let parts: Vec<ComplianceChanged> = (1..=3).map(|n| part(0, n, 3)).collect();
        let first = [changed(&parts[0])];
        given::<Compliance>(first.clone()).when(asked(&parts[1])).then(changed(&parts[1]));
        let refused = |n| Error::Part { part: n, parts: 3, change_id: "0/3".into() };
        given::<Compliance>(first.clone()).when(asked(&parts[2])).then_refused(refused(3));
        given::<Compliance>([]).when(asked(&parts[1])).then_refused(refused(2));
        // The items are what they were until the last part, so another change may come between.
        given::<Compliance>(first).when(asked(&whole(0))).then(changed(&whole(0)));
        let all = parts.iter().map(changed);
        given::<Compliance>(all).when(asked(&whole(1))).then(changed(&whole(1)));
    }

    #[test]
    fn only_a_hash_that_was_said_is_held() {
        let hashed = ComplianceChanged { content_hash: "h".into(), ..whole(0) };
        let state = Compliance::evolve(State::default(), &changed(&hashed));
        assert!(state.holds("h") && !state.holds("") && !state.holds("other"));
        assert!(!State::default().holds(""));
    }

    proptest! {
        /// Whatever is asked in whatever order: what is accepted counts the changes up by one, with its last part.
        #[test]
        fn changes_are_counted_one_by_one(asked in prop::collection::vec((0u64..4, 0u32..4, 0u32..4), 0..40)) {
            let mut state = State::default();
            for (base, number, parts) in asked {
                let before = state.changes;
                let command = Box::new(part(base, number, parts));
                if let Ok(Some(event)) = Compliance::decide(&state, command, &reeve_testkit::context()) {
                    state = Compliance::evolve(state, &event);
                    prop_assert_eq!(base, before);
                    prop_assert_eq!(state.changes, before + u64::from(number == parts));
                } else {
                    prop_assert_eq!(state.changes, before);
                }
            }
        }
    }
}
