//! The nodes, as AWS:InstanceInformation shows them.

use reeve_contracts::nodes::NodeEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// The registered nodes by id.
pub(crate) const NODES: &str = "node-information";

/// A node as it said itself, at its last connection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NodeRow {
    pub computer_name: String,
    pub ip_address: String,
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
    pub agent_version: String,
    /// The agent's run that is connected; empty when none is.
    pub session: String,
}

/// Keeps [`NODES`].
pub(crate) struct Nodes;

impl Projection for Nodes {
    const NAME: &'static str = "node-information";
    const VERSION: u32 = 1;
    type Event = NodeEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeEvent>) {
        match &event.event {
            NodeEvent::NodeRegistered(e) => view.put_row(NODES, &e.node_id, NodeRow::default()),
            NodeEvent::NodeConnected(e) => {
                let row = NodeRow {
                    computer_name: e.hostname.clone(),
                    ip_address: e.ip_address.clone(),
                    platform_type: e.platform_type.clone(),
                    platform_name: e.platform_name.clone(),
                    platform_version: e.platform_version.clone(),
                    agent_version: e.agent_version.clone(),
                    session: e.session.clone(),
                };
                view.put_row(NODES, &e.node_id, row);
            }
            NodeEvent::NodeLost(e) => {
                view.change_row(NODES, &e.node_id, |row: &mut NodeRow| {
                    if row.session == e.session {
                        row.session.clear();
                    }
                });
            }
            NodeEvent::NodeRoleChanged(_) => {}
            NodeEvent::NodeDeregistered(e) => view.remove(NODES, e.node_id.as_bytes()),
        }
    }
}
