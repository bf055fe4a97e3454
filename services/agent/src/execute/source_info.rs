//! What the sources of aws:downloadContent share: reading sourceInfo, and the word at the end.

use super::{Sink, output::Out, walk::Ran};
use serde_json::{Map, Value};
use std::path::Path;

/// A member of sourceInfo that must be there.
pub(super) fn text<'a>(info: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    match info.get(key).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("The member {key} of sourceInfo is missing.")),
    }
}

/// A truth value of sourceInfo, which may be given as text.
pub(super) fn flag(info: &Map<String, Value>, key: &str) -> bool {
    match info.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// Says where the content is.
pub(super) async fn done<S: Sink>(place: &Path, out: &mut Out<'_, S>) -> Result<Ran, String> {
    out.line(false, &format!("Content downloaded to {}\n", place.display()));
    Ok(Ran::SUCCESS)
}
