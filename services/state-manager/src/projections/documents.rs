//! What this service keeps of documents.

use reeve_contracts::documents::Version;
use reeve_document_language as language;
use reeve_fleet::{Content, DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, content_key};
use reeve_runtime::Handle;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A version of a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub content: String,
    pub format: String,
    pub schema_version: String,
    pub platform_types: Vec<String>,
    /// Whether it declares that it looks and changes nothing.
    pub is_check: bool,
}

impl Content for ContentRow {
    const VERSION: u32 = 3;

    fn of(document_type: &str, version: &Version) -> Self {
        Self {
            content: version.content.clone(),
            format: version.format.clone(),
            schema_version: version.schema_version.clone(),
            platform_types: version.platform_types.clone(),
            is_check: is_check(document_type, version),
        }
    }
}

fn is_check(document_type: &str, version: &Version) -> bool {
    let Ok(format) = version.format.parse() else { return false };
    language::check(document_type, format, &version.content)
        .is_ok_and(|checked| language::is_check(&checked.normalized))
}

/// The content of a version: a number, `$DEFAULT` or `$LATEST`.
pub(crate) fn content_of(
    handle: &Handle,
    name: &str,
    row: &DocumentRow,
    version: &str,
) -> Option<Arc<ContentRow>> {
    let (number, _) = row.version(version)?;
    handle.views().look(DOCUMENT_CONTENTS, &content_key(name, number))
}

/// The same of a document by its name; `None` when there is none of it any more.
pub(crate) fn content_named(handle: &Handle, name: &str, version: &str) -> Option<Arc<ContentRow>> {
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, name)?;
    content_of(handle, name, &row, version)
}
