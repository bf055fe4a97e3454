//! By what a node's patches are decided on: its registered baseline, another one in a run's place, and snapshots of both.

use super::{baseline, id_of_group, patch_group};
use crate::{
    domain::snapshot::{Snapshot, id},
    predefined,
    projections::{BASELINE_TAGS, BASELINES},
};
use reeve_contracts::{
    patching::{BaselineEvent, SnapshotTaken},
    ssm::GetPatchBaselineResult,
    tags::ResourceEvent,
};
use reeve_runtime::{ApiError, Call, Handle, HandlerError};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is asked of a node.
pub(super) struct Asked<'a> {
    pub operating_system: &'a str,
    /// Empty: as it is now.
    pub snapshot_id: &'a str,
    /// A baseline that came along, to decide by instead.
    pub given: Option<GetPatchBaselineResult>,
    /// `Key=K,Values=V`; empty: none.
    pub tags: &'a str,
}

/// By what it is decided.
pub(super) struct Decided {
    pub patch_group: String,
    pub baseline: GetPatchBaselineResult,
    pub instead: Option<GetPatchBaselineResult>,
}

/// # Errors
/// `UnsupportedOperatingSystem` for a system without baselines; `ValidationException` for a snapshot's id that is none, that was
/// taken without a baseline that came along, and for tags that not exactly one baseline has.
pub(super) async fn deciding<I: Sync>(
    call: &Call<I>,
    node: &str,
    asked: Asked<'_>,
) -> Result<Decided, ApiError> {
    let Asked { operating_system, snapshot_id, given, tags } = asked;
    if !snapshot_id.is_empty() && Uuid::try_parse(snapshot_id).is_err() {
        return Err(ApiError::invalid(format!("SnapshotId is {snapshot_id:?}, which is no UUID.")));
    }
    if !snapshot_id.is_empty() {
        // A snapshot keeps what is decided here: a baseline, a group or a tag of a moment ago counts.
        let behind = |error: HandlerError| ApiError::new("ServiceUnavailable", error.to_string());
        call.handle.catch_up_with::<BaselineEvent>().await.map_err(behind)?;
        call.handle.catch_up_with::<ResourceEvent>().await.map_err(behind)?;
    }
    let patch_group = patch_group(&call.handle, node);
    let baseline_id = id_of_group(&call.handle, operating_system, &patch_group).ok_or_else(|| {
        let message = format!("There is no patch baseline for the operating system {operating_system:?}.");
        ApiError::new("UnsupportedOperatingSystem", message)
    })?;
    let found = baseline(&call.handle, &baseline_id)?.into_owned();
    let instead = match (given, tags) {
        (Some(given), _) => Some(given),
        (None, "") => None,
        (None, tags) => Some(tagged(&call.handle, operating_system, tags)?),
    };
    if snapshot_id.is_empty() {
        return Ok(Decided { patch_group, baseline: found, instead });
    }
    let is_instead = instead.is_some();
    let json = |of: &GetPatchBaselineResult| serde_json::to_string(of).map_err(ApiError::internal);
    let key = id(snapshot_id, operating_system, &patch_group);
    let taken = SnapshotTaken {
        snapshot_id: snapshot_id.to_owned(),
        operating_system: operating_system.to_owned(),
        patch_group: patch_group.clone(),
        baseline_id,
        baseline_json: json(&found)?,
        override_json: instead.as_ref().map(json).transpose()?.unwrap_or_default(),
    };
    call.execute::<Snapshot>(&key, taken).await?;
    let state = call.handle.state::<Snapshot>(&key);
    let read = |text: &str| serde_json::from_str::<GetPatchBaselineResult>(text).map_err(ApiError::internal);
    let instead = match (is_instead, state.override_json.as_str()) {
        (false, _) => None,
        (true, "") => {
            let message = format!(
                "SnapshotId is {snapshot_id}: it was taken without a baseline that counts instead of the registered one."
            );
            return Err(ApiError::invalid(message));
        }
        (true, text) => Some(read(text)?),
    };
    Ok(Decided { patch_group, baseline: read(&state.baseline_json)?, instead })
}

/// The baseline of a system that has a tag.
fn tagged(handle: &Handle, system: &str, tags: &str) -> Result<GetPatchBaselineResult, ApiError> {
    let read = tags.strip_prefix("Key=").and_then(|rest| rest.split_once(",Values="));
    let Some((key, value)) = read.filter(|(key, value)| !key.is_empty() && !value.is_empty()) else {
        return Err(ApiError::invalid(format!("BaselineTags is {tags:?}; it must be Key=K,Values=V.")));
    };
    let has = |id: &str| {
        let tags: BTreeMap<String, String> = handle.views().get(BASELINE_TAGS, id).unwrap_or_default();
        tags.get(key).is_some_and(|found| found == value)
    };
    let made = handle.views().scan::<GetPatchBaselineResult>(BASELINES, "", None, usize::MAX).rows;
    let made = made.into_iter().map(|(_, baseline)| baseline);
    let mut found: Vec<GetPatchBaselineResult> = predefined::all()
        .iter()
        .cloned()
        .chain(made)
        .filter(|baseline| baseline.operating_system.as_deref() == Some(system))
        .filter(|baseline| has(baseline.baseline_id.as_deref().unwrap_or_default()))
        .collect();
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(ApiError::invalid(format!(
            "BaselineTags is {tags:?}: no patch baseline for {system} has that tag."
        ))),
        (Some(_), others) => Err(ApiError::invalid(format!(
            "BaselineTags is {tags:?}: {} patch baselines for {system} have that tag, and one may.",
            others + 1
        ))),
    }
}
