//! The event kernel on NATS JetStream. The only crate that names async-nats.
//!
//! - [`Bus`]: a connection; publishing with an acknowledgement, requests, subscriptions.
//! - [`store`]: append with optimistic concurrency on the aggregate's literal subject.
//! - [`streams`]: the streams of the design and their settings.
//! - [`follow`]: reading a stream in order, for views.
//! - [`consume`]: durable consumers, whose messages are shared and settled, for reactors and inboxes.
//! - [`dead_letters`]: what a handler gave up on.
//! - [`requests`]: what services ask of each other.
//! - [`keys`]: wrapped data keys, outside the log, so that they can be destroyed.
//! - [`mac`]: the authentication code of what services write and say, which the bus cannot make.
//! - [`serve`]: operations as NATS micro endpoints, and finding out what is served.
//! - [`operator`]: the operator, its accounts, and the JWTs of their users.
//! - [`rights`]: what each part of the control plane may do on the bus, and its user.
//! - [`admission`]: the nodes' account, and whose keys are let in no more.
//! - [`backup`]: everything that a bus holds, read; [`restore`]: streams given back, with the sequences and times that they had.
//! - [`cluster`]: a bus of several servers.
//! - [`clients`]: the account of other systems' programs that read and send events, and their consumers.
//!
//! Invariants: an append is acknowledged by the stream or it is an error; a conflict is told apart
//! from every other refusal; nobody publishes an event without an expectation; on a connection that authenticates, an
//! event, a call or an answer without its authentication code is an error.

mod ack;
pub mod admission;
mod announce;
pub mod backup;
mod bus;
pub mod calls;
pub mod clients;
pub mod cluster;
pub mod consume;
pub mod dead_letters;
mod error;
pub mod follow;
mod group;
mod headers;
mod jwt;
pub mod keys;
mod lanes;
mod lost_answers;
pub mod mac;
mod message;
pub mod operator;
mod publish;
mod reconnect;
pub mod requests;
pub mod restore;
pub mod rights;
pub mod serve;
mod server_files;
pub mod store;
pub mod streams;
mod subscription;

pub use bus::{Bus, Credentials, Options};
pub use error::Error;
pub use headers::Headers;
pub use message::Message;
pub use publish::Acknowledgement;
pub use reconnect::refused_delay;
pub use subscription::Subscription;
