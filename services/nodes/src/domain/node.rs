//! A node: registered once, connected and lost many times, deregistered for good.
//!
//! A folder of an agent can be copied, and then two machines say that they are one node. Of their sessions one works: the
//! one that was let work last, or a later one of the same ledger. Another is told of by an event and waits for an operator.

pub use reeve_contracts::nodes::NodeEvent;
use reeve_contracts::nodes::{
    NodeClockChanged, NodeConnected, NodeDeregistered, NodeDuplicated, NodeLost, NodeRegistered,
    NodeRoleChanged, NodeSessionChosen,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The instance ID {0} is not a managed node.")]
    Unknown(String),
    /// Nothing is decided on the newer session yet: this one counts as connected.
    #[error("The session {0} of this node is connected.")]
    Occupied(String),
    #[error("The node {0} has no session {1} that waits for a decision, and none of that name works.")]
    NoSuchSession(String, String),
}

/// As many sessions that are not let work are remembered for each node, the newest.
const MAX_REFUSED: usize = 16;

/// Which earlier sessions an agent's ledger worked as, and what else tells whether it is the one that worked last.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// Empty: the ledger knows of none.
    pub earlier: Vec<String>,
    /// The ledger has fewer reports than came from it: it is an earlier copy of itself.
    pub is_behind: bool,
    /// The session that is connected was heard after this one had introduced itself.
    pub other_is_alive: bool,
}

/// What may be asked of a node.
#[derive(Clone, Debug)]
pub enum Command {
    Register(Box<NodeRegistered>),
    /// The agent introduced itself.
    Connect(Box<NodeConnected>, Lineage),
    /// The connection of this session ended, or it was silent for too long.
    Lose {
        session: String,
        reason: String,
        /// Its last sign of life, in milliseconds since 1970; 0 when it is not known.
        last_heard_ms: i64,
    },
    /// An operator says which session is the node's.
    Choose {
        session: String,
    },
    /// How far the node's clock is ahead, in milliseconds; negative: behind; 0: it is right.
    SetClock {
        ahead_ms: i64,
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
    /// The session that was let work last, whether or not it is connected now.
    holder: String,
    /// Of the same agent, before that one.
    earlier: Vec<String>,
    /// Those that are not, the newest last.
    refused: Vec<String>,
    /// The one that an operator decided for, until an agent is let work by that.
    chosen: String,
    pub ahead_ms: i64,
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

    /// Whether a session was told to wait for an operator.
    pub fn refuses(&self, session: &str) -> bool {
        self.refused.iter().any(|refused| refused == session)
    }

    /// Why a session does not work, if it is clear that it does not.
    fn reason_against(&self, session: &str, lineage: &Lineage) -> Option<&'static str> {
        // The newest session of its ledger that something was decided on.
        let known = std::iter::once(session).chain(lineage.earlier.iter().rev().map(String::as_str));
        let decided = known.clone().find(|known| self.refuses(known) || self.chosen == *known);
        if decided.is_some_and(|decided| self.refuses(decided)) {
            return Some("it belongs to an agent that waits for a decision already");
        }
        if !self.session.is_empty() {
            return lineage.other_is_alive.then_some("another agent with the same identity is connected");
        }
        if self.holder.is_empty() || decided.is_some() {
            return None;
        }
        if lineage.is_behind {
            return Some(
                "its ledger is older than what this node has reported: it is a copy, or was restored",
            );
        }
        let follows = lineage.earlier.is_empty() || known.into_iter().any(|known| known == self.holder);
        (!follows).then_some("another copy of its folder was let work after it was made")
    }

