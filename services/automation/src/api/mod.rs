//! The operations.

pub mod change;
pub mod preview;
pub mod read;
pub mod request;
mod shape;
pub mod targets;

use crate::{
    domain::execution::Error,
    projections::{EXECUTIONS, ExecutionRow},
};
use reeve_runtime::{ApiError, Handle};
use std::sync::Arc;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Unknown => "AutomationExecutionNotFoundException",
            Error::TokenMismatch => "IdempotentParameterMismatch",
            Error::Ended(_) | Error::Running | Error::Resumed { .. } => {
                "InvalidAutomationStatusUpdateException"
            }
            Error::Signal(_) => "InvalidAutomationSignalException",
            Error::UnknownStep(_) => "AutomationStepNotFoundException",
            Error::NoApprover(_) | Error::Own(_) | Error::NotApprovedBy(_) => "AccessDeniedException",
        };
        Self::new(code, error.to_string())
    }
}

/// # Errors
/// `AutomationExecutionNotFoundException`.
fn by_id(handle: &Handle, id: Option<&String>) -> Result<Arc<ExecutionRow>, ApiError> {
    let id = id.map(String::as_str).unwrap_or_default();
    handle.views().look(EXECUTIONS, id).ok_or_else(|| Error::Unknown.into())
}
