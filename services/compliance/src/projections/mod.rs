//! Events to rows. What was put and what scans found are tables of their own, because each is written from one stream; their
//! rows are alike.

mod put;
mod rows;
mod scanned;

pub(crate) use put::{PUT, Put, TYPES};
pub(crate) use rows::{Counts, GroupRow, ItemRow, SEVERITIES, Tables, group_key};
pub(crate) use scanned::{SCANNED, Scanned};
