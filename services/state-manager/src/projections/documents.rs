//! What this service knows of documents, from their service's events.

use reeve_contracts::documents::{DocumentEvent, Version};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::Handle;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// Documents by name.
pub(crate) const DOCUMENTS: &str = "documents";
/// Versions by [`content_key`].
const CONTENT: &str = "document-content";

fn content_key(name: &str, version: u32) -> String {
    format!("{name}/{version:06}")
}

/// A document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DocumentRow {
    pub document_type: String,
    pub default: u32,
    pub latest: u32,
    pub versions: BTreeSet<u32>,
}

/// A version of a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub content: String,
    pub format: String,
    pub schema_version: String,
    pub platform_types: Vec<String>,
}

/// The content of a version: a number, `$DEFAULT` or `$LATEST`.
pub(crate) fn content_of(
    handle: &Handle,
    name: &str,
    row: &DocumentRow,
    version: &str,
) -> Option<Arc<ContentRow>> {
    let version = match version {
        "$DEFAULT" => row.default,
        "$LATEST" => row.latest,
        number => number.parse().ok()?,
    };
    handle.views().look(CONTENT, &content_key(name, version))
}

/// Keeps the tables of this file.
pub(crate) struct Documents;

impl Projection for Documents {
    const NAME: &'static str = "documents";
    const VERSION: u32 = 1;
    type Event = DocumentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DocumentEvent>) {
        match &event.event {
            DocumentEvent::DocumentCreated(e) => {
                let document_type = e.document_type.clone();
                let row = DocumentRow { document_type, default: 1, ..DocumentRow::default() };
                view.put_row(DOCUMENTS, &e.name, row);
                add_version(view, &e.name, e.version.as_ref());
            }
            DocumentEvent::DocumentUpdated(e) => add_version(view, &e.name, e.version.as_ref()),
            DocumentEvent::DefaultVersionSet(e) => {
                view.change_row::<DocumentRow, _>(DOCUMENTS, &e.name, |row| row.default = e.version);
            }
            DocumentEvent::DocumentVersionDeleted(e) => {
                view.remove(CONTENT, content_key(&e.name, e.version).as_bytes());
                view.change_row::<DocumentRow, _>(DOCUMENTS, &e.name, |row| row.versions.remove(&e.version));
            }
            DocumentEvent::DocumentDeleted(e) => {
                let row = view.row::<DocumentRow>(DOCUMENTS, &e.name).unwrap_or_default();
                for version in row.versions {
                    view.remove(CONTENT, content_key(&e.name, version).as_bytes());
                }
                view.remove(DOCUMENTS, e.name.as_bytes());
            }
            DocumentEvent::DocumentReviewed(_) | DocumentEvent::DocumentPermissionModified(_) => {}
        }
    }
}

fn add_version(view: &mut dyn View, name: &str, version: Option<&Version>) {
    let Some(version) = version else { return };
    let row = ContentRow {
        content: version.content.clone(),
        format: version.format.clone(),
        schema_version: version.schema_version.clone(),
        platform_types: version.platform_types.clone(),
    };
    view.put_row(CONTENT, &content_key(name, version.number), row);
    view.change_row::<DocumentRow, _>(DOCUMENTS, name, |row| {
        row.latest = row.latest.max(version.number);
        row.versions.insert(version.number);
    });
}
