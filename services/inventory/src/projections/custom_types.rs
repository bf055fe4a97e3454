//! The custom types that there are.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Custom types by name.
pub(crate) const CUSTOM_TYPES: &str = "custom-types";

/// A custom type, as nodes have it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CustomTypeRow {
    /// The newest that was put.
    pub version: String,
    /// Of all entries that were ever put, up to 50.
    pub attributes: BTreeSet<String>,
}
