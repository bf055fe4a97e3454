//! ListComplianceItems.

use super::{MANAGED_INSTANCE, filters::Conditions, known_resource, known_resource_type, summaries, summary};
use crate::{
    associations::ASSOCIATION,
    projections::{GroupRow, ItemRow, TYPES},
    reading::{PATCH, items},
};
use reeve_contracts::ssm::{ComplianceItem, ListComplianceItemsRequest, ListComplianceItemsResult};
use reeve_runtime::{ApiError, Call, Handle, Page, page_size, text, to_answers};
use reeve_types::Timestamp;

const MAX_ITEMS_PER_PAGE: usize = 50;
/// What filters may name, beside what they may name of a resource's items of a type together.
const FILTER_KEYS: [&str; 3] = ["Id", "Severity", "DocumentName"];

/// An item with what is known of all of its type on the resource.
type Listed = (String, GroupRow, ItemRow);

/// The items of one resource, type by type.
pub(crate) async fn list(
    call: Call<ListComplianceItemsRequest>,
) -> Result<ListComplianceItemsResult, ApiError> {
    let input = &call.input;
    for named in input.resource_types.iter().flatten() {
        known_resource_type("ResourceTypes", named)?;
    }
    let resource = match input.resource_ids.as_deref().unwrap_or_default() {
        [one] => one.as_str(),
        several => {
            let message = format!("ResourceIds has {} ids; it has exactly one.", several.len());
            return Err(ApiError::new("InvalidResourceId", message));
        }
    };
    known_resource(&call.handle, "ResourceIds", resource)?;
    let known = [&FILTER_KEYS[..], &summaries::FILTER_KEYS[..]].concat();
    let conditions = Conditions::read(input.filters.as_ref(), &known)?;
    let limit = page_size(input.max_results, MAX_ITEMS_PER_PAGE)?;
    let page = page(&call.handle, resource, &conditions, input.next_token.as_deref(), limit)?;
    let (items, next_token) = to_answers(page, |(compliance_type, group, row)| {
        let mut details = row.details.clone();
        if compliance_type == PATCH {
            let of = [("PatchBaselineId", &group.baseline_id), ("PatchGroup", &group.patch_group)];
            let of = of.into_iter().filter(|(_, value)| !value.is_empty());
            details.extend(of.map(|(name, value)| (name.to_owned(), value.clone())));
        }
        ComplianceItem {
            compliance_type: Some(compliance_type),
            details: Some(details),
            execution_summary: Some(summary(row.known_by(&group))),
            id: text(&row.id),
            resource_id: Some(resource.to_owned()),
            resource_type: Some(MANAGED_INSTANCE.to_owned()),
            severity: Some(row.severity),
            status: Some(row.status),
            title: Some(row.title),
        }
    })?;
    Ok(ListComplianceItemsResult { compliance_items: Some(items), next_token })
}

/// The types that the resource may have items of, in order.
fn types(handle: &Handle) -> Vec<String> {
    let put = handle.views().scan::<u64>(TYPES, "", None, usize::MAX).rows.into_iter();
    let mut types: Vec<String> =
        put.map(|(name, _)| name).chain([PATCH, ASSOCIATION].map(str::to_owned)).collect();
    types.sort();
    types.dedup();
    types
}

/// Continues after a token, which is a type, a slash and the key of an item of that type.
fn page(
    handle: &Handle,
    resource: &str,
    conditions: &Conditions,
    token: Option<&str>,
    limit: usize,
) -> Result<Page<Listed>, ApiError> {
    let after = match token {
        None => None,
        Some(token) => Some(token.split_once('/').ok_or_else(|| ApiError::unknown_token(token))?),
    };
    let mut rows: Vec<(String, Listed)> = Vec::new();
    for compliance_type in types(handle) {
        if after.is_some_and(|(of, _)| compliance_type.as_str() < of) || rows.len() > limit {
            continue;
        }
        let after = after.filter(|(of, _)| *of == compliance_type).map(|(_, key)| key);
        let keep = |group: &GroupRow, row: &ItemRow| {
            conditions.hold(|key| value(handle, key, &compliance_type, resource, group, row))
        };
        // One more tells whether there are more.
        let wanted = limit + 1 - rows.len();
        let Some((group, found)) = items(handle, (&compliance_type, resource), after, wanted, keep) else {
            continue;
        };
        rows.extend(found.into_iter().map(|(key, row)| {
            (format!("{compliance_type}/{key}"), (compliance_type.clone(), group.clone(), row))
        }));
    }
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(key, _)| key.clone());
    Ok(Page { rows, next })
}

/// What stands under a filter's key.
fn value(
    handle: &Handle,
    key: &str,
    compliance_type: &str,
    resource: &str,
    group: &GroupRow,
    row: &ItemRow,
) -> String {
    match key {
        "Id" => row.id.clone(),
        "Severity" => row.severity.clone(),
        "Status" => row.status.clone(),
        "ExecutionTime" => Timestamp(row.known_by(group).time_ms).rfc3339(),
        "ExecutionType" => row.known_by(group).kind.clone(),
        "DocumentName" => row.details.get(key).cloned().unwrap_or_default(),
        _ => summaries::value(handle, key, compliance_type, resource, group),
    }
}
