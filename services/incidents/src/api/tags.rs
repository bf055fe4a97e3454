//! Tags of response plans and incidents. The replication set is this installation, and has none.

use super::{id_of, incident_of, plans};
use crate::{
    domain::{
        incident::{self, Incident},
        plan::{self, Plan},
        tags::Tags,
    },
    projections::{INCIDENT_TAGS, PLAN_TAGS},
};
use reeve_contracts::ssm_incidents::*;
use reeve_runtime::{ApiError, Call, Handle};

const MEMBER: &str = "resourceArn";

/// What an ARN names.
enum Tagged {
    Plan(String),
    Incident(String),
    ReplicationSet,
}

fn tagged(handle: &Handle, arn: Option<&String>) -> Result<Tagged, ApiError> {
    if let Ok(name) = id_of(MEMBER, arn, plans::KIND) {
        plans::plan(handle, name)?;
        return Ok(Tagged::Plan(name.to_owned()));
    }
    match id_of(MEMBER, arn, "replication-set") {
        Ok(_) => Ok(Tagged::ReplicationSet),
        Err(_) => Ok(Tagged::Incident(incident_of(handle, MEMBER, arn)?.id.clone())),
    }
}

fn untaggable() -> ApiError {
    ApiError::invalid(format!("{MEMBER}: a replication set cannot be tagged here yet."))
}

pub async fn add(call: Call<TagResourceRequest>) -> Result<TagResourceResponse, ApiError> {
    let tags: Tags = call.input.tags.clone().unwrap_or_default();
    match tagged(&call.handle, call.input.resource_arn.as_ref())? {
        Tagged::Plan(name) => _ = call.execute::<Plan>(&name, plan::Command::Tag(tags)).await?,
        Tagged::Incident(id) => _ = call.execute::<Incident>(&id, incident::Command::Tag(tags)).await?,
        Tagged::ReplicationSet => return Err(untaggable()),
    }
    Ok(TagResourceResponse {})
}

pub async fn remove(call: Call<UntagResourceRequest>) -> Result<UntagResourceResponse, ApiError> {
    let keys = call.input.tag_keys.clone().unwrap_or_default();
    match tagged(&call.handle, call.input.resource_arn.as_ref())? {
        Tagged::Plan(name) => _ = call.execute::<Plan>(&name, plan::Command::Untag(keys)).await?,
        Tagged::Incident(id) => _ = call.execute::<Incident>(&id, incident::Command::Untag(keys)).await?,
        Tagged::ReplicationSet => return Err(untaggable()),
    }
    Ok(UntagResourceResponse {})
}

pub async fn list(call: Call<ListTagsForResourceRequest>) -> Result<ListTagsForResourceResponse, ApiError> {
    let views = call.handle.views();
    let tags: Option<Tags> = match tagged(&call.handle, call.input.resource_arn.as_ref())? {
        Tagged::Plan(name) => views.get(PLAN_TAGS, &name),
        Tagged::Incident(id) => views.get(INCIDENT_TAGS, &id),
        Tagged::ReplicationSet => None,
    };
    Ok(ListTagsForResourceResponse { tags: Some(tags.unwrap_or_default()) })
}
