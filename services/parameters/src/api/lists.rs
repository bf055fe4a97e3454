//! DescribeParameters, GetParameterHistory.

use super::{
    arn,
    filters::{Filter, OF_DESCRIBE, filters, old_filters},
    number, user,
};
use crate::{
    domain::{
        parameter::{Error, MAX_VERSIONS},
        policies,
    },
    projections::{PARAMETERS, ParameterRow, TAGS, VERSIONS, VersionRow},
    secrets,
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, Page, Store, page_size, text, to_answers};
use reeve_secrets::Vault;
use reeve_types::parameters::{Named, named};
use std::collections::BTreeSet;

const MAX_PER_PAGE: usize = 50;
/// As many as a page has when its caller does not say.
const DEFAULT_PER_PAGE: i32 = 10;

pub async fn describe(call: Call<DescribeParametersRequest>) -> Result<DescribeParametersResult, ApiError> {
    let input = &call.input;
    let limit = page_size(Some(input.max_results.unwrap_or(DEFAULT_PER_PAGE)), MAX_PER_PAGE)?;
    let is_there = |filters: Option<usize>| filters.is_some_and(|count| count > 0);
    let old = is_there(input.filters.as_ref().map(Vec::len));
    if old && is_there(input.parameter_filters.as_ref().map(Vec::len)) {
        return Err(ApiError::invalid("Filters and ParameterFilters can't be used in the same request."));
    }
    let filters = match old {
        true => old_filters(input.filters.as_ref())?,
        false => filters(input.parameter_filters.as_ref(), &OF_DESCRIBE)?,
    };
    // Nobody shares parameters with another account here.
    if input.shared.unwrap_or_default() {
        return Ok(DescribeParametersResult { parameters: Some(Vec::new()), next_token: None });
    }
    let views = call.handle.views();
    let after = input.next_token.as_deref();
    let beginnings = filters.iter().find_map(Filter::path_beginnings);
    let page = page(views, beginnings.unwrap_or_else(|| vec![String::new()]), after, limit, |path, row| {
        let tags = || views.get(TAGS, path).unwrap_or_default();
        filters.iter().all(|filter| filter.holds(&row.latest, tags))
    });
    let (parameters, next_token) = to_answers(page, |row| metadata(row, &call))?;
    Ok(DescribeParametersResult { parameters: Some(parameters), next_token })
}

/// A page of the parameters whose paths begin with one of these: what lies elsewhere is not looked at.
fn page(
    views: &Store,
    mut beginnings: Vec<String>,
    after: Option<&str>,
    limit: usize,
    keep: impl Fn(&str, &ParameterRow) -> bool,
) -> Page<ParameterRow> {
    beginnings.sort_unstable();
    // What begins with a longer one begins with the shorter one, too.
    beginnings.dedup_by(|longer, shorter| longer.starts_with(shorter.as_str()));
    let mut page = Page { rows: Vec::new(), next: None };
    for beginning in beginnings {
        let after = match after {
            Some(after) if after.starts_with(&beginning) => Some(after),
            Some(after) if *after > *beginning => continue,
            _ => None,
        };
        // One more tells whether there is another page.
        let wanted = limit + 1 - page.rows.len();
        page.rows.extend(views.filter(PARAMETERS, &beginning, after, wanted, &keep).rows);
        if page.rows.len() > limit {
            page.rows.truncate(limit);
            page.next = page.rows.last().map(|(path, _)| path.clone());
            break;
        }
    }
    page
}

/// The policies of a version; those of an earlier one have nothing more to do.
fn policies(row: &VersionRow, fired: Option<&BTreeSet<usize>>) -> Vec<ParameterInlinePolicy> {
    let policies = policies::read(&row.policies_json).unwrap_or_default().into_iter().enumerate();
    let policies = policies.map(|(index, policy)| {
        let is_pending = fired.is_some_and(|fired| !fired.contains(&index));
        ParameterInlinePolicy {
            policy_status: Some(if is_pending { "Pending" } else { "Finished" }.to_owned()),
            policy_type: Some(policy.kind().to_owned()),
            policy_text: Some(policy.text),
        }
    });
    policies.collect()
}

fn metadata(row: ParameterRow, call: &Call<DescribeParametersRequest>) -> ParameterMetadata {
    let policies = policies(&row.latest, Some(&row.fired));
    let row = row.latest;
    ParameterMetadata {
        arn: Some(arn(&row.path, &call.caller)),
        allowed_pattern: text(&row.allowed_pattern),
        data_type: Some(row.data_type),
        description: text(&row.description),
        key_id: text(&row.key_id),
        last_modified_date: Some(row.modified.epoch_seconds()),
        last_modified_user: Some(user(&row.user, &call.caller)),
        name: Some(row.name),
        policies: Some(policies),
        tier: Some(row.tier),
        r#type: Some(row.kind),
        version: number(row.version),
    }
}

pub async fn history(
    vault: Vault,
    call: Call<GetParameterHistoryRequest>,
) -> Result<GetParameterHistoryResult, ApiError> {
    let input = &call.input;
    let limit =
        page_size(Some(input.max_results.unwrap_or(MAX_PER_PAGE as i32)), MAX_PER_PAGE.min(MAX_VERSIONS))?;
    let name = input.name.as_deref().unwrap_or_default();
    let Named { path, selector } = named(name);
    let views = call.handle.views();
    let unknown = || Error::Unknown(name.to_owned());
    let parameter = views.look::<ParameterRow>(PARAMETERS, &path).filter(|_| selector.is_none());
    let parameter = parameter.ok_or_else(unknown)?;
    let prefix = format!("{path}//");
    let after = match input.next_token.as_deref() {
        Some(token) if !token.starts_with(&prefix) => return Err(ApiError::unknown_token(token)),
        token => token,
    };
    let page = views.scan::<VersionRow>(VERSIONS, &prefix, after, limit);
    let mut rows = Vec::with_capacity(page.rows.len());
    for (key, row) in page.rows {
        let value = secrets::value(&vault, &row, input.with_decryption.unwrap_or_default()).await?;
        let fired = (row.version == parameter.latest.version).then_some(&parameter.fired);
        let policies = policies(&row, fired);
        rows.push((key, ParameterHistory { policies: Some(policies), ..entry(row, value, &call) }));
    }
    let (parameters, next_token) = to_answers(Page { rows, next: page.next }, |entry| entry)?;
    Ok(GetParameterHistoryResult { parameters: Some(parameters), next_token })
}

fn entry(row: VersionRow, value: String, call: &Call<GetParameterHistoryRequest>) -> ParameterHistory {
    ParameterHistory {
        allowed_pattern: text(&row.allowed_pattern),
        data_type: Some(row.data_type),
        description: text(&row.description),
        key_id: text(&row.key_id),
        labels: Some(row.labels.into_iter().collect()),
        last_modified_date: Some(row.modified.epoch_seconds()),
        last_modified_user: Some(user(&row.user, &call.caller)),
        name: Some(row.name),
        policies: None,
        tier: Some(row.tier),
        r#type: Some(row.kind),
        value: Some(value),
        version: number(row.version),
    }
}
