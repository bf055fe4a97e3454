//! What happens to a document.

pub use reeve_contracts::documents::DocumentEvent;

/// The owner of the documents that come with the system.
pub const AMAZON: &str = "Amazon";
