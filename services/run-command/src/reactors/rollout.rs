//! Who is dispatched to, and when: at once as many as the rate control allows, then one for each that ends.
//!
//! The projection says that something is to be done by setting the command's timer, and what by the rollout's row
//! ([`Rollout::step`]); this decides it. Two who do so at the same time decide once.

use super::{delivery_ends, end_all, invocation_row, open};
use crate::{
    dispatch::Dispatcher,
    domain::{
        Rollout,
        command::{Admission, Command, SentCommand},
        invocation::UnreportedEnd,
        rollout::Step,
    },
    projections::{COMMANDS, CommandRow, ContentRow, ROLLOUTS, TARGETS, TARGETS_PER_ROW, targets_key},
};
use reeve_contracts::{
    nodes::NodeEvent,
    run_command::{CommandSent, Dispatched},
};
use reeve_eventsourcing::Context;
use reeve_fleet::{DOCUMENT_CONTENTS, NODES, NodeRow, content_key};
use reeve_runtime::{DueTimer, Handle, HandlerError};
use reeve_types::Timestamp;
use std::sync::Arc;

/// As many nodes are admitted together: one event tells of all of them.
const MAX_ADMITTED_TOGETHER: u32 = 250;

/// Does what is to be done for a command, until nothing is.
pub async fn roll_out(dispatcher: Dispatcher, due: DueTimer) -> Result<(), HandlerError> {
    let (handle, command) = (&due.handle, due.key.as_str());
    let row: Option<Arc<CommandRow>> = handle.views().look(COMMANDS, command);
    let traceparent = row.and_then(|row| row.traceparent.clone());
    let context = Context { traceparent, ..due.context_of::<SentCommand>("rollout", command) };
    loop {
        let rollout: Rollout = handle.views().get(ROLLOUTS, command).unwrap_or_default();
        match rollout.step() {
            Step::Wait => return Ok(()),
            Step::Finish => {
                let finish = Command::Finish(rollout.counts);
                handle.execute::<SentCommand>(command, finish, &context.derived("finish")).await?;
                return Ok(());
            }
            // Another's admission may be on its way here: none counts after this one, and only then is who waits known.
            Step::Terminate if rollout.next < rollout.counts.targets => {
                let (next, cancellations) = (rollout.next, rollout.cancellations);
                let nobody =
                    Admission { from: next, next: rollout.counts.targets, cancellations, dispatched: vec![] };
                let context = context.derived(&format!("close/{next}/{cancellations}"));
                decide_admission(handle, command, &rollout, nobody, &context).await?;
            }
            Step::Terminate => {
                terminate_waiting(handle, command, &context).await?;
                let now: Rollout = handle.views().get(ROLLOUTS, command).unwrap_or_default();
                if now == rollout {
                    return Err(HandlerError::Retry("who waits could not be terminated".to_owned()));
                }
            }
            Step::Admit(most) => {
                // Nothing is said to be dispatched before there is a key to sign it with.
                dispatcher.key(handle)?;
                let sent = dispatcher.sent(handle, command).await?;
                admit(&dispatcher, handle, &sent, &rollout, most.min(MAX_ADMITTED_TOGETHER), &context)
                    .await?;
            }
        }
    }
}

