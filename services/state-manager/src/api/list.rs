//! Associations and their versions, read.

use super::{by_id, named};
use crate::{
    projections::{ASSOCIATIONS, AssociationRow, VERSIONS, VersionRow, version_key},
    shape,
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, page_size, to_answers, with_keys, word_of};
use reeve_types::{Timestamp, arn::id_or_arn};

pub async fn describe(call: Call<DescribeAssociationRequest>) -> Result<DescribeAssociationResult, ApiError> {
    let input = &call.input;
    let (id, name, node) = (&input.association_id, &input.name, &input.instance_id);
    let row = named(&call.handle, id.as_ref(), name.as_ref(), node.as_ref())?;
    let mut row = (*row).clone();
    if let Some(version) = input.association_version.as_deref().filter(|version| *version != "$LATEST") {
        let number: u32 = version.parse().unwrap_or_default();
        let key = version_key(&row.state.association_id, number);
        let of: Option<VersionRow> = call.handle.views().get(VERSIONS, &key);
        let of = of.filter(|of| of.created_ms >= row.created_ms).ok_or_else(|| {
            let message = format!("AssociationVersion is {version:?}: there is no such version.");
            ApiError::new("InvalidAssociationVersion", message)
        })?;
        (row.state.version, row.state.since_ms) = (number, of.created_ms);
        row.state.association_json = of.association_json;
    }
    Ok(DescribeAssociationResult { association_description: Some(shape::description(&call.handle, &row)) })
}

pub async fn list(call: Call<ListAssociationsRequest>) -> Result<ListAssociationsResult, ApiError> {
    let input = &call.input;
    let filters = input.association_filter_list.clone().unwrap_or_default();
    let filters = filters.iter().map(filter).collect::<Result<Vec<_>, _>>()?;
    let limit = page_size(input.max_results, 50)?;
    let handle = &call.handle;
    let meets = |_: &str, row: &AssociationRow| {
        let listed = shape::listed(handle, row);
        filters.iter().all(|filter| filter(&listed))
    };
    let after = input.next_token.as_deref();
    let page = handle.views().filter::<AssociationRow>(ASSOCIATIONS, "", after, limit, meets);
    let (associations, next_token) = to_answers(page, |row| shape::listed(handle, &row))?;
    Ok(ListAssociationsResult { associations: Some(associations), next_token })
}

type Filter = Box<dyn Fn(&Association) -> bool + Send + Sync>;

/// # Errors
/// `ValidationException` naming the filter's key and value.
fn filter(of: &AssociationFilter) -> Result<Filter, ApiError> {
    let (key, value) = (of.key.clone().unwrap_or_default(), of.value.clone().unwrap_or_default());
    let instant = || {
        let at = Timestamp::parse_rfc3339(&value).map(Timestamp::epoch_seconds);
        at.ok_or_else(|| {
            ApiError::invalid(format!(
                "{key} is {value:?}, which is no instant such as 2026-01-31T12:00:00Z."
            ))
        })
    };
    Ok(match key.as_str() {
        "InstanceId" => Box::new(move |row| row.instance_id.as_ref() == Some(&value)),
        "Name" => {
            let name = id_or_arn("document", &value).to_owned();
            Box::new(move |row| row.name.as_ref() == Some(&name))
        }
        "AssociationId" => Box::new(move |row| row.association_id.as_ref() == Some(&value)),
        "AssociationName" => Box::new(move |row| row.association_name.as_ref() == Some(&value)),
        "AssociationStatusName" => {
            let value =
                word_of(&["Pending", "Success", "Failed"], &value, &key).map_err(ApiError::invalid)?;
            Box::new(move |row| row.overview.as_ref().and_then(|o| o.status.as_ref()) == Some(&value))
        }
        "LastExecutedBefore" => {
            let at = instant()?;
            Box::new(move |row| row.last_execution_date.is_some_and(|last| last < at))
        }
        "LastExecutedAfter" => {
            let at = instant()?;
            Box::new(move |row| row.last_execution_date.is_some_and(|last| last > at))
        }
        _ => {
            return Err(ApiError::invalid(format!(
                "{key} is {value:?}: nothing here has what this filter asks for."
            )));
        }
    })
}

pub async fn versions(
    call: Call<ListAssociationVersionsRequest>,
) -> Result<ListAssociationVersionsResult, ApiError> {
    let input = &call.input;
    let of = by_id(&call.handle, input.association_id.as_ref())?;
    let id = of.state.association_id.clone();
    let (limit, prefix) = (page_size(input.max_results, 50)?, format!("{id}/"));
    // One of the old form may have been deleted and made anew: it has none of its former life.
    let meets = |_: &str, row: &VersionRow| row.created_ms >= of.created_ms;
    let after = input.next_token.as_deref();
    let page = call.handle.views().filter::<VersionRow>(VERSIONS, &prefix, after, limit, meets);
    let (versions, next_token) = to_answers(with_keys(page), |(key, row): (String, VersionRow)| {
        let number = key[prefix.len()..].trim_start_matches('0');
        let of = serde_json::from_str(&row.association_json).unwrap_or_default();
        shape::version(&id, number, row.created_ms, of)
    })?;
    Ok(ListAssociationVersionsResult { association_versions: Some(versions), next_token })
}
