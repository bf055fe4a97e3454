//! What follows: what is due begins, is asked of run-command, and ends as that says; nodes that join or return run, too.

pub mod drift;

use crate::{
    domain::{
        self, ORIGIN,
        association::{Association, AssociationEvent, Command, Resolved},
        target::{self, Target},
    },
    projections::*,
};
use reeve_contracts::{
    change_calendar::CalendarEvent,
    documents::DocumentEvent,
    nodes::NodeEvent,
    run_command::{CommandCancellationRequested, CommandEvent, CommandRequested},
    ssm::AssociationDescription,
    state_manager::{ExecutionStarted, ExecutionTimeEnded, TargetJoined},
    tags::ResourceEvent,
};
use reeve_eventsourcing::{Actor, Context, Event};
use reeve_fleet::{NODE_TAGS, NODES, NodeRow, targets};
use reeve_runtime::{Delivery, DueTimer, ExecuteError, Handle, HandlerError};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// AWS's defaults for associations: all at once, and no number of errors ends a run.
const ALL_TARGETS: &str = "100%";

/// A firing: on the targets that are connected; those that are away run when they return.
pub async fn fire(due: DueTimer) -> Result<(), HandlerError> {
    let (handle, context) = (&due.handle, due.context("fire"));
    handle.catch_up().await?;
    let state = handle.state::<Association>(&due.key);
    let association = state.association();
    if state.running.is_none() && !calendars_are_open(handle, &association) {
        let command = Command::Hold { due_ms: Some(due.due_at.0) };
        handle.execute::<Association>(&due.key, command, &context).await?;
        return Ok(());
    }
    let resolved = match state.running {
        Some(_) => None,
        None => Some(resolved(handle, &association)?),
    };
    let command = Command::Fire { due_ms: due.due_at.0, executions: state.executions, resolved };
    handle.execute::<Association>(&due.key, command, &context).await?;
    Ok(())
}

fn resolved(handle: &Handle, association: &AssociationDescription) -> Result<Resolved, HandlerError> {
    let (platforms, mut resolved) = (platforms(handle, association), Resolved::default());
    let found = targets::selected(handle, &domain::targets(association));
    for id in found.map_err(|error| HandlerError::Permanent(error.to_string()))? {
        match (is_of_platform(handle, &id, &platforms), is_connected(handle, &id)) {
            (false, _) => resolved.other_platform_node_ids.push(id),
            (true, false) => resolved.away_node_ids.push(id),
            (true, true) => resolved.node_ids.push(id),
        }
    }
    Ok(resolved)
}

/// What runs has had its Duration.
pub async fn end_time(due: DueTimer) -> Result<(), HandlerError> {
    let command = Command::EndTime { ends_ms: due.due_at.0 };
    due.execute::<Association>("end-time", &due.key, command).await?;
    Ok(())
}

/// Those that wait and are targets still begin; others that wait no longer do.
pub async fn catch_up(due: DueTimer) -> Result<(), HandlerError> {
    let (handle, context) = (&due.handle, due.context_of::<Association>("catch-up", &due.key));
    handle.catch_up().await?;
    let state = handle.state::<Association>(&due.key);
    let association = state.association();
    if state.running.is_none() && !calendars_are_open(handle, &association) {
        handle.execute::<Association>(&due.key, Command::Hold { due_ms: None }, &context).await?;
        return Ok(());
    }
    let prefix = format!("{}/", due.key);
    let waiting = handle.views().scan::<i64>(WAITING, &prefix, None, usize::MAX).rows;
    let waiting = waiting.into_iter().map(|(key, _)| key[prefix.len()..].to_owned());
    let (node_ids, dropped_node_ids) = waiting.partition(|node| {
        is_connected(handle, node) && is_due(handle, &due.key, node, state.firing, &association)
    });
    let command = Command::CatchUp { executions: state.executions, node_ids, dropped_node_ids };
    handle.execute::<Association>(&due.key, command, &context).await?;
    Ok(())
}

