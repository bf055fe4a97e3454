//! One document: its versions, which of them is the default, and who may see it.

mod state;
#[cfg(test)]
pub(crate) mod tests;

pub use state::{Mark, Review, State};

use reeve_contracts::documents::{Tag, Version};
use reeve_document_language::{self as language, Format};
use reeve_eventsourcing::{Context, Decider, events};
use reeve_types::tags;

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
/// As many versions as a document may have at a time, the public API's own limit.
pub const MAX_VERSIONS: usize = 1000;
/// As many accounts as a document may be shared with, the public API's own limit.
pub const MAX_SHARES: usize = 1000;

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
        of: Selector,
        draft: Draft,
    },
    SetDefault {
        name: String,
        version: String,
    },
    Review {
        name: String,
        of: Selector,
        action: String,
        comment_json: String,
    },
    Delete {
        name: String,
        force: bool,
    },
    DeleteVersion {
        name: String,
        of: Selector,
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

/// A document.
pub struct Document;

impl Decider for Document {
    type Command = Command;
    type Event = DocumentEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<DocumentEvent>, Error> {
        match command {
            Command::Create { name, document_type, owner, draft, requires_json, tags } => {
                create(state, name, document_type, owner, &draft, requires_json, tags).map(Some)
            }
            Command::Update { name, of, draft } => update(state, name, &of, &draft).map(Some),
            Command::SetDefault { name, version } => set_default(state, name, version),
            Command::Review { name, of, action, comment_json } => {
                review(state, name, &of, action, comment_json).map(Some)
            }
            Command::Delete { name, force } => delete(state, name, force).map(Some),
            Command::DeleteVersion { name, of } => delete_version(state, name, &of).map(Some),
            Command::Share { name, add, remove, shared_version } => {
                share(state, name, add, remove, shared_version)
            }
            Command::PublishPreconfigured { name, document_type, draft } => {
                publish(state, name, document_type, &draft)
            }
        }
    }

    fn evolve(state: State, event: &DocumentEvent) -> State {
        state.after(event)
    }
}

/// The version that a draft becomes, when its content is a document of the type.
fn version(number: u32, document_type: &str, draft: &Draft, requires_json: &str) -> Result<Version, Error> {
    let checked = language::check(document_type, draft.format, &draft.content)?;
    Ok(Version {
        number,
        name: draft.version_name.clone(),
        content: draft.content.clone(),
        format: draft.format.to_string(),
        schema_version: checked.schema_version,
        hash: language::hash(&draft.content),
        platform_types: checked.platform_types,
        display_name: draft.display_name.clone(),
        target_type: draft.target_type.clone(),
        requires_json: requires_json.to_owned(),
    })
}

fn create(
    state: &State,
    name: String,
    document_type: String,
    owner: String,
    draft: &Draft,
    requires_json: String,
    tags: Vec<(String, String)>,
) -> Result<DocumentEvent, Error> {
    language::check_name(&name, false)?;
    if state.exists() {
        return Err(Error::AlreadyExists(name));
    }
    let tags = tags::check(tags)?.into_iter().map(|(key, value)| Tag { key, value }).collect();
    let version = Some(version(1, &document_type, draft, &requires_json)?);
    Ok(DocumentEvent::DocumentCreated(DocumentCreated { name, document_type, owner, version, tags }))
}

fn update(state: &State, name: String, of: &Selector, draft: &Draft) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    let latest = state.latest();
    let of = match of.version {
        Some(_) => state.select(&name, &Selector { version_name: None, ..of.clone() })?,
        // VersionName is the new version's own here.
        None => latest,
    };
    if of != latest {
        return Err(Error::NotLatest { name, version: of, latest });
    }
    if state.versions.len() >= MAX_VERSIONS {
        return Err(Error::TooManyVersions(name));
    }
    let version = version(state.last_number + 1, &state.document_type, draft, &state.requires_json)?;
    if [&state.schema_version, &version.schema_version].into_iter().any(|found| found == "1.2") {
        return Err(Error::OldSchema(name));
    }
    if let Some((number, _)) = state.versions.iter().find(|(_, mark)| mark.hash == version.hash) {
        return Err(Error::DuplicateContent { name, version: *number });
    }
    if let Some(number) = state.by_name(&version.name) {
        return Err(Error::DuplicateVersionName { name, version_name: version.name, version: number });
    }
    Ok(DocumentEvent::DocumentUpdated(DocumentUpdated { name, version: Some(version) }))
}

