//! Reading everything that a bus holds, for a backup: its streams, their messages whole, and how far consumers are.

use crate::{Bus, Error, Headers, Message, mac::MacKey, mac::Unauthentic};
use async_nats::jetstream::consumer::{DeliverPolicy, push};
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A message with everything that the stream knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sequence: u64,
    /// When the stream stored it, since 1970.
    pub nanoseconds: i64,
    pub subject: String,
    /// In the order of their names.
    pub headers: Vec<(String, String)>,
    pub data: Bytes,
}

impl Entry {
    fn read(message: async_nats::jetstream::Message) -> Result<(Self, u64), Error> {
        let info = message.info().map_err(|e| Error::bus("tell a message's place")(e.to_string()))?;
        let (sequence, pending) = (info.stream_sequence, info.pending);
        let nanoseconds = i64::try_from(info.published.unix_timestamp_nanos()).unwrap_or(i64::MAX);
        let message = Message::from(message.message);
        let pairs = message.headers.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut headers: Vec<_> = pairs.collect();
        // The values of one name stay in their order.
        headers.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok((Self { sequence, nanoseconds, subject: message.subject, headers, data: message.data }, pending))
    }

    /// As it was stored, without its place.
    pub fn message(&self) -> Message {
        let headers: Headers = self.headers.iter().cloned().collect();
        Message { subject: self.subject.clone(), reply: None, headers, data: self.data.clone(), status: None }
    }

    /// Whether a service of the installation stored it; `None` for what carries no authentication code by its nature.
    pub fn check(&self, key: &MacKey) -> Option<Result<(), Unauthentic>> {
        let is = |prefix: &str| self.subject.starts_with(prefix);
        if is("reeve.evt.") {
            return Some(key.check_event(&self.message()));
        }
        let between = is("reeve.request.") || is("reeve.dead-letter.") || is("reeve.dead-letter-resolved.");
        between.then(|| key.check_message(&self.message()))
    }
}

/// A stream as the server describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamState {
    pub config: Value,
    pub created: String,
    pub state: Extent,
}

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    pub messages: u64,
    pub first_seq: u64,
    pub last_seq: u64,
}

impl StreamState {
    pub fn name(&self) -> &str {
        self.config.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether nothing is ever taken away from it.
    pub fn keeps_everything(&self) -> bool {
        let is = |name: &str| self.config.get(name).and_then(Value::as_bool).unwrap_or_default();
        is("deny_delete") && is("deny_purge") && !self.expires()
    }

    /// Whether messages go when they are old.
    pub fn expires(&self) -> bool {
        self.max_age().is_some()
    }

    /// How old they may become, in nanoseconds.
    pub fn max_age(&self) -> Option<i64> {
        self.config.get("max_age").and_then(Value::as_i64).filter(|age| *age > 0)
    }
}

/// The streams at an instant of the bus's own clock.
#[derive(Debug)]
pub struct Streams {
    /// Everything that was stored before it is counted.
    pub instant: String,
    pub streams: Vec<StreamState>,
}

/// A durable consumer, and how far everything before is settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Consumer {
    pub stream: String,
    pub name: String,
    pub created: String,
    pub config: Value,
    /// Every message up to this one was settled.
    pub settled: u64,
    /// How many were.
    pub settlements: u64,
}

pub(crate) async fn ask(bus: &Bus, what: &'static str, subject: &str, body: &Value) -> Result<Value, Error> {
    let data = Bytes::from(body.to_string());
    let answer =
        bus.request(&format!("$JS.API.{subject}"), &Headers::default(), data, ANSWER_TIMEOUT).await?;
    let failed = Error::bus(what);
    let value: Value = match serde_json::from_slice(&answer.data) {
        Ok(value) => value,
        Err(error) => return Err(failed(error.to_string())),
    };
    match value.pointer("/error/description").and_then(Value::as_str) {
        Some(description) => Err(failed(format!("{subject}: {description}"))),
        None => Ok(value),
    }
}

/// All items of a list that the server answers in pages.
async fn list(bus: &Bus, what: &'static str, subject: &str, items: &str) -> Result<Vec<Value>, Error> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let page = ask(bus, what, subject, &json!({"offset": found.len()})).await?;
        let of_page = page.get(items).and_then(Value::as_array).cloned().unwrap_or_default();
        let total = page.get("total").and_then(Value::as_u64).unwrap_or_default();
        let is_last = of_page.is_empty();
        found.extend(of_page);
        if is_last || found.len() as u64 >= total {
            return Ok(found);
        }
    }
}

