//! What callers of operations are refused with.

use crate::ExecuteError;
use std::convert::Infallible;

/// An operation's refusal, as AWS models it: an error code and a sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub code: String,
    pub message: String,
    /// What else the modelled error holds.
    pub members: Box<serde_json::Map<String, serde_json::Value>>,
}

impl ApiError {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), members: Box::default() }
    }

    /// With another member of the modelled error.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<serde_json::Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
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
