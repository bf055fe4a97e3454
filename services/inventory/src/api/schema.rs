//! GetInventorySchema.

use crate::projections::{CUSTOM_TYPES, CustomTypeRow};
use reeve_contracts::ssm::{
    GetInventorySchemaRequest, GetInventorySchemaResult, InventoryItemAttribute, InventoryItemSchema,
};
use reeve_inventory_model::types;
use reeve_runtime::{ApiError, Call, page_of, to_answers};

/// As many types a page has at most, and at least: AWS's limits.
const TYPES_PER_PAGE: std::ops::RangeInclusive<i32> = 50..=200;

/// The types that there are, AWS's and custom ones, in the order of their names.
pub(crate) async fn get(call: Call<GetInventorySchemaRequest>) -> Result<GetInventorySchemaResult, ApiError> {
    let input = &call.input;
    let limit = input.max_results.unwrap_or(*TYPES_PER_PAGE.end());
    if !TYPES_PER_PAGE.contains(&limit) {
        let message = format!("MaxResults is {limit}, which is not between 50 and 200.");
        return Err(ApiError::invalid(message));
    }
    let wanted = input.type_name.as_deref().unwrap_or_default();
    if !wanted.is_empty() && !wanted.starts_with("AWS:") && !wanted.starts_with("Custom:") {
        let message = format!("TypeName is {wanted:?}, which begins neither with AWS: nor with Custom:.");
        return Err(ApiError::new("InvalidTypeNameException", message));
    }
    let aggregated = input.aggregator.unwrap_or(false);
    let mut rows: Vec<_> = types::TYPES.iter().filter_map(|kind| of_aws(kind, aggregated)).collect();
    let custom = call.handle.views().scan::<CustomTypeRow>(CUSTOM_TYPES, "", None, usize::MAX).rows;
    rows.extend(custom.into_iter().map(|(name, row)| custom_type(name, row)));
    // Of these types none has types beneath it.
    let sub_types = input.sub_type.unwrap_or(false);
    rows.retain(|(name, _)| !sub_types && (wanted.is_empty() || name == wanted));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (schemas, next_token) =
        to_answers(page_of(rows, input.next_token.as_deref(), limit), |schema| schema)?;
    Ok(GetInventorySchemaResult { schemas: Some(schemas), next_token })
}

fn of_aws(kind: &'static types::Type, aggregated: bool) -> Option<(String, InventoryItemSchema)> {
    let wanted = |(name, _): &&types::Attribute| !aggregated || kind.aggregated.contains(name);
    let attributes: Vec<_> =
        kind.attributes.iter().filter(wanted).map(|(name, number)| attribute(name, *number)).collect();
    let schema = InventoryItemSchema {
        type_name: Some(kind.name.to_owned()),
        version: Some(kind.version.to_owned()),
        display_name: Some(kind.name.trim_start_matches("AWS:").to_owned()),
        attributes: Some(attributes.clone()),
    };
    (!attributes.is_empty()).then(|| (kind.name.to_owned(), schema))
}

/// Custom types are aggregated by any of their attributes.
fn custom_type(name: String, row: CustomTypeRow) -> (String, InventoryItemSchema) {
    let schema = InventoryItemSchema {
        type_name: Some(name.clone()),
        version: Some(row.version),
        display_name: Some(name.trim_start_matches("Custom:").to_owned()),
        attributes: Some(row.attributes.iter().map(|name| attribute(name, false)).collect()),
    };
    (name, schema)
}

fn attribute(name: &str, number: bool) -> InventoryItemAttribute {
    let data_type = if number { "number" } else { "string" };
    InventoryItemAttribute { name: Some(name.to_owned()), data_type: Some(data_type.to_owned()) }
}
