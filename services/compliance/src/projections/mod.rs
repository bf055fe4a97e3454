//! Events to rows. What was put and what scans found are tables of their own, because each is written from one stream; their
//! rows are alike.

mod associations;
mod put;
mod rows;
mod scanned;

pub(crate) use associations::{
    ASSOCIATIONS, AssociationCommands, Associations, OUTCOMES, OutcomeRow, Outcomes,
};
pub(crate) use put::{PUT, Put, TYPES};
pub(crate) use rows::{Counts, GroupRow, ItemRow, SEVERITIES, Tables, group_key};
pub(crate) use scanned::{SCANNED, Scanned};
