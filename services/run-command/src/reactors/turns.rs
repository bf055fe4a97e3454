//! Who is dispatched to, and when: at once as many as the rate control allows, then one for each that ends.

use super::{AT_ONCE, invocation_row, open, recorded, to};
use crate::{
    dispatch::Dispatcher,
    domain::{
        Progress,
        command::{Command as SentTo, CommandEvent, SentCommand},
        invocation::{self, Command, Invocation, InvocationEvent, expired},
        progress::first,
    },
    projections::PROGRESS,
};
use futures::{TryStreamExt, stream};
use reeve_contracts::{
    node::{Dispatch, DispatchKind},
    run_command::{CommandCancelRequested, CommandSent, InvocationFinished},
};
use reeve_eventsourcing::{Context, Event};
use reeve_runtime::{Handle, React, Reacting};
use reeve_types::{CommandId, NodeId, Timestamp};
use std::sync::Arc;

/// A sent command goes to the nodes whose turn it is; a cancelled one is taken back.
pub async fn command(dispatcher: Dispatcher, reacting: Reacting<CommandEvent>) -> Result<(), React> {
    match &reacting.event.event {
        CommandEvent::CommandSent(sent) => {
            let sent = Arc::new(sent.clone());
            dispatcher.remember(&sent);
            dispatch_to(&dispatcher, &reacting, &sent, first(&sent.node_ids, &sent.max_concurrency)).await
        }
        CommandEvent::CommandCancelRequested(cancel) => cancel_all(&dispatcher, &reacting, cancel).await,
        CommandEvent::CommandFinished(_) => Ok(()),
    }
}

/// When an invocation has ended, others have their turn, or nobody has any more; after the last, the command ends.
pub async fn invocation(dispatcher: Dispatcher, reacting: Reacting<InvocationEvent>) -> Result<(), React> {
    let InvocationEvent::InvocationFinished(finished) = &reacting.event.event else { return Ok(()) };
    let handle = &reacting.handle;
    let command = &finished.command_id;
    let Some(row) = invocation_row(handle, command, &finished.node_id) else { return Ok(()) };
    if !row.lets_in.is_empty() {
        let sent = dispatcher.sent(handle, command).await.map_err(|e| React::Unavailable(e.to_string()))?;
        let sent = sent.ok_or_else(|| React::Never("the command is not in the log".to_owned()))?;
        dispatch_to(&dispatcher, &reacting, &sent, &row.lets_in).await?;
    }
    if row.stops {
        terminate_waiting(&reacting, command).await?;
    }
    let Progress { counts, .. } = handle.views().get(PROGRESS, command).unwrap_or_default();
    if counts.all_ended() {
        reacting.execute::<SentCommand>("finish", command, SentTo::Finish(counts)).await?;
    }
    Ok(())
}

async fn dispatch_to<E: Event>(
    dispatcher: &Dispatcher,
    reacting: &Reacting<E>,
    sent: &CommandSent,
    nodes: &[String],
) -> Result<(), React> {
    let each = stream::iter(nodes.iter().map(Ok::<_, React>));
    each.try_for_each_concurrent(AT_ONCE, |node| async move {
        let mut context = reacting.context(&format!("dispatched/{node}"));
        if let Ok(CommandId(id)) = sent.command_id.parse() {
            context.correlation_id = id;
        }
        dispatch(dispatcher, &reacting.handle, sent, node, &context).await
    })
    .await
}

