//! What steps print, on its way to the bus: numbered, several chunks at a time, each until acknowledged.

use crate::agent::Agent;
use crate::execute::Sink;
use bytes::Bytes;
use prost::Message;
use reeve_contracts::node::OutputChunk;
use reeve_jetstream::{Acknowledgement, Error, Headers};
use reeve_node_protocol::subject;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle};

/// A chunk is filled up to this while it waits; well below the 1 MiB that a message may have.
const CHUNK_MAX_BYTES: usize = 256 * 1024;
/// So many chunks are sent before the first is acknowledged.
const MAX_UNACKNOWLEDGED_CHUNKS: usize = 16;
/// So many bytes wait or are on their way before the step's pipe has to wait.
const MAX_WAITING_BYTES: usize = 3 << 20;
/// A chunk counts as so many more than it carries: a step that prints letter by letter to both streams makes many.
const CHUNK_OVERHEAD_BYTES: usize = 256;

/// One chunk that is not acknowledged.
struct Chunk {
    step: String,
    number: u64,
    stderr: bool,
    data: Vec<u8>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Chunk>,
    /// What waits or is on its way holds as many bytes.
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// Takes a piece in; `number` makes the number of a new chunk.
    fn push(&mut self, step: &str, stderr: bool, data: &[u8], number: impl FnOnce() -> u64) {
        self.bytes += data.len();
        // While the bus is slower than the step, pieces become larger instead of more.
        match self.waiting.back_mut() {
            Some(last)
                if last.step == step
                    && last.stderr == stderr
                    && last.data.len() + data.len() <= CHUNK_MAX_BYTES =>
            {
                last.data.extend_from_slice(data);
            }
            _ => {
                self.bytes += CHUNK_OVERHEAD_BYTES;
                let (step, data) = (step.to_owned(), data.to_vec());
                self.waiting.push_back(Chunk { step, number: number(), stderr, data });
            }
        }
    }

    /// A chunk is on the bus.
    fn stored(&mut self, chunk: &Chunk) {
        self.bytes -= chunk.data.len() + CHUNK_OVERHEAD_BYTES;
    }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Rung when there is more to send, or no more will come.
    more: Notify,
    /// Rung when there is room again.
    room: Notify,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The output of one command.
pub struct Output {
    shared: Arc<Shared>,
    sender: JoinHandle<()>,
    numbers: HashMap<String, u64>,
}

impl Output {
    /// `numbers` are the last ones of an earlier part of the same command.
    pub fn new(agent: Arc<Agent>, command_id: &str, numbers: HashMap<String, u64>) -> Self {
        let shared = Arc::new(Shared::default());
        let sender = Sender {
            agent,
            command_id: command_id.to_owned(),
            shared: shared.clone(),
            on_their_way: VecDeque::new(),
        };
        Self { shared, sender: tokio::spawn(sender.run()), numbers }
    }

    /// Waits until the bus has everything; answers the last number of each step.
    pub async fn finish(mut self) -> HashMap<String, u64> {
        self.shared.queue().closed = true;
        self.shared.more.notify_one();
        if let Err(error) = (&mut self.sender).await {
            tracing::error!(%error, "the end of the output is lost");
        }
        std::mem::take(&mut self.numbers)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.sender.abort();
    }
}

impl Sink for Output {
    async fn ready(&mut self) {
        loop {
            let room = self.shared.room.notified();
            if self.shared.queue().bytes < MAX_WAITING_BYTES {
                return;
            }
            room.await;
        }
    }

