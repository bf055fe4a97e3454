//! A node whose inbox went back tells what it has run: what the log does not know of that, the operator is told.

use super::invocation_row;
use crate::domain::recall::Recall;
use prost::Message;
use reeve_contracts::{
    node::RecalledCommands,
    run_command::{RecalledRun, RunsRecalled},
};
use reeve_eventsourcing::Actor;
use reeve_node_protocol::subject::node_of;
use reeve_runtime::{HandlerError, InboxMessage};
use reeve_types::CommandId;

/// What a node has run is compared with the log.
pub async fn recall(inbox: InboxMessage) -> Result<(), HandlerError> {
    let never = |reason: &str| HandlerError::Permanent(reason.to_owned());
    let node = node_of(&inbox.message.subject).ok_or_else(|| never("the subject names no node"))?;
    let recalled = RecalledCommands::decode(inbox.message.data.clone())
        .map_err(|e| HandlerError::Permanent(e.to_string()))?;
    let node = node.as_str();
    inbox.handle.catch_up().await?;
    let unknown = |command: &str| {
        command.parse::<CommandId>().is_ok() && invocation_row(&inbox.handle, command, node).is_none()
    };
    let runs: Vec<_> = recalled
        .commands
        .into_iter()
        .filter(|command| unknown(&command.command_id))
        .map(|command| RecalledRun { command_id: command.command_id, started_ms: command.started_ms })
        .collect();
    if !runs.is_empty() {
        tracing::error!(
            node,
            runs = runs.len(),
            omitted = recalled.omitted,
            "a node has run commands that the log knows nothing of: the log was restored from an earlier copy; the event \
             RunsRecalled names them"
        );
    }
    let command = RunsRecalled { node_id: node.to_owned(), runs, omitted: recalled.omitted };
    let context = inbox.context(Actor::node(node));
    inbox.handle.execute::<Recall>(node, command, &context).await?;
    Ok(())
}
