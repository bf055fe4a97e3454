//! Who is let in no more: the keys that the log says are deregistered, revoked on the bus.
//!
//! The server keeps the list that it was given last. It is given the whole of it: after each deregistration, when this
//! service starts, and when the server has started.

use crate::{Shared, domain::node::NodeEvent, projections::REVOKED_KEYS};
use reeve_eventsourcing::Event;
use reeve_jetstream::streams;
use reeve_runtime::{Handle, React, Reacting};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How far in the log the list goes that the server was given last. Held while it is given one, so that a shorter list
/// never follows a longer one.
#[derive(Default)]
pub(crate) struct Given(Mutex<u64>);

/// A deregistered node's key is revoked, which ends its connections.
pub(crate) async fn revoke(shared: Arc<Shared>, reacting: Reacting<NodeEvent>) -> Result<(), React> {
    let NodeEvent::NodeDeregistered(_) = &reacting.event.event else { return Ok(()) };
    give(&shared, &reacting.handle, Some(reacting.event.position.0)).await
}

/// Nobody is served before the server knows who is let in.
pub(crate) async fn start(shared: Arc<Shared>, handle: Handle) -> Result<(), React> {
    give(&shared, &handle, None).await
}

/// A server that has started may know an older list, or none. The first time at once: it may have done so meanwhile.
pub(crate) async fn restarts(shared: Arc<Shared>, handle: Handle) -> Result<(), React> {
    let mut connections = shared.config.system.connections();
    loop {
        connections.changed().await.map_err(|e| React::Later(e.to_string()))?;
        while let Err(error) = give(&shared, &handle, None).await {
            tracing::warn!(%error, "the bus does not know yet who is let in");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }
}

/// Gives the server the list, unless it has one that goes as far as a position in the log.
async fn give(shared: &Shared, handle: &Handle, wanted: Option<u64>) -> Result<(), React> {
    let mut given = shared.given.0.lock().await;
    if wanted.is_some_and(|position| position <= *given) {
        return Ok(());
    }
    let reached = handle.views().checkpoint(&streams::of_service(NodeEvent::SERVICE));
    let rows = handle.views().scan::<String>(REVOKED_KEYS, "", None, usize::MAX).rows;
    let revoked = rows.len();
    let later = |e: reeve_jetstream::Error| React::Later(e.to_string());
    let jwt = shared.config.admission.account_jwt(rows.into_iter().map(|(key, _)| key)).map_err(later)?;
    shared.config.system.put_account(jwt).await.map_err(later)?;
    tracing::info!(revoked, reached, "the bus knows who is let in");
    *given = reached;
    Ok(())
}
