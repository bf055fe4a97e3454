//! What can be asked of a document.

use reeve_document_language::Format;

/// A version as it is asked for.
#[derive(Clone, Debug)]
pub struct Draft {
    pub content: String,
    pub format: Format,
    /// VersionName; empty: none.
    pub version_name: String,
    pub display_name: String,
    pub target_type: String,
}

/// A version as a caller names it: by its number, `$LATEST` or `$DEFAULT`, by its VersionName, or by both.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    pub version: Option<String>,
    pub version_name: Option<String>,
}

/// What can be asked of a document. Each names the document, because an event must.
#[derive(Clone, Debug)]
pub enum Command {
    Create {
        name: String,
        document_type: String,
        owner: String,
        draft: Draft,
        requires_json: String,
        tags: Vec<(String, String)>,
    },
    Update {
        name: String,
        selector: Selector,
        draft: Draft,
    },
    SetDefault {
        name: String,
        version: String,
    },
    Review {
        name: String,
        selector: Selector,
        action: String,
        comment_json: String,
    },
    Delete {
        name: String,
        force: bool,
    },
    DeleteVersion {
        name: String,
        selector: Selector,
    },
    Share {
        name: String,
        add: Vec<String>,
        remove: Vec<String>,
        shared_version: String,
    },
    /// Brings a preconfigured document one step nearer to its draft; nothing to say when it is there.
    PublishPreconfigured {
        name: String,
        document_type: String,
        draft: Draft,
    },
}
