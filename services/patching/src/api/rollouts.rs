//! Roll-outs: patching in waves. An API of ours.

use crate::{
    domain::rollout::{Command, Error, Rollout},
    projections::{ROLLOUT_KEYS, ROLLOUTS, RolloutRow, WaveRow},
};
use reeve_contracts::{
    patching::{RolloutStarted, WaveNodes},
    ssm::Target,
};
use reeve_fleet::{NODES, NodeRow, targets};
use reeve_runtime::{ApiError, Call, Handle, page_size, to_answers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unknown => Self::new("NoSuchEntityException", format!("{error}.")),
            Error::NotStopped(_) => Self::invalid(format!("{error}.")),
        }
    }
}

/// What StartPatchRollout is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StartInput {
    node_ids: Vec<String>,
    targets: Vec<TargetInput>,
    waves: Vec<String>,
    parameters: BTreeMap<String, Vec<String>>,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
    health_document: Option<String>,
    health_parameters: BTreeMap<String, Vec<String>>,
}

/// AWS's target, in the spelling of our APIs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TargetInput {
    key: String,
    values: Vec<String>,
}

/// A roll-out's id: of StartPatchRollout's answer, and what the others are asked about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutId {
    rollout_id: String,
}

/// # Errors
/// `ValidationException` naming what does not select nodes or is no wave.
pub async fn start(call: Call<StartInput>) -> Result<RolloutId, ApiError> {
    let input = &call.input;
    let nodes = nodes(&call.handle, input)?;
    let waves = waves(&input.waves, nodes)?;
    let json = |of: &BTreeMap<String, Vec<String>>| serde_json::to_string(of).map_err(ApiError::internal);
    let mut parameters = input.parameters.clone();
    if parameters.contains_key("Operation") {
        return Err(ApiError::invalid("parameters has Operation: a roll-out installs."));
    }
    parameters.insert("Operation".to_owned(), vec!["Install".to_owned()]);
    let context = call.context();
    let rollout_id = Uuid::new_v5(&context.command_id, b"rollout").to_string();
    // All waves decide by the baselines as they were when the first node asked.
    let snapshot = Uuid::new_v5(&context.command_id, b"snapshot").to_string();
    parameters.entry("SnapshotId".to_owned()).or_insert_with(|| vec![snapshot]);
    let started = RolloutStarted {
        rollout_id: rollout_id.clone(),
        waves,
        parameters_json: json(&parameters)?,
        max_concurrency: input.max_concurrency.clone().unwrap_or_else(|| "50".to_owned()),
        max_errors: input.max_errors.clone().unwrap_or_else(|| "0".to_owned()),
        health_document: input.health_document.clone().unwrap_or_default(),
        health_parameters_json: json(&input.health_parameters)?,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        principal: call.caller.actor.name.clone(),
        started_ms: call.now.0,
    };
    call.execute::<Rollout>(&rollout_id, Command::Start(started)).await?;
    Ok(RolloutId { rollout_id })
}

/// The nodes that are meant, each once: those named in their order, those selected in that of their ids.
fn nodes(handle: &Handle, input: &StartInput) -> Result<Vec<String>, ApiError> {
    let found = match (input.node_ids.as_slice(), input.targets.as_slice()) {
        ([], []) => {
            return Err(ApiError::invalid("nodeIds and targets: one of them says which nodes are meant."));
        }
        ([], given) => {
            let given: Vec<Target> = given
                .iter()
                .map(|target| Target { key: Some(target.key.clone()), values: Some(target.values.clone()) })
                .collect();
            targets::selected(handle, &given).map_err(|error| ApiError::invalid(error.message))?
        }
        (named, []) => {
            let unknown: Vec<&str> = named
                .iter()
                .filter(|id| handle.views().look::<NodeRow>(NODES, id).is_none())
                .map(String::as_str)
                .collect();
            if !unknown.is_empty() {
                return Err(ApiError::invalid(format!(
                    "nodeIds: there are no nodes {}.",
                    unknown.join(", ")
                )));
            }
            let mut seen = BTreeSet::new();
            named.iter().filter(|id| seen.insert(id.as_str())).cloned().collect()
        }
        _ => return Err(ApiError::invalid("nodeIds and targets are both given; one of them may be.")),
    };
    if found.is_empty() {
        return Err(ApiError::invalid("targets: they select no node, and nothing is patched."));
    }
    Ok(found)
}

