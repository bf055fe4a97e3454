//! BacktestRule: which events of the log a rule, or a pattern that is not put yet, would have matched, and what would have
//! been asked for. It reads the log, and does nothing.

use crate::{
    api::matches::{Missing, ShownMatch},
    domain::{matching, rule::State},
    projections::{MatchRow, RULES},
};
use futures::StreamExt;
use reeve_event_json::{Place, for_rules};
use reeve_event_pattern::{Leaves, Pattern};
use reeve_eventsourcing::Envelope;
use reeve_jetstream::{follow, store, streams};
use reeve_runtime::{ApiError, Call, Handle};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// As many events one call looks at; the next call goes on behind them.
const MAX_EVENTS_PER_CALL: u64 = 20_000;
/// As many matches one call answers.
const MAX_MATCHES_PER_CALL: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backtest {
    rule: Option<String>,
    event_pattern: Option<String>,
    from: Option<f64>,
    to: Option<f64>,
    next_token: Option<String>,
}

/// What a part of the log says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backtested {
    looked: u64,
    matched: u64,
    matches: Vec<ShownMatch>,
    missing: Vec<Missing>,
    undecided: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Where a call goes on: in the stream of a service, behind a position; and the services after it from their beginning.
fn read_token(token: &str, services: &[&'static str]) -> Option<(VecDeque<&'static str>, u64)> {
    let (service, position) = token.rsplit_once(':')?;
    let rest: VecDeque<&'static str> = services.iter().copied().skip_while(|name| *name != service).collect();
    (!rest.is_empty()).then_some((rest, position.parse().ok()?))
}

fn instant(seconds: Option<f64>) -> Option<Timestamp> {
    // Clients send seconds; as milliseconds they are whole numbers far from the ends of the range.
    #[allow(clippy::cast_possible_truncation)]
    seconds.map(|seconds| Timestamp((seconds * 1_000.0) as i64))
}

pub async fn backtest(
    services: Vec<&'static str>,
    place: Arc<Place>,
    call: Call<Backtest>,
) -> Result<Backtested, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let named = input.rule.as_deref().map(|name| {
        let found = handle.views().look::<State>(RULES, name).filter(|state| state.definition.is_some());
        let unknown =
            || ApiError::new("ResourceNotFoundException", format!("There is no rule {name} that was put."));
        found.ok_or_else(unknown)
    });
    let state = named.transpose()?.map(|state| (*state).clone()).unwrap_or_default();
    let stored = state.definition.as_ref().map(|definition| definition.event_pattern.clone());
    let text = input.event_pattern.clone().or(stored);
    let text = text.ok_or_else(|| ApiError::invalid("Either rule or eventPattern must be specified."))?;
    if let Some(rule) = input.rule.as_ref().filter(|_| text.is_empty()) {
        return Err(ApiError::invalid(format!(
            "rule is {rule}, which has a schedule and no pattern: no event of the log would have matched it."
        )));
    }
    let pattern = Pattern::parse(&text);
    let pattern =
        pattern.map_err(|refused| ApiError::new("InvalidEventPatternException", refused.to_string()))?;
    let (from, to) = (instant(input.from), instant(input.to).unwrap_or(call.now));
    if from.is_some_and(|from| from > to) {
        return Err(ApiError::invalid("from is later than to."));
    }
    let (mut left, mut after) = match &input.next_token {
        Some(token) => read_token(token, &services)
            .ok_or_else(|| ApiError::invalid("nextToken is not one of this operation."))?,
        None => (services.iter().copied().collect(), 0),
    };
    let tested = Tested { name: input.rule.clone().unwrap_or_default(), pattern, state };
    let mut result = Backtested {
        looked: 0,
        matched: 0,
        matches: Vec::new(),
        missing: Vec::new(),
        undecided: 0,
        next_token: None,
    };
    let mut missing = BTreeMap::new();
    while let Some(service) = left.front() {
        let span = Span { service, after, from, to };
        match look(handle, &tested, &place, &span, &mut result, &mut missing).await? {
            None => {
                left.pop_front();
                after = 0;
            }
            Some(position) => {
                result.next_token = Some(format!("{service}:{position}"));
                break;
            }
        }
    }
    result.missing = Missing::of(missing);
    Ok(result)
}

struct Tested {
    name: String,
    pattern: Pattern,
    state: State,
}

struct Span<'a> {
    service: &'a str,
    after: u64,
    from: Option<Timestamp>,
    to: Timestamp,
}

/// Looks at the events of a service; answers where the next call goes on, if not all were looked at.
async fn look(
    handle: &Handle,
    tested: &Tested,
    place: &Place,
    span: &Span<'_>,
    result: &mut Backtested,
    missing: &mut BTreeMap<String, u64>,
) -> Result<Option<u64>, ApiError> {
    let away = |error: reeve_jetstream::Error| ApiError::new("ServiceUnavailable", error.to_string());
    let stream = streams::of_service(span.service);
    let end = streams::last_sequence(handle.bus(), &stream).await.map_err(away)?;
    if span.after >= end {
        return Ok(None);
    }
    let mut stored = follow::follow(handle.bus(), &stream, &[], span.after).await.map_err(away)?;
    while let Some(next) = stored.next().await {
        let next = next.map_err(away)?;
        if let Ok(envelope) = store::envelope(handle.bus(), &next.message)
            && envelope.time <= span.to
            && span.from.is_none_or(|from| envelope.time >= from)
        {
            result.looked += 1;
            tally(tested, place, &envelope, next.sequence, result, missing);
        }
        if next.sequence >= end {
            return Ok(None);
        }
        if result.looked >= MAX_EVENTS_PER_CALL || result.matches.len() >= MAX_MATCHES_PER_CALL {
            return Ok(Some(next.sequence));
        }
    }
    Ok(None)
}

fn tally(
    tested: &Tested,
    place: &Place,
    envelope: &Envelope,
    position: u64,
    result: &mut Backtested,
    missing: &mut BTreeMap<String, u64>,
) {
    let Ok(events) = for_rules(envelope, place) else {
        result.undecided += 1;
        return;
    };
    for event in events {
        let Some(leaves) = Leaves::of(&event) else {
            result.undecided += 1;
            continue;
        };
        match tested.pattern.matches(&leaves) {
            Ok(true) => {
                result.matched += 1;
                let mut matched = matching::matched(&tested.name, &tested.state, &event);
                (matched.service, matched.position) = (envelope.aggregate.service.clone(), position);
                let row = MatchRow::of(&matched, envelope.time);
                result.matches.push(ShownMatch::of(&tested.name, row));
            }
            // Of events that are of the sources that the pattern names: what they lack may be misspelt in it.
            Ok(false) if is_of_its_source(&tested.pattern, &leaves) => {
                for path in tested.pattern.missing(&leaves) {
                    *missing.entry(path.to_owned()).or_default() += 1;
                }
            }
            Ok(false) => {}
            Err(_) => result.undecided += 1,
        }
    }
}

fn is_of_its_source(pattern: &Pattern, event: &Leaves) -> bool {
    ["source", "detail-type"].into_iter().all(|path| {
        pattern.texts_at(path).is_none_or(|texts| event.text(path).is_some_and(|text| texts.contains(&text)))
    })
}
