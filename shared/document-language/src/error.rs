//! Why a document was refused.

use crate::format::{Format, MAX_DEPTH, MAX_DOCUMENT_BYTES};

/// The reasons for which content or a name is refused; the API layer maps each variant to its AWS exception.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Maps to MaxDocumentSizeExceeded.
    #[error("The content has {0} bytes; a document may have at most {MAX_DOCUMENT_BYTES}.")]
    TooLarge(usize),
    /// The content does not follow the syntax it was declared to have.
    #[error("The content is not valid {format}: {reason}.")]
    Syntax {
        /// The format the caller declared.
        format: Format,
        /// What the parser said, with the position.
        reason: String,
    },
    /// Nesting this deep serves no document and costs stack in every reader.
    #[error("The content is nested more than {MAX_DEPTH} levels deep.")]
    TooDeep,
    /// YAML aliases may repeat a small text without end.
    #[error("The YAML aliases of the content expand to more than a document may hold.")]
    TooManyAliases,
    /// Plain text has no structure to convert or to execute.
    #[error("A document in the format {found} cannot be used as {wanted}.")]
    Format {
        /// The format the document has.
        found: Format,
        /// The format or document type it was asked to be.
        wanted: String,
    },
    /// Maps to InvalidDocumentType.
    #[error("The document type {0:?} is not known.")]
    DocumentType(String),
    /// Maps to InvalidDocumentSchemaVersion.
    #[error(
        "The field schemaVersion is {found:?}; a document of type {document_type} needs one of {allowed}."
    )]
    SchemaVersion {
        /// What the document says; empty when it says nothing.
        found: String,
        /// The type it was stored as.
        document_type: String,
        /// The versions that type may have.
        allowed: String,
    },
    /// One field breaks one rule.
    #[error("The field {field} {problem}.")]
    Invalid {
        /// The path of the field, such as `mainSteps[0].inputs.runCommand`.
        field: String,
        /// The rule, as the rest of a sentence.
        problem: String,
    },
    /// The name of a document breaks the naming rule.
    #[error("The document name {0:?} must have 3 to 128 letters, digits, dots, dashes or underscores.")]
    Name(String),
    /// Names of the vendor are kept for the documents that ship with the system.
    #[error("The document name {0:?} starts with a reserved prefix (aws, amazon, amzn).")]
    ReservedName(String),
}

/// Shorthand for the most frequent error.
pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Invalid { field: field.into(), problem: problem.into() }
}
