//! A service's description, and its running.

use crate::{
    ApiError, Call, Error, Handle,
    endpoint::{self, Endpoint},
    follower::{self, Applier},
    handle::Inner,
    reactor::{self, React, Reacting, Worker, Working},
};
use futures::{FutureExt, future::BoxFuture};
use reeve_eventsourcing::{AggregateRef, Decider, Event, Projection};
use reeve_jetstream::{Bus, serve, streams};
use reeve_views::Store;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeSet, future::Future, panic::AssertUnwindSafe, path::Path, sync::Arc, time::Duration,
};
use tokio::task::JoinSet;

type Startup = Arc<dyn Fn(Handle) -> BoxFuture<'static, Result<(), React>> + Send + Sync>;

/// What a service is made of. Nothing runs until [`run`].
pub struct Service {
    name: &'static str,
    appliers: Vec<Applier>,
    fingerprint: Vec<String>,
    workers: Vec<Worker>,
    endpoints: Vec<Endpoint>,
    startup: Vec<Startup>,
    background: Vec<Startup>,
}

impl Service {
    /// A service; `name` is the token in its subjects.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            appliers: Vec::new(),
            fingerprint: Vec::new(),
            workers: Vec::new(),
            endpoints: Vec::new(),
            startup: Vec::new(),
            background: Vec::new(),
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Keeps the state of an aggregate of this service.
    #[must_use]
    pub fn aggregate<D: Decider>(mut self) -> Self {
        self.appliers.push(follower::fold::<D>());
        self.fingerprint.push(D::AGGREGATE.to_owned());
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
    pub fn reactor<E, F, Fut>(mut self, name: &'static str, at_once: usize, react: F) -> Self
    where
        E: Event,
        F: Fn(Reacting<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), React>> + Send + 'static,
    {
        let handler = reactor::reactor::<E, F, Fut>(name, react);
        let stream = streams::of_service(E::SERVICE);
        let subjects = vec![AggregateRef::subjects::<E>()];
        self.workers.push(Worker { name, stream, subjects, at_once, handler });
        self
    }

    /// Reads an inbox stream, untrusted, and decides what becomes an event.
    #[must_use]
    pub fn worker<F, Fut>(
        mut self,
        name: &'static str,
        stream: &str,
        subject: &str,
        at_once: usize,
        work: F,
    ) -> Self
    where
        F: Fn(Working) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), React>> + Send + 'static,
    {
        let handler = reactor::worker(stream.to_owned(), work);
        let (stream, subjects) = (stream.to_owned(), vec![subject.to_owned()]);
        self.workers.push(Worker { name, stream, subjects, at_once, handler });
        self
    }

    /// Serves an operation of an AWS API.
    #[must_use]
    pub fn operation<I, O, F, Fut>(self, api: &'static str, name: &'static str, operation: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let subject = format!("reeve.api.{}.{name}", self.name);
        self.endpoint(api, name, subject, operation)
    }

    /// Says what the operation before this is done to, for those who authorize: a kind of resource and the member of
    /// the input that names one, or a list of them. A kind that begins with `@` is read from that member.
    #[must_use]
    pub fn on(mut self, kind: &'static str, member: &'static str) -> Self {
        if let Some(endpoint) = self.endpoints.last_mut() {
            endpoint.resources.push((kind, member));
        }
        self
    }

    /// Answers what nodes ask on `reeve.agent.*.<question>`.
    #[must_use]
    pub fn question<I, O, F, Fut>(self, name: &'static str, question: &str, operation: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let mut asked = self.endpoint("", name, format!("reeve.agent.*.{question}"), operation);
        if let Some(endpoint) = asked.endpoints.last_mut() {
            endpoint.by_nodes = true;
        }
        asked
    }

    /// Serves on a subject of its own: enrolment.
    #[must_use]
    pub fn endpoint<I, O, F, Fut>(
        mut self,
        api: &'static str,
        name: &'static str,
        subject: String,
        operation: F,
    ) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Call<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let (resources, handler) = (Vec::new(), endpoint::handler(operation));
        self.endpoints.push(Endpoint { name, api, subject, resources, by_nodes: false, handler });
        self
    }

