//! CreateOpsItem, GetOpsItem, UpdateOpsItem, DeleteOpsItem.

use super::{arn, invalid, new_tags};
use crate::{
    domain::item::{Command, Error, Item, OpsItem, RESOLVED},
    opening::{Opened, duplicate, newest, open},
    projections::items::{ITEMS, ItemRow},
    reading::{key_of, milliseconds, operational_data, seconds},
};
use reeve_contracts::{
    opscenter::{ChangeTimes, OperationalDatum, OpsItemCreated, OpsItemUpdated, Tag, Texts},
    ssm,
};
use reeve_runtime::{ApiError, Call, ExecuteError, StripedLock, text};
use std::{collections::BTreeMap, sync::Arc};

type Data = BTreeMap<String, ssm::OpsItemDataValue>;

/// Those that have one deduplication key take turns: each that is refused is noted on the item.
pub async fn create(
    turns: Arc<StripedLock>,
    call: Call<ssm::CreateOpsItemRequest>,
) -> Result<ssm::CreateOpsItemResponse, ApiError> {
    let input = &call.input;
    if let Some(account) = input.account_id.as_ref().filter(|account| **account != call.caller.account) {
        return Err(invalid(
            "AccountId",
            &format!("is {account}: OpsItems are created in the account {} alone", call.caller.account),
        ));
    }
    let item = wanted(input)?;
    let _turn = match item.deduplication_key.as_str() {
        "" => None,
        key => Some(turns.turn(key).await),
    };
    let has_tags = !item.tags.is_empty();
    match open(&call.handle, &call.context(), item.clone()).await? {
        Opened::New { id, position } => {
            call.reached(position);
            if has_tags {
                call.tags_follow("OpsItem", &id).await;
            }
            let ops_item_arn = Some(arn(&call.caller, "opsitem", &id));
            Ok(ssm::CreateOpsItemResponse { ops_item_arn, ops_item_id: Some(id) })
        }
        Opened::Duplicate { id } => {
            call.execute::<OpsItem>(&id, duplicate(&id, &item)).await?;
            Err(Error::AlreadyExists(id).into())
        }
    }
}

/// The item that a request asks for.
fn wanted(input: &ssm::CreateOpsItemRequest) -> Result<OpsItemCreated, ApiError> {
    let tags = new_tags(input.tags.as_ref()).map_err(|error| invalid("Tags", &error.to_string()))?;
    let operational_data = stored_data(input.operational_data.as_ref())?;
    let planned = (input.planned_start_time, input.planned_end_time);
    let times = times(planned, (input.actual_start_time, input.actual_end_time))?;
    Ok(OpsItemCreated {
        title: input.title.clone().unwrap_or_default(),
        description: input.description.clone().unwrap_or_default(),
        source: input.source.clone().unwrap_or_default(),
        priority: priority(input.priority)?.unwrap_or_default(),
        severity: input.severity.clone().unwrap_or_default(),
        category: input.category.clone().unwrap_or_default(),
        ops_item_type: input.ops_item_type.clone().unwrap_or_else(|| "/aws/issue".to_owned()),
        deduplication_key: key_of(&operational_data),
        operational_data,
        notifications: arns(input.notifications.as_ref()),
        related_ops_items: ids(input.related_ops_items.as_ref()),
        times,
        tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        ..OpsItemCreated::default()
    })
}

fn stored_data(data: Option<&Data>) -> Result<Vec<OperationalDatum>, ApiError> {
    let stored = data.into_iter().flatten().map(|(key, datum)| {
        let missing = || invalid(&format!("OperationalData.{key}"), "has no Value");
        let value = datum.value.clone().ok_or_else(missing)?;
        // AWS's own keys are searched for by its filters.
        let searchable = match &datum.r#type {
            Some(kind) => kind == "SearchableString",
            None => key.starts_with("/aws/"),
        };
        Ok(OperationalDatum { key: key.clone(), value, searchable })
    });
    stored.collect()
}

fn arns(notifications: Option<&Vec<ssm::OpsItemNotification>>) -> Vec<String> {
    notifications.into_iter().flatten().filter_map(|notification| notification.arn.clone()).collect()
}

fn ids(items: Option<&Vec<ssm::RelatedOpsItem>>) -> Vec<String> {
    items.into_iter().flatten().filter_map(|item| item.ops_item_id.clone()).collect()
}

fn priority(priority: Option<i32>) -> Result<Option<u32>, ApiError> {
    let Some(asked) = priority else { return Ok(None) };
    let known = u32::try_from(asked).ok().filter(|priority| (1..=5).contains(priority));
    known.map(Some).ok_or_else(|| invalid("Priority", &format!("is {asked}: it must be 1 to 5")))
}

type Span = (Option<f64>, Option<f64>);

fn times(planned: Span, actual: Span) -> Result<Option<ChangeTimes>, ApiError> {
    let times = ChangeTimes {
        planned_start_ms: milliseconds("PlannedStartTime", planned.0)?,
        planned_end_ms: milliseconds("PlannedEndTime", planned.1)?,
        actual_start_ms: milliseconds("ActualStartTime", actual.0)?,
        actual_end_ms: milliseconds("ActualEndTime", actual.1)?,
    };
    Ok(Some(times).filter(|times| *times != ChangeTimes::default()))
}

