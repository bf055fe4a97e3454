//! Inputs of steps, as actions take them.

use super::selector::shown;
use serde_json::{Map, Value};

/// An input that is a list of texts; one text is a list of one.
///
/// # Errors
/// A sentence that says what it is.
pub fn texts(inputs: &Map<String, Value>, name: &str) -> Result<Vec<String>, String> {
    let given = match inputs.get(name) {
        None => return Ok(Vec::new()),
        Some(given) => given,
    };
    list_of_texts(given).ok_or_else(|| format!("{name} is {}, which is no list of texts", shown(given)))
}

/// A list of texts, from one or from a text.
pub fn list_of_texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