    fn push(&mut self, step: &str, stderr: bool, data: Bytes) {
        let numbers = &mut self.numbers;
        self.shared.queue().push(step, stderr, &data, || {
            let number = numbers.entry(step.to_owned()).or_default();
            *number += 1;
            *number
        });
        self.shared.more.notify_one();
    }
}

struct Sender {
    agent: Arc<Agent>,
    command_id: String,
    shared: Arc<Shared>,
    on_their_way: VecDeque<(Chunk, Acknowledgement)>,
}

impl Sender {
    /// Until the queue is closed and empty.
    async fn run(mut self) {
        let mut connections = self.agent.bus.connections();
        connections.mark_unchanged();
        loop {
            self.fill().await;
            let room = self.on_their_way.len() < MAX_UNACKNOWLEDGED_CHUNKS;
            let Some((_, acknowledged)) = self.on_their_way.front_mut() else {
                let more = self.shared.more.notified();
                let (empty, closed) = {
                    let queue = self.shared.queue();
                    (queue.waiting.is_empty(), queue.closed)
                };
                match (empty, closed) {
                    (true, true) => return,
                    (true, false) => more.await,
                    _ => {}
                }
                continue;
            };
            tokio::select! {
                // In order: the first is waited for, and those behind it were sent behind it.
                stored = acknowledged => match stored {
                    Ok(_) => self.stored(),
                    Err(error) => self.again(&error.to_string(), Duration::from_millis(200)).await,
                },
                // What was on its way may be lost: no need to wait for the time-out.
                Ok(()) = connections.changed() => self.again("the connection was lost", Duration::ZERO).await,
                () = self.shared.more.notified(), if room => {}
            }
        }
    }

    /// Sends what waits, as far as there is room on the way.
    async fn fill(&mut self) {
        while self.on_their_way.len() < MAX_UNACKNOWLEDGED_CHUNKS {
            let Some(chunk) = self.shared.queue().waiting.pop_front() else { return };
            let sent = self.send(&chunk).await;
            self.on_their_way.push_back((chunk, sent));
        }
    }

    async fn send(&mut self, chunk: &Chunk) -> Acknowledgement {
        let node = &self.agent.identity.node_id;
        let message = OutputChunk {
            command_id: self.command_id.clone(),
            step: chunk.step.clone(),
            number: chunk.number,
            stderr: chunk.stderr,
            data: chunk.data.clone(),
        };
        let subject = subject::output(node, &self.command_id, &chunk.step);
        let id = format!("{node}/{}/{}/{}", self.command_id, chunk.step, chunk.number);
        let headers = Headers::default().with("Nats-Msg-Id", id);
        match self.agent.bus.store_later(&subject, &headers, message.encode_to_vec().into()).await {
            Ok(sent) => sent,
            Err(error) => Box::pin(std::future::ready(Err::<u64, Error>(error))),
        }
    }

    fn stored(&mut self) {
        if let Some((chunk, _)) = self.on_their_way.pop_front() {
            self.shared.queue().stored(&chunk);
            self.shared.room.notify_one();
        }
        crate::failpoint::reached("mid-output");
    }

    /// Sends everything that is not acknowledged again, in order. The bus drops what it has already, by its id. What was
    /// sent before has to have left this process: while a bus takes nothing, copies would pile up here.
    async fn again(&mut self, why: &str, delay: Duration) {
        tracing::warn!(why, chunks = self.on_their_way.len(), "output is sent again");
        tokio::time::sleep(delay).await;
        if let Err(error) = self.agent.bus.flush().await {
            tracing::warn!(%error, "the connection to the bus was closed");
        }
        let chunks: Vec<Chunk> = self.on_their_way.drain(..).map(|(chunk, _)| chunk).collect();
        for chunk in chunks {
            let sent = self.send(&chunk).await;
            self.on_their_way.push_back((chunk, sent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_chunks_count_for_more_than_they_carry() {
        let mut queue = Queue::default();
        let mut number = 0;
        while queue.bytes < MAX_WAITING_BYTES {
            number += 1;
            queue.push("a", number % 2 == 0, b"x", || number);
        }
        assert!(number < 20_000, "{number} chunks of one byte wait");
        while let Some(chunk) = queue.waiting.pop_front() {
            queue.stored(&chunk);
        }
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn pieces_of_one_stream_become_one_chunk() {
        let mut queue = Queue::default();
        for data in [b"one ".as_slice(), b"two"] {
            queue.push("a", false, data, || 7);
        }
        queue.push("a", true, b"three", || 8);
        let chunks: Vec<_> = queue.waiting.iter().map(|c| (c.number, c.stderr, c.data.as_slice())).collect();
        assert_eq!(chunks, [(7, false, b"one two".as_slice()), (8, true, b"three")]);
    }
}
