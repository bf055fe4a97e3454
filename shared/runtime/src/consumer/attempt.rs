//! One attempt to handle a message, and what follows it.

use super::{Consumer, Handler, HandlerError};
use crate::Handle;
use reeve_jetstream::{
    Message,
    consume::{self, Delivered},
    dead_letters::{self, DeadLetter, Retry},
};
use reeve_telemetry::metrics;
use std::time::{Duration, Instant};
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

/// How often the bus is told that a message is still being handled; well within the time after which it comes again.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// Before a dead letter that the bus did not store is tried again.
pub(super) const DEAD_LETTER_RETRY_DELAY: Duration = Duration::from_secs(5);

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
    let (reopened, begun) = (handle.views().reopened(), Instant::now());
    let handling = handler(handle.clone(), sequence, message.clone());
    let ended = tokio::spawn(handling.instrument(span)).await;
    let result =
        ended.unwrap_or_else(|panic| Err(HandlerError::Retry(format!("the handler failed: {panic}"))));
    metrics::handling(handle.service(), name, outcome(&result), begun.elapsed());
    match result {
        Err(HandlerError::Unavailable(_)) => result,
        _ if reopened.has_changed().unwrap_or(true) => {
            Err(HandlerError::Unavailable("the views went back meanwhile".to_owned()))
        }
        result => result,
    }
}

fn outcome(result: &Result<(), HandlerError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(HandlerError::Unavailable(_)) => "unavailable",
        Err(HandlerError::Retry(_)) => "retry",
        Err(HandlerError::Permanent(_)) => "permanent",
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
    retry: Option<Retry>,
) -> Result<(), reeve_jetstream::Error> {
    let letter = DeadLetter { service: handle.service(), handler, sequence, message, reason, retry };
    dead_letters::store(handle.bus(), &letter).await
}

#[cfg(test)]
mod tests {
    use super::*;

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
