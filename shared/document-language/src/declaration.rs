//! The declarations of parameters: read and checked.

use serde_json::Value;

use crate::{
    error::{Error, invalid},
    fields::{Object, has_placeholder, object, optional_object, optional_text, required_text, whole_number},
    inputs::{DocumentInput, Shape, is_plain_name, shape},
    keys::Keys,
    parameters,
    pattern::Pattern,
    references,
};

/// Which names a document type may give its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Names of letters and digits.
    Command,
    /// Names may have underscores.
    Automation,
}

/// Reads and checks the `parameters` of a normalised document.
pub(crate) fn read(document: &Object, dialect: Dialect) -> Result<Vec<DocumentInput>, Error> {
    let Some(declared) = optional_object(document, "", "parameters")? else {
        return Ok(Vec::new());
    };
    declared.iter().map(|(name, value)| read_one(name, value, dialect)).collect()
}

fn read_one(name: &str, value: &Value, dialect: Dialect) -> Result<DocumentInput, Error> {
    let at = format!("parameters.{name}");
    let named = match dialect {
        Dialect::Command => is_plain_name(name),
        Dialect::Automation => is_plain_name(&name.replace('_', "x")),
    };
    if !named {
        return Err(invalid(at, "has a name with characters other than letters and digits"));
    }
    let map = object(value, &at)?;
    let kind = required_text(map, &at, "type")?;
    if shape(kind).is_none() {
        return Err(invalid(format!("{at}.type"), format!("has the unknown type {kind:?}")));
    }
    KEYS.check(map, &at)?;
    let input = DocumentInput {
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: optional_text(map, &at, "description")?.map(str::to_owned),
        default: map.get("default").filter(|v| !v.is_null()).cloned(),
        allowed_values: allowed_values(map, &at)?,
        allowed_pattern: optional_text(map, &at, "allowedPattern")?
            .filter(|p| !p.is_empty())
            .map(str::to_owned),
        min_items: limit(map, &at, "minItems")?,
        max_items: limit(map, &at, "maxItems")?,
        min_chars: limit(map, &at, "minChars")?,
        max_chars: limit(map, &at, "maxChars")?,
        display_type: optional_text(map, &at, "displayType")?.map(str::to_owned),
        env_var: env_var(map, &at, kind)?,
    };
    check_one(&input, &at)?;
    Ok(input)
}

fn allowed_values(map: &Object, at: &str) -> Result<Vec<String>, Error> {
    let field = format!("{at}.allowedValues");
    match map.get("allowedValues") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| scalar_text(item).ok_or_else(|| invalid(&*field, "must list texts")))
            .collect(),
        Some(_) => Err(invalid(field, "must be a list")),
    }
}

fn limit(map: &Object, at: &str, key: &str) -> Result<Option<u64>, Error> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => whole_number(value)
            .map(Some)
            .ok_or_else(|| invalid(format!("{at}.{key}"), "must be a whole number that is not negative")),
    }
}

fn env_var(map: &Object, at: &str, kind: &str) -> Result<bool, Error> {
    match optional_text(map, at, "interpolationType")? {
        None => Ok(false),
        Some("ENV_VAR") if kind == "String" => Ok(true),
        Some("ENV_VAR") => Err(invalid(
            format!("{at}.interpolationType"),
            "is ENV_VAR, which only String parameters may have",
        )),
        Some(_) => Err(invalid(format!("{at}.interpolationType"), "must be ENV_VAR")),
    }
}

/// The keys of a declaration.
const KEYS: Keys = Keys::open(
    &[
        "type",
        "default",
        "allowedValues",
        "allowedPattern",
        "minItems",
        "maxItems",
        "minChars",
        "maxChars",
        "interpolationType",
    ],
    &["description", "displayType"],
);

fn check_one(input: &DocumentInput, at: &str) -> Result<(), Error> {
    for (low, high, what) in
        [(input.min_items, input.max_items, "minItems"), (input.min_chars, input.max_chars, "minChars")]
    {
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            return Err(invalid(format!("{at}.{what}"), format!("is {low}, more than the maximum {high}")));
        }
    }
    if let Some(pattern) = &input.allowed_pattern {
        Pattern::compile(pattern).map_err(|why| invalid(format!("{at}.allowedPattern"), why))?;
    }
    check_default(input, at)
}

/// The default must be a value that could be given. A reference is resolved when the document runs.
fn check_default(input: &DocumentInput, at: &str) -> Result<(), Error> {
    let Some(default) = &input.default else { return Ok(()) };
    let field = format!("{at}.default");
    if references::in_value(default).is_some() {
        return Ok(());
    }
    let fits = match (input.shape(), default) {
        (Shape::Text, Value::String(_))
        | (Shape::Integer, Value::Number(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Map, Value::Object(_)) => true,
        (Shape::List, Value::Array(items)) => items.iter().all(Value::is_string),
        (Shape::MapList, Value::Array(items)) => items.iter().all(Value::is_object),
        (Shape::Map, Value::String(text)) => text.is_empty() || serde_json::from_str::<Object>(text).is_ok(),
        _ => false,
    };
    // A value that is known at run time only.
    let open = has_placeholder(default);
    if !fits && !open {
        return Err(invalid(field, format!("is not a value of the type {}", input.kind)));
    }
    if open {
        return Ok(());
    }
    parameters::check(input, default).map_err(|error| invalid(field, format!("cannot be used: {error}")))
}

/// Text, number or truth value as text.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}
