//! What follows: an execution goes on after each of its events and when something in it is due; what a step needs is asked for;
//! what came of that is said to the execution.

use crate::{
    api::targets,
    domain::{
        OF_HELD_COMMANDS, ORIGIN, OVERRIDDEN_RULES, WAIT_FOR_CALENDARS,
        execution::{Command, Error, Execution, ExecutionEvent},
        inputs::texts,
        outcome::Outcome,
        script,
        state::{State, Stopping},
        wish::{self, Child, OF_SCRIPT, Wish},
    },
    projections::{BY_RULE, COMMANDS, CommandRow, SCRIPT_NODE, SETTINGS},
    resuming,
    starting::{self, Order},
};
use reeve_authz::Authorizer;
use reeve_contracts::{
    automation::ExecutionFinished,
    change_calendar::CalendarEvent,
    changes::RuleEvent,
    notifications::{NotificationCancellationRequested, NotificationEvent},
    run_command::{CommandCancellationRequested, CommandEvent, CommandRequested},
};
use reeve_eventsourcing::{Actor, Context, Event};
use reeve_fleet::Waiting;
use reeve_runtime::{ApiError, Delivery, DueTimer, ExecuteError, Handle, HandlerError};
use reeve_types::{ids::new_uuid, text::cut};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Goes on, if something comes next. It is decided on what the execution has come to, whichever event it is that says so.
pub(crate) async fn advance(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let id = &delivery.event.envelope.aggregate.id;
    delivery.execute::<Execution>("advance", id, Command::Advance).await?;
    Ok(())
}

/// A sleep is over, or a time is.
pub(crate) async fn fall_due(due: DueTimer) -> Result<(), HandlerError> {
    let execution = due.key.split('/').next().unwrap_or(&due.key);
    // Several things may be due at one instant, one after the other: a loop ends after the step of it that runs. What is decided
    // follows from the state alone, so that replicas and repeats decide nothing twice.
    let context = Context { command_id: new_uuid(), ..due.context_of::<Execution>("advance", execution) };
    due.handle.execute::<Execution>(execution, Command::Advance, &context).await?;
    Ok(())
}

