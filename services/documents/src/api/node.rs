//! A node's question for the document that another document names.

use super::{find, name_in, read};
use crate::domain::Selector;
use reeve_document_language::{Format, content, hash};
use reeve_runtime::{ApiError, Call};
use serde::{Deserialize, Serialize};

/// What a node asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Question {
    name: String,
    /// A number, `$LATEST` or `$DEFAULT`; null: the default.
    version: Option<String>,
}

/// What a node gets.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    /// JSON without the looseness of YAML, whatever it was stored as: a node reads nothing else.
    content: String,
    name: String,
    version: String,
    /// The SHA-256 of `content` as it is here, so that the node can hold the one against the other.
    hash: String,
}

pub(crate) async fn get_document(call: Call<Question>) -> Result<Answer, ApiError> {
    let name = name_in(Some(&call.input.name));
    let selector = Selector { version: call.input.version.clone(), version_name: None };
    let found = find(&call.handle, &name, &selector)?;
    if !matches!(found.document.document_type.as_str(), "Command" | "Policy") {
        let kind = &found.document.document_type;
        let message = format!(
            "name is {name:?}, a document of the type {kind}; a node runs Command and Policy documents."
        );
        return Err(ApiError::new("InvalidDocument", message));
    }
    let version = &found.version;
    let (content, _) =
        read::content(&call.handle, &name, version.number, &version.format, Some(Format::Json))?;
    // As SendCommand sends it: a node takes nothing loose.
    let mut document = serde_json::from_str(&content).map_err(ApiError::internal)?;
    content::normalize(&mut document);
    let content = document.to_string();
    let hash = hash(&content);
    Ok(Answer { content, name, version: version.number.to_string(), hash })
}
