//! Runs a consumer: messages to its handler, retries, dead letters.

use super::{Consumer, Handler, HandlerError, lanes};
use crate::Handle;
use futures::StreamExt;
use reeve_jetstream::{
    Message,
    consume::{self, Delivered},
    dead_letters::{self, DeadLetter},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tracing::Instrument;

/// A consumer with what it reads and who handles it.
#[derive(Clone)]
pub(crate) struct Registered {
    pub consumer: Consumer,
    pub stream: String,
    pub subjects: Vec<String>,
    pub handler: Handler,
}

impl Registered {
    pub fn options(&self, service: &str) -> consume::Options {
        consume::Options {
            stream: self.stream.clone(),
            durable_name: format!("{service}-{}", self.consumer.name),
            subjects: self.subjects.clone(),
            start_at: self.consumer.start_at,
            exclusive: self.consumer.in_order,
            batch: self.consumer.concurrency.saturating_mul(4).min(1000),
        }
    }
}

/// Between two attempts to read a stream.
const RECONNECT_DELAY: Duration = Duration::from_millis(250);
/// How often the bus is told that a message is still being handled; well within the time after which it comes again.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// Before a dead letter that the bus did not store is tried again.
const DEAD_LETTER_RETRY_DELAY: Duration = Duration::from_secs(5);

/// Runs a consumer for ever.
pub(crate) async fn run(handle: Handle, registered: Registered) {
    let options = registered.options(handle.service());
    let (failures, mut lanes) = (Failures::default(), lanes::Lanes::default());
    loop {
        match consume::consume(handle.bus(), &options).await {
            Ok(messages) if registered.consumer.in_order => lanes.run(&handle, &registered, messages).await,
            Ok(messages) => {
                let each = messages.for_each_concurrent(registered.consumer.concurrency, |delivered| {
                    let (handle, registered, failures) = (&handle, &registered, &failures);
                    async move {
                        match delivered {
                            Ok(delivered) => handle_delivered(handle, registered, failures, delivered).await,
                            Err(error) => {
                                tracing::debug!(%error, consumer = registered.consumer.name, "reading was interrupted");
                            }
                        }
                    }
                });
                each.await;
            }
            Err(error) => {
                tracing::warn!(%error, consumer = registered.consumer.name, "a stream could not be consumed");
            }
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
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

/// What is done with a message after an attempt to handle it.
pub(super) enum Next {
    Settle,
    RetryAfter(Duration),
    GiveUp(String),
}

/// Decides on what follows an attempt, of which `failed` says how many before it and it itself have failed.
pub(super) fn next(
    consumer: &Consumer,
    result: Result<(), HandlerError>,
    deliveries: u32,
    failed: impl FnOnce() -> u32,
) -> Next {
    match result {
        Ok(()) => Next::Settle,
        Err(HandlerError::Unavailable(reason)) => {
            tracing::warn!(
                consumer = consumer.name,
                reason,
                "a message is retried: something is not available"
            );
            Next::RetryAfter(consumer.retry.delay(deliveries))
        }
        Err(HandlerError::Retry(reason)) => {
            let failures = failed();
            if failures >= consumer.retry.attempts {
                return Next::GiveUp(reason);
            }
            tracing::warn!(consumer = consumer.name, failures, reason, "a message is retried");
            Next::RetryAfter(consumer.retry.delay(failures))
        }
        Err(HandlerError::Permanent(reason)) => Next::GiveUp(reason),
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
            match dead_letter(handle, consumer.name, sequence, message, &reason, 0).await {
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

/// Tells the bus that a message is being handled for as long as that takes.
pub(super) async fn while_in_progress<T>(delivered: &Delivered, handling: impl Future<Output = T>) -> T {
    tokio::pin!(handling);
    loop {
        tokio::select! {
            ended = &mut handling => return ended,
            () = tokio::time::sleep(PROGRESS_INTERVAL) => delivered.in_progress().await,
        }
    }
}

/// Calls a handler with a message. One that panics has failed; what was looked at in views that went back meanwhile
/// may not have been there, and is looked at again.
pub(crate) async fn handle_once(
    handle: &Handle,
    name: &'static str,
    handler: &Handler,
    sequence: u64,
    message: &Message,
) -> Result<(), HandlerError> {
    let span = tracing::info_span!("handle", "otel.name" = name, service = handle.service());
    reeve_telemetry::child_of(&span, message.headers.get("traceparent"));
    let reopened = handle.views().reopened();
    let handling = handler(handle.clone(), sequence, message.clone());
    let ended = tokio::spawn(handling.instrument(span)).await;
    let result =
        ended.unwrap_or_else(|panic| Err(HandlerError::Retry(format!("the handler failed: {panic}"))));
    match result {
        Err(HandlerError::Unavailable(_)) => result,
        _ if reopened.has_changed().unwrap_or(true) => {
            Err(HandlerError::Unavailable("the views went back meanwhile".to_owned()))
        }
        result => result,
    }
}

/// Stores a message that a handler gave up on.
///
/// # Errors
/// When the bus does not store it.
pub(crate) async fn dead_letter(
    handle: &Handle,
    handler: &str,
    sequence: u64,
    message: &Message,
    reason: &str,
    retry_of: u64,
) -> Result<(), reeve_jetstream::Error> {
    let letter = DeadLetter { service: handle.service(), handler, sequence, message, reason, retry_of };
    dead_letters::store(handle.bus(), &letter).await
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

    #[test]
    fn what_is_not_available_is_never_given_up_on() {
        let consumer = Consumer::from_beginning("c");
        let unavailable = || Err(HandlerError::Unavailable("away".to_owned()));
        for deliveries in [1, 12, 1000, u32::MAX] {
            let next = next(&consumer, unavailable(), deliveries, || panic!("it is no failure"));
            assert!(matches!(next, Next::RetryAfter(_)));
        }
        let retry =
            |failures| next(&consumer, Err(HandlerError::Retry("later".to_owned())), 1, move || failures);
        assert!(matches!(retry(11), Next::RetryAfter(_)) && matches!(retry(12), Next::GiveUp(_)));
        let never = Err(HandlerError::Permanent("no".to_owned()));
        assert!(matches!(next(&consumer, never, 1, || 1), Next::GiveUp(_)));
    }
}