/// The streams of a bus, in the order of their names.
///
/// # Errors
/// When the bus does not answer.
pub async fn streams(bus: &Bus) -> Result<Streams, Error> {
    const WHAT: &str = "list its streams";
    let listed = list(bus, WHAT, "STREAM.LIST", "streams").await?;
    let instant = listed.iter().filter_map(|stream| stream.get("ts").and_then(Value::as_str)).min();
    let instant = instant.unwrap_or_default().to_owned();
    let streams = listed.iter().map(StreamState::deserialize).collect::<Result<Vec<_>, _>>();
    let mut streams = streams.map_err(|e| Error::bus(WHAT)(e.to_string()))?;
    streams.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(Streams { instant, streams })
}

/// The durable consumers of a stream.
///
/// # Errors
/// When the bus does not answer.
pub async fn consumers(bus: &Bus, stream: &str) -> Result<Vec<Consumer>, Error> {
    let listed = list(bus, "list consumers", &format!("CONSUMER.LIST.{stream}"), "consumers").await?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let number =
        |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    let durable = listed.iter().filter(|consumer| consumer.pointer("/config/durable_name").is_some());
    let consumers = durable.map(|consumer| Consumer {
        stream: stream.to_owned(),
        name: text(consumer, "name").unwrap_or_default(),
        created: text(consumer, "created").unwrap_or_default(),
        config: consumer.get("config").cloned().unwrap_or_default(),
        settled: number(consumer, "/ack_floor/stream_seq"),
        settlements: number(consumer, "/ack_floor/consumer_seq"),
    });
    Ok(consumers.collect())
}

pub type Entries = std::pin::Pin<Box<dyn futures::Stream<Item = Result<Entry, Error>> + Send>>;

/// Nothing comes although there is something: the server may be unable to read what is next.
const STALL: Duration = Duration::from_secs(5);

/// The messages that a stream holds behind `after`, up to the end that it has now. What the server cannot read any more is
/// passed over: its sequence is missing.
///
/// # Errors
/// When the bus does not answer.
pub async fn entries(bus: &Bus, name: &str, after: u64) -> Result<Entries, Error> {
    let messages = read_behind(bus, name, after).await?;
    let reading = Reading { bus: bus.clone(), stream: name.to_owned(), messages, last: after };
    Ok(Box::pin(stream::unfold(reading, |mut reading| async move {
        let read = reading.next().await.transpose()?;
        if read.is_err() {
            reading.messages = None;
        }
        Some((read, reading))
    })))
}

/// A stream that is being read; without messages it is at its end.
struct Reading {
    bus: Bus,
    stream: String,
    messages: Option<push::Ordered>,
    last: u64,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Entry>, Error> {
        let failed = |e: String| Error::bus("read a stream")(e);
        while let Some(messages) = &mut self.messages {
            match tokio::time::timeout(STALL, messages.next()).await {
                Ok(None) => self.messages = None,
                Ok(Some(message)) => {
                    let (entry, pending) = Entry::read(message.map_err(|e| failed(e.to_string()))?)?;
                    if entry.sequence <= self.last {
                        // The client, where it lost the connection before the first message came, reads on from the beginning.
                        self.messages = read_behind(&self.bus, &self.stream, self.last).await?;
                        continue;
                    }
                    self.last = entry.sequence;
                    if pending == 0 {
                        self.messages = None;
                    }
                    return Ok(Some(entry));
                }
                Err(_) => self.pass_over().await?,
            }
        }
        Ok(None)
    }

    /// Goes on with the next message that the server can read.
    async fn pass_over(&mut self) -> Result<(), Error> {
        const WHAT: &str = "read a message";
        let end = crate::streams::last_sequence(&self.bus, &self.stream).await?;
        let subject = format!("STREAM.MSG.GET.{}", self.stream);
        self.messages = None;
        for sequence in self.last + 1..=end {
            match ask(&self.bus, WHAT, &subject, &json!({"seq": sequence})).await {
                Ok(_) => {
                    self.messages = read_behind(&self.bus, &self.stream, sequence - 1).await?;
                    return Ok(());
                }
                Err(Error::Bus { what: WHAT, reason }) if reason.ends_with("no message found") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A consumer behind a sequence; `None` when nothing is there.
async fn read_behind(bus: &Bus, name: &str, after: u64) -> Result<Option<push::Ordered>, Error> {
    let failed = |e: String| Error::bus("read a stream")(e);
    let found = bus.context.get_stream_no_info(name).await.map_err(|e| failed(e.to_string()))?;
    let config = push::OrderedConfig {
        deliver_subject: bus.client.new_inbox(),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
        ..push::OrderedConfig::default()
    };
    let consumer = found.create_consumer(config).await.map_err(|e| failed(e.to_string()))?;
    if consumer.cached_info().num_pending == 0 {
        return Ok(None);
    }
    consumer.messages().await.map(Some).map_err(|e| failed(e.to_string()))
}
