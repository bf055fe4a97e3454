//! The operations: EventBridge's, of the event bus `default`, and three of ours.

pub mod matches;
pub mod rules;
pub mod schedules;
pub mod targets;
pub mod test_pattern;

use crate::{
    domain::{
        defaults::default_rule,
        rule::{Error, State},
    },
    projections::RULES,
};
use reeve_contracts::events::Tag;
use reeve_event_pattern::Refused;
use reeve_runtime::{ApiError, Handle};
use reeve_types::arn::id_or_arn;
use std::sync::Arc;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Unknown(_) => "ResourceNotFoundException",
            Error::Pattern(_) => "InvalidEventPatternException",
            Error::NothingToMatch
            | Error::Schedule(_)
            | Error::HasTargets
            | Error::Reserved(_)
            | Error::Target(_) => "ValidationException",
            Error::TooManyTargets => "LimitExceededException",
            Error::Managed(_) => "ManagedRuleException",
        };
        Self::new(code, error.to_string())
    }
}

fn bad_pattern(refused: &Refused) -> ApiError {
    ApiError::new("InvalidEventPatternException", refused.to_string())
}

/// There is one event bus.
fn check_bus(name: Option<&String>) -> Result<(), ApiError> {
    let Some(name) = name else { return Ok(()) };
    match id_or_arn("event-bus", name) {
        "default" => Ok(()),
        id => Err(ApiError::new("ResourceNotFoundException", format!("Event bus {id} does not exist."))),
    }
}

fn check_tags(tags: Option<&Vec<Tag>>) -> Result<(), ApiError> {
    match tags.is_some_and(|tags| !tags.is_empty()) {
        true => Err(ApiError::invalid("Tags: rules cannot be tagged here.")),
        false => Ok(()),
    }
}

/// The rule of a name: one that was put, or a default rule.
fn rule(handle: &Handle, name: &str) -> Result<Arc<State>, ApiError> {
    let found = handle.views().look::<State>(RULES, name);
    let default = || default_rule(name).map(|_| Arc::new(State::default()));
    found.or_else(default).ok_or_else(|| Error::Unknown(name.to_owned()).into())
}
