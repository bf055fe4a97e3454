//! Runs a service: follows the streams, starts its ports, and stops them.

use crate::{
    Error, Handle, HandlerError, Service,
    as_of::{AsOf, Sources},
    clients, consumer, dead_letters, endpoint,
    ends::Ends,
    follower,
    handle::Inner,
    requests,
    sampling::{self, Sampled},
    stopping::{FINISH_TIME, Stopping},
    timers,
};
use futures::FutureExt;
use reeve_jetstream::{Bus, consume, serve, streams};
use reeve_views::Store;
use std::{collections::BTreeSet, panic::AssertUnwindSafe, path::Path, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// Before a start-up task that failed is tried again.
const STARTUP_RETRY_DELAY: Duration = Duration::from_secs(1);
/// Before a background task that ended is started again.
const BACKGROUND_RESTART_DELAY: Duration = Duration::from_millis(250);
/// How often views of earlier instants are looked through for those that nobody asks for.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// A service at work.
pub struct Running {
    handle: Handle,
    announced: serve::Service,
    stop: watch::Sender<bool>,
    /// What takes requests, messages and timers: each ends by itself after a stop.
    taking: JoinSet<()>,
    tasks: JoinSet<()>,
}

impl Running {
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Takes the service off the bus, lets it finish what it has begun, and stops its loops. What was not settled comes again:
    /// to another replica, or at the next start.
    pub async fn stop(mut self) {
        drop(self.announced);
        self.stop.send_replace(true);
        let finished = async { while self.taking.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH_TIME, finished).await.is_err() {
            tracing::warn!(
                service = self.handle.service(),
                "it stops before everything that it had begun was finished"
            );
        }
        self.taking.shutdown().await;
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
    streams::ensure_requests(&bus, service.name).await?;
    let as_of = Arc::new(AsOf::new(sources_of(&service, &bus, data)));
    for task in service.startup {
        while let Err(error) = task(handle.clone()).await {
            tracing::error!(service = service.name, %error, "a start-up task failed and is tried again");
            tokio::time::sleep(STARTUP_RETRY_DELAY).await;
        }
    }
    let retried = dead_letters::Handlers::new(&service.consumers, &service.timers);
    let mut requested = service.requests;
    requested.add(move |request| dead_letters::retry(retried.clone(), request));
    let requests = requests::consumer(service.name, requested);
    for source in &service.consumed {
        streams::ensure_events(&bus, source).await?;
    }
    let mut sampled = Sampled {
        consumers: Vec::new(),
        timers: service.timers.iter().map(|timer| timer.name).collect(),
        counting: service.counting,
    };
    let ((stop, stopping), mut taking) = (Stopping::new(), JoinSet::new());
    for consumer in service.consumers.into_iter().chain([requests]) {
        sampled.consumers.push((consumer.consumer.name, consumer.options(service.name)));
        // What happens from here on reaches also those that start now.
        consume::ensure(&bus, &consumer.options(service.name)).await?;
        taking.spawn(consumer::run(handle.clone(), consumer, stopping.clone()));
    }
    for timer in service.timers {
        taking.spawn(timers::run(handle.clone(), timer, stopping.clone()));
    }
    for task in service.background {
        tasks.spawn(keep_running(handle.clone(), task));
    }
    let sampled = Arc::new(sampled);
    let sample: crate::service::Task = Arc::new(move |handle| sampling::run(handle, sampled.clone()).boxed());
    tasks.spawn(keep_running(handle.clone(), sample));
    let idle = as_of.clone();
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(IDLE_CHECK_INTERVAL).await;
            idle.drop_idle();
        }
    });
    let announced = serve::Service::start(&bus, service.name, env!("CARGO_PKG_VERSION")).await?;
    for endpoint in service.endpoints {
        let requests = announced.endpoint(&endpoint.announcement()).await?;
        taking.spawn(endpoint::run(handle.clone(), as_of.clone(), endpoint, requests, stopping.clone()));
    }
    for endpoint in service.client_endpoints {
        let messages = endpoint.listen(&handle).await?;
        taking.spawn(clients::run(handle.clone(), endpoint, messages, stopping.clone()));
    }
    bus.round_trip().await?;
    Ok(Running { handle, announced, stop, taking, tasks })
}

async fn keep_running(handle: Handle, task: crate::service::Task) {
    loop {
        let ended = AssertUnwindSafe(task(handle.clone())).catch_unwind().await;
        let ended = ended.unwrap_or_else(|_| Err(HandlerError::Retry("it panicked".to_owned())));
        if let Err(error) = ended {
            tracing::warn!(service = handle.service(), %error, "a background task failed and is started again");
        }
        tokio::time::sleep(BACKGROUND_RESTART_DELAY).await;
    }
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

/// The services whose events a service follows, its own among them.
pub(crate) fn followed_services(service: &Service) -> BTreeSet<&'static str> {
    let mut services: BTreeSet<&'static str> = service.appliers.iter().map(|a| a.source).collect();
    services.insert(service.name);
    services
}

fn sources_of(service: &Service, bus: &Bus, data: &Path) -> Sources {
    Sources {
        service: service.name,
        bus: bus.clone(),
        appliers: service.appliers.clone(),
        fingerprint: service.fingerprint.join(","),
        services: followed_services(service),
        folder: data.join("views").join("as-of").join(service.name),
    }
}

/// Opens the views and follows the log; answers when they hold what it held at the start.
async fn catch_up(service: &Service, bus: &Bus, data: &Path) -> Result<(Handle, JoinSet<()>), Error> {
    let sources = followed_services(service);
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
    let (name, bus) = (service.name, bus.clone());
    let inner = Inner {
        service: name,
        stream,
        bus,
        views,
        followed,
        ends: Ends::default(),
        as_of: None,
        _folder: None,
    };
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