pub async fn get(call: Call<ssm::GetOpsItemRequest>) -> Result<ssm::GetOpsItemResponse, ApiError> {
    let id = call.input.ops_item_id.clone().unwrap_or_default();
    let row: ItemRow = call.handle.views().get(ITEMS, &id).ok_or_else(|| Error::NotFound(id.clone()))?;
    let (item, times) = (&row.item, row.item.times);
    let notifications =
        item.notifications.iter().map(|arn| ssm::OpsItemNotification { arn: Some(arn.clone()) });
    let related = item.related_ops_items.iter();
    let related = related.map(|id| ssm::RelatedOpsItem { ops_item_id: Some(id.clone()) });
    let ops_item = ssm::OpsItem {
        ops_item_id: text(&item.id),
        ops_item_arn: Some(arn(&call.caller, "opsitem", &id)),
        ops_item_type: text(&item.kind),
        title: text(&item.title),
        description: text(&item.description),
        source: text(&item.source),
        status: text(&item.status),
        priority: Some(item.priority).filter(|priority| *priority > 0).map(u32::cast_signed),
        severity: text(&item.severity),
        category: text(&item.category),
        operational_data: Some(operational_data(&call.handle, &row, false)),
        notifications: Some(notifications.collect()),
        related_ops_items: Some(related.collect()),
        planned_start_time: seconds(times.planned_start),
        planned_end_time: seconds(times.planned_end),
        actual_start_time: seconds(times.actual_start),
        actual_end_time: seconds(times.actual_end),
        created_by: text(&row.created_by),
        created_time: Some(row.created.epoch_seconds()),
        last_modified_by: text(&row.modified_by),
        last_modified_time: Some(row.modified.epoch_seconds()),
        version: Some(item.version.to_string()),
    };
    Ok(ssm::GetOpsItemResponse { ops_item: Some(ops_item) })
}

pub async fn update(call: Call<ssm::UpdateOpsItemRequest>) -> Result<ssm::UpdateOpsItemResponse, ApiError> {
    let input = &call.input;
    let id = input.ops_item_id.clone().unwrap_or_default();
    let planned = (input.planned_start_time, input.planned_end_time);
    let updated = OpsItemUpdated {
        ops_item_id: id.clone(),
        title: input.title.clone(),
        description: input.description.clone(),
        status: input.status.clone(),
        priority: priority(input.priority)?,
        severity: input.severity.clone(),
        category: input.category.clone(),
        operational_data: stored_data(input.operational_data.as_ref())?,
        operational_data_deleted: input.operational_data_to_delete.clone().unwrap_or_default(),
        notifications: input.notifications.as_ref().map(|list| Texts { values: arns(Some(list)) }),
        related_ops_items: input.related_ops_items.as_ref().map(|list| Texts { values: ids(Some(list)) }),
        times: times(planned, (input.actual_start_time, input.actual_end_time))?,
    };
    reopens_alone(&call, &id)?;
    let executed = call.execute::<OpsItem>(&id, Command::Update(Box::new(updated))).await;
    named(&id, executed)?;
    Ok(ssm::UpdateOpsItemResponse {})
}

/// An item that was Resolved is not opened again beside a newer one with its deduplication key.
fn reopens_alone(call: &Call<ssm::UpdateOpsItemRequest>, id: &str) -> Result<(), ApiError> {
    let item = call.handle.state::<OpsItem>(id);
    let reopens = call.input.status.as_deref().is_some_and(|status| status != RESOLVED);
    if !reopens || item.status != RESOLVED || item.deduplication_key.is_empty() {
        return Ok(());
    }
    let newest = newest(&call.handle, &item.deduplication_key).filter(|newest| newest != id);
    match newest.filter(|newest| call.handle.state::<OpsItem>(newest).is_open()) {
        Some(newest) => Err(Error::AlreadyExists(newest).into()),
        None => Ok(()),
    }
}

pub async fn delete(call: Call<ssm::DeleteOpsItemRequest>) -> Result<ssm::DeleteOpsItemResponse, ApiError> {
    let id = call.input.ops_item_id.clone().unwrap_or_default();
    call.execute::<OpsItem>(&id, Command::Delete).await?;
    call.tags_end("OpsItem", &id).await;
    Ok(ssm::DeleteOpsItemResponse {})
}

/// What was executed; that there is no such item is said with its id.
pub(super) fn named<T>(id: &str, executed: Result<T, ExecuteError<Error>>) -> Result<T, ApiError> {
    executed.map_err(|error| match error {
        ExecuteError::Refused(Error::NotFound(_)) => Error::NotFound(id.to_owned()).into(),
        error => error.into(),
    })
}

/// The item of an id.
pub(super) fn existing<I>(call: &Call<I>, id: &str) -> Result<Item, ApiError> {
    let item = call.handle.state::<OpsItem>(id);
    if item.exists() { Ok(item) } else { Err(Error::NotFound(id.to_owned()).into()) }
}