    /// An agent introduced itself.
    fn connect(&self, connected: NodeConnected, lineage: &Lineage) -> Result<Option<NodeEvent>, Error> {
        // An introduction is delivered at least once, in any order: that of an agent which has started anew since is stale.
        let is_stale = self.earlier.contains(&connected.session) && self.chosen != connected.session;
        if is_stale || self.knows(&connected) {
            return Ok(None);
        }
        if connected.session == self.session {
            return Ok(Some(NodeEvent::NodeConnected(connected)));
        }
        if let Some(reason) = self.reason_against(&connected.session, lineage) {
            let duplicated = NodeDuplicated {
                node_id: connected.node_id,
                session: self.holder.clone(),
                other_session: connected.session,
                other_hostname: connected.hostname,
                other_ip_address: connected.ip_address,
                reason: reason.to_owned(),
            };
            let is_known = self.refuses(&duplicated.other_session);
            return Ok((!is_known).then_some(NodeEvent::NodeDuplicated(duplicated)));
        }
        match self.session.as_str() {
            "" => Ok(Some(NodeEvent::NodeConnected(connected))),
            occupied => Err(Error::Occupied(occupied.to_owned())),
        }
    }

    /// An operator decided.
    fn choose(&self, session: String) -> Result<Option<NodeEvent>, Error> {
        if !session.is_empty() && self.chosen == session {
            return Ok(None);
        }
        if session != self.holder && !self.refuses(&session) {
            return Err(Error::NoSuchSession(self.id.clone(), session));
        }
        Ok(Some(NodeEvent::NodeSessionChosen(NodeSessionChosen { node_id: self.id.clone(), session })))
    }

    fn refuse(&mut self, session: &str) {
        if !session.is_empty() && !self.refuses(session) {
            self.refused.push(session.to_owned());
        }
        let excess = self.refused.len().saturating_sub(MAX_REFUSED);
        self.refused.drain(..excess);
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
            Command::Connect(connected, _) if !here => Err(Error::Unknown(connected.node_id)),
            Command::Connect(connected, lineage) => state.connect(*connected, &lineage),
            Command::SetClock { ahead_ms } if !here || ahead_ms == state.ahead_ms => Ok(None),
            Command::SetClock { ahead_ms } => Ok(Some(NodeEvent::NodeClockChanged(NodeClockChanged {
                node_id: state.id.clone(),
                ahead_ms,
            }))),
            // A notice about a session that was followed by another is stale.
            Command::Lose { session, .. } if !here || session != state.session => Ok(None),
            Command::Lose { session, reason, last_heard_ms } => {
                let node_id = state.id.clone();
                Ok(Some(NodeEvent::NodeLost(NodeLost { node_id, session, reason, last_heard_ms })))
            }
            Command::ChangeRole { .. } | Command::Deregister | Command::Choose { .. } if !here => {
                Err(Error::Unknown(state.id.clone()))
            }
            Command::Choose { session } => state.choose(session),
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
                state.holder.clone_from(&e.session);
                state.earlier.clone_from(&e.earlier_sessions);
                state.chosen.clear();
                state.hostname.clone_from(&e.hostname);
                state.ip_address.clone_from(&e.ip_address);
            }
            NodeEvent::NodeLost(_) => state.session.clear(),
            NodeEvent::NodeDuplicated(e) => state.refuse(&e.other_session),
            NodeEvent::NodeSessionChosen(e) => {
                state.refused.retain(|refused| *refused != e.session);
                if e.session != state.holder {
                    let former = state.holder.clone();
                    state.refuse(&former);
                }
                state.chosen.clone_from(&e.session);
            }
            NodeEvent::NodeClockChanged(e) => state.ahead_ms = e.ahead_ms,
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

    fn connect(session: &str, earlier: &[&str]) -> Command {
        let earlier = earlier.iter().map(ToString::to_string).collect();
        Command::Connect(Box::new(connected(session)), Lineage { earlier, ..Lineage::default() })
    }

    fn duplicated(counts: &str, other: &str, reason: &str) -> NodeEvent {
        NodeEvent::NodeDuplicated(NodeDuplicated {
            node_id: "mi-1".into(),
            session: counts.into(),
            other_session: other.into(),
            reason: reason.into(),
            ..NodeDuplicated::default()
        })
    }

