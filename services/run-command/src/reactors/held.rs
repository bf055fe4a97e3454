//! Commands that change rules hold: those who must approve are asked, and what is approved and whose calendars are open is sent.

use crate::{
    domain::command::{Command, CommandEvent, SentCommand},
    projections::{HELD, HELD_BY_CALENDAR, HeldRow},
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{
    automation::{ApprovalLevel, ApprovalRequested, ExecutionEvent},
    change_calendar::CalendarEvent,
    run_command::{CommandHeld, CommandRefused, CommandSent},
};
use reeve_eventsourcing::{Context, Event, Position};
use reeve_runtime::{Delivery, HandlerError};
use std::sync::Arc;

/// What asks for the approval, as its events say it.
const ORIGIN: &str = "held-command";

/// What follows from a command being held, and from its being approved.
pub async fn follow(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<CommandEvent>,
) -> Result<(), HandlerError> {
    match &delivery.event.event {
        CommandEvent::CommandHeld(held) if !held.approvals.is_empty() => ask(&delivery, held).await,
        CommandEvent::CommandHeld(held) => release(&*authorizer, &delivery, &held.command_id).await,
        CommandEvent::CommandApproved(e) => release(&*authorizer, &delivery, &e.command_id).await,
        _ => Ok(()),
    }
}

/// A calendar has opened: what waits for it, and for no other, is sent.
pub async fn follow_calendar(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<CalendarEvent>,
) -> Result<(), HandlerError> {
    let Some(name) = reeve_fleet::opened(&delivery.event.event) else { return Ok(()) };
    let waiting =
        delivery.handle.views().scan::<String>(HELD_BY_CALENDAR, &format!("{name}/"), None, usize::MAX);
    for (_, id) in waiting.rows {
        release(&*authorizer, &delivery, &id).await?;
    }
    Ok(())
}

/// The approval that was asked for has come out.
pub async fn follow_approval(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let (kind, id, execution, problem) = match &delivery.event.event {
        ExecutionEvent::ExecutionFinished(e) => {
            let problem = (e.status != "Success").then(|| match e.failure_message.as_str() {
                "" => format!("the approval ended as {}", e.status),
                said => said.to_owned(),
            });
            (&e.origin_kind, &e.origin_id, &e.execution_id, problem)
        }
        ExecutionEvent::ExecutionRefused(e) => {
            (&e.origin_kind, &e.origin_id, &e.execution_id, Some(e.reason.clone()))
        }
        _ => return Ok(()),
    };
    if kind != ORIGIN {
        return Ok(());
    }
    let command = match problem {
        None => Command::Approve { execution_id: execution.clone() },
        Some(reason) => refusal(id, "NotApproved", reason),
    };
    delivery.execute::<SentCommand>("approval", id, command).await?;
    Ok(())
}

fn refusal(id: &str, code: &str, reason: String) -> Command {
    let command_id = id.to_owned();
    Command::Refuse(Box::new(CommandRefused {
        command_id,
        code: code.to_owned(),
        reason,
        ..CommandRefused::default()
    }))
}

/// The approval has the command's id: whoever has one may act on the other.
async fn ask(delivery: &Delivery<CommandEvent>, held: &CommandHeld) -> Result<(), HandlerError> {
    let sent = held.command.clone().unwrap_or_default();
    let levels = held.approvals.iter().map(|approval| ApprovalLevel {
        name: approval.rule.clone(),
        approvers: approval.approvers.clone(),
        min_approvals: approval.min_approvals,
        requester_may_approve: approval.requester_may_approve,
    });
    let request = ApprovalRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: held.command_id.clone(),
        subject: subject(&held.principal, &sent),
        levels: levels.collect(),
        account: held.account.clone(),
        region: held.region.clone(),
    };
    let command_id = held
        .command_id
        .parse()
        .map_err(|_| HandlerError::Permanent(format!("{} is no id of a command", held.command_id)))?;
    let mut context = Context { command_id, ..delivery.context("approval") };
    context.actor.name.clone_from(&held.principal);
    delivery.handle.request(&request, &context).await?;
    Ok(())
}

/// What is to be approved, in words.
fn subject(principal: &str, sent: &CommandSent) -> String {
    let comment = if sent.comment.is_empty() { String::new() } else { format!(": {}", sent.comment) };
    format!(
        "{principal} sends {} version {} with {} to {} nodes ({}){comment}",
        sent.document_name,
        sent.document_version,
        sent.parameters_json,
        sent.node_ids.len(),
        sent.node_ids.iter().take(10).cloned().collect::<Vec<_>>().join(", "),
    )
}

/// Sends a command that nothing holds any more, as it was asked for, if who asked for it still may.
async fn release<E: Event>(
    authorizer: &dyn Authorizer,
    delivery: &Delivery<E>,
    id: &str,
) -> Result<(), HandlerError> {
    let Some(row) = delivery.handle.views().get::<HeldRow>(HELD, id) else { return Ok(()) };
    let is_open = reeve_fleet::calendars_are_open(&delivery.handle, &row.calendar_names);
    if row.awaits_approval || !is_open {
        return Ok(());
    }
    let event = delivery.handle.event_at(Position(row.position)).await?;
    let Some(CommandEvent::CommandHeld(held)) = event else { return Ok(()) };
    let mut sent = held.command.unwrap_or_default();
    let context = delivery.context(&format!("release/{id}"));
    let document = Resource::new("Document", &sent.document_name);
    let nodes = sent.node_ids.iter().map(|node| Resource::new("ManagedInstance", node));
    let place = Place { region: &held.region, account: &held.account };
    let resources = std::iter::once(document).chain(nodes);
    let command = match permit(authorizer, &held.principal, "ssm:SendCommand", resources, place) {
        Err(denied) => refusal(id, "AccessDeniedException", denied),
        Ok(()) => {
            let seconds =
                i64::from(sent.delivery_timeout_seconds) + i64::from(sent.execution_timeout_seconds);
            sent.expires_ms = context.now.plus_seconds(seconds).0;
            Command::Release(Box::new(sent))
        }
    };
    delivery.handle.execute::<SentCommand>(id, command, &context).await?;
    Ok(())
}
