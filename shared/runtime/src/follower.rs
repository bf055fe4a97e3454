//! Streams into views: in order, many events to a batch, from the checkpoint on.

use crate::{
    Error, Handle,
    consumer::dead_letter,
    execute::{Folded, state_table},
};
use futures::StreamExt;
use reeve_eventsourcing::{
    AggregateRef, Decider, DecodeError, Envelope, Event, Position, Projection, Recorded, View, ViewExt,
};
use reeve_jetstream::{
    Bus,
    follow::{self, Stored},
    store, streams,
};
use reeve_types::Timestamp;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

/// What takes one event into the views.
#[derive(Clone)]
pub(crate) struct Applier {
    pub name: &'static str,
    /// The service whose events it takes.
    pub source: &'static str,
    pub apply: Apply,
    /// Told of a message that is no event, by its subject and its sequence.
    pub pass_over: Option<PassOver>,
}

pub(crate) type PassOver = Arc<dyn Fn(&mut dyn View, &str, u64) + Send + Sync>;
pub(crate) type Apply = Arc<dyn Fn(&mut dyn View, &mut Seen) -> Result<(), DecodeError> + Send + Sync>;

/// One event on its way through the appliers.
pub(crate) struct Seen {
    position: Position,
    envelope: Arc<Envelope>,
    /// As the first of them who wanted it decoded it.
    decoded: Option<Box<dyn Any>>,
}

impl Seen {
    fn recorded<E: Event>(&mut self) -> Result<&Recorded<E>, DecodeError> {
        if !self.decoded.as_ref().is_some_and(|decoded| decoded.is::<Recorded<E>>()) {
            let (position, envelope) = (self.position, self.envelope.clone());
            let event = E::decode(&envelope.schema, &envelope.data)?;
            self.decoded = Some(Box::new(Recorded { position, envelope, event }));
        }
        let decoded = self.decoded.as_ref().and_then(|decoded| decoded.downcast_ref());
        // It was put there just now.
        decoded.ok_or_else(|| DecodeError::Unknown(self.envelope.schema.clone()))
    }
}

/// Folds an aggregate's events into the state that decisions are made on.
pub(crate) fn fold<D: Decider>() -> Applier {
    let (table, of_others) = (state_table(D::AGGREGATE), state_table(D::AGGREGATE));
    // The bus holds the next append to the last message on the subject, whoever wrote that one.
    let pass_over: PassOver = Arc::new(move |view, subject, sequence| {
        let Ok(of) = subject.parse::<AggregateRef>() else { return };
        if of.aggregate == D::AGGREGATE && AggregateRef::of::<D::Event>(&of.id).subject() == subject {
            view.update_row(&of_others, &of.id, |folded: &mut Folded<D::State>| folded.sequence = sequence);
        }
    });
    Applier {
        pass_over: Some(pass_over),
        name: D::AGGREGATE,
        source: D::Event::SERVICE,
        apply: Arc::new(move |view, seen| {
            if seen.envelope.aggregate.aggregate != D::AGGREGATE {
                return Ok(());
            }
            let Recorded { position, envelope, event } = seen.recorded::<D::Event>()?;
            view.update_row(&table, &envelope.aggregate.id, |folded: &mut Folded<D::State>| {
                let state = D::evolve(std::mem::take(&mut folded.state), event);
                folded.take(position.0, envelope, state);
            });
            Ok(())
        }),
    }
}

pub(crate) fn project<P: Projection>(projection: P) -> Applier {
    Applier {
        pass_over: None,
        name: P::NAME,
        source: P::Event::SERVICE,
        apply: Arc::new(move |view, seen| {
            if seen.envelope.aggregate.aggregate != P::Event::AGGREGATE {
                return Ok(());
            }
            match seen.recorded::<P::Event>() {
                Ok(recorded) => {
                    projection.apply(view, recorded);
                    Ok(())
                }
                // An event that does not matter here, or one of a newer release.
                Err(DecodeError::Unknown(_)) => Ok(()),
                Err(malformed) => Err(malformed),
            }
        }),
    }
}

/// As many events as one batch takes. A row that many of them change is written once.
const MAX_BATCH_EVENTS: usize = 8192;
/// Between two attempts to follow a stream.
const RECONNECT_DELAY: Duration = Duration::from_millis(250);
/// Before a dead letter that the bus did not store is tried again.
const DEAD_LETTER_RETRY_DELAY: Duration = Duration::from_secs(1);

