//! The declared parameters of a document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// The shape of a type's values; `None` for a type that is not known.
pub(crate) fn shape(kind: &str) -> Option<Shape> {
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

/// Whether a placeholder can carry this name; other names never reach a script.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
}
