//! CreateAssociation and CreateAssociationBatch.

use super::{KIND, by_id, checks::checked, old_form_id};
use crate::{
    domain::association::{Association, Command},
    shape,
};
use reeve_contracts::{
    ssm::{
        AssociationDescription, CreateAssociationBatchRequest, CreateAssociationBatchRequestEntry,
        CreateAssociationBatchResult, CreateAssociationRequest, CreateAssociationResult,
        FailedCreateAssociation,
    },
    state_manager::Tag,
};
use reeve_eventsourcing::Context;
use reeve_runtime::{ApiError, Call};
use reeve_types::tags;
use uuid::Uuid;

/// As many associations may be made by one call.
const MAX_ENTRIES: usize = 100;

pub async fn create(call: Call<CreateAssociationRequest>) -> Result<CreateAssociationResult, ApiError> {
    let input = call.input.clone();
    let tags = input.tags.iter().flatten();
    let tags = tags.map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default()));
    let tags = tags::check(tags).map_err(|error| ApiError::invalid(format!("Tags: {error}.")))?;
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
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
        instance_id: input.instance_id,
        max_concurrency: input.max_concurrency,
        max_errors: input.max_errors,
        name: input.name,
        output_location: input.output_location,
        parameters: input.parameters,
        schedule_expression: input.schedule_expression,
        schedule_offset: input.schedule_offset,
        sync_compliance: input.sync_compliance,
        target_locations: input.target_locations,
        target_maps: input.target_maps,
        targets: input.targets,
        ..AssociationDescription::default()
    };
    let has_tags = !tags.is_empty();
    let made = make(&call, wanted, tags, &call.context()).await?;
    if has_tags {
        call.tags_follow(KIND, made.association_id.as_deref().unwrap_or_default()).await;
    }
    let association_description = Some(made);
    Ok(CreateAssociationResult { association_description })
}

async fn make<I>(
    call: &Call<I>,
    wanted: AssociationDescription,
    tags: Vec<Tag>,
    context: &Context,
) -> Result<AssociationDescription, ApiError> {
    let association_id = match &wanted.instance_id {
        Some(node) => old_form_id(wanted.name.as_deref().unwrap_or_default(), node),
        None => Uuid::new_v5(&context.command_id, b"association").to_string(),
    };
    let wanted = checked(&call.handle, &association_id, wanted, call.now)?;
    let create = Command::Create {
        association_id: association_id.clone(),
        association_json: serde_json::to_string(&wanted).map_err(ApiError::internal)?,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        tags,
    };
    let executed = call.handle.execute::<Association>(&association_id, create, context).await?;
    call.reached(executed.position);
    Ok(shape::description(&call.handle, &*by_id(&call.handle, Some(&association_id))?))
}

/// Each entry is made or refused by itself.
pub async fn batch(
    call: Call<CreateAssociationBatchRequest>,
) -> Result<CreateAssociationBatchResult, ApiError> {
    if call.input.association_dispatch_assume_role.is_some() {
        return Err(ApiError::invalid(
            "AssociationDispatchAssumeRole cannot be given yet: there are no roles here.",
        ));
    }
    let entries = call.input.entries.clone().unwrap_or_default();
    if entries.len() > MAX_ENTRIES {
        return Err(ApiError::invalid(format!("Entries has {}; it may have {MAX_ENTRIES}.", entries.len())));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (n, entry) in entries.into_iter().enumerate() {
        let context = call.context().derived(&n.to_string());
        match make(&call, description(entry.clone()), Vec::new(), &context).await {
            Ok(made) => successful.push(made),
            // Then nobody knows what was made: it is asked again, and what is there already is found.
            Err(error) if error.is_ours() => return Err(error),
            Err(error) => failed.push(FailedCreateAssociation {
                entry: Some(entry),
                fault: Some("Client".to_owned()),
                message: Some(error.to_string()),
            }),
        }
    }
    Ok(CreateAssociationBatchResult { failed: Some(failed), successful: Some(successful) })
}

fn description(entry: CreateAssociationBatchRequestEntry) -> AssociationDescription {
    AssociationDescription {
        alarm_configuration: entry.alarm_configuration,
        apply_only_at_cron_interval: entry.apply_only_at_cron_interval,
        association_name: entry.association_name,
        automation_target_parameter_name: entry.automation_target_parameter_name,
        calendar_names: entry.calendar_names,
        compliance_severity: entry.compliance_severity,
        document_version: entry.document_version,
        duration: entry.duration,
        instance_id: entry.instance_id,
        max_concurrency: entry.max_concurrency,
        max_errors: entry.max_errors,
        name: entry.name,
        output_location: entry.output_location,
        parameters: entry.parameters,
        schedule_expression: entry.schedule_expression,
        schedule_offset: entry.schedule_offset,
        sync_compliance: entry.sync_compliance,
        target_locations: entry.target_locations,
        target_maps: entry.target_maps,
        targets: entry.targets,
        ..AssociationDescription::default()
    }
}