    fn lost(session: &str) -> NodeEvent {
        NodeEvent::NodeLost(NodeLost {
            node_id: "mi-1".into(),
            session: session.into(),
            reason: "test".into(),
            last_heard_ms: 7,
        })
    }

    fn chosen(session: &str) -> NodeEvent {
        NodeEvent::NodeSessionChosen(NodeSessionChosen { node_id: "mi-1".into(), session: session.into() })
    }

    const ALIVE: &str = "another agent with the same identity is connected";

    #[test]
    fn a_restart_follows_the_session_that_worked_last_also_when_nobody_heard_of_it() {
        let history = [registered(), NodeEvent::NodeConnected(connected("1"))];
        // Its end is not known yet: it waits.
        given::<Node>(history.clone()).when(connect("2", &["1"])).then_refused(Error::Occupied("1".into()));
        let history = [&history[..], &[lost("1")]].concat();
        let again = NodeEvent::NodeConnected(connected("2"));
        given::<Node>(history.clone()).when(connect("2", &["1"])).then(again.clone());
        // It was let work and ended before it knew.
        let history = [&history[..], &[again, lost("2")]].concat();
        let third = NodeEvent::NodeConnected(connected("3"));
        given::<Node>(history.clone()).when(connect("3", &["1", "2"])).then(third.clone());
        // An agent from before, or one whose ledger an operator gave up, says nothing of what was.
        given::<Node>(history).when(connect("3", &[])).then(third);
    }

    #[test]
    fn an_introduction_that_is_delivered_late_or_again_makes_nobody_a_copy() {
        let second = NodeConnected { earlier_sessions: vec!["1".into()], ..connected("2") };
        let history = [registered(), NodeEvent::NodeConnected(connected("1")), lost("1")];
        let history = [&history[..], &[NodeEvent::NodeConnected(second)]].concat();
        given::<Node>(history.clone()).when(connect("1", &[])).then_nothing();
        let alive = Lineage { other_is_alive: true, ..Lineage::default() };
        given::<Node>(history.clone()).when(Command::Connect(Box::new(connected("1")), alive)).then_nothing();
        let history = [&history[..], &[lost("2")]].concat();
        given::<Node>(history.clone()).when(connect("1", &["0"])).then_nothing();
        given::<Node>(history).when(connect("3", &["1", "2"])).then(NodeEvent::NodeConnected(connected("3")));
    }

    #[test]
    fn of_two_that_are_alive_the_newer_waits_for_an_operator_also_after_its_restart() {
        let history = [registered(), NodeEvent::NodeConnected(connected("1"))];
        let alive = Lineage { other_is_alive: true, ..Lineage::default() };
        let other = duplicated("1", "2", ALIVE);
        given::<Node>(history.clone())
            .when(Command::Connect(Box::new(connected("2")), alive.clone()))
            .then(other.clone());
        let history = [&history[..], &[other, lost("1")]].concat();
        given::<Node>(history.clone()).when(connect("2", &["1"])).then_nothing();
        let reason = "it belongs to an agent that waits for a decision already";
        given::<Node>(history.clone()).when(connect("3", &["1", "2"])).then(duplicated("1", "3", reason));
        // The one that worked comes back.
        given::<Node>(history.clone())
            .when(connect("4", &["1"]))
            .then(NodeEvent::NodeConnected(connected("4")));
        let unknown = Error::NoSuchSession("mi-1".into(), "9".into());
        given::<Node>(history.clone()).when(Command::Choose { session: "9".into() }).then_refused(unknown);
        // The operator decides for the newer one: the older is refused from then on, also after a restart.
        given::<Node>(history.clone()).when(Command::Choose { session: "2".into() }).then(chosen("2"));
        let history = [&history[..], &[chosen("2")]].concat();
        given::<Node>(history.clone())
            .when(connect("3", &["1", "2"]))
            .then(NodeEvent::NodeConnected(connected("3")));
        given::<Node>(history.clone()).when(connect("1", &["1"])).then_nothing();
        given::<Node>(history).when(connect("4", &["1"])).then(duplicated("1", "4", reason));
    }

