//! The operations.

pub mod change;
mod checks;
pub mod create;
pub mod drift;
pub mod executions;
pub mod list;
pub mod nodes;

use crate::{
    domain::association,
    projections::{ASSOCIATIONS, AssociationRow},
};
use reeve_fleet::NODES;
use reeve_runtime::{ApiError, Handle};
use reeve_types::{arn::id_or_arn, text::sentence};
use std::sync::Arc;
use uuid::Uuid;

/// As tags and policies call associations.
const KIND: &str = "Association";

impl From<association::Error> for ApiError {
    fn from(error: association::Error) -> Self {
        use association::Error;
        let code = match error {
            Error::Unknown => "AssociationDoesNotExist",
            Error::Exists => "AssociationAlreadyExists",
            Error::Version { .. } => "InvalidAssociationVersion",
            Error::TooManyVersions => "AssociationVersionLimitExceeded",
            Error::StatusUnchanged => "StatusUnchanged",
        };
        Self::new(code, sentence(&error))
    }
}

/// The association of an id.
///
/// # Errors
/// `AssociationDoesNotExist`.
fn by_id(handle: &Handle, id: Option<&String>) -> Result<Arc<AssociationRow>, ApiError> {
    // As it was written: it is what policies decided on.
    let id = id.map(String::as_str).unwrap_or_default();
    let row = handle.views().look(ASSOCIATIONS, id);
    row.ok_or_else(|| ApiError::new("AssociationDoesNotExist", format!("There is no association {id:?}.")))
}

/// The id of an association of the old form: a document on one node has one.
fn old_form_id(document: &str, node: &str) -> String {
    let document = id_or_arn("document", document);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("association/{document}/{node}").as_bytes()).to_string()
}

/// The association of an id or, in the old form, of a document and a node.
///
/// # Errors
/// `AssociationDoesNotExist`; `ValidationException` when neither is given.
fn named(
    handle: &Handle,
    id: Option<&String>,
    document: Option<&String>,
    node: Option<&String>,
) -> Result<Arc<AssociationRow>, ApiError> {
    match (id, document, node) {
        (Some(_), None, None) => by_id(handle, id),
        (None, Some(document), Some(node)) => {
            let row = handle.views().look(ASSOCIATIONS, &old_form_id(document, node));
            let message = format!("There is no association of the document {document} with the node {node}.");
            row.ok_or_else(|| ApiError::new("AssociationDoesNotExist", message))
        }
        _ => Err(ApiError::invalid("Either AssociationId alone, or Name and InstanceId are needed.")),
    }
}

/// # Errors
/// `InvalidInstanceId` for a node that there is not.
fn node_exists(handle: &Handle, node: &str) -> Result<(), ApiError> {
    match handle.views().look::<reeve_fleet::NodeRow>(NODES, node) {
        Some(_) => Ok(()),
        None => {
            Err(ApiError::new("InvalidInstanceId", format!("InstanceId is {node:?}: there is no such node.")))
        }
    }
}
