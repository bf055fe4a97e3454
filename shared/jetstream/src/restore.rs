//! Streams given back to a bus that does not have them, with the sequences and the times that their messages had.
//!
//! The server takes a stream in from a snapshot of its own form, and in no other way with its sequences. So one is made of
//! the messages, file by file, while they are read.

use crate::{
    Bus, Error, Headers, Message,
    backup::{Consumer, Entry, Extent, ask},
    server_files::{Archive, Block, consumer_state, description_sum},
    streams,
};
use async_nats::jetstream::stream::Config;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A file of messages is as large as the server's own at most.
const MAX_BLOCK: usize = 4 * 1024 * 1024;
/// What goes to the server at a time: less than a message may have.
const CHUNK: usize = 256 * 1024;
const CHUNK_TIMEOUT: Duration = Duration::from_secs(30);
/// Another server of a cluster may be the one that takes the stream in: until the one of this connection knows where, nobody answers.
const DELIVERY_KNOWN_TIME: Duration = Duration::from_secs(10);
/// As long nothing is said of a bus that is waited for.
const SILENT_TIME: Duration = Duration::from_secs(3);
/// The server reads all of a stream before it answers.
const END_TIMEOUT: Duration = Duration::from_secs(900);

/// A stream that is being given back.
pub struct Restore<'a> {
    bus: &'a Bus,
    name: String,
    /// Where its snapshot goes.
    deliver: String,
    archive: Archive,
    block: Block,
    index: u32,
    last: u64,
}

/// What the server says of itself does not belong to a description.
fn without_server_metadata(config: &Value) -> Value {
    let mut config = config.clone();
    if let Some(metadata) = config.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| name == "_nats.req.level" || !name.starts_with("_nats."));
    }
    config
}

/// A description as the server keeps it: the configuration, and beside it when it was made.
fn description(config: &Value, beside: Value) -> Vec<u8> {
    let mut description = beside;
    if let (Some(all), Some(config)) = (description.as_object_mut(), config.as_object()) {
        config.iter().for_each(|(name, value)| drop(all.insert(name.clone(), value.clone())));
    }
    description.to_string().into_bytes()
}

fn in_memory(error: std::io::Error) -> Error {
    Error::bus("restore a stream")(error.to_string())
}

impl<'a> Restore<'a> {
    /// Begins with a stream that the bus does not have.
    ///
    /// # Errors
    /// When it has it, or does not answer.
    pub async fn begin(bus: &'a Bus, config: &Value, created: &str, extent: Extent) -> Result<Self, Error> {
        let name = config.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let config = without_server_metadata(config);
        let state = json!({
            "messages": extent.messages, "bytes": 0, "first_seq": extent.first_seq, "last_seq": extent.last_seq,
            "first_ts": created, "last_ts": created, "consumer_count": 0,
        });
        let request = json!({"config": config, "state": state});
        let answer = ask(bus, "restore a stream", &format!("STREAM.RESTORE.{name}"), &request).await?;
        let deliver = answer.get("deliver_subject").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut archive = Archive::default();
        let meta = description(&config, json!({"Created": created}));
        archive.file("meta.inf", &meta).map_err(in_memory)?;
        archive.file("meta.sum", description_sum(&name, &meta).as_bytes()).map_err(in_memory)?;
        let block = Block::new(&name, 1);
        Ok(Self { bus, name, deliver, archive, block, index: 1, last: 0 })
    }