/// First the event, then the dispatch: so the log tells both in the order in which they happened, and an
/// invocation that was cancelled in between is never sent.
async fn dispatch(
    dispatcher: &Dispatcher,
    handle: &Handle,
    sent: &CommandSent,
    node: &str,
    context: &Context,
) -> Result<(), React> {
    let id = node.parse::<NodeId>().map_err(|e| React::Never(e.to_string()))?;
    dispatcher.ready(handle).await;
    let invocation = invocation::id(&sent.command_id, node);
    let dispatch = run_dispatch(sent, node, context);
    let due = Timestamp(dispatch.expires_ms);
    let command = match handle.state::<Invocation>(&invocation).number {
        0 if context.now >= due => {
            let message = "The delivery time-out was over before it was this node's turn.";
            Command::Finish(Box::new(expired(&sent.command_id, node, context.now, message)))
        }
        _ => Command::Dispatched { number: dispatcher.free(&id, recorded(handle, node)) },
    };
    handle.execute::<Invocation>(&invocation, to(&sent.command_id, node, command), context).await?;
    let state = handle.state::<Invocation>(&invocation);
    if state.number == 0 || state.started || state.finished {
        return Ok(());
    }
    let dispatch = Dispatch { number: state.number, ..dispatch };
    dispatcher.write(handle, dispatch, &id).await.map_err(|e| React::Unavailable(e.to_string()))
}

fn run_dispatch(sent: &CommandSent, node: &str, context: &Context) -> Dispatch {
    Dispatch {
        node_id: node.to_owned(),
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
        expires_ms: Timestamp(sent.requested_ms).plus_seconds(i64::from(sent.delivery_timeout_seconds)).0,
        traceparent: context.traceparent.clone().unwrap_or_default(),
    }
}

async fn cancel_all(
    dispatcher: &Dispatcher,
    reacting: &Reacting<CommandEvent>,
    cancel: &CommandCancelRequested,
) -> Result<(), React> {
    let rows = open(&reacting.handle, &cancel.command_id, |row| {
        cancel.node_ids.is_empty() || cancel.node_ids.contains(&row.node_id)
    });
    let each = stream::iter(rows.into_iter().map(Ok::<_, React>));
    each.try_for_each_concurrent(AT_ONCE, |(key, row)| async move {
        let cancelling = to(&row.command_id, &row.node_id, Command::Cancel);
        reacting.execute::<Invocation>(&format!("cancel/{}", row.node_id), &key, cancelling).await?;
        let state = reacting.handle.state::<Invocation>(&key);
        if state.finished {
            return Ok(());
        }
        let id = row.node_id.parse::<NodeId>().map_err(|e| React::Never(e.to_string()))?;
        let dispatch = Dispatch {
            node_id: row.node_id.clone(),
            // Behind what it cancels.
            number: dispatcher.free(&id, recorded(&reacting.handle, &row.node_id)),
            kind: DispatchKind::Cancel.into(),
            command_id: row.command_id.clone(),
            not_before_ms: row.requested.0,
            expires_ms: row.expires.0.max(reacting.context("").now.plus_seconds(60).0),
            ..Dispatch::default()
        };
        let written = dispatcher.write(&reacting.handle, dispatch, &id).await;
        written.map_err(|e| React::Unavailable(e.to_string()))
    })
    .await
}

/// Those that still waited for their turn when the errors became too many.
async fn terminate_waiting(reacting: &Reacting<InvocationEvent>, command: &str) -> Result<(), React> {
    let rows = open(&reacting.handle, command, |row| !row.let_in);
    let each = stream::iter(rows.into_iter().map(Ok::<_, React>));
    each.try_for_each_concurrent(AT_ONCE, |(key, row)| async move {
        let context = reacting.context(&format!("terminate/{}", row.node_id));
        let finished = InvocationFinished {
            command_id: row.command_id.clone(),
            node_id: row.node_id.clone(),
            status: "Cancelled".to_owned(),
            status_details: "Terminated".to_owned(),
            code: -1,
            finished_ms: context.now.0,
            message: "The command had more errors than MaxErrors allows before it was this node's turn."
                .to_owned(),
            ..InvocationFinished::default()
        };
        let finish = to(&row.command_id, &row.node_id, Command::Finish(Box::new(finished)));
        reacting.handle.execute::<Invocation>(&key, finish, &context).await?;
        Ok(())
    })
    .await
}