/// The platforms that an association's document is for; empty when there is no such document any more.
fn platforms(handle: &Handle, association: &AssociationDescription) -> Vec<String> {
    let name = association.name.as_deref().unwrap_or_default();
    let version = association.document_version.as_deref().unwrap_or("$DEFAULT");
    let content = content_named(handle, name, version);
    content.map(|content| content.platform_types.clone()).unwrap_or_default()
}

/// Whether a node is of one of these platforms, as far as it and they are known.
fn is_of_platform(handle: &Handle, node: &str, platforms: &[String]) -> bool {
    let row = handle.views().look::<NodeRow>(NODES, node);
    platforms.is_empty() || row.is_none_or(|row| !row.is_other_than(platforms))
}

fn is_connected(handle: &Handle, node: &str) -> bool {
    handle.views().look::<NodeRow>(NODES, node).is_some_and(|row| !row.session.is_empty())
}

/// Whether a node is to run what others ran at the last firing: it is a target, and did not.
fn is_due(handle: &Handle, id: &str, node: &str, firing: u64, association: &AssociationDescription) -> bool {
    let Some(row) = handle.views().get::<NodeRow>(NODES, node) else { return false };
    let is_target = targets::meets(handle, &domain::targets(association), node, &row);
    if firing == 0 || !is_target || !is_of_platform(handle, node, &platforms(handle, association)) {
        return false;
    }
    // Who joins between two instants waits for the next one, if the association is for these alone.
    let joins = !association.apply_only_at_cron_interval.unwrap_or_default();
    match handle.views().get::<RunRow>(RUNS, &target::id(id, node)) {
        Some(run) if run.firing == firing => run.away || never_arrived(handle, &run.execution_id, node),
        _ => joins,
    }
}

fn never_arrived(handle: &Handle, execution: &str, node: &str) -> bool {
    let outcome: Option<OutcomeRow> = handle.views().get(OUTCOMES, &format!("{execution}/{node}"));
    outcome.is_some_and(|outcome| outcome.detailed_status == "DeliveryTimedOut")
}

fn calendars_are_open(handle: &Handle, association: &AssociationDescription) -> bool {
    let names = association.calendar_names.as_deref().unwrap_or_default();
    reeve_fleet::calendars_are_open(handle, names)
}

/// A calendar has opened: what waits for it, and for no other, runs.
pub async fn follow_calendar(delivery: Delivery<CalendarEvent>) -> Result<(), HandlerError> {
    let Some(name) = reeve_fleet::opened(&delivery.event.event) else { return Ok(()) };
    delivery.handle.catch_up().await?;
    let waiting =
        delivery.handle.views().scan::<String>(BY_CALENDAR, &format!("{name}/"), None, usize::MAX).rows;
    for (_, id) in waiting {
        release(&delivery, &id).await?;
    }
    Ok(())
}

async fn release<E: Event>(delivery: &Delivery<E>, id: &str) -> Result<(), HandlerError> {
    let state = delivery.handle.state::<Association>(id);
    if state.is_held && calendars_are_open(&delivery.handle, &state.association()) {
        let context = delivery.context(&format!("release/{id}"));
        delivery.handle.execute::<Association>(id, Command::Release, &context).await?;
    }
    Ok(())
}

/// What an execution's beginning leads to: its command, and another look at who was away.
pub async fn begin(delivery: Delivery<AssociationEvent>) -> Result<(), HandlerError> {
    if let AssociationEvent::ExecutionHeld(held) = &delivery.event.event {
        // Its calendars may have opened between the look at them and this.
        delivery.handle.catch_up().await?;
        return release(&delivery, &held.association_id).await;
    }
    if let AssociationEvent::ExecutionTimeEnded(ended) = &delivery.event.event {
        return cancel(&delivery, ended).await;
    }
    let AssociationEvent::ExecutionStarted(started) = &delivery.event.event else { return Ok(()) };
    if !started.node_ids.is_empty() {
        ask(&delivery, started).await?;
    }
    let passed_over: Vec<&String> = started.away_node_ids.iter().chain(&started.dropped_node_ids).collect();
    if passed_over.is_empty() {
        return Ok(());
    }
    // One that connected while the others were looked for would wait for its next connection.
    delivery.handle.catch_up().await?;
    for node in passed_over.into_iter().filter(|node| is_connected(&delivery.handle, node)) {
        join(&delivery, node, &started.association_id).await?;
    }
    Ok(())
}

