//! The decisions: a command that was sent, and its invocation on each node.

pub mod command;
pub mod invocation;
pub mod outcome;
pub mod recall;
pub mod rollout;

pub use outcome::{Counts, settle};
pub use rollout::Rollout;
