//! One document: its versions, which of them is the default, and who may see it.

mod command;
mod error;
mod event;
mod state;
#[cfg(test)]
pub(crate) mod tests;

pub use command::{Command, Draft, Selector};
pub use error::{Error, MAX_SHARES, MAX_VERSIONS};
pub use event::{AMAZON, DocumentEvent};
pub use state::{Review, State, VersionState};

use reeve_contracts::documents::{
    DefaultVersionSet, DocumentCreated, DocumentDeleted, DocumentPermissionModified, DocumentReviewed,
    DocumentUpdated, DocumentVersionDeleted, Tag, Version,
};
use reeve_document_language as language;
use reeve_eventsourcing::{Context, Decider};
use reeve_types::tags;

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
            Command::Update { name, selector, draft } => update(state, name, &selector, &draft).map(Some),
            Command::SetDefault { name, version } => set_default(state, name, version),
            Command::Review { name, selector, action, comment_json } => {
                review(state, name, &selector, action, comment_json).map(Some)
            }
            Command::Delete { name, force } => delete(state, name, force).map(Some),
            Command::DeleteVersion { name, selector } => delete_version(state, name, &selector).map(Some),
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

fn update(state: &State, name: String, selector: &Selector, draft: &Draft) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    let latest = state.latest();
    let updated = match selector.version {
        Some(_) => state.select(&name, &Selector { version_name: None, ..selector.clone() })?,
        // VersionName is the new version's own here.
        None => latest,
    };
    if updated != latest {
        return Err(Error::NotLatest { name, version: updated, latest });
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
    let changed = version != state.default;
    Ok(changed.then_some(DocumentEvent::DefaultVersionSet(DefaultVersionSet { name, version })))
}

fn review(
    state: &State,
    name: String,
    selector: &Selector,
    action: String,
    comment_json: String,
) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    let version = match selector.version {
        Some(_) => state.select(&name, selector)?,
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

fn delete_version(state: &State, name: String, selector: &Selector) -> Result<DocumentEvent, Error> {
    state.writable(&name)?;
    let version = state.select(&name, selector)?;
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
    let changed = !add.is_empty() || !remove.is_empty();
    Ok(changed.then_some(DocumentEvent::DocumentPermissionModified(DocumentPermissionModified {
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
    let changed = state.default != latest;
    Ok(changed.then_some(DocumentEvent::DefaultVersionSet(DefaultVersionSet { name, version: latest })))
}