    #[test]
    fn an_operator_who_decides_for_the_session_that_works_leaves_the_other_out() {
        let history = [
            registered(),
            NodeEvent::NodeConnected(connected("1")),
            duplicated("1", "2", ALIVE),
            chosen("1"),
        ];
        given::<Node>(history.clone()).when(connect("2", &["1"])).then_nothing();
        let history = [&history[..], &[lost("1")]].concat();
        given::<Node>(history.clone()).when(connect("2", &["1"])).then_nothing();
        let reason = "it belongs to an agent that waits for a decision already";
        given::<Node>(history.clone()).when(connect("3", &["1", "2"])).then(duplicated("1", "3", reason));
        given::<Node>(history).when(connect("3", &["1"])).then(NodeEvent::NodeConnected(connected("3")));
    }

    #[test]
    fn a_copy_from_an_earlier_time_is_not_let_work_although_nobody_else_is_connected() {
        let history = [
            registered(),
            NodeEvent::NodeConnected(connected("1")),
            lost("1"),
            NodeEvent::NodeConnected(connected("2")),
            lost("2"),
        ];
        given::<Node>(history.clone()).when(connect("3", &["1"])).then(duplicated(
            "2",
            "3",
            "another copy of its folder was let work after it was made",
        ));
        let behind = Lineage { earlier: vec!["1".into(), "2".into()], is_behind: true, ..Lineage::default() };
        given::<Node>(history).when(Command::Connect(Box::new(connected("3")), behind)).then(duplicated(
            "2",
            "3",
            "its ledger is older than what this node has reported: it is a copy, or was restored",
        ));
    }

    #[test]
    fn a_clock_that_is_as_it_was_is_no_event() {
        let changed =
            |ahead_ms| NodeEvent::NodeClockChanged(NodeClockChanged { node_id: "mi-1".into(), ahead_ms });
        given::<Node>([registered()]).when(Command::SetClock { ahead_ms: 0 }).then_nothing();
        given::<Node>([registered()]).when(Command::SetClock { ahead_ms: -9 }).then(changed(-9));
        given::<Node>([registered(), changed(-9)]).when(Command::SetClock { ahead_ms: -9 }).then_nothing();
        given::<Node>([registered(), changed(-9)]).when(Command::SetClock { ahead_ms: 0 }).then(changed(0));
    }

    fn lose(session: &str) -> Command {
        Command::Lose { session: session.into(), reason: "test".into(), last_heard_ms: 7 }
    }

    #[test]
    fn a_machine_that_is_renamed_while_it_is_connected_is_known_by_its_new_name() {
        let history = [registered(), NodeEvent::NodeConnected(connected("s"))];
        given::<Node>(history.clone()).when(connect("s", &[])).then_nothing();
        let renamed = NodeConnected { hostname: "new".into(), ..connected("s") };
        given::<Node>(history.clone())
            .when(Command::Connect(Box::new(renamed.clone()), Lineage::default()))
            .then(NodeEvent::NodeConnected(renamed.clone()));
        let again = [&history[..], &[NodeEvent::NodeConnected(renamed.clone())]].concat();
        given::<Node>(again).when(Command::Connect(Box::new(renamed), Lineage::default())).then_nothing();
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
            last_heard_ms: 7,
        }));
    }

    #[test]
    fn a_deregistered_node_is_unknown_for_good() {
        let gone = NodeEvent::NodeDeregistered(NodeDeregistered { node_id: "mi-1".into() });
        let history = [registered(), gone];
        let unknown = Error::Unknown("mi-1".into());
        given::<Node>(history.clone()).when(connect("3", &[])).then_refused(unknown.clone());
        given::<Node>(history.clone()).when(Command::Deregister).then_refused(unknown);
        given::<Node>(history).when(Command::Register(Box::default())).then_nothing();
    }
}