/// What still runs of an execution is cancelled; it ends as its command does.
async fn cancel(
    delivery: &Delivery<AssociationEvent>,
    ended: &ExecutionTimeEnded,
) -> Result<(), HandlerError> {
    let views = delivery.handle.views();
    let id = format!("{}/{}", ended.association_id, ended.execution_id);
    let row =
        views.get::<String>(EXECUTION_KEYS, &id).and_then(|key| views.get::<ExecutionRow>(EXECUTIONS, &key));
    let Some(row) = row else { return Ok(()) };
    let cancellation = CommandCancellationRequested {
        command_id: ended.execution_id.clone(),
        origin_kind: ORIGIN.to_owned(),
        origin_id: format!("{}/{}", ended.association_id, row.version),
        ..CommandCancellationRequested::default()
    };
    Ok(delivery.handle.request(&cancellation, &delivery.context("cancel")).await?)
}

async fn ask(delivery: &Delivery<AssociationEvent>, started: &ExecutionStarted) -> Result<(), HandlerError> {
    let (handle, id) = (&delivery.handle, &started.association_id);
    let version: Option<VersionRow> = handle.views().get(VERSIONS, &version_key(id, started.version));
    let row: Option<AssociationRow> = handle.views().get(ASSOCIATIONS, id);
    // One that was deleted meanwhile does not begin any more.
    let (Some(version), Some(row)) = (version, row) else { return Ok(()) };
    let of: AssociationDescription = serde_json::from_str(&version.association_json)
        .map_err(|error| HandlerError::Permanent(format!("version {} of {id}: {error}", started.version)))?;
    let parameters = serde_json::to_string(&of.parameters.unwrap_or_default());
    let requested = CommandRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: format!("{id}/{}", started.version),
        document_name: of.name.unwrap_or_default(),
        document_version: of.document_version.unwrap_or_default(),
        parameters_json: parameters.map_err(|error| HandlerError::Permanent(error.to_string()))?,
        node_ids: started.node_ids.clone(),
        passes_over_deregistered: true,
        max_concurrency: of.max_concurrency.unwrap_or_else(|| ALL_TARGETS.to_owned()),
        max_errors: of.max_errors.unwrap_or_else(|| ALL_TARGETS.to_owned()),
        comment: of.association_name.unwrap_or_default(),
        account: row.state.account,
        region: row.state.region,
        ..CommandRequested::default()
    };
    let command_id = Uuid::try_parse(&started.execution_id)
        .map_err(|error| HandlerError::Permanent(format!("{}: {error}", started.execution_id)))?;
    let actor = Actor { name: version.principal, source: String::new() };
    let context = Context { actor, command_id, ..delivery.context("ask") };
    Ok(handle.request(&requested, &context).await?)
}

/// An execution ends as its command does.
pub async fn end(delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let (kind, origin, execution_id, status, detailed_status, message) = match &delivery.event.event {
        CommandEvent::CommandFinished(e) => {
            let status = match e.status.as_str() {
                status @ ("Success" | "TimedOut") => status,
                _ => "Failed",
            };
            (&e.origin_kind, &e.origin_id, &e.command_id, status, &e.status_details, String::new())
        }
        CommandEvent::CommandRefused(e) => {
            (&e.origin_kind, &e.origin_id, &e.command_id, "Failed", &e.code, e.reason.clone())
        }
        _ => return Ok(()),
    };
    if kind != ORIGIN {
        return Ok(());
    }
    let id = origin.split_once('/').map_or(origin.as_str(), |(id, _)| id);
    // Of two replicas one may hear of the end before it has seen the beginning.
    if delivery.handle.views().get::<String>(EXECUTION_KEYS, &format!("{id}/{execution_id}")).is_none() {
        return Err(HandlerError::Retry(format!("the execution {execution_id} of {id} is not known yet")));
    }
    let (execution_id, detailed_status) = (execution_id.clone(), detailed_status.clone());
    let finish = Command::Finish { execution_id, status: status.to_owned(), detailed_status, message };
    delivery.execute::<Association>("end", id, finish).await?;
    Ok(())
}

