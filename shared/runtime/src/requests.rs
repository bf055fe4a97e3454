//! Requests: what one service asks of another. The one that is asked decides, and answers with its own events, which
//! carry the request's id; so services still never call each other, and a request survives every crash.

use crate::{
    Consumer, Handle, HandlerError,
    consumer::{self, Handler, InboxMessage},
};
use futures::future::BoxFuture;
use prost::Message;
use reeve_contracts::{
    automation::{ApiCallAnswered, ApprovalRequested, AutomationRequested, AutomationWithdrawalRequested},
    contacts::{EngagementRequested, EngagementStopRequested},
    dead_letters::DeadLetterRetryRequested,
    gateway::ApiCallRequested,
    incidents::IncidentRequested,
    notifications::{NotificationCancellationRequested, NotificationRequested},
    opscenter::OpsItemRequested,
    run_command::{CommandCancellationRequested, CommandRequested},
};
use reeve_eventsourcing::{Actor, Context};
use reeve_jetstream::{
    Error as BusError,
    requests::{self, Request as Stored},
    streams,
};
use std::{collections::HashMap, future::Future, sync::Arc};
use uuid::Uuid;

/// What may be asked of a service: a message of the contracts, with the type that names it.
pub trait RequestMessage: Message + Default + 'static {
    /// As an event's: `reeve.run-command.CommandRequested.v1`.
    const SCHEMA: &'static str;
    /// The service that is asked.
    const SERVICE: &'static str;
}

impl RequestMessage for DeadLetterRetryRequested {
    const SCHEMA: &'static str = "reeve.dead-letters.DeadLetterRetryRequested.v1";
    /// Every service: whoever stores it says which one.
    const SERVICE: &'static str = "";
}

/// Which messages are asked of which service.
macro_rules! asked_of {
    ($($service:literal: $($message:ident),+;)+) => {$($(
        impl RequestMessage for $message {
            const SCHEMA: &'static str = concat!("reeve.", $service, ".", stringify!($message), ".v1");
            const SERVICE: &'static str = $service;
        }
    )+)+};
}

asked_of! {
    "automation": ApiCallAnswered, ApprovalRequested, AutomationRequested, AutomationWithdrawalRequested;
    "contacts": EngagementRequested, EngagementStopRequested;
    "gateway": ApiCallRequested;
    "incidents": IncidentRequested;
    "notifications": NotificationCancellationRequested, NotificationRequested;
    "opscenter": OpsItemRequested;
    "run-command": CommandCancellationRequested, CommandRequested;
}

/// A request, delivered to the service that is asked.
pub struct Request<M> {
    pub handle: Handle,
    /// Chosen by who asks. A repeated request has the same, and leads to nothing new.
    pub id: Uuid,
    /// The service that asks.
    pub from: String,
    /// Decisions on it are on behalf of its actor, and have the request's id as their command's.
    pub context: Context,
    pub message: M,
}

type RequestHandler =
    Arc<dyn Fn(Handle, Stored) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

/// The requests that a service takes, by their types.
#[derive(Clone, Default)]
pub(crate) struct Handlers(HashMap<&'static str, RequestHandler>);

impl Handlers {
    pub fn add<M, F, Fut>(&mut self, handler: F)
    where
        M: RequestMessage,
        F: Fn(Request<M>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let handler: RequestHandler = Arc::new(move |handle, stored| {
            let handler = handler.clone();
            Box::pin(async move {
                let message =
                    M::decode(stored.data.clone()).map_err(|e| HandlerError::Permanent(e.to_string()))?;
                let context = Context {
                    now: reeve_types::Timestamp::now(),
                    actor: Actor { name: stored.actor, source: stored.actor_source },
                    command_id: stored.id,
                    correlation_id: stored.correlation_id,
                    cause_id: stored.cause_id,
                    traceparent: reeve_telemetry::passed_on(stored.traceparent.as_deref()),
                };
                handler(Request { handle, id: stored.id, from: stored.from, context, message }).await
            })
        });
        self.0.insert(M::SCHEMA, handler);
    }
}

/// As many requests are handled at a time.
const MAX_CONCURRENT_REQUESTS: usize = 64;

/// What reads the requests to a service.
pub(crate) fn consumer(service: &'static str, handlers: Handlers) -> consumer::Registered {
    let handlers = Arc::new(handlers);
    let stream = streams::of_requests(service);
    let handler: Handler = consumer::inbox_handler(stream.clone(), move |inbox: InboxMessage| {
        let handlers = handlers.clone();
        async move {
            let stored = requests::read(inbox.handle.bus(), &inbox.message)
                .map_err(|e| HandlerError::Permanent(e.to_string()))?;
            match handlers.0.get(stored.schema.as_str()) {
                Some(handler) => {
                    // A refusal is for ever: what caused the request is looked at as it is by now.
                    inbox.handle.catch_up().await?;
                    handler(inbox.handle, stored).await
                }
                None => Err(HandlerError::Permanent(format!(
                    "{} is no request that the service {} takes",
                    stored.schema,
                    inbox.handle.service()
                ))),
            }
        }
    });
    consumer::Registered {
        consumer: Consumer::from_beginning("requests").concurrency(MAX_CONCURRENT_REQUESTS),
        stream,
        subjects: vec![format!("reeve.request.{service}.*.*")],
        handler,
    }
}

impl Handle {
    /// Asks a service for something, on behalf of the context's actor. The request's id is the context's command id: one
    /// that was stored already is not stored again.
    ///
    /// # Errors
    /// When the bus does not store it.
    pub async fn request<M: RequestMessage>(&self, message: &M, context: &Context) -> Result<(), BusError> {
        self.request_of(M::SERVICE, message, context).await
    }

    /// As [`Handle::request`], of a service that takes what every service does.
    ///
    /// # Errors
    /// When the bus does not store it.
    pub async fn request_of<M: RequestMessage>(
        &self,
        service: &str,
        message: &M,
        context: &Context,
    ) -> Result<(), BusError> {
        let request = Stored {
            id: context.command_id,
            from: self.service().to_owned(),
            schema: M::SCHEMA.to_owned(),
            actor: context.actor.name.clone(),
            actor_source: context.actor.source.clone(),
            correlation_id: context.correlation_id,
            cause_id: context.cause_id,
            time: context.now,
            traceparent: context.traceparent.clone(),
            data: message.encode_to_vec().into(),
        };
        requests::store(self.bus(), service, &request).await
    }
}
