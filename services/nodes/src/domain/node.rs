//! A node: registered once, connected and lost many times, deregistered for good.

pub use reeve_contracts::nodes::NodeEvent;
use reeve_contracts::nodes::{NodeConnected, NodeDeregistered, NodeLost, NodeRegistered, NodeRoleChanged};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The instance ID {0} is not a managed node.")]
    Unknown(String),
}

/// What may be asked of a node.
#[derive(Clone, Debug)]
pub enum Command {
    Register(Box<NodeRegistered>),
    /// The agent introduced itself.
    Connect(Box<NodeConnected>),
    /// The connection of this session ended, or it was silent for too long.
    Lose {
        session: String,
        reason: String,
    },
    ChangeRole {
        iam_role: String,
    },
    Deregister,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    id: String,
    registered: bool,
    deregistered: bool,
    iam_role: String,
    /// The session that is connected; empty: none.
    pub session: String,
    /// The machine's name and address, as that session said last.
    hostname: String,
    ip_address: String,
}

impl State {
    /// Whether a session that is connected says what it said before.
    fn knows(&self, connected: &NodeConnected) -> bool {
        connected.session == self.session
            && connected.hostname == self.hostname
            && connected.ip_address == self.ip_address
    }
}

/// The aggregate.
pub struct Node;

impl Decider for Node {
    type Command = Command;
    type Event = NodeEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<NodeEvent>, Error> {
        let here = state.registered && !state.deregistered;
        match command {
            Command::Register(_) if state.registered => Ok(None),
            Command::Register(registered) => Ok(Some(NodeEvent::NodeRegistered(*registered))),
            Command::Connect(connected) if !here => Err(Error::Unknown(connected.node_id)),
            Command::Connect(connected) if state.knows(&connected) => Ok(None),
            Command::Connect(connected) => Ok(Some(NodeEvent::NodeConnected(*connected))),
            // A notice about a session that was followed by another is stale.
            Command::Lose { session, .. } if !here || session != state.session => Ok(None),
            Command::Lose { session, reason } => {
                Ok(Some(NodeEvent::NodeLost(NodeLost { node_id: state.id.clone(), session, reason })))
            }
            Command::ChangeRole { .. } | Command::Deregister if !here => {
                Err(Error::Unknown(state.id.clone()))
            }
            Command::ChangeRole { iam_role } if iam_role == state.iam_role => Ok(None),
            Command::ChangeRole { iam_role } => {
                Ok(Some(NodeEvent::NodeRoleChanged(NodeRoleChanged { node_id: state.id.clone(), iam_role })))
            }
            Command::Deregister => {
                Ok(Some(NodeEvent::NodeDeregistered(NodeDeregistered { node_id: state.id.clone() })))
            }
        }
    }

    fn evolve(mut state: State, event: &NodeEvent) -> State {
        match event {
            NodeEvent::NodeRegistered(e) => {
                state.id.clone_from(&e.node_id);
                state.iam_role.clone_from(&e.iam_role);
                state.registered = true;
            }
            NodeEvent::NodeConnected(e) => {
                state.session.clone_from(&e.session);
                state.hostname.clone_from(&e.hostname);
                state.ip_address.clone_from(&e.ip_address);
            }
            NodeEvent::NodeLost(_) => state.session.clear(),
            NodeEvent::NodeRoleChanged(e) => state.iam_role.clone_from(&e.iam_role),
            NodeEvent::NodeDeregistered(_) => {
                state.deregistered = true;
                state.session.clear();
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn registered() -> NodeEvent {
        NodeEvent::NodeRegistered(NodeRegistered { node_id: "mi-1".into(), ..NodeRegistered::default() })
    }

    fn connected(session: &str) -> NodeConnected {
        NodeConnected { node_id: "mi-1".into(), session: session.into(), ..NodeConnected::default() }
    }

    fn lose(session: &str) -> Command {
        Command::Lose { session: session.into(), reason: "test".into() }
    }

    #[test]
    fn a_machine_that_is_renamed_while_it_is_connected_is_known_by_its_new_name() {
        let history = [registered(), NodeEvent::NodeConnected(connected("s"))];
        given::<Node>(history.clone()).when(Command::Connect(Box::new(connected("s")))).then_nothing();
        let renamed = NodeConnected { hostname: "new".into(), ..connected("s") };
        given::<Node>(history.clone())
            .when(Command::Connect(Box::new(renamed.clone())))
            .then(NodeEvent::NodeConnected(renamed.clone()));
        let again = [&history[..], &[NodeEvent::NodeConnected(renamed.clone())]].concat();
        given::<Node>(again).when(Command::Connect(Box::new(renamed))).then_nothing();
    }

    #[test]
    fn a_late_notice_does_not_lose_the_next_session() {
        let history = [
            registered(),
            NodeEvent::NodeConnected(connected("1")),
            NodeEvent::NodeConnected(connected("2")),
        ];
        given::<Node>(history.clone()).when(lose("1")).then_nothing();
        given::<Node>(history).when(lose("2")).then(NodeEvent::NodeLost(NodeLost {
            node_id: "mi-1".into(),
            session: "2".into(),
            reason: "test".into(),
        }));
    }

    #[test]
    fn a_deregistered_node_is_unknown_for_good() {
        let gone = NodeEvent::NodeDeregistered(NodeDeregistered { node_id: "mi-1".into() });
        let history = [registered(), gone];
        let unknown = Error::Unknown("mi-1".into());
        given::<Node>(history.clone())
            .when(Command::Connect(Box::new(connected("3"))))
            .then_refused(unknown.clone());
        given::<Node>(history.clone()).when(Command::Deregister).then_refused(unknown);
        given::<Node>(history).when(Command::Register(Box::default())).then_nothing();
    }
}
