//! Documents as other services know them. What each keeps of a version's content is its own affair: [`Content`].

use reeve_contracts::documents::{DocumentEvent, Version};
use reeve_eventsourcing::{Projection, Recorded, Row, View, ViewExt};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, marker::PhantomData};

/// Documents by name.
pub const DOCUMENTS: &str = "documents";
/// What is kept of versions, by [`content_key`].
pub const DOCUMENT_CONTENTS: &str = "document-content";

/// The key of a version.
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
    /// Version number to the action of its last review; none of one that nobody has sent for review.
    pub reviews: BTreeMap<u32, String>,
}

impl DocumentRow {
    /// The version that is named by its number, `$LATEST`, or `$DEFAULT`, which nothing means as well. `None` for what is no
    /// name, and for a version that there is not. Answers its number and its hash.
    pub fn version(&self, name: &str) -> Option<(u32, &str)> {
        let version = match name {
            "" | "$DEFAULT" => self.default,
            "$LATEST" => self.latest,
            number => number.parse().ok()?,
        };
        self.versions.get(&version).map(|hash| (version, hash.as_str()))
    }
}

/// What a service keeps of a version of a document.
pub trait Content: Row {
    /// Raising it rebuilds the service's views from the log.
    const VERSION: u32;
    fn of(document_type: &str, version: &Version) -> Self;
}

/// Documents by name, and of their versions what `C` keeps.
pub struct Documents<C>(PhantomData<C>);

impl<C> Default for Documents<C> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<C: Content> Projection for Documents<C> {
    const NAME: &'static str = "documents";
    // Raised by one when the rows of all services change.
    const VERSION: u32 = C::VERSION + 1;
    type Event = DocumentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DocumentEvent>) {
        match &event.event {
            DocumentEvent::DocumentCreated(e) => {
                let document_type = e.document_type.clone();
                let row = DocumentRow { document_type, default: 1, ..DocumentRow::default() };
                view.put_row(DOCUMENTS, &e.name, row);
                add_version::<C>(view, &e.name, e.version.as_ref());
            }
            DocumentEvent::DocumentUpdated(e) => add_version::<C>(view, &e.name, e.version.as_ref()),
            DocumentEvent::DefaultVersionSet(e) => {
                view.update_row::<DocumentRow>(DOCUMENTS, &e.name, |row| row.default = e.version);
            }
            DocumentEvent::DocumentVersionDeleted(e) => {
                view.remove(DOCUMENT_CONTENTS, content_key(&e.name, e.version).as_bytes());
                view.update_row::<DocumentRow>(DOCUMENTS, &e.name, |row| {
                    row.versions.remove(&e.version);
                    row.reviews.remove(&e.version);
                });
            }
            DocumentEvent::DocumentDeleted(e) => {
                let row = view.row::<DocumentRow>(DOCUMENTS, &e.name).unwrap_or_default();
                for version in row.versions.keys() {
                    view.remove(DOCUMENT_CONTENTS, content_key(&e.name, *version).as_bytes());
                }
                view.remove(DOCUMENTS, e.name.as_bytes());
            }
            DocumentEvent::DocumentReviewed(e) => {
                view.update_row::<DocumentRow>(DOCUMENTS, &e.name, |row| {
                    row.reviews.insert(e.version, e.action.clone());
                });
            }
            DocumentEvent::DocumentPermissionModified(_) => {}
        }
    }
}

fn add_version<C: Content>(view: &mut dyn View, name: &str, version: Option<&Version>) {
    let Some(version) = version else { return };
    let mut row: DocumentRow = view.row(DOCUMENTS, name).unwrap_or_default();
    let content = C::of(&row.document_type, version);
    view.put_row(DOCUMENT_CONTENTS, &content_key(name, version.number), content);
    row.latest = row.latest.max(version.number);
    row.versions.insert(version.number, version.hash.clone());
    view.put_row(DOCUMENTS, name, row);
}
