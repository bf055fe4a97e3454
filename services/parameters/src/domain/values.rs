//! What a parameter may hold.

use reeve_document_language::{Pattern, Verdict};
use std::fmt;

/// In characters, of the tier Standard.
pub const MAX_STANDARD_CHARACTERS: usize = 4096;
/// In characters, of the tier Advanced.
pub const MAX_ADVANCED_CHARACTERS: usize = 8192;

pub const STRING: &str = "String";
pub const STRING_LIST: &str = "StringList";
pub const SECURE_STRING: &str = "SecureString";

pub const TEXT: &str = "text";
const IMAGE: &str = "aws:ec2:image";
const INTEGRATION: &str = "aws:ssm:integration";

/// Why a value was refused. No text of it is ever in the refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Value is empty: a parameter has a value of at least one character.")]
    Empty,
    #[error("Parameter value can't nest another parameter. Do not use \"{{{{}}}}\" in the value.")]
    Nested,
    #[error(
        "Standard tier parameters support a maximum parameter value of {MAX_STANDARD_CHARACTERS} characters. To create a \
         larger parameter value, upgrade the parameter to use the advanced-parameter tier."
    )]
    LongerThanStandard,
    #[error(
        "Advanced tier parameters support a maximum parameter value of {MAX_ADVANCED_CHARACTERS} characters."
    )]
    LongerThanAdvanced,
    #[error("The following data type is not supported: {0} (Data type names are all lowercase.)")]
    DataType(String),
    #[error(
        "DataType is {IMAGE}: the value is the id of an image, such as ami-0123456789abcdef0, and the type String."
    )]
    Image,
    #[error("AllowedPattern {0}.")]
    Pattern(String),
    #[error("Parameter value, cannot be validated against allowedPattern: {0}")]
    Mismatch(String),
}

/// A value on its way: of a SecureString it is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: reeve_secrets::Zeroizing<String>,
}

impl Value {
    /// As it is kept: a StringList without blanks round its commas.
    ///
    /// # Errors
    /// When no parameter may hold it.
    pub fn new(kind: &str, text: &str) -> Result<Self, Error> {
        let text = match kind {
            STRING_LIST => text.split(',').map(str::trim).collect::<Vec<_>>().join(","),
            _ => text.to_owned(),
        };
        let text = reeve_secrets::Zeroizing::new(text);
        if text.is_empty() {
            return Err(Error::Empty);
        }
        match text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}")) {
            true => Err(Error::Nested),
            false => Ok(Self { text }),
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn characters(&self) -> usize {
        self.text.chars().count()
    }

    /// Checks the whole value against a pattern, when there is one.
    ///
    /// # Errors
    /// When the pattern does not compile, or the value is not what it asks for.
    pub fn check_pattern(&self, pattern: &str) -> Result<(), Error> {
        if pattern.is_empty() {
            return Ok(());
        }
        let compiled = Pattern::compile(pattern).map_err(Error::Pattern)?;
        match compiled.full(&self.text) {
            Verdict::Matches => Ok(()),
            Verdict::Differs | Verdict::TooHard => Err(Error::Mismatch(pattern.to_owned())),
        }
    }

    /// Checks the value against the type of its content.
    ///
    /// # Errors
    /// For a type that there is not, and for what is no image.
    pub fn check_data_type(&self, kind: &str, data_type: &str) -> Result<(), Error> {
        let is_image = || {
            let id = self.text.strip_prefix("ami-").unwrap_or_default();
            matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_alphanumeric()) && kind == STRING
        };
        match data_type {
            TEXT | INTEGRATION => Ok(()),
            IMAGE if is_image() => Ok(()),
            IMAGE => Err(Error::Image),
            other => Err(Error::DataType(other.to_owned())),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::new(STRING, text).unwrap()
    }

    #[test]
    fn a_list_has_no_blanks_round_its_commas() {
        assert_eq!(Value::new(STRING_LIST, "a , b c,d ").unwrap().text(), "a,b c,d");
        assert_eq!(Value::new(STRING, "a , b ").unwrap().text(), "a , b ");
    }

    #[test]
    fn what_no_parameter_holds() {
        assert_eq!(Value::new(STRING, ""), Err(Error::Empty));
        for nested in ["{{ }}", "{{ssm:x}}", "a {{x}} b"] {
            assert_eq!(Value::new(SECURE_STRING, nested), Err(Error::Nested), "{nested}");
        }
        assert!(Value::new(STRING, "{{").is_ok() && Value::new(STRING, "}} {{").is_ok());
        assert_eq!(Error::Nested.to_string().matches("\"{{}}\"").count(), 1);
    }

    #[test]
    fn a_pattern_covers_the_whole_value() {
        assert_eq!(value("12").check_pattern(r"^\d+$"), Ok(()));
        assert_eq!(value("12a").check_pattern(r"\d+"), Err(Error::Mismatch(r"\d+".into())));
        assert!(matches!(value("x").check_pattern("("), Err(Error::Pattern(_))));
        assert_eq!(value("x").check_pattern(""), Ok(()));
    }

    #[test]
    fn data_types_are_three() {
        assert_eq!(value("x").check_data_type(STRING, TEXT), Ok(()));
        assert_eq!(value("x").check_data_type(STRING, "Text"), Err(Error::DataType("Text".into())));
        assert_eq!(value("ami-0123456789abcdef0").check_data_type(STRING, IMAGE), Ok(()));
        assert_eq!(value("x").check_data_type(STRING, IMAGE), Err(Error::Image));
    }

    #[test]
    fn nothing_shows_a_value() {
        assert!(!format!("{:?}", value("hunter2")).contains("hunter2"));
        assert!(!Error::Mismatch("p".into()).to_string().contains("hunter2"));
    }
}
