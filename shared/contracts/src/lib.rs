//! The contracts in Rust: what lies on the bus (from `schemas/*.proto`) and what AWS's clients send and
//! expect (from `schemas/aws/*.json`).
//!
//! Everything but this file, `names` and `always_sent` is generated and committed, so that a build needs no generator and a review
//! sees what a change of a schema does; so is `asyncapi.yaml`, for readers of other systems. `tests/generate.rs` fails when the
//! files and the schemas differ; run it with `UPDATE_CONTRACTS=1` to write them anew.
//!
//! - [`documents`] and its like: the events, a module per service, with one enum for each aggregate
//!   ([`run_command::CommandEvent`]): whoever reads an aggregate's events reads that enum.
//! - [`node`]: what the control plane and an agent say to each other.
//! - [`outcome`]: how work on a node ends, in what nodes report, in events and in views.
//! - [`ssm`] and its like: the inputs and outputs of the operations that are served, a file per API.
//! - [`models`]: the models themselves, by which the gateway validates.
//! - [`DESCRIPTORS`]: all messages as data, for programs that read bodies without these types.
//!
//! **Invariant:** this crate holds shapes alone. It knows no rule and no service.

mod always_sent;
mod aws;
#[path = "events/mod.rs"]
mod messages;
pub mod models;
mod names;

pub use aws::*;
pub use messages::*;

/// All messages of `schemas/*.proto`, as an encoded `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!("events/descriptors.bin");
