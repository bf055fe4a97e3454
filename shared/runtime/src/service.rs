//! A service's description: its aggregates, and the ports through which everything enters.

use crate::{
    ApiError, Call, ClientAnswer, ClientMessage, Consumer, DueTimer, Handle, HandlerError, Operation,
    clients::ClientEndpoint,
    consumer::{self, Delivery, InboxMessage, Undecoded},
    endpoint::{self, Endpoint},
    execute::Folded,
    follower::{self, Applier},
    requests::{self, Request, RequestMessage},
    sampling::{Counting, Gauges},
    timers,
};
use futures::future::BoxFuture;
use reeve_eventsourcing::{AggregateRef, Decider, Event, Projection};
use reeve_jetstream::{rights::Rights, streams};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, future::Future, sync::Arc};
use uuid::Uuid;

pub(crate) type Task = Arc<dyn Fn(Handle) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

/// What a service is made of. Nothing runs until [`crate::run`].
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) appliers: Vec<Applier>,
    pub(crate) fingerprint: Vec<String>,
    /// The services whose events its reactors consume.
    pub(crate) consumed: BTreeSet<&'static str>,
    pub(crate) consumers: Vec<consumer::Registered>,
    pub(crate) timers: Vec<timers::Registered>,
    pub(crate) requests: requests::Handlers,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) client_endpoints: Vec<ClientEndpoint>,
    pub(crate) startup: Vec<Task>,
    pub(crate) background: Vec<Task>,
    pub(crate) counting: Vec<Counting>,
    /// The services that it asks for something.
    pub(crate) asked: BTreeSet<&'static str>,
    /// What it does on the bus beside its ports.
    pub(crate) rights: Rights,
}

/// As many firings of one timer are handled at a time.
const TIMER_CONCURRENCY: usize = 64;

impl Service {
    /// A service; `name` is the token in its subjects.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            appliers: Vec::new(),
            fingerprint: Vec::new(),
            consumed: BTreeSet::new(),
            consumers: Vec::new(),
            timers: Vec::new(),
            requests: requests::Handlers::default(),
            endpoints: Vec::new(),
            client_endpoints: Vec::new(),
            startup: Vec::new(),
            background: Vec::new(),
            counting: Vec::new(),
            asked: BTreeSet::new(),
            rights: Rights::default(),
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Keeps the state of an aggregate of this service.
    #[must_use]
    pub fn aggregate<D: Decider>(mut self) -> Self {
        self.appliers.push(follower::fold::<D>());
        self.fingerprint.push(format!("{}@{}", D::AGGREGATE, shape::<Folded<D::State>>()));
        self
    }

    /// Computes rows from this or another service's events.
    #[must_use]
    pub fn projection<P: Projection>(mut self, projection: P) -> Self {
        self.fingerprint.push(format!("{}@{}", P::NAME, P::VERSION));
        self.appliers.push(follower::project(projection));
        self
    }

    /// Does what must happen next after each event of this or another service.
    #[must_use]
    pub fn reactor<E, F, Fut>(mut self, consumer: Consumer, react: F) -> Self
    where
        E: Event,
        F: Fn(Delivery<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler = consumer::reactor_handler::<E, F, Fut>(consumer.name, react);
        self.consumed.insert(E::SERVICE);
        let stream = streams::of_service(E::SERVICE);
        let subjects = vec![AggregateRef::subjects::<E>()];
        self.consumers.push(consumer::Registered { consumer, stream, subjects, handler });
        self
    }

