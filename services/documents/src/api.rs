//! The operations on documents, by what they do; here is what they share.

pub(crate) mod list;
pub(crate) mod node;
pub(crate) mod permission;
pub(crate) mod read;
pub(crate) mod review;
pub(crate) mod write;

mod filters;

use crate::{
    domain::{Document, Error, Selector},
    projections::{DOCUMENTS, DocumentRow, TAGS, VERSIONS, VersionRow, version_key},
};
use reeve_contracts::ssm::{
    DocumentDescription, DocumentParameter, DocumentRequires, ReviewInformation, Tag,
};
use reeve_document_language::{DocumentInput, Error as Language};
use reeve_runtime::{ApiError, Handle, text};
use reeve_types::arn::id_or_arn;
use std::collections::BTreeMap;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Language(reason) => match reason {
                Language::TooLarge(_) => "MaxDocumentSizeExceeded",
                Language::SchemaVersion { .. } => "InvalidDocumentSchemaVersion",
                // CreateDocument has no error of its own for a word outside of its enumeration.
                Language::DocumentType(_) | Language::Name(_) | Language::ReservedName(_) => {
                    "ValidationException"
                }
                _ => "InvalidDocumentContent",
            },
            Error::Tags(_) => "ValidationException",
            Error::AlreadyExists(_) => "DocumentAlreadyExists",
            Error::NotFound(_) | Error::ReadOnly(_) => "InvalidDocument",
            Error::NoVersion { .. }
            | Error::NoVersionName { .. }
            | Error::TwoVersions(_)
            | Error::NotLatest { .. } => "InvalidDocumentVersion",
            Error::DuplicateContent { .. } => "DuplicateDocumentContent",
            Error::DuplicateVersionName { .. } => "DuplicateDocumentVersionName",
            Error::TooManyVersions(_) => "DocumentVersionLimitExceeded",
            Error::OldSchema(_) => "InvalidDocumentSchemaVersion",
            Error::DefaultVersion { .. }
            | Error::Shared(_)
            | Error::NeedsForce { .. }
            | Error::WrongReview { .. } => "InvalidDocumentOperation",
            Error::TooManyShares(_) => "DocumentPermissionLimit",
        };
        Self::new(code, error.to_string())
    }
}

/// The document's name in what a caller gave: the name itself, or its ARN.
fn name_in(given: Option<&String>) -> String {
    id_or_arn("document", given.map(String::as_str).unwrap_or_default()).to_owned()
}

fn invalid(field: &str, problem: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(format!("{field} {problem}."))
}

/// A continuation key that came back, if it is one of those that go out for this list.
fn continuation(token: Option<&String>, prefix: &str) -> Result<Option<String>, ApiError> {
    match token.filter(|token| !token.is_empty()) {
        Some(token) if !token.starts_with(prefix) || token.len() > 300 => {
            Err(ApiError::new("InvalidNextToken", "NextToken is not one that this list was answered with."))
        }
        token => Ok(token.cloned()),
    }
}

/// A document and one version of it.
struct Found {
    document: DocumentRow,
    version: VersionRow,
}

fn find(handle: &Handle, name: &str, selector: &Selector) -> Result<Found, ApiError> {
    let number = handle.state::<Document>(name).select(name, selector)?;
    row(handle, name, number)
}

fn row(handle: &Handle, name: &str, number: u32) -> Result<Found, ApiError> {
    let document = handle.views().get(DOCUMENTS, name);
    let version = handle.views().get(VERSIONS, &version_key(name, number));
    match (document, version) {
        (Some(document), Some(version)) => Ok(Found { document, version }),
        // Deleted between two looks.
        _ => Err(Error::NotFound(name.to_owned()).into()),
    }
}

fn tags(handle: &Handle, name: &str) -> BTreeMap<String, String> {
    handle.views().get(TAGS, name).unwrap_or_default()
}

fn tag_list(tags: BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let list: Vec<Tag> =
        tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect();
    (!list.is_empty()).then_some(list)
}

fn requires(version: &VersionRow) -> Option<Vec<DocumentRequires>> {
    serde_json::from_str(&version.requires_json).ok()
}

fn parameter(input: DocumentInput) -> DocumentParameter {
    let default = input.default.map(|value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    });
    DocumentParameter {
        name: Some(input.name),
        r#type: Some(input.kind),
        description: input.description,
        default_value: default,
    }
}

impl Found {
    fn describe(self, tags: BTreeMap<String, String>) -> DocumentDescription {
        let Self { document, version } = self;
        let review = (version.reviews > 0).then(|| {
            vec![ReviewInformation {
                reviewed_time: Some(version.reviewed.epoch_seconds()),
                reviewer: text(&version.reviewer),
                status: Some(version.review.name().to_owned()),
            }]
        });
        let inputs: Vec<_> = version.inputs.iter().cloned().map(parameter).collect();
        DocumentDescription {
            name: Some(document.name),
            owner: Some(document.owner),
            document_type: Some(document.document_type),
            document_format: Some(version.format.clone()),
            document_version: Some(version.number.to_string()),
            version_name: text(&version.name),
            display_name: text(&version.display_name),
            target_type: text(&version.target_type),
            schema_version: text(&version.schema_version),
            description: version.description.clone(),
            parameters: (!inputs.is_empty()).then_some(inputs),
            platform_types: Some(version.platform_types.clone()),
            hash: Some(version.hash.clone()),
            hash_type: Some("Sha256".to_owned()),
            created_date: Some(version.created.epoch_seconds()),
            author: text(&version.author),
            status: Some("Active".to_owned()),
            default_version: Some(document.default.to_string()),
            latest_version: document.versions.last().map(u32::to_string),
            approved_version: document.approved.map(|number| number.to_string()),
            pending_review_version: document.pending.map(|number| number.to_string()),
            review_status: Some(version.review.name().to_owned()),
            review_information: review,
            requires: requires(&version),
            tags: tag_list(tags),
            ..DocumentDescription::default()
        }
    }
}
