//! Streams into views: in order, many events to a batch, from the checkpoint on.

use crate::{
    Error, Handle,
    execute::{Folded, state_table},
};
use futures::StreamExt;
use reeve_eventsourcing::{
    Decider, DecodeError, Envelope, Event, Position, Projection, Recorded, View, ViewExt,
};
use reeve_jetstream::{
    Bus,
    follow::{self, Stored},
    store, streams,
};
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
}

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
    let table = state_table(D::AGGREGATE);
    Applier {
        name: D::AGGREGATE,
        source: D::Event::SERVICE,
        apply: Arc::new(move |view, seen| {
            if seen.envelope.aggregate.aggregate != D::AGGREGATE {
                return Ok(());
            }
            let Recorded { position, envelope, event } = seen.recorded::<D::Event>()?;
            view.update_row(&table, &envelope.aggregate.id, |folded: &mut Folded<D::State>| {
                let state = D::evolve(std::mem::take(&mut folded.state), event);
                folded.take(position.0, envelope.causation_id, state);
            });
            Ok(())
        }),
    }
}

pub(crate) fn project<P: Projection>(projection: P) -> Applier {
    Applier {
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
const BATCH: usize = 8192;

/// Follows one service's stream for ever.
pub(crate) async fn run(handle: Handle, source: &'static str, appliers: Vec<Applier>) {
    loop {
        if let Err(error) = follow_once(&handle, source, &appliers).await {
            tracing::warn!(service = handle.service(), source, %error, "following a stream was interrupted");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn follow_once(handle: &Handle, source: &'static str, appliers: &[Applier]) -> Result<(), Error> {
    let stream = streams::of_service(source);
    let mut reopened = handle.views().reopened();
    let after = handle.views().checkpoint(&stream);
    let mut messages = follow::follow(handle.bus(), &stream, &[], after).await?;
    // Messages and their envelopes are read by a task of their own, while this one takes the last batch in.
    let (sender, mut receiver) = tokio::sync::mpsc::channel(BATCH);
    let bus = handle.bus().clone();
    let _reading = AbortOnDrop(tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            if sender.send(message.map(|stored| Read::new(&bus, stored))).await.is_err() {
                return;
            }
        }
    }));
    let (mut batch, mut after) = (Vec::new(), after);
    loop {
        tokio::select! {
            received = receiver.recv_many(&mut batch, BATCH) => if received == 0 { return Ok(()) },
            // The store, which is at hand, holds the sender.
            _ = reopened.changed() => {
                let checkpoint = handle.views().checkpoint(&stream);
                return Err(Error::Reopened { stream, checkpoint });
            }
        }
        let batch = batch.drain(..).collect::<Result<Vec<_>, _>>()?;
        let aside = take_in(handle, &stream, appliers, after, &batch)?;
        after = batch.last().map_or(after, |last| last.stored.sequence);
        for (handler, stored, reason) in aside {
            set_aside(handle, handler, stored, &reason).await;
        }
    }
}

/// Puts an event aside that the views could not take in. The checkpoint is past it already, so that this would
/// not be tried again by following anew: it is tried here until the bus has it.
async fn set_aside(handle: &Handle, handler: &str, stored: &Stored, reason: &str) {
    let (bus, service) = (handle.bus(), handle.service());
    while let Err(error) =
        follow::set_aside(bus, service, handler, stored.sequence, &stored.message, reason).await
    {
        tracing::error!(%error, handler, sequence = stored.sequence, "an event could not be set aside yet");
        tokio::time::sleep(Duration::from_secs(1)).await;
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

/// What could not be taken in: by whom, which message, why.
type Aside<'a> = Vec<(&'static str, &'a Stored, String)>;

/// Takes a batch into the views, in one step. What cannot be read is skipped, always in the same way.
fn take_in<'a>(
    handle: &Handle,
    stream: &str,
    appliers: &[Applier],
    after: u64,
    batch: &'a [Read],
) -> Result<Aside<'a>, Error> {
    let mut aside = Vec::new();
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
                        Ok(Err(error)) => aside.push((applier.name, stored, error.to_string())),
                        Err(_) => aside.push((applier.name, stored, "the projection panicked".to_owned())),
                    }
                }
            }
            Err(error) => aside.push(("envelope", stored, error.clone())),
        }
    }
    if let Some(last) = batch.last() {
        changes.commit(stream, last.stored.sequence)?;
    }
    Ok(aside)
}
