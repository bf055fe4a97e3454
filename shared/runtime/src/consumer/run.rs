//! Runs a consumer: messages to its handler, retries, dead letters.

use super::{
    attempt::{DEAD_LETTER_RETRY_DELAY, Next, Registered, dead_letter, handle_once, next, while_in_progress},
    lanes,
};
use crate::{
    Handle,
    stopping::{Stopping, give_back},
};
use futures::{Stream, StreamExt};
use reeve_jetstream::{
    Error,
    consume::{self, Delivered},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Between two attempts to read a stream.
const RECONNECT_DELAY: Duration = Duration::from_millis(250);

/// Runs a consumer until the service stops and the messages are handled that it had begun with.
pub(crate) async fn run(handle: Handle, registered: Registered, mut stopping: Stopping) {
    let options = registered.options(handle.service());
    let (failures, mut lanes) = (Failures::default(), lanes::Lanes::default());
    while !stopping.has_begun() {
        match consume::consume(handle.bus(), &options).await {
            Ok(mut messages) => {
                if registered.consumer.in_order {
                    lanes.run(&handle, &registered, &mut messages, &mut stopping).await;
                } else {
                    let taken = messages.by_ref().take_until(stopping.begun());
                    handle_all(&handle, &registered, &failures, taken).await;
                }
                if stopping.has_begun() {
                    // First what was fetched before the rest.
                    lanes.give_back().await;
                    give_back(messages).await;
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, consumer = registered.consumer.name, "a stream could not be consumed");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(RECONNECT_DELAY) => {}
            () = stopping.begins() => {}
        }
    }
}

async fn handle_all(
    handle: &Handle,
    registered: &Registered,
    failures: &Failures,
    messages: impl Stream<Item = Result<Delivered, Error>>,
) {
    let each = messages.for_each_concurrent(registered.consumer.concurrency, |delivered| async move {
        match delivered {
            Ok(delivered) => handle_delivered(handle, registered, failures, delivered).await,
            Err(error) => {
                tracing::debug!(%error, consumer = registered.consumer.name, "reading was interrupted");
            }
        }
    });
    each.await;
}

/// How often the handlers of messages have failed, by sequence. What the bus did not do is no failure of theirs.
#[derive(Default)]
struct Failures(Mutex<HashMap<u64, u32>>);

impl Failures {
    /// Counts one more; answers how many there were.
    fn count(&self, sequence: u64) -> u32 {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(sequence).or_default();
        *count += 1;
        *count
    }

    fn forget(&self, sequence: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&sequence);
    }
}

async fn handle_delivered(
    handle: &Handle,
    registered: &Registered,
    failures: &Failures,
    delivered: Delivered,
) {
    let consumer = &registered.consumer;
    let (sequence, message) = (delivered.sequence, &delivered.message);
    let handling = handle_once(handle, consumer.name, &registered.handler, sequence, message);
    let result = while_in_progress(&delivered, handling).await;
    let deliveries = u32::try_from(delivered.deliveries).unwrap_or(u32::MAX);
    match next(consumer, result, deliveries, || failures.count(sequence)) {
        Next::Settle => {
            failures.forget(sequence);
            delivered.acknowledge().await;
        }
        Next::RetryAfter(delay) => delivered.redeliver_after(delay).await,
        Next::GiveUp(reason) => {
            match dead_letter(handle, consumer.name, sequence, message, &reason, None).await {
                Ok(()) => {
                    failures.forget(sequence);
                    delivered.acknowledge().await;
                }
                Err(error) => {
                    tracing::error!(%error, consumer = consumer.name, "a dead letter could not be stored; it comes again");
                    delivered.redeliver_after(DEAD_LETTER_RETRY_DELAY).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_for_each_message_until_it_is_handled() {
        let failures = Failures::default();
        assert_eq!([1, 1, 2, 1].map(|sequence| failures.count(sequence)), [1, 2, 1, 3]);
        failures.forget(1);
        assert_eq!(failures.count(1), 1);
        failures.forget(1);
        failures.forget(2);
        assert!(failures.0.lock().unwrap().is_empty());
    }
}
