//! What every service is built from, and what runs it.
//!
//! A service describes itself with [`Service`]: aggregates and projections in the middle, and around them its ports.
//! [`run`] owns every loop, retry and clock: a service's code never sleeps, polls or spawns.
//!
//! | Port | Registered by | Delivery |
//! |---|---|---|
//! | operation | [`Service::operation`] | once per call |
//! | events | [`Service::reactor`] | at least once; [`Consumer`] says from where and in which order |
//! | inbox | [`Service::inbox`] | at least once, untrusted |
//! | client endpoint | [`Service::client_endpoint`] | at most once, untrusted: whoever wants to be sure asks for an answer |
//! | request | [`Service::request`], asked by [`Handle::request`] | at least once, one result for each request id |
//! | timer | [`Service::timer`] | at least once, late after an outage, never after a rebuild |
//!
//! Invariants: an endpoint answers a write only when its own views hold it; a reactor sees an event only when the views
//! hold it; a message that cannot be handled becomes a dead letter and holds up no other; the ids of a handler's commands
//! are derived from what it handles, so a second delivery decides nothing new; a read as of an earlier instant is
//! answered by the same handler from views that were built up to there, and nothing is written then; that there is
//! nothing to say, or a reason to refuse, is decided on all that the log holds of the aggregate ([`Handle::execute`]), and a handler that
//! leaves something out because of the views catches up first ([`Handle::catch_up`]).

mod answers;
mod api_error;
mod as_of;
mod caller;
mod catch_up;
mod chunks;
mod clients;
mod consumer;
mod dead_letters;
mod endpoint;
mod ends;
mod execute;
mod filters;
mod folder;
mod follower;
mod handle;
mod outcomes;
mod requests;
mod rights;
mod run;
mod sampling;
mod service;
mod stopping;
mod striped_lock;
mod tags;
mod timers;

pub use answers::{Done, milliseconds, page_of, page_size, text, to_answers, with_keys};
pub use api_error::ApiError;
pub use caller::Caller;
pub use chunks::{Chunked, Chunks};
pub use clients::{ClientAnswer, ClientMessage};
pub use consumer::{Consumer, Delivery, HandlerError, InboxMessage, RetryPolicy, Undecoded};
pub use endpoint::{Call, Operation};
pub use execute::{ExecuteError, Executed};
pub use filters::{Operator, check_filter_key, word_of, words_of};
pub use handle::Handle;
pub use reeve_views::{Page, Store};
pub use requests::{Request, RequestMessage};
pub use run::{Running, rebuild, run};
pub use sampling::Gauges;
pub use service::Service;
pub use striped_lock::StripedLock;
pub use tags::{ResourceEvent, ResourceTags};
pub use timers::DueTimer;

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
    #[error("reading the stream {stream} was cut off after {after}")]
    CutOff { stream: String, after: u64 },
}
