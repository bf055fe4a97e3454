//! Small readers of fields, each of which names the field when it refuses.

use serde_json::{Map, Value};

use crate::{Error, error::invalid};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The value as an object.
pub(crate) fn object<'a>(value: &'a Value, field: &str) -> Result<&'a Object, Error> {
    value.as_object().ok_or_else(|| invalid(field, "must be a map"))
}

/// A member that must be there and be an object.
pub(crate) fn required_object<'a>(map: &'a Object, at: &str, key: &str) -> Result<&'a Object, Error> {
    object(required(map, at, key)?, &join(at, key))
}

/// A member that must be there.
pub(crate) fn required<'a>(map: &'a Object, at: &str, key: &str) -> Result<&'a Value, Error> {
    map.get(key).ok_or_else(|| invalid(join(at, key), "is missing"))
}

/// A member that must be there and be text.
pub(crate) fn required_text<'a>(map: &'a Object, at: &str, key: &str) -> Result<&'a str, Error> {
    required(map, at, key)?.as_str().ok_or_else(|| invalid(join(at, key), "must be text"))
}

/// A member that may be missing but is text otherwise.
pub(crate) fn optional_text<'a>(map: &'a Object, at: &str, key: &str) -> Result<Option<&'a str>, Error> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(join(at, key), "must be text")),
    }
}

/// A member that may be missing but is an object otherwise.
pub(crate) fn optional_object<'a>(map: &'a Object, at: &str, key: &str) -> Result<Option<&'a Object>, Error> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => object(value, &join(at, key)).map(Some),
    }
}

/// A member that must be a list with at least one element.
pub(crate) fn required_list<'a>(map: &'a Object, at: &str, key: &str) -> Result<&'a [Value], Error> {
    match required(map, at, key)? {
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err(invalid(join(at, key), "must be a list with at least one element")),
    }
}

/// A whole number, given as such or as its digits.
pub(crate) fn whole_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A truth value, given as such or as a word.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether a value holds a placeholder, so that its content is known at run time only.
pub(crate) fn has_placeholder(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{"))
}

/// The path of a member.
pub(crate) fn join(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}
