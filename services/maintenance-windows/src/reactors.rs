//! What follows: what is due fires, executions go on after each of their events, what their tasks run is asked for, and what
//! came of that is said to them.

use crate::{
    domain::{
        ORIGIN,
        engine::{self, Next},
        execution::{Command, Execution, ExecutionEvent},
        state::{State, TaskState},
        task::Task,
        window::{self, Window, WindowEvent},
    },
    projections::INVOCATION_KEYS,
};
use reeve_contracts::{
    automation::{AutomationRequested, AutomationWithdrawalRequested, ExecutionEvent as AutomationEvent},
    maintenance_windows::{ExecutionStarted, InvocationStarted, TaskTarget, WindowFired},
    run_command::{CommandCancellationRequested, CommandEvent, CommandRequested},
    ssm::{MaintenanceWindowTarget, Target},
};
use reeve_eventsourcing::{Actor, Context, Event};
use reeve_fleet::targets;
use reeve_runtime::{Delivery, DueTimer, Handle, HandlerError};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An instant of a window's schedule has come.
pub(crate) async fn fire(due: DueTimer) -> Result<(), HandlerError> {
    let command = window::Command::Fire { due_ms: due.due_at.0 };
    due.handle.execute::<Window>(&due.key, command, &due.context("fire")).await?;
    Ok(())
}

/// A firing's execution begins.
pub(crate) async fn begin(delivery: Delivery<WindowEvent>) -> Result<(), HandlerError> {
    let WindowEvent::WindowFired(fired) = &delivery.event.event else { return Ok(()) };
    let command = Command::Start(Box::new(started(fired)));
    delivery.execute::<Execution>("begin", &fired.execution_id, command).await?;
    Ok(())
}

fn started(fired: &WindowFired) -> ExecutionStarted {
    let mut tasks = fired.tasks.clone();
    tasks.sort_by_key(|task| Task::read(&task.task_json).priority());
    ExecutionStarted {
        execution_id: fired.execution_id.clone(),
        window_id: fired.window_id.clone(),
        due_ms: fired.due_ms,
        started_ms: fired.fired_ms,
        is_late: fired.is_late,
        cutoff_ms: fired.cutoff_ms,
        end_ms: fired.end_ms,
        tasks,
        targets: fired.targets.clone(),
        allows_unassociated_targets: fired.allows_unassociated_targets,
        account: fired.account.clone(),
        region: fired.region.clone(),
    }
}

/// No task begins any more.
pub(crate) async fn cut_off(due: DueTimer) -> Result<(), HandlerError> {
    due.execute::<Execution>("cutoff", &due.key, Command::Advance).await?;
    Ok(())
}

/// Goes on, if something comes next. It is decided on what the execution has come to, whichever event it is that says so.
pub(crate) async fn advance(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let id = &delivery.event.envelope.aggregate.id;
    let state = delivery.handle.state::<Execution>(id);
    let task = match engine::next(&state, delivery.context("advance").now.0) {
        Some(Next::Begin(index)) => {
            // Whom its targets do not know yet would wait for the next window.
            delivery.handle.catch_up().await?;
            state.tasks.get(index)
        }
        _ => None,
    };
    let command = match task {
        Some(task) => Command::Begin {
            task_execution_id: task.task_execution_id.clone(),
            targets: resolved(&delivery.handle, &state, task),
        },
        None => Command::Advance,
    };
    delivery.execute::<Execution>("advance", id, command).await?;
    Ok(())
}

