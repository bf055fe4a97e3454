//! Decisions, and what they are made with: all of it pure.

pub mod defaults;
pub mod input;
pub mod matching;
pub mod path;
pub mod rule;
pub mod schedule;
pub mod target;
pub mod template;
pub mod wish;
