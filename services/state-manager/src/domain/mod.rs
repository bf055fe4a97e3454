//! Decisions.

pub mod association;
pub mod schedule;
pub mod target;
