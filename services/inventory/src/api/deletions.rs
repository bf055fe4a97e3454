//! DeleteInventory and DescribeInventoryDeletions.

use super::known_type;
use crate::{
    domain::deletion::{Command, Deletion, Error},
    projections::{DELETIONS, DeletionRow, ITEMS, ItemRow, newest},
};
use reeve_contracts::{
    inventory::{InventoryDeletionStarted, SchemaVersionCount},
    ssm::{
        DeleteInventoryRequest, DeleteInventoryResult, DescribeInventoryDeletionsRequest,
        DescribeInventoryDeletionsResult, InventoryDeletionStatusItem, InventoryDeletionSummary,
        InventoryDeletionSummaryItem,
    },
};
use reeve_inventory_model::types;
use reeve_runtime::{ApiError, Call, page_size, to_answers, with_keys};
use std::collections::BTreeMap;
use uuid::Uuid;

const MAX_DELETIONS_PER_PAGE: usize = 50;
const DISABLE_SCHEMA: &str = "DisableSchema";

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Reused { .. } => "InvalidInventoryRequestException",
            Error::Unknown => "InvalidDeletionIdException",
        };
        Self::new(code, format!("{error}."))
    }
}

/// Deletes what all nodes have of a custom type. That takes its time: the answer says how many have something.
pub(crate) async fn delete(call: Call<DeleteInventoryRequest>) -> Result<DeleteInventoryResult, ApiError> {
    let name = call.input.type_name.clone().unwrap_or_default();
    known_type(&name)?;
    let refused = |message: String| Err(ApiError::new("InvalidTypeNameException", message));
    if !types::is_custom(&name) {
        return refused(format!("TypeName is {name:?}: only custom types can be deleted."));
    }
    let Some(newest) = newest(call.handle.views(), &name) else {
        return refused(format!("TypeName is {name:?}, and there is no such custom type."));
    };
    let items = call.handle.views().scan::<ItemRow>(ITEMS, &format!("{name}/"), None, usize::MAX).rows;
    let mut versions: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (_, item) in items.into_iter().filter(|(_, item)| !item.hash.is_empty()) {
        let (all, left) = versions.entry(item.schema_version).or_default();
        (*all, *left) = (*all + 1, *left + 1);
    }
    if call.input.dry_run == Some(true) {
        let deletion_summary = Some(summary(&versions));
        return Ok(DeleteInventoryResult { type_name: Some(name), deletion_summary, ..Default::default() });
    }
    let schema_option = call.input.schema_delete_option.clone().unwrap_or_default();
    let id = match &call.input.client_token {
        Some(token) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("inventory-deletion/{token}").as_bytes()),
        None => call.caller.command_id,
    };
    let started = InventoryDeletionStarted {
        deletion_id: id.to_string(),
        type_name: name.clone(),
        disabled_version: if schema_option == DISABLE_SCHEMA { newest } else { String::new() },
        schema_option,
        versions: versions
            .iter()
            .map(|(version, (nodes, _))| SchemaVersionCount { version: version.clone(), nodes: *nodes })
            .collect(),
    };
    call.execute::<Deletion>(&id.to_string(), Command::Start(Box::new(started))).await?;
    Ok(DeleteInventoryResult {
        deletion_id: Some(id.to_string()),
        type_name: Some(name),
        deletion_summary: Some(summary(&versions)),
    })
}

fn count(of: u64) -> Option<i32> {
    Some(i32::try_from(of).unwrap_or(i32::MAX))
}

fn summary(versions: &BTreeMap<String, (u64, u64)>) -> InventoryDeletionSummary {
    let item = |(version, (all, left)): (&String, &(u64, u64))| InventoryDeletionSummaryItem {
        version: Some(version.clone()),
        count: count(*all),
        remaining_count: count(*left),
    };
    InventoryDeletionSummary {
        total_count: count(versions.values().map(|(all, _)| all).sum()),
        remaining_count: count(versions.values().map(|(_, left)| left).sum()),
        summary_items: Some(versions.iter().map(item).collect()),
    }
}

/// The deletions there were, or one of them.
pub(crate) async fn describe(
    call: Call<DescribeInventoryDeletionsRequest>,
) -> Result<DescribeInventoryDeletionsResult, ApiError> {
    let input = &call.input;
    let limit = page_size(input.max_results, MAX_DELETIONS_PER_PAGE)?;
    let wanted = input.deletion_id.as_deref();
    if let Some(id) = wanted
        && call.handle.views().look::<DeletionRow>(DELETIONS, id).is_none()
    {
        let message = format!("DeletionId is {id:?}, and there is no such deletion.");
        return Err(ApiError::new("InvalidDeletionIdException", message));
    }
    let prefix = wanted.unwrap_or_default();
    let page = call.handle.views().scan::<DeletionRow>(DELETIONS, prefix, input.next_token.as_deref(), limit);
    let (inventory_deletions, next_token) = to_answers(with_keys(page), |(id, row)| status(id, &row))?;
    Ok(DescribeInventoryDeletionsResult { inventory_deletions: Some(inventory_deletions), next_token })
}

fn status(id: String, row: &DeletionRow) -> InventoryDeletionStatusItem {
    let (status, message) = match row.complete {
        true => ("Complete", "Deletion completed successfully"),
        false => ("InProgress", "The Delete is in progress"),
    };
    InventoryDeletionStatusItem {
        deletion_id: Some(id),
        type_name: Some(row.type_name.clone()),
        deletion_start_time: Some(row.started.epoch_seconds()),
        last_status: Some(status.to_owned()),
        last_status_message: Some(message.to_owned()),
        last_status_update_time: Some(row.changed.epoch_seconds()),
        deletion_summary: Some(summary(&row.versions)),
    }
}
