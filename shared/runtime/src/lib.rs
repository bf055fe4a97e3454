//! What every service is built from, and what runs it.
//!
//! A service describes itself with [`Service`]: aggregates, projections, reactors, workers, endpoints.
//! [`run`] owns the loops: it follows the streams into the views, delivers events to reactors at least
//! once, answers requests, and drains at shutdown.
//!
//! Invariants: an endpoint answers a write only when its own views hold it; a reactor sees an event only
//! when the views hold it; a message that cannot be handled is set aside in the log and never blocks the
//! ones after it; the ids of a reactor's commands are derived from the event, so a second delivery
//! decides nothing new.

mod answers;
mod endpoint;
mod execute;
mod follower;
mod handle;
mod reactor;
mod service;
mod tags;

pub use answers::{answered, page_size, text};
pub use endpoint::{ApiError, Call, Caller};
pub use execute::{ExecuteError, Executed};
pub use handle::Handle;
pub use reactor::{React, Reacting, Working};
pub use reeve_views::{Page, Store};
pub use service::{Running, Service, rebuild, run};
pub use tags::{ResourceEvent, ResourceTags};

/// Why a service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Bus(#[from] reeve_jetstream::Error),
    #[error(transparent)]
    Views(#[from] reeve_views::Error),
    #[error(
        "the views of {service} are at {checkpoint} of the stream {stream}, which ends at {end}: the log has lost events; \
         restore it, or delete the views to accept the loss"
    )]
    LogLost { service: String, stream: String, checkpoint: u64, end: u64 },
    #[error("the views were opened anew and go on after {checkpoint} of the stream {stream}")]
    Reopened { stream: String, checkpoint: u64 },
}