    /// Adds a message; its sequence is greater than that of the one before.
    ///
    /// # Errors
    /// When the bus does not take it.
    pub async fn push(&mut self, entry: &Entry) -> Result<(), Error> {
        let mut headers = Vec::new();
        if !entry.headers.is_empty() {
            headers.extend_from_slice(b"NATS/1.0\r\n");
            for (name, value) in &entry.headers {
                headers.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            headers.extend_from_slice(b"\r\n");
        }
        self.block.push(entry.sequence, entry.nanoseconds, &entry.subject, &headers, &entry.data);
        self.last = entry.sequence;
        if self.block.bytes.len() >= MAX_BLOCK {
            self.end_block().await?;
        }
        Ok(())
    }

    async fn end_block(&mut self) -> Result<(), Error> {
        let block = std::mem::replace(&mut self.block, Block::new(&self.name, self.index + 1));
        if block.bytes.is_empty() {
            return Ok(());
        }
        self.archive.file(&format!("msgs/{}.blk", self.index), &block.bytes).map_err(in_memory)?;
        self.index += 1;
        let written = self.archive.take().map_err(in_memory)?;
        self.send(written).await
    }

    async fn hand_over(&self, bytes: Bytes, timeout: Duration) -> Result<Message, Error> {
        let headers = Headers::default();
        self.bus.request_patiently(&self.deliver, &headers, bytes, timeout, DELIVERY_KNOWN_TIME).await
    }

    async fn send(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let mut bytes = Bytes::from(bytes);
        while !bytes.is_empty() {
            let chunk = bytes.split_to(bytes.len().min(CHUNK));
            let answer = self.hand_over(chunk, CHUNK_TIMEOUT).await?;
            if let Some(refused) = refusal(&answer.data) {
                return Err(Error::bus("restore a stream")(format!("{}: {refused}", self.name)));
            }
        }
        Ok(())
    }

    /// Ends with the sequence that the stream has given to a message last, and with its durable consumers; answers what
    /// the stream holds then.
    ///
    /// # Errors
    /// When the bus does not take it.
    pub async fn finish(mut self, last: u64, consumers: &[Consumer]) -> Result<Extent, Error> {
        if last > self.last {
            self.block.push_gone(last);
        }
        self.end_block().await?;
        for consumer in consumers {
            let config = without_server_metadata(&consumer.config);
            let meta = description(&config, json!({"Created": consumer.created, "Name": consumer.name}));
            let sum = description_sum(&format!("{}/{}", self.name, consumer.name), &meta);
            let state = consumer_state(consumer.settlements, consumer.settled);
            for (file, content) in [("meta.inf", &meta[..]), ("meta.sum", sum.as_bytes()), ("o.dat", &state)]
            {
                self.archive.file(&format!("obs/{}/{file}", consumer.name), content).map_err(in_memory)?;
            }
        }
        let archive = std::mem::take(&mut self.archive);
        self.send(archive.finish().map_err(in_memory)?).await?;
        let answer = self.hand_over(Bytes::new(), END_TIMEOUT).await?;
        let failed = |reason: String| Error::bus("restore a stream")(format!("{}: {reason}", self.name));
        if let Some(refused) = refusal(&answer.data) {
            return Err(failed(refused));
        }
        let answer: Value = serde_json::from_slice(&answer.data).map_err(|e| failed(e.to_string()))?;
        let state = answer.get("state").map(Extent::deserialize);
        state.ok_or_else(|| failed(answer.to_string()))?.map_err(|e| failed(e.to_string()))
    }
}

/// Why the server does not take what it was sent.
fn refusal(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer.pointer("/error/description").and_then(Value::as_str).map(str::to_owned)
}

/// The stream that is there from before the first stream is given back until after the last was verified: what is on such a bus
/// is no log.
pub(crate) const UNFINISHED: &str = "UNFINISHED_RESTORE";

/// Says on the bus that what it holds is not all there yet.
///
/// # Errors
/// When the bus refuses.
pub async fn mark_unfinished(bus: &Bus) -> Result<(), Error> {
    let subjects = vec!["reeve.restore.unfinished".to_owned()];
    streams::ensure_as(
        bus,
        Config { name: UNFINISHED.to_owned(), subjects, max_messages: 1, ..Config::default() },
    )
    .await
}

/// Says that it is.
///
/// # Errors
/// When the bus does not answer.
pub async fn mark_finished(bus: &Bus) -> Result<(), Error> {
    remove(bus, UNFINISHED).await
}

/// Whether a stream is that mark.
pub fn is_mark(stream: &str) -> bool {
    stream == UNFINISHED
}

/// Whether a restore of this bus is under way, or was cut off. Who begins to work with a bus asks this first: servers that start are waited for.
///
/// # Errors
/// When the bus does not answer.
pub async fn is_unfinished(bus: &Bus) -> Result<bool, Error> {
    let (begun, mut is_told) = (Instant::now(), false);
    loop {
        match streams::exists(bus, UNFINISHED).await {
            Err(error) if begun.elapsed() < streams::CLUSTER_START_TIME => {
                if begun.elapsed() > SILENT_TIME && !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "the bus does not answer for its streams yet, and is waited for");
                }
                tokio::time::sleep(streams::POLL_INTERVAL).await;
            }
            answer => return answer,
        }
    }
}

/// Removes a stream.
///
/// # Errors
/// When the bus does not answer.
pub async fn remove(bus: &Bus, stream: &str) -> Result<(), Error> {
    ask(bus, "remove a stream", &format!("STREAM.DELETE.{stream}"), &json!({})).await.map(drop)
}
