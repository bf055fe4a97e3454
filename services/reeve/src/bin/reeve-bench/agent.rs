//! What an agent costs its node, and how soon an instance is there.

use super::{
    instance::Up,
    process,
    report::{Durations, Goal, Report},
};
use anyhow::{Context, bail};
use reeve::client::{connection::Connection, list};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// Options of `bench agent`.
#[derive(clap::Args)]
pub struct Args {
    /// How many starts of `reeve up`.
    #[arg(long, default_value_t = 5)]
    starts: usize,
    /// For how many seconds the agent idles before its memory is read.
    #[arg(long, default_value_t = 5)]
    idle: u64,
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
pub async fn run(args: Args) -> anyhow::Result<Report> {
    let mut report = Report::new("agent");
    let mut starts = Vec::new();
    for _ in 0..args.starts.max(1) {
        starts.push(Up::start(0).await?.ready);
    }
    let starts = Durations::new(starts);
    report.add(
        "`reeve up` on an empty folder ready, p50",
        starts.percentile(50) / 1000.0,
        "s",
        Goal::AtMost(1.0),
    );
    report.add(
        "`reeve up` on an empty folder ready, slowest",
        starts.percentile(100) / 1000.0,
        "s",
        Goal::None,
    );

    let up = Up::start(0).await?;
    let connection = up.connection.clone();
    let beside = reeve::host::program()?.with_file_name("reeve-agent");
    let own = beside.exists();
    let mut agent = start_agent(&up, &connection, own.then_some(beside.as_path())).await?;
    let memory = idle_memory(&connection, &agent, args.idle).await;
    agent.kill().await?;
    let name = if own { "reeve-agent" } else { "reeve agent" };
    report.add(format!("memory of an idle agent ({name})"), memory?, "MiB", Goal::AtMost(10.0));
    match std::fs::metadata(&beside) {
        Ok(file) => report.add("size of reeve-agent", file.len() as f64 / 1e6, "MB", Goal::AtMost(10.0)),
        Err(_) => eprintln!("reeve: no reeve-agent beside this program: its size is not measured"),
    }
    Ok(report)
}

/// Starts an agent as an operator would; `program` or, without one, this one's subcommand.
async fn start_agent(up: &Up, connection: &Connection, program: Option<&Path>) -> anyhow::Result<Child> {
    let activation = connection.call("CreateActivation", &json!({"IamRole": "bench"})).await?;
    let text = |name: &str| {
        let value = activation.get(name).and_then(Value::as_str);
        value.map(str::to_owned).with_context(|| format!("CreateActivation answered no {name}"))
    };
    let mut command = match program {
        Some(program) => Command::new(program),
        None => {
            let mut command = Command::new(reeve::host::program()?);
            command.arg("agent");
            command
        }
    };
    let command =
        command.arg("--data").arg(up.data().join("agent")).env("REEVE_GATEWAY", &up.instance.endpoint);
    let command = command.env("REEVE_ACTIVATION_ID", text("ActivationId")?);
    let command = command.env("REEVE_ACTIVATION_CODE", text("ActivationCode")?);
    Ok(command.stdin(Stdio::null()).kill_on_drop(true).spawn()?)
}

/// The resident memory, in MiB, of an agent that is connected and has been idle for a while.
async fn idle_memory(connection: &Connection, agent: &Child, seconds: u64) -> anyhow::Result<f64> {
    let begun = Instant::now();
    while list::online(connection).await?.is_empty() {
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("the node did not connect");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Ok(process::resident_kib(agent.id().context("the agent has ended")?)? / 1024.0)
}
