//! What may happen to response plans, incidents, what people write on timelines, and the replication set.

pub mod incident;
pub mod plan;
pub mod replication;
pub mod tags;
pub mod timeline;
