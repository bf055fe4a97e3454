//! Generated from schemas: do not edit. AWS's types, one file per API.

pub mod events;
pub mod ssm;
pub mod ssm_contacts;
pub mod ssm_incidents;
