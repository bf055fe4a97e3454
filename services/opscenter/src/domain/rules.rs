//! What an OpsItem may hold. AWS's rules, but for the lengths that it gives to titles and filters beyond its model's.

use super::{error::Error, state::Item};
use reeve_contracts::opscenter::{OpsItemUpdated, RelatedItemAssociated};
use serde_json::Value;

/// As many bytes as a value of operational data has at most: AWS says 20 KB.
const MAX_VALUE_BYTES: usize = 20 * 1024;
/// As many bytes as an item's operational data, title and description have together: an event has to fit into a message
/// of the bus, which carries 1 MiB.
pub const MAX_ITEM_BYTES: usize = 512 * 1024;
const MAX_DATA_KEYS: usize = 256;
const MAX_NOTIFICATIONS: usize = 50;
const MAX_RELATED_OPS_ITEMS: usize = 100;
pub(super) const MAX_RELATED_ITEMS: usize = 100;
/// As many bytes as the name of a related resource has.
const MAX_URI_BYTES: usize = 2_048;

pub const TYPES: [&str; 3] = ["/aws/issue", "/aws/insight", CHANGE_REQUEST];
pub const CHANGE_REQUEST: &str = "/aws/changerequest";
/// What people set; the other statuses of AWS's model belong to change requests.
const STATUSES: [&str; 3] = ["Open", "InProgress", "Resolved"];

/// AWS keeps these words for itself.
const RESERVED_IN_SOURCES: [&str; 3] = ["aws", "amazon", "amzn"];
const RESERVED_KEYS: [&str; 4] = ["amazon", "aws", "amzn", "ssm"];
/// What says that two items are about the same.
pub(super) const DEDUPLICATION: &str = "/aws/dedup";
const KNOWN_KEYS: [&str; 3] = ["/aws/resources", "/aws/automations", DEDUPLICATION];
/// What is worked out when an item is read.
const OWN_PREFIX: &str = "/reeve/";

pub(super) fn check_source(source: &str) -> Result<(), Error> {
    let lower = source.to_lowercase();
    match RESERVED_IN_SOURCES.iter().find(|word| lower.contains(**word)) {
        Some(word) => Err(Error::parameter("Source", format!("is {source:?}: it must not contain {word:?}"))),
        None => Ok(()),
    }
}

pub(super) fn check_type(kind: &str) -> Result<(), Error> {
    if TYPES.contains(&kind) {
        return Ok(());
    }
    Err(Error::parameter("OpsItemType", format!("is {kind:?}: it must be one of {}", TYPES.join(", "))))
}

pub(super) fn check_status(kind: &str, status: &str) -> Result<(), Error> {
    if kind == CHANGE_REQUEST || STATUSES.contains(&status) {
        return Ok(());
    }
    let problem = format!("is {status:?}: an OpsItem of the type {kind} has one of {}", STATUSES.join(", "));
    Err(Error::parameter("Status", problem))
}

/// The deduplication string is given once and for all, when the item is created.
pub(super) fn check_deduplication_stays(item: &Item, updated: &OpsItemUpdated) -> Result<(), Error> {
    let deleted = updated.operational_data_deleted.iter().any(|key| key == DEDUPLICATION);
    let changed = updated.operational_data.iter().any(|new| {
        new.key == DEDUPLICATION && item.data.get(DEDUPLICATION).is_none_or(|old| old.value != new.value)
    });
    if changed || deleted && item.data.contains_key(DEDUPLICATION) {
        return Err(Error::parameter(
            format!("OperationalData.{DEDUPLICATION}"),
            "cannot be changed after the OpsItem was created",
        ));
    }
    Ok(())
}

pub(super) fn check_count(what: &'static str, limit: usize, count: usize) -> Result<(), Error> {
    if count > limit { Err(Error::Limit { what, limit, count }) } else { Ok(()) }
}

