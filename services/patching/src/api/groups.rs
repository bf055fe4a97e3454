//! Patch groups: which baseline their nodes have.

use super::{baseline, id_of_group};
use crate::domain::group::{Command, PatchGroup, id};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call};

pub async fn register(
    call: Call<RegisterPatchBaselineForPatchGroupRequest>,
) -> Result<RegisterPatchBaselineForPatchGroupResult, ApiError> {
    let named = call.input.baseline_id.clone().unwrap_or_default();
    let patch_group = call.input.patch_group.clone().unwrap_or_default();
    let found = baseline(&call.handle, &named)?;
    let operating_system = found.operating_system.clone().unwrap_or_default();
    let baseline_id = found.baseline_id.clone().unwrap_or_default();
    let group = id(&operating_system, &patch_group);
    let command = Command::Register { operating_system, patch_group: patch_group.clone(), baseline_id };
    call.execute::<PatchGroup>(&group, command).await?;
    Ok(RegisterPatchBaselineForPatchGroupResult { baseline_id: Some(named), patch_group: Some(patch_group) })
}

/// What is not registered is no error.
pub async fn deregister(
    call: Call<DeregisterPatchBaselineForPatchGroupRequest>,
) -> Result<DeregisterPatchBaselineForPatchGroupResult, ApiError> {
    let named = call.input.baseline_id.clone().unwrap_or_default();
    let patch_group = call.input.patch_group.clone().unwrap_or_default();
    // This operation has a word of its own for it.
    let found =
        baseline(&call.handle, &named).map_err(|error| ApiError::new("InvalidResourceId", error.message))?;
    let operating_system = found.operating_system.clone().unwrap_or_default();
    let baseline_id = found.baseline_id.clone().unwrap_or_default();
    let group = id(&operating_system, &patch_group);
    call.execute::<PatchGroup>(&group, Command::Deregister { baseline_id }).await?;
    Ok(DeregisterPatchBaselineForPatchGroupResult {
        baseline_id: Some(named),
        patch_group: Some(patch_group),
    })
}

/// The group's baseline, or the default one: a group that nobody registered is no error.
pub async fn get(
    call: Call<GetPatchBaselineForPatchGroupRequest>,
) -> Result<GetPatchBaselineForPatchGroupResult, ApiError> {
    let patch_group = call.input.patch_group.clone().unwrap_or_default();
    let system = call.input.operating_system.clone().unwrap_or_else(|| "WINDOWS".to_owned());
    let id = id_of_group(&call.handle, &system, &patch_group).ok_or_else(|| {
        let why = "there is no patch baseline for it, because nodes with it are not patched here";
        ApiError::invalid(format!("OperatingSystem is {system}: {why}."))
    })?;
    Ok(GetPatchBaselineForPatchGroupResult {
        baseline_id: Some(id),
        operating_system: Some(system),
        patch_group: Some(patch_group),
    })
}
