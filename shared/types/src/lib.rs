//! The small words that every crate shares: instants, ids, ARNs, subject tokens, tags.
//!
//! Nothing here does I/O, but [`Timestamp::now`] and the `new` functions of [`ids`]
//! read the clock and draw random bits: they belong at the edge of a program, never in a `domain.rs`.

pub mod arn;
pub mod ids;
pub mod parameters;
pub mod subject;
pub mod tags;
pub mod text;
mod time;

pub use ids::{CommandId, NodeId};
pub use time::Timestamp;