    /// Does what must happen next after each event of each of these services, whatever it is: for who passes events on, or
    /// decides by their content which of them it is about. There is a consumer of that name for each of the services.
    #[must_use]
    pub fn reactor_to_all<F, Fut>(mut self, services: &[&'static str], consumer: &Consumer, react: F) -> Self
    where
        F: Fn(Delivery<Undecoded>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let react = Arc::new(react);
        for service in services {
            let handler = consumer::undecoded_handler(consumer.name, service, react.clone());
            self.consumed.insert(service);
            self.consumers.push(consumer::Registered {
                consumer: consumer.clone(),
                stream: streams::of_service(service),
                subjects: vec![format!("reeve.evt.{service}.*.>")],
                handler,
            });
        }
        self
    }

    /// Reads an inbox stream, untrusted, and decides what becomes an event.
    #[must_use]
    pub fn inbox<F, Fut>(mut self, consumer: Consumer, stream: &str, subject: &str, handler: F) -> Self
    where
        F: Fn(InboxMessage) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler = consumer::inbox_handler(stream.to_owned(), handler);
        let (stream, subjects) = (stream.to_owned(), vec![subject.to_owned()]);
        self.consumers.push(consumer::Registered { consumer, stream, subjects, handler });
        self
    }

    /// Takes requests of other services. What it decides on one is its answer: its events carry the request's id.
    #[must_use]
    pub fn request<M, F, Fut>(mut self, handler: F) -> Self
    where
        M: RequestMessage,
        F: Fn(Request<M>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.requests.add(handler);
        self
    }

    /// Handles what a projection of this service's own events has set under the timer's name
    /// ([`reeve_eventsourcing::timers`]), when it is due: at least once, late after an outage. It is done when its row is
    /// gone: the handler decides something whose projection cancels or moves the timer.
    #[must_use]
    pub fn timer<F, Fut>(self, name: &'static str, fire: F) -> Self
    where
        F: Fn(DueTimer) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.concurrent_timer(name, TIMER_CONCURRENCY, fire)
    }

    /// The same for a handler that waits for others: so many firings are handled at a time.
    #[must_use]
    pub fn concurrent_timer<F, Fut>(mut self, name: &'static str, concurrency: usize, fire: F) -> Self
    where
        F: Fn(DueTimer) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler = timers::handler(name, fire);
        self.timers.push(timers::Registered { name, concurrency, handler });
        self
    }

    /// Serves an operation of an API, on `reeve.api.<service>.<Operation>`.
    #[must_use]
    pub fn operation<I, O, F, Fut>(mut self, operation: Operation, handler: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let subject = format!("reeve.api.{}.{}", self.name, operation.name);
        self.endpoints.push(Endpoint::new(operation, subject, endpoint::handler(handler)));
        self
    }

    /// Answers what nodes ask on `reeve.agent.*.<question>`.
    #[must_use]
    pub fn agent_endpoint<I, O, F, Fut>(mut self, name: &'static str, question: &str, handler: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let subject = format!("reeve.agent.*.{question}");
        let endpoint = Endpoint::new(Operation::write("", name), subject, endpoint::handler(handler));
        self.endpoints.push(endpoint.asked_by_agents());
        self
    }

    /// Serves on a subject of its own: enrolment.
    #[must_use]
    pub fn endpoint<I, O, F, Fut>(mut self, name: &'static str, subject: &str, handler: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let operation = Operation::write("", name);
        self.endpoints.push(Endpoint::new(operation, subject.to_owned(), endpoint::handler(handler)));
        self
    }

    /// Answers what programs of other systems send on a subject of their account, which may have wildcards.
    #[must_use]
    pub fn client_endpoint<F, Fut>(mut self, subject: &str, handler: F) -> Self
    where
        F: Fn(ClientMessage) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ClientAnswer> + Send + 'static,
    {
        self.client_endpoints.push(ClientEndpoint::new(subject, handler));
        self
    }

    /// Counts something for metrics, now and then.
    #[must_use]
    pub fn gauges(mut self, count: impl Fn(&Handle) -> Gauges + Send + Sync + 'static) -> Self {
        self.counting.push(Arc::new(count));
        self
    }

    /// Asks these services for something ([`crate::Handle::request`]): the bus lets it, and lets it ask no others.
    #[must_use]
    pub fn asks(mut self, services: &[&'static str]) -> Self {
        self.asked.extend(services);
        self
    }

    /// Does something on the bus by itself, beside its ports: the bus lets it do that as well.
    #[must_use]
    pub fn may(mut self, rights: Rights) -> Self {
        self.rights = self.rights.and(rights);
        self
    }

    /// Runs once the views have caught up and before anything is served.
    #[must_use]
    pub fn startup<F, Fut>(mut self, task: F) -> Self
    where
        F: Fn(Handle) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.startup.push(Arc::new(move |handle| Box::pin(task(handle))));
        self
    }

    /// Runs beside the service for as long as it runs; started again when it fails.
    #[must_use]
    pub fn background<F, Fut>(mut self, task: F) -> Self
    where
        F: Fn(Handle) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.background.push(Arc::new(move |handle| Box::pin(task(handle))));
        self
    }
}

/// Tells states with other fields apart: what an earlier release folded is not read as a state of this one.
fn shape<S: Default + Serialize>() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &serde_json::to_vec(&S::default()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn a_state_with_another_field_has_another_shape() {
        #[derive(Default, serde::Serialize)]
        struct Before {
            id: String,
        }
        #[derive(Default, serde::Serialize)]
        struct After {
            id: String,
            listed_for_ms: i64,
        }
        assert_eq!(shape::<Before>(), shape::<Before>());
        assert_ne!(shape::<Before>(), shape::<After>());
    }
}
