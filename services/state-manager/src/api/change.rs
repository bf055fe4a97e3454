//! What is done to associations that there are.

use super::{KIND, by_id, checks::checked, named, node_exists, old_form_id};
use crate::{
    domain::association::{Association, Command},
    shape,
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call};
use reeve_types::arn::id_or_arn;

/// A new version replaces the whole: what is left out becomes empty, as with AWS.
pub async fn update(call: Call<UpdateAssociationRequest>) -> Result<UpdateAssociationResult, ApiError> {
    let input = call.input.clone();
    let row = by_id(&call.handle, input.association_id.as_ref())?;
    let (id, before) = (row.state.association_id.clone(), row.state.association());
    let name = before.name.clone().unwrap_or_default();
    if let Some(given) = input.name.as_deref().filter(|given| id_or_arn("document", given) != name) {
        let message = format!("Name is {given:?}, and the association is of {name}: that cannot be changed.");
        return Err(ApiError::new("InvalidUpdate", message));
    }
    let on_version = match input.association_version.as_deref() {
        None | Some("$LATEST") => None,
        Some(number) => Some(number.parse().map_err(|_| {
            let message = format!("AssociationVersion is {number:?}, which is no version.");
            ApiError::new("InvalidAssociationVersion", message)
        })?),
    };
    let wanted = AssociationDescription {
        alarm_configuration: input.alarm_configuration,
        apply_only_at_cron_interval: input.apply_only_at_cron_interval,
        association_dispatch_assume_role: input.association_dispatch_assume_role,
        association_name: input.association_name,
        automation_target_parameter_name: input.automation_target_parameter_name,
        calendar_names: input.calendar_names,
        compliance_severity: input.compliance_severity,
        document_version: input.document_version,
        duration: input.duration,
        max_concurrency: input.max_concurrency,
        max_errors: input.max_errors,
        name: Some(name),
        output_location: input.output_location,
        parameters: input.parameters,
        schedule_expression: input.schedule_expression,
        schedule_offset: input.schedule_offset,
        sync_compliance: input.sync_compliance,
        target_locations: input.target_locations,
        target_maps: input.target_maps,
        // Whom it is for stays when nothing is said: without any target it would be for nobody.
        targets: input.targets.or(before.targets),
        instance_id: before.instance_id,
        ..AssociationDescription::default()
    };
    let wanted = checked(&call.handle, &id, wanted, call.now)?;
    let association_json = serde_json::to_string(&wanted).map_err(ApiError::internal)?;
    call.execute::<Association>(&id, Command::Update { association_json, on_version }).await?;
    let row = by_id(&call.handle, Some(&id))?;
    Ok(UpdateAssociationResult { association_description: Some(shape::description(&call.handle, &row)) })
}

pub async fn update_status(
    call: Call<UpdateAssociationStatusRequest>,
) -> Result<UpdateAssociationStatusResult, ApiError> {
    let input = &call.input;
    let node = input.instance_id.clone().unwrap_or_default();
    node_exists(&call.handle, &node)?;
    let id = old_form_id(input.name.as_deref().unwrap_or_default(), &node);
    let status_json = serde_json::to_string(&input.association_status).map_err(ApiError::internal)?;
    call.execute::<Association>(&id, Command::SetStatus { status_json }).await?;
    let row = by_id(&call.handle, Some(&id))?;
    Ok(UpdateAssociationStatusResult {
        association_description: Some(shape::description(&call.handle, &row)),
    })
}

/// What it did on nodes stays.
pub async fn delete(call: Call<DeleteAssociationRequest>) -> Result<DeleteAssociationResult, ApiError> {
    let input = &call.input;
    let (id, name, node) = (&input.association_id, &input.name, &input.instance_id);
    let row = named(&call.handle, id.as_ref(), name.as_ref(), node.as_ref())?;
    call.execute::<Association>(&row.state.association_id, Command::Delete).await?;
    call.tags_end(KIND, &row.state.association_id).await;
    Ok(DeleteAssociationResult {})
}

/// All of them run, or none: each must be there.
pub async fn start_once(
    call: Call<StartAssociationsOnceRequest>,
) -> Result<StartAssociationsOnceResult, ApiError> {
    let ids = call.input.association_ids.clone().unwrap_or_default();
    if ids.is_empty() {
        return Err(ApiError::invalid("AssociationIds names none."));
    }
    let rows = ids.iter().map(|id| by_id(&call.handle, Some(id))).collect::<Result<Vec<_>, _>>()?;
    for row in rows {
        let id = &row.state.association_id;
        let context = call.context().derived(id);
        let request = Command::Request { cause: "StartAssociationsOnce" };
        let executed = call.handle.execute::<Association>(id, request, &context).await?;
        call.reached(executed.position);
    }
    Ok(StartAssociationsOnceResult {})
}
