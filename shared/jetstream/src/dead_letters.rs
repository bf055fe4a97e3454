//! Dead letters: messages that a consumer, a timer or a projection gave up on, kept with the reason until an operator
//! has acted.
//!
//! They lie in the stream [`DEAD_LETTER_QUEUE`], on `reeve.dead-letter.<service>.<handler>`, with the original's headers, those
//! of the reason beside them, and an authentication code of the service that gave up.

use crate::{Bus, Error, Headers, Message, mac::MAC, streams::DEAD_LETTER_QUEUE};
use async_nats::jetstream::stream::RawMessageErrorKind;
use bytes::Bytes;
use reeve_types::subject::escape;
use uuid::Uuid;

/// Why the handler gave up.
pub const REASON: &str = "reeve-reason";
/// The subject of the original message.
pub const SUBJECT: &str = "reeve-subject";
/// Its sequence in its stream; 0 for what is in none.
pub const SEQUENCE: &str = "reeve-sequence";
/// Set when the letter is of a retry: the number of the letter that was retried.
pub const RETRY_OF: &str = "reeve-retry-of";
/// The authentication code of the original message, which the letter has one of its own beside.
const ORIGINAL_CODE: &str = "reeve-original-mac";

/// As many bytes are kept of a dead letter's data, its headers, and its reason. A message of the bus has 1 MiB at most,
/// 64 KiB of that for its headers, and whoever wrote the original may have used all of it.
const MAX_DATA_BYTES: usize = 896 * 1024;
const MAX_HEADER_BYTES: usize = 32 * 1024;
const MAX_REASON_BYTES: usize = 1024;

/// A message that was given up on.
#[derive(Clone, Debug)]
pub struct DeadLetter<'a> {
    pub service: &'a str,
    /// The consumer, timer or projection that gave up.
    pub handler: &'a str,
    pub sequence: u64,
    pub message: &'a Message,
    pub reason: &'a str,
    /// The retry that this one is of; none for a first one.
    pub retry: Option<Retry>,
}

/// A retry of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The number of the letter that is retried.
    pub of: u64,
    /// The request for it: a letter may be retried more than once.
    pub request: Uuid,
}

/// Stores a dead letter. The same one, given twice within the stream's window, is stored once.
///
/// # Errors
/// When it could not be stored; then the caller must not settle its message.
pub async fn store(bus: &Bus, letter: &DeadLetter<'_>) -> Result<(), Error> {
    let DeadLetter { service, handler, sequence, message, retry, .. } = letter;
    let reason = &letter.reason[..letter.reason.floor_char_boundary(MAX_REASON_BYTES)];
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    tracing::error!(
        service,
        handler,
        sequence,
        subject = message.subject,
        reason,
        "a message became a dead letter"
    );
    let mut room = MAX_HEADER_BYTES;
    // What the original says of itself in our own headers' names is not kept.
    let kept = message.headers.pairs().filter(|(name, _)| !is_own(name) && !is_of_the_bus(name));
    let kept = kept.take_while(|(name, value)| {
        let fits = name.len() + value.len() + 4 <= room;
        room = room.saturating_sub(name.len() + value.len() + 4);
        fits
    });
    let kept = kept.map(|(name, value)| match name.eq_ignore_ascii_case(MAC) {
        true => (ORIGINAL_CODE.to_owned(), value.to_owned()),
        false => (name.to_owned(), value.to_owned()),
    });
    let mut headers = kept
        .collect::<Headers>()
        .with(REASON, reason)
        .with(SUBJECT, message.subject.as_str())
        .with(SEQUENCE, sequence.to_string());
    if let Some(retry) = retry {
        headers = headers.with(RETRY_OF, retry.of.to_string());
    }
    let data: Bytes = message.data.slice(..message.data.len().min(MAX_DATA_BYTES));
    let subject = subject(service, handler);
    bus.authenticate_message(&subject, &mut headers, &data);
    let id = message_id(letter);
    bus.store(&subject, &headers.with("Nats-Msg-Id", id), data).await.map(|_| ())
}

/// What makes two letters one: the same message given up on by the same handler, in the same retry. What lies in no
/// stream, such as a timer, is told apart by its content.
fn message_id(letter: &DeadLetter<'_>) -> String {
    let DeadLetter { service, handler, sequence, message, retry, .. } = letter;
    let request = retry.map(|retry| retry.request).unwrap_or_default();
    let content = match sequence {
        0 => Uuid::new_v5(&Uuid::NAMESPACE_OID, &message.data),
        _ => Uuid::nil(),
    };
    format!("{service}/{handler}/{}/{sequence}/{request}/{content}", message.subject)
}

/// Stores that the retry of a letter was handled.
///
/// # Errors
/// When it could not be stored.
pub async fn store_resolved(bus: &Bus, service: &str, handler: &str, number: u64) -> Result<(), Error> {
    let subject = format!("reeve.dead-letter-resolved.{service}.{}", escape(handler));
    let mut headers = Headers::default().with(RETRY_OF, number.to_string());
    bus.authenticate_message(&subject, &mut headers, b"");
    bus.store(&subject, &headers, Bytes::new()).await.map(|_| ())
}

/// Whether a header is one that only a dead letter has.
fn is_own(name: &str) -> bool {
    [REASON, SUBJECT, SEQUENCE, RETRY_OF, ORIGINAL_CODE].iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a header tells the bus, or is told by it, how a message is stored.
fn is_of_the_bus(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("nats-")
}

fn subject(service: &str, handler: &str) -> String {
    format!("reeve.dead-letter.{service}.{}", escape(handler))
}

/// The original message of a dead letter, by the letter's number, and its sequence in its stream; `None` when there is none
/// of that number, or no longer.
///
/// # Errors
/// When the bus does not answer; [`Error::Unauthentic`] when no service has stored it.
pub async fn original(bus: &Bus, number: u64) -> Result<Option<(u64, Message)>, Error> {
    let stream = bus.context.get_stream_no_info(DEAD_LETTER_QUEUE).await;
    let stream = stream.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    let found = match stream.get_raw_message(number).await {
        Ok(found) => found,
        Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => return Ok(None),
        Err(error) => return Err(Error::bus("read a dead letter")(error.to_string())),
    };
    let letter = Message {
        subject: found.subject.to_string(),
        reply: None,
        headers: found.headers.into(),
        data: found.payload,
        status: None,
    };
    bus.check_message(&letter)?;
    let subject = letter.headers.get(SUBJECT).unwrap_or_default().to_owned();
    let sequence = letter.headers.get(SEQUENCE).and_then(|text| text.parse().ok()).unwrap_or_default();
    let kept = letter.headers.pairs();
    let is_originals = |name: &str| !is_own(name) && !is_of_the_bus(name) && name != MAC;
    let kept = kept.filter(|(name, _)| *name == ORIGINAL_CODE || is_originals(name));
    let headers = kept.map(|(name, value)| match name {
        ORIGINAL_CODE => (MAC.to_owned(), value.to_owned()),
        _ => (name.to_owned(), value.to_owned()),
    });
    let message =
        Message { subject, reply: None, headers: headers.collect(), data: letter.data, status: None };
    Ok(Some((sequence, message)))
}
