//! PutComplianceItems.

use super::{known_resource, known_resource_type};
use crate::{
    associations::{ASSOCIATION, is_said_by_others},
    projections::{ItemRow, TYPES},
    reading::PATCH,
    taking::{Items, take},
};
use reeve_contracts::{
    compliance::ComplianceChanged,
    ssm::{ComplianceItemEntry, PutComplianceItemsRequest, PutComplianceItemsResult},
};
use reeve_inventory_model::key_part;
use reeve_runtime::{ApiError, Call, Handle};
use reeve_types::Timestamp;
use std::collections::BTreeMap;

/// As many custom types as an account has: AWS's quota.
const MAX_CUSTOM_TYPES: usize = 10;
/// As many bytes as one item has, written as JSON: AWS's quota of 800 KB.
const MAX_ITEM_BYTES: usize = 800 * 1024;
/// As many characters as an item's id has: AWS's documentation of ComplianceItemEntry.
const MAX_ID_CHARS: usize = 100;

/// Replaces a resource's items of a type, or with PARTIAL those that are named. Nothing is put when one of them is refused.
pub(crate) async fn put(call: Call<PutComplianceItemsRequest>) -> Result<PutComplianceItemsResult, ApiError> {
    let input = &call.input;
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    let (resource, compliance_type) = (text(&input.resource_id), text(&input.compliance_type));
    known_resource_type("ResourceType", &text(&input.resource_type))?;
    known_resource(&call.handle, "ResourceId", &resource)?;
    let upload_type = input.upload_type.as_deref().unwrap_or("COMPLETE");
    check_type(&compliance_type, upload_type)?;
    let execution = input.execution_summary.clone().unwrap_or_default();
    let seconds = execution.execution_time.unwrap_or_default();
    let executed = Timestamp::from_epoch_seconds(seconds).filter(|at| at.0 >= 0).ok_or_else(|| {
        ApiError::invalid(format!(
            "ExecutionSummary.ExecutionTime is {seconds}, which is no instant since 1970."
        ))
    })?;
    let items = keyed(&compliance_type, input.items.as_deref().unwrap_or_default())?;
    if compliance_type == ASSOCIATION {
        are_to_be_said(&call.handle, &items)?;
    }
    check_count(&call.handle, &compliance_type, &items)?;
    let content_hash = text(&input.item_content_hash);
    if upload_type == "PARTIAL" && items.is_empty() {
        return Ok(PutComplianceItemsResult {});
    }
    let about = ComplianceChanged {
        resource_id: resource,
        compliance_type,
        resource_type: text(&input.resource_type),
        upload_type: upload_type.to_owned(),
        execution_id: text(&execution.execution_id),
        execution_type: text(&execution.execution_type),
        executed_ms: executed.0,
        content_hash,
        ..ComplianceChanged::default()
    };
    let position = take(&call.handle, &about, &items, &call.context()).await?;
    call.reached(position);
    Ok(PutComplianceItemsResult {})
}

/// AWS documents PARTIAL for associations alone; custom types take it here as well.
fn check_type(compliance_type: &str, upload_type: &str) -> Result<(), ApiError> {
    let is_custom = compliance_type.starts_with("Custom:");
    if !is_custom && ![PATCH, ASSOCIATION].contains(&compliance_type) {
        let message = format!(
            "ComplianceType is {compliance_type:?}; it may be {PATCH}, {ASSOCIATION}, or Custom: and a name."
        );
        return Err(ApiError::invalid(message));
    }
    if compliance_type == PATCH && upload_type == "PARTIAL" {
        let message = format!(
            "UploadType is PARTIAL, and ComplianceType is {compliance_type}, whose items are put all together: COMPLETE."
        );
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// Of associations that is said alone which is somebody's to say: of the others it is what they did.
fn are_to_be_said(handle: &Handle, items: &Items) -> Result<(), ApiError> {
    for row in items.values() {
        let why = match is_said_by_others(handle, &row.id) {
            Some(true) => continue,
            Some(false) => "whose compliance is what it did: its SyncCompliance is not MANUAL",
            None => "and there is no such association",
        };
        let message = format!("The Id {:?} of Items is that of an association, {why}.", row.id);
        let refused = ApiError::new("InvalidItemContentException", message);
        return Err(refused.with("TypeName", ASSOCIATION));
    }
    Ok(())
}

/// The items by what tells them apart: their ids. Those without one are told apart by their titles, and those with the same
/// one are numbered.
fn keyed(compliance_type: &str, entries: &[ComplianceItemEntry]) -> Result<Items, ApiError> {
    let (mut items, mut titles) = (Items::new(), BTreeMap::<String, u32>::new());
    for (number, entry) in (1..).zip(entries) {
        let bytes = serde_json::to_vec(entry).map_err(ApiError::internal)?.len();
        let row = row(entry);
        if bytes > MAX_ITEM_BYTES {
            let message = format!(
                "Compliance item can have up to 800 KB in total. The {number}. of Items, with the Id {:?}, has {} KB.",
                row.id,
                bytes.div_ceil(1024)
            );
            let error = ApiError::new("ItemSizeLimitExceededException", message);
            return Err(error.with("TypeName", compliance_type));
        }
        if row.id.chars().count() > MAX_ID_CHARS {
            let message = format!("The Id {:?} of Items has more than {MAX_ID_CHARS} characters.", row.id);
            return Err(
                ApiError::new("InvalidItemContentException", message).with("TypeName", compliance_type)
            );
        }
        let key = match row.id.as_str() {
            "" => {
                let number = titles.entry(row.title.clone()).and_modify(|number| *number += 1).or_insert(1);
                format!("title/{}/{number:05}", key_part(&row.title))
            }
            id => format!("id/{}", key_part(id)),
        };
        let id = row.id.clone();
        if items.insert(key, row).is_some() {
            let message = format!("Items has the Id {id:?} more than once.");
            return Err(
                ApiError::new("InvalidItemContentException", message).with("TypeName", compliance_type)
            );
        }
    }
    Ok(items)
}

fn row(entry: &ComplianceItemEntry) -> ItemRow {
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    ItemRow {
        id: text(&entry.id),
        title: text(&entry.title),
        severity: text(&entry.severity),
        status: text(&entry.status),
        details: entry.details.clone().unwrap_or_default(),
        execution: None,
    }
}

/// Refuses a type that would be one too many.
fn check_count(handle: &Handle, compliance_type: &str, items: &Items) -> Result<(), ApiError> {
    let is_known = handle.views().get::<u64>(TYPES, compliance_type).is_some();
    if is_known || items.is_empty() || [PATCH, ASSOCIATION].contains(&compliance_type) {
        return Ok(());
    }
    let known = handle.views().scan::<u64>(TYPES, "Custom:", None, usize::MAX).rows;
    if known.len() < MAX_CUSTOM_TYPES {
        return Ok(());
    }
    let message = format!(
        "There are {} custom types, and {MAX_CUSTOM_TYPES} are allowed: {compliance_type} cannot be added.",
        known.len()
    );
    Err(ApiError::new("ComplianceTypeCountLimitExceededException", message))
}
