//! The contracts in Rust: what lies on the bus (from `schemas/*.proto`) and what AWS's clients send and
//! expect (from `schemas/aws/*.json`).
//!
//! Everything but this file is generated and committed, so that a build needs no generator and a review sees
//! what a change of a schema does. `tests/generate.rs` fails when the files and the schemas differ; run it
//! with `UPDATE_CONTRACTS=1` to write them anew.
//!
//! - [`access`], [`dead_letters`], [`documents`], [`nodes`], [`tags`], [`run_command`]: the events, a module per service, with one enum
//!   for each aggregate ([`run_command::CommandEvent`]): whoever reads an aggregate's events reads that enum.
//! - [`node`]: what the control plane and an agent say to each other.
//! - [`ssm`]: the inputs and outputs of the operations that are served.
//! - [`DESCRIPTORS`]: all messages as data, for programs that read bodies without these types.
//!
//! **Invariant:** this crate holds shapes alone. It knows no rule and no service.

/// Protobuf messages, one file per package.
mod events {
    pub mod access;
    pub mod dead_letters;
    pub mod documents;
    pub mod node;
    pub mod nodes;
    pub mod run_command;
    pub mod tags;
}
pub use events::{access, dead_letters, documents, node, nodes, run_command, tags};

/// AWS's types, one file per API.
mod aws {
    pub mod ssm;
}
pub use aws::ssm;

/// All messages of `schemas/*.proto`, as an encoded `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!("events/descriptors.bin");
