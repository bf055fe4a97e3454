//! Views on disk: rows and the checkpoints of the streams they come from, in one sled tree.
//!
//! Invariants: a batch of events and its checkpoint become visible together, and are written together or not at
//! all, when the service is quiet and after 5 s at the latest; nothing here is the truth, so whatever cannot be opened or read is deleted and replayed. A disk that is full is waited for: what
//! is committed stays readable in memory, and afterwards sled goes on from what it had on disk. The only crate that
//! names sled.

mod batch;
mod recent;
mod reopen;
mod store;
mod writer;

pub use batch::Batch;
pub use store::{Error, Page, Store};
