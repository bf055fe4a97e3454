//! One handler for each operation.

mod filters;
pub(crate) mod items;
pub(crate) mod put;
pub(crate) mod summaries;

use crate::domain::{Error, Execution};
use reeve_contracts::ssm::ComplianceExecutionSummary;
use reeve_fleet::{NODES, NodeRow};
use reeve_runtime::{ApiError, Handle, text};
use reeve_types::Timestamp;

/// The one type of resource that there is.
const MANAGED_INSTANCE: &str = "ManagedInstance";

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::new("TooManyUpdates", format!("The items were changed by others meanwhile: {error}."))
    }
}

/// Refuses types of resources that there are not.
fn known_resource_type(member: &str, named: &str) -> Result<(), ApiError> {
    if named == MANAGED_INSTANCE {
        return Ok(());
    }
    let message = format!("{member} is {named:?}; the one type of resource is {MANAGED_INSTANCE}.");
    Err(ApiError::new("InvalidResourceType", message))
}

/// Refuses resources that are no registered nodes.
fn known_resource(handle: &Handle, member: &str, id: &str) -> Result<(), ApiError> {
    if handle.views().look::<NodeRow>(NODES, id).is_some() {
        return Ok(());
    }
    Err(ApiError::new("InvalidResourceId", format!("{member} is {id:?}, and there is no such node.")))
}

/// An execution as AWS has it.
fn summary(of: &Execution) -> ComplianceExecutionSummary {
    ComplianceExecutionSummary {
        execution_id: text(&of.id),
        execution_time: Some(Timestamp(of.time_ms).epoch_seconds()),
        execution_type: text(&of.kind),
    }
}
