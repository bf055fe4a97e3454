//! What follows: dispatches, cancellations, outcomes from reports, ends by deadline.

use crate::{
    dispatch::Dispatcher,
    domain::{
        Counts,
        command::{Command as SentTo, CommandEvent, SentCommand},
        invocation::{self, Command, Invocation, InvocationEvent, To},
    },
    projections::{COUNTS, DEADLINES, INVOCATIONS, InvocationRow, NUMBERS, due},
};
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use reeve_contracts::{
    node::{Dispatch, DispatchKind, Report, ReportKind},
    run_command::{CommandCancelRequested, CommandSent, InvocationFinished, StepOutcome},
};
use reeve_eventsourcing::Actor;
use reeve_node_protocol::subject::node_of;
use reeve_runtime::{Handle, React, Reacting, Working};
use reeve_types::{CommandId, NodeId, Timestamp};
use std::time::Duration;

/// As many nodes of one command are dispatched to at a time. Rate control (MaxConcurrency) goes here.
const AT_ONCE: usize = 64;

fn to(command_id: &str, node_id: &str, command: Command) -> To {
    To { command_id: command_id.to_owned(), node_id: node_id.to_owned(), command }
}

fn invocation_row(handle: &Handle, command_id: &str, node_id: &str) -> Option<InvocationRow> {
    handle.views().get(INVOCATIONS, &invocation::id(command_id, node_id))
}

/// The last inbox number of a node that an event names.
fn recorded(handle: &Handle, node_id: &str) -> u64 {
    handle.views().get(NUMBERS, node_id).unwrap_or(0)
}

/// A sent command goes to its nodes; a cancelled one is taken back.
pub async fn command(dispatcher: Dispatcher, reacting: Reacting<CommandEvent>) -> Result<(), React> {
    match reacting.event.event.clone() {
        CommandEvent::CommandSent(sent) if sent.node_ids.is_empty() => {
            let finish = SentTo::Finish(Counts::default());
            reacting.execute::<SentCommand>("finish", &sent.command_id, finish).await?;
            Ok(())
        }
        CommandEvent::CommandSent(sent) => dispatch_all(&dispatcher, &reacting, &sent).await,
        CommandEvent::CommandCancelRequested(cancel) => cancel_all(&dispatcher, &reacting, &cancel).await,
        CommandEvent::CommandFinished(_) => Ok(()),
    }
}

async fn dispatch_all(
    dispatcher: &Dispatcher,
    reacting: &Reacting<CommandEvent>,
    sent: &CommandSent,
) -> Result<(), React> {
    let each = stream::iter(&sent.node_ids).map(Ok::<_, React>);
    each.try_for_each_concurrent(AT_ONCE, |node| async move {
        let row = invocation_row(&reacting.handle, &sent.command_id, node);
        if row.is_some_and(|row| row.number > 0 || row.ended()) {
            return Ok(());
        }
        let id = node.parse::<NodeId>().map_err(|e| React::Never(e.to_string()))?;
        let number = dispatcher
            .write(
                reacting.handle.bus(),
                run_dispatch(sent, node, reacting),
                &id,
                recorded(&reacting.handle, node),
            )
            .await
            .map_err(|e| React::Later(e.to_string()))?;
        let dispatched = to(&sent.command_id, node, Command::Dispatched { number });
        let invocation = invocation::id(&sent.command_id, node);
        reacting.execute::<Invocation>(&format!("dispatched/{node}"), &invocation, dispatched).await?;
        dispatcher.confirm(&sent.command_id, node, DispatchKind::Run);
        Ok(())
    })
    .await
}

fn run_dispatch(sent: &CommandSent, node: &str, reacting: &Reacting<CommandEvent>) -> Dispatch {
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
        traceparent: reacting.event.envelope.traceparent.clone().unwrap_or_default(),
    }
}

async fn cancel_all(
    dispatcher: &Dispatcher,
    reacting: &Reacting<CommandEvent>,
    cancel: &CommandCancelRequested,
) -> Result<(), React> {
    let prefix = format!("{}/", cancel.command_id);
    let rows =
        reacting.handle.views().filter::<InvocationRow>(INVOCATIONS, &prefix, None, usize::MAX, |_, row| {
            !row.ended() && (cancel.node_ids.is_empty() || cancel.node_ids.contains(&row.node_id))
        });
    let each = stream::iter(rows.rows).map(Ok::<_, React>);
    each.try_for_each_concurrent(AT_ONCE, |(key, row)| async move {
        let cancelling = to(&row.command_id, &row.node_id, Command::Cancel);
        reacting.execute::<Invocation>(&format!("cancel/{}", row.node_id), &key, cancelling).await?;
        let id = row.node_id.parse::<NodeId>().map_err(|e| React::Never(e.to_string()))?;
        let dispatch = Dispatch {
            node_id: row.node_id.clone(),
            kind: DispatchKind::Cancel.into(),
            command_id: row.command_id.clone(),
            not_before_ms: row.requested.0,
            expires_ms: row.expires.0.max(reacting.context("").now.plus_seconds(60).0),
            ..Dispatch::default()
        };
        let recorded = recorded(&reacting.handle, &row.node_id);
        let written = dispatcher.write(reacting.handle.bus(), dispatch, &id, recorded).await;
        written.map_err(|e| React::Later(e.to_string()))?;
        dispatcher.confirm(&row.command_id, &row.node_id, DispatchKind::Cancel);
        Ok(())
    })
    .await
}

