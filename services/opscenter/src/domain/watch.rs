//! A node that was lost: whether it stays away for so long that somebody should look.

pub use reeve_contracts::opscenter::NodeWatchEvent;
use reeve_contracts::opscenter::{NodeLossEnded, NodeLossNoticed, NodeLossReported};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What is said of a node.
#[derive(Clone, Debug)]
pub enum Command {
    /// It was lost at that instant.
    Notice { node_id: String, lost_ms: i64 },
    /// It has been lost for long.
    Report,
    /// It is connected again, or deregistered.
    End,
}

/// The loss that goes on, if one does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub node_id: String,
    pub lost_ms: Option<i64>,
    pub reported: bool,
}

/// The aggregate.
pub struct NodeWatch;

impl Decider for NodeWatch {
    type Command = Command;
    type Event = NodeWatchEvent;
    type State = State;
    type Error = Infallible;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<NodeWatchEvent>, Infallible> {
        let node_id = state.node_id.clone();
        Ok(match (command, state.lost_ms) {
            (Command::Notice { node_id, lost_ms }, None) => {
                Some(NodeWatchEvent::NodeLossNoticed(NodeLossNoticed { node_id, lost_ms }))
            }
            (Command::Report, Some(lost_ms)) if !state.reported => {
                Some(NodeWatchEvent::NodeLossReported(NodeLossReported { node_id, lost_ms }))
            }
            (Command::End, Some(_)) => Some(NodeWatchEvent::NodeLossEnded(NodeLossEnded { node_id })),
            (Command::Notice { .. } | Command::Report | Command::End, _) => None,
        })
    }

    fn evolve(mut state: State, event: &NodeWatchEvent) -> State {
        match event {
            NodeWatchEvent::NodeLossNoticed(e) => {
                State { node_id: e.node_id.clone(), lost_ms: Some(e.lost_ms), reported: false }
            }
            NodeWatchEvent::NodeLossReported(_) => {
                state.reported = true;
                state
            }
            NodeWatchEvent::NodeLossEnded(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_loss_is_noticed_reported_and_ended_once() {
        let notice = || Command::Notice { node_id: "mi-1".into(), lost_ms: 7 };
        let noticed = NodeWatchEvent::NodeLossNoticed(NodeLossNoticed { node_id: "mi-1".into(), lost_ms: 7 });
        let reported =
            NodeWatchEvent::NodeLossReported(NodeLossReported { node_id: "mi-1".into(), lost_ms: 7 });
        let ended = NodeWatchEvent::NodeLossEnded(NodeLossEnded { node_id: "mi-1".into() });
        given::<NodeWatch>([]).when(notice()).then(noticed.clone());
        given::<NodeWatch>([noticed.clone()]).when(notice()).then_nothing();
        given::<NodeWatch>([noticed.clone()]).when(Command::Report).then(reported.clone());
        given::<NodeWatch>([noticed.clone(), reported.clone()]).when(Command::Report).then_nothing();
        given::<NodeWatch>([noticed.clone(), reported]).when(Command::End).then(ended.clone());
        given::<NodeWatch>([noticed.clone(), ended.clone()]).when(Command::Report).then_nothing();
        given::<NodeWatch>([noticed.clone(), ended.clone()]).when(Command::End).then_nothing();
        given::<NodeWatch>([noticed.clone(), ended]).when(notice()).then(noticed);
    }
}
