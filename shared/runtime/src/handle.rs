//! What handlers hold: the bus, the views, and the way to decide.

use crate::{HandlerError, folder::Folder};
use reeve_eventsourcing::{Actor, Context, Event};
use reeve_jetstream::{Bus, streams};
use reeve_types::{Timestamp, ids::new_uuid};
use reeve_views::Store;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// As long the views may be behind what the log holds, before what needs it is tried again.
const MAX_LAG: Duration = Duration::from_secs(10);

/// Shared by all handlers of one running service. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub service: &'static str,
    pub stream: String,
    pub bus: Bus,
    pub views: Store,
    /// The streams that the views follow.
    pub followed: BTreeSet<String>,
    /// The instant at which the views stand still, if they do.
    pub as_of: Option<Timestamp>,
    /// Removed after the views in it are closed.
    pub _folder: Option<Folder>,
}

impl Handle {
    pub fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    pub fn views(&self) -> &Store {
        &self.inner.views
    }

    /// The context of a command that the service gives of its own accord, at an instant: a deadline, a silence.
    pub fn context(&self, now: Timestamp) -> Context {
        let id = new_uuid();
        Context {
            now,
            actor: Actor::service(self.service()),
            command_id: id,
            correlation_id: id,
            cause_id: None,
            traceparent: None,
        }
    }

    pub fn service(&self) -> &'static str {
        self.inner.service
    }

    /// Waits until the views hold what the log holds now of the events of `E`'s service, which these views follow. Of two handlers that
    /// each append an event and then look for the other's, at least one sees it then, in whichever replicas they run.
    ///
    /// # Errors
    /// `Unavailable`: the bus did not answer, or the views are behind.
    pub async fn catch_up_with<E: Event>(&self) -> Result<(), HandlerError> {
        let stream = streams::of_service(E::SERVICE);
        let end = streams::last_sequence(self.bus(), &stream).await?;
        tokio::time::timeout(MAX_LAG, self.views().wait_for(&stream, end)).await.map_err(|_| {
            HandlerError::Unavailable(format!(
                "the views are behind the stream {stream}, which has come to {end}"
            ))
        })
    }
}