/// Another version of a document is what associations with `$DEFAULT` or `$LATEST` mean: they run it at once.
pub async fn follow_document(delivery: Delivery<DocumentEvent>) -> Result<(), HandlerError> {
    let (name, meant) = match &delivery.event.event {
        DocumentEvent::DefaultVersionSet(e) => (&e.name, "$DEFAULT"),
        DocumentEvent::DocumentUpdated(e) => (&e.name, "$LATEST"),
        _ => return Ok(()),
    };
    let prefix = format!("{name}/");
    delivery.handle.catch_up().await?;
    let found = delivery.handle.views().scan::<String>(BY_DOCUMENT, &prefix, None, usize::MAX).rows;
    for (_, id) in found {
        let of = delivery.handle.state::<Association>(&id).association();
        if of.document_version.as_deref().unwrap_or("$DEFAULT") == meant {
            let request = Command::Request { cause: "DocumentChanged" };
            match delivery.execute::<Association>(&id, &id, request).await {
                // One that was deleted meanwhile does not run.
                Ok(_) | Err(ExecuteError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// A node that connects runs what it missed, and what it became a target of.
pub async fn returned(delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeConnected(connected) = &delivery.event.event else { return Ok(()) };
    delivery.handle.catch_up().await?;
    join_all(&delivery, &connected.node_id).await
}

/// A tag may make a node a target.
pub async fn tagged(delivery: Delivery<ResourceEvent>) -> Result<(), HandlerError> {
    let ResourceEvent::TagsAdded(added) = &delivery.event.event else { return Ok(()) };
    if added.resource_type != "ManagedInstance" {
        return Ok(());
    }
    delivery.handle.catch_up().await?;
    if !is_connected(&delivery.handle, &added.resource_id) {
        return Ok(());
    }
    join_all(&delivery, &added.resource_id).await
}

async fn join_all<E: Event>(delivery: &Delivery<E>, node: &str) -> Result<(), HandlerError> {
    for id in candidates(&delivery.handle, node) {
        join(delivery, node, &id).await?;
    }
    Ok(())
}

/// The associations whose first target a node meets.
pub fn candidates(handle: &Handle, node: &str) -> BTreeSet<String> {
    let tags: BTreeMap<String, String> = handle.views().get(NODE_TAGS, node).unwrap_or_default();
    let keys = node_keys(node, tags.iter()).into_iter();
    keys.flat_map(|key| handle.views().scan::<String>(BY_TARGET, &format!("{key}/"), None, usize::MAX).rows)
        .map(|(_, id)| id)
        .collect()
}

/// A node waits for its run, unless it ran or waits already.
async fn join<E: Event>(delivery: &Delivery<E>, node: &str, id: &str) -> Result<(), HandlerError> {
    let handle = &delivery.handle;
    let state = handle.state::<Association>(id);
    let key = target::id(id, node);
    let waits = handle.views().get::<i64>(WAITING, &key).is_some();
    if waits || !state.exists() || !is_due(handle, id, node, state.firing, &state.association()) {
        return Ok(());
    }
    let context = delivery.context(&key);
    let joined = TargetJoined {
        association_id: id.to_owned(),
        node_id: node.to_owned(),
        firing: state.firing,
        joined_ms: context.now.0,
    };
    handle.execute::<Target>(&key, joined, &context).await?;
    Ok(())
}
