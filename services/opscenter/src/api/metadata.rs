//! CreateOpsMetadata, GetOpsMetadata, UpdateOpsMetadata, DeleteOpsMetadata, ListOpsMetadata.

use super::{arn, new_tags};
use crate::{
    domain::metadata::{Command, Error, OpsMetadata},
    projections::metadata::{METADATA, MetadataRow},
};
use reeve_contracts::{
    opscenter::{MetadataEntry, OpsMetadataCreated, Tag},
    ssm,
};
use reeve_runtime::{ApiError, Call, Page, page_of, page_size, text, to_answers};
use reeve_types::arn::id_or_arn;
use std::collections::BTreeMap;
use uuid::Uuid;

const MAX_METADATA_PER_PAGE: usize = 50;
const MAX_KEYS_PER_PAGE: usize = 10;
const KIND: &str = "opsmetadata";

fn refused(message: String) -> ApiError {
    ApiError::new("OpsMetadataInvalidArgumentException", message)
}

/// The id of the OpsMetadata of a resource: each resource has one at most.
fn id_of(resource: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("ops-metadata/{resource}").as_bytes()).to_string()
}

fn named(arn: Option<&String>) -> String {
    let arn = arn.map(String::as_str).unwrap_or_default();
    id_or_arn(KIND, arn).to_owned()
}

type Given = BTreeMap<String, ssm::MetadataValue>;

fn texts(metadata: Option<&Given>) -> Result<BTreeMap<String, String>, ApiError> {
    let texts = metadata.into_iter().flatten().map(|(key, value)| match &value.value {
        Some(value) => Ok((key.clone(), value.clone())),
        None => Err(refused(format!("The key {key:?} of the metadata has no Value."))),
    });
    texts.collect()
}

pub async fn create(
    call: Call<ssm::CreateOpsMetadataRequest>,
) -> Result<ssm::CreateOpsMetadataResult, ApiError> {
    let input = &call.input;
    let resource_id = input.resource_id.clone().unwrap_or_default();
    let id = id_of(&resource_id);
    let tags = new_tags(input.tags.as_ref()).map_err(|error| refused(format!("Tags: {error}.")))?;
    let metadata = texts(input.metadata.as_ref())?.into_iter();
    let created = OpsMetadataCreated {
        ops_metadata_id: id.clone(),
        resource_id,
        metadata: metadata.map(|(key, value)| MetadataEntry { key, value }).collect(),
        tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
    };
    let has_tags = !created.tags.is_empty();
    let executed = call.execute::<OpsMetadata>(&id, Command::Create(Box::new(created))).await?;
    if executed.event.is_some() && has_tags {
        call.tags_follow("OpsMetadata", &id).await;
    }
    Ok(ssm::CreateOpsMetadataResult { ops_metadata_arn: Some(arn(&call.caller, KIND, &id)) })
}

pub async fn get(call: Call<ssm::GetOpsMetadataRequest>) -> Result<ssm::GetOpsMetadataResult, ApiError> {
    let input = &call.input;
    let limit = page_size(input.max_results, MAX_KEYS_PER_PAGE)?;
    let id = named(input.ops_metadata_arn.as_ref());
    let row: MetadataRow = call.handle.views().get(METADATA, &id).ok_or(Error::NotFound)?;
    let entries = row.metadata.metadata.into_iter().collect();
    let Page { rows, next: next_token } = page_of(entries, input.next_token.as_deref(), limit);
    let value = |(key, value): (String, String)| (key, ssm::MetadataValue { value: Some(value) });
    let metadata: Given = rows.into_iter().map(value).collect();
    let resource_id = Some(row.metadata.resource_id);
    Ok(ssm::GetOpsMetadataResult { metadata: Some(metadata), next_token, resource_id })
}

pub async fn update(
    call: Call<ssm::UpdateOpsMetadataRequest>,
) -> Result<ssm::UpdateOpsMetadataResult, ApiError> {
    let input = &call.input;
    let id = named(input.ops_metadata_arn.as_ref());
    let set = texts(input.metadata_to_update.as_ref())?;
    let delete = input.keys_to_delete.clone().unwrap_or_default();
    call.execute::<OpsMetadata>(&id, Command::Update { set, delete }).await?;
    Ok(ssm::UpdateOpsMetadataResult { ops_metadata_arn: Some(arn(&call.caller, KIND, &id)) })
}

pub async fn delete(
    call: Call<ssm::DeleteOpsMetadataRequest>,
) -> Result<ssm::DeleteOpsMetadataResult, ApiError> {
    let id = named(call.input.ops_metadata_arn.as_ref());
    call.execute::<OpsMetadata>(&id, Command::Delete).await?;
    call.tags_end("OpsMetadata", &id).await;
    Ok(ssm::DeleteOpsMetadataResult {})
}

pub async fn list(call: Call<ssm::ListOpsMetadataRequest>) -> Result<ssm::ListOpsMetadataResult, ApiError> {
    let input = &call.input;
    let limit = page_size(input.max_results, MAX_METADATA_PER_PAGE)?;
    let mut resources = Vec::new();
    for filter in input.filters.iter().flatten() {
        match filter.key.as_deref().unwrap_or_default() {
            "ResourceId" => resources.push(filter.values.clone().unwrap_or_default()),
            key => {
                let message = format!("Filters has the key {key:?}: OpsMetadata is filtered by ResourceId.");
                return Err(refused(message));
            }
        }
    }
    let keep = |_: &str, row: &MetadataRow| {
        resources.iter().all(|any: &Vec<String>| any.contains(&row.metadata.resource_id))
    };
    let page = call.handle.views().filter(METADATA, "", input.next_token.as_deref(), limit, keep);
    let (list, next_token) = to_answers(page, |row: MetadataRow| ssm::OpsMetadata {
        ops_metadata_arn: Some(arn(&call.caller, KIND, &row.metadata.id)),
        resource_id: text(&row.metadata.resource_id),
        creation_date: Some(row.created.epoch_seconds()),
        last_modified_date: Some(row.modified.epoch_seconds()),
        last_modified_user: text(&row.modified_by),
    })?;
    Ok(ssm::ListOpsMetadataResult { next_token, ops_metadata_list: Some(list) })
}
