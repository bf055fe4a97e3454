//! Events and reports to what must happen next: delivered at least once, set aside when hopeless.

use crate::{ExecuteError, Executed, Handle};
use futures::{StreamExt, future::BoxFuture};
use reeve_eventsourcing::{Actor, Context, Decider, Envelope, Event, Position, Recorded};
use reeve_jetstream::{
    Message,
    follow::{self, Work},
    store,
};
use reeve_types::Timestamp;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tracing::Instrument;
use uuid::Uuid;

/// Why a handler did not handle a message.
#[derive(Debug, thiserror::Error)]
pub enum React {
    /// It may work later: it is delivered again.
    #[error("{0}")]
    Later(String),
    /// The bus did not do its part: it is delivered again, however often that takes.
    #[error("{0}")]
    Unavailable(String),
    /// It will never work: it is set aside.
    #[error("{0}")]
    Never(String),
}

impl<E: std::error::Error> From<ExecuteError<E>> for React {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(reason) => Self::Never(reason.to_string()),
            ExecuteError::Bus(error) => Self::Unavailable(error.to_string()),
            other => Self::Later(other.to_string()),
        }
    }
}

/// One event, given to a reactor.
pub struct Reacting<E> {
    pub handle: Handle,
    pub event: Recorded<E>,
    reactor: &'static str,
}

impl<E: Event> Reacting<E> {
    /// The context of the reactor's n-th command on this event; its id is the same at each delivery.
    pub fn context(&self, n: &str) -> Context {
        let envelope = &self.event.envelope;
        Context {
            now: Timestamp::now(),
            actor: Actor::service(self.handle.service()),
            command_id: Uuid::new_v5(&envelope.id, format!("{}/{n}", self.reactor).as_bytes()),
            correlation_id: envelope.correlation_id,
            traceparent: envelope.traceparent.clone(),
        }
    }

    /// Decides a command because of this event.
    ///
    /// # Errors
    /// As [`Handle::execute`].
    pub async fn execute<D: Decider>(
        &self,
        n: &str,
        id: &str,
        command: D::Command,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Error>> {
        self.handle.execute::<D>(id, command, &self.context(n)).await
    }
}

/// One message of an inbox stream, given to a worker. It is untrusted.
pub struct Working {
    pub handle: Handle,
    pub message: Message,
    /// The same at each delivery.
    pub id: Uuid,
}

impl Working {
    /// The context in which the message's sender is the actor.
    pub fn context(&self, actor: Actor) -> Context {
        Context {
            now: Timestamp::now(),
            actor,
            command_id: self.id,
            correlation_id: self.id,
            traceparent: None,
        }
    }
}

pub(crate) type Handler =
    Arc<dyn Fn(Handle, u64, Message) -> BoxFuture<'static, Result<(), React>> + Send + Sync>;

/// What works a stream off.
#[derive(Clone)]
pub(crate) struct Worker {
    pub name: &'static str,
    pub stream: String,
    pub subjects: Vec<String>,
    pub at_once: usize,
    pub handler: Handler,
}

pub(crate) fn reactor<E, F, Fut>(name: &'static str, react: F) -> Handler
where
    E: Event,
    F: Fn(Reacting<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), React>> + Send + 'static,
{
    let react = Arc::new(react);
    Arc::new(move |handle, sequence, message| {
        let react = react.clone();
        Box::pin(async move {
            let envelope =
                store::envelope(handle.bus(), &message).map_err(|e| React::Never(e.to_string()))?;
            let event = match E::decode(&envelope.schema, &envelope.data) {
                Ok(event) => event,
                Err(reeve_eventsourcing::DecodeError::Unknown(_)) => return Ok(()),
                Err(malformed) => return Err(React::Never(malformed.to_string())),
            };
            let stream = reeve_jetstream::streams::of_service(E::SERVICE);
            if handle.inner.followed.contains(&stream) {
                handle.views().wait_for(&stream, sequence).await;
            }
            let traceparent = reeve_telemetry::passed_on(envelope.traceparent.as_deref());
            let envelope = Envelope { traceparent, ..envelope };
            let event = Recorded { position: Position(sequence), envelope: Arc::new(envelope), event };
            react(Reacting { handle, event, reactor: name }).await
        })
    })
}

pub(crate) fn worker<F, Fut>(stream: String, work: F) -> Handler
where
    F: Fn(Working) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), React>> + Send + 'static,
{
    let work = Arc::new(work);
    Arc::new(move |handle, sequence, message| {
        let work = work.clone();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream}/{sequence}").as_bytes());
        Box::pin(async move { work(Working { handle, message, id }).await })
    })
}

