//! What handlers hold: the bus, the views, and the way to decide.

use crate::{ends::Ends, folder::Folder};
use reeve_eventsourcing::{Actor, Context};
use reeve_jetstream::Bus;
use reeve_types::{Timestamp, ids::new_uuid};
use reeve_views::Store;
use std::{collections::BTreeSet, sync::Arc};

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
    pub ends: Ends,
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
}
