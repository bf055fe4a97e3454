//! What tests share: given/when/then for deciders, a real nats-server on a free port, calls of operations, an authorizer,
//! and dice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod authorizer;
mod caller;
mod dice;
mod nats;
mod scenario;

pub use authorizer::NotMallory;
pub use caller::{Caller, Refusal};
pub use dice::Dice;
pub use nats::{Nats, free_port};
pub use scenario::{Scenario, context, given};
