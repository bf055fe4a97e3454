//! What reads of OpsItems share: operational data as it is answered, and instants.

use crate::{domain::item::Error, projections::ItemRow};
use reeve_contracts::ssm::OpsItemDataValue;
use reeve_runtime::{ApiError, Handle};
use reeve_types::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// The key under which it is answered how many others were refused because of an item.
const DUPLICATES: &str = "/reeve/duplicates";

/// The operational data of an item, with what is worked out when it is read; only what is searchable, if that is asked
/// for.
pub(crate) fn operational_data(
    _: &Handle,
    row: &ItemRow,
    searchable_only: bool,
) -> BTreeMap<String, OpsItemDataValue> {
    let value = |value: String, searchable: bool| OpsItemDataValue {
        r#type: Some(if searchable { "SearchableString" } else { "String" }.to_owned()),
        value: Some(value),
    };
    let stored = row.item.data.iter().filter(|(_, datum)| datum.searchable || !searchable_only);
    let mut data: BTreeMap<_, _> =
        stored.map(|(key, datum)| (key.clone(), value(datum.value.clone(), datum.searchable))).collect();
    if row.duplicates > 0 {
        let duplicates = json!({"count": row.duplicates, "last": row.last_duplicate.rfc3339()});
        data.insert(DUPLICATES.to_owned(), value(duplicates.to_string(), true));
    }
    data
}

/// An instant as AWS's JSON has it.
pub(crate) fn seconds(milliseconds: Option<i64>) -> Option<f64> {
    milliseconds.map(|milliseconds| Timestamp(milliseconds).epoch_seconds())
}

/// An instant of a member of AWS's JSON.
///
/// # Errors
/// `OpsItemInvalidParameterException` naming the member, for what is no instant.
pub(crate) fn milliseconds(member: &str, seconds: Option<f64>) -> Result<Option<i64>, ApiError> {
    let Some(seconds) = seconds else { return Ok(None) };
    let instant = Timestamp::from_epoch_seconds(seconds).map(|instant| Some(instant.0));
    instant.ok_or_else(|| {
        let problem = format!("is {seconds}, which is no instant");
        Error::Parameter { name: member.to_owned(), problem }.into()
    })
}
