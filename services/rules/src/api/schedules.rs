//! ListSchedules: the model is `schemas/reeve/rules.json`.

use crate::{domain::rule::State, projections::RULES};
use reeve_runtime::{ApiError, Call, page_size, to_answers, with_keys};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

const MAX_SCHEDULES_PER_PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// When a rule fires.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownSchedule {
    rule: String,
    schedule_expression: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_fired: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_missed: Option<f64>,
}

/// A page of the rules that have a schedule, by their names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchedulesPage {
    schedules: Vec<ShownSchedule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The schedule of a rule; empty: it has none.
fn expression(state: &State) -> &str {
    state.definition.as_ref().map(|definition| definition.schedule_expression.as_str()).unwrap_or_default()
}

pub async fn list(call: Call<List>) -> Result<SchedulesPage, ApiError> {
    let limit = page_size(call.input.max_results, MAX_SCHEDULES_PER_PAGE)?;
    let has = |_: &str, state: &State| !expression(state).is_empty();
    let page = call.handle.views().filter(RULES, "", call.input.next_token.as_deref(), limit, has);
    let instant = |ms: i64| (ms != 0).then(|| Timestamp(ms).epoch_seconds());
    let (schedules, next_token) = to_answers(with_keys(page), |(rule, state)| ShownSchedule {
        schedule_expression: expression(&state).to_owned(),
        next: instant(state.next_ms),
        last_fired: instant(state.fired_ms),
        last_missed: instant(state.missed_ms),
        rule,
    })?;
    Ok(SchedulesPage { schedules, next_token })
}
