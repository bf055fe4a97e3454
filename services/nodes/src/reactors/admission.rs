//! Who is let in no more: the keys that the log says are deregistered, revoked on the bus.
//!
//! The server keeps the list that it was given last. It is given the whole of it: after each deregistration, when this
//! service starts, and when the server has started. Its list is bounded ([`MAX_REVOKED_KEYS`]): the newest are on it, and a
//! connection of an older one is ended as soon as the server tells of it.

use super::{
    connections,
    notices::{self, Notice},
};
use crate::{Shared, domain::node::NodeEvent, projections::REVOKED_KEYS};
use futures::StreamExt;
use reeve_eventsourcing::Event;
use reeve_jetstream::{
    admission::{MAX_REVOKED_KEYS, newest},
    streams,
};
use reeve_runtime::{Delivery, Handle, HandlerError};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How far in the log the list goes that the server was given last. Held while it is given one, so that a shorter list
/// never follows a longer one.
#[derive(Default)]
pub(crate) struct Given(Mutex<u64>);

/// A deregistered node's key is revoked, which ends its connections.
pub(crate) async fn revoke(shared: Arc<Shared>, delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeDeregistered(_) = &delivery.event.event else { return Ok(()) };
    give(&shared, &delivery.handle, Some(delivery.event.position.0)).await
}

/// Nobody is served before the server knows who is let in.
pub(crate) async fn start(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    give(&shared, &handle, None).await
}

/// A server that has started may know an older list, or none. The first time at once: it may have done so meanwhile.
pub(crate) async fn restarts(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let mut connections = shared.config.system.connections();
    loop {
        connections.changed().await.map_err(|e| HandlerError::Unavailable(e.to_string()))?;
        while let Err(error) = give(&shared, &handle, None).await {
            tracing::warn!(%error, "the bus does not know yet who is let in");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Gives the server the list, unless it has one that goes as far as a position in the log.
async fn give(shared: &Shared, handle: &Handle, wanted: Option<u64>) -> Result<(), HandlerError> {
    let mut given = shared.given.0.lock().await;
    if wanted.is_some_and(|position| position <= *given) {
        return Ok(());
    }
    let mut listed = None;
    loop {
        // Another replica may have given a longer one meanwhile: whoever gives the last one has seen what the other saw.
        handle.catch_up_with::<NodeEvent>().await?;
        let reached = handle.views().checkpoint(&streams::of_service(NodeEvent::SERVICE));
        let rows = handle.views().scan::<u64>(REVOKED_KEYS, "", None, usize::MAX).rows;
        let revoked = rows.len();
        if listed == Some(revoked) {
            return Ok(());
        }
        let jwt = shared.config.admission.account_jwt(newest(rows, MAX_REVOKED_KEYS))?;
        shared.config.system.put_account(jwt).await?;
        tracing::info!(revoked, reached, "the bus knows who is let in");
        (*given, listed) = (reached, Some(revoked));
    }
}

/// Ends connections that the server let in although their key is revoked: it is not among the newest, or the server had
/// an old list.
pub(crate) async fn connects(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let system = &shared.config.system;
    let mut notices = notices::of(&shared, "CONNECT").await?;
    while let Some(Notice { server, client, .. }) = notices.next().await {
        if handle.views().get::<u64>(REVOKED_KEYS, &client.user).is_some() {
            tracing::warn!(key = client.user, "a deregistered node had connected");
            connections::cut_off(system, &server.id, client.id).await?;
        }
    }
    Err(notices::ended())
}
