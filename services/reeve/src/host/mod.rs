//! Running Reeve: one process for the services, supervised children for nats-server and the agents.

mod children;
mod folder;
mod init;
mod nats;
mod serve;
mod services;
mod up;

pub use children::with_parent;
pub use folder::{Instance, read_instance};
pub use init::{Args as InitArgs, init};
pub use serve::{Args as ServeArgs, serve};
pub use up::{Args as UpArgs, up};
