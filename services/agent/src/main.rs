//! `reeve-agent`: the agent as a program of its own, small enough for every node.

use clap::Parser;
use std::{io::IsTerminal, process::ExitCode};

fn main() -> anyhow::Result<ExitCode> {
    // The same program watches over the steps that it starts, where there are no cgroups.
    if let Some(code) = reeve_agent::supervisor() {
        return Ok(code);
    }
    let filter = tracing_subscriber::EnvFilter::try_from_env("REEVE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,reeve_agent=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A file or a journal has no use for colours.
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(reeve_agent::run(reeve_agent::Options::parse()))?;
    Ok(ExitCode::SUCCESS)
}
