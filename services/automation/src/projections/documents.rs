//! What this service keeps of documents: the runbooks and the change templates.

use reeve_contracts::documents::Version;
use reeve_document_language::{Checked, DocumentInput, check};
use reeve_fleet::Content;
use serde::{Deserialize, Serialize};

/// A version of one, read once and not at each start.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub hash: String,
    /// JSON, normalized; empty for a document of another type.
    pub document_json: String,
    pub inputs: Vec<DocumentInput>,
    /// Why it cannot be started.
    pub problem: String,
}

impl Content for ContentRow {
    const VERSION: u32 = 2;

    fn of(document_type: &str, version: &Version) -> Self {
        let hash = version.hash.clone();
        if !matches!(document_type, "Automation" | "Automation.ChangeTemplate") {
            return Self { hash, ..Self::default() };
        }
        let checked = match version.format.parse() {
            Ok(format) => check(document_type, format, &version.content).map_err(|error| error.to_string()),
            Err(_) => Err(format!("{:?} is no known format.", version.format)),
        };
        match checked {
            Ok(Checked { normalized, inputs, .. }) => {
                Self { hash, document_json: normalized.to_string(), inputs, problem: String::new() }
            }
            Err(problem) => Self { hash, problem, ..Self::default() },
        }
    }
}
