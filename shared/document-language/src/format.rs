//! The formats of content, and its limits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The size limit of one version, as the public API documents it.
pub const MAX_DOCUMENT_BYTES: usize = 65_536;
/// Real documents stay below 15 levels; the limit protects every recursive reader behind this crate.
pub const MAX_DEPTH: usize = 64;

/// The syntax a document was declared to have; it is never guessed from the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Format {
    /// One JSON value.
    Json,
    /// One YAML document.
    Yaml,
    /// Anything; used for calendars and free configuration.
    Text,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Json => "JSON",
            Format::Yaml => "YAML",
            Format::Text => "TEXT",
        })
    }
}

/// The given text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The document format {0:?} is not one of JSON, YAML and TEXT.")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "JSON" => Ok(Format::Json),
            "YAML" => Ok(Format::Yaml),
            "TEXT" => Ok(Format::Text),
            other => Err(UnknownFormat(other.to_owned())),
        }
    }
}
