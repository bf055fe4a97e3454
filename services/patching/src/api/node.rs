//! What nodes ask: the baseline by which they are patched.

use super::{baseline, id_of_group, patch_group};
use crate::{
    domain::snapshot::{Snapshot, id},
    shape,
};
use reeve_contracts::{patching::SnapshotTaken, ssm::GetPatchBaselineResult};
use reeve_node_protocol::subject::node_of;
use reeve_patch_baseline::Baseline;
use reeve_runtime::{ApiError, Call};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A run that begins on a node.
#[derive(Deserialize)]
pub(crate) struct Question {
    operating_system: String,
    /// Empty: the baseline as it is now.
    #[serde(default)]
    snapshot_id: String,
}

/// By what it is decided.
#[derive(Serialize)]
pub(crate) struct Answer {
    patch_group: String,
    baseline: Baseline,
}

/// A node's baseline is its group's for its operating system, else that system's default. With a snapshot's id it is the one
/// that the first of the group's nodes was told.
pub(crate) async fn tell(call: Call<Question>) -> Result<Answer, ApiError> {
    let node = node_of(&call.subject)
        .ok_or_else(|| ApiError::invalid("The subject of the question names no node."))?;
    let Question { operating_system, snapshot_id } = &call.input;
    if !snapshot_id.is_empty() && Uuid::try_parse(snapshot_id).is_err() {
        return Err(ApiError::invalid(format!("SnapshotId is {snapshot_id:?}, which is no UUID.")));
    }
    let patch_group = patch_group(&call.handle, node.as_str());
    let baseline_id = id_of_group(&call.handle, operating_system, &patch_group).ok_or_else(|| {
        let message = format!("There is no patch baseline for the operating system {operating_system:?}.");
        ApiError::new("UnsupportedOperatingSystem", message)
    })?;
    let mut found = baseline(&call.handle, &baseline_id)?.into_owned();
    if !snapshot_id.is_empty() {
        let key = id(snapshot_id, operating_system, &patch_group);
        let taken = SnapshotTaken {
            snapshot_id: snapshot_id.clone(),
            operating_system: operating_system.clone(),
            patch_group: patch_group.clone(),
            baseline_id,
            baseline_json: serde_json::to_string(&found).map_err(ApiError::internal)?,
        };
        call.execute::<Snapshot>(&key, taken).await?;
        let state = call.handle.state::<Snapshot>(&key);
        found = serde_json::from_str::<GetPatchBaselineResult>(&state.baseline_json)
            .map_err(ApiError::internal)?;
    }
    let baseline = shape::evaluated(&found).map_err(ApiError::internal)?;
    Ok(Answer { patch_group, baseline })
}
