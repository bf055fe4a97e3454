//! Views on disk: rows and the checkpoints of the streams they come from, in one sled tree.
//!
//! Invariants: a batch of events and its checkpoint become visible together, and are written together or not at
//! all, when the service is quiet and after 5 s at the latest; nothing here is the truth, so whatever cannot be opened
//! or read is deleted and replayed. A disk that is full is waited for: what is committed stays readable in memory, and
//! afterwards sled goes on from what it had on disk. The only crate that names sled.
//!
//! - `engine`: what is on disk.
//! - `recent`: what is committed and not on disk yet.
//! - `writer`: what the thread is told that moves rows from one to the other.
//! - `views`: the three together; `batch` and `store` are the ways in.

mod batch;
mod copies;
mod engine;
mod keys;
mod recent;
mod store;
mod views;
mod watchers;
mod writer;

pub use batch::Batch;
pub use engine::Error;
pub use store::{Page, Store};

use std::sync::{Mutex, MutexGuard, PoisonError};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
