//! ListCauses of the API `opscenter` (`schemas/reeve/opscenter.json`): the firings behind an item.

use super::items::existing;
use crate::{
    projections::causes::{FiringRow, ITEM_FIRINGS},
    reading::heard,
};
use reeve_runtime::{ApiError, Call, page_size, to_answers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MAX_CAUSES_PER_PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    ops_item_id: String,
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// A firing, and how often it was heard of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// Whose token the alert came with; left out when Reeve itself noticed it.
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
    fingerprint: String,
    /// `Firing`, `Resolved`, `Superseded`, `Absent` or `Discarded`.
    status: String,
    start: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<f64>,
    first_seen: f64,
    last_seen: f64,
    count: u64,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    /// The source's clock is off.
    skewed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    causes: Vec<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub async fn list(call: Call<List>) -> Result<Listed, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let limit = page_size(input.max_results, MAX_CAUSES_PER_PAGE)?;
    let prefix = format!("{}/", existing(&call, &input.ops_item_id)?.id);
    let page = handle.views().scan(ITEM_FIRINGS, &prefix, input.next_token.as_deref(), limit);
    let (causes, next_token) = to_answers(page, |firing: FiringRow| {
        let known = heard(handle, &firing);
        let ended = !firing.end_reason.is_empty();
        let (first, last) =
            known.as_ref().map_or((firing.fired, firing.fired), |h| (h.first_seen, h.last_seen));
        let count = known.as_ref().map_or(1, |heard| heard.count);
        let heard = known.unwrap_or_default();
        Cause {
            source: heard.sender,
            fingerprint: firing.fingerprint,
            status: if ended { firing.end_reason } else { "Firing".to_owned() },
            start: Timestamp(firing.start_ms).epoch_seconds(),
            end: ended.then(|| firing.ended.epoch_seconds()),
            first_seen: first.epoch_seconds(),
            last_seen: last.epoch_seconds(),
            count,
            labels: heard.labels,
            annotations: heard.annotations,
            skewed: heard.skewed,
        }
    })?;
    Ok(Listed { causes, next_token })
}