/// Divides nodes into waves of these sizes, numbers or percentages of all, rounded up; what is left is the last one.
fn waves(sizes: &[String], nodes: Vec<String>) -> Result<Vec<WaveNodes>, ApiError> {
    let all = nodes.len();
    let (mut rest, mut waves) = (nodes.into_iter(), Vec::new());
    for size in sizes {
        let wrong = || {
            ApiError::invalid(format!("waves has {size:?}, which is no number and no percentage above 0."))
        };
        let count = match size.strip_suffix('%') {
            Some(percent) => {
                let percent: usize =
                    percent.parse().ok().filter(|of| (1..=100).contains(of)).ok_or_else(wrong)?;
                all.saturating_mul(percent).div_ceil(100)
            }
            None => size.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?,
        };
        waves.push(rest.by_ref().take(count).collect::<Vec<_>>());
    }
    waves.push(rest.collect());
    let filled = waves.into_iter().filter(|wave| !wave.is_empty());
    Ok(filled.map(|node_ids| WaveNodes { node_ids }).collect())
}

/// A roll-out as it is told of.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    rollout_id: String,
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    started_by: String,
    started_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_time: Option<f64>,
    max_concurrency: String,
    max_errors: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    health_document: String,
    waves: Vec<ToldWave>,
}

/// One of its waves.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ToldWave {
    wave: usize,
    status: String,
    attempt: u32,
    node_ids: Vec<String>,
    failed: u32,
    left_out: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    command_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    health_command_id: String,
}

fn told(row: RolloutRow) -> Told {
    let seconds = |ms: i64| Timestamp(ms).epoch_seconds();
    let wave = |(number, row): (usize, WaveRow)| ToldWave {
        wave: number,
        status: row.status,
        attempt: row.attempt,
        node_ids: row.node_ids,
        failed: row.failed,
        left_out: row.left_out,
        command_id: row.command_id,
        health_command_id: row.health_command_id,
    };
    Told {
        rollout_id: row.rollout_id,
        status: row.status,
        reason: row.reason,
        started_by: row.started_by,
        started_time: seconds(row.started_ms),
        completed_time: row.ended_ms.map(seconds),
        max_concurrency: row.max_concurrency,
        max_errors: row.max_errors,
        health_document: row.health_document,
        waves: (1..).zip(row.waves).map(wave).collect(),
    }
}

/// GetPatchRollout's answer.
#[derive(Clone, Debug, Serialize)]
pub struct GetAnswer {
    rollout: Told,
}

/// # Errors
/// `NoSuchEntityException`.
pub async fn get(call: Call<RolloutId>) -> Result<GetAnswer, ApiError> {
    let id = &call.input.rollout_id;
    let key: Option<String> = call.handle.views().get(ROLLOUT_KEYS, id);
    let row = key.and_then(|key| call.handle.views().get::<RolloutRow>(ROLLOUTS, &key));
    let gone =
        || ApiError::new("NoSuchEntityException", format!("rolloutId is {id:?}: there is no such roll-out."));
    Ok(GetAnswer { rollout: told(row.ok_or_else(gone)?) })
}

/// What ListPatchRollouts is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListInput {
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// The newest first.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAnswer {
    rollouts: Vec<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub async fn list(call: Call<ListInput>) -> Result<ListAnswer, ApiError> {
    let limit = page_size(call.input.max_results, 50)?;
    let page = call.handle.views().scan::<RolloutRow>(ROLLOUTS, "", call.input.next_token.as_deref(), limit);
    let (rollouts, next_token) = to_answers(page, told)?;
    Ok(ListAnswer { rollouts, next_token })
}

/// # Errors
/// `NoSuchEntityException`, and `ValidationException` for one that has not stopped.
pub async fn resume(call: Call<RolloutId>) -> Result<RolloutId, ApiError> {
    call.execute::<Rollout>(&call.input.rollout_id, Command::Resume).await?;
    Ok(call.input.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_take_numbers_and_percentages_and_leave_nobody_out() {
        let divide = |sizes: &[&str], nodes: usize| {
            let sizes: Vec<String> = sizes.iter().map(|size| (*size).to_owned()).collect();
            let nodes = (0..nodes).map(|n| n.to_string()).collect();
            waves(&sizes, nodes).map(|waves| waves.iter().map(|wave| wave.node_ids.len()).collect::<Vec<_>>())
        };
        assert_eq!(divide(&["2"], 5).unwrap(), [2, 3]);
        assert_eq!(divide(&["1", "25%"], 10).unwrap(), [1, 3, 6]);
        assert_eq!(divide(&["1%"], 5).unwrap(), [1, 4]);
        assert_eq!(divide(&[], 3).unwrap(), [3]);
        assert_eq!(divide(&["5", "5"], 3).unwrap(), [3]);
        for wrong in ["0", "0%", "101%", "-1", "x", ""] {
            assert!(divide(&[wrong], 3).unwrap_err().message.contains("waves"), "{wrong}");
        }
    }
}
