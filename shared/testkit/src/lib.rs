//! What tests share: given/when/then for deciders, and a real nats-server on a free port.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod nats;
mod scenario;

pub use nats::{Nats, free_port};
pub use scenario::{Scenario, context, given};
