//! What a process that runs parts says of itself, for health checks: `GET /readyz` on an address of its own.

use anyhow::Context;
use reeve_jetstream::Bus;
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::net::TcpListener;

/// Which parts have been started, and whether their bus is there.
#[derive(Clone, Default)]
pub struct Status(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Parts that are not ready yet: a service reads the log first that it has missed.
    starting: BTreeSet<String>,
    bus: Option<Bus>,
}

impl Status {
    /// Serves what is known at an address; it ends with the process.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn serve(names: &[String], address: SocketAddr) -> anyhow::Result<Self> {
        let status = Self::default();
        status.inner().starting = names.iter().cloned().collect();
        let listener = TcpListener::bind(address).await;
        let listener =
            listener.with_context(|| format!("could not listen on {address} for health checks"))?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "says here whether it is ready, and what it has measured");
        }
        let asked = status.clone();
        tokio::spawn(reeve_gateway::serve_readiness(listener, move || asked.problem()));
        Ok(status)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection without which none of the parts can work.
    pub fn connected(&self, bus: Bus) {
        self.inner().bus = Some(bus);
    }

    pub fn started(&self, name: &str) {
        self.inner().starting.remove(name);
    }

    /// Why the parts are not ready; `None` when they are.
    fn problem(&self) -> Option<String> {
        let inner = self.inner();
        match &inner.bus {
            None => Some("the bus was not reached yet".to_owned()),
            Some(bus) if !bus.is_connected() => Some("the bus is away".to_owned()),
            Some(_) if inner.starting.is_empty() => None,
            Some(_) => {
                let names: Vec<&str> = inner.starting.iter().map(String::as_str).collect();
                Some(format!("not started yet: {}", names.join(", ")))
            }
        }
    }
}