/// Admits the nodes whose turn is next. Those that cannot be dispatched to end.
async fn admit(
    dispatcher: &Dispatcher,
    handle: &Handle,
    sent: &CommandSent,
    rollout: &Rollout,
    most: u32,
    context: &Context,
) -> Result<(), HandlerError> {
    let (command, now) = (sent.command_id.as_str(), Timestamp::now());
    let delivery_ends = delivery_ends(sent);
    let platforms = platforms(handle, sent);
    let (mut dispatched, mut ends, mut next) = (Vec::new(), Vec::new(), rollout.next);
    // A service asks for nodes that it resolved a while before: one that is gone is not dispatched to.
    let mut is_caught_up = !sent.origin_kind.is_empty();
    if is_caught_up {
        handle.catch_up_with::<NodeEvent>().await?;
    }
    let mut row: Vec<String> = Vec::new();
    while next < rollout.counts.targets && (dispatched.len() as u64) < u64::from(most) {
        if row.is_empty() || next % TARGETS_PER_ROW == 0 {
            row = handle.views().get(TARGETS, &targets_key(command, next)).unwrap_or_default();
        }
        let Some(node) = row.get((next % TARGETS_PER_ROW) as usize) else { break };
        next += 1;
        if !invocation_row(handle, command, node).is_some_and(|row| row.is_waiting()) {
            continue;
        }
        if now >= delivery_ends {
            let message = "The delivery time-out was over before it was this node's turn.";
            ends.push(UnreportedEnd::DeliveryTimedOut.end(command, node, now, message));
        } else if let Some(message) = other_platform(handle, &platforms, node) {
            ends.push(UnreportedEnd::InvalidPlatform.end(command, node, now, &message));
        } else if is_gone(handle, node, &mut is_caught_up).await? {
            let message = "The node was deregistered before it was its turn.";
            ends.push(UnreportedEnd::Undeliverable.end(command, node, now, message));
        } else {
            let number = dispatcher.free(handle, node);
            dispatched.push(Dispatched { node_id: node.clone(), number });
        }
    }
    end_all(handle, ends, context).await?;
    let (from, cancellations) = (rollout.next, rollout.cancellations);
    // The same only for the same ones: another may work out the same turn from what he knows.
    let nodes: Vec<String> = dispatched.iter().map(|d| format!("{}={}", d.node_id, d.number)).collect();
    let context = context.derived(&format!("admit/{from}/{next}/{cancellations}/{}", nodes.join("/")));
    let admission = Admission { from, next, cancellations, dispatched };
    decide_admission(handle, command, rollout, admission, &context).await
}

/// Decides whose turn it is as it was worked out from a rollout. It does not count when another was faster; then the
/// rollout is another one by now.
async fn decide_admission(
    handle: &Handle,
    command: &str,
    rollout: &Rollout,
    admission: Admission,
    context: &Context,
) -> Result<(), HandlerError> {
    let from = admission.from;
    let executed = handle.execute::<SentCommand>(command, Command::Admit(admission), context).await?;
    let current: Rollout = handle.views().get(ROLLOUTS, command).unwrap_or_default();
    if executed.event.is_none() && current == *rollout {
        return Err(HandlerError::Retry(format!("the nodes from {from} on could not be admitted")));
    }
    Ok(())
}

/// Those that still waited for their turn when the errors became too many.
async fn terminate_waiting(handle: &Handle, command: &str, context: &Context) -> Result<(), HandlerError> {
    let message = "The command had more errors than MaxErrors allows before it was this node's turn.";
    let now = Timestamp::now();
    let waiting = open(handle, command, |row| row.number == 0).into_iter();
    let ends = waiting.map(|(_, row)| UnreportedEnd::Terminated.end(command, &row.node_id, now, message));
    end_all(handle, ends.collect(), context).await
}

/// The platforms that a command's document is for; none when the document is not there any more, and then each node skips
/// what is not for it.
fn platforms(handle: &Handle, sent: &CommandSent) -> Vec<String> {
    let version = sent.document_version.parse().unwrap_or(0);
    let content =
        handle.views().look::<ContentRow>(DOCUMENT_CONTENTS, &content_key(&sent.document_name, version));
    let same = content.filter(|content| content.hash == sent.document_hash);
    same.map(|content| content.platform_types.clone()).unwrap_or_default()
}

/// Whether it is no node any more. These views may not know one yet that has just come.
async fn is_gone(handle: &Handle, node: &str, is_caught_up: &mut bool) -> Result<bool, HandlerError> {
    let is_unknown = || handle.views().look::<NodeRow>(NODES, node).is_none();
    if is_unknown() && !std::mem::replace(is_caught_up, true) {
        handle.catch_up_with::<NodeEvent>().await?;
    }
    Ok(is_unknown())
}

/// Why a document is not for a node; `None` where that is not known.
fn other_platform(handle: &Handle, platforms: &[String], node: &str) -> Option<String> {
    let row = handle.views().look::<NodeRow>(NODES, node)?;
    let other = !platforms.is_empty() && row.is_other_than(platforms);
    other.then(|| format!("The document is for {platforms:?}; the node is {}.", row.platform_type))
}
