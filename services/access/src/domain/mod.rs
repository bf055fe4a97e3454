//! The three aggregates.

pub mod policy;
pub mod principal;
pub mod subscriber;
