//! What `up` and `serve` share: the process itself, and the gateway.

use super::{readiness, services};
use reeve_authz::Access;
use reeve_gateway::{Config as GatewayConfig, Gateway, serve_bus, serve_requests, serve_written};
use reeve_jetstream::Bus;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::sync::Arc;
use tokio::{net::TcpListener, sync::watch};

/// As many open files as the system lets this process have: each connection is one.
pub fn open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// A gateway's switch, and its task.
pub type RunningGateway = (watch::Sender<bool>, tokio::task::JoinHandle<std::io::Result<()>>);

/// Serves the API for whoever is known.
pub fn start_gateway(
    mut config: GatewayConfig,
    access: Arc<Access>,
    listener: TcpListener,
    bus: Bus,
) -> RunningGateway {
    config.services = services::names().map(str::to_owned).collect();
    config.readiness = readiness::watch(bus.clone());
    let gateway = Gateway::new(config, bus.clone(), access.clone(), access);
    let (stop, mut stopped) = watch::channel(false);
    let shutdown = async move {
        // An error means that the sender is gone, and so is the host.
        let _stopped = stopped.wait_for(|stop| *stop).await.is_ok();
    };
    let for_services = tokio::spawn(serve_requests(bus.clone(), gateway.clone()));
    let over_bus = tokio::spawn(serve_bus(bus.clone(), gateway.clone()));
    let written = tokio::spawn(serve_written(bus, gateway.clone()));
    let task = tokio::spawn(async move {
        let served = reeve_gateway::serve(listener, gateway, shutdown).await;
        let (_ended, _answered, _heard) = tokio::join!(for_services, over_bus, written);
        served
    });
    (stop, task)
}

/// Ends when this process is asked to.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
