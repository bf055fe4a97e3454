//! What follows: a roll-out's next step, the commands that its waves and health checks are, and what came of them.

use crate::{
    domain::rollout::{Command, Ended, ORIGIN, Rollout, RolloutEvent},
    projections::{ROLLOUT_KEYS, ROLLOUTS, RolloutRow},
};
use reeve_contracts::run_command::{CommandEvent, CommandFinished, CommandRequested};
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Delivery, Handle, HandlerError};
use uuid::Uuid;

const PATCH_DOCUMENT: &str = "AWS-RunPatchBaseline";
/// A health check runs on all of a wave's nodes, whatever it says of some.
const ALL: &str = "100%";

/// After each event of a roll-out: what is to be asked of run-command, and what comes next.
pub async fn go_on(delivery: Delivery<RolloutEvent>) -> Result<(), HandlerError> {
    let id = match &delivery.event.event {
        RolloutEvent::RolloutStarted(e) => &e.rollout_id,
        RolloutEvent::RolloutResumed(e) => &e.rollout_id,
        RolloutEvent::WavePatched(e) => &e.rollout_id,
        RolloutEvent::HealthCheckPassed(e) => &e.rollout_id,
        RolloutEvent::WaveStarted(e) => {
            return ask(&delivery, &e.rollout_id, e.wave, &e.command_id, false).await;
        }
        RolloutEvent::HealthCheckStarted(e) => {
            return ask(&delivery, &e.rollout_id, e.wave, &e.command_id, true).await;
        }
        RolloutEvent::RolloutStopped(_) | RolloutEvent::RolloutCompleted(_) => return Ok(()),
    };
    delivery.execute::<Rollout>("advance", id, Command::Advance).await?;
    Ok(())
}

fn row(handle: &Handle, id: &str) -> Option<RolloutRow> {
    let key: String = handle.views().get(ROLLOUT_KEYS, id)?;
    handle.views().get(ROLLOUTS, &key)
}

async fn ask(
    delivery: &Delivery<RolloutEvent>,
    id: &str,
    wave: u32,
    command_id: &str,
    is_check: bool,
) -> Result<(), HandlerError> {
    // Of two replicas one may hear of a wave before it has seen the roll-out's beginning.
    let row = row(&delivery.handle, id)
        .ok_or_else(|| HandlerError::Retry(format!("the roll-out {id} is not known yet")))?;
    let at = usize::try_from(wave).unwrap_or_default().saturating_sub(1);
    let nodes = row.waves.get(at).map(|wave| wave.node_ids.clone()).unwrap_or_default();
    let (document_name, parameters_json, max_concurrency, max_errors) = match is_check {
        true => (row.health_document.clone(), row.health_parameters_json.clone(), ALL, ALL),
        false => (
            PATCH_DOCUMENT.to_owned(),
            row.parameters_json.clone(),
            row.max_concurrency.as_str(),
            row.max_errors.as_str(),
        ),
    };
    let what = if is_check { "health after wave" } else { "wave" };
    let requested = CommandRequested {
        origin_kind: ORIGIN.to_owned(),
        origin_id: id.to_owned(),
        document_name,
        parameters_json,
        node_ids: nodes,
        passes_over_deregistered: true,
        max_concurrency: max_concurrency.to_owned(),
        max_errors: max_errors.to_owned(),
        comment: format!("{what} {wave} of {id}"),
        account: row.account.clone(),
        region: row.region.clone(),
        ..CommandRequested::default()
    };
    let command_id = Uuid::try_parse(command_id)
        .map_err(|error| HandlerError::Permanent(format!("{command_id}: {error}")))?;
    let actor = Actor { name: row.principal, source: String::new() };
    let context = Context { actor, command_id, ..delivery.context("ask") };
    Ok(delivery.handle.request(&requested, &context).await?)
}

/// What an event of an earlier release says of the nodes that failed: at least one, where the command has not succeeded.
fn failed(e: &CommandFinished) -> u32 {
    let failed = e.errors.saturating_add(e.delivery_timed_out);
    if e.status == "Success" || failed > 0 { failed } else { 1 }
}

/// A roll-out learns how its command ended.
pub async fn end(delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let (kind, id, command_id, ended, refused) = match &delivery.event.event {
        CommandEvent::CommandFinished(e) => {
            let nodes = e.completed.saturating_sub(e.undeliverable);
            // Cancelled, ended by its errors, or of another platform: who had no turn was not patched either.
            let failed = e.success.map_or_else(|| failed(e), |success| nodes.saturating_sub(success));
            (&e.origin_kind, &e.origin_id, &e.command_id, Ended { nodes, failed }, None)
        }
        CommandEvent::CommandRefused(e) => {
            let refused = Some(format!("{}: {}", e.code, e.reason));
            (&e.origin_kind, &e.origin_id, &e.command_id, Ended::default(), refused)
        }
        _ => return Ok(()),
    };
    if kind != ORIGIN {
        return Ok(());
    }
    let command = Command::CommandEnded { command_id: command_id.clone(), ended, refused };
    delivery.execute::<Rollout>("end", id, command).await?;
    Ok(())
}
