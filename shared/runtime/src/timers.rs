//! Timers: what a projection has set is handed to its handler when it is due.
//!
//! The kernel sleeps until the first one is due, or until the table changes. A firing's command ids are derived from
//! the timer's key and instant, so that replicas and repeats decide once.

use crate::{
    ExecuteError, Executed, Handle, HandlerError, RetryPolicy,
    consumer::{Handler, dead_letter, handle_once},
    stopping::Stopping,
};
use bytes::Bytes;
use reeve_eventsourcing::{Actor, Context, Decider, timers};
use reeve_jetstream::{Headers, Message};
use reeve_types::Timestamp;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A timer that is due.
pub struct DueTimer {
    pub handle: Handle,
    name: &'static str,
    pub key: String,
    /// When it was due, which may be long ago: while the service was down nothing fired.
    pub due_at: Timestamp,
}

impl DueTimer {
    /// Decides a command because an instant has come; what it leads to belongs to the same chain as the aggregate's last event.
    ///
    /// # Errors
    /// As [`Handle::execute`].
    pub async fn execute<D: Decider>(
        &self,
        n: &str,
        id: &str,
        command: D::Command,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Error>> {
        self.handle.execute::<D>(id, command, &self.context_of::<D>(n, id)).await
    }

    /// The context of the n-th command of this firing, in the chain of an aggregate's last event.
    pub fn context_of<D: Decider>(&self, n: &str, id: &str) -> Context {
        let context = self.context(n);
        let correlation_id = self.handle.correlation_of::<D>(id).unwrap_or(context.correlation_id);
        Context { correlation_id, ..context }
    }

    /// The context of the n-th command of this firing; its id is the same at each repeat, and with each replica. It begins a
    /// chain of its own, as what a schedule sets off does.
    pub fn context(&self, n: &str) -> Context {
        let service = self.handle.service();
        let firing = format!("timer/{service}/{}/{}/{}/{n}", self.name, self.due_at.0, self.key);
        let command_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, firing.as_bytes());
        Context {
            now: Timestamp::now(),
            actor: Actor::service(service),
            command_id,
            correlation_id: command_id,
            cause_id: None,
            traceparent: None,
        }
    }
}

/// A timer with who handles it.
#[derive(Clone)]
pub(crate) struct Registered {
    pub name: &'static str,
    pub concurrency: usize,
    pub handler: Handler,
}

pub(crate) fn handler<F, Fut>(name: &'static str, fire: F) -> Handler
where
    F: Fn(DueTimer) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let fire = Arc::new(fire);
    Arc::new(move |handle, _, message| {
        let fire = fire.clone();
        Box::pin(async move {
            let unreadable = || HandlerError::Permanent("the message is no timer".to_owned());
            let due_key = std::str::from_utf8(&message.data).map_err(|_| unreadable())?.to_owned();
            let (due_at, key) = timers::read_due_key(&due_key).ok_or_else(unreadable)?;
            let is_set = |handle: &Handle| handle.views().get::<()>(&timers::table(name), &due_key).is_some();
            if !is_set(&handle) {
                // It was handled, cancelled or moved before.
                return Ok(());
            }
            let key = key.to_owned();
            let position = |handle: &Handle| handle.views().checkpoint(&handle.inner.stream);
            let before = position(&handle);
            fire(DueTimer { handle: handle.clone(), name, key, due_at }).await?;
            // What was decided may have led to the same timer anew, or somebody else's event has: then it fires again.
            if is_set(&handle) && position(&handle) == before {
                let reason = "the timer is still set after it was handled, and nothing was decided";
                return Err(HandlerError::Retry(reason.to_owned()));
            }
            Ok(())
        })
    })
}

/// A firing as a message, for dead letters: its body is the row's key.
fn message(service: &str, name: &str, due_key: &str) -> Message {
    Message {
        subject: format!("reeve.timer.{service}.{name}"),
        reply: None,
        headers: Headers::default(),
        data: Bytes::copy_from_slice(due_key.as_bytes()),
        status: None,
    }
}

/// The longest sleep, so that a clock that was set is noticed.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// As many timers that are due are read ahead. Rows of those that have fired are passed over at each reading until the views are
/// on disk, so that reading one by one would cost as much for each as all of them before.
const READ_AHEAD: usize = 256;
/// As many rows are read at a time.
const PAGE_ROWS: usize = 1_000;
/// A timer that goes on failing is still tried so often: a deadline must not be forgotten.
const FAILING_INTERVAL: Duration = Duration::from_secs(60);

/// A timer that failed.
#[derive(Default)]
struct Failing {
    failures: u32,
    unavailable: u32,
    next_attempt: Option<Instant>,
    has_dead_letter: bool,
}

