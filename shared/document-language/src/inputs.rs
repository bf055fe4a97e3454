//! The declared parameters of a document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error,
    error::invalid,
    fields::{Object, object, optional_object, optional_text, required_text, whole_number},
    pattern::Pattern,
};

/// One declared parameter, called input here because "parameter" also means a value that was sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentInput {
    /// The name, as it stands between the braces.
    pub name: String,
    /// The type as written: `String`, `StringList`, `AWS::EC2::Instance::Id` and so on.
    pub kind: String,
    /// What the author says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The value when none is sent; an input without it is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The only values allowed, as text; empty means any. Holds for each element of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_values: Vec<String>,
    /// A pattern that each text must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// The least number of elements of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u64>,
    /// The greatest number of elements of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// The least number of characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_chars: Option<u64>,
    /// The greatest number of characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u64>,
    /// How a console shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_type: Option<String>,
    /// The value reaches a script as an environment variable instead of being pasted into its text.
    #[serde(default)]
    pub env_var: bool,
}

/// The shapes that the many type names come down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One text.
    Text,
    /// A list of texts.
    List,
    /// An object.
    Map,
    /// A whole number.
    Integer,
    /// A truth value.
    Boolean,
    /// A list of objects.
    MapList,
}

impl DocumentInput {
    /// The shape of the values. Types this crate does not know count as text, as they do at the agent.
    pub fn shape(&self) -> Shape {
        shape(&self.kind).unwrap_or(Shape::Text)
    }
}

fn shape(kind: &str) -> Option<Shape> {
    Some(match kind {
        "String" => Shape::Text,
        "StringList" => Shape::List,
        "StringMap" => Shape::Map,
        "Integer" => Shape::Integer,
        "Boolean" => Shape::Boolean,
        "MapList" => Shape::MapList,
        _ if kind.starts_with("AWS::") => Shape::Text,
        _ if kind.starts_with("List<AWS::") && kind.ends_with('>') => Shape::List,
        _ => return None,
    })
}

/// Which types a document type may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// String, StringList and StringMap; names of letters and digits.
    Command,
    /// All types; names may have underscores.
    Automation,
}

/// Reads and checks the `parameters` of a normalised document.
pub(crate) fn read(document: &Object, dialect: Dialect) -> Result<Vec<DocumentInput>, Error> {
    let Some(declared) = optional_object(document, "", "parameters")? else {
        return Ok(Vec::new());
    };
    declared.iter().map(|(name, value)| read_one(name, value, dialect)).collect()
}

/// Whether a placeholder can carry this name; other names never reach a script.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
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
    let known = match dialect {
        Dialect::Command => matches!(kind, "String" | "StringList" | "StringMap"),
        Dialect::Automation => shape(kind).is_some(),
    };
    if !known {
        return Err(invalid(format!("{at}.type"), format!("has the unknown type {kind:?}")));
    }
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
    let Some(default) = &input.default else { return Ok(()) };
    let field = format!("{at}.default");
    let fits = match (input.shape(), default) {
        (Shape::Text, Value::String(_))
        | (Shape::Integer | Shape::Boolean, Value::String(_))
        | (Shape::Integer, Value::Number(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Map, Value::Object(_)) => true,
        (Shape::List, Value::Array(items)) => items.iter().all(Value::is_string),
        (Shape::MapList, Value::Array(items)) => items.iter().all(Value::is_object),
        (Shape::Map, Value::String(text)) => {
            text.is_empty() || serde_json::from_str::<Object>(text).is_ok() || text.contains("{{")
        }
        // A list default may come from the Parameter Store.
        (Shape::List, Value::String(text)) => text.trim_start().starts_with("{{"),
        _ => false,
    };
    if !fits {
        return Err(invalid(field, format!("is not a value of the type {}", input.kind)));
    }
    if !input.allowed_values.is_empty() {
        let items = match default {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        // A reference is resolved when the document runs.
        for text in items.iter().filter_map(scalar_text).filter(|text| !text.contains("{{")) {
            if !input.allowed_values.contains(&text) {
                return Err(invalid(field, format!("is {text:?}, which is not among allowedValues")));
            }
        }
    }
    Ok(())
}

/// Text, number or truth value as text.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Turns the scalars that unquoted YAML leaves behind into the texts that the agent insists on.
pub(crate) fn normalize(document: &mut Value) {
    let Some(declared) = document.get_mut("parameters").and_then(Value::as_object_mut) else { return };
    for input in declared.values_mut().filter_map(Value::as_object_mut) {
        let kind = input.get("type").and_then(Value::as_str).and_then(shape);
        for key in ["allowedValues", "default"] {
            let Some(value) = input.get_mut(key) else { continue };
            match (kind, value) {
                (Some(Shape::Text), value @ (Value::Bool(_) | Value::Number(_))) => {
                    *value = Value::String(value.to_string());
                }
                (Some(Shape::Text | Shape::List), Value::Array(items)) => {
                    for item in items.iter_mut().filter(|v| v.is_number() || v.is_boolean()) {
                        *item = Value::String(item.to_string());
                    }
                }
                _ => {}
            }
        }
    }
}
