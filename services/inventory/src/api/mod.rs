//! One handler for each operation.

mod aggregate;
pub(crate) mod changes;
pub(crate) mod deletions;
mod filters;
pub(crate) mod hashes;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod query;
pub(crate) mod schema;
mod wanted;

use crate::{reading::node_row, taking::TakeError};
use reeve_fleet::NodeRow;
use reeve_inventory_model::types;
use reeve_runtime::{ApiError, Handle};

impl From<TakeError> for ApiError {
    fn from(error: TakeError) -> Self {
        match error {
            TakeError::Execute(error) => error.into(),
            TakeError::Base { .. } | TakeError::Sum { .. } => {
                Self::new("ItemContentMismatchException", format!("The content does not fit: {error}."))
            }
        }
    }
}

impl From<crate::domain::Error> for ApiError {
    fn from(error: crate::domain::Error) -> Self {
        Self::new("TooManyUpdates", format!("The inventory was changed by others meanwhile: {error}."))
    }
}

/// A registered node.
fn known_node(handle: &Handle, id: &str) -> Result<NodeRow, ApiError> {
    node_row(handle, id).ok_or_else(|| {
        ApiError::new("InvalidInstanceId", format!("The instance ID {id} is not a managed node."))
    })
}

/// A type that there can be.
fn known_type(name: &str) -> Result<(), ApiError> {
    if types::find(name).is_some() || types::is_custom(name) {
        return Ok(());
    }
    let known: Vec<&str> = types::TYPES.iter().map(|kind| kind.name).collect();
    let message = format!(
        "TypeName is {name:?}, which is neither one of {} nor Custom: and a name without blanks and without /.",
        known.join(", ")
    );
    Err(ApiError::new("InvalidTypeNameException", message))
}
