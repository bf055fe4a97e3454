//! Running Reeve: one process for the services, supervised children for nats-server and the agents.

pub(crate) mod bus;
pub(crate) mod certificates;
pub(crate) mod children;
pub(crate) mod exports;
pub(crate) mod files;
pub(crate) mod folder;
mod init;
pub mod key_files;
pub mod keys;
pub(crate) mod local_agents;
pub(crate) mod moves;
pub(crate) mod nats;
pub(crate) mod part_bus;
pub(crate) mod parts;
pub(crate) mod place;
mod probe;
mod readiness;
pub mod rights;
#[cfg(test)]
mod rights_tests;
pub(crate) mod running;
mod secrets;
mod serve;
pub(crate) mod services;
pub(crate) mod space;
pub mod status;
pub(crate) mod streams;
pub(crate) mod write_gate;

pub use bus::{BusAddress, options as bus_options};
pub use children::{Supervised, program, with_parent};
pub use folder::{Folder, Instance, Keys, read_instance, read_keys};
pub use init::{Args as InitArgs, init};
pub use nats::{Listen as NatsListen, start as start_nats};
pub use secrets::key;
pub use serve::{Args as ServeArgs, serve};
pub use services::{ENTRIES, entry as service_entry, names as service_names};
