//! What tests share: given/when/then for deciders, and a real nats-server on a free port, and dice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dice;
mod nats;
mod scenario;

pub use dice::Dice;
pub use nats::{Nats, free_port};
pub use scenario::{Scenario, context, given};
