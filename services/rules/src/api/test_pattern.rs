//! TestEventPattern.

use super::bad_pattern;
use reeve_contracts::events::{TestEventPatternRequest, TestEventPatternResponse};
use reeve_event_pattern::{Leaves, Pattern};
use reeve_runtime::{ApiError, Call};
use serde_json::Value;

/// What an event must have. AWS says `resources` as well, and does without it in the cases that were recorded there.
const REQUIRED: [&str; 6] = ["id", "account", "source", "time", "region", "detail-type"];

pub async fn test(call: Call<TestEventPatternRequest>) -> Result<TestEventPatternResponse, ApiError> {
    let pattern = call.input.event_pattern.as_deref().unwrap_or_default();
    let pattern = Pattern::parse(pattern).map_err(|refused| bad_pattern(&refused))?;
    let event: Value =
        serde_json::from_str(call.input.event.as_deref().unwrap_or_default()).map_err(|error| {
            ApiError::invalid(format!("Parameter Event is not valid. Reason: it is no JSON: {error}."))
        })?;
    if let Some(missing) = REQUIRED.iter().find(|name| event.get(**name).is_none()) {
        return Err(ApiError::invalid(format!(
            "Parameter Event is not valid. Reason: {missing} is a required argument."
        )));
    }
    let leaves = Leaves::of(&event)
        .ok_or_else(|| ApiError::invalid("Parameter Event is not valid. Reason: it has too many values."))?;
    let result = pattern
        .matches(&leaves)
        .map_err(|error| ApiError::invalid(format!("Parameter Event is not valid. Reason: {error}.")))?;
    Ok(TestEventPatternResponse { result: Some(result) })
}
