//! The four aggregates.

pub mod filter;
pub mod policy;
pub mod principal;
pub mod publisher;
pub mod subscriber;
