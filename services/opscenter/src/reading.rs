//! What reads of OpsItems share: operational data as it is answered, and instants.

use crate::{
    domain::item::Error,
    opening::deduplication_key,
    projections::{
        causes::{COUNTS, Counts, FiringRow, ITEM_FIRINGS},
        firings::{GROUPS, GroupRow, HEARD, HeardRow, heard_key},
        items::ItemRow,
    },
};
use reeve_contracts::{opscenter::OperationalDatum, ssm::OpsItemDataValue};
use reeve_runtime::{ApiError, Handle};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The key under which it is answered how many others were refused because of an item.
const DUPLICATES: &str = "/reeve/duplicates";

/// The key under which it is answered what fires behind an item.
const ALERTS: &str = "/reeve/alerts";

/// A firing behind an item, and what was heard of it; nothing, when it is not ingest that heard of it.
pub(crate) fn heard(handle: &Handle, firing: &FiringRow) -> Option<HeardRow> {
    handle.views().get(HEARD, &heard_key(&firing.group, &firing.fingerprint, firing.start_ms))
}

/// What fires behind an item. How often that was heard of is answered for one item alone: it takes a look at each firing.
fn alerts(handle: &Handle, id: &str, whole: bool) -> Option<Value> {
    let views = handle.views();
    let counts: Counts = views.get(COUNTS, id)?;
    let mut alerts = json!({"firing": counts.active, "firings": counts.begun});
    if !whole {
        return Some(alerts);
    }
    let firings = views.scan::<FiringRow>(ITEM_FIRINGS, &format!("{id}/"), None, usize::MAX).rows;
    let (mut count, mut first, mut last) = (0, Timestamp(i64::MAX), Timestamp(0));
    for (_, firing) in &firings {
        let heard = heard(handle, firing);
        count += heard.as_ref().map_or(1, |heard| heard.count);
        first = first.min(heard.as_ref().map_or(firing.fired, |heard| heard.first_seen));
        last = last.max(heard.as_ref().map_or(firing.fired, |heard| heard.last_seen));
    }
    if !firings.is_empty() {
        alerts["count"] = count.into();
        alerts["firstSeen"] = first.rfc3339().into();
        alerts["lastSeen"] = last.rfc3339().into();
    }
    let group = firings.last().and_then(|(_, firing)| views.get::<GroupRow>(GROUPS, &firing.group));
    if let Some(group) = group {
        alerts["truncatedAlerts"] = group.truncated.into();
        alerts["senders"] = group.senders.into();
    }
    Some(alerts)
}

/// The operational data of an item, with what is worked out when it is read; only what is searchable, if that is asked
/// for.
pub(crate) fn operational_data(
    handle: &Handle,
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
    if let Some(alerts) = alerts(handle, &row.item.id, !searchable_only) {
        data.insert(ALERTS.to_owned(), value(alerts.to_string(), true));
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

/// AWS's key: the deduplication string, and the resources. Empty without a string.
pub(crate) fn key_of(data: &[OperationalDatum]) -> String {
    let value = |key: &str| data.iter().find(|datum| datum.key == key).map(|datum| datum.value.as_str());
    let json = |key: &str| value(key).and_then(|value| serde_json::from_str::<Value>(value).ok());
    let string = json("/aws/dedup").and_then(|value| value["dedupString"].as_str().map(str::to_owned));
    let Some(string) = string else { return String::new() };
    let resources = json("/aws/resources").unwrap_or_default();
    let mut resources: Vec<&str> =
        resources.as_array().into_iter().flatten().filter_map(|resource| resource["arn"].as_str()).collect();
    resources.sort_unstable();
    deduplication_key(&[&["dedupString", string.as_str()], resources.as_slice()].concat())
}