/// Asks for what an event makes necessary.
pub(crate) async fn ask(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<ExecutionEvent>,
) -> Result<(), HandlerError> {
    let state = delivery.handle.state::<Execution>(&delivery.event.envelope.aggregate.id);
    for wish in wish::of(&delivery.event.event, &state) {
        let by = |id| Context {
            actor: Actor { name: state.principal.clone(), source: String::new() },
            command_id: id,
            ..delivery.context("ask")
        };
        match wish {
            Wish::Command { id, request } => delivery.handle.request(&*request, &by(id)).await?,
            Wish::Script { id, request, step_execution_id, attempt } => {
                delivery.handle.catch_up().await?;
                match delivery.handle.views().get::<String>(SETTINGS, SCRIPT_NODE) {
                    Some(node) => {
                        let request = CommandRequested { node_ids: vec![node], ..*request };
                        delivery.handle.request(&request, &by(id)).await?;
                    }
                    None => {
                        let outcome = Box::new(Outcome::refused(format!(
                            "no node runs scripts here: the service setting {SCRIPT_NODE} names one"
                        )));
                        let take = Command::TakeOutcome { step_execution_id, attempt, outcome };
                        let context = by(delivery.context("script").command_id);
                        delivery.handle.execute::<Execution>(&state.id, take, &context).await?;
                    }
                }
            }
            Wish::CancelCommand { command_id } => {
                let cancelled = CommandCancellationRequested {
                    command_id: command_id.to_string(),
                    ..CommandCancellationRequested::default()
                };
                let context = by(delivery.context(&format!("cancel/{command_id}")).command_id);
                delivery.handle.request(&cancelled, &context).await?;
            }
            Wish::Notification { id, request } => delivery.handle.request(&*request, &by(id)).await?,
            Wish::ApiCall { id, request } => delivery.handle.request(&*request, &by(id)).await?,
            Wish::CancelNotification { id } => {
                let reason = "the step that it was for has ended".to_owned();
                let cancelled = NotificationCancellationRequested { notification_id: id.to_string(), reason };
                let context = by(delivery.context(&format!("cancel/{id}")).command_id);
                delivery.handle.request(&cancelled, &context).await?;
            }
            Wish::Child(child) => {
                let context = by(child.id);
                begin_child(&authorizer, &delivery, &state, *child, &context).await?;
            }
            Wish::Calendars => {
                reeve_fleet::catch_up_with_rules(&delivery).await?;
                go_on_if_open(&delivery, &state.id).await?;
            }
            Wish::StopChild { id } => {
                let context = by(delivery.context(&format!("stop/{id}")).command_id);
                let stop = Command::Stop(Stopping::Cancel);
                match delivery.handle.execute::<Execution>(&id.to_string(), stop, &context).await {
                    // It never began, or has ended.
                    Ok(_) | Err(ExecuteError::Refused(Error::Unknown | Error::Ended(_))) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(())
}

/// Lets an execution go on that waits for the calendars of rules, if these hold it no more.
async fn go_on_if_open<E: Event>(delivery: &Delivery<E>, execution: &str) -> Result<(), HandlerError> {
    let state = delivery.handle.state::<Execution>(execution);
    let step = state.running.as_ref().filter(|step| step.action == WAIT_FOR_CALENDARS);
    let Some(step) = step else { return Ok(()) };
    let rules = texts(&step.inputs, "Rules").unwrap_or_default();
    let waiting = Waiting {
        id: execution,
        principal: &state.principal,
        rules: &rules,
        needs_another: !state.change_id.is_empty(),
    };
    let name = format!("calendars/{execution}");
    let context = delivery.context(&name);
    let Some(overridden) = waiting.standing(&delivery.handle, context.now.0).released() else {
        return Ok(());
    };
    let outputs = match overridden.is_empty() {
        true => json!({"CalendarState": "OPEN"}),
        false => json!({"CalendarState": "CLOSED", OVERRIDDEN_RULES: overridden}),
    };
    let (step_execution_id, attempt) = (step.step_execution_id.clone(), step.attempt);
    let outcome = Box::new(Outcome::success(object(outputs)));
    let command = Command::TakeOutcome { step_execution_id, attempt, outcome };
    delivery.execute::<Execution>(&name, execution, command).await?;
    Ok(())
}

/// A rule was put anew, overridden or deleted: what it held, and no other closed calendar, goes on.
pub(crate) async fn follow_rule(delivery: Delivery<RuleEvent>) -> Result<(), HandlerError> {
    for execution in reeve_fleet::waiting_for_rule::<ExecutionEvent>(&delivery, BY_RULE).await? {
        go_on_if_open(&delivery, &execution).await?;
    }
    Ok(())
}

/// A calendar has opened: what its rules hold, and no other closed calendar, goes on.
pub(crate) async fn follow_calendar(delivery: Delivery<CalendarEvent>) -> Result<(), HandlerError> {
    for execution in reeve_fleet::waiting_for_calendar::<ExecutionEvent>(&delivery, BY_RULE).await? {
        go_on_if_open(&delivery, &execution).await?;
    }
    Ok(())
}

/// Starts a child, or lets it go on from another one: one that never came so far that it could be resumed begins at its beginning.
async fn start_child(
    authorizer: &Arc<dyn Authorizer>,
    handle: &Handle,
    parent: &State,
    child: &Child,
    context: &Context,
) -> Result<(), ApiError> {
    let id = child.id.to_string();
    // What it is for was resolved then.
    if handle.state::<Execution>(&id).exists() {
        return Ok(());
    }
    let asked = child.order.clone();
    let order = Order {
        targets: match &asked.asked_targets {
            Some(asked) => targets::of(handle, asked)?,
            None => asked.targets,
        },
        document_name: asked.document_name,
        document_version: asked.document_version,
        parameters: asked.parameters,
        account: parent.account.clone(),
        region: parent.region.clone(),
        parent: Some((parent.id.clone(), child.step_execution_id.clone(), child.attempt)),
        depth: parent.depth + 1,
        target: child.target.clone(),
        document_hash: asked.document_hash,
        change_id: parent.change_id.clone(),
        overridden_rules: parent.overridden_rules.clone(),
        ..Order::default()
    };
    match resuming::is_resumable(handle, &child.resumes) {
        true => {
            let ids = (child.resumes.as_str(), id.as_str());
            resuming::resume(authorizer, handle, ids, order, context).await?
        }
        false => starting::start(authorizer, handle, &id, order, context).await?,
    };
    Ok(())
}

async fn begin_child(
    authorizer: &Arc<dyn Authorizer>,
    delivery: &Delivery<ExecutionEvent>,
    parent: &State,
    child: Child,
    context: &Context,
) -> Result<(), HandlerError> {
    let id = child.id.to_string();
    authorizer.catch_up(delivery.handle.bus()).await?;
    delivery.handle.catch_up().await?;
    let started = start_child(authorizer, &delivery.handle, parent, &child, context).await;
    let Err(refused) = started else { return Ok(()) };
    if refused.is_ours() {
        return Err(HandlerError::Unavailable(refused.to_string()));
    }
    let ApiError { code, message, .. } = refused;
    let failure_message = format!("{code}: {}", message.trim_end_matches('.'));
    let command = match child.step_execution_id.as_str() {
        "" => Command::TakeChild {
            child_execution_id: id.clone(),
            status: "Failed".to_owned(),
            failure_message,
        },
        step => Command::TakeOutcome {
            step_execution_id: step.to_owned(),
            attempt: child.attempt,
            outcome: Box::new(Outcome::failed(failure_message, Map::new())),
        },
    };
    delivery.execute::<Execution>(&format!("refused/{id}"), &parent.id, command).await?;
    Ok(())
}

/// Begins the execution that goes on from another one, if whoever has asked for it did not come so far.
pub(crate) async fn go_on(
    authorizer: Arc<dyn Authorizer>,
    delivery: Delivery<ExecutionEvent>,
) -> Result<(), HandlerError> {
    let ExecutionEvent::ExecutionResumed(e) = &delivery.event.event else { return Ok(()) };
    authorizer.catch_up(delivery.handle.bus()).await?;
    delivery.handle.catch_up().await?;
    if delivery.handle.state::<Execution>(&e.by_execution_id).exists() {
        return Ok(());
    }
    let order = Order { account: e.account.clone(), region: e.region.clone(), ..Order::default() };
    let actor = Actor { name: e.principal.clone(), source: String::new() };
    let context = Context { actor, ..delivery.context("go-on") };
    let ids = (e.execution_id.as_str(), e.by_execution_id.as_str());
    match resuming::resume(&authorizer, &delivery.handle, ids, order, &context).await {
        Ok(_) => Ok(()),
        Err(refused) if refused.is_ours() => Err(HandlerError::Unavailable(refused.to_string())),
        Err(refused) => Err(HandlerError::Permanent(refused.to_string())),
    }
}

/// Who waits for an execution that has ended is told.
pub(crate) async fn tell_parent(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let ExecutionEvent::ExecutionFinished(e) = &delivery.event.event else { return Ok(()) };
    if e.parent_execution_id.is_empty() {
        return Ok(());
    }
    let command = match e.parent_step_execution_id.as_str() {
        "" => Command::TakeChild {
            child_execution_id: e.execution_id.clone(),
            status: e.status.clone(),
            failure_message: e.failure_message.clone(),
        },
        step => Command::TakeOutcome {
            step_execution_id: step.to_owned(),
            attempt: e.parent_attempt,
            outcome: Box::new(of_child(e)),
        },
    };
    delivery.execute::<Execution>("tell-parent", &e.parent_execution_id, command).await?;
    Ok(())
}

fn of_child(e: &ExecutionFinished) -> Outcome {
    let outputs: Vec<(String, Vec<String>)> = serde_json::from_str(&e.outputs_json).unwrap_or_default();
    let output: Vec<String> = outputs.into_iter().flat_map(|(_, texts)| texts).collect();
    let outputs = object(json!({"ExecutionId": e.execution_id, "Status": e.status, "Output": output}));
    match e.status.as_str() {
        "Success" => Outcome::success(outputs),
        status => {
            let said = e.failure_message.trim_end_matches('.');
            Outcome::failed(format!("the execution {} ended as {status}: {said}", e.execution_id), outputs)
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// As much of an output is in a sentence.
const MAX_OUTPUT_IN_MESSAGE: usize = 500;

/// A step's command has ended, or was refused.
pub(crate) async fn take_command(delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let (kind, origin, outcome) = match &delivery.event.event {
        CommandEvent::CommandFinished(e) => {
            let row = delivery.handle.views().get::<CommandRow>(COMMANDS, &e.command_id).unwrap_or_default();
            let outcome = match e.origin_id.ends_with(OF_SCRIPT) {
                true => script::outcome(&e.command_id, &e.status, (&row.stdout, &row.stderr)),
                false => of_command(&e.command_id, &e.status, &row),
            };
            (&e.origin_kind, &e.origin_id, outcome)
        }
        // Its targets select no node, and it has ended as it is sent. Who writes a step wants something done.
        CommandEvent::CommandSent(e) if e.node_ids.is_empty() && e.first_index == 0 => {
            let message = "its targets select no node".to_owned();
            let nobody = CommandRow { response_code: -1, message, ..CommandRow::default() };
            (&e.origin_kind, &e.origin_id, of_command(&e.command_id, "NoInstancesInTag", &nobody))
        }
        CommandEvent::CommandRefused(e) => {
            withdraw_approval(&delivery, &e.command_id).await?;
            let message = format!("{}: {}", e.code, e.reason.trim_end_matches('.'));
            (&e.origin_kind, &e.origin_id, Outcome::failed(message, Map::new()))
        }
        _ => return Ok(()),
    };
    take(&delivery, (kind, origin), outcome).await
}

/// A held command that is cancelled is not approved any more: its approval has its id.
async fn withdraw_approval(delivery: &Delivery<CommandEvent>, command: &str) -> Result<(), HandlerError> {
    delivery.handle.catch_up_with::<ExecutionEvent>().await?;
    if delivery.handle.state::<Execution>(command).origin_kind != OF_HELD_COMMANDS {
        return Ok(());
    }
    let stop = Command::Stop(Stopping::Cancel);
    match delivery.execute::<Execution>("withdraw", command, stop).await {
        Ok(_) | Err(ExecuteError::Refused(Error::Ended(_))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Says what came of what an attempt of a step asked for, if one did.
async fn take<E: Event>(
    delivery: &Delivery<E>,
    (kind, origin): (&str, &str),
    outcome: Outcome,
) -> Result<(), HandlerError> {
    let mut parts = origin.split('/');
    let (Some(execution), Some(step), Some(attempt)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(());
    };
    if kind != ORIGIN {
        return Ok(());
    }
    let attempt = attempt.parse().unwrap_or_default();
    let take =
        Command::TakeOutcome { step_execution_id: step.to_owned(), attempt, outcome: Box::new(outcome) };
    delivery.execute::<Execution>("take", execution, take).await?;
    Ok(())
}

/// A step's message was sent, or is not.
pub(crate) async fn take_notification(delivery: Delivery<NotificationEvent>) -> Result<(), HandlerError> {
    let failed = |reason: &str| Outcome::failed(format!("the webhook was not told: {reason}"), Map::new());
    let (kind, origin, outcome) = match &delivery.event.event {
        NotificationEvent::NotificationSent(e) => {
            let code: Option<u16> = e.receipt.strip_prefix("HTTP ").and_then(|code| code.parse().ok());
            let outputs = object(json!({"Response": e.receipt, "ResponseCode": code}));
            (&e.origin_kind, &e.origin_id, Outcome::success(outputs))
        }
        NotificationEvent::NotificationFailed(e) => (&e.origin_kind, &e.origin_id, failed(&e.reason)),
        NotificationEvent::NotificationRefused(e) => (&e.origin_kind, &e.origin_id, failed(&e.reason)),
        NotificationEvent::NotificationCancelled(e) => (&e.origin_kind, &e.origin_id, failed(&e.reason)),
        NotificationEvent::NotificationAccepted(_)
        | NotificationEvent::NotificationAttemptStarted(_)
        | NotificationEvent::NotificationAttemptFailed(_)
        | NotificationEvent::NotificationHeld(_)
        | NotificationEvent::NotificationReleased(_) => return Ok(()),
    };
    take(&delivery, (kind, origin), outcome).await
}

fn of_command(command_id: &str, status: &str, row: &CommandRow) -> Outcome {
    let outputs = object(json!({
        "CommandId": command_id, "Status": status, "ResponseCode": row.response_code, "Output": row.output,
    }));
    if status == "Success" {
        return Outcome::success(outputs);
    }
    let output = cut(&row.output, MAX_OUTPUT_IN_MESSAGE);
    let said = if row.message.is_empty() { String::new() } else { format!(", Message=[{}]", row.message) };
    let code = row.response_code;
    let message = format!(
        "Command ID {command_id} returns unexpected invocation result: {{Status=[{status}], ResponseCode=[{code}], \
         Output=[{output}]{said}}}"
    );
    Outcome::failed(message, outputs)
}
