//! Why a command was refused, and the limits that refuse one.

use reeve_document_language as language;
use reeve_types::tags;

/// As many versions as a document may have at a time, the public API's own limit.
pub const MAX_VERSIONS: usize = 1000;
/// As many accounts as a document may be shared with, the public API's own limit.
pub const MAX_SHARES: usize = 1000;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Language(#[from] language::Error),
    #[error("{0}.")]
    Tags(#[from] tags::Error),
    #[error("Document with same name {0} already exists.")]
    AlreadyExists(String),
    /// Clients look for "does not exist" (Terraform's provider among them).
    #[error("Document with name {0} does not exist.")]
    NotFound(String),
    #[error("Name is {0:?}, a document that comes with the system and is read-only.")]
    ReadOnly(String),
    #[error("DocumentVersion is {version:?}; that version of the document {name:?} does not exist.")]
    NoVersion { name: String, version: String },
    #[error("VersionName is {version_name:?}; that version of the document {name:?} does not exist.")]
    NoVersionName { name: String, version_name: String },
    #[error("DocumentVersion and VersionName name different versions of the document {0:?}.")]
    TwoVersions(String),
    #[error("DocumentVersion is {version}; only the latest version, {latest}, of {name:?} can be updated.")]
    NotLatest { name: String, version: u32, latest: u32 },
    #[error("Content is the same as that of version {version} of the document {name:?}.")]
    DuplicateContent { name: String, version: u32 },
    #[error("VersionName is {version_name:?}, which version {version} of the document {name:?} has already.")]
    DuplicateVersionName { name: String, version_name: String, version: u32 },
    #[error("The document {0:?} has {MAX_VERSIONS} versions already; delete one before adding another.")]
    TooManyVersions(String),
    #[error("Content cannot be updated from or to the schemaVersion 1.2, as it would be in {0:?}.")]
    OldSchema(String),
    #[error(
        "DocumentVersion is {version}, the default of the document {name:?}, which cannot be deleted alone."
    )]
    DefaultVersion { name: String, version: u32 },
    #[error("The document {0:?} is still shared; stop sharing it before deleting it.")]
    Shared(String),
    #[error(
        "The document {name:?} is of the type {document_type}, which is deleted only when Force is true."
    )]
    NeedsForce { name: String, document_type: String },
    #[error("DocumentReviews.Action is {action:?}, but version {version} of {name:?} is {status}.")]
    WrongReview { name: String, version: u32, action: String, status: &'static str },
    #[error("AccountIdsToAdd would share the document {0:?} with more than {MAX_SHARES} accounts.")]
    TooManyShares(String),
}
