//! Storing a message, and what the stream answers.

use crate::{
    Bus, Error, Headers, Message,
    bus::ACK_TIMEOUT,
    lost_answers::{RECONNECTED_ANSWER_TIMEOUT, reconnected_for},
};
use bytes::Bytes;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// The stream's answer.
#[derive(Default, Deserialize)]
pub(crate) struct Ack {
    #[serde(default)]
    pub seq: u64,
    pub error: Option<AckError>,
}

#[derive(Deserialize)]
pub(crate) struct AckError {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    pub description: String,
}

/// Conflicts answer 10071; on a replicated stream usually 10164.
const CONFLICTS: [u64; 2] = [10071, 10164];
/// Servers of a cluster miss one that led a stream after 4 to 9 s.
const ELECTION_TIME: Duration = Duration::from_secs(12);
const NO_RESPONDERS_POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Bus {
    /// Publishes to whichever stream holds the subject and waits until it is stored; answers its sequence.
    ///
    /// # Errors
    /// [`Error::Conflict`] when an expectation in the headers did not hold; [`Error::TimedOut`] when it is
    /// not known whether the message was stored; [`Error::NoResponders`] when no stream holds the subject.
    pub async fn store(&self, subject: &str, headers: &Headers, data: Bytes) -> Result<u64, Error> {
        let ack = self.acknowledged(subject, headers, data).await?;
        match ack.error {
            None => Ok(ack.seq),
            Some(e) if CONFLICTS.contains(&e.err_code) => Err(Error::Conflict(subject.to_owned())),
            Some(e) => Err(Error::Refused {
                subject: subject.to_owned(),
                code: e.err_code,
                description: e.description,
            }),
        }
    }

    pub(crate) async fn acknowledged(
        &self,
        subject: &str,
        headers: &Headers,
        data: Bytes,
    ) -> Result<Ack, Error> {
        // The servers that keep the stream may be agreeing on another one to lead.
        let patience = if self.is_replicated() { ELECTION_TIME } else { Duration::ZERO };
        let mut connections = self.connections();
        connections.mark_unchanged();
        let answer = tokio::select! {
            answer = self.request_patiently(subject, headers, data, ACK_TIMEOUT, patience) => answer,
            // What was sent over the last connection nobody answers; what was not is sent over this one, and answered soon.
            () = reconnected_for(&mut connections, RECONNECTED_ANSWER_TIMEOUT), if !self.is_replicated() => {
                return Err(Error::TimedOut { subject: subject.to_owned(), limit: RECONNECTED_ANSWER_TIMEOUT });
            }
        };
        if matches!(answer, Err(Error::TimedOut { .. })) && self.is_connected() {
            self.unanswered.send_modify(|count| *count += 1);
        }
        let answer = answer?;
        serde_json::from_slice(&answer.data).map_err(|e| Error::Bus {
            what: "acknowledge a message in a form that we know",
            reason: e.to_string(),
        })
    }

    /// As [`Bus::request`], and asks again for a while where nobody answers: what nobody was there for has reached nobody.
    pub(crate) async fn request_patiently(
        &self,
        subject: &str,
        headers: &Headers,
        data: Bytes,
        limit: Duration,
        patience: Duration,
    ) -> Result<Message, Error> {
        let begun = Instant::now();
        loop {
            match self.request(subject, headers, data.clone(), limit).await {
                Err(Error::NoResponders(_)) if begun.elapsed() < patience => {
                    tokio::time::sleep(NO_RESPONDERS_POLL_INTERVAL).await;
                }
                answer => return answer,
            }
        }
    }
}
