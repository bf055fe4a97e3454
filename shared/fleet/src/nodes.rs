//! Nodes as other services know them, and their tags.

use reeve_contracts::nodes::NodeEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::ResourceTags;
use serde::{Deserialize, Serialize};

/// Nodes by id.
pub const NODES: &str = "nodes";
/// A node's tags, key to value, by node id.
pub const NODE_TAGS: &str = "node-tags";

/// A node that something may be done on, as it said itself at its last connection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NodeRow {
    /// The computer's name.
    pub name: String,
    /// Linux, MacOS or Windows; empty before the first connection.
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
    pub ip_address: String,
    pub agent_version: String,
    /// The agent's run that is connected; empty when none is.
    pub session: String,
}

impl NodeRow {
    /// Whether the node is known to be of none of these platforms.
    pub fn is_other_than(&self, platforms: &[String]) -> bool {
        !self.platform_type.is_empty() && !platforms.contains(&self.platform_type)
    }
}

/// Nodes by id.
pub struct Nodes;

impl Projection for Nodes {
    const NAME: &'static str = "nodes";
    const VERSION: u32 = 3;
    type Event = NodeEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeEvent>) {
        match &event.event {
            NodeEvent::NodeRegistered(e) => view.put_row(NODES, &e.node_id, NodeRow::default()),
            NodeEvent::NodeConnected(e) => {
                let row = NodeRow {
                    name: e.hostname.clone(),
                    platform_type: e.platform_type.clone(),
                    platform_name: e.platform_name.clone(),
                    platform_version: e.platform_version.clone(),
                    ip_address: e.ip_address.clone(),
                    agent_version: e.agent_version.clone(),
                    session: e.session.clone(),
                };
                view.put_row(NODES, &e.node_id, row);
            }
            NodeEvent::NodeLost(e) => {
                if let Some(mut row) = view.row::<NodeRow>(NODES, &e.node_id)
                    && row.session == e.session
                {
                    row.session.clear();
                    view.put_row(NODES, &e.node_id, row);
                }
            }
            NodeEvent::NodeRoleChanged(_)
            | NodeEvent::NodeDuplicated(_)
            | NodeEvent::NodeSessionChosen(_)
            | NodeEvent::NodeClockChanged(_) => {}
            NodeEvent::NodeDeregistered(e) => view.remove(NODES, e.node_id.as_bytes()),
        }
    }
}

/// The projection of the tags of nodes, into [`NODE_TAGS`].
pub fn node_tags() -> ResourceTags {
    ResourceTags { kind: "ManagedInstance", table: NODE_TAGS }
}
