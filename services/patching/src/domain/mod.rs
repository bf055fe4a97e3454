//! What may happen to baselines, to what they are registered for, to snapshots, and to roll-outs.

pub mod baseline;
pub mod default;
pub mod group;
pub mod rollout;
pub mod snapshot;
