//! Reading streams: in order from a position (views), or shared and acknowledged (reactors).

use crate::{Bus, Error, Headers, Message};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull, push};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::{pin::Pin, time::Duration};

/// A message and its place in the stream.
#[derive(Clone, Debug)]
pub struct Stored {
    pub sequence: u64,
    pub message: Message,
}

/// A stored message that must be settled: acknowledged, or given back for later.
pub struct Work {
    pub sequence: u64,
    /// How often it has been delivered, from 1.
    pub deliveries: i64,
    pub message: Message,
    acker: async_nats::jetstream::message::Acker,
}

impl Work {
    /// Done: it is not delivered again.
    pub async fn done(&self) {
        self.settle(async_nats::jetstream::AckKind::Ack).await;
    }

    /// Not now: it is delivered again after the delay.
    pub async fn later(&self, delay: Duration) {
        self.settle(async_nats::jetstream::AckKind::Nak(Some(delay))).await;
    }

    /// Not done yet, and still at it: it is not delivered again meanwhile.
    pub async fn in_progress(&self) {
        self.settle(async_nats::jetstream::AckKind::Progress).await;
    }

    async fn settle(&self, kind: async_nats::jetstream::AckKind) {
        if let Err(error) = self.acker.ack_with(kind).await {
            tracing::warn!(%error, sequence = self.sequence, "a message could not be settled; it will come again");
        }
    }
}

/// What nobody settles, or says that he is at it, is delivered again: when a service was killed, say.
const ACK_WAIT: Duration = Duration::from_secs(15);

pub type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

fn split(
    message: async_nats::jetstream::Message,
) -> Result<(u64, i64, Message, async_nats::jetstream::message::Acker), Error> {
    let info = message.info().map_err(|e| Error::bus("tell a message's place")(e.to_string()))?;
    let (sequence, deliveries) = (info.stream_sequence, info.delivered);
    let (message, acker) = message.split();
    Ok((sequence, deliveries, message.into(), acker))
}

/// All messages after `after`, in order, going on live. Gaps and lost connections are healed underneath.
///
/// # Errors
/// When the stream does not exist or the consumer cannot be made.
pub async fn follow(
    bus: &Bus,
    stream: &str,
    subjects: &[String],
    after: u64,
) -> Result<BoxStream<Stored>, Error> {
    let stream = bus
        .context
        .get_stream_no_info(stream)
        .await
        .map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    let config = push::OrderedConfig {
        deliver_subject: bus.client.new_inbox(),
        filter_subjects: subjects.to_vec(),
        deliver_policy: match after {
            0 => DeliverPolicy::All,
            n => DeliverPolicy::ByStartSequence { start_sequence: n + 1 },
        },
        ..push::OrderedConfig::default()
    };
    let consumer =
        stream.create_consumer(config).await.map_err(|e| Error::bus("make a consumer")(e.to_string()))?;
    let messages = consumer.messages().await.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
    Ok(Box::pin(messages.map(|m| {
        let message = m.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
        split(message).map(|(sequence, _, message, _)| Stored { sequence, message })
    })))
}

/// Reads up to `most` messages of a stream and keeps none of them: how fast the client alone is.
///
/// # Errors
/// When the stream does not exist or reading fails.
pub async fn count(bus: &Bus, stream: &str, most: usize) -> Result<usize, Error> {
    let failed = |e: String| Error::bus("read a stream")(e);
    let found = bus.context.get_stream_no_info(stream).await.map_err(|e| failed(e.to_string()))?;
    let config =
        push::OrderedConfig { deliver_subject: bus.client.new_inbox(), ..push::OrderedConfig::default() };
    let consumer = found.create_consumer(config).await.map_err(|e| failed(e.to_string()))?;
    let mut messages = consumer.messages().await.map_err(|e| failed(e.to_string()))?.take(most);
    let mut count = 0;
    while let Some(message) = messages.next().await {
        message.map_err(|e| failed(e.to_string()))?;
        count += 1;
    }
    Ok(count)
}

/// Messages shared among all who name the same worker; each must be settled.
///
/// # Errors
/// When the stream does not exist or the consumer cannot be made.
pub async fn work(
    bus: &Bus,
    stream: &str,
    worker: &str,
    subjects: &[String],
    in_flight: i64,
) -> Result<BoxStream<Work>, Error> {
    let stream = bus
        .context
        .get_stream_no_info(stream)
        .await
        .map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    let config = pull::Config {
        durable_name: Some(worker.to_owned()),
        filter_subjects: subjects.to_vec(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_ack_pending: in_flight,
        ..pull::Config::default()
    };
    let consumer =
        stream.create_consumer(config).await.map_err(|e| Error::bus("make a consumer")(e.to_string()))?;
    let messages = consumer.messages().await.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
    Ok(Box::pin(messages.map(|m| {
        let message = m.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
        split(message).map(|(sequence, deliveries, message, acker)| Work {
            sequence,
            deliveries,
            message,
            acker,
        })
    })))
}

/// As many bytes are kept of a message that is set aside: of its data, its headers, and of why. A message of the bus has
/// 1 MiB at most, 64 KiB of that for its headers, and whoever wrote this one may have used all of it.
const MOST_ASIDE: (usize, usize, usize) = (896 * 1024, 32 * 1024, 1024);

/// Puts a message that cannot be handled where operators see it, with who gave up on it and why.
///
/// # Errors
/// When it could not be stored; then the caller must not settle it.
pub async fn set_aside(
    bus: &Bus,
    service: &str,
    handler: &str,
    sequence: u64,
    message: &Message,
    reason: &str,
) -> Result<(), Error> {
    let (most, most_headers, most_reason) = MOST_ASIDE;
    let reason = &reason[..reason.floor_char_boundary(most_reason)];
    tracing::error!(service, handler, sequence, subject = message.subject, reason, "a message was set aside");
    let mut room = most_headers;
    let kept = message.headers.pairs().filter(|(name, _)| !name.to_ascii_lowercase().starts_with("nats-"));
    let kept = kept.take_while(|(name, value)| {
        let fits = name.len() + value.len() + 4 <= room;
        room = room.saturating_sub(name.len() + value.len() + 4);
        fits
    });
    let headers = kept
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect::<Headers>()
        .with("reeve-reason", reason)
        .with("reeve-subject", message.subject.as_str())
        .with("reeve-sequence", sequence.to_string())
        .with("Nats-Msg-Id", format!("{service}/{handler}/{}/{sequence}", message.subject));
    let data: Bytes = message.data.slice(..message.data.len().min(most));
    bus.store(&format!("reeve.aside.{service}.{handler}"), &headers, data).await.map(|_| ())
}

/// The sequence of the last message on subjects that match, 0 when there is none.
///
/// # Errors
/// When there is no such stream or the bus does not answer.
pub async fn last_matching(bus: &Bus, stream: &str, subject: &str) -> Result<u64, Error> {
    use async_nats::jetstream::stream::LastRawMessageErrorKind;
    let stream = bus
        .context
        .get_stream_no_info(stream)
        .await
        .map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(found) => Ok(found.sequence),
        Err(e) if matches!(e.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(0),
        Err(e) => Err(Error::bus("find the last message")(e.to_string())),
    }
}
