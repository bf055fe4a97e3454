//! Running Reeve: one process for the services, supervised children for nats-server and the agents.

mod certificates;
mod children;
mod folder;
mod init;
mod nats;
mod serve;
mod services;
mod space;
mod up;

pub use children::{Supervised, with_parent};
pub use folder::{Folder, Instance, Keys, read_instance, read_keys};
pub use init::{Args as InitArgs, init};
pub use nats::{BusAddress, Listen as NatsListen, connect, options as bus_options, start as start_nats};
pub use serve::{Args as ServeArgs, serve};
pub use services::SERVICES;
pub use up::{Args as UpArgs, up};
