//! Actions: what each needs before it begins, and which of them run here.

use super::{
    WAIT_FOR_CALENDARS, api_call,
    approval::Demand,
    runbook::whole_number,
    script::{self, SCRIPT},
    selector::shown,
};
use jiff::{Span, SpanRelativeTo};
use reeve_types::Timestamp;
use serde_json::{Map, Value};

/// AWS's limits and defaults.
const MAX_SLEEP_SECONDS: i64 = 604_799;
const APPROVAL_TIMEOUT_MS: i64 = 7 * 24 * 3_600_000;
const MAX_APPROVAL_TIMEOUT_MS: i64 = 30 * 24 * 3_600_000;
pub const MAX_ITERATIONS: usize = 100;

/// What has to do with an action before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The engine carries it out by itself.
    Engine,
    /// Somebody is asked for something, and answers by events.
    Asked,
    /// It needs a cloud, or something else that is not built here.
    Unavailable,
}

pub fn kind(action: &str) -> Kind {
    match action {
        "aws:approve" | "aws:branch" | "aws:loop" | "aws:pause" | "aws:sleep" | "aws:updateVariable" => {
            Kind::Engine
        }
        "aws:executeAutomation" | "aws:invokeWebhook" | "aws:runCommand" | SCRIPT | WAIT_FOR_CALENDARS => {
            Kind::Asked
        }
        action if api_call::is_api_call(action) => Kind::Asked,
        _ => Kind::Unavailable,
    }
}

/// Whether an action waits for somebody, or for a calendar.
pub fn waits(action: &str) -> bool {
    matches!(action, "aws:approve" | "aws:pause" | WAIT_FOR_CALENDARS)
}

/// Why an action does not run here.
pub fn why_unavailable(action: &str) -> String {
    format!("{action} is not available here: it needs AWS")
}

/// What beginning an action says beside its inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    /// The instant that it waits for; 0: none.
    pub wait_until_ms: i64,
    /// How long an attempt may take when the step does not say it; 0: for ever.
    pub default_timeout_ms: i64,
}

/// Checks the inputs of an action that begins now.
///
/// # Errors
/// A sentence that names the input.
pub fn begin(action: &str, inputs: &Map<String, Value>, now_ms: i64) -> Result<Beginning, String> {
    let mut beginning = Beginning::default();
    match action {
        "aws:sleep" => beginning.wait_until_ms = wake(inputs, now_ms)?,
        "aws:approve" => {
            Demand::read(inputs)?;
            beginning.default_timeout_ms = APPROVAL_TIMEOUT_MS;
        }
        "aws:loop" => check_loop(inputs)?,
        "aws:runCommand" => {
            super::wish::command(inputs)?;
        }
        "aws:executeAutomation" => {
            super::wish::child(inputs)?;
        }
        "aws:invokeWebhook" => {
            super::wish::notification(inputs)?;
        }
        SCRIPT => {
            script::check(inputs)?;
            beginning.default_timeout_ms = script::DEFAULT_TIMEOUT_MS;
        }
        action if api_call::is_api_call(action) => {
            beginning.default_timeout_ms = api_call::DEFAULT_TIMEOUT_MS;
        }
        _ => {}
    }
    Ok(beginning)
}

/// How long an attempt may take.
///
/// # Errors
/// A sentence that says what timeoutSeconds is.
pub fn timeout_ms(action: &str, seconds: Option<&Value>, beginning: Beginning) -> Result<i64, String> {
    let Some(seconds) = seconds else { return Ok(beginning.default_timeout_ms) };
    let given = whole_number(seconds).filter(|seconds| *seconds > 0);
    let given = given
        .ok_or_else(|| format!("timeoutSeconds is {}, which is no positive whole number", shown(seconds)))?;
    let given = given.saturating_mul(1_000);
    match action {
        "aws:approve" if given > MAX_APPROVAL_TIMEOUT_MS => {
            Err(format!("timeoutSeconds is {}, and an approval waits 30 days at most", shown(seconds)))
        }
        _ => Ok(given),
    }
}

