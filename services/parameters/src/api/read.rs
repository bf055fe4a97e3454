//! GetParameter, GetParameters, GetParametersByPath.

use super::{
    arn,
    filters::{BY_PATH, Filter, filters, path},
    find, number,
};
use crate::{
    projections::{LEVELS, PARAMETERS, ParameterRow, VERSIONS, VersionRow, level_key, version_key},
    secrets,
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, Caller, Page, page_size, to_answers};
use reeve_secrets::Vault;
use reeve_types::parameters::named;
use std::collections::{BTreeMap, BTreeSet};

const MAX_PER_PATH_PAGE: usize = 10;

async fn shown(
    vault: &Vault,
    row: &VersionRow,
    selector: Option<String>,
    decrypt: Option<bool>,
    caller: &Caller,
) -> Result<Parameter, ApiError> {
    Ok(Parameter {
        arn: Some(arn(&row.path, caller)),
        data_type: Some(row.data_type.clone()),
        last_modified_date: Some(row.modified.epoch_seconds()),
        name: Some(row.name.clone()),
        selector,
        source_result: None,
        r#type: Some(row.kind.clone()),
        value: Some(secrets::value(vault, row, decrypt.unwrap_or_default()).await?),
        version: number(row.version),
    })
}

/// With its colon, as it is answered.
fn selector(text: &str) -> Option<String> {
    named(text).selector.map(|selector| format!(":{selector}"))
}

pub async fn get(vault: Vault, call: Call<GetParameterRequest>) -> Result<GetParameterResult, ApiError> {
    let name = call.input.name.as_deref().unwrap_or_default();
    let row = find(&call.handle, name)?;
    let shown = shown(&vault, &row, selector(name), call.input.with_decryption, &call.caller).await?;
    Ok(GetParameterResult { parameter: Some(shown) })
}

pub async fn get_many(
    vault: Vault,
    call: Call<GetParametersRequest>,
) -> Result<GetParametersResult, ApiError> {
    let names: BTreeSet<&String> = call.input.names.iter().flatten().collect();
    let (mut parameters, mut invalid) = (BTreeMap::new(), Vec::new());
    for name in names {
        match find(&call.handle, name) {
            Err(_) => invalid.push(name.clone()),
            Ok(row) => {
                let selector = selector(name);
                let key = (row.name.clone(), selector.clone());
                let shown = shown(&vault, &row, selector, call.input.with_decryption, &call.caller).await?;
                parameters.insert(key, shown);
            }
        }
    }
    let parameters = parameters.into_values().collect();
    Ok(GetParametersResult { parameters: Some(parameters), invalid_parameters: Some(invalid) })
}

pub async fn get_by_path(
    vault: Vault,
    call: Call<GetParametersByPathRequest>,
) -> Result<GetParametersByPathResult, ApiError> {
    let input = &call.input;
    let limit = page_size(input.max_results, MAX_PER_PATH_PAGE)?;
    let parent = path(input.path.as_deref().unwrap_or_default())?;
    let filters = filters(input.parameter_filters.as_ref(), &BY_PATH)?;
    let page = match input.recursive.unwrap_or_default() {
        true => recursively(&call, &parent, &filters, limit)?,
        false => directly(&call, &parent, &filters, limit)?,
    };
    let mut rows = Vec::with_capacity(page.rows.len());
    for (key, row) in page.rows {
        rows.push((key, shown(&vault, &row, None, input.with_decryption, &call.caller).await?));
    }
    let (parameters, next_token) = to_answers(Page { rows, next: page.next }, |shown| shown)?;
    Ok(GetParametersByPathResult { parameters: Some(parameters), next_token })
}

/// The token is the key of the last row that was answered, which lies below the path.
fn token<'a>(call: &'a Call<GetParametersByPathRequest>, prefix: &str) -> Result<Option<&'a str>, ApiError> {
    match call.input.next_token.as_deref() {
        Some(token) if !token.starts_with(prefix) => Err(ApiError::unknown_token(token)),
        token => Ok(token),
    }
}

/// Everything below a path. `/` has everything below it.
fn recursively(
    call: &Call<GetParametersByPathRequest>,
    parent: &str,
    filters: &[Filter],
    limit: usize,
) -> Result<Page<VersionRow>, ApiError> {
    let prefix = if parent.is_empty() { String::new() } else { format!("{parent}/") };
    let after = token(call, &prefix)?;
    let views = call.handle.views();
    let page = views.filter::<ParameterRow>(PARAMETERS, &prefix, after, limit, |_, row| {
        version(call, row, filters).is_some()
    });
    let rows = page.rows.into_iter().filter_map(|(key, row)| Some((key, version(call, &row, filters)?)));
    Ok(Page { rows: rows.collect(), next: page.next })
}

/// What lies one level below a path.
fn directly(
    call: &Call<GetParametersByPathRequest>,
    parent: &str,
    filters: &[Filter],
    limit: usize,
) -> Result<Page<VersionRow>, ApiError> {
    let prefix = level_key(&format!("{parent}/"));
    let after = token(call, &prefix)?;
    let views = call.handle.views();
    let found = |path: &String| {
        let row = views.look::<ParameterRow>(PARAMETERS, path)?;
        version(call, &row, filters)
    };
    let page = views.filter::<String>(LEVELS, &prefix, after, limit, |_, path| found(path).is_some());
    let rows = page.rows.into_iter().filter_map(|(key, path)| Some((key, found(&path)?)));
    Ok(Page { rows: rows.collect(), next: page.next })
}

/// The version of a parameter that filters ask for: with a label the one that has it, else the latest.
fn version(
    call: &Call<GetParametersByPathRequest>,
    row: &ParameterRow,
    filters: &[Filter],
) -> Option<VersionRow> {
    let labels = filters.iter().find_map(Filter::labels);
    let version = match labels {
        None => row.latest.clone(),
        Some(labels) => {
            let version = labels.iter().find_map(|label| row.labels.get(label))?;
            call.handle.views().get(VERSIONS, &version_key(&row.latest.path, *version))?
        }
    };
    filters.iter().all(|filter| filter.holds(&version, BTreeMap::new)).then_some(version)
}
