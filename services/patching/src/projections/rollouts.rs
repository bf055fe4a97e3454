//! Roll-outs and their waves.

use crate::domain::rollout::RolloutEvent;
use reeve_contracts::patching::{RolloutStarted, WaveNodes};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Roll-outs by `<when it began, the newest first>/<id>`.
pub(crate) const ROLLOUTS: &str = "rollouts";
/// The key in [`ROLLOUTS`] by id.
pub(crate) const ROLLOUT_KEYS: &str = "rollout-keys";

/// A roll-out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RolloutRow {
    pub rollout_id: String,
    /// Of AWS-RunPatchBaseline.
    pub parameters_json: String,
    pub max_concurrency: String,
    pub max_errors: String,
    /// Empty: none.
    pub health_document: String,
    pub health_parameters_json: String,
    pub account: String,
    pub region: String,
    pub started_by: String,
    pub started_ms: i64,
    /// On whose behalf its commands run now.
    pub principal: String,
    pub status: String,
    /// Why it has stopped.
    pub reason: String,
    pub waves: Vec<WaveRow>,
    pub ended_ms: Option<i64>,
}

/// One of its waves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct WaveRow {
    pub node_ids: Vec<String>,
    pub status: String,
    pub attempt: u32,
    pub command_id: String,
    pub health_command_id: String,
    pub failed: u32,
    /// Nodes that were deregistered before they began.
    pub left_out: u32,
}

/// Keeps the tables of this file.
pub(crate) struct Rollouts;

impl Projection for Rollouts {
    const NAME: &'static str = "rollouts";
    const VERSION: u32 = 2;
    type Event = RolloutEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<RolloutEvent>) {
        match &event.event {
            RolloutEvent::RolloutStarted(e) => {
                let newest_first = Timestamp(e.started_ms).newest_first();
                let key = format!("{newest_first}/{}", e.rollout_id);
                let row = begun(e);
                view.put_row(ROLLOUT_KEYS, &e.rollout_id, key.clone());
                view.put_row(ROLLOUTS, &key, row);
            }
            RolloutEvent::WaveStarted(e) => change(view, &e.rollout_id, |row| {
                on_wave(row, e.wave, |wave| {
                    *wave = WaveRow {
                        status: "Patching".to_owned(),
                        attempt: e.attempt,
                        command_id: e.command_id.clone(),
                        node_ids: std::mem::take(&mut wave.node_ids),
                        ..WaveRow::default()
                    };
                });
            }),
            RolloutEvent::WavePatched(e) => change(view, &e.rollout_id, |row| {
                on_wave(row, e.wave, |wave| {
                    let is_gone = e.left_out as usize >= wave.node_ids.len();
                    if is_gone { "LeftOut" } else { "Patched" }.clone_into(&mut wave.status);
                    (wave.failed, wave.left_out) = (e.failed, e.left_out);
                });
            }),
            RolloutEvent::HealthCheckStarted(e) => change(view, &e.rollout_id, |row| {
                on_wave(row, e.wave, |wave| {
                    "CheckingHealth".clone_into(&mut wave.status);
                    wave.health_command_id.clone_from(&e.command_id);
                });
            }),
            RolloutEvent::HealthCheckPassed(e) => change(view, &e.rollout_id, |row| {
                on_wave(row, e.wave, |wave| "Healthy".clone_into(&mut wave.status));
            }),
            RolloutEvent::RolloutStopped(e) => change(view, &e.rollout_id, |row| {
                "Stopped".clone_into(&mut row.status);
                row.reason.clone_from(&e.reason);
                on_wave(row, e.wave, |wave| {
                    "Stopped".clone_into(&mut wave.status);
                    // Those that were left out stay so, whatever became of the look at the others.
                    (wave.failed, wave.left_out) = (e.failed, e.left_out.max(wave.left_out));
                });
            }),
            RolloutEvent::RolloutResumed(e) => change(view, &e.rollout_id, |row| {
                "InProgress".clone_into(&mut row.status);
                row.reason.clear();
                row.principal.clone_from(&e.principal);
            }),
            RolloutEvent::RolloutCompleted(e) => change(view, &e.rollout_id, |row| {
                "Completed".clone_into(&mut row.status);
                row.ended_ms = Some(e.completed_ms);
            }),
        }
    }
}

fn begun(e: &RolloutStarted) -> RolloutRow {
    let wave = |nodes: &WaveNodes| WaveRow {
        node_ids: nodes.node_ids.clone(),
        status: "Pending".to_owned(),
        ..WaveRow::default()
    };
    RolloutRow {
        rollout_id: e.rollout_id.clone(),
        parameters_json: e.parameters_json.clone(),
        max_concurrency: e.max_concurrency.clone(),
        max_errors: e.max_errors.clone(),
        health_document: e.health_document.clone(),
        health_parameters_json: e.health_parameters_json.clone(),
        account: e.account.clone(),
        region: e.region.clone(),
        started_by: e.principal.clone(),
        started_ms: e.started_ms,
        principal: e.principal.clone(),
        status: "InProgress".to_owned(),
        waves: e.waves.iter().map(wave).collect(),
        ..RolloutRow::default()
    }
}

fn change(view: &mut dyn View, id: &str, by: impl FnOnce(&mut RolloutRow)) {
    let Some(key) = view.row::<String>(ROLLOUT_KEYS, id) else { return };
    view.change_row::<RolloutRow, _>(ROLLOUTS, &key, by);
}

fn on_wave(row: &mut RolloutRow, wave: u32, change: impl FnOnce(&mut WaveRow)) {
    let at = usize::try_from(wave).unwrap_or_default().saturating_sub(1);
    if let Some(wave) = row.waves.get_mut(at) {
        change(wave);
    }
}
