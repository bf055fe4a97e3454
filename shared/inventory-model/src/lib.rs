//! What the inventory service and the agent must understand alike of an inventory: pure.
//!
//! - [`types`]: AWS's types, their attributes, and which of them tell one thing from another.
//! - [`keyed`]: entries by the keys that tell them apart.
//! - [`hash`]: what a type's entries come to, in a form with a version; it is kept up by differences.
//! - [`check`]: what an entry may be.
//! - [`Difference`]: what is new, says something else, or is gone.
//!
//! **Invariant:** the same entries have the same keys and the same hash, in whatever order they were collected; volatile
//! attributes count in neither.

mod check;
mod difference;
pub mod hash;
mod key;
mod message;
pub mod types;

pub use check::check;
pub use difference::Difference;
pub use key::{key_part, keyed};
pub use message::{EntryChanges, attributes, entry, from_attributes, part_of};

use std::collections::BTreeMap;

/// One thing: attribute to value.
pub type Entry = BTreeMap<String, String>;
/// What one type holds on one node, by key.
pub type Entries = BTreeMap<String, Entry>;
