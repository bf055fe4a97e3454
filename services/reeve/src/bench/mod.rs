//! `reeve bench`: what this machine does, each figure beside a limit or beside a peer of the same run.
//!
//! Every benchmark starts an instance of its own in a new folder, and ends and deletes it. Timings vary with
//! the machine; the ratio to a peer that was measured in the same run says more than the figure.

mod agent;
mod api;
mod ends;
mod fleet;
mod http;
mod instance;
mod latency;
mod log;
mod output;
mod process;
mod rebuild;
mod report;
mod simulated;

use crate::client::Format;

/// What is measured.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Appending to the event log, and rebuilding a view from it.
    Log(log::Args),
    /// From SendCommand to an outcome that the API shows, on one node of this machine.
    Latency(latency::Args),
    /// Calls of the API: reading, accepting commands, listing.
    Api(api::Args),
    /// The agent's memory and size, and how soon `reeve up` is ready.
    Agent(agent::Args),
    /// Output: from a script on one node into the log.
    Output(output::Args),
    /// One command on a fleet of simulated agents, beside the raw bus storing the same messages once more.
    Fleet(fleet::Args),
}

/// Runs a benchmark and prints its figures.
///
/// # Errors
/// When what is measured does not work. A missed goal is no error.
pub async fn run(command: Command, format: Format) -> anyhow::Result<()> {
    let report = match command {
        Command::Log(args) => log::run(args).await?,
        Command::Latency(args) => latency::run(args).await?,
        Command::Api(args) => api::run(args).await?,
        Command::Agent(args) => agent::run(args).await?,
        Command::Output(args) => output::run(args).await?,
        Command::Fleet(args) => fleet::run(args).await?,
    };
    report.print(format)
}
