//! The operations.

mod checks;
pub mod executions;
mod filters;
pub mod schedule;
pub mod targets;
pub mod tasks;
pub mod windows;

use crate::{
    domain::{execution, window, window::State},
    projections::WINDOWS,
};
use reeve_contracts::ssm::{Tag, Target};
use reeve_eventsourcing::Context;
use reeve_runtime::{ApiError, Call, Handle};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

impl From<window::Error> for ApiError {
    fn from(error: window::Error) -> Self {
        use window::Error;
        let code = match &error {
            Error::Unknown | Error::UnknownTarget(_) | Error::UnknownTask(_) => "DoesNotExistException",
            Error::TokenMismatch => "IdempotentParameterMismatch",
            Error::TooManyTargets(_) | Error::TooManyTasks(_) => "ResourceLimitExceededException",
            Error::TargetInUse { .. } => "TargetInUseException",
        };
        Self::new(code, error.to_string())
    }
}

impl From<execution::Error> for ApiError {
    fn from(error: execution::Error) -> Self {
        Self::new("DoesNotExistException", error.to_string())
    }
}

/// The window of an id.
///
/// # Errors
/// `DoesNotExistException`.
fn by_id(handle: &Handle, id: Option<&String>) -> Result<Arc<State>, ApiError> {
    let id = id.map(String::as_str).unwrap_or_default();
    let found = handle.views().look(WINDOWS, id);
    found.ok_or_else(|| does_not_exist(format!("Maintenance window {id} does not exist")))
}

fn does_not_exist(message: String) -> ApiError {
    ApiError::new("DoesNotExistException", message)
}

/// Seconds since 1970, as the API has instants.
fn seconds(milliseconds: i64) -> f64 {
    reeve_types::Timestamp(milliseconds).epoch_seconds()
}

/// What a call with a client token makes: its id, the hash of what it is to be, and the context to decide it in. The same token
/// is the same thing; what it was made of tells whether another input came with it.
struct Once {
    id: Uuid,
    input_hash: String,
    context: Context,
}

impl Once {
    fn of<I>(
        call: &Call<I>,
        what: &str,
        token: Option<&String>,
        input: &impl Serialize,
    ) -> Result<Self, ApiError> {
        let content = serde_json::to_vec(input).map_err(ApiError::internal)?;
        let input_hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, &content).to_string();
        let context = call.context();
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            let id = Uuid::new_v5(&context.command_id, what.as_bytes());
            return Ok(Self { id, input_hash, context });
        };
        let identity = format!("maintenance-windows/{what}/{}/{token}", context.actor.name);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, identity.as_bytes());
        // Another input with that token is decided on as well: it is refused.
        let context = Context { command_id: id, ..context }.derived(&input_hash);
        Ok(Self { id, input_hash, context })
    }
}

/// Tags as pairs.
fn pairs(tags: Option<&Vec<Tag>>) -> Vec<(String, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    tags.into_iter().flatten().map(|tag| (text(&tag.key), text(&tag.value))).collect()
}

/// The values of the targets with a key.
fn values_of<'a>(targets: &'a [Target], key: &'a str) -> impl Iterator<Item = &'a String> {
    let of_key = targets.iter().filter(move |target| target.key.as_deref() == Some(key));
    of_key.flat_map(|target| target.values.iter().flatten())
}
