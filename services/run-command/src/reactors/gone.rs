//! What was on its way to a node that is registered no more: nobody will tell its outcome.

use super::turns::Turns;
use crate::{
    dispatch::Dispatcher,
    projections::{BY_NODE, COMMANDS, CommandRow},
};
use reeve_contracts::nodes::NodeEvent;
use reeve_runtime::{Delivery, HandlerError};

/// The open invocations of a deregistered node end, and others have their turns.
pub async fn gone(dispatcher: Dispatcher, delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeDeregistered(gone) = &delivery.event.event else { return Ok(()) };
    let (handle, node) = (&delivery.handle, gone.node_id.as_str());
    // Also those in which its invocation has ended: in an earlier delivery, perhaps, that did not come to what follows.
    let open = |_: &str, command: &String| {
        handle.views().look::<CommandRow>(COMMANDS, command).is_some_and(|row| row.finished.is_none())
    };
    let commands = handle.views().filter::<String>(BY_NODE, &format!("{node}/"), None, usize::MAX, open).rows;
    for (_, command) in commands {
        let context = delivery.context(&format!("gone/{command}"));
        Turns::new(&dispatcher, handle, &command, context).gone(node).await?;
    }
    Ok(())
}
