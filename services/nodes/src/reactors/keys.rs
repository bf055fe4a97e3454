//! The set of dispatch keys beyond its operations: the first one, and a word before it ends.

use crate::{
    Shared,
    domain::keys::{Command, DispatchKeys, WARNING_SECONDS},
    projections::{DISPATCH_KEYS, KeySetRow},
};
use reeve_node_protocol::keys::{Refusal, open};
use reeve_runtime::{ExecuteError, Handle, HandlerError};
use reeve_types::Timestamp;
use std::{sync::Arc, time::Duration};

const END_CHECK_INTERVAL: Duration = Duration::from_secs(3600);

/// The set that is in force.
pub(crate) fn current(shared: &Shared, handle: &Handle) -> Option<KeySetRow> {
    handle.views().get(DISPATCH_KEYS, &shared.config.root_key)
}

/// A set that the service was started with is published, if it is newer than what the log has.
pub(crate) async fn publish_given(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let config = &shared.config;
    let Some(signed_set) = config.key_set.clone() else { return Ok(()) };
    let publish = Command::Publish { root_key: config.root_key.clone(), signed_set };
    match handle.execute::<DispatchKeys>(&config.root_key, publish, &handle.context(Timestamp::now())).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Refused(error)) => {
            // The log has a newer one after a rotation, as a rule.
            match &error.0 {
                Refusal::NotNewer { .. } => tracing::info!(%error, "the log's dispatch keys are newer"),
                _ => {
                    tracing::error!(%error, "the dispatch keys that this service was started with do not count")
                }
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Says each hour, and of each new set, that it ends soon, or has ended; once by an event.
pub(crate) async fn watch_end(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let mut changes = handle.views().changes(DISPATCH_KEYS);
    loop {
        let root_key = config_root(&shared);
        let warn = Command::Warn { root_key: root_key.clone() };
        handle.execute::<DispatchKeys>(&root_key, warn, &handle.context(Timestamp::now())).await?;
        let row = current(&shared, &handle);
        let set = row.and_then(|row| open(&shared.config.root_key, &row.signed_set).ok());
        let now = Timestamp::now();
        match set.map(|set| Timestamp(set.expires_ms)) {
            None => tracing::warn!(
                "no dispatch keys are published: no node can be enrolled, and none runs anything"
            ),
            Some(end) if now >= end => {
                tracing::error!(%end, "the dispatch keys have expired and no node runs anything: `reeve keys renew`");
            }
            Some(end) if now.plus_seconds(WARNING_SECONDS) >= end => {
                tracing::warn!(%end, "the dispatch keys expire soon, and then no node runs anything: `reeve keys renew`");
            }
            Some(_) => {}
        }
        // A view that is opened anew has no changes to tell; the hour ends by itself.
        let _changed = tokio::time::timeout(END_CHECK_INTERVAL, changes.changed()).await;
    }
}

fn config_root(shared: &Shared) -> String {
    shared.config.root_key.clone()
}
