//! Drift: what the runs of associations say of nodes, and what an association's firing says of those that it did not reach.

use crate::{
    domain::{
        association::{Association, AssociationEvent, TARGETS_JOINED},
        drift::{Command, Drift},
        target,
    },
    projections::{CommandRow, DRIFTS, DriftRow, LATEST, LatestRow, command_row, content_named},
};
use reeve_contracts::{
    outcome::StepStatus,
    run_command::{InvocationEvent, InvocationFinished},
    state_manager::{DriftEnded, DriftFound, ExecutionStarted},
};
use reeve_fleet::{NODES, NodeRow};
use reeve_runtime::{Delivery, HandlerError};
use reeve_types::text::cut;

const AWAY: &str = "TargetAway";
const SUCCESS: &str = "Success";
/// It is none any more that the association is for.
const NO_TARGET: &str = "NoTarget";
/// As much of what a step printed is kept.
const MAX_OUTPUT_CHARACTERS: usize = 2_500;

/// A run on a node has ended: the node is as it is to be, or not.
pub async fn follow_run(delivery: Delivery<InvocationEvent>) -> Result<(), HandlerError> {
    let InvocationEvent::InvocationFinished(e) = &delivery.event.event else { return Ok(()) };
    let Some(of) = command_row(delivery.handle.views(), &e.command_id) else { return Ok(()) };
    delivery.handle.catch_up().await?;
    // One that is gone wants nothing.
    if delivery.handle.state::<Association>(&of.association_id).association_id.is_empty() {
        return Ok(());
    }
    // What is no node any more lacks nothing.
    let is_gone = delivery.handle.views().look::<NodeRow>(NODES, &e.node_id).is_none();
    let command = match e.status == SUCCESS || is_gone {
        true => Command::End(DriftEnded {
            association_id: of.association_id.clone(),
            node_id: e.node_id.clone(),
            execution_id: e.command_id.clone(),
            reason: if is_gone { NO_TARGET } else { SUCCESS }.to_owned(),
            ended_ms: e.finished_ms,
        }),
        false => Command::Find(Box::new(found(&delivery, &of, e))),
    };
    delivery.execute::<Drift>("drift", &target::id(&of.association_id, &e.node_id), command).await?;
    Ok(())
}

fn found(delivery: &Delivery<InvocationEvent>, of: &CommandRow, e: &InvocationFinished) -> DriftFound {
    let wrong = |status| !matches!(status, StepStatus::Success | StepStatus::Skipped);
    let step = e.steps.iter().find(|step| wrong(step.status()));
    DriftFound {
        association_id: of.association_id.clone(),
        node_id: e.node_id.clone(),
        version: of.version,
        execution_id: e.command_id.clone(),
        cause: e.status_details.clone(),
        step: step.map(|step| step.name.clone()).unwrap_or_default(),
        output: step.map(|step| cut(step.output.trim(), MAX_OUTPUT_CHARACTERS)).unwrap_or_default(),
        is_check: content_named(&delivery.handle, &of.document_name, &of.document_version)
            .is_some_and(|content| content.is_check),
        found_ms: e.finished_ms,
    }
}

/// A firing has begun, or the association is gone.
pub async fn follow_association(delivery: Delivery<AssociationEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        AssociationEvent::ExecutionStarted(started) => {
            away(&delivery, started).await?;
            match started.cause == TARGETS_JOINED || !started.refusal.is_empty() {
                true => {
                    end(&delivery, |node| started.dropped_node_ids.iter().any(|one| one == node), NO_TARGET)
                        .await
                }
                false => end(&delivery, |node| !is_named(started, node), NO_TARGET).await,
            }
        }
        AssociationEvent::AssociationDeleted(_) => {
            delivery.handle.catch_up().await?;
            end(&delivery, |_| true, "AssociationDeleted").await
        }
        _ => Ok(()),
    }
}

fn is_named(started: &ExecutionStarted, node: &str) -> bool {
    let of = started.node_ids.iter().chain(&started.away_node_ids);
    of.chain(&started.other_platform_node_ids).any(|one| one == node)
}

/// Nodes that lack what the others run now.
async fn away(delivery: &Delivery<AssociationEvent>, started: &ExecutionStarted) -> Result<(), HandlerError> {
    delivery.handle.catch_up().await?;
    for node in &started.away_node_ids {
        // It may have returned and run meanwhile: what a run says counts more.
        let latest =
            delivery.handle.views().get::<LatestRow>(LATEST, &format!("{node}/{}", started.association_id));
        if latest.is_some_and(|latest| latest.outcome.at_ms >= started.started_ms) {
            continue;
        }
        let found = DriftFound {
            association_id: started.association_id.clone(),
            node_id: node.clone(),
            version: started.version,
            execution_id: started.execution_id.clone(),
            cause: AWAY.to_owned(),
            found_ms: started.started_ms,
            ..DriftFound::default()
        };
        let id = target::id(&started.association_id, node);
        delivery.execute::<Drift>(&format!("away/{node}"), &id, Command::Find(Box::new(found))).await?;
    }
    Ok(())
}

/// Ends the drift of an association's nodes that are meant.
async fn end(
    delivery: &Delivery<AssociationEvent>,
    is_meant: impl Fn(&str) -> bool,
    reason: &str,
) -> Result<(), HandlerError> {
    let envelope = &delivery.event.envelope;
    let association = &envelope.aggregate.id;
    let prefix = format!("{association}/");
    let rows = delivery.handle.views().scan::<DriftRow>(DRIFTS, &prefix, None, usize::MAX).rows;
    for node in rows.iter().map(|(key, _)| &key[prefix.len()..]).filter(|node| is_meant(node)) {
        let ended = DriftEnded {
            association_id: association.clone(),
            node_id: node.to_owned(),
            reason: reason.to_owned(),
            ended_ms: envelope.time.0,
            ..DriftEnded::default()
        };
        let id = target::id(association, node);
        delivery.execute::<Drift>(&format!("end/{node}"), &id, Command::End(ended)).await?;
    }
    Ok(())
}
