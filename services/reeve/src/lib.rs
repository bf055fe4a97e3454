//! Reeve's host and command line, for the program `reeve` and the benchmarks beside it.
//!
//! - [`up`]: `reeve up`: all of an instance on this machine.
//! - [`host`]: what it is made of, and `reeve serve`: folder, nats-server, services, gateway, agents.
//! - [`backup`]: `reeve backup`, `prune`, `restore` and `verify`.
//! - [`migrate`]: `reeve migrate`: an instance goes from one folder into another.
//! - [`client`]: everything else: clients of a running instance, over the signed API and the event streams.

// What is printed to stdout goes through `client::stdout`: these macros panic when nobody reads any more.
#![deny(clippy::print_stdout)]

pub mod backup;
pub mod client;
pub mod config;
pub mod host;
pub mod migrate;
pub mod up;

use std::process::ExitCode;

/// Says what went wrong. A name that does not exist has its own code; so has a reader of the output who has gone away,
/// which is no error.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<client::stdout::Closed>() {
        // As the shell calls the end by SIGPIPE.
        return ExitCode::from(141);
    }
    eprintln!("reeve: {}", client::stdout::harmless(&format!("{error:#}")));
    match error.is::<client::access::UnknownName>() {
        true => ExitCode::from(client::access::UnknownName::EXIT_CODE),
        false => ExitCode::FAILURE,
    }
}
