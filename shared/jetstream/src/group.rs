//! Group commit: messages for one stream that wait at the same time are stored together.
//!
//! Alone, a stored message costs the server one fsync. A group (an atomic batch of the server, ADR-50) costs about
//! as much as fifteen of them, however many messages it has; so few messages go one by one, and many together.
//! Either way each message has its own expectation, its own place and its own answer.

use crate::{Bus, Error, Headers, ack::Ack, lanes::Append};
use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, join_all},
    stream::FuturesUnordered,
};
use std::{
    collections::{HashSet, VecDeque},
    sync::PoisonError,
};
use tokio::sync::{mpsc, oneshot};

/// As many of one stream are under way one by one; the next ones wait for each other. The server acknowledges what
/// came in together when it has stored all of it: with two halves one is stored while the other's writers go on.
const MAX_SINGLE_MESSAGES: usize = 8;
/// A smaller group would cost more than its messages one by one.
const MIN_GROUP_MESSAGES: usize = 24;
/// The server takes a thousand; half of it keeps the wait of the next ones short.
const MAX_GROUP_MESSAGES: usize = 500;
/// What a group may carry, so that one does not hold the stream up for long.
const MAX_GROUP_BYTES: usize = 4 << 20;

/// A message to be stored.
pub struct ToStore {
    pub subject: String,
    pub headers: Headers,
    pub data: Bytes,
}

impl Bus {
    /// As [`Bus::store`], for one of many writers of the stream that `lane` names: what waits together is
    /// stored together. There must be an expectation on the subject, or none may be needed.
    ///
    /// # Errors
    /// As [`Bus::store`].
    pub async fn store_grouped(
        &self,
        lane: &str,
        subject: &str,
        headers: Headers,
        data: Bytes,
    ) -> Result<u64, Error> {
        let message = ToStore { subject: subject.to_owned(), headers, data };
        self.store_all(lane, vec![message]).await.pop().unwrap_or_else(|| Err(closed()))
    }

    /// As [`Bus::store_grouped`], for messages that are there together; each has its own answer, in their order.
    pub async fn store_all(&self, lane: &str, messages: Vec<ToStore>) -> Vec<Result<u64, Error>> {
        let (mut appends, mut answers) = (Vec::new(), Vec::new());
        for ToStore { subject, headers, data } in messages {
            let (answer, answered) = oneshot::channel();
            appends.push(Append { subject, headers, data, answer });
            answers.push(answered.map(|answer| answer.unwrap_or_else(|_| Err(closed()))));
        }
        // Where nobody takes them, nobody answers.
        let _taken = self.lane(lane).send(appends).is_ok();
        join_all(answers).await
    }

    fn lane(&self, lane: &str) -> mpsc::UnboundedSender<Vec<Append>> {
        let mut lanes = self.groups.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = lanes.get(lane)
            && !queue.is_closed()
        {
            return queue.clone();
        }
        let (queue, appends) = mpsc::unbounded_channel();
        lanes.insert(lane.to_owned(), queue.clone());
        // The task holds the connection without the queues, so that it ends with the last of the others.
        let alone = Bus { groups: Default::default(), ..self.clone() };
        tokio::spawn(drive(alone, appends));
        queue
    }
}

fn closed() -> Error {
    Error::Bus { what: "store a message", reason: "the connection was closed".to_owned() }
}

async fn drive(bus: Bus, mut appends: mpsc::UnboundedReceiver<Vec<Append>>) {
    let mut waiting = VecDeque::new();
    let mut singly: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
    let mut group: Option<BoxFuture<'_, Vec<Append>>> = None;
    let mut open = true;
    while open || !waiting.is_empty() || !singly.is_empty() || group.is_some() {
        if group.is_none() && waiting.len() >= MIN_GROUP_MESSAGES {
            group = Some(together(&bus, take(&mut waiting)).boxed());
        }
        while group.is_none() && singly.len() < MAX_SINGLE_MESSAGES {
            let Some(append) = waiting.pop_front() else { break };
            singly.push(alone(&bus, append).boxed());
        }
        tokio::select! {
            received = appends.recv(), if open => match received {
                Some(appends) => waiting.extend(appends),
                None => open = false,
            },
            Some(()) = singly.next() => {}
            // A group whose expectations did not all hold was refused whole: its members go one by one.
            refused = async { match &mut group { Some(group) => group.await, None => std::future::pending().await } } => {
                group = None;
                singly.extend(refused.into_iter().map(|append| alone(&bus, append).boxed()));
            }
        }
    }
}

/// The first that may go together: each subject once, because a second one would expect the first.
fn take(waiting: &mut VecDeque<Append>) -> Vec<Append> {
    let (mut group, mut left, mut subjects) = (Vec::new(), VecDeque::new(), HashSet::new());
    let mut bytes = 0;
    while let Some(append) = waiting.pop_front() {
        if group.len() == MAX_GROUP_MESSAGES
            || bytes + append.data.len() > MAX_GROUP_BYTES && !group.is_empty()
        {
            left.push_back(append);
            break;
        }
        if subjects.insert(append.subject.clone()) {
            bytes += append.data.len();
            group.push(append);
        } else {
            left.push_back(append);
        }
    }
    left.append(waiting);
    *waiting = left;
    group
}

async fn alone(bus: &Bus, append: Append) {
    let result = bus.store(&append.subject, &append.headers, append.data.clone()).await;
    append.answer(result);
}

/// Stores a group; answers those that must be tried one by one, which is all or none.
async fn together(bus: &Bus, group: Vec<Append>) -> Vec<Append> {
    let id = bus.unique_token();
    match commit(bus, &group, &id).await {
        Ok(Ack { error: None, seq, .. }) if seq >= group.len() as u64 => {
            let first = seq - group.len() as u64 + 1;
            for (sequence, append) in (first..).zip(group) {
                append.answer(Ok(sequence));
            }
            Vec::new()
        }
        Ok(refused) => {
            let reason = refused.error.map(|e| e.description).unwrap_or_default();
            tracing::debug!(reason, count = group.len(), "a group was refused; its messages go one by one");
            group
        }
        // Whether it was stored is not known; the members find out as they do for a single message.
        Err(error) => {
            for append in group {
                append.answer(Err(error.again()));
            }
            Vec::new()
        }
    }
}

async fn commit(bus: &Bus, group: &[Append], id: &str) -> Result<Ack, Error> {
    let numbered = |number: usize, append: &Append| {
        let headers = append.headers.clone().with("Nats-Batch-Id", id);
        headers.with("Nats-Batch-Sequence", number.to_string())
    };
    let Some((last, others)) = group.split_last() else { return Ok(Ack::default()) };
    for (index, append) in others.iter().enumerate() {
        bus.publish(&append.subject, numbered(index + 1, append), append.data.clone()).await?;
    }
    let headers = numbered(group.len(), last).with("Nats-Batch-Commit", "1");
    bus.acknowledged(&last.subject, &headers, last.data.clone()).await
}
