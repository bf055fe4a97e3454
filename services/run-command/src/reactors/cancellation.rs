//! A cancelled command is taken back: from the nodes that it was sent to, and from those that waited for their turn.

use super::{MAX_CONCURRENT_DELIVERIES, invocation_command, open};
use crate::{
    dispatch::Dispatcher,
    domain::{
        command::CommandEvent,
        invocation::{Command, Invocation},
    },
    projections::{COMMANDS, CommandRow, InvocationRow},
};
use futures::{TryStreamExt, stream};
use reeve_contracts::{
    node::{Dispatch, DispatchKind},
    run_command::CommandCancelRequested,
};
use reeve_runtime::{Delivery, Handle, HandlerError};
use reeve_types::Timestamp;
use std::sync::Arc;

/// Whoever was not dispatched to when the cancellation was decided never is: it is part of each later admission.
pub async fn carry_out(
    dispatcher: &Dispatcher,
    delivery: &Delivery<CommandEvent>,
    event: &CommandCancelRequested,
) -> Result<(), HandlerError> {
    let (handle, command) = (&delivery.handle, event.command_id.as_str());
    let context = &delivery.context("cancel");
    let sent: Option<Arc<CommandRow>> = handle.views().look(COMMANDS, command);
    let Some(sent) = sent else { return Ok(()) };
    let sent = &sent;
    let rows =
        open(handle, command, |row| event.node_ids.is_empty() || event.node_ids.contains(&row.node_id));
    let each = stream::iter(rows.into_iter().map(Ok::<_, HandlerError>));
    each.try_for_each_concurrent(MAX_CONCURRENT_DELIVERIES, |(key, row)| async move {
        let cancel = Command::Cancel { dispatched: row.number > 0 };
        let cancel = invocation_command(command, &row.node_id, cancel);
        let context = context.derived(&format!("cancel/{}", row.node_id));
        handle.execute::<Invocation>(&key, cancel, &context).await?;
        match handle.state::<Invocation>(&key).finished {
            true => Ok(()),
            false => take_back(dispatcher, handle, sent, &row).await,
        }
    })
    .await
}

/// Sends a cancellation after what was dispatched.
async fn take_back(
    dispatcher: &Dispatcher,
    handle: &Handle,
    sent: &CommandRow,
    row: &InvocationRow,
) -> Result<(), HandlerError> {
    let dispatch = Dispatch {
        node_id: row.node_id.clone(),
        // Behind what it cancels.
        number: dispatcher.free(handle, &row.node_id),
        kind: DispatchKind::Cancel.into(),
        command_id: row.command_id.clone(),
        not_before_ms: sent.requested.0,
        expires_ms: sent.expires.0.max(Timestamp::now().plus_seconds(60).0),
        ..Dispatch::default()
    };
    let key = dispatcher.key(handle)?;
    Ok(dispatcher.write(handle, &key, vec![dispatch]).await?)
}
