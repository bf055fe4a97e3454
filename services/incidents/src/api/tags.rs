//! Tags of response plans, incidents and the replication set.

use super::{id_of, incident_of, plans, replication};
use crate::{
    domain::{
        incident::{self, Incident},
        plan::{self, Plan},
        replication::{self as set, INSTALLATION},
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
    /// By its id.
    ReplicationSet(String),
}

fn tagged(handle: &Handle, arn: Option<&String>) -> Result<Tagged, ApiError> {
    if let Ok(name) = id_of(MEMBER, arn, plans::KIND) {
        plans::plan(handle, name)?;
        return Ok(Tagged::Plan(name.to_owned()));
    }
    match id_of(MEMBER, arn, replication::KIND) {
        Ok(set_id) => Ok(Tagged::ReplicationSet(replication::set(handle, set_id)?.set_id)),
        Err(_) => Ok(Tagged::Incident(incident_of(handle, MEMBER, arn)?.id.clone())),
    }
}

pub async fn add(call: Call<TagResourceRequest>) -> Result<TagResourceResponse, ApiError> {
    let tags: Tags = call.input.tags.clone().unwrap_or_default();
    match tagged(&call.handle, call.input.resource_arn.as_ref())? {
        Tagged::Plan(name) => _ = call.execute::<Plan>(&name, plan::Command::Tag(tags)).await?,
        Tagged::Incident(id) => _ = call.execute::<Incident>(&id, incident::Command::Tag(tags)).await?,
        Tagged::ReplicationSet(set_id) => {
            let tag = set::Command::Tag { set_id, tags };
            call.execute::<set::ReplicationSet>(INSTALLATION, tag).await?;
        }
    }
    Ok(TagResourceResponse {})
}

pub async fn remove(call: Call<UntagResourceRequest>) -> Result<UntagResourceResponse, ApiError> {
    let keys = call.input.tag_keys.clone().unwrap_or_default();
    match tagged(&call.handle, call.input.resource_arn.as_ref())? {
        Tagged::Plan(name) => _ = call.execute::<Plan>(&name, plan::Command::Untag(keys)).await?,
        Tagged::Incident(id) => _ = call.execute::<Incident>(&id, incident::Command::Untag(keys)).await?,
        Tagged::ReplicationSet(set_id) => {
            let untag = set::Command::Untag { set_id, keys };
            call.execute::<set::ReplicationSet>(INSTALLATION, untag).await?;
        }
    }
    Ok(UntagResourceResponse {})
}

pub async fn list(call: Call<ListTagsForResourceRequest>) -> Result<ListTagsForResourceResponse, ApiError> {
    let views = call.handle.views();
    let tags: Option<Tags> = match tagged(&call.handle, call.input.resource_arn.as_ref())? {
        Tagged::Plan(name) => views.get(PLAN_TAGS, &name),
        Tagged::Incident(id) => views.get(INCIDENT_TAGS, &id),
        Tagged::ReplicationSet(set_id) => Some(replication::set(&call.handle, &set_id)?.tags),
    };
    Ok(ListTagsForResourceResponse { tags: Some(tags.unwrap_or_default()) })
}
