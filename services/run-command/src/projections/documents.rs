//! What run-command keeps of documents.

use reeve_contracts::documents::Version;
use reeve_document_language::{Checked, DocumentInput, check};
use reeve_fleet::Content;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

impl Content for ContentRow {
    const VERSION: u32 = 4;

    fn of(document_type: &str, version: &Version) -> Self {
        let (hash, platform_types) = (version.hash.clone(), version.platform_types.clone());
        let checked = match version.format.parse() {
            Ok(format) => check(document_type, format, &version.content).map_err(|e| e.to_string()),
            Err(_) => Err(format!("{:?} is no known format.", version.format)),
        };
        match checked {
            Ok(Checked { normalized, inputs, .. }) => {
                Self { hash, document: normalized, inputs, problem: None, platform_types }
            }
            Err(problem) => Self { hash, problem: Some(problem), platform_types, ..Self::default() },
        }
    }
}
