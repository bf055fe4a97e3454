//! StartExecutionPreview, GetExecutionPreview: the simulation, behind AWS's dry run. It is done at once.

use super::targets;
use crate::{
    domain::preview::{Error, Preview, preview},
    projections::{PREVIEWS, PreviewRow},
    starting::{self, Order},
};
use reeve_authz::Authorizer;
use reeve_contracts::{automation::ExecutionPreviewed, ssm::*};
use reeve_runtime::{ApiError, Call};
use reeve_types::{Timestamp, arn::id_or_arn};
use std::{collections::BTreeMap, sync::Arc};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {}
    }
}

pub async fn start(
    authorizer: Arc<dyn Authorizer>,
    call: Call<StartExecutionPreviewRequest>,
) -> Result<StartExecutionPreviewResponse, ApiError> {
    // The model has one code for what is wrong with the input.
    let previewed = previewed(&*authorizer, &call).map_err(|error| match error.is_ours() {
        true => error,
        false if error.code == "AccessDeniedException" => error,
        false => ApiError::invalid(error.message),
    })?;
    let id = previewed.preview_id.clone();
    call.execute::<Preview>(&id, Box::new(previewed)).await?;
    Ok(StartExecutionPreviewResponse { execution_preview_id: Some(id) })
}

fn previewed(
    authorizer: &dyn Authorizer,
    call: &Call<StartExecutionPreviewRequest>,
) -> Result<ExecutionPreviewed, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let inputs = input.execution_inputs.clone().and_then(|inputs| inputs.automation).unwrap_or_default();
    if inputs.target_locations.iter().flatten().next().is_some() || inputs.target_locations_url.is_some() {
        return Err(ApiError::invalid(
            "TargetLocations cannot be given: there is one account and region here.",
        ));
    }
    let name = id_or_arn("document", input.document_name.as_deref().unwrap_or_default()).to_owned();
    let spelling = input.document_version.clone().unwrap_or_default();
    let (version, content) = starting::content(handle, &name, &spelling, starting::RUNBOOK)?;
    let key = inputs.targets.iter().flatten().next().and_then(|target| target.key.clone());
    let targets = targets::of(
        handle,
        &StartAutomationExecutionRequest {
            targets: inputs.targets,
            target_maps: inputs.target_maps.clone(),
            target_parameter_name: inputs.target_parameter_name,
            ..StartAutomationExecutionRequest::default()
        },
    )?;
    let mut parameters = inputs.parameters.unwrap_or_default();
    let target = targets.as_ref().and_then(|targets| targets.values.first()).cloned().unwrap_or_default();
    // Its children differ in their targets alone: the first stands for all.
    if let Some(targets) = &targets {
        match inputs.target_maps.iter().flatten().next() {
            Some(map) => parameters.extend(map.clone()),
            None => drop(parameters.insert(targets.parameter_name.clone(), vec![target.clone()])),
        }
    }
    let order = Order {
        parameters,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        ..Order::default()
    };
    let given = starting::given(authorizer, handle, &content.inputs, &order, &call.caller.actor.name)?;
    let count = targets.as_ref().map_or(0, |targets| targets.values.len());
    Ok(ExecutionPreviewed {
        preview_id: call.caller.command_id.to_string(),
        document_name: name,
        document_version: version.to_string(),
        parameters_json: serde_json::to_string(&given.pinned).map_err(ApiError::internal)?,
        target_key: if count > 0 { key.unwrap_or_else(|| "TargetMaps".to_owned()) } else { String::new() },
        target_count: u32::try_from(count).unwrap_or(u32::MAX),
        region: call.caller.region.clone(),
        previewed_ms: call.now.0,
        ..preview(&content.document_json, &given.values, &target)
    })
}

pub async fn get(call: Call<GetExecutionPreviewRequest>) -> Result<GetExecutionPreviewResponse, ApiError> {
    let id = call.input.execution_preview_id.clone().unwrap_or_default();
    let row = call.handle.views().look::<PreviewRow>(PREVIEWS, &id).ok_or_else(|| {
        ApiError::new("ResourceNotFoundException", format!("There is no execution preview {id}."))
    })?;
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let steps =
        [("Mutating", row.mutating), ("NonMutating", row.non_mutating), ("Undetermined", row.undetermined)];
    let targets = (row.targets > 0).then(|| TargetPreview {
        count: Some(count(row.targets)),
        target_type: Some(row.target_key.clone()),
    });
    let automation = AutomationExecutionPreview {
        regions: Some(vec![row.region.clone()]),
        step_previews: Some(
            steps
                .map(|(name, steps)| (name.to_owned(), count(steps)))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        ),
        target_previews: Some(targets.into_iter().collect()),
        total_accounts: Some(1),
    };
    Ok(GetExecutionPreviewResponse {
        ended_at: Some(Timestamp(row.previewed_ms).epoch_seconds()),
        execution_preview: (row.status == "Success")
            .then_some(ExecutionPreview { automation: Some(automation) }),
        execution_preview_id: Some(row.id.clone()),
        status: Some(row.status.clone()),
        status_message: Some(row.message.clone()),
    })
}
