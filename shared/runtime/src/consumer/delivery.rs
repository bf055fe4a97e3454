//! What handlers are given: an event, or a message of an inbox.

use super::HandlerError;
use crate::{ExecuteError, Executed, Handle};
use futures::future::BoxFuture;
use reeve_eventsourcing::{Actor, Context, Decider, DecodeError, Envelope, Event, Position, Recorded};
use reeve_jetstream::{Message, store, streams};
use reeve_types::Timestamp;
use std::{future::Future, sync::Arc};
use uuid::Uuid;

/// An event whose body nobody has decoded: what there is of it is its envelope.
#[derive(Clone, Copy, Debug)]
pub struct Undecoded;

/// One event, delivered to a reactor.
pub struct Delivery<E> {
    pub handle: Handle,
    pub event: Recorded<E>,
    consumer: &'static str,
}

impl<E> Delivery<E> {
    /// The context of the reactor's n-th command on this event; its id is the same at each delivery.
    pub fn context(&self, n: &str) -> Context {
        let envelope = &self.event.envelope;
        Context {
            now: Timestamp::now(),
            actor: Actor::service(self.handle.service()),
            command_id: Uuid::new_v5(&envelope.id, format!("{}/{n}", self.consumer).as_bytes()),
            correlation_id: envelope.correlation_id,
            cause_id: Some(envelope.id),
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

/// One message of an inbox stream. It is untrusted.
pub struct InboxMessage {
    pub handle: Handle,
    pub message: Message,
    /// Its place in the stream.
    pub sequence: u64,
    /// The same at each delivery.
    pub id: Uuid,
}

impl InboxMessage {
    /// The context in which the message's sender is the actor.
    pub fn context(&self, actor: Actor) -> Context {
        Context {
            now: Timestamp::now(),
            actor,
            command_id: self.id,
            correlation_id: self.id,
            cause_id: None,
            traceparent: None,
        }
    }
}

/// A handler of a message and its sequence in its stream.
pub(crate) type Handler =
    Arc<dyn Fn(Handle, u64, Message) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

pub(crate) fn reactor_handler<E, F, Fut>(consumer: &'static str, react: F) -> Handler
where
    E: Event,
    F: Fn(Delivery<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let react = Arc::new(react);
    Arc::new(move |handle, sequence, message| {
        let react = react.clone();
        Box::pin(async move {
            let envelope = envelope(&handle, &message)?;
            let event = match E::decode(&envelope.schema, &envelope.data) {
                Ok(event) => event,
                Err(DecodeError::Unknown(_)) => return Ok(()),
                Err(malformed) => return Err(HandlerError::Permanent(malformed.to_string())),
            };
            react(delivery(handle, consumer, E::SERVICE, sequence, envelope, event).await).await
        })
    })
}

/// As [`reactor_handler`], for the events of a service whatever they are.
pub(crate) fn undecoded_handler<F, Fut>(
    consumer: &'static str,
    service: &'static str,
    react: Arc<F>,
) -> Handler
where
    F: Fn(Delivery<Undecoded>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Arc::new(move |handle, sequence, message| {
        let react = react.clone();
        Box::pin(async move {
            let envelope = envelope(&handle, &message)?;
            react(delivery(handle, consumer, service, sequence, envelope, Undecoded).await).await
        })
    })
}

fn envelope(handle: &Handle, message: &Message) -> Result<Envelope, HandlerError> {
    store::envelope(handle.bus(), message).map_err(|e| HandlerError::Permanent(e.to_string()))
}

/// What a reactor is given, when the views that its service keeps of that stream hold the event.
async fn delivery<E>(
    handle: Handle,
    consumer: &'static str,
    service: &str,
    sequence: u64,
    envelope: Envelope,
    event: E,
) -> Delivery<E> {
    let stream = streams::of_service(service);
    if handle.inner.followed.contains(&stream) {
        handle.views().wait_for(&stream, sequence).await;
    }
    let traceparent = reeve_telemetry::passed_on(envelope.traceparent.as_deref());
    let envelope = Arc::new(Envelope { traceparent, ..envelope });
    Delivery { handle, event: Recorded { position: Position(sequence), envelope, event }, consumer }
}

pub(crate) fn inbox_handler<F, Fut>(stream: String, handler: F) -> Handler
where
    F: Fn(InboxMessage) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |handle, sequence, message| {
        let handler = handler.clone();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream}/{sequence}").as_bytes());
        Box::pin(async move { handler(InboxMessage { handle, message, sequence, id }).await })
    })
}
