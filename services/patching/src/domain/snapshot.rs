//! A snapshot: the one baseline that all nodes of a group and system have in the runs with its id.

pub use reeve_contracts::patching::SnapshotEvent;
use reeve_contracts::patching::SnapshotTaken;
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Empty: it was not taken yet.
    pub baseline_id: String,
    pub baseline_json: String,
    /// What counts instead of it; empty: nothing does.
    pub override_json: String,
}

/// The aggregate's id.
pub fn id(snapshot_id: &str, operating_system: &str, patch_group: &str) -> String {
    format!("{snapshot_id}/{operating_system}/{patch_group}")
}

/// The aggregate: the first who asks takes it.
pub struct Snapshot;

impl Decider for Snapshot {
    type Command = SnapshotTaken;
    type Event = SnapshotEvent;
    type State = State;
    type Error = Infallible;

    fn decide(state: &State, taken: SnapshotTaken, _: &Context) -> Result<Option<SnapshotEvent>, Infallible> {
        Ok(state.baseline_id.is_empty().then_some(SnapshotEvent::SnapshotTaken(taken)))
    }

    fn evolve(_: State, event: &SnapshotEvent) -> State {
        let SnapshotEvent::SnapshotTaken(e) = event;
        State {
            baseline_id: e.baseline_id.clone(),
            baseline_json: e.baseline_json.clone(),
            override_json: e.override_json.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn the_first_one_counts() {
        let take = |id: &str| SnapshotTaken {
            snapshot_id: "s".into(),
            operating_system: "DEBIAN".into(),
            patch_group: "web".into(),
            baseline_id: id.into(),
            baseline_json: "{}".into(),
            override_json: String::new(),
        };
        given::<Snapshot>([]).when(take("a")).then(SnapshotEvent::SnapshotTaken(take("a")));
        given::<Snapshot>([SnapshotEvent::SnapshotTaken(take("a"))]).when(take("b")).then_nothing();
    }
}
