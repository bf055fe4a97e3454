//! Sending: what is posted to a webhook, and what is given to the mail server.

mod http;
mod mail;
mod own_network;
mod retry_after;
pub(crate) mod signature;

pub(crate) use http::{Post, certificates};
pub(crate) use mail::{Letter, Security, check_sender};

use serde::Serialize;

/// What is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub id: String,
    pub origin_kind: String,
    pub origin_id: String,
    pub subject: String,
    pub text: String,
    /// A JSON object; empty: there is none.
    pub details_json: String,
    pub account: String,
    pub region: String,
    /// RFC 3339.
    pub accepted: String,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was taken; with what the receiver answered.
    Sent(String),
    Failed(Failure),
    /// It will never be taken.
    Never(String),
    /// The webhook has answered that it is gone for ever.
    Gone(String),
}

/// An attempt that may be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub reason: String,
    /// As long the receiver asks to be left alone.
    pub retry_after_seconds: Option<i64>,
    /// Whether the receiver's other messages wait as well.
    pub destination_waits: bool,
}

impl Outcome {
    /// The receiver is not reached, or takes nothing at the moment.
    pub fn away(reason: impl Into<String>) -> Self {
        Self::Failed(Failure { reason: reason.into(), destination_waits: true, ..Failure::default() })
    }

    /// This message was not taken; another one may be.
    fn refused(reason: impl Into<String>) -> Self {
        Self::Failed(Failure { reason: reason.into(), ..Failure::default() })
    }
}

/// How a webhook is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Format {
    /// A JSON object with `type`, `timestamp` and `data`, as Standard Webhooks have it.
    Standard,
    /// A JSON object with `text`, as Slack and many others take it.
    Slack,
    /// The details alone, as EventBridge gives them to a target.
    Details,
}

impl Format {
    /// # Errors
    /// A sentence that names those that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "STANDARD" => Ok(Self::Standard),
            "SLACK" => Ok(Self::Slack),
            "DETAILS" => Ok(Self::Details),
            _ => Err(format!("{text:?} is no format: there are STANDARD, SLACK and DETAILS.")),
        }
    }
}
