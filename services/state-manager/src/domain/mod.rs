//! Decisions.

pub mod association;
pub mod drift;
pub mod schedule;
pub mod target;

pub use reeve_fleet::targets::of_association as targets;

/// What run-command's events call the origin of a command of ours. Its id is `<association>/<version>`.
pub const ORIGIN: &str = "association";
