//! What callers of operations are refused with.

use crate::ExecuteError;
use reeve_types::text::{MAX_MESSAGE_CHARACTERS, cut};
use serde_json::Value;
use std::convert::Infallible;

/// As many values as a list in a refusal has.
const MAX_LISTED_VALUES: usize = 50;
const MAX_VALUE_CHARACTERS: usize = 1_000;

/// An operation's refusal, as AWS models it: an error code and a sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub code: String,
    pub message: String,
    /// What else the modelled error holds.
    pub members: Box<serde_json::Map<String, Value>>,
}

impl ApiError {
    /// The message is cut where it names too much of what was sent: it has to fit into a message of the bus.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let message = cut(&message.into(), MAX_MESSAGE_CHARACTERS);
        Self { code: code.to_owned(), message, members: Box::default() }
    }

    /// With another member of the modelled error.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), bounded(value.into()));
        self
    }

    /// Whether the caller is not at fault: the same may be asked again.
    pub fn is_ours(&self) -> bool {
        matches!(self.code.as_str(), "InternalServerError" | "ServiceUnavailable" | "TooManyUpdates")
    }

    /// A request that is not what it must be; the message names the member.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A filter that cannot be met; the message names its key.
    pub fn invalid_filter(message: impl Into<String>) -> Self {
        Self::new("InvalidFilter", message)
    }

    /// A token to continue with that no answer gave.
    pub fn unknown_token(token: &str) -> Self {
        Self::new("InvalidNextToken", format!("NextToken is {token:?}, which no answer gave."))
    }

    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self::new("InternalServerError", message.to_string())
    }
}

/// A value whose texts are short, and not many.
fn bounded(value: Value) -> Value {
    match value {
        Value::String(text) => cut(&text, MAX_VALUE_CHARACTERS).into(),
        Value::Array(values) => values.into_iter().take(MAX_LISTED_VALUES).map(bounded).collect(),
        value => value,
    }
}

/// For an aggregate that refuses nothing.
impl From<Infallible> for ApiError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl<E: std::error::Error + Into<Self>> From<ExecuteError<E>> for ApiError {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(reason) => reason.into(),
            ExecuteError::Contended { .. } => Self::new("TooManyUpdates", error.to_string()),
            ExecuteError::Id(_) | ExecuteError::ReadOnly(_) => Self::invalid(format!("{error}.")),
            ExecuteError::Bus(error) => Self::new(
                "ServiceUnavailable",
                format!(
                    "The bus did not store what was decided, and it may not have been accepted: {error}."
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_short_whatever_was_sent() {
        // Each of these has six characters in JSON.
        let sent = "\u{1}".repeat(300_000);
        let error = ApiError::invalid(format!("Name is {sent:?}.")).with("Name", sent.clone());
        let error = error.with("Names", vec![sent; 60]);
        assert_eq!(error.message.chars().count(), MAX_MESSAGE_CHARACTERS);
        assert!(error.message.starts_with("Name is") && error.message.ends_with('…'));
        let bytes = error.message.len() * 6 + Value::Object(*error.members).to_string().len();
        assert!(bytes < 1 << 19, "{bytes}");
    }
}
