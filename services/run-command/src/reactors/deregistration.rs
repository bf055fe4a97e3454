//! What was on its way to a node that is deregistered: nobody will report its outcome.

use super::{about, end_all, invocation_row};
use crate::{
    domain::invocation::UnreportedEnd,
    projections::{BY_NODE, COMMANDS, CommandRow},
};
use reeve_contracts::nodes::NodeEvent;
use reeve_runtime::{Delivery, HandlerError};
use reeve_types::Timestamp;

/// The open invocations of a deregistered node end.
pub async fn end_on_node(delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeDeregistered(deregistered) = &delivery.event.event else { return Ok(()) };
    let (handle, node) = (&delivery.handle, deregistered.node_id.as_str());
    handle.catch_up().await?;
    // Of a command that was not sent yet nodes are listed already: this one ends when it is its turn.
    let is_sent = |command: &str| handle.views().look::<CommandRow>(COMMANDS, command).is_some();
    let is_open = |_: &str, command: &String| {
        invocation_row(handle, command, node).is_some_and(|row| !row.ended()) && is_sent(command)
    };
    let commands =
        handle.views().filter::<String>(BY_NODE, &format!("{node}/"), None, usize::MAX, is_open).rows;
    for (_, command) in commands {
        let row = invocation_row(handle, &command, node);
        let (end, message) = match row.and_then(|row| row.started) {
            Some(_) => (
                UnreportedEnd::Interrupted,
                "The node began the command and was deregistered before it told an outcome.",
            ),
            None => (UnreportedEnd::Undeliverable, "The node was deregistered before it told an outcome."),
        };
        let end = end.end(&command, node, Timestamp::now(), message);
        let context = about(&delivery.handle, &command, delivery.context(&format!("deregistered/{command}")));
        end_all(handle, vec![end], &context).await?;
    }
    Ok(())
}