/// When the last invocation has ended, the command has.
pub async fn invocation(reacting: Reacting<InvocationEvent>) -> Result<(), React> {
    let InvocationEvent::InvocationFinished(finished) = &reacting.event.event else { return Ok(()) };
    let command = finished.command_id.clone();
    let counts: Counts = reacting.handle.views().get(COUNTS, &command).unwrap_or_default();
    if counts.all_ended() {
        reacting.execute::<SentCommand>("finish", &command, SentTo::Finish(counts)).await?;
    }
    Ok(())
}

/// A node's report on an invocation: untrusted, so that it can only speak for its own, and only of known states.
pub async fn report(working: Working) -> Result<(), React> {
    let never = |reason: &str| React::Never(reason.to_owned());
    let node = node_of(&working.message.subject).ok_or_else(|| never("the subject names no node"))?;
    let report = Report::decode(working.message.data.clone()).map_err(|e| React::Never(e.to_string()))?;
    let known = invocation_row(&working.handle, &report.command_id, node.as_str());
    if known.is_none() {
        return Err(React::Later(format!("node {node} reported on a command that was not sent to it")));
    }
    let command = match report.kind() {
        ReportKind::Started => Command::Start { started_ms: report.at_ms },
        ReportKind::Finished => Command::Finish(Box::new(outcome(&report, node.as_str())?)),
        ReportKind::Unspecified => return Err(never("the report has no kind")),
    };
    let mut context = working.context(Actor::node(node.as_str()));
    if let Ok(CommandId(id)) = report.command_id.parse() {
        context.correlation_id = id;
    }
    // W3C: version, trace, parent and flags make 55 characters.
    let traced = report.traceparent.len() == 55 && report.traceparent.is_ascii();
    context.traceparent = traced.then(|| report.traceparent.clone());
    let key = invocation::id(&report.command_id, node.as_str());
    working
        .handle
        .execute::<Invocation>(&key, to(&report.command_id, node.as_str(), command), &context)
        .await?;
    Ok(())
}

const ENDS: [(&str, &str); 6] = [
    ("Success", "Success"),
    ("Failed", "Failed"),
    ("Failed", "Interrupted"),
    ("TimedOut", "ExecutionTimedOut"),
    ("TimedOut", "DeliveryTimedOut"),
    ("Cancelled", "Cancelled"),
];

fn outcome(report: &Report, node: &str) -> Result<InvocationFinished, React> {
    if !ENDS.contains(&(report.status.as_str(), report.status_details.as_str())) {
        let reason = format!("{}/{} is not an end of an invocation", report.status, report.status_details);
        return Err(React::Never(reason));
    }
    let limited = |text: &str, limit: usize| text.chars().take(limit).collect::<String>();
    let steps = report.steps.iter().take(1000).map(|step| StepOutcome {
        name: limited(&step.name, 128),
        action: limited(&step.action, 128),
        status: limited(&step.status, 32),
        code: step.code,
        started_ms: step.started_ms,
        finished_ms: step.finished_ms,
        stdout: limited(&step.stdout, 24_000),
        stderr: limited(&step.stderr, 24_000),
        output: limited(&step.output, 2_500),
        stdout_bytes: step.stdout_bytes,
        stderr_bytes: step.stderr_bytes,
    });
    Ok(InvocationFinished {
        command_id: report.command_id.clone(),
        node_id: node.to_owned(),
        status: report.status.clone(),
        status_details: report.status_details.clone(),
        code: report.code,
        started_ms: report.started_ms,
        finished_ms: report.at_ms,
        steps: steps.collect(),
        message: limited(&report.message, 2_000),
    })
}

/// How often ends by deadline are looked for.
const LOOK: Duration = Duration::from_secs(1);

/// Invocations whose total time is over and that nobody reported on end as `DeliveryTimedOut`.
pub async fn deadlines(handle: Handle) -> Result<(), React> {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Timestamp::now();
        let first = handle.views().scan::<()>(DEADLINES, "", None, 1000);
        for (key, ()) in first.rows {
            let Some((command, node)) = due(&key, now) else { break };
            let context = handle.context(now);
            let finished = InvocationFinished {
                command_id: command.to_owned(),
                node_id: node.to_owned(),
                status: "TimedOut".to_owned(),
                status_details: "DeliveryTimedOut".to_owned(),
                code: -1,
                finished_ms: now.0,
                message: "No outcome arrived before the command expired.".to_owned(),
                ..InvocationFinished::default()
            };
            let finish = to(command, node, Command::Finish(Box::new(finished)));
            handle.execute::<Invocation>(&invocation::id(command, node), finish, &context).await?;
        }
    }
}
