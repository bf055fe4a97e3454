//! The subjects of the node protocol.

use reeve_types::NodeId;

/// The n-th message of a node's inbox, as it is stored.
pub fn inbox(node: &NodeId, number: u64) -> String {
    format!("reeve.node.{node}.cmd.{number}")
}

/// What a Direct Get answers with the last message of a node's inbox.
pub fn last(node: &NodeId) -> String {
    format!("reeve.node.{node}.cmd.*")
}

/// The number of an inbox message, stored or live.
pub fn number_of(subject: &str) -> Option<u64> {
    subject.rsplit('.').next()?.parse().ok()
}

/// Inbox messages as the bus repeats them once they are stored.
pub fn live(node: &NodeId) -> String {
    format!("reeve.live.{node}.cmd.*")
}

/// A node's reports on its work.
pub fn status(node: &NodeId) -> String {
    format!("reeve.report.{node}.status")
}

/// A node's introduction after each connection.
pub fn hello(node: &NodeId) -> String {
    format!("reeve.report.{node}.hello")
}

/// What a node has run, when its inbox is not the one that it knew.
pub fn recalled(node: &NodeId) -> String {
    format!("reeve.report.{node}.recalled")
}

/// A part of what a node collected of one type of inventory, from 1.
pub fn inventory(node: &NodeId, type_name: &str, part: u32) -> String {
    format!("reeve.report.{node}.inventory.{}.{part}", reeve_types::subject::escape(type_name))
}

/// What one step of one command prints on a node.
pub fn output(node: &NodeId, command: &str, step: &str) -> String {
    format!(
        "reeve.report.{node}.output.{}.{}",
        reeve_types::subject::escape(command),
        reeve_types::subject::escape(step)
    )
}

/// What the steps of one command print on a node, or on all: a filter for readers.
pub fn outputs(node: Option<&str>, command: &str) -> String {
    format!("reeve.report.{}.output.{}.*", node.unwrap_or("*"), reeve_types::subject::escape(command))
}

/// The node that a subject of the form `reeve.<report|agent|live|node>.<id>.…` belongs to. The bus lets only
/// that node publish there, so the subject is the proof of who speaks.
pub fn node_of(subject: &str) -> Option<NodeId> {
    subject.split('.').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_is_read_from_the_subject() {
        let node = NodeId::new();
        for subject in
            [inbox(&node, 7), status(&node), output(&node, "c", "a.b"), format!("reeve.agent.{node}.x")]
        {
            assert_eq!(node_of(&subject), Some(node.clone()), "{subject}");
        }
        assert_eq!(node_of("reeve.report.*.status"), None);
        assert_eq!((number_of(&inbox(&node, 7)), number_of(&last(&node))), (Some(7), None));
    }
}
