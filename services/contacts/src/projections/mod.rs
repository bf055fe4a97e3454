//! Contacts, channels, rotations, engagements and pages as they are answered.

mod contacts;
mod engagements;
mod rotations;

pub(crate) use contacts::*;
pub(crate) use engagements::*;
pub(crate) use rotations::*;