/// The nodes of a task's targets, as they are now.
fn resolved(handle: &Handle, state: &State, task: &TaskState) -> Vec<TaskTarget> {
    let registered = |id: &str| {
        let target = state.targets.get(id)?;
        serde_json::from_str::<MaintenanceWindowTarget>(target).ok()
    };
    // A target was checked when it was registered: one that cannot be resolved any more is nobody.
    let nodes = |targets: &[Target]| targets::selected(handle, targets).unwrap_or_default();
    let mut all = Vec::new();
    for target in task.read().targets() {
        let values = target.values.as_deref().unwrap_or_default();
        if target.key.as_deref() == Some("WindowTargetIds") {
            all.extend(values.iter().filter_map(|id| {
                let of = registered(id)?;
                Some(TaskTarget {
                    window_target_id: id.clone(),
                    owner_information: of.owner_information.unwrap_or_default(),
                    node_ids: nodes(&of.targets.unwrap_or_default()),
                })
            }));
            continue;
        }
        let mut node_ids = nodes(std::slice::from_ref(target));
        if !state.allows_unassociated_targets {
            let of_window = state.targets.keys().filter_map(|id| registered(id)?.targets);
            let of_window: BTreeSet<String> = of_window.flat_map(|targets| nodes(&targets)).collect();
            node_ids.retain(|node| of_window.contains(node));
        }
        all.push(TaskTarget { node_ids, ..TaskTarget::default() });
    }
    all
}

