//! What happens to a document.

use reeve_eventsourcing::events;

events! {
    /// What happens to a document.
    pub enum DocumentEvent: "documents" / "document" from reeve_contracts::documents {
        DocumentCreated = "reeve.documents.DocumentCreated.v1",
        DocumentUpdated = "reeve.documents.DocumentUpdated.v1",
        DefaultVersionSet = "reeve.documents.DefaultVersionSet.v1",
        DocumentReviewed = "reeve.documents.DocumentReviewed.v1",
        DocumentVersionDeleted = "reeve.documents.DocumentVersionDeleted.v1",
        DocumentDeleted = "reeve.documents.DocumentDeleted.v1",
        DocumentPermissionModified = "reeve.documents.DocumentPermissionModified.v1",
    }
}

/// The owner of the documents that come with the system.
pub const AMAZON: &str = "Amazon";