/// Fires one timer's rows for ever.
pub(crate) async fn run(handle: Handle, timer: Registered, mut stopping: Stopping) {
    let table = timers::table(timer.name);
    let mut changes = handle.views().changes(&table);
    let mut failing: HashMap<String, Failing> = HashMap::new();
    let mut queue: VecDeque<String> = VecDeque::new();
    let mut firing: HashSet<String> = HashSet::new();
    let mut fired: JoinSet<(String, Result<(), HandlerError>)> = JoinSet::new();
    loop {
        changes.mark_unchanged();
        failing.retain(|due_key, _| handle.views().look::<()>(&table, due_key).is_some());
        let mut first_later = None;
        while firing.len() < timer.concurrency {
            if queue.is_empty() {
                let may_fire =
                    |key: &str| !firing.contains(key) && !failing.get(key).is_some_and(Failing::waits);
                (queue, first_later) = due(&handle, &table, firing.len() + failing.len(), may_fire);
            }
            let Some(due_key) = queue.pop_front() else { break };
            firing.insert(due_key.clone());
            let (handle, timer) = (handle.clone(), timer.clone());
            fired.spawn(async move { fire(&handle, &timer, due_key).await });
        }
        tokio::select! {
            () = tokio::time::sleep(until_next(first_later, &failing)) => {}
            () = stopping.begins() => {
                while fired.join_next().await.is_some() {}
                return;
            }
            // The store, which is at hand, holds the sender.
            _ = changes.changed() => {}
            Some(ended) = fired.join_next() => match ended {
                Ok((due_key, result)) => {
                    firing.remove(&due_key);
                    match result {
                        Ok(()) => {
                            failing.remove(&due_key);
                        }
                        Err(error) => {
                            let count = failing.entry(due_key.clone()).or_default();
                            failed(&handle, timer.name, &due_key, count, error).await;
                        }
                    }
                }
                // A handler's own panic is its failure: this is a run-time that ends.
                Err(error) => tracing::error!(%error, timer = timer.name, "a firing ended"),
            }
        }
    }
}

/// How long nothing is to be done unless the table changes or a firing ends.
fn until_next(first_later: Option<Timestamp>, failing: &HashMap<String, Failing>) -> Duration {
    let until_later = first_later.map(|at| {
        // A millisecond more: a timer of the run-time may be early by its rounding.
        Duration::from_millis(u64::try_from(at.0 - Timestamp::now().0).unwrap_or_default() + 1)
    });
    let retries = failing.values().filter_map(|failing| failing.next_attempt);
    let retries = retries.map(|at| at.saturating_duration_since(Instant::now()));
    let until_retry = retries.filter(|wait| !wait.is_zero()).min();
    until_later.into_iter().chain(until_retry).min().unwrap_or(MAX_SLEEP).min(MAX_SLEEP)
}

impl Failing {
    /// Whether the next attempt is later.
    fn waits(&self) -> bool {
        self.next_attempt.is_some_and(|next_attempt| next_attempt > Instant::now())
    }
}

/// The first rows that are due and may fire, up to [`READ_AHEAD`], and when the next one is due, if all that are due were read.
/// What is read does not grow with what is due: ten thousand timers of one instant cost as much each as one.
fn due(
    handle: &Handle,
    table: &str,
    passed_over: usize,
    may_fire: impl Fn(&str) -> bool,
) -> (VecDeque<String>, Option<Timestamp>) {
    let (mut due, mut after, now) = (VecDeque::new(), None, Timestamp::now());
    let rows = (READ_AHEAD + passed_over + 1).min(PAGE_ROWS);
    loop {
        let page = handle.views().scan::<()>(table, "", after.as_deref(), rows);
        for (due_key, ()) in page.rows {
            match timers::read_due_key(&due_key) {
                Some((at, _)) if at > now => return (due, Some(at)),
                Some(_) if !may_fire(&due_key) => {}
                Some(_) => due.push_back(due_key),
                None => tracing::error!(table, due_key, "a row is no timer"),
            }
            if due.len() == READ_AHEAD {
                return (due, None);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return (due, None),
        }
    }
}

async fn fire(handle: &Handle, timer: &Registered, due_key: String) -> (String, Result<(), HandlerError>) {
    let message = message(handle.service(), timer.name, &due_key);
    let result = handle_once(handle, timer.name, &timer.handler, 0, &message).await;
    (due_key, result)
}

/// Counts a failed attempt and says when the next one is. What would be given up on is told of as a dead letter, once,
/// and still tried.
async fn failed(
    handle: &Handle,
    name: &'static str,
    due_key: &str,
    failing: &mut Failing,
    error: HandlerError,
) {
    let policy = RetryPolicy::DEFAULT;
    tracing::warn!(timer = name, due_key, %error, "a timer is retried");
    let delay = match &error {
        HandlerError::Unavailable(_) => {
            failing.unavailable += 1;
            policy.delay(failing.unavailable)
        }
        HandlerError::Retry(_) => {
            failing.failures += 1;
            if failing.failures < policy.attempts { policy.delay(failing.failures) } else { FAILING_INTERVAL }
        }
        HandlerError::Permanent(_) => {
            failing.failures = policy.attempts;
            FAILING_INTERVAL
        }
    };
    failing.next_attempt = Some(Instant::now() + delay);
    if failing.failures >= policy.attempts && !failing.has_dead_letter {
        let message = message(handle.service(), name, due_key);
        match dead_letter(handle, name, 0, &message, &error.to_string(), None).await {
            Ok(()) => failing.has_dead_letter = true,
            Err(error) => tracing::error!(%error, timer = name, "a dead letter could not be stored yet"),
        }
    }
}