/// Follows one service's stream for ever.
pub(crate) async fn run(handle: Handle, source: &'static str, appliers: Vec<Applier>) {
    loop {
        if let Err(error) = follow_once(&handle, source, &appliers).await {
            tracing::warn!(service = handle.service(), source, %error, "following a stream was interrupted");
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}

async fn follow_once(handle: &Handle, source: &'static str, appliers: &[Applier]) -> Result<(), Error> {
    let stream = streams::of_service(source);
    let mut reopened = handle.views().reopened();
    let after = handle.views().checkpoint(&stream);
    let mut reading = Reading::start(handle.bus(), &stream, after).await?;
    let (mut batch, mut after) = (Vec::new(), after);
    loop {
        tokio::select! {
            received = reading.receiver.recv_many(&mut batch, MAX_BATCH_EVENTS) => if received == 0 { return Ok(()) },
            // The store, which is at hand, holds the sender.
            _ = reopened.changed() => {
                let checkpoint = handle.views().checkpoint(&stream);
                return Err(Error::Reopened { stream, checkpoint });
            }
        }
        let batch = batch.drain(..).collect::<Result<Vec<_>, _>>()?;
        let failed = take_in(handle, &stream, appliers, after, &batch, Failures::NotRecorded)?;
        if !failed.is_empty() {
            // Once the checkpoint is past a message, nobody would make a dead letter of it: that comes first.
            for (projection, stored, reason) in failed {
                dead_letter_until_stored(handle, projection, stored, &reason).await;
            }
            take_in(handle, &stream, appliers, after, &batch, Failures::Recorded)?;
        }
        after = batch.last().map_or(after, |last| last.stored.sequence);
    }
}

/// Makes a dead letter of an event that the views could not take in. Its handler is none of those that can be asked to
/// try again, whatever their names.
async fn dead_letter_until_stored(handle: &Handle, projection: &str, stored: &Stored, reason: &str) {
    let handler = format!("view:{projection}");
    while let Err(error) = dead_letter(handle, &handler, stored.sequence, &stored.message, reason, None).await
    {
        tracing::error!(%error, projection, sequence = stored.sequence, "a dead letter could not be stored yet");
        tokio::time::sleep(DEAD_LETTER_RETRY_DELAY).await;
    }
}

/// Takes in what one service's stream held at an instant, and no more.
pub(crate) async fn fold_until(
    handle: &Handle,
    source: &'static str,
    appliers: &[Applier],
    at: Timestamp,
) -> Result<(), Error> {
    let stream = streams::of_service(source);
    let end = streams::last_sequence(handle.bus(), &stream).await?;
    if end == 0 {
        return Ok(());
    }
    let (mut reading, mut after) = (Reading::start(handle.bus(), &stream, 0).await?, 0);
    let mut batch = Vec::new();
    loop {
        if reading.receiver.recv_many(&mut batch, MAX_BATCH_EVENTS).await == 0 {
            return Err(Error::CutOff { stream, after });
        }
        let mut batch = batch.drain(..).collect::<Result<Vec<_>, _>>()?;
        let later = batch.iter().position(|read| read.stored.time > at);
        batch.truncate(later.unwrap_or(batch.len()));
        // What could not be taken in is a dead letter of the live views already.
        take_in(handle, &stream, appliers, after, &batch, Failures::Recorded)?;
        after = batch.last().map_or(after, |last| last.stored.sequence);
        if later.is_some() || after >= end {
            return Ok(());
        }
    }
}

/// Messages and their envelopes, read by a task of their own, while the last batch is taken in.
struct Reading {
    receiver: tokio::sync::mpsc::Receiver<Result<Read, reeve_jetstream::Error>>,
    _task: AbortOnDrop,
}

impl Reading {
    async fn start(bus: &Bus, stream: &str, after: u64) -> Result<Self, Error> {
        let mut messages = follow::follow(bus, stream, &[], after).await?;
        let (sender, receiver) = tokio::sync::mpsc::channel(MAX_BATCH_EVENTS);
        let bus = bus.clone();
        let task = tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                if sender.send(message.map(|stored| Read::new(&bus, stored))).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self { receiver, _task: AbortOnDrop(task) })
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A message and the envelope in it.
struct Read {
    stored: Stored,
    envelope: Result<Arc<Envelope>, String>,
}

impl Read {
    fn new(bus: &Bus, stored: Stored) -> Self {
        let envelope = store::envelope(bus, &stored.message).map(Arc::new).map_err(|e| e.to_string());
        Self { stored, envelope }
    }
}

/// What could not be taken in: by which projection, which message, why.
type Failed<'a> = Vec<(&'static str, &'a Stored, String)>;

/// Whether dead letters of what could not be taken in are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failures {
    Recorded,
    NotRecorded,
}

/// Takes a batch into the views, in one step. What cannot be read is skipped, always in the same way; while no dead letters
/// of it are recorded, nothing is taken in.
fn take_in<'a>(
    handle: &Handle,
    stream: &str,
    appliers: &[Applier],
    after: u64,
    batch: &'a [Read],
    failures: Failures,
) -> Result<Failed<'a>, Error> {
    let mut failed = Vec::new();
    let mut changes = handle.views().begin();
    let checkpoint = handle.views().checkpoint(stream);
    if checkpoint != after {
        return Err(Error::Reopened { stream: stream.to_owned(), checkpoint });
    }
    for Read { stored, envelope } in batch {
        match envelope {
            Ok(envelope) => {
                let (position, envelope) = (Position(stored.sequence), envelope.clone());
                let mut seen = Seen { position, envelope, decoded: None };
                for applier in appliers {
                    // A projection that fails on an event fails on it each time; the others go on.
                    let applied = catch_unwind(AssertUnwindSafe(|| (applier.apply)(&mut changes, &mut seen)));
                    match applied {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => failed.push((applier.name, stored, error.to_string())),
                        Err(_) => failed.push((applier.name, stored, "the projection panicked".to_owned())),
                    }
                }
            }
            Err(error) => {
                failed.push(("envelope", stored, error.clone()));
                for pass_over in appliers.iter().filter_map(|applier| applier.pass_over.as_ref()) {
                    pass_over(&mut changes, &stored.message.subject, stored.sequence);
                }
            }
        }
    }
    if let Some(last) = batch.last()
        && (failures == Failures::Recorded || failed.is_empty())
    {
        changes.commit(stream, last.stored.sequence)?;
    }
    Ok(failed)
}
