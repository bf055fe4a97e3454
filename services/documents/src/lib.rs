//! The SSM documents: what can be run, configured and installed on nodes, in versions.
//!
//! - Aggregate `document`, one for each name: subject `reeve.evt.documents.document.<name>`. Events
//!   `DocumentCreated`, `DocumentUpdated`, `DefaultVersionSet`, `DocumentReviewed`, `DocumentVersionDeleted`,
//!   `DocumentDeleted` and `DocumentPermissionModified`.
//! - The tags of documents are the tags service's; its events are consumed to answer with them.
//! - The documents that come with the system (owner `Amazon`) are published at start-up.
//!
//! Invariants: a document that exists has a default version; no two of its versions have the same content or
//! VersionName; a number is never given twice in one life of a document; stored content is always one that the
//! document language accepted; what comes with the system is changed by nobody but the system.

mod api;
mod domain;
mod preconfigured;
mod projections;

pub use domain::{Command, Document, DocumentEvent, Draft, Error, Review, Selector, State, VersionState};

use reeve_runtime::{ResourceTags, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    Service::new("documents")
        .aggregate::<Document>()
        .projection(projections::Documents)
        .projection(ResourceTags { kind: "Document", table: projections::TAGS })
        .startup(preconfigured::publish)
        .operation("ssm", "CreateDocument", api::write::create_document)
        .on("Document", "Name")
        .operation("ssm", "UpdateDocument", api::write::update_document)
        .on("Document", "Name")
        .operation("ssm", "UpdateDocumentDefaultVersion", api::write::update_default_version)
        .on("Document", "Name")
        .operation("ssm", "DeleteDocument", api::write::delete_document)
        .on("Document", "Name")
        .operation("ssm", "GetDocument", api::read::get_document)
        .on("Document", "Name")
        .operation("ssm", "DescribeDocument", api::read::describe_document)
        .on("Document", "Name")
        .operation("ssm", "ListDocuments", api::list::list_documents)
        .operation("ssm", "ListDocumentVersions", api::list::list_versions)
        .on("Document", "Name")
        .operation("ssm", "UpdateDocumentMetadata", api::review::update_metadata)
        .on("Document", "Name")
        .operation("ssm", "ListDocumentMetadataHistory", api::review::list_history)
        .on("Document", "Name")
        .operation("ssm", "ModifyDocumentPermission", api::permission::modify)
        .on("Document", "Name")
        .operation("ssm", "DescribeDocumentPermission", api::permission::describe)
        .on("Document", "Name")
        .question("NodeGetDocument", "get-document", api::node::get_document)
}
