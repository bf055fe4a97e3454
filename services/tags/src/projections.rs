//! The resources of other services that exist, as far as this service must know them.

use reeve_contracts::{documents::DocumentEvent, nodes::NodeEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};

/// The names of the documents that exist.
pub(crate) const DOCUMENTS: &str = "documents";
/// The ids of the nodes that are registered.
pub(crate) const NODES: &str = "nodes";

/// Keeps [`DOCUMENTS`].
pub(crate) struct Documents;

impl Projection for Documents {
    const NAME: &'static str = "documents";
    const VERSION: u32 = 1;
    type Event = DocumentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DocumentEvent>) {
        match &event.event {
            DocumentEvent::DocumentCreated(created) => view.put_row(DOCUMENTS, &created.name, true),
            DocumentEvent::DocumentDeleted(deleted) => view.remove(DOCUMENTS, deleted.name.as_bytes()),
            _ => {}
        }
    }
}

/// Keeps [`NODES`].
pub(crate) struct Nodes;

impl Projection for Nodes {
    const NAME: &'static str = "nodes";
    const VERSION: u32 = 1;
    type Event = NodeEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeEvent>) {
        match &event.event {
            NodeEvent::NodeRegistered(registered) => view.put_row(NODES, &registered.node_id, true),
            NodeEvent::NodeDeregistered(gone) => view.remove(NODES, gone.node_id.as_bytes()),
            _ => {}
        }
    }
}
