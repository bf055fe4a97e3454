//! Running Reeve: one process for the services, supervised children for nats-server and the agents.

mod bus_user;
mod certificates;
mod children;
mod folder;
mod init;
pub mod keys;
mod nats;
mod parts;
mod probe;
mod readiness;
mod secrets;
mod serve;
mod services;
mod space;
mod up;
mod write_gate;

pub use bus_user::{Args as BusUserArgs, bus_user};
pub use children::{Supervised, program, with_parent};
pub use folder::{Folder, Instance, Keys, read_instance, read_keys};
pub use init::{Args as InitArgs, init};
pub use nats::{
    BusAddress, Listen as NatsListen, connect_service, options as bus_options, start as start_nats,
};
pub use secrets::key;
pub use serve::{Args as ServeArgs, serve};
pub use services::{ENTRIES, entry as service_entry, names as service_names};
pub use up::{Args as UpArgs, up};
