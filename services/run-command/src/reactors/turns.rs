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
    run_command::{CommandCancelRequested, CommandSent, Dispatched, InvocationFinished},
};
use reeve_eventsourcing::{Context, Envelope, Event};
use reeve_runtime::{Handle, React, Reacting};
use reeve_types::{CommandId, NodeId, Timestamp};
use std::sync::Arc;

/// As many nodes are dispatched to together: one event tells of all of them.
const TOGETHER: usize = 250;
/// As many such parts of one command are under way at a time.
const PARTS: usize = 4;

/// A sent command goes to the nodes whose turn it is; a cancelled one is taken back.
pub async fn command(dispatcher: Dispatcher, reacting: Reacting<CommandEvent>) -> Result<(), React> {
    match &reacting.event.event {
        CommandEvent::CommandSent(sent) if sent.node_ids.is_empty() => Ok(()),
        CommandEvent::CommandSent(sent) => {
            let sent = Arc::new(sent.clone());
            dispatcher.remember(&sent);
            dispatch_to(&dispatcher, &reacting, &sent, first(&sent.node_ids, &sent.max_concurrency)).await
        }
        CommandEvent::CommandCancelRequested(cancel) => cancel_all(&dispatcher, &reacting, cancel).await,
        CommandEvent::InvocationsDispatched(_) | CommandEvent::CommandFinished(_) => Ok(()),
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
    let parts = stream::iter(nodes.chunks(TOGETHER).map(Ok::<_, React>));
    let each = |part| dispatch_together(dispatcher, reacting, sent, part);
    parts.try_for_each_concurrent(PARTS, each).await
}

/// First the event, then the dispatches: so the log tells both in the order in which they happened, and an
/// invocation that ended in between is never sent.
async fn dispatch_together<E: Event>(
    dispatcher: &Dispatcher,
    reacting: &Reacting<E>,
    sent: &CommandSent,
    nodes: &[String],
) -> Result<(), React> {
    let (handle, command) = (&reacting.handle, sent.command_id.as_str());
    let key = dispatcher.key(handle).await;
    let context = |node: &str| {
        let mut context = reacting.context(&format!("dispatched/{node}"));
        if let Ok(CommandId(id)) = command.parse() {
            context.correlation_id = id;
        }
        context
    };
    let dispatch = run_dispatch(sent, &reacting.event.envelope);
    let mut untold = Vec::new();
    for node in nodes {
        if !invocation_row(handle, command, node).is_some_and(|row| row.number == 0 && !row.ended()) {
            continue;
        }
        if Timestamp::now() < Timestamp(dispatch.expires_ms) {
            let number = dispatcher.free(&node_id(node)?, recorded(handle, node));
            untold.push(Dispatched { node_id: node.clone(), number });
        } else {
            expire(handle, sent, node, &context(node)).await?;
        }
    }
    if let Some(first) = untold.first() {
        let context = context(&first.node_id);
        dispatcher.tell(handle, command, untold, &context).await?;
    }
    let each = stream::iter(nodes.iter().map(Ok::<_, React>));
    each.try_for_each_concurrent(TOGETHER, |node| {
        let (key, dispatch) = (&key, &dispatch);
        async move {
            let row = invocation_row(handle, command, node).unwrap_or_default();
            if row.number == 0 || row.started.is_some() || row.ended() {
                return Ok(());
            }
            let dispatch = Dispatch { node_id: node.clone(), number: row.number, ..dispatch.clone() };
            let written = dispatcher.write(handle, key, dispatch, &node_id(node)?).await;
            written.map_err(|e| React::Unavailable(e.to_string()))
        }
    })
    .await
}

fn node_id(node: &str) -> Result<NodeId, React> {
    node.parse::<NodeId>().map_err(|e| React::Never(e.to_string()))
}

async fn expire(handle: &Handle, sent: &CommandSent, node: &str, context: &Context) -> Result<(), React> {
    let message = "The delivery time-out was over before it was this node's turn.";
    let finish = Command::Finish(Box::new(expired(&sent.command_id, node, context.now, message)));
    let id = invocation::id(&sent.command_id, node);
    handle.execute::<Invocation>(&id, to(&sent.command_id, node, finish), context).await?;
    Ok(())
}

/// What each node of a command gets, but for its name and the number.
fn run_dispatch(sent: &CommandSent, cause: &Envelope) -> Dispatch {
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
        expires_ms: Timestamp(sent.requested_ms).plus_seconds(i64::from(sent.delivery_timeout_seconds)).0,
        traceparent: cause.traceparent.clone().unwrap_or_default(),
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
        let cancelling = to(&row.command_id, &row.node_id, Command::Cancel { let_in: row.let_in });
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
        let key = dispatcher.key(&reacting.handle).await;
        let written = dispatcher.write(&reacting.handle, &key, dispatch, &id).await;
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
