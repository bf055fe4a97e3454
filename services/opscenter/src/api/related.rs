//! AssociateOpsItemRelatedItem, DisassociateOpsItemRelatedItem, ListOpsItemRelatedItems.

use super::{
    identity, invalid,
    items::{existing, named},
};
use crate::{
    domain::item::{Command, OpsItem, OpsItemEvent},
    projections::items::{RELATED, RelatedRow},
};
use reeve_contracts::{opscenter::RelatedItemAssociated, ssm};
use reeve_runtime::{ApiError, Call, page_size, text, to_answers};

const MAX_RELATED_ITEMS_PER_PAGE: usize = 50;

pub async fn associate(
    call: Call<ssm::AssociateOpsItemRelatedItemRequest>,
) -> Result<ssm::AssociateOpsItemRelatedItemResponse, ApiError> {
    let input = &call.input;
    let id = input.ops_item_id.clone().unwrap_or_default();
    let associated = RelatedItemAssociated {
        ops_item_id: id.clone(),
        // A repeated call has the same.
        association_id: call.caller.command_id.to_string(),
        association_type: input.association_type.clone().unwrap_or_default(),
        resource_type: input.resource_type.clone().unwrap_or_default(),
        resource_uri: input.resource_uri.clone().unwrap_or_default(),
    };
    let executed = call.execute::<OpsItem>(&id, Command::Associate(Box::new(associated))).await;
    let association_id = match named(&id, executed)?.event {
        Some(OpsItemEvent::RelatedItemAssociated(associated)) => Some(associated.association_id),
        _ => None,
    };
    Ok(ssm::AssociateOpsItemRelatedItemResponse { association_id })
}

pub async fn disassociate(
    call: Call<ssm::DisassociateOpsItemRelatedItemRequest>,
) -> Result<ssm::DisassociateOpsItemRelatedItemResponse, ApiError> {
    let id = call.input.ops_item_id.clone().unwrap_or_default();
    let association_id = call.input.association_id.clone().unwrap_or_default();
    let executed = call.execute::<OpsItem>(&id, Command::Disassociate { association_id }).await;
    named(&id, executed)?;
    Ok(ssm::DisassociateOpsItemRelatedItemResponse {})
}

pub async fn list(
    call: Call<ssm::ListOpsItemRelatedItemsRequest>,
) -> Result<ssm::ListOpsItemRelatedItemsResponse, ApiError> {
    let input = &call.input;
    let limit = page_size(input.max_results, MAX_RELATED_ITEMS_PER_PAGE)?;
    let prefix = match &input.ops_item_id {
        // This operation has no other word for it.
        Some(id) => match existing(&call, id) {
            Ok(item) => format!("{}/", item.id),
            Err(_) => return Err(invalid("OpsItemId", &format!("is {id}: there is no such OpsItem"))),
        },
        None => String::new(),
    };
    let mut conditions = Vec::new();
    for filter in input.filters.iter().flatten() {
        let value: fn(&RelatedRow) -> &String = match filter.key.as_deref().unwrap_or_default() {
            "ResourceType" => |row| &row.resource_type,
            "AssociationId" => |row| &row.association_id,
            "ResourceUri" => |row| &row.resource_uri,
            key => return Err(invalid("Filters", &format!("has the key {key:?}, which there is not"))),
        };
        conditions.push((value, filter.values.clone().unwrap_or_default()));
    }
    let keep = |_: &str, row: &RelatedRow| conditions.iter().all(|(value, any)| any.contains(value(row)));
    let page = call.handle.views().filter(RELATED, &prefix, input.next_token.as_deref(), limit, keep);
    let (summaries, next_token) = to_answers(page, |row: RelatedRow| ssm::OpsItemRelatedItemSummary {
        ops_item_id: text(&row.ops_item_id),
        association_id: text(&row.association_id),
        association_type: text(&row.association_type),
        resource_type: text(&row.resource_type),
        resource_uri: text(&row.resource_uri),
        created_by: Some(identity(&call.caller, &row.created_by)),
        created_time: Some(row.created.epoch_seconds()),
        last_modified_by: Some(identity(&call.caller, &row.created_by)),
        last_modified_time: Some(row.created.epoch_seconds()),
    })?;
    Ok(ssm::ListOpsItemRelatedItemsResponse { next_token, summaries: Some(summaries) })
}
