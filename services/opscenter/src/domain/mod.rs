//! The decisions: on OpsItems, on what is behind them, and on OpsMetadata.

pub mod cause;
pub mod item;
pub mod metadata;
mod rules;
pub mod watch;

pub use rules::MAX_ITEM_BYTES;
