//! DescribeOpsItems: those that were modified last come first.

use super::filters::{Candidate, Filter};
use crate::{
    domain::rules::CHANGE_REQUEST,
    projections::items::{ITEMS, ItemRow, RECENT, RECENT_UNRESOLVED},
    reading::{operational_data, seconds},
};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call, Handle, Page, page_size, text, to_answers};

const MAX_OPS_ITEMS_PER_PAGE: usize = 50;

pub async fn describe(
    call: Call<ssm::DescribeOpsItemsRequest>,
) -> Result<ssm::DescribeOpsItemsResponse, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let limit = page_size(input.max_results, MAX_OPS_ITEMS_PER_PAGE)?;
    let filters = input.ops_item_filters.iter().flatten().map(Filter::read);
    let filters = filters.collect::<Result<Vec<_>, _>>()?;
    let table = match filters.iter().any(Filter::excludes_resolved) {
        true => RECENT_UNRESOLVED,
        false => RECENT,
    };
    let row = |key: &str| views.look::<ItemRow>(ITEMS, key.split_once('/')?.1);
    let wants_changes = filters.iter().any(Filter::is_about_changes);
    let keep = |key: &str, (): &()| {
        row(key).filter(|row| wants_changes || row.item.kind != CHANGE_REQUEST).is_some_and(|row| {
            let candidate = Candidate::new(&call.handle, &row, &call.caller.account);
            filters.iter().all(|filter| filter.holds(&candidate))
        })
    };
    let page = views.filter::<()>(table, "", input.next_token.as_deref(), limit, keep);
    let rows = page.rows.into_iter().filter_map(|(key, ())| row(&key).map(|row| (key, row)));
    let page = Page { rows: rows.collect(), next: page.next };
    let (summaries, next_token) = to_answers(page, |row| summary(&call.handle, &row))?;
    Ok(ssm::DescribeOpsItemsResponse { next_token, ops_item_summaries: Some(summaries) })
}

fn summary(handle: &Handle, row: &ItemRow) -> ssm::OpsItemSummary {
    let (item, times) = (&row.item, row.item.times);
    ssm::OpsItemSummary {
        ops_item_id: text(&item.id),
        ops_item_type: text(&item.kind),
        title: text(&item.title),
        source: text(&item.source),
        status: text(&item.status),
        priority: Some(item.priority).filter(|priority| *priority > 0).map(u32::cast_signed),
        severity: text(&item.severity),
        category: text(&item.category),
        operational_data: Some(operational_data(handle, row, true)),
        planned_start_time: seconds(times.planned_start),
        planned_end_time: seconds(times.planned_end),
        actual_start_time: seconds(times.actual_start),
        actual_end_time: seconds(times.actual_end),
        created_by: text(&row.created_by),
        created_time: Some(row.created.epoch_seconds()),
        last_modified_by: text(&row.modified_by),
        last_modified_time: Some(row.modified.epoch_seconds()),
    }
}
