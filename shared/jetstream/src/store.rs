//! The event store: one literal subject per aggregate, one message per event.

use crate::{Bus, Error, Headers, Message, group::ToStore};
use async_nats::jetstream::message::StreamMessage;
use bytes::Bytes;
use reeve_eventsourcing::{Envelope, Position};

/// The header with which the server holds an append to what was read.
const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";

/// The same for the whole stream.
const EXPECTED_OF_STREAM: &str = "Nats-Expected-Last-Sequence";

/// Appends one event if the aggregate's last event is still at `expected` (0: it has none).
///
/// # Errors
/// [`Error::Conflict`] when it is not; the caller reloads and decides again.
pub async fn append(bus: &Bus, envelope: &Envelope, expected: Position) -> Result<Position, Error> {
    let mut headers: Headers = envelope.headers().into_iter().collect();
    let (of, subject, data) = (&envelope.aggregate, envelope.aggregate.subject(), envelope.data.clone());
    if let Some(key) = &bus.mac {
        key.mark_event(&subject, &mut headers, &data);
    }
    headers.push(EXPECTED, expected.to_string());
    bus.store_grouped(&of.service, &subject, headers, data).await.map(Position)
}

/// Stores a message of a stream on a subject that must not hold one yet.
///
/// # Errors
/// [`Error::Conflict`] when it does.
pub async fn append_first(bus: &Bus, stream: &str, subject: &str, data: Bytes) -> Result<Position, Error> {
    let headers = Headers::default().with(EXPECTED, "0");
    bus.store_grouped(stream, subject, headers, data).await.map(Position)
}

/// As [`append_first`], for messages that are there together; each has its own answer, in their order.
pub async fn append_each_first(
    bus: &Bus,
    stream: &str,
    messages: impl IntoIterator<Item = (String, Bytes)>,
) -> Vec<Result<Position, Error>> {
    let headers = Headers::default().with(EXPECTED, "0");
    let messages =
        messages.into_iter().map(|(subject, data)| ToStore { subject, headers: headers.clone(), data });
    let answers = bus.store_all(stream, messages.collect()).await;
    answers.into_iter().map(|answer| answer.map(Position)).collect()
}

/// The headers of the last message of a stream on subjects that match, and where it stands, read from the stream's leader.
///
/// # Errors
/// When the bus does not answer.
pub async fn last_headers(bus: &Bus, stream: &str, subject: &str) -> Result<Option<(u64, Headers)>, Error> {
    use async_nats::jetstream::stream::LastRawMessageErrorKind;
    let found = bus.context.get_stream_no_info(stream).await;
    let found = found.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    match found.get_last_raw_message_by_subject(subject).await {
        Ok(last) => Ok(Some((last.sequence, last.headers.into()))),
        Err(e) if matches!(e.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
        Err(e) => Err(Error::bus("read the last message")(e.to_string())),
    }
}

/// Stores a message of a stream whose last one stands there: of several who write the same one after the other, one does.
///
/// # Errors
/// [`Error::Conflict`] when another one has been stored.
pub async fn store_behind(
    bus: &Bus,
    subject: &str,
    headers: Headers,
    data: Bytes,
    last: u64,
) -> Result<u64, Error> {
    bus.store(subject, &headers.with(EXPECTED_OF_STREAM, last.to_string()), data).await
}

/// The event at a position of a stream, which must be there.
///
/// # Errors
/// When the bus does not answer, or there is no event at that position.
pub async fn at(bus: &Bus, stream: &str, position: Position) -> Result<Envelope, Error> {
    let stream = bus
        .context
        .get_stream_no_info(stream)
        .await
        .map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    let found = stream.get_raw_message(position.0).await;
    read(bus, found.map_err(|e| Error::bus("read an event")(e.to_string()))?).map(|(_, envelope)| envelope)
}

fn read(bus: &Bus, found: StreamMessage) -> Result<(Position, Envelope), Error> {
    let position = Position(found.sequence);
    let message = Message {
        subject: found.subject.to_string(),
        reply: None,
        headers: found.headers.into(),
        data: found.payload,
        status: None,
    };
    Ok((position, envelope(bus, &message)?))
}

/// Reads the envelope of a message.
///
/// # Errors
/// When a header is missing or malformed; on a connection that authenticates, when it is not authentic.
pub fn envelope(bus: &Bus, message: &Message) -> Result<Envelope, Error> {
    if let Some(key) = &bus.mac {
        let unauthentic = |reason| Error::Unauthentic { subject: message.subject.clone(), reason };
        key.check_event(message).map_err(unauthentic)?;
    }
    Envelope::read(&message.subject, |name| message.headers.get(name), message.data.clone())
        .map_err(|e| Error::bus("read an event")(e.to_string()))
}
