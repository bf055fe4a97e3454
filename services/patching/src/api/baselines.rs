//! Baselines: made, changed, read, deleted, and which is the default.

use super::{baseline, default_id};
use crate::{
    domain::{
        baseline::{Baseline, BaselineEvent, Command},
        default::{DefaultBaseline, Register},
    },
    predefined,
    projections::{DEFAULTS, GROUPS},
    shape,
};
use reeve_contracts::{
    patching::{BaselineCreated, Tag},
    ssm::{
        CreatePatchBaselineRequest, CreatePatchBaselineResult, DeletePatchBaselineRequest,
        DeletePatchBaselineResult, GetDefaultPatchBaselineRequest, GetDefaultPatchBaselineResult,
        GetPatchBaselineRequest, GetPatchBaselineResult, RegisterDefaultPatchBaselineRequest,
        RegisterDefaultPatchBaselineResult, UpdatePatchBaselineRequest, UpdatePatchBaselineResult,
    },
};
use reeve_runtime::{ApiError, Call, Handle};
use reeve_types::{arn::id_or_arn, tags};
use uuid::Uuid;

fn json(of: &GetPatchBaselineResult) -> Result<String, ApiError> {
    serde_json::to_string(of).map_err(ApiError::internal)
}

pub async fn create(call: Call<CreatePatchBaselineRequest>) -> Result<CreatePatchBaselineResult, ApiError> {
    let input = call.input.clone();
    let tags = input.tags.iter().flatten();
    let tags = tags.map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default()));
    let tags = tags::check(tags).map_err(|error| ApiError::invalid(format!("{error}.")))?;
    let context = call.context_of_token("CreatePatchBaseline", input.client_token.as_ref())?;
    let wanted = shape::with_defaults(GetPatchBaselineResult {
        approval_rules: input.approval_rules,
        approved_patches: input.approved_patches,
        approved_patches_compliance_level: input.approved_patches_compliance_level,
        approved_patches_enable_non_security: input.approved_patches_enable_non_security,
        available_security_updates_compliance_status: input.available_security_updates_compliance_status,
        description: input.description,
        global_filters: input.global_filters,
        name: input.name,
        operating_system: input.operating_system,
        rejected_patches: input.rejected_patches,
        rejected_patches_action: input.rejected_patches_action,
        sources: input.sources,
        ..GetPatchBaselineResult::default()
    });
    shape::checked(&wanted).map_err(ApiError::invalid)?;
    let digest = Uuid::new_v5(&context.command_id, b"baseline").simple().to_string();
    let baseline_id = format!("pb-{}", &digest[..17]);
    let command = Command::Create(BaselineCreated {
        baseline_id: baseline_id.clone(),
        baseline_json: json(&wanted)?,
        tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
    });
    let executed = call.handle.execute::<Baseline>(&baseline_id, command, &context).await?;
    call.reached(executed.position);
    if executed
        .event
        .is_some_and(|event| matches!(event, BaselineEvent::BaselineCreated(e) if !e.tags.is_empty()))
    {
        call.tags_follow("PatchBaseline", &baseline_id).await;
    }
    Ok(CreatePatchBaselineResult { baseline_id: Some(baseline_id) })
}

/// A baseline that somebody made.
///
/// # Errors
/// `DoesNotExistException`; `ValidationException` for a predefined one.
fn own(handle: &Handle, named: &str) -> Result<GetPatchBaselineResult, ApiError> {
    if predefined::find(id_or_arn("patchbaseline", named)).is_some() {
        return Err(ApiError::invalid(format!("{named} is predefined: nobody changes or deletes it.")));
    }
    baseline(handle, named).map(std::borrow::Cow::into_owned)
}

