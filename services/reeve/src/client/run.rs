//! `reeve run`: a script on nodes, its output as it comes, its outcome as the exit code.

use super::{
    Format,
    connection::{Connection, bus},
    list,
    output::{self, Printer},
    table::cell,
};
use anyhow::{Context, bail};
use futures::StreamExt;
use prost::Message;
use reeve_contracts::run_command::CommandFinished;
use reeve_jetstream::{Bus, follow, streams};
use serde_json::{Value, json};
use std::{path::Path, process::ExitCode};

/// Options of `run`.
#[derive(clap::Args)]
pub struct Args {
    /// Nodes by selection: Key=tag:role,Values=web,db. May be repeated; all must hold.
    #[arg(long, value_name = "Key=…,Values=…")]
    targets: Vec<String>,
    /// Nodes by id, separated by commas. Without --nodes and --targets: every connected node.
    #[arg(long, value_delimiter = ',', conflicts_with = "targets")]
    nodes: Vec<String>,
    /// The script's lines; several words are joined by blanks.
    #[arg(trailing_var_arg = true, required = true)]
    script: Vec<String>,
}

/// Reads AWS's shorthand for a target.
fn target(text: &str) -> anyhow::Result<Value> {
    let wrong = || format!("--targets {text}: expected Key=…,Values=…[,…]");
    let (key, values) = text.split_once(",Values=").with_context(wrong)?;
    let key = key.strip_prefix("Key=").with_context(wrong)?;
    Ok(json!({"Key": key, "Values": values.split(',').collect::<Vec<_>>()}))
}

pub async fn run(data: &Path, args: Args, format: Format) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(data)?;
    let script = args.script.join(" ");
    let mut input = json!({
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": script.lines().collect::<Vec<_>>()},
    });
    if args.targets.is_empty() {
        let nodes = if args.nodes.is_empty() { list::online(&connection).await? } else { args.nodes };
        if nodes.is_empty() {
            bail!("no node is connected");
        }
        input["Targets"] = json!([{"Key": "InstanceIds", "Values": nodes}]);
    } else {
        input["Targets"] = args.targets.iter().map(|t| target(t)).collect::<anyhow::Result<Value>>()?;
    }
    let finished = send(data, &connection, &input, format == Format::Text).await?;
    let success = finished.status == "Success" && finished.status_details == "Success";
    report(&connection, &finished, format).await?;
    Ok(if success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `reeve up --run`.
pub async fn run_script(data: &Path, script: &str, nodes: Vec<String>) -> anyhow::Result<()> {
    let connection = Connection::open(data)?;
    let input = json!({
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": script.lines().collect::<Vec<_>>()},
        "Targets": [{"Key": "InstanceIds", "Values": nodes}],
    });
    let finished = send(data, &connection, &input, true).await?;
    report(&connection, &finished, Format::Text).await
}

/// Sends a command and prints its output until it has ended.
async fn send(
    data: &Path,
    connection: &Connection,
    input: &Value,
    print: bool,
) -> anyhow::Result<CommandFinished> {
    let bus = bus(data).await?;
    let answer = connection.call("SendCommand", input).await?;
    let command = answer.get("Command").context("SendCommand answered no command")?;
    let id = cell(command, "CommandId");
    let several = command.get("TargetCount").and_then(Value::as_u64).unwrap_or(0) > 1;
    let subject = output::subject(&id, None);
    let mut chunks = follow::follow(&bus, streams::NODE_OUTPUT, std::slice::from_ref(&subject), 0).await?;
    let mut printer = Printer::new(several);
    let finished = finished(&bus, &id);
    tokio::pin!(finished);
    let mut printed = 0;
    let finished = loop {
        tokio::select! {
            finished = &mut finished => break finished?,
            chunk = chunks.next() => {
                let Some(chunk) = chunk else { bail!("the output stream ended") };
                let chunk = chunk?;
                printed = chunk.sequence;
                if print {
                    printer.print(&chunk)?;
                }
            }
        }
    };
    // Every report comes after the output that it is about: what the stream holds now is all there will be.
    let last = follow::last_matching(&bus, streams::NODE_OUTPUT, &subject).await?;
    while printed < last {
        let Some(chunk) = chunks.next().await else { bail!("the output stream ended") };
        let chunk = chunk?;
        printed = chunk.sequence;
        if print {
            printer.print(&chunk)?;
        }
    }
    printer.end_line();
    Ok(finished)
}

/// Waits for the command's end.
async fn finished(bus: &Bus, command: &str) -> anyhow::Result<CommandFinished> {
    let subject = format!("reeve.evt.run-command.command.{command}");
    let stream = streams::of_service("run-command");
    let mut events = follow::follow(bus, &stream, &[subject], 0).await?;
    while let Some(event) = events.next().await {
        let message = event?.message;
        if message.headers.get("ce-type") == Some("reeve.run-command.CommandFinished.v1") {
            return Ok(CommandFinished::decode(message.data)?);
        }
    }
    bail!("the event stream ended")
}

/// Says how it ended: everything as JSON, or in text only what was no success.
async fn report(connection: &Connection, finished: &CommandFinished, format: Format) -> anyhow::Result<()> {
    let input = json!({"CommandId": finished.command_id, "Details": true});
    let invocations = list::all(connection, "ListCommandInvocations", input, "CommandInvocations").await?;
    if format == Format::Json {
        let whole = json!({
            "CommandId": finished.command_id, "Status": finished.status,
            "StatusDetails": finished.status_details, "CommandInvocations": invocations,
        });
        println!("{whole}");
        return Ok(());
    }
    for invocation in &invocations {
        let details = cell(invocation, "StatusDetails");
        if details != "Success" {
            let reason = invocation.get("TraceOutput").and_then(Value::as_str).unwrap_or_default();
            eprintln!("reeve: {} on {}: {reason}", details, cell(invocation, "InstanceId"));
        }
    }
    let ends = format!("{} of {} ended", finished.completed, invocations.len());
    eprintln!(
        "reeve: command {}: {} ({ends}, {} errors)",
        finished.command_id, finished.status_details, finished.errors
    );
    Ok(())
}
