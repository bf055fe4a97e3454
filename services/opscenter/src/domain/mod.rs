//! The decisions: on OpsItems, on what is behind them, and on OpsMetadata.

pub mod cause;
mod error;
pub mod item;
pub mod metadata;
pub(crate) mod rules;
mod state;
pub mod watch;

pub use rules::MAX_ITEM_BYTES;