/// A message whose handler failed this often is set aside: with the growing delay, after about two minutes.
const FAILURES: u32 = 12;

/// How often the handlers of messages have failed, by sequence. What the bus did not do is no failure of theirs.
#[derive(Default)]
struct Failures(Mutex<HashMap<u64, u32>>);

impl Failures {
    /// Counts one more; answers whether it was one too many.
    fn too_many(&self, sequence: u64) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(sequence).or_default();
        *count += 1;
        *count >= FAILURES
    }

    fn forget(&self, sequence: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&sequence);
    }
}

/// How often the stream is told of a handler that takes long; it delivers again what it hears nothing of for longer.
const STILL: Duration = Duration::from_secs(5);

/// Works a stream off for ever.
pub(crate) async fn run(handle: Handle, worker: Worker) {
    let durable = format!("{}-{}", handle.service(), worker.name);
    let failures = Failures::default();
    loop {
        let in_flight = i64::try_from(worker.at_once * 4).unwrap_or(i64::MAX);
        match follow::work(handle.bus(), &worker.stream, &durable, &worker.subjects, in_flight).await {
            Ok(messages) => {
                messages
                    .for_each_concurrent(worker.at_once, |work| {
                        let (handle, worker, failures) = (&handle, &worker, &failures);
                        async move {
                            match work {
                                Ok(work) => handle_one(handle, worker, failures, work).await,
                                Err(error) => {
                                    tracing::debug!(%error, worker = worker.name, "reading was interrupted")
                                }
                            }
                        }
                    })
                    .await;
            }
            Err(error) => tracing::warn!(%error, worker = worker.name, "a stream could not be worked off"),
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn again(worker: &Worker, work: &Work, reason: &str) {
    let sequence = work.sequence;
    tracing::warn!(worker = worker.name, sequence, reason, "a message is tried again later");
    let step = 1u64 << work.deliveries.clamp(0, 8);
    work.later(Duration::from_millis(50 * step)).await;
}

async fn handle_one(handle: &Handle, worker: &Worker, failures: &Failures, work: Work) {
    let span = tracing::info_span!("react", "otel.name" = worker.name, service = handle.service());
    reeve_telemetry::child_of(&span, work.message.headers.get("traceparent"));
    let reopened = handle.views().reopened();
    let handling = (worker.handler)(handle.clone(), work.sequence, work.message.clone());
    let mut task = tokio::spawn(handling.instrument(span));
    let ended = loop {
        tokio::select! {
            ended = &mut task => break ended,
            () = tokio::time::sleep(STILL) => work.in_progress().await,
        }
    };
    let result = ended.unwrap_or_else(|panic| Err(React::Later(format!("the handler failed: {panic}"))));
    let reason = match result {
        Err(React::Unavailable(reason)) => return again(worker, &work, &reason).await,
        // What it looked at may not have been there.
        _ if reopened.has_changed().unwrap_or(true) => {
            return again(worker, &work, "the views went back meanwhile").await;
        }
        Ok(()) => {
            failures.forget(work.sequence);
            return work.done().await;
        }
        Err(React::Later(reason)) if !failures.too_many(work.sequence) => {
            return again(worker, &work, &reason).await;
        }
        Err(React::Later(reason) | React::Never(reason)) => reason,
    };
    let aside =
        follow::set_aside(handle.bus(), handle.service(), worker.name, work.sequence, &work.message, &reason);
    match aside.await {
        Ok(()) => {
            failures.forget(work.sequence);
            work.done().await;
        }
        Err(error) => {
            tracing::error!(%error, worker = worker.name, "a message could not be set aside; it will come again");
            work.later(Duration::from_secs(5)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_for_each_message_until_it_is_handled() {
        let failures = Failures::default();
        for _ in 1..FAILURES {
            assert!(!failures.too_many(1));
        }
        assert!(!failures.too_many(2));
        failures.forget(2);
        assert!(failures.too_many(1) && failures.too_many(1), "until it is set aside");
        failures.forget(1);
        assert!(failures.0.lock().unwrap().is_empty());
    }
}
