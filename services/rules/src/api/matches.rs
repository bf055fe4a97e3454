//! ListMatches: the model is `schemas/reeve/rules.json`.

use super::rule;
use crate::projections::{COUNTS, Counts, InvocationRow, KEPT_MATCHES, MATCHES, MatchRow};
use reeve_runtime::{ApiError, Call, page_of, page_size, to_answers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    rule: String,
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// What was asked for because of a match.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownInvocation {
    target_id: String,
    arn: String,
    request_id: String,
    input: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    problem: String,
}

impl From<InvocationRow> for ShownInvocation {
    fn from(row: InvocationRow) -> Self {
        let InvocationRow { target_id, arn, request_id, input_json, problem } = row;
        Self { target_id, arn, request_id, input: input_json, problem }
    }
}

/// A match as it is to_answers.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownMatch {
    rule: String,
    event_id: String,
    source: String,
    detail_type: String,
    service: String,
    position: u64,
    time: f64,
    depth: u32,
    resources: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    stopped: &'static str,
    pub invocations: Vec<ShownInvocation>,
}

impl ShownMatch {
    pub fn of(rule: &str, row: MatchRow) -> Self {
        Self {
            rule: rule.to_owned(),
            event_id: row.event_id,
            source: row.source,
            detail_type: row.detail_type,
            service: row.service,
            position: row.position,
            time: row.time.epoch_seconds(),
            depth: row.depth,
            resources: row.resources,
            stopped: if row.is_stopped {
                "Nothing was done: too many rules had led to this event."
            } else {
                ""
            },
            invocations: row.invocations.into_iter().map(ShownInvocation::from).collect(),
        }
    }
}

/// How often events lacked a field that a rule names.
#[derive(Serialize)]
pub struct Missing {
    path: String,
    count: u64,
}

impl Missing {
    pub fn of(counts: BTreeMap<String, u64>) -> Vec<Self> {
        counts.into_iter().map(|(path, count)| Self { path, count }).collect()
    }
}

/// A page of matches, the newest first, and how many there were.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatchesPage {
    matches: Vec<ShownMatch>,
    matched: u64,
    /// In so many matches a field was missing that the rule names, and how often each of those was.
    matched_without: u64,
    missing: Vec<Missing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub async fn list(call: Call<List>) -> Result<MatchesPage, ApiError> {
    let List { rule: name, max_results, next_token } = &call.input;
    let most = usize::try_from(KEPT_MATCHES).unwrap_or(usize::MAX);
    let limit = page_size(*max_results, most)?;
    rule(&call.handle, name)?;
    let views = call.handle.views();
    let rows = views.scan::<MatchRow>(MATCHES, &format!("{name}/"), None, usize::MAX).rows;
    // The newest has the smallest key.
    let newest_first = rows.into_iter().map(|(_, row)| (format!("{:020}", u64::MAX - row.number), row));
    let Counts { matched, matched_without, missing, .. } = views.get(COUNTS, name).unwrap_or_default();
    let page = page_of(newest_first.collect(), next_token.as_deref(), limit);
    let (matches, next_token) = to_answers(page, |row| ShownMatch::of(name, row))?;
    let missing = Missing::of(missing);
    Ok(MatchesPage { matches, matched, matched_without, missing, next_token })
}
