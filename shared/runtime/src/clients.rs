//! What programs of other systems send on the bus, through their account: untrusted. Its subject, which the bus let nobody else
//! send on, says who speaks; nothing that a service would trust is read from its headers.

use crate::{Handle, stopping::Stopping};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use reeve_jetstream::{Error, Headers, Message, Subscription};
use std::{panic::AssertUnwindSafe, sync::Arc};

/// As many messages of one endpoint are worked on at a time; more wait their turn.
const MAX_CONCURRENT_MESSAGES: usize = 256;

/// A message of another system's program.
pub struct ClientMessage {
    pub handle: Handle,
    pub message: Message,
}

impl ClientMessage {
    /// Whether its sender waits for an answer.
    pub fn is_request(&self) -> bool {
        self.message.reply.is_some()
    }
}

/// What its sender is told, if it asked.
pub struct ClientAnswer {
    pub headers: Headers,
    pub data: Bytes,
}

type Handler = Arc<dyn Fn(ClientMessage) -> BoxFuture<'static, ClientAnswer> + Send + Sync>;

/// A subject, or several by wildcards, and what answers there.
pub(crate) struct ClientEndpoint {
    subject: String,
    handler: Handler,
}

impl ClientEndpoint {
    pub fn new<F, Fut>(subject: &str, handler: F) -> Self
    where
        F: Fn(ClientMessage) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ClientAnswer> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |message| Box::pin(handler(message)));
        Self { subject: subject.to_owned(), handler }
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Each message goes to one of the replicas of the service.
    pub async fn listen(&self, handle: &Handle) -> Result<Subscription, Error> {
        handle.bus().subscribe_in(handle.service(), &self.subject).await
    }
}

/// Answers messages until the service stops and all that had come are answered.
pub(crate) async fn run(
    handle: Handle,
    endpoint: ClientEndpoint,
    messages: Subscription,
    stopping: Stopping,
) {
    let work = |message| {
        let (handle, handler) = (handle.clone(), endpoint.handler.clone());
        async move { answer(handle, &handler, message).await }
    };
    stopping.serve(messages, MAX_CONCURRENT_MESSAGES, work).await;
}

async fn answer(handle: Handle, handler: &Handler, message: Message) {
    let (bus, reply, subject) = (handle.bus().clone(), message.reply.clone(), message.subject.clone());
    let handling = AssertUnwindSafe(handler(ClientMessage { handle, message })).catch_unwind();
    let Ok(answer) = handling.await else {
        tracing::error!(subject, "the handler of a client's message panicked");
        return;
    };
    // Where to is the bus's word: across accounts it stands in place of what the client has asked for.
    let Some(reply) = reply else { return };
    if let Err(error) = bus.publish(&reply, answer.headers, answer.data).await {
        tracing::warn!(subject, %error, "a client's message could not be answered");
    }
}
