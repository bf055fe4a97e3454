//! A node that is to run what an association's other targets ran before.

pub use reeve_contracts::state_manager::TargetEvent;
use reeve_contracts::state_manager::TargetJoined;
use reeve_eventsourcing::{Context, Decider};
use std::convert::Infallible;

/// The aggregate's id.
pub fn id(association_id: &str, node_id: &str) -> String {
    format!("{association_id}/{node_id}")
}

/// The aggregate: each return is told of. What comes of it, the association decides.
pub struct Target;

impl Decider for Target {
    type Command = TargetJoined;
    type Event = TargetEvent;
    /// The firing that it is to catch up with.
    type State = u64;
    type Error = Infallible;

    fn decide(_: &u64, joined: TargetJoined, _: &Context) -> Result<Option<TargetEvent>, Infallible> {
        Ok(Some(TargetEvent::TargetJoined(joined)))
    }

    fn evolve(_: u64, TargetEvent::TargetJoined(joined): &TargetEvent) -> u64 {
        joined.firing
    }
}