/// Asks for what an event makes necessary, on behalf of who registered the task.
pub(crate) async fn ask(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let state = delivery.handle.state::<Execution>(&delivery.event.envelope.aggregate.id);
    match &delivery.event.event {
        ExecutionEvent::InvocationStarted(started) => {
            // An execution that has ended has no invocation that waits for what it asked for.
            let Some(task) = state.task(&started.task_execution_id) else { return Ok(()) };
            let actor = Actor { name: task.principal.clone(), source: String::new() };
            let command_id = uuid(&started.run_id)?;
            let context = Context { actor, command_id, ..delivery.context("ask") };
            match task.read().is_command() {
                true => delivery.handle.request(&command(&state, task, started), &context).await?,
                false => delivery.handle.request(&automation(&state, task, started), &context).await?,
            }
            // A task that goes on after the cutoff begins what may begin, and waits for nothing.
            if state.is_cut_off {
                withdraw(&delivery, &state, &started.run_id).await?;
            }
        }
        ExecutionEvent::CutoffReached(reached) => {
            for run_id in &reached.cancelled_run_ids {
                let Some(origin_id) = origin_of(&state, run_id) else { continue };
                let (command_id, origin_kind) = (run_id.clone(), ORIGIN.to_owned());
                let cancelled = CommandCancellationRequested {
                    command_id,
                    origin_kind,
                    origin_id,
                    ..CommandCancellationRequested::default()
                };
                let context = delivery.context(&format!("cancel/{run_id}"));
                delivery.handle.request(&cancelled, &context).await?;
            }
            for run_id in &reached.withdrawn_run_ids {
                withdraw(&delivery, &state, run_id).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What a run asked for does not begin any more, if change rules hold it.
async fn withdraw(
    delivery: &Delivery<ExecutionEvent>,
    state: &State,
    run_id: &str,
) -> Result<(), HandlerError> {
    let task = state.tasks.iter().find(|task| task.running.values().any(|run| run.run_id == run_id));
    let (Some(task), Some(origin_id)) = (task, origin_of(state, run_id)) else { return Ok(()) };
    let context = delivery.context(&format!("withdraw/{run_id}"));
    let (id, origin_kind) = (run_id.to_owned(), ORIGIN.to_owned());
    let reason = engine::HELD_AT_CUTOFF.to_owned();
    match task.read().is_command() {
        true => {
            let withdrawn = CommandCancellationRequested {
                command_id: id,
                origin_kind,
                origin_id,
                only_held: true,
                reason,
            };
            delivery.handle.request(&withdrawn, &context).await?;
        }
        false => {
            let withdrawn =
                AutomationWithdrawalRequested { execution_id: id, origin_kind, origin_id, reason };
            delivery.handle.request(&withdrawn, &context).await?;
        }
    }
    Ok(())
}

fn uuid(text: &str) -> Result<Uuid, HandlerError> {
    Uuid::try_parse(text).map_err(|error| HandlerError::Permanent(format!("{text}: {error}")))
}

/// The origin of what an invocation runs; `None` when that has ended.
fn origin_of(state: &State, run_id: &str) -> Option<String> {
    let each = state.tasks.iter().flat_map(|task| task.running.iter().map(move |(id, run)| (task, id, run)));
    let mut of_it = each.filter(|(_, _, run)| run.run_id == run_id);
    of_it.next().map(|(task, id, _)| format!("{}/{}/{id}", state.execution_id, task.task_execution_id))
}

fn origin_id(started: &InvocationStarted) -> String {
    format!("{}/{}/{}", started.execution_id, started.task_execution_id, started.invocation_id)
}

fn command(state: &State, task: &TaskState, started: &InvocationStarted) -> CommandRequested {
    let of = task.read();
    let told = of.run_command();
    CommandRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: origin_id(started),
        document_name: of.0.task_arn.clone().unwrap_or_default(),
        document_version: of.document_version(),
        parameters_json: started.parameters_json.clone(),
        node_ids: started.node_ids.clone(),
        passes_over_deregistered: true,
        targets_json: String::new(),
        max_concurrency: of.max_concurrency().to_owned(),
        max_errors: of.max_errors().to_owned(),
        delivery_timeout_seconds: told
            .timeout_seconds
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or_default(),
        comment: told.comment.unwrap_or_default(),
        account: state.account.clone(),
        region: state.region.clone(),
        document_hash: match told.document_hash_type.as_deref() {
            Some("Sha1") => String::new(),
            _ => told.document_hash.unwrap_or_default(),
        },
        change_id: String::new(),
        overridden_rules: Vec::new(),
    }
}

fn automation(state: &State, task: &TaskState, started: &InvocationStarted) -> AutomationRequested {
    let of = task.read();
    AutomationRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: origin_id(started),
        document_name: of.0.task_arn.clone().unwrap_or_default(),
        document_version: of.document_version(),
        parameters_json: started.parameters_json.clone(),
        account: state.account.clone(),
        region: state.region.clone(),
    }
}

/// A window's next firing does not overlap with an execution that has ended.
pub(crate) async fn end(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let ExecutionEvent::ExecutionFinished(e) = &delivery.event.event else { return Ok(()) };
    let command = window::Command::End { execution_id: e.execution_id.clone() };
    delivery.execute::<Window>("end", &e.window_id, command).await?;
    Ok(())
}

/// A task's command has ended, or was refused.
pub(crate) async fn take_command(delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let (kind, origin, status, details) = match &delivery.event.event {
        CommandEvent::CommandFinished(e) => {
            (&e.origin_kind, &e.origin_id, engine::status_of(&e.status), e.status_details.clone())
        }
        CommandEvent::CommandRefused(e) => {
            // It was given up before it was sent.
            let status = engine::status_of(&e.code);
            (&e.origin_kind, &e.origin_id, status, format!("{}: {}", e.code, e.reason))
        }
        _ => return Ok(()),
    };
    take(&delivery, kind, origin, status, details).await
}

/// A task's automation has ended, or was refused.
pub(crate) async fn take_automation(delivery: Delivery<AutomationEvent>) -> Result<(), HandlerError> {
    let (kind, origin, status, details) = match &delivery.event.event {
        AutomationEvent::ExecutionFinished(e) => {
            (&e.origin_kind, &e.origin_id, engine::status_of(&e.status), e.failure_message.clone())
        }
        AutomationEvent::ExecutionRefused(e) => {
            (&e.origin_kind, &e.origin_id, "FAILED", format!("{}: {}", e.code, e.reason))
        }
        _ => return Ok(()),
    };
    take(&delivery, kind, origin, status, details).await
}

async fn take<E: Event>(
    delivery: &Delivery<E>,
    kind: &str,
    origin: &str,
    status: &str,
    details: String,
) -> Result<(), HandlerError> {
    let mut parts = origin.split('/');
    let (Some(execution), Some(task), Some(invocation)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(());
    };
    if kind != ORIGIN {
        return Ok(());
    }
    // One may hear of the end before one's own views have the beginning.
    if delivery.handle.views().get::<String>(INVOCATION_KEYS, origin).is_none() {
        return Err(HandlerError::Retry(format!("the invocation {origin} is not known yet")));
    }
    let command = Command::TakeOutcome {
        task_execution_id: task.to_owned(),
        invocation_id: invocation.to_owned(),
        status: status.to_owned(),
        details,
    };
    delivery.execute::<Execution>("take", execution, command).await?;
    Ok(())
}
