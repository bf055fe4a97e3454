//! The operations on tags.

use crate::{
    domain::{Command, Error, Resource, resource_id},
    resources::KINDS,
};
use reeve_contracts::ssm::{
    AddTagsToResourceRequest, AddTagsToResourceResult, ListTagsForResourceRequest, ListTagsForResourceResult,
    RemoveTagsFromResourceRequest, RemoveTagsFromResourceResult, Tag,
};
use reeve_runtime::{ApiError, Call};
use reeve_types::{arn::id_or_arn, parameters, tags};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Tags(tags::Error::TooMany(_)) => "TooManyTagsError",
            Error::Tags(_) => "ValidationException",
        };
        Self::new(code, error.to_string())
    }
}

/// A resource that a call names and that exists.
struct Named {
    kind: String,
    id: String,
}

impl Named {
    fn aggregate(&self) -> String {
        resource_id(&self.kind, &self.id)
    }
}

fn named<I>(call: &Call<I>, kind: Option<&String>, id: Option<&String>) -> Result<Named, ApiError> {
    let kind = kind.map(String::as_str).unwrap_or_default();
    let Some((_, table)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let known = KINDS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join(", ");
        let message = format!(
            "ResourceType is {kind:?}. The resources that can be tagged here are of the types {known}."
        );
        return Err(ApiError::new("InvalidResourceType", message));
    };
    let id = id.map(String::as_str).unwrap_or_default();
    // One has several spellings, and Terraform imports one by a version of it.
    let path = parameters::named(id).path;
    // All but nodes are also named by their ARNs.
    let id = match kind {
        "Document" => id_or_arn("document", id),
        "MaintenanceWindow" => id_or_arn("maintenancewindow", id),
        "OpsItem" => id_or_arn("opsitem", id),
        "OpsMetadata" => id_or_arn("opsmetadata", id),
        "Parameter" => &path,
        "PatchBaseline" => id_or_arn("patchbaseline", id),
        _ => id,
    };
    if call.handle.views().get::<bool>(table, id).is_none() {
        let message = format!("ResourceId is {id:?}, and there is no such {kind}.");
        return Err(ApiError::new("InvalidResourceId", message));
    }
    Ok(Named { kind: kind.to_owned(), id: id.to_owned() })
}

pub(crate) async fn add_tags(
    call: Call<AddTagsToResourceRequest>,
) -> Result<AddTagsToResourceResult, ApiError> {
    let resource = named(&call, call.input.resource_type.as_ref(), call.input.resource_id.as_ref())?;
    let tags = call.input.tags.iter().flatten();
    let tags = tags
        .map(|t| (t.key.clone().unwrap_or_default(), t.value.clone().unwrap_or_default()))
        .collect::<Vec<_>>();
    let command =
        Command::Add { resource_type: resource.kind.clone(), resource_id: resource.id.clone(), tags };
    call.execute::<Resource>(&resource.aggregate(), command).await?;
    Ok(AddTagsToResourceResult {})
}

pub(crate) async fn remove_tags(
    call: Call<RemoveTagsFromResourceRequest>,
) -> Result<RemoveTagsFromResourceResult, ApiError> {
    let resource = named(&call, call.input.resource_type.as_ref(), call.input.resource_id.as_ref())?;
    let keys = call.input.tag_keys.clone().unwrap_or_default();
    let command =
        Command::Remove { resource_type: resource.kind.clone(), resource_id: resource.id.clone(), keys };
    call.execute::<Resource>(&resource.aggregate(), command).await?;
    Ok(RemoveTagsFromResourceResult {})
}

pub(crate) async fn list_tags(
    call: Call<ListTagsForResourceRequest>,
) -> Result<ListTagsForResourceResult, ApiError> {
    let resource = named(&call, call.input.resource_type.as_ref(), call.input.resource_id.as_ref())?;
    let state = call.handle.state::<Resource>(&resource.aggregate());
    let tags = state.tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) });
    Ok(ListTagsForResourceResult { tag_list: Some(tags.collect()) })
}
