//! Reading streams in order from a position, without acknowledgements: for views, and for who watches.

use crate::{Bus, Error, Message, lost_answers::ask_again};
use async_nats::jetstream::consumer::{DeliverPolicy, push};
use futures::{Stream, StreamExt, stream};
use reeve_types::Timestamp;
use std::{
    pin::Pin,
    time::{Duration, Instant},
};
use tokio::sync::watch;

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

/// A stream that cannot be read for so long, although there is a connection, is told of as an error.
const MAX_UNREADABLE_TIME: Duration = Duration::from_secs(30);
/// Between two attempts to read a stream on.
const REOPEN_DELAY: Duration = Duration::from_millis(250);

/// All messages after `after`, in order, going on live. It goes on behind the last one after a gap, and as soon as a lost
/// connection is there again.
///
/// # Errors
/// When the stream does not exist or the consumer cannot be made.
pub async fn follow(
    bus: &Bus,
    stream: &str,
    subjects: &[String],
    after: u64,
) -> Result<BoxStream<Stored>, Error> {
    follow_from(bus, stream, subjects, Start::Behind(after)).await
}

/// As [`follow`], all messages that were stored at an instant or after it.
///
/// # Errors
/// As [`follow`].
pub async fn follow_since(bus: &Bus, stream: &str, since: Timestamp) -> Result<BoxStream<Stored>, Error> {
    follow_from(bus, stream, &[], Start::At(since)).await
}

async fn follow_from(
    bus: &Bus,
    stream: &str,
    subjects: &[String],
    start: Start,
) -> Result<BoxStream<Stored>, Error> {
    let mut following = Following {
        bus: bus.clone(),
        stream: stream.to_owned(),
        subjects: subjects.to_vec(),
        start,
        connections: bus.connections(),
        reading: None,
    };
    following.open().await?;
    Ok(Box::pin(stream::unfold(following, |mut following| async move {
        let next = following.next().await?;
        Some((next, following))
    })))
}

/// What is read next.
#[derive(Clone, Copy)]
enum Start {
    /// The message behind this one, whose sequence is 0 when there is none before it.
    Behind(u64),
    /// The first message that was stored at this instant or after it.
    At(Timestamp),
}

impl Start {
    fn includes(self, message: &Stored) -> bool {
        match self {
            Self::Behind(last) => message.sequence > last,
            Self::At(since) => message.time >= since,
        }
    }

    async fn policy(self, bus: &Bus, stream: &str) -> Result<DeliverPolicy, Error> {
        let since = match self {
            Self::Behind(0) => return Ok(DeliverPolicy::All),
            Self::Behind(last) => return Ok(DeliverPolicy::ByStartSequence { start_sequence: last + 1 }),
            Self::At(since) => since,
        };
        let found = bus.context.get_stream(stream).await;
        let found = found.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
        // The server's own instant, moved: as the client wants it.
        let created = found.cached_info().created;
        let later = i128::from(since.0) - created.unix_timestamp_nanos() / 1_000_000;
        let difference = Duration::from_millis(u64::try_from(later.unsigned_abs()).unwrap_or(u64::MAX));
        let start_time = if later < 0 { created - difference } else { created + difference };
        Ok(DeliverPolicy::ByStartTime { start_time })
    }
}

/// A stream that is read on whatever happens to the connection.
struct Following {
    bus: Bus,
    stream: String,
    subjects: Vec<String>,
    start: Start,
    connections: watch::Receiver<u64>,
    reading: Option<Reading>,
}

impl Following {
    /// `None` when the connection is closed for good.
    async fn next(&mut self) -> Option<Result<Stored, Error>> {
        loop {
            let Some(reading) = &mut self.reading else {
                // Who keeps the count is gone with the connection.
                self.connections.has_changed().ok()?;
                if let Err(error) = self.reopen().await {
                    return Some(Err(error));
                }
                continue;
            };
            tokio::select! {
                biased;
                message = reading.messages.next() => match message {
                    Some(Ok(message)) => match Stored::read(message) {
                        Ok(stored) if self.start.includes(&stored) => {
                            self.start = Start::Behind(stored.sequence);
                            return Some(Ok(stored));
                        }
                        // The client, where it lost the connection before the first message came, reads on from the beginning.
                        Ok(_) => self.reading = None,
                        Err(error) => return Some(Err(error)),
                    },
                    Some(Err(error)) => {
                        tracing::warn!(stream = self.stream, %error, "a stream is read on from the last message");
                        self.reading = None;
                    }
                    None => self.reading = None,
                },
                // The bus kept the consumer in memory for the last connection, and would be missed ten seconds later.
                changed = self.connections.changed() => match changed {
                    Ok(()) => self.reading = None,
                    Err(_) => return None,
                },
            }
        }
    }

