//! Related items.

use super::{exactly_one, incident_of};
use crate::{
    domain::incident::{Command, Incident},
    projections::{RELATED_ITEMS, RelatedItemRow},
};
use reeve_contracts::{incidents, ssm_incidents::*};
use reeve_runtime::{ApiError, Call, Page, page_size, text, to_answers};
use uuid::Uuid;

/// A related item as its event has it.
///
/// # Errors
/// `ValidationException` for a value that is not exactly one thing, and for an id that a client made up.
pub fn item(item: &RelatedItem) -> Result<incidents::RelatedItem, ApiError> {
    if item.generated_id.is_some() {
        return Err(ApiError::invalid("generatedId is given by the service."));
    }
    let (kind, value_json) = identity(item.identifier.as_ref())?;
    let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind} {value_json}").as_bytes());
    Ok(incidents::RelatedItem {
        generated_id: format!("related-item/{kind}/{}", digest.simple().to_string().to_ascii_uppercase()),
        r#type: kind,
        title: item.title.clone().unwrap_or_default(),
        value_json,
    })
}

/// Each item once, whatever its title.
pub fn once(items: Vec<incidents::RelatedItem>) -> Vec<incidents::RelatedItem> {
    let mut kept: Vec<incidents::RelatedItem> = Vec::new();
    for item in items {
        if !kept.iter().any(|one| one.generated_id == item.generated_id) {
            kept.push(item);
        }
    }
    kept
}

/// What makes two items one.
fn identity(identifier: Option<&ItemIdentifier>) -> Result<(String, String), ApiError> {
    let identifier = identifier.cloned().unwrap_or_default();
    let value = identifier.value.unwrap_or_default();
    let present = [
        value.arn.is_some(),
        value.url.is_some(),
        value.metric_definition.is_some(),
        value.pager_duty_incident_detail.is_some(),
    ];
    exactly_one("identifier.value", &present)?;
    let value_json = serde_json::to_string(&value).map_err(ApiError::internal)?;
    Ok((identifier.r#type.unwrap_or_default(), value_json))
}

pub async fn update(call: Call<UpdateRelatedItemsInput>) -> Result<UpdateRelatedItemsOutput, ApiError> {
    let input = &call.input;
    let id = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?.id.clone();
    let update = input.related_items_update.clone().unwrap_or_default();
    exactly_one("relatedItemsUpdate", &[update.item_to_add.is_some(), update.item_to_remove.is_some()])?;
    let command = match (&update.item_to_add, &update.item_to_remove) {
        (Some(added), _) => Command::AddRelatedItem(item(added)?),
        (None, removed) => {
            let (kind, value_json) = identity(removed.as_ref())?;
            Command::RemoveRelatedItem { kind, value_json }
        }
    };
    let context = call.context_of_token("UpdateRelatedItems", input.client_token.as_ref())?;
    let executed = call.handle.execute::<Incident>(&id, command, &context).await?;
    call.reached(executed.position);
    Ok(UpdateRelatedItemsOutput {})
}

pub async fn list(call: Call<ListRelatedItemsInput>) -> Result<ListRelatedItemsOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let limit = page_size(input.max_results, 100)?;
    let rows: Vec<RelatedItemRow> = call.handle.views().get(RELATED_ITEMS, &incident.id).unwrap_or_default();
    let after = input.next_token.as_ref();
    let begin = after.map_or(0, |after| {
        rows.iter().position(|row| row.generated_id == *after).map_or(rows.len(), |at| at + 1)
    });
    let mut rest = rows.into_iter().skip(begin);
    let rows: Vec<_> = rest.by_ref().take(limit).map(|row| (row.generated_id.clone(), row)).collect();
    let next = rest.next().and_then(|_| rows.last().map(|(id, _)| id.clone()));
    let (related_items, next_token) = to_answers(Page { rows, next }, |row| RelatedItem {
        generated_id: Some(row.generated_id),
        identifier: Some(ItemIdentifier {
            r#type: Some(row.kind),
            value: serde_json::from_str(&row.value_json).ok(),
        }),
        title: text(&row.title),
    })?;
    Ok(ListRelatedItemsOutput { next_token, related_items: Some(related_items) })
}