    /// Runs once the views have caught up and before anything is served.
    #[must_use]
    pub fn startup<F, Fut>(mut self, task: F) -> Self
    where
        F: Fn(Handle) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), React>> + Send + 'static,
    {
        self.startup.push(Arc::new(move |handle| Box::pin(task(handle))));
        self
    }

    /// Runs beside the service for as long as it runs; started again when it fails.
    #[must_use]
    pub fn background<F, Fut>(mut self, task: F) -> Self
    where
        F: Fn(Handle) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), React>> + Send + 'static,
    {
        self.background.push(Arc::new(move |handle| Box::pin(task(handle))));
        self
    }
}

/// A service at work.
pub struct Running {
    handle: Handle,
    announced: serve::Service,
    tasks: JoinSet<()>,
}

impl Running {
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Takes the service off the bus and stops its loops. What was not settled comes again at the next start.
    pub async fn stop(mut self) {
        self.announced.stop().await;
        // A moment for the requests that are being answered.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.tasks.shutdown().await;
        self.handle.views().flush();
    }
}

/// Starts a service; answers when its views have caught up and it serves.
///
/// # Errors
/// When the bus or the views fail, or the log has lost events that the views hold.
pub async fn run(service: Service, bus: Bus, data: &Path) -> Result<Running, Error> {
    let (handle, mut tasks) = catch_up(&service, &bus, data).await?;
    for task in service.startup {
        while let Err(error) = task(handle.clone()).await {
            tracing::error!(service = service.name, %error, "a start-up task failed and is tried again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    for worker in service.workers {
        tasks.spawn(reactor::run(handle.clone(), worker));
    }
    for task in service.background {
        let handle = handle.clone();
        tasks.spawn(async move {
            loop {
                let ended = AssertUnwindSafe(task(handle.clone())).catch_unwind().await;
                let ended = ended.unwrap_or_else(|_| Err(React::Later("it panicked".to_owned())));
                if let Err(error) = ended {
                    tracing::warn!(service = handle.service(), %error, "a background task failed and is started again");
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        });
    }
    let announced = serve::Service::start(&bus, service.name, env!("CARGO_PKG_VERSION")).await?;
    for endpoint in service.endpoints {
        let requests =
            announced.endpoint(endpoint.name, &endpoint.subject, endpoint.api, &endpoint.resources).await?;
        tasks.spawn(endpoint::run(handle.clone(), endpoint, requests));
    }
    bus.flush().await?;
    Ok(Running { handle, announced, tasks })
}

/// Brings the views of a service in a folder up to the end of the log, and does nothing else.
///
/// # Errors
/// As [`run`].
pub async fn rebuild(service: &Service, bus: &Bus, data: &Path) -> Result<Handle, Error> {
    let (handle, mut tasks) = catch_up(service, bus, data).await?;
    tasks.shutdown().await;
    Ok(handle)
}

/// Opens the views and follows the log; answers when they hold what it held at the start.
async fn catch_up(service: &Service, bus: &Bus, data: &Path) -> Result<(Handle, JoinSet<()>), Error> {
    let mut sources: BTreeSet<&'static str> = service.appliers.iter().map(|a| a.source).collect();
    sources.insert(service.name);
    for source in &sources {
        streams::ensure_events(bus, source).await?;
    }
    let views = Store::open(&data.join("views").join(service.name), &service.fingerprint.join(","))?;
    let mut ends = Vec::new();
    for source in &sources {
        let stream = streams::of_service(source);
        let (end, checkpoint) = (streams::last_sequence(bus, &stream).await?, views.checkpoint(&stream));
        if checkpoint > end {
            return Err(Error::LogLost { service: service.name.to_owned(), stream, checkpoint, end });
        }
        ends.push((stream, end));
    }
    let followed = ends.iter().map(|(stream, _)| stream.clone()).collect();
    let stream = streams::of_service(service.name);
    let inner = Inner { service: service.name, stream, bus: bus.clone(), views, followed };
    let handle = Handle { inner: Arc::new(inner) };

    handle.views().catch_up(true);
    let mut tasks = JoinSet::new();
    for source in sources {
        let appliers = service.appliers.iter().filter(|a| a.source == source).cloned().collect();
        tasks.spawn(follower::run(handle.clone(), source, appliers));
    }
    for (stream, end) in ends {
        handle.views().wait_for(&stream, end).await;
    }
    handle.views().catch_up(false);
    Ok((handle, tasks))
}
