//! Documents as they are sent: read from the views, written out and hashed once for each version, not for each command.

use crate::projections::ContentRow;
use reeve_document_language::DocumentInput;
use reeve_fleet::{DOCUMENT_CONTENTS, content_key};
use reeve_node_protocol::dispatch::document_hash;
use reeve_runtime::Handle;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// As many versions are kept in memory; when there are more, all are read again.
const MAX_CACHED_VERSIONS: usize = 256;

/// A version of a document, ready to be sent.
pub struct Content {
    /// The hash of the content as it is stored: what is kept is this content, whatever the version is called.
    stored: String,
    /// JSON, normalised.
    pub document: Value,
    /// The same, written out.
    pub text: String,
    /// The hash of that.
    pub hash: String,
    pub inputs: Vec<DocumentInput>,
    pub platform_types: Vec<String>,
    /// Why it cannot be sent.
    pub problem: Option<String>,
}

/// The contents that were sent lately. Cheap to clone.
#[derive(Clone, Default)]
pub struct Contents(Arc<Mutex<HashMap<String, Arc<Content>>>>);

impl Contents {
    /// A version whose stored content has the hash `stored`; `None` when there is no such version.
    pub fn get(&self, handle: &Handle, name: &str, version: u32, stored: &str) -> Option<Arc<Content>> {
        let key = content_key(name, version);
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = kept().get(&key).filter(|content| content.stored == stored) {
            return Some(content.clone());
        }
        let row: ContentRow = handle.views().get(DOCUMENT_CONTENTS, &key)?;
        let text = row.document.to_string();
        let content = Arc::new(Content {
            // Not what was asked for: between the two reads another may have taken its place.
            stored: row.hash,
            hash: document_hash(&text),
            text,
            document: row.document,
            inputs: row.inputs,
            platform_types: row.platform_types,
            problem: row.problem,
        });
        let mut kept = kept();
        if kept.len() >= MAX_CACHED_VERSIONS {
            kept.clear();
        }
        kept.insert(key, content.clone());
        Some(content)
    }
}
