//! Commands that change rules hold: those who must approve are asked, and what is approved and whose calendars are open is sent.

use crate::{
    domain::command::{Command, CommandEvent, SentCommand},
    projections::{ContentRow, HELD, HELD_BY_RULE, HeldRow},
    sending::registered,
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{
    automation::{ApprovalLevel, ApprovalRequested, ExecutionEvent},
    change_calendar::CalendarEvent,
    changes::RuleEvent,
    run_command::{Approval, CommandApproved, CommandHeld, CommandRefused, CommandSent},
};
use reeve_eventsourcing::{Context, Event, Position};
use reeve_fleet::{
    ChangeRuleRow, DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, SEND_COMMAND, Waiting, content_key, rules_on,
};
use reeve_runtime::{Delivery, Handle, HandlerError};
use reeve_types::text::cut;
use std::sync::Arc;

/// What asks for the approval, as its events say it.
const ORIGIN: &str = "held-command";
/// As much of what is to be approved is shown; the command has all of it.
const MAX_SUBJECT_CHARACTERS: usize = 4_000;

/// What follows from a command being held, and from its being approved.
pub async fn follow(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<CommandEvent>,
) -> Result<(), HandlerError> {
    match &delivery.event.event {
        CommandEvent::CommandHeld(held) if !held.approvals.is_empty() => ask(&delivery, held).await,
        // What its calendars wait for may have come meanwhile.
        CommandEvent::CommandHeld(CommandHeld { command_id, .. })
        | CommandEvent::CommandApproved(CommandApproved { command_id, .. }) => {
            reeve_fleet::catch_up_with_rules(&delivery).await?;
            release(&*authorizer, &delivery, command_id).await
        }
        _ => Ok(()),
    }
}

/// A calendar has opened: what its rules hold, and no other closed calendar, is sent.
pub async fn follow_calendar(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<CalendarEvent>,
) -> Result<(), HandlerError> {
    for id in reeve_fleet::waiting_for_calendar::<CommandEvent>(&delivery, HELD_BY_RULE).await? {
        release(&*authorizer, &delivery, &id).await?;
    }
    Ok(())
}

/// A rule was put anew, overridden or deleted: what it held, and no other closed calendar, is sent.
pub async fn follow_rule(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<RuleEvent>,
) -> Result<(), HandlerError> {
    for id in reeve_fleet::waiting_for_rule::<CommandEvent>(&delivery, HELD_BY_RULE).await? {
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
    // An approval has the id of what it is about; what says so of another execution is none.
    if kind != ORIGIN || execution != id {
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
        subject: subject(&held.principal, &sent, &held.asked_parameters_json),
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

/// What is to be approved, in words. Values of the Parameter Store are not in it, which not everybody who approves may read: references
/// stand there with their versions.
fn subject(principal: &str, sent: &CommandSent, asked_parameters_json: &str) -> String {
    let comment = if sent.comment.is_empty() { String::new() } else { format!(": {}", sent.comment) };
    // One that was held by an earlier version has them without references alone.
    let asked_parameters_json = match asked_parameters_json {
        "" if sent.references.is_empty() => &sent.parameters_json,
        asked => asked,
    };
    let text = format!(
        "{principal} sends {} version {} (SHA-256 {}) with {} to {} nodes ({}){comment}",
        sent.document_name,
        sent.document_version,
        sent.document_hash,
        asked_parameters_json,
        sent.node_ids.len(),
        sent.node_ids.iter().take(10).cloned().collect::<Vec<_>>().join(", "),
    );
    cut(&text, MAX_SUBJECT_CHARACTERS)
}

/// Whether a document's version is still the one that is to be sent, and that whoever approved could look at.
fn is_unchanged(handle: &Handle, sent: &CommandSent) -> bool {
    let views = handle.views();
    let row = views.look::<DocumentRow>(DOCUMENTS, &sent.document_name);
    let version = row.and_then(|row| Some(row.version(&sent.document_version)?.0));
    let content = version.and_then(|version| {
        views.look::<ContentRow>(DOCUMENT_CONTENTS, &content_key(&sent.document_name, version))
    });
    let asked_for: Option<serde_json::Value> = serde_json::from_str(&sent.document_content).ok();
    content.is_some_and(|content| asked_for.is_some_and(|asked_for| asked_for == content.document))
}

/// Why a command is not sent although what held it holds it no more: rules that were put or changed since then hold it too. Nobody was
/// asked for what they demand, so it ends, and whoever sends it again is held by them.
fn refused_by_others(
    authorizer: &dyn Authorizer,
    handle: &Handle,
    (waiting, approvals): (Waiting<'_>, &[Approval]),
    sent: &CommandSent,
    now_ms: i64,
) -> Option<String> {
    let principal = waiting.principal;
    let is_in = |group: &str| authorizer.is_in(principal, group);
    let what = (SEND_COMMAND, principal, sent.document_name.as_str());
    let verdict = rules_on(handle, what, &sent.node_ids, &is_in, &sent.overridden_rules, now_ms);
    let verdict = match verdict {
        Ok(verdict) => verdict,
        Err(refused) => return Some(refused.message),
    };
    let was_asked = |rule: &ChangeRuleRow| {
        approvals.iter().any(|asked| {
            asked.rule == rule.name
                && asked.min_approvals >= rule.min_approvals
                && asked.approvers == rule.approvers
                && asked.requester_may_approve == rule.requester_may_approve
        })
    };
    if let Some(rule) = verdict.approvals.iter().find(|rule| !was_asked(rule)) {
        return Some(format!(
            "The change rule {} demands an approval now that was not asked for.",
            rule.name
        ));
    }
    let holding = Waiting { rules: &verdict.rules, ..waiting }.standing(handle, now_ms).holding.into_iter();
    let others: Vec<String> =
        holding.map(|(name, _)| name).filter(|name| !waiting.rules.contains(name)).collect();
    (!others.is_empty()).then(|| {
        format!("The change rules {} hold it since it was asked for: send it again.", others.join(", "))
    })
}

/// Sends a command that nothing holds any more, as it was asked for, if who asked for it still may.
async fn release<E: Event>(
    authorizer: &dyn Authorizer,
    delivery: &Delivery<E>,
    id: &str,
) -> Result<(), HandlerError> {
    // What is refused here is refused for ever.
    authorizer.catch_up(delivery.handle.bus()).await?;
    delivery.handle.catch_up().await?;
    let Some(row) = delivery.handle.views().get::<HeldRow>(HELD, id) else { return Ok(()) };
    let context = delivery.context(&format!("release/{id}"));
    let waiting = Waiting { id, principal: &row.principal, rules: &row.rules, needs_another: false };
    let released = waiting.standing(&delivery.handle, context.now.0).released();
    let Some(overridden) = released.filter(|_| !row.awaits_approval) else { return Ok(()) };
    let event = delivery.handle.event_at(Position(row.position)).await?;
    let Some(CommandEvent::CommandHeld(held)) = event else { return Ok(()) };
    let mut sent = held.command.unwrap_or_default();
    let document = Resource::new("Document", &sent.document_name);
    let nodes =
        registered(&delivery.handle, &sent.node_ids).map(|node| Resource::new("ManagedInstance", node));
    let place = Place { region: &held.region, account: &held.account };
    let resources = std::iter::once(document).chain(nodes);
    let secrets = sent.secrets.iter().map(|secret| Resource::new("Parameter", &secret.path));
    let permitted = permit(authorizer, &held.principal, "ssm:SendCommand", resources, place)
        .and_then(|()| permit(authorizer, &held.principal, "ssm:GetParameters", secrets, place));
    let command = match permitted {
        Err(denied) => refusal(id, "AccessDeniedException", denied),
        Ok(()) if !is_unchanged(&delivery.handle, &sent) => {
            let (name, version) = (&sent.document_name, &sent.document_version);
            refusal(
                id,
                "InvalidDocument",
                format!("Version {version} of {name} is another one than was asked for."),
            )
        }
        Ok(())
            if let Some(refused) = refused_by_others(
                authorizer,
                &delivery.handle,
                (waiting, &held.approvals),
                &sent,
                context.now.0,
            ) =>
        {
            refusal(id, "NotApproved", refused)
        }
        Ok(()) => {
            let seconds =
                i64::from(sent.delivery_timeout_seconds) + i64::from(sent.execution_timeout_seconds);
            sent.expires_ms = context.now.plus_seconds(seconds).0;
            sent.overridden_rules.extend(overridden);
            Command::Release(Box::new(sent))
        }
    };
    delivery.handle.execute::<SentCommand>(id, command, &context).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::run_command::ParameterReference;

    /// Who approves reads what is to be done, and no value of the Parameter Store.
    #[test]
    fn the_subject_has_the_parameters_as_they_were_given() {
        let reference = ParameterReference { path: "/app/url".into(), version: 2 };
        let sent = CommandSent {
            parameters_json: r#"{"commands":["rm -f x # http://secret"]}"#.into(),
            references: vec![reference],
            ..CommandSent::default()
        };
        let text = subject("ann", &sent, r#"{"commands":["rm -f x # {{ssm:/app/url:2}}"]}"#);
        assert!(text.contains("rm -f x # {{ssm:/app/url:2}}") && !text.contains("http://secret"), "{text}");
        assert!(!subject("ann", &sent, "").contains("http://secret"));
    }
}
