//! The two aggregates.

pub mod policy;
pub mod principal;