    /// Opens it as soon as that can be.
    async fn reopen(&mut self) -> Result<(), Error> {
        let mut begun = Instant::now();
        loop {
            if !self.bus.is_connected() {
                self.bus.connected().await;
                begun = Instant::now();
            }
            let Err(error) = self.open().await else { return Ok(()) };
            tracing::debug!(stream = self.stream, %error, "a stream cannot be read yet");
            if begun.elapsed() > MAX_UNREADABLE_TIME {
                return Err(error);
            }
            tokio::time::sleep(REOPEN_DELAY).await;
        }
    }

    async fn open(&mut self) -> Result<(), Error> {
        // Whoever connects anew from here on makes it open anew.
        self.connections.mark_unchanged();
        let Self { bus, stream, subjects, start, .. } = &*self;
        let reading = ask_again(bus, async || {
            let policy = start.policy(bus, stream).await?;
            Reading::open(bus, stream, subjects, policy).await
        });
        self.reading = Some(reading.await?);
        Ok(())
    }
}

/// A consumer of a reader. It is deleted when nobody reads any more: the bus would keep it for half a minute, and has room
/// for a thousand.
struct Reading {
    messages: push::Ordered,
    client: async_nats::Client,
    /// Where it is asked to be deleted.
    delete: String,
}

impl Reading {
    async fn open(
        bus: &Bus,
        stream_name: &str,
        subjects: &[String],
        deliver_policy: DeliverPolicy,
    ) -> Result<Self, Error> {
        let stream = bus.context.get_stream_no_info(stream_name).await;
        let stream = stream.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
        let config = push::OrderedConfig {
            // A name of its own, in the request's subject, where the server compares it with permissions.
            name: Some(format!("reader-{}", bus.unique_token())),
            deliver_subject: bus.client.new_inbox(),
            filter_subjects: subjects.to_vec(),
            deliver_policy,
            ..push::OrderedConfig::default()
        };
        let consumer =
            stream.create_consumer(config).await.map_err(|e| Error::bus("make a consumer")(e.to_string()))?;
        let delete = format!("$JS.API.CONSUMER.DELETE.{stream_name}.{}", consumer.cached_info().name);
        let messages = consumer.messages().await.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
        Ok(Self { messages, client: bus.client.clone(), delete })
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (client, subject) = (self.client.clone(), std::mem::take(&mut self.delete));
        // Where it cannot be said, the bus deletes it by itself, later.
        runtime.spawn(async move { client.publish(subject, bytes::Bytes::new()).await.ok() });
    }
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
    ask_again(bus, async || {
        let stream = bus.context.get_stream_no_info(stream).await;
        let stream = stream.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(found) => Ok(found.sequence),
            Err(e) if matches!(e.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(0),
            Err(e) => Err(Error::bus("find the last message")(e.to_string())),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_before_the_start_is_not_read() {
        let stored = |sequence: u64, at_ms: i64| Stored {
            sequence,
            time: Timestamp(at_ms),
            message: Message {
                subject: "s".to_owned(),
                reply: None,
                headers: crate::Headers::default(),
                data: bytes::Bytes::new(),
                status: None,
            },
        };
        let behind = Start::Behind(7);
        assert!(!behind.includes(&stored(1, 9)) && !behind.includes(&stored(7, 9)));
        assert!(behind.includes(&stored(8, 0)) && Start::Behind(0).includes(&stored(1, 0)));
        let since = Start::At(Timestamp(5));
        assert!(!since.includes(&stored(9, 4)) && since.includes(&stored(1, 5)));
    }
}
