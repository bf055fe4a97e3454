//! What run-command knows of documents, from their service's events.

use reeve_contracts::documents::DocumentEvent;
use reeve_document_language::{Checked, DocumentInput, check};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Documents by name.
pub const DOCUMENTS: &str = "documents";
/// Contents by name and version: see [`content_key`].
pub const CONTENT: &str = "document-content";

/// The key of a version's content.
pub fn content_key(name: &str, version: u32) -> String {
    format!("{name}/{version:06}")
}

/// A document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DocumentRow {
    pub document_type: String,
    pub default: u32,
    pub latest: u32,
    /// Version number to the hash of the content as it is stored.
    pub versions: BTreeMap<u32, String>,
}

/// A version's content, read once and not at each command.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ContentRow {
    /// The hash of the content as it is stored.
    pub hash: String,
    /// JSON, normalised.
    pub document: Value,
    pub inputs: Vec<DocumentInput>,
    /// Why it cannot be sent. A language that accepts less than it did raises the version of the projection.
    pub problem: Option<String>,
    pub platform_types: Vec<String>,
}

/// Documents by name, and their contents.
pub struct Documents;

impl Projection for Documents {
    const NAME: &'static str = "documents";
    const VERSION: u32 = 3;
    type Event = DocumentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DocumentEvent>) {
        match &event.event {
            DocumentEvent::DocumentCreated(e) => {
                let row = DocumentRow {
                    document_type: e.document_type.clone(),
                    default: 1,
                    ..DocumentRow::default()
                };
                view.put_row(DOCUMENTS, &e.name, row);
                add_version(view, &e.name, e.version.as_ref());
            }
            DocumentEvent::DocumentUpdated(e) => add_version(view, &e.name, e.version.as_ref()),
            DocumentEvent::DefaultVersionSet(e) => {
                view.update_row::<DocumentRow>(DOCUMENTS, &e.name, |row| row.default = e.version);
            }
            DocumentEvent::DocumentVersionDeleted(e) => {
                view.remove(CONTENT, content_key(&e.name, e.version).as_bytes());
                view.update_row::<DocumentRow>(DOCUMENTS, &e.name, |row| {
                    row.versions.remove(&e.version);
                });
            }
            DocumentEvent::DocumentDeleted(e) => {
                let row = view.row::<DocumentRow>(DOCUMENTS, &e.name).unwrap_or_default();
                for version in row.versions.keys() {
                    view.remove(CONTENT, content_key(&e.name, *version).as_bytes());
                }
                view.remove(DOCUMENTS, e.name.as_bytes());
            }
            DocumentEvent::DocumentReviewed(_) | DocumentEvent::DocumentPermissionModified(_) => {}
        }
    }
}

fn add_version(view: &mut dyn View, name: &str, version: Option<&reeve_contracts::documents::Version>) {
    let Some(version) = version else { return };
    let mut row: DocumentRow = view.row(DOCUMENTS, name).unwrap_or_default();
    view.put_row(CONTENT, &content_key(name, version.number), content(&row.document_type, version));
    row.latest = row.latest.max(version.number);
    row.versions.insert(version.number, version.hash.clone());
    view.put_row(DOCUMENTS, name, row);
}

fn content(document_type: &str, version: &reeve_contracts::documents::Version) -> ContentRow {
    let (hash, platform_types) = (version.hash.clone(), version.platform_types.clone());
    let checked = match version.format.parse() {
        Ok(format) => check(document_type, format, &version.content).map_err(|e| e.to_string()),
        Err(_) => Err(format!("{:?} is no known format.", version.format)),
    };
    match checked {
        Ok(Checked { normalized, inputs, .. }) => {
            ContentRow { hash, document: normalized, inputs, problem: None, platform_types }
        }
        Err(problem) => ContentRow { hash, problem: Some(problem), platform_types, ..ContentRow::default() },
    }
}
