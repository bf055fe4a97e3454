//! GetDeployablePatchSnapshotForInstance: what a snapshot decides by.

use super::deciding::{Asked, deciding};
use crate::shape;
use data_encoding::BASE64;
use reeve_contracts::ssm::{
    GetDeployablePatchSnapshotForInstanceRequest, GetDeployablePatchSnapshotForInstanceResult,
    GetPatchBaselineResult,
};
use reeve_fleet::{NODES, NodeRow};
use reeve_patch_baseline::system;
use reeve_runtime::{ApiError, Call};

/// Takes the snapshot for the node's group and system, unless it was taken before. There is no store of files here that would
/// have an address for it: the URL is one of the scheme `data`, and carries it.
pub async fn get(
    call: Call<GetDeployablePatchSnapshotForInstanceRequest>,
) -> Result<GetDeployablePatchSnapshotForInstanceResult, ApiError> {
    let input = call.input.clone();
    let node = input.instance_id.unwrap_or_default();
    let snapshot_id = input.snapshot_id.unwrap_or_default();
    let Some(row) = call.handle.views().look::<NodeRow>(NODES, &node) else {
        return Err(ApiError::invalid(format!("InstanceId is {node:?}, and there is no such node.")));
    };
    let Some(system) = system(&row.platform_name, &row.platform_version) else {
        let message = format!(
            "The operating system of {node} is {:?} {}, for which there are no patch baselines.",
            row.platform_name, row.platform_version
        );
        return Err(ApiError::new("UnsupportedOperatingSystem", message));
    };
    let given = match &input.baseline_override {
        None => None,
        Some(of) => {
            let text = serde_json::to_string(&[of]).map_err(ApiError::internal)?;
            Some(shape::override_of(&text, system.operating_system).map_err(ApiError::invalid)?)
        }
    };
    let asked =
        Asked { operating_system: system.operating_system, snapshot_id: &snapshot_id, given, tags: "" };
    let decided = deciding(&call, &node, asked).await?;
    let baseline: GetPatchBaselineResult = decided.instead.unwrap_or(decided.baseline);
    let json = serde_json::to_string(&baseline).map_err(ApiError::internal)?;
    Ok(GetDeployablePatchSnapshotForInstanceResult {
        instance_id: Some(node),
        product: Some(system.product),
        snapshot_download_url: Some(format!(
            "data:application/json;base64,{}",
            BASE64.encode(json.as_bytes())
        )),
        snapshot_id: Some(snapshot_id),
    })
}