/// What holds for an item after each change.
pub(super) fn check_whole(item: &Item) -> Result<(), Error> {
    for (name, text, most) in [
        ("Title", &item.title, 1_024),
        ("Description", &item.description, 2_048),
        ("Source", &item.source, 128),
    ] {
        let count = text.chars().count();
        if text.trim().is_empty() || count > most {
            let problem = format!("has {count} characters: it must have 1 to {most}, and not only blanks");
            return Err(Error::parameter(name, problem));
        }
    }
    check_count("keys of operational data", MAX_DATA_KEYS, item.data.len())?;
    check_count("notifications", MAX_NOTIFICATIONS, item.notifications.len())?;
    check_count("related OpsItems", MAX_RELATED_OPS_ITEMS, item.related_ops_items.len())?;
    check_count("bytes", MAX_ITEM_BYTES, item.bytes())?;
    for related in &item.related_ops_items {
        if !is_id(related) {
            let problem = format!("is {related:?}: it must be oi-, then twelve hexadecimal digits");
            return Err(Error::parameter("RelatedOpsItems", problem));
        }
    }
    item.data.iter().try_for_each(|(key, datum)| check_datum(key, &datum.value))
}

/// Whether a text has the form of an item's id.
fn is_id(text: &str) -> bool {
    let hex = text.strip_prefix("oi-").unwrap_or_default();
    hex.len() == 12 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_datum(key: &str, value: &str) -> Result<(), Error> {
    let refused = |problem: String| Err(Error::parameter(format!("OperationalData.{key}"), problem));
    let lower = key.strip_prefix('/').unwrap_or(key).to_lowercase();
    let reserved = RESERVED_KEYS.iter().find(|word| lower.starts_with(**word));
    if let Some(word) = reserved.filter(|_| !KNOWN_KEYS.contains(&key)) {
        let known = KNOWN_KEYS.join(", ");
        return refused(format!(
            "is a key that begins with {word}, which is reserved: of those there are {known}"
        ));
    }
    if key.starts_with(OWN_PREFIX) {
        return refused(format!("is a key that begins with {OWN_PREFIX}, which Reeve answers with itself"));
    }
    if value.len() > MAX_VALUE_BYTES {
        return refused(format!("has a value of {} bytes: the most is {MAX_VALUE_BYTES}", value.len()));
    }
    match key {
        "/aws/resources" if !is_list_of(value, "arn") => {
            refused(format!("is {value:?}: it must be a list of resources, [{{\"arn\": \"ARN\"}}]"))
        }
        "/aws/automations" if !is_list_of(value, "automationId") => {
            let form = r#"[{"automationId": "DOCUMENT", "automationType": "AWS::SSM::Automation"}]"#;
            refused(format!("is {value:?}: it must be a list of runbooks, {form}"))
        }
        DEDUPLICATION if deduplication_string(value).is_none() => {
            refused(format!("is {value:?}: it must be {{\"dedupString\": \"TEXT\"}}"))
        }
        _ => Ok(()),
    }
}

/// The deduplication string in the value of `/aws/dedup`.
pub(super) fn deduplication_string(value: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(value).ok()?;
    parsed.get("dedupString")?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_list_of(value: &str, member: &str) -> bool {
    let parsed: Option<Vec<Value>> = serde_json::from_str(value).ok();
    parsed.is_some_and(|list| list.iter().all(|entry| entry.get(member).is_some_and(Value::is_string)))
}

pub(super) fn check_association(associated: &RelatedItemAssociated) -> Result<(), Error> {
    let one_of = |name: &str, value: &str, known: &[&str]| match known.contains(&value) {
        true => Ok(()),
        false => Err(Error::parameter(name, format!("is {value:?}: it must be one of {}", known.join(", ")))),
    };
    one_of("AssociationType", &associated.association_type, &["IsParentOf", "RelatesTo"])?;
    let types = ["AWS::SSMIncidents::IncidentRecord", "AWS::SSM::Document"];
    one_of("ResourceType", &associated.resource_type, &types)?;
    let bytes = associated.resource_uri.len();
    if associated.resource_uri.trim().is_empty() || bytes > MAX_URI_BYTES {
        let problem = format!("has {bytes} bytes: it must have 1 to {MAX_URI_BYTES}, and not only blanks");
        return Err(Error::parameter("ResourceUri", problem));
    }
    Ok(())
}
