//! `reeve-bench`: what this machine does, each figure beside a limit or beside a peer of the same run.
//!
//! Every benchmark starts an instance of its own in a new folder, and ends and deletes it. Timings vary with
//! the machine; the ratio to a peer that was measured in the same run says more than the figure.

// What is printed to stdout goes through `client::stdout`: these macros panic when nobody reads any more.
#![deny(clippy::print_stdout)]

mod agent;
mod api;
mod associations;
mod backup;
mod ends;
mod events;
mod fleet;
mod http;
mod idle;
mod instance;
mod inventory;
mod latency;
mod log;
mod output;
mod parameters;
mod patches;
mod process;
mod rebuild;
mod report;
mod simulated;

use clap::{Parser, Subcommand};
use reeve::client::Format;
use std::process::ExitCode;

/// As in the program that is measured, parts of which run here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures what this machine does, on instances of its own, of the program `reeve` beside this one.
#[derive(Parser)]
#[command(name = "reeve-bench", version)]
struct Cli {
    /// How figures are printed.
    #[arg(long, global = true, value_enum, default_value = "text")]
    output: Format,
    /// What is logged to stderr: directives such as `warn` or `info,reeve_jetstream=debug`.
    #[arg(long, global = true, default_value = "warn", env = "REEVE_LOG", value_name = "FILTER")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

/// What is measured.
#[derive(Subcommand)]
enum Command {
    /// Appending to the event log, and rebuilding a view from it.
    Log(log::Args),
    /// From SendCommand to an outcome that the API shows, on one node of this machine.
    Latency(latency::Args),
    /// Calls of the API: reading, accepting commands, listing.
    Api(api::Args),
    /// Calls of the Parameter Store, with few parameters and with many.
    Parameters(parameters::Args),
    /// The agent's memory and size, and how soon `reeve up` is ready.
    Agent(agent::Args),
    /// Output: from a script on one node into the log.
    Output(output::Args),
    /// Filters and aggregators over the inventory of a fleet.
    Inventory(inventory::Args),
    /// The patches of a fleet: taken in, and asked for.
    Patches(patches::Args),
    /// Firings of associations that are due at one instant.
    Associations(associations::Args),
    /// Events of other systems: coming in, storms of alerts, how soon an alert is an OpsItem, what rules cost.
    Events(events::Args),
    /// A backup of a log of many events, restored and verified.
    Backup(backup::Args),
    /// The memory of each part of an instance that does nothing.
    Idle(idle::Args),
    /// One command on a fleet of simulated agents, beside the raw bus storing the same messages once more.
    Fleet(fleet::Args),
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => reeve::exit_code(&error),
    }
}

fn start() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let _telemetry =
            reeve_telemetry::start("reeve-bench", &cli.log, reeve_telemetry::LogFormat::Text, None)?;
        run(cli.command, cli.output).await
    })
}

/// Runs a benchmark and prints its figures. A missed goal is no error.
async fn run(command: Command, format: Format) -> anyhow::Result<()> {
    let report = match command {
        Command::Log(args) => log::run(args).await?,
        Command::Latency(args) => latency::run(args).await?,
        Command::Api(args) => api::run(args).await?,
        Command::Parameters(args) => parameters::run(args).await?,
        Command::Agent(args) => agent::run(args).await?,
        Command::Output(args) => output::run(args).await?,
        Command::Inventory(args) => inventory::run(args).await?,
        Command::Patches(args) => patches::run(args).await?,
        Command::Associations(args) => associations::run(args).await?,
        Command::Events(args) => events::run(args).await?,
        Command::Backup(args) => backup::run(args).await?,
        Command::Idle(args) => idle::run(args).await?,
        Command::Fleet(args) => fleet::run(args).await?,
    };
    report.print(format)
}
