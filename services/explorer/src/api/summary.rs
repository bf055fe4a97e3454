//! GetOpsSummary.

use crate::{
    aggregators::{Aggregation, known_type},
    data::{DataType, OPS_ITEM, Place, Row},
    domain::{FROM_SOURCE, sync_id},
    filters::Filter,
    projections::{SYNCS, SyncRow},
};
use reeve_contracts::ssm::{GetOpsSummaryRequest, GetOpsSummaryResult, OpsEntity, OpsEntityItem};
use reeve_runtime::{ApiError, Call, page_of, page_size, to_answers, with_keys};
use std::collections::BTreeMap;

const MAX_ENTITIES: usize = 50;
/// As many rows a type of an entity has at most, as the model says.
const MAX_CONTENT: usize = 10_000;

pub(crate) async fn get(call: Call<GetOpsSummaryRequest>) -> Result<GetOpsSummaryResult, ApiError> {
    let input = &call.input;
    if let Some(name) = &input.sync_name {
        known_sync(&call, name)?;
    }
    let limit = page_size(input.max_results, MAX_ENTITIES)?;
    let aggregations = Aggregation::read(input.aggregators.as_deref().unwrap_or_default())?;
    let mut asked: Vec<&'static DataType> = Vec::new();
    let named = input.result_attributes.iter().flatten().map(|attribute| attribute.type_name.as_deref());
    let named = named.map(|name| known_type(name.unwrap_or_default())).collect::<Result<Vec<_>, _>>()?;
    for kind in aggregations.iter().map(|one| one.kind).chain(named.iter().copied()) {
        if !asked.iter().any(|known| known.name == kind.name) {
            asked.push(kind);
        }
    }
    let counted = |kind: &DataType| aggregations.iter().any(|one| one.kind.name == kind.name);
    if let Some(odd) = named.iter().find(|kind| !aggregations.is_empty() && !counted(kind)) {
        let message = format!("ResultAttributes has {}, which no aggregator counts.", odd.name);
        return Err(ApiError::new("InvalidTypeNameException", message));
    }
    if asked.is_empty() {
        asked.extend(DataType::find(OPS_ITEM));
    }
    let filters = input.filters.iter().flatten().map(|filter| Filter::read(filter, &asked));
    let filters = filters.collect::<Result<Vec<_>, _>>()?;
    if aggregations.is_empty() {
        entities(&call, &asked, &filters, limit)
    } else {
        counts(&call, &aggregations, &filters)
    }
}

/// What there is here is this installation's, whatever sync is named; but one that there is not is refused.
fn known_sync(call: &Call<GetOpsSummaryRequest>, name: &str) -> Result<(), ApiError> {
    let found = call.handle.views().look::<SyncRow>(SYNCS, &sync_id(FROM_SOURCE, name));
    found.map(drop).ok_or_else(|| {
        let message = format!("SyncName is {name:?}, and there is no such sync of the type {FROM_SOURCE}.");
        let error = ApiError::new("ResourceDataSyncNotFoundException", message);
        error.with("SyncName", name).with("SyncType", FROM_SOURCE)
    })
}

/// The rows of a type that its filters keep.
fn rows(call: &Call<GetOpsSummaryRequest>, kind: &DataType, filters: &[Filter]) -> Vec<Row> {
    let place = Place { account: call.caller.account.clone(), region: call.caller.region.clone() };
    let mut rows = kind.rows(&call.handle, &place);
    rows.retain(|row| filters.iter().filter(|one| one.type_name == kind.name).all(|one| one.holds(row)));
    rows
}

/// One entity without an id, with a row for each combination of values.
fn counts(
    call: &Call<GetOpsSummaryRequest>,
    aggregations: &[Aggregation],
    filters: &[Filter],
) -> Result<GetOpsSummaryResult, ApiError> {
    let mut of_types: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    let mut all = Vec::new();
    for (number, aggregation) in aggregations.iter().enumerate() {
        let kind = aggregation.kind;
        let rows = of_types.entry(kind.name).or_insert_with(|| rows(call, kind, filters));
        for answer in aggregation.answers(rows) {
            // What is counted may change between two pages: a row is known by what it counts.
            let mut values = answer.clone();
            values.retain(|name, _| kind.attributes.contains(&name.as_str()));
            let values = serde_json::to_string(&values).map_err(ApiError::internal)?;
            all.push((format!("{number:02}/{values}"), (kind.name, answer)));
        }
    }
    let page = page_of(all, call.input.next_token.as_deref(), MAX_CONTENT);
    let (answers, next_token) = to_answers(page, |row| row)?;
    let mut data: BTreeMap<String, OpsEntityItem> = BTreeMap::new();
    for (kind, answer) in answers {
        data.entry(kind.to_owned()).or_default().content.get_or_insert_default().push(answer);
    }
    let entity = OpsEntity { id: None, data: Some(data) };
    Ok(GetOpsSummaryResult { entities: Some(vec![entity]), next_token })
}

/// An entity for each thing, with what is known of it by type. A filter on a type keeps the things that have a row of it.
fn entities(
    call: &Call<GetOpsSummaryRequest>,
    asked: &[&'static DataType],
    filters: &[Filter],
    limit: usize,
) -> Result<GetOpsSummaryResult, ApiError> {
    let mut all: BTreeMap<String, BTreeMap<&str, Vec<Row>>> = BTreeMap::new();
    for kind in asked {
        for row in rows(call, kind, filters) {
            all.entry(row.id.clone()).or_default().entry(kind.name).or_default().push(row);
        }
    }
    all.retain(|_, types| filters.iter().all(|filter| types.contains_key(filter.type_name)));
    let page = page_of(all.into_iter().collect(), call.input.next_token.as_deref(), limit);
    let (entities, next_token) = to_answers(with_keys(page), |(id, types)| {
        let data = types.into_iter().map(|(name, rows)| (name.to_owned(), item(rows)));
        OpsEntity { id: Some(id), data: Some(data.collect()) }
    })?;
    Ok(GetOpsSummaryResult { entities: Some(entities), next_token })
}

fn item(rows: Vec<Row>) -> OpsEntityItem {
    let captured = rows.iter().map(|row| row.captured).max().filter(|captured| captured.0 > 0);
    let content = rows.into_iter().take(MAX_CONTENT).map(|row| {
        let mut content: BTreeMap<String, String> =
            row.attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if row.count > 1 {
            content.insert("Count".to_owned(), row.count.to_string());
        }
        content
    });
    OpsEntityItem { capture_time: captured.map(|at| at.rfc3339()), content: Some(content.collect()) }
}
