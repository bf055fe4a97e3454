//! Which programs of other systems the bus lets in no more: those that the log says are deleted.
//!
//! As with nodes, the server keeps the list that it was given last, and is given all of it: after each deletion, when this
//! service starts, and when the server has started. A server that never had one lets none of them in.

use crate::{
    Config,
    projections::{PUBLISHERS, PublisherRow, REVOKED_CLIENTS},
    publisher::{self, Publisher, PublisherEvent},
    subscriber::{Subscriber, SubscriberEvent},
};
use reeve_contracts::ingest::SourceEvent;
use reeve_jetstream::{
    admission::{MAX_REVOKED_KEYS, newest},
    clients, streams,
};
use reeve_runtime::{Delivery, ExecuteError, Handle, HandlerError};
use reeve_types::Timestamp;
use std::{sync::Arc, time::Duration};

/// Before a server that did not take the list is given it again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The streams in which a subscriber of these services reads: as the log has the events, and as JSON.
pub(crate) fn streams_of<'a>(services: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    services
        .into_iter()
        .flat_map(|service| [streams::of_service(service), streams::of_json(service)])
        .collect()
}

/// A deleted subscriber's key is revoked, which ends its connections, and its consumers go.
pub(crate) async fn revoke(
    config: Arc<Config>,
    delivery: Delivery<SubscriberEvent>,
) -> Result<(), HandlerError> {
    let SubscriberEvent::SubscriberDeleted(deleted) = &delivery.event.event else { return Ok(()) };
    let handle = &delivery.handle;
    give(&config, handle).await?;
    // Whoever has the name by now has consumers of that name, on the streams that it was granted and no others.
    let granted = streams_of(&handle.state::<Subscriber>(&deleted.name).services);
    for stream in streams_of(&deleted.services).iter().filter(|stream| !granted.contains(stream)) {
        clients::delete_consumers(handle.bus(), stream, &deleted.name).await?;
    }
    Ok(())
}

/// A deleted publisher's key is revoked, which ends its connections.
pub(crate) async fn revoke_publisher(
    config: Arc<Config>,
    delivery: Delivery<PublisherEvent>,
) -> Result<(), HandlerError> {
    match &delivery.event.event {
        PublisherEvent::PublisherDeleted(_) => give(&config, &delivery.handle).await,
        PublisherEvent::PublisherCreated(_) => Ok(()),
    }
}

/// With its source a publisher goes, unless it is one of a later source of that name.
pub(crate) async fn follow_source(delivery: Delivery<SourceEvent>) -> Result<(), HandlerError> {
    let SourceEvent::SourceDeleted(deleted) = &delivery.event.event else { return Ok(()) };
    delivery.handle.catch_up().await?;
    let publisher = delivery.handle.views().get::<PublisherRow>(PUBLISHERS, &deleted.name);
    if publisher.is_some_and(|publisher| publisher.created <= delivery.event.envelope.time) {
        let command = publisher::Command::Delete { source: deleted.name.clone() };
        match delivery.execute::<Publisher>("delete", &deleted.name, command).await {
            Ok(_) | Err(ExecuteError::Refused(publisher::Error::Unknown(_))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Nobody is served before the server knows who is let in.
pub(crate) async fn start(config: Arc<Config>, handle: Handle) -> Result<(), HandlerError> {
    give(&config, &handle).await
}

/// A server that has started may know an older list, or none. The first time at once: it may have done so meanwhile.
pub(crate) async fn restarts(config: Arc<Config>, handle: Handle) -> Result<(), HandlerError> {
    let mut connections = config.system.connections();
    loop {
        connections.changed().await.map_err(|e| HandlerError::Unavailable(e.to_string()))?;
        while let Err(error) = give(&config, &handle).await {
            tracing::warn!(%error, "the bus does not know yet which programs are let in");
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }
}

/// Gives the server the list. One at a time: a shorter list never follows a longer one.
async fn give(config: &Config, handle: &Handle) -> Result<(), HandlerError> {
    let _turn = config.giving.lock().await;
    let mut given = None;
    loop {
        // Another replica may have given a longer one meanwhile: whoever gives the last one has seen what the other saw.
        handle.catch_up().await?;
        let rows = handle.views().scan::<Timestamp>(REVOKED_CLIENTS, "", None, usize::MAX).rows;
        let revoked = rows.len();
        if given == Some(revoked) {
            return Ok(());
        }
        let jwt = config.client_admission.account_jwt(newest(rows, MAX_REVOKED_KEYS))?;
        config.system.put_account(jwt).await?;
        tracing::info!(revoked, "the bus knows which programs are let in");
        given = Some(revoked);
    }
}
