//! How a value that was refused is shown: as Java prints it, with what is sensitive left out.

use crate::models::Model;
use crate::shapes::{Kind, ShapeId};
use serde_json::Value;

const HIDDEN: &str = "***Sensitive Data Redacted***";
/// Longer values are cut, so that an error is not as long as the request.
const MAX_RENDERED_BYTES: usize = 1024;

/// The value as it stands in a message, or `None` when its shape is sensitive.
pub fn shown(model: &Model, shape: ShapeId, value: &Value) -> Option<String> {
    let element = match model.shape(shape).kind {
        Kind::List(element) | Kind::Map { value: element, .. } => element,
        _ => shape,
    };
    if model.shape(shape).sensitive || model.shape(element).sensitive {
        return None;
    }
    let mut text = String::new();
    push(model, shape, value, &mut text);
    if text.len() > MAX_RENDERED_BYTES {
        let end = (0..=MAX_RENDERED_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    Some(text)
}

fn push(model: &Model, shape: ShapeId, value: &Value, text: &mut String) {
    if text.len() > MAX_RENDERED_BYTES {
        return;
    }
    let shape = model.shape(shape);
    if shape.sensitive {
        text.push_str(HIDDEN);
        return;
    }
    match (&shape.kind, value) {
        (Kind::List(element), Value::Array(elements)) => {
            text.push('[');
            for (at, value) in elements.iter().enumerate() {
                separate(at, text);
                push(model, *element, value, text);
            }
            text.push(']');
        }
        (Kind::Map { value: element, .. }, Value::Object(entries)) => {
            text.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                separate(at, text);
                text.push_str(key);
                text.push('=');
                push(model, *element, value, text);
            }
            text.push('}');
        }
        (Kind::Structure(members), Value::Object(entries)) => {
            text.push_str(&shape.name);
            text.push('(');
            let present = members.iter().filter_map(|member| Some((member, entries.get(&member.name)?)));
            for (at, (member, value)) in present.enumerate() {
                separate(at, text);
                text.push_str(&super::camel(&member.name));
                text.push('=');
                push(model, member.shape, value, text);
            }
            text.push(')');
        }
        (_, Value::String(value)) => text.push_str(value),
        (_, value) => text.push_str(&value.to_string()),
    }
}

fn separate(at: usize, text: &mut String) {
    if at > 0 {
        text.push_str(", ");
    }
}
