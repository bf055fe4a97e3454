//! Dispatches are written after the event that tells of them: so the log tells both in the order in which they happened,
//! and an invocation that ended in between is never sent.

use super::{delivery_ends, invocation_row};
use crate::{dispatch::Dispatcher, domain::command::CommandEvent};
use reeve_contracts::{
    node::{Dispatch, DispatchKind},
    run_command::{CommandSent, InvocationsDispatched},
};
use reeve_runtime::{Delivery, HandlerError};

/// Writes the dispatches of an event, those of which nothing was heard yet.
pub async fn write(
    dispatcher: &Dispatcher,
    delivery: &Delivery<CommandEvent>,
    event: &InvocationsDispatched,
) -> Result<(), HandlerError> {
    let (handle, command) = (&delivery.handle, event.command_id.as_str());
    let rows = event.dispatched.iter().filter_map(|d| invocation_row(handle, command, &d.node_id));
    let rows: Vec<_> = rows.filter(|row| row.is_unanswered()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let key = dispatcher.key(handle)?;
    let sent = dispatcher.sent(handle, command).await?;
    let traceparent = delivery.event.envelope.traceparent.clone().unwrap_or_default();
    let common = run_dispatch(&sent, traceparent);
    let dispatches = rows.iter().map(|row| Dispatch {
        node_id: row.node_id.clone(),
        number: row.number,
        ..common.clone()
    });
    Ok(dispatcher.write(handle, &key, dispatches.collect()).await?)
}

/// What each node of a command gets, but for its name and the number.
fn run_dispatch(sent: &CommandSent, traceparent: String) -> Dispatch {
    Dispatch {
        node_id: String::new(),
        number: 0,
        kind: DispatchKind::Run.into(),
        command_id: sent.command_id.clone(),
        document_name: sent.document_name.clone(),
        document_hash: sent.document_hash.clone(),
        document: sent.document_content.clone(),
        parameters_json: sent.parameters_json.clone(),
        run_as: String::new(),
        execution_timeout_seconds: sent.execution_timeout_seconds,
        not_before_ms: sent.requested_ms,
        // Delivery has its own, shorter deadline: what is not begun by then is never begun.
        expires_ms: delivery_ends(sent).0,
        traceparent,
    }
}
