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
//! document language accepted; what comes with the system is changed by nobody but the system; who wrote
//! a version of a change template does not approve it.

mod api;
mod domain;
mod preconfigured;
mod projections;

pub use domain::{Command, Document, DocumentEvent, Draft, Error, Review, Selector, State, VersionState};

use reeve_runtime::{Operation, ResourceTags, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    Service::new("documents")
        .aggregate::<Document>()
        .projection(reeve_fleet::ChangeRules)
        .projection(projections::Documents)
        .projection(ResourceTags { kind: "Document", table: projections::TAGS })
        .startup(preconfigured::publish)
        .operation(
            Operation::write("ssm", "CreateDocument").on("Document", "Name"),
            api::write::create_document,
        )
        .operation(
            Operation::write("ssm", "UpdateDocument").on("Document", "Name"),
            api::write::update_document,
        )
        .operation(
            Operation::write("ssm", "UpdateDocumentDefaultVersion").on("Document", "Name"),
            api::write::update_default_version,
        )
        .operation(
            Operation::write("ssm", "DeleteDocument").on("Document", "Name"),
            api::write::delete_document,
        )
        .operation(Operation::read("ssm", "GetDocument").on("Document", "Name"), api::read::get_document)
        .operation(
            Operation::read("ssm", "DescribeDocument").on("Document", "Name"),
            api::read::describe_document,
        )
        .operation(Operation::read("ssm", "ListDocuments"), api::list::list_documents)
        .operation(
            Operation::read("ssm", "ListDocumentVersions").on("Document", "Name"),
            api::list::list_versions,
        )
        .operation(
            Operation::write("ssm", "UpdateDocumentMetadata").on("Document", "Name"),
            api::review::update_metadata,
        )
        .operation(
            Operation::read("ssm", "ListDocumentMetadataHistory").on("Document", "Name"),
            api::review::list_history,
        )
        .operation(
            Operation::write("ssm", "ModifyDocumentPermission").on("Document", "Name"),
            api::permission::modify,
        )
        .operation(
            Operation::read("ssm", "DescribeDocumentPermission").on("Document", "Name"),
            api::permission::describe,
        )
        .agent_endpoint("NodeGetDocument", "get-document", api::node::get_document)
}