pub async fn update(call: Call<UpdatePatchBaselineRequest>) -> Result<UpdatePatchBaselineResult, ApiError> {
    let input = call.input.clone();
    let before = own(&call.handle, input.baseline_id.as_deref().unwrap_or_default())?;
    let id = before.baseline_id.clone().unwrap_or_default();
    if input.replace.unwrap_or_default() && input.name.is_none() {
        return Err(ApiError::invalid("Name: with Replace it is needed, as for a new baseline."));
    }
    call.execute::<Baseline>(&id, Command::Update(Box::new(input))).await?;
    let now = baseline(&call.handle, &id)?.into_owned();
    Ok(UpdatePatchBaselineResult {
        approval_rules: now.approval_rules,
        approved_patches: now.approved_patches,
        approved_patches_compliance_level: now.approved_patches_compliance_level,
        approved_patches_enable_non_security: now.approved_patches_enable_non_security,
        available_security_updates_compliance_status: now.available_security_updates_compliance_status,
        baseline_id: now.baseline_id,
        created_date: now.created_date,
        description: now.description,
        global_filters: now.global_filters,
        modified_date: now.modified_date,
        name: now.name,
        operating_system: now.operating_system,
        rejected_patches: now.rejected_patches,
        rejected_patches_action: now.rejected_patches_action,
        sources: now.sources,
    })
}

/// What is not there is no error, as with AWS.
pub async fn delete(call: Call<DeletePatchBaselineRequest>) -> Result<DeletePatchBaselineResult, ApiError> {
    let named = call.input.baseline_id.clone().unwrap_or_default();
    let id = id_or_arn("patchbaseline", &named);
    match own(&call.handle, id) {
        Err(error) if error.code == "DoesNotExistException" => {}
        Err(error) => return Err(error),
        Ok(baseline) => {
            let system = baseline.operating_system.unwrap_or_default();
            let registered: Option<String> = call.handle.views().get(DEFAULTS, &system);
            let mut used: Vec<String> = groups_of(&call.handle, id);
            if registered.as_deref() == Some(id) {
                used.push(format!("the default of {system}"));
            }
            if !used.is_empty() {
                let message = format!("The baseline {id} is in use: {}.", used.join(", "));
                return Err(ApiError::new("ResourceInUseException", message));
            }
            call.execute::<Baseline>(id, Command::Delete).await?;
            call.tags_end("PatchBaseline", id).await;
        }
    }
    Ok(DeletePatchBaselineResult { baseline_id: Some(named) })
}

/// The patch groups that a baseline is registered for.
fn groups_of(handle: &Handle, id: &str) -> Vec<String> {
    let rows =
        handle.views().filter::<String>(GROUPS, "", None, usize::MAX, |_, baseline| baseline == id).rows;
    let mut groups: Vec<String> = rows
        .into_iter()
        .map(|(key, _)| key.split_once('/').map_or(key.clone(), |(_, group)| group.to_owned()))
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

pub async fn get(call: Call<GetPatchBaselineRequest>) -> Result<GetPatchBaselineResult, ApiError> {
    let named = call.input.baseline_id.as_deref().unwrap_or_default();
    let found = baseline(&call.handle, named)?.into_owned();
    let id = found.baseline_id.clone().unwrap_or_default();
    Ok(GetPatchBaselineResult { patch_groups: Some(groups_of(&call.handle, &id)), ..found })
}

pub async fn register_default(
    call: Call<RegisterDefaultPatchBaselineRequest>,
) -> Result<RegisterDefaultPatchBaselineResult, ApiError> {
    let named = call.input.baseline_id.clone().unwrap_or_default();
    let found = baseline(&call.handle, &named)?;
    let operating_system = found.operating_system.clone().unwrap_or_default();
    let baseline_id = found.baseline_id.clone().unwrap_or_default();
    let register = Register { operating_system: operating_system.clone(), baseline_id };
    call.execute::<DefaultBaseline>(&operating_system, register).await?;
    Ok(RegisterDefaultPatchBaselineResult { baseline_id: Some(named) })
}

pub async fn get_default(
    call: Call<GetDefaultPatchBaselineRequest>,
) -> Result<GetDefaultPatchBaselineResult, ApiError> {
    let system = call.input.operating_system.clone().unwrap_or_else(|| "WINDOWS".to_owned());
    let id = default_id(&call.handle, &system).ok_or_else(|| {
        let why = "there is no patch baseline for it, because nodes with it are not patched here";
        ApiError::invalid(format!("OperatingSystem is {system}: {why}."))
    })?;
    Ok(GetDefaultPatchBaselineResult { baseline_id: Some(id), operating_system: Some(system) })
}
