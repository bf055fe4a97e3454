//! Messages in order: each subject has a lane in which they are handled one after the other.

use super::attempt::{
    DEAD_LETTER_RETRY_DELAY, Next, PROGRESS_INTERVAL, Registered, dead_letter, handle_once, next,
    while_in_progress,
};
use crate::{Handle, stopping::Stopping};
use futures::StreamExt;
use reeve_jetstream::consume::{BoxStream, Delivered};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// As many messages wait in all lanes together; no more are taken from the stream meanwhile.
const MAX_WAITING_MESSAGES: usize = 1_000;

/// The lanes of a consumer, by subject. One that is there has a message at work.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<String, Lane>,
    /// Each ends with the subject of its lane.
    at_work: JoinSet<String>,
    waiting: usize,
}

/// What a lane works with.
struct Work {
    handle: Handle,
    registered: Registered,
    permits: Semaphore,
    stopping: Stopping,
}

struct Lane {
    at_work: u64,
    queue: VecDeque<Delivered>,
}

impl Lanes {
    /// Takes messages until their stream ends, or the service stops. What is at work, or waits, goes on meanwhile and afterwards.
    pub async fn run(
        &mut self,
        handle: &Handle,
        registered: &Registered,
        messages: &mut BoxStream<Delivered>,
        stopping: &mut Stopping,
    ) {
        let work = &Arc::new(Work {
            handle: handle.clone(),
            registered: registered.clone(),
            permits: Semaphore::new(registered.consumer.concurrency),
            stopping: stopping.clone(),
        });
        let mut progress = tokio::time::interval(PROGRESS_INTERVAL);
        loop {
            tokio::select! {
                delivered = messages.next(), if self.waiting < MAX_WAITING_MESSAGES => match delivered {
                    None => return,
                    Some(Ok(delivered)) => self.take(work, delivered),
                    Some(Err(error)) => {
                        tracing::debug!(%error, consumer = registered.consumer.name, "reading was interrupted");
                    }
                },
                Some(ended) = self.at_work.join_next() => match ended {
                    Ok(subject) => self.go_on(work, subject),
                    Err(error) => tracing::error!(%error, "a lane ended"),
                },
                () = stopping.begins() => return,
                _ = progress.tick() => {
                    for waiting in self.lanes.values().flat_map(|lane| &lane.queue) {
                        waiting.in_progress().await;
                    }
                }
            }
        }
    }

    /// Waits for what is at work, and only then gives back what waits behind it: another replica must not be faster.
    pub async fn give_back(&mut self) {
        while self.at_work.join_next().await.is_some() {}
        for waiting in self.lanes.drain().flat_map(|(_, lane)| lane.queue) {
            waiting.redeliver_after(Duration::ZERO).await;
        }
    }

    fn take(&mut self, work: &Arc<Work>, delivered: Delivered) {
        let subject = delivered.message.subject.clone();
        match self.lanes.get_mut(&subject) {
            // It came again after a lost connection, and is here already.
            Some(lane) if lane.has(delivered.sequence) => {}
            Some(lane) => {
                // One that comes again may be older than those that wait.
                let place = lane.queue.partition_point(|waiting| waiting.sequence < delivered.sequence);
                lane.queue.insert(place, delivered);
                self.waiting += 1;
            }
            None => {
                self.lanes.insert(subject, Lane { at_work: delivered.sequence, queue: VecDeque::new() });
                self.begin(work, delivered);
            }
        }
    }

    fn go_on(&mut self, work: &Arc<Work>, subject: String) {
        let Some(lane) = self.lanes.get_mut(&subject) else { return };
        match lane.queue.pop_front() {
            Some(following) => {
                lane.at_work = following.sequence;
                self.waiting -= 1;
                self.begin(work, following);
            }
            None => {
                self.lanes.remove(&subject);
            }
        }
    }

    fn begin(&mut self, work: &Arc<Work>, delivered: Delivered) {
        let work = work.clone();
        self.at_work.spawn(async move {
            match while_in_progress(&delivered, handle_until_settled(&work, &delivered)).await {
                Some(()) => delivered.acknowledge().await,
                None => delivered.redeliver_after(Duration::ZERO).await,
            }
            delivered.message.subject
        });
    }
}

impl Lane {
    fn has(&self, sequence: u64) -> bool {
        self.at_work == sequence || self.queue.iter().any(|waiting| waiting.sequence == sequence)
    }
}

/// Handles a message, again and again if it must be, until it was handled or has become a dead letter. While it waits
/// for another attempt, others are handled. `None` when the service stops before the next attempt.
async fn handle_until_settled(work: &Work, delivered: &Delivered) -> Option<()> {
    let Work { handle, registered, permits, stopping } = work;
    let (mut attempts, mut failures) = (0, 0);
    loop {
        attempts += 1;
        let permit = tokio::select! {
            biased;
            () = stopping.begun() => return None,
            // The semaphore is never closed.
            permit = permits.acquire() => permit,
        };
        let name = registered.consumer.name;
        let result =
            handle_once(handle, name, &registered.handler, delivered.sequence, &delivered.message).await;
        drop(permit);
        let failed = || {
            failures += 1;
            failures
        };
        match next(&registered.consumer, result, attempts, failed) {
            Next::Settle => return Some(()),
            Next::RetryAfter(delay) => {
                tokio::select! {
                    () = stopping.begun() => return None,
                    () = tokio::time::sleep(delay) => {}
                }
            }
            Next::GiveUp(reason) => {
                let sequence = delivered.sequence;
                while let Err(error) =
                    dead_letter(handle, name, sequence, &delivered.message, &reason, None).await
                {
                    tracing::error!(%error, consumer = name, "a dead letter could not be stored yet");
                    tokio::time::sleep(DEAD_LETTER_RETRY_DELAY).await;
                }
                return Some(());
            }
        }
    }
}