fn wake(inputs: &Map<String, Value>, now_ms: i64) -> Result<i64, String> {
    if let Some(timestamp) = inputs.get("Timestamp") {
        let instant = timestamp.as_str().and_then(Timestamp::parse_rfc3339);
        // One of the past is over at once.
        return instant.map(|instant| instant.0.max(now_ms)).ok_or_else(|| {
            format!("Timestamp is {}, which is no instant such as 2026-01-31T12:00:00Z", shown(timestamp))
        });
    }
    let duration = inputs.get("Duration").unwrap_or(&Value::Null);
    let wrong = || format!("Duration is {}, which is no duration such as PT10M", shown(duration));
    let text = duration.as_str().filter(|text| text.starts_with('P')).ok_or_else(wrong)?;
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let ms = i64::try_from(length.as_millis()).map_err(|_| wrong())?;
    if !(0..=MAX_SLEEP_SECONDS * 1_000).contains(&ms) {
        return Err(format!("Duration is {text}, and a sleep takes {MAX_SLEEP_SECONDS} seconds at most"));
    }
    Ok(now_ms.saturating_add(ms))
}

fn check_loop(inputs: &Map<String, Value>) -> Result<(), String> {
    if let Some(iterators) = inputs.get("Iterators") {
        let items = iterators.as_array();
        let items = items.ok_or_else(|| format!("Iterators is {}, which is no list", shown(iterators)))?;
        if items.len() > MAX_ITERATIONS {
            return Err(format!("Iterators has {} elements, and may have {MAX_ITERATIONS}", items.len()));
        }
    }
    max_iterations(inputs).map(|_| ())
}

/// As many passes a loop may have.
///
/// # Errors
/// A sentence that says what MaxIterations is.
pub fn max_iterations(inputs: &Map<String, Value>) -> Result<usize, String> {
    let Some(given) = inputs.get("MaxIterations") else { return Ok(MAX_ITERATIONS) };
    let most = whole_number(given).and_then(|most| usize::try_from(most).ok());
    most.filter(|most| (1..=MAX_ITERATIONS).contains(most)).ok_or_else(|| {
        format!("MaxIterations is {}, which is not between 1 and {MAX_ITERATIONS}", shown(given))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_764_000_000_000;

    fn of(action: &str, inputs: &Value) -> Result<Beginning, String> {
        begin(action, inputs.as_object().unwrap(), NOW)
    }

    #[test]
    fn a_sleep_waits_for_an_instant_that_is_fixed_when_it_begins() {
        for (inputs, wait_ms) in [
            (json!({"Duration": "PT10M"}), 600_000),
            (json!({"Duration": "P1DT1S"}), 86_401_000),
            (json!({"Duration": "PT0S"}), 0),
            (json!({"Duration": "PT1.5S"}), 1_500),
            (json!({"Timestamp": "2025-11-24T16:00:01Z"}), 1_000),
            (json!({"Timestamp": "2001-01-01T00:00:00Z"}), 0),
        ] {
            assert_eq!(of("aws:sleep", &inputs).unwrap().wait_until_ms, NOW + wait_ms, "{inputs}");
        }
        for inputs in [
            json!({"Duration": "10 minutes"}),
            json!({"Duration": "-PT1S"}),
            json!({"Duration": "P7D"}),
            json!({"Duration": "P1M"}),
            json!({"Duration": 5}),
            json!({"Timestamp": "tomorrow"}),
        ] {
            assert!(of("aws:sleep", &inputs).is_err(), "{inputs}");
        }
    }

    #[test]
    fn an_approval_that_nobody_could_give_does_not_begin() {
        assert!(of("aws:approve", &json!({"Approvers": ["a", "b"], "MinRequiredApprovals": 2})).is_ok());
        for inputs in [
            json!({"Approvers": []}),
            json!({"Approvers": ["a"], "MinRequiredApprovals": 2}),
            json!({"Approvers": ["a"], "MinRequiredApprovals": 0}),
            json!({"Approvers": [1]}),
        ] {
            assert!(of("aws:approve", &inputs).is_err(), "{inputs}");
        }
    }
}
