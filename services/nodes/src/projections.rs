//! The tables: `activations` by id, `nodes` by id, `node-keys` from public key to node id,
//! `node-counts` how many are connected and lost, `revoked-keys` those of deregistered nodes, `node-tags` by id, `dispatch-keys` the newest set by root key.
//!
//! Each table is written from one stream only: two streams have no order between them, and a rebuilt view
//! must equal the live one. Nodes and their tags are joined when they are read.

use crate::domain::{activation::ActivationEvent, node::NodeEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

pub const ACTIVATIONS: &str = "activations";
pub const NODES: &str = "nodes";
pub const NODE_KEYS: &str = "node-keys";
/// How many nodes are [`CONNECTED`], and how many [`LOST`].
pub const NODE_COUNTS: &str = "node-counts";
pub const CONNECTED: &str = "connected";
pub const LOST: &str = "lost";
/// The keys of deregistered nodes, each with its place in the log. It grows by one with each of them.
pub const REVOKED_KEYS: &str = "revoked-keys";
pub use reeve_fleet::{DISPATCH_KEYS, KeySetRow, KeySets, NODE_TAGS};

/// An activation as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivationRow {
    pub id: String,
    pub description: String,
    pub default_name: String,
    pub iam_role: String,
    pub limit: u32,
    pub count: u32,
    pub created: Timestamp,
    pub expires: Timestamp,
    pub tags: Vec<(String, String)>,
}

/// A node as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    pub id: String,
    pub activation_id: String,
    pub name: String,
    pub iam_role: String,
    pub registered: Timestamp,
    pub public_key: String,
    pub hostname: String,
    pub ip_address: String,
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
    pub architecture: String,
    pub agent_version: String,
    /// The connected session; empty: none.
    pub session: String,
    /// When it last connected or was lost.
    pub seen: Timestamp,
    /// How far its clock is ahead, in milliseconds; negative: behind.
    #[serde(default)]
    pub ahead_ms: i64,
    /// Another agent with this identity, which waits for an operator's decision.
    #[serde(default)]
    pub other: Option<OtherSession>,
}

/// An agent that says that it is a node which another one is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OtherSession {
    pub session: String,
    /// The one that counts.
    pub counts: String,
    pub hostname: String,
    pub ip_address: String,
    pub reason: String,
    pub since: Timestamp,
}

/// Activations by id.
pub struct Activations;

impl Projection for Activations {
    const NAME: &'static str = "activations";
    const VERSION: u32 = 1;
    type Event = ActivationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ActivationEvent>) {
        match &event.event {
            ActivationEvent::ActivationCreated(e) => view.put_row(
                ACTIVATIONS,
                &e.activation_id,
                ActivationRow {
                    id: e.activation_id.clone(),
                    description: e.description.clone(),
                    default_name: e.default_name.clone(),
                    iam_role: e.iam_role.clone(),
                    limit: e.registration_limit,
                    count: 0,
                    created: event.envelope.time,
                    expires: Timestamp(e.expires_ms),
                    tags: e.tags.iter().map(|t| (t.key.clone(), t.value.clone())).collect(),
                },
            ),
            ActivationEvent::ActivationRedeemed(e) => {
                view.update_row::<ActivationRow>(ACTIVATIONS, &e.activation_id, |row| row.count += 1);
            }
            ActivationEvent::ActivationDeleted(e) => view.remove(ACTIVATIONS, e.activation_id.as_bytes()),
        }
    }
}

/// The state of a node that is counted; none: there is no such node.
fn counted(view: &dyn View, id: &str) -> Option<&'static str> {
    let row: NodeRow = view.row(NODES, id)?;
    Some(if row.session.is_empty() { LOST } else { CONNECTED })
}

/// Nodes by id, and how many of each state there are.
pub struct Nodes;

impl Projection for Nodes {
    const NAME: &'static str = "nodes";
    const VERSION: u32 = 5;
    type Event = NodeEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeEvent>) {
        let id = &event.envelope.aggregate.id;
        let before = counted(view, id);
        Self::change(view, event);
        let after = counted(view, id);
        if before == after {
            return;
        }
        if let Some(state) = before {
            view.update_row(NODE_COUNTS, state, |count: &mut u64| *count = count.saturating_sub(1));
        }
        if let Some(state) = after {
            view.update_row(NODE_COUNTS, state, |count: &mut u64| *count += 1);
        }
    }
}