fn set_default(state: &State, name: String, version: String) -> Result<Option<DocumentEvent>, Error> {
    state.writable(&name)?;
    let version = state.select(&name, &Selector { version: Some(version), version_name: None })?;
    let said = version != state.default;
    Ok(said.then_some(DocumentEvent::DefaultVersionSet(DefaultVersionSet { name, version })))
}

fn review(
    state: &State,
    name: String,
    of: &Selector,
    action: String,
    comment_json: String,
) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    let version = match of.version {
        Some(_) => state.select(&name, of)?,
        None => state.latest(),
    };
    let current = state.versions.get(&version).map(|mark| mark.review).unwrap_or_default();
    if Review::after(&action).is_none() || (action != "SendForReview") != (current == Review::Pending) {
        return Err(Error::WrongReview { name, version, action, status: current.name() });
    }
    Ok(DocumentEvent::DocumentReviewed(DocumentReviewed { name, version, action, comment_json }))
}

fn delete(state: &State, name: String, force: bool) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    if !state.shared.is_empty() {
        return Err(Error::Shared(name));
    }
    // Configurations are held against their schema as long as they live.
    if state.document_type == "ApplicationConfigurationSchema" && !force {
        return Err(Error::NeedsForce { name, document_type: state.document_type.clone() });
    }
    Ok(DocumentEvent::DocumentDeleted(DocumentDeleted { name }))
}

fn delete_version(state: &State, name: String, of: &Selector) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    let version = state.select(&name, of)?;
    if version == state.default {
        return Err(Error::DefaultVersion { name, version });
    }
    Ok(DocumentEvent::DocumentVersionDeleted(DocumentVersionDeleted { name, version }))
}

fn share(
    state: &State,
    name: String,
    mut add: Vec<String>,
    mut remove: Vec<String>,
    shared_version: String,
) -> Result<Option<DocumentEvent>, Error> {
    state.writable(&name)?;
    for accounts in [&mut add, &mut remove] {
        for account in accounts.iter_mut().filter(|account| account.eq_ignore_ascii_case("all")) {
            "all".clone_into(account);
        }
        accounts.sort();
        accounts.dedup();
    }
    add.retain(|account| state.shared.get(account) != Some(&shared_version) && !remove.contains(account));
    remove.retain(|account| state.shared.contains_key(account));
    let fresh = add.iter().filter(|account| !state.shared.contains_key(*account)).count();
    if state.shared.len() + fresh > MAX_SHARES + remove.len() {
        return Err(Error::TooManyShares(name));
    }
    let said = !add.is_empty() || !remove.is_empty();
    Ok(said.then_some(DocumentEvent::DocumentPermissionModified(DocumentPermissionModified {
        name,
        add,
        remove,
        shared_version,
    })))
}

fn publish(
    state: &State,
    name: String,
    document_type: String,
    draft: &Draft,
) -> Result<Option<DocumentEvent>, Error> {
    language::check_name(&name, true)?;
    let hash = language::hash(&draft.content);
    let latest = state.latest();
    if !state.exists() {
        let version = Some(version(1, &document_type, draft, "")?);
        let (owner, tags) = (AMAZON.to_owned(), Vec::new());
        let created = DocumentCreated { name, document_type, owner, version, tags };
        return Ok(Some(DocumentEvent::DocumentCreated(created)));
    }
    if state.versions.get(&latest).is_none_or(|mark| mark.hash != hash) {
        // A release may go back to an earlier content, so only the latest counts; and the limit of versions
        // is the callers', not the releases'.
        let version = Some(version(state.last_number + 1, &state.document_type, draft, "")?);
        return Ok(Some(DocumentEvent::DocumentUpdated(DocumentUpdated { name, version })));
    }
    let said = state.default != latest;
    Ok(said.then_some(DocumentEvent::DefaultVersionSet(DefaultVersionSet { name, version: latest })))
}
