//! What can go wrong between us and the bus.

use crate::mac::Unauthentic;
use std::time::Duration;

/// What can go wrong between us and the bus.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the bus does not permit this part to publish to {0}")]
    NotPermitted(String),
    #[error("could not connect to the bus at {url}: {reason}")]
    Connect { url: String, reason: String },
    #[error("the bus at {0} does not let these credentials in")]
    NotLetIn(String),
    #[error("the credentials for the bus are not usable: {0}")]
    Credentials(String),
    #[error("nobody answers on {0}")]
    NoResponders(String),
    #[error("no answer on {subject} within {} ms", .limit.as_millis())]
    TimedOut { subject: String, limit: Duration },
    #[error("the stream's last event on {0} is not the expected one")]
    Conflict(String),
    #[error("the stream refused the message on {subject}: {description} (error {code})")]
    Refused { subject: String, code: u64, description: String },
    #[error("what came in on {subject} is not trusted: {reason}")]
    Unauthentic { subject: String, reason: Unauthentic },
    #[error("the stream {0} is not there: where parts run apart, `reeve serve streams` makes it")]
    NoStream(String),
    #[error("the bus could not {what}: {reason}")]
    Bus { what: &'static str, reason: String },
}

impl Error {
    pub(crate) fn bus(what: &'static str) -> impl FnOnce(String) -> Self {
        move |reason| Self::Bus { what, reason }
    }

    /// The same error once more, for another who waited for the same answer.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::NoResponders(subject) => Self::NoResponders(subject.clone()),
            Self::TimedOut { subject, limit } => Self::TimedOut { subject: subject.clone(), limit: *limit },
            other => Self::Bus { what: "store a group of messages", reason: other.to_string() },
        }
    }
}
