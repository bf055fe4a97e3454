//! Reading streams in order from a position, without acknowledgements: for views, and for who watches.

use crate::{Bus, Error, Message};
use async_nats::jetstream::consumer::{DeliverPolicy, push};
use futures::{Stream, StreamExt};
use reeve_types::Timestamp;
use std::{pin::Pin, time::Duration};

/// A message and its place in the stream.
#[derive(Clone, Debug)]
pub struct Stored {
    pub sequence: u64,
    /// When the stream stored it.
    pub time: Timestamp,
    pub message: Message,
}

impl Stored {
    fn read(message: async_nats::jetstream::Message) -> Result<Self, Error> {
        let info = message.info().map_err(|e| Error::bus("tell a message's place")(e.to_string()))?;
        let (sequence, nanoseconds) = (info.stream_sequence, info.published.unix_timestamp_nanos());
        let time = Timestamp(i64::try_from(nanoseconds / 1_000_000).unwrap_or(i64::MAX));
        Ok(Self { sequence, time, message: message.message.into() })
    }
}

pub type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

/// A consumer of a reader. It is deleted when nobody reads any more: the bus would keep it for half a minute, and has room
/// for a thousand.
struct Reading {
    client: async_nats::Client,
    /// Where it is asked to be deleted.
    delete: String,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (client, subject) = (self.client.clone(), std::mem::take(&mut self.delete));
        // Where it cannot be said, the bus deletes it by itself, later.
        runtime.spawn(async move { client.publish(subject, bytes::Bytes::new()).await.ok() });
    }
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
    let policy = match after {
        0 => DeliverPolicy::All,
        n => DeliverPolicy::ByStartSequence { start_sequence: n + 1 },
    };
    follow_from(bus, stream, subjects, policy).await
}

/// As [`follow`], all messages that were stored at an instant or after it.
///
/// # Errors
/// As [`follow`].
pub async fn follow_since(bus: &Bus, stream: &str, since: Timestamp) -> Result<BoxStream<Stored>, Error> {
    let found = bus.context.get_stream(stream).await;
    let found = found.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    // The server's own instant, moved: as the client wants it.
    let created = found.cached_info().created;
    let later = i128::from(since.0) - created.unix_timestamp_nanos() / 1_000_000;
    let difference = Duration::from_millis(u64::try_from(later.unsigned_abs()).unwrap_or(u64::MAX));
    let start_time = if later < 0 { created - difference } else { created + difference };
    follow_from(bus, stream, &[], DeliverPolicy::ByStartTime { start_time }).await
}

async fn follow_from(
    bus: &Bus,
    stream: &str,
    subjects: &[String],
    deliver_policy: DeliverPolicy,
) -> Result<BoxStream<Stored>, Error> {
    let stream_name = stream;
    let stream = bus
        .context
        .get_stream_no_info(stream)
        .await
        .map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    // A name of its own, in the request's subject, where the server compares it with permissions.
    let token = bus.unique_token();
    let config = push::OrderedConfig {
        name: Some(format!("reader-{token}")),
        deliver_subject: bus.client.new_inbox(),
        filter_subjects: subjects.to_vec(),
        deliver_policy,
        ..push::OrderedConfig::default()
    };
    let consumer =
        stream.create_consumer(config).await.map_err(|e| Error::bus("make a consumer")(e.to_string()))?;
    let reading = Reading {
        client: bus.client.clone(),
        delete: format!("$JS.API.CONSUMER.DELETE.{stream_name}.{}", consumer.cached_info().name),
    };
    let messages = consumer.messages().await.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
    Ok(Box::pin(messages.map(move |m| {
        // It ends with the stream of messages.
        let _reading = &reading;
        let message = m.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
        Stored::read(message)
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
