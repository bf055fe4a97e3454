//! The targets that are registered with a window.

use super::{Once, by_id, checks, does_not_exist, filters::Filters};
use crate::domain::window::{Command, State, Window};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, page_of, page_size, to_answers};

const MAX_RESULTS: usize = 100;

pub async fn register(
    call: Call<RegisterTargetWithMaintenanceWindowRequest>,
) -> Result<RegisterTargetWithMaintenanceWindowResult, ApiError> {
    let input = call.input.clone();
    let window = by_id(&call.handle, input.window_id.as_ref())?;
    let untold = RegisterTargetWithMaintenanceWindowRequest { client_token: None, ..input.clone() };
    let what = format!("target/{}", window.window_id);
    let once = Once::of(&call, &what, input.client_token.as_ref(), &untold)?;
    let targets = input.targets.unwrap_or_default();
    checks::targets(input.resource_type.as_deref().unwrap_or_default(), &targets)?;
    let window_target_id = once.id.to_string();
    let target = MaintenanceWindowTarget {
        description: input.description,
        name: input.name,
        owner_information: input.owner_information,
        resource_type: input.resource_type,
        targets: Some(targets),
        window_id: Some(window.window_id.clone()),
        window_target_id: Some(window_target_id.clone()),
    };
    let command = Command::RegisterTarget {
        window_target_id: window_target_id.clone(),
        target_json: serde_json::to_string(&target).map_err(ApiError::internal)?,
        input_hash: once.input_hash,
    };
    let executed = call.handle.execute::<Window>(&window.window_id, command, &once.context).await?;
    call.reached(executed.position);
    Ok(RegisterTargetWithMaintenanceWindowResult { window_target_id: Some(window_target_id) })
}

/// A registered target.
///
/// # Errors
/// `DoesNotExistException`.
fn target(window: &State, id: &str) -> Result<MaintenanceWindowTarget, ApiError> {
    let missing = || does_not_exist(format!("Window target {id} does not exist in {}", window.window_id));
    window.targets.get(id).map(|target| target.read()).ok_or_else(missing)
}

/// What is left out stays, or is taken away with Replace, which needs Targets.
pub async fn update(
    call: Call<UpdateMaintenanceWindowTargetRequest>,
) -> Result<UpdateMaintenanceWindowTargetResult, ApiError> {
    let input = call.input.clone();
    let window = by_id(&call.handle, input.window_id.as_ref())?;
    let window_target_id = input.window_target_id.clone().unwrap_or_default();
    let before = target(&window, &window_target_id)?;
    let replaces = input.replace.unwrap_or_default();
    if replaces && input.targets.is_none() {
        return Err(ApiError::invalid("Targets: with Replace it is needed, as for a new target."));
    }
    let stays = if replaces { MaintenanceWindowTarget::default() } else { before.clone() };
    let now = MaintenanceWindowTarget {
        description: input.description.or(stays.description),
        name: input.name.or(stays.name),
        owner_information: input.owner_information.or(stays.owner_information),
        targets: input.targets.or(stays.targets),
        ..before
    };
    let resource_type = now.resource_type.as_deref().unwrap_or_default();
    checks::targets(resource_type, now.targets.as_deref().unwrap_or_default())?;
    let target_json = serde_json::to_string(&now).map_err(ApiError::internal)?;
    call.execute::<Window>(&window.window_id, Command::UpdateTarget { window_target_id, target_json })
        .await?;
    Ok(UpdateMaintenanceWindowTargetResult {
        description: now.description,
        name: now.name,
        owner_information: now.owner_information,
        targets: now.targets,
        window_id: now.window_id,
        window_target_id: now.window_target_id,
    })
}

pub async fn deregister(
    call: Call<DeregisterTargetFromMaintenanceWindowRequest>,
) -> Result<DeregisterTargetFromMaintenanceWindowResult, ApiError> {
    let window = by_id(&call.handle, call.input.window_id.as_ref())?;
    let window_target_id = call.input.window_target_id.clone().unwrap_or_default();
    let is_safe = call.input.safe.unwrap_or_default();
    let command = Command::DeregisterTarget { window_target_id: window_target_id.clone(), is_safe };
    call.execute::<Window>(&window.window_id, command).await?;
    Ok(DeregisterTargetFromMaintenanceWindowResult {
        window_id: Some(window.window_id.clone()),
        window_target_id: Some(window_target_id),
    })
}

pub async fn list(
    call: Call<DescribeMaintenanceWindowTargetsRequest>,
) -> Result<DescribeMaintenanceWindowTargetsResult, ApiError> {
    let input = &call.input;
    let window = by_id(&call.handle, input.window_id.as_ref())?;
    let filters = Filters::read(input.filters.as_ref(), &["Type", "WindowTargetId", "OwnerInformation"])?;
    let meets = |id: &str, target: &MaintenanceWindowTarget| {
        filters.meets("Type", target.resource_type.as_deref().unwrap_or_default())
            && filters.meets("WindowTargetId", id)
            && filters.meets("OwnerInformation", target.owner_information.as_deref().unwrap_or_default())
    };
    let rows = window.targets.iter().map(|(id, target)| (id.clone(), target.read()));
    let rows = rows.filter(|(id, target)| meets(id, target)).collect();
    let page = page_of(rows, input.next_token.as_deref(), page_size(input.max_results, MAX_RESULTS)?);
    let (targets, next_token) = to_answers(page, |target| target)?;
    Ok(DescribeMaintenanceWindowTargetsResult { next_token, targets: Some(targets) })
}
