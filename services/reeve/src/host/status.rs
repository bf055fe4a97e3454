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
        let asked = status.clone();
        let problem = move || {
            let asked = asked.clone();
            async move { asked.problem().await }
        };
        tokio::spawn(reeve_gateway::serve_readiness(listener, problem));
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
    async fn problem(&self) -> Option<String> {
        let bus = self.inner().bus.clone();
        let Some(bus) = bus else { return Some("the bus was not reached yet".to_owned()) };
        if let Some(problem) = bus.problem().await {
            return Some(problem.to_owned());
        }
        let inner = self.inner();
        let names: Vec<&str> = inner.starting.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("not started yet: {}", names.join(", ")))
    }
}
