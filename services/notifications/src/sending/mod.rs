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
    /// What was held back and stands in this message; none, when nothing was.
    pub held: Option<Held>,
}

/// Notifications that the limits of a destination held back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Held {
    pub count: usize,
    /// RFC 3339: when the first of them was taken on.
    pub since: String,
    /// Of the first of them.
    pub subjects: Vec<String>,
}

impl Content {
    /// What people read: first how many others there were, so that nothing is cut before it.
    pub fn whole_text(&self) -> String {
        let Some(Held { count, since, subjects }) = &self.held else { return self.text.clone() };
        let more = if subjects.len() < *count { "; …" } else { "" };
        format!("And {count} more since {since}: {}{more}\n\n{}", subjects.join("; "), self.text)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_held_back_stands_before_the_text() {
        let held = Held { count: 3, since: "T".into(), subjects: vec!["a".into(), "b".into()] };
        let content = Content { text: "text".into(), held: Some(held), ..Content::default() };
        assert_eq!(content.whole_text(), "And 3 more since T: a; b; …\n\ntext");
        assert_eq!(Content { held: None, ..content }.whole_text(), "text");
    }
}
