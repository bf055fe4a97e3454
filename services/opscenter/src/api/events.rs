//! ListOpsItemEvents: what the log says of OpsItems, the latest first.

use super::identity;
use crate::{
    domain::item::Error,
    projections::timeline::{EventRow, TIMELINE, WHOLE_TIMELINE},
};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call, Page, page_size, text, to_answers};

const MAX_EVENTS_PER_PAGE: usize = 50;

pub async fn list(
    call: Call<ssm::ListOpsItemEventsRequest>,
) -> Result<ssm::ListOpsItemEventsResponse, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let limit = page_size(input.max_results, MAX_EVENTS_PER_PAGE)?;
    let after = input.next_token.as_deref();
    // The model has no other key than OpsItemId, and no other operator than Equal.
    let filters: Vec<Vec<String>> =
        input.filters.iter().flatten().map(|filter| filter.values.clone().unwrap_or_default()).collect();
    for id in filters.iter().flatten() {
        if views.scan::<EventRow>(TIMELINE, &format!("{id}/"), None, 1).rows.is_empty() {
            return Err(Error::NotFound(id.clone()).into());
        }
    }
    let page = match filters.as_slice() {
        [ids] if ids.len() == 1 => views.scan::<EventRow>(TIMELINE, &format!("{}/", ids[0]), after, limit),
        _ => {
            let wanted = |item: &str| filters.iter().all(|ids| ids.iter().any(|id| id == item));
            let keep = |_: &str, key: &String| wanted(key.split('/').next().unwrap_or_default());
            let page = views.filter::<String>(WHOLE_TIMELINE, "", after, limit, keep);
            let rows = page.rows.into_iter();
            let rows = rows.filter_map(|(at, key)| views.get(TIMELINE, &key).map(|row| (at, row)));
            Page { rows: rows.collect(), next: page.next }
        }
    };
    let (summaries, next_token) = to_answers(page, |row: EventRow| ssm::OpsItemEventSummary {
        ops_item_id: text(&row.ops_item_id),
        event_id: text(&row.event_id),
        source: text("reeve.opscenter"),
        detail_type: text(&row.detail_type),
        detail: Some(row.detail.to_string()),
        created_by: Some(identity(&call.caller, &row.actor)),
        created_time: Some(row.time.epoch_seconds()),
    })?;
    Ok(ssm::ListOpsItemEventsResponse { next_token, summaries: Some(summaries) })
}