impl Nodes {
    fn change(view: &mut dyn View, event: &Recorded<NodeEvent>) {
        let time = event.envelope.time;
        match &event.event {
            NodeEvent::NodeRegistered(e) => {
                view.put_row(NODE_KEYS, &e.public_key, e.node_id.clone());
                view.update_row::<NodeRow>(NODES, &e.node_id, |row| {
                    row.id.clone_from(&e.node_id);
                    row.activation_id.clone_from(&e.activation_id);
                    row.name.clone_from(&e.name);
                    row.iam_role.clone_from(&e.iam_role);
                    row.public_key.clone_from(&e.public_key);
                    (row.registered, row.seen) = (time, time);
                });
            }
            NodeEvent::NodeConnected(e) => view.update_row::<NodeRow>(NODES, &e.node_id, |row| {
                row.hostname.clone_from(&e.hostname);
                row.ip_address.clone_from(&e.ip_address);
                row.platform_type.clone_from(&e.platform_type);
                row.platform_name.clone_from(&e.platform_name);
                row.platform_version.clone_from(&e.platform_version);
                row.architecture.clone_from(&e.architecture);
                row.agent_version.clone_from(&e.agent_version);
                row.session.clone_from(&e.session);
                row.seen = time;
            }),
            NodeEvent::NodeLost(e) => view.update_row::<NodeRow>(NODES, &e.node_id, |row| {
                row.session.clear();
                // 0: it is not known.
                row.seen = Timestamp(e.last_heard_ms).max(row.seen);
            }),
            NodeEvent::NodeDuplicated(e) => view.update_row::<NodeRow>(NODES, &e.node_id, |row| {
                row.other = Some(OtherSession {
                    session: e.other_session.clone(),
                    counts: e.session.clone(),
                    hostname: e.other_hostname.clone(),
                    ip_address: e.other_ip_address.clone(),
                    reason: e.reason.clone(),
                    since: time,
                });
            }),
            NodeEvent::NodeSessionChosen(e) => {
                view.update_row::<NodeRow>(NODES, &e.node_id, |row| row.other = None);
            }
            NodeEvent::NodeClockChanged(e) => {
                view.update_row::<NodeRow>(NODES, &e.node_id, |row| row.ahead_ms = e.ahead_ms);
            }
            NodeEvent::NodeRoleChanged(e) => {
                view.update_row::<NodeRow>(NODES, &e.node_id, |row| row.iam_role.clone_from(&e.iam_role));
            }
            NodeEvent::NodeDeregistered(e) => {
                if let Some(row) = view.row::<NodeRow>(NODES, &e.node_id) {
                    view.remove(NODE_KEYS, row.public_key.as_bytes());
                    view.put_row(REVOKED_KEYS, &row.public_key, event.position.0);
                }
                view.remove(NODES, e.node_id.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::nodes::{NodeConnected, NodeDeregistered, NodeLost, NodeRegistered};
    use reeve_eventsourcing::{AggregateRef, Envelope, MemoryView, Position};
    use reeve_testkit::context;

    #[test]
    fn nodes_are_counted_by_what_each_event_changes() {
        let mut view = MemoryView::default();
        let mut counts_after = |id: &str, event: NodeEvent| {
            let envelope = Envelope::of(&AggregateRef::of::<NodeEvent>(id), &event, &context());
            Nodes.apply(&mut view, &Recorded { position: Position(1), envelope: envelope.into(), event });
            [CONNECTED, LOST].map(|state| view.row::<u64>(NODE_COUNTS, state).unwrap_or_default())
        };
        let registered = |id: &str| {
            NodeEvent::NodeRegistered(NodeRegistered { node_id: id.into(), ..NodeRegistered::default() })
        };
        let connected = |id: &str, session: &str| {
            let (node_id, session) = (id.to_owned(), session.to_owned());
            NodeEvent::NodeConnected(NodeConnected { node_id, session, ..NodeConnected::default() })
        };
        let lost = |id: &str| NodeEvent::NodeLost(NodeLost { node_id: id.into(), ..NodeLost::default() });
        assert_eq!(counts_after("a", registered("a")), [0, 1]);
        assert_eq!(counts_after("b", registered("b")), [0, 2]);
        assert_eq!(counts_after("a", connected("a", "s1")), [1, 1]);
        assert_eq!(counts_after("a", connected("a", "s2")), [1, 1]);
        assert_eq!(counts_after("a", lost("a")), [0, 2]);
        assert_eq!(counts_after("a", lost("a")), [0, 2]);
        let gone = NodeDeregistered { node_id: "a".into() };
        assert_eq!(counts_after("a", NodeEvent::NodeDeregistered(gone)), [0, 1]);
    }
}
