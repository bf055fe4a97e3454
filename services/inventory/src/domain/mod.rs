//! The aggregates: what nodes have, and deletions of custom types.

pub mod deletion;
mod inventory;

pub use inventory::{Command, Error, Inventory, InventoryEvent, State, inventory_id};
