//! Tags of contacts and rotations.

use super::{contacts::contact, rotations::rotation, tags_of};
use crate::{
    domain::{
        contact::{self, Contact},
        rotation::{self, Rotation},
        tags::Tags,
    },
    names::{ROTATION, id_in},
};
use reeve_contracts::ssm_contacts::*;
use reeve_runtime::{ApiError, Call, Store};

/// What an ARN names.
enum Tagged {
    Contact(String),
    Rotation(String),
}

fn tagged(views: &Store, arn: Option<&String>) -> Result<(Tagged, Tags), ApiError> {
    if arn.is_some_and(|arn| id_in(arn, ROTATION).is_some()) {
        let row = rotation(views, arn)?;
        return Ok((Tagged::Rotation(row.rotation_id.clone()), row.tags.clone()));
    }
    let row = contact(views, "ResourceARN", arn)?;
    Ok((Tagged::Contact(row.alias.clone()), row.tags.clone()))
}

pub async fn add(call: Call<TagResourceRequest>) -> Result<TagResourceResult, ApiError> {
    let (of, _) = tagged(call.handle.views(), call.input.resource_arn.as_ref())?;
    let tags = tags_of(call.input.tags.as_ref())?;
    match of {
        Tagged::Contact(alias) => _ = call.execute::<Contact>(&alias, contact::Command::Tag(tags)).await?,
        Tagged::Rotation(id) => _ = call.execute::<Rotation>(&id, rotation::Command::Tag(tags)).await?,
    }
    Ok(TagResourceResult {})
}

pub async fn remove(call: Call<UntagResourceRequest>) -> Result<UntagResourceResult, ApiError> {
    let (of, _) = tagged(call.handle.views(), call.input.resource_arn.as_ref())?;
    let keys = call.input.tag_keys.clone().unwrap_or_default();
    match of {
        Tagged::Contact(alias) => _ = call.execute::<Contact>(&alias, contact::Command::Untag(keys)).await?,
        Tagged::Rotation(id) => _ = call.execute::<Rotation>(&id, rotation::Command::Untag(keys)).await?,
    }
    Ok(UntagResourceResult {})
}

pub async fn list(call: Call<ListTagsForResourceRequest>) -> Result<ListTagsForResourceResult, ApiError> {
    let (_, tags) = tagged(call.handle.views(), call.input.resource_arn.as_ref())?;
    let tags = tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) });
    Ok(ListTagsForResourceResult { tags: Some(tags.collect()) })
}
