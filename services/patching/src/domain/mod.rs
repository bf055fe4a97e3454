//! What may happen to baselines, to what they are registered for, and to snapshots.

pub mod baseline;
pub mod default;
pub mod group;
pub mod snapshot;
