//! `reeve run`: a script on nodes, its output, its outcome as the exit code.
//!
//! From one node the output is printed as it comes. Of many, a line tells how far they are, and in the end nodes
//! that printed the same and ended the same are one group; `--stream` prints as it comes there too.

use super::{
    Format, command,
    connection::Connection,
    held,
    output::{Printer, Reader},
    stdout,
    summary::{Groups, Summary},
    table::cell,
};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

/// Options of `run`.
#[derive(clap::Args)]
pub struct Args {
    /// Nodes by selection: Key=tag:role,Values=web,db. May be repeated; all must hold.
    #[arg(long, value_name = "Key=…,Values=…")]
    targets: Vec<String>,
    /// Nodes by id, separated by commas, 50 at most; nothing runs when one of them is not known. Without --nodes and
    /// --targets: every connected node.
    #[arg(long, value_delimiter = ',', conflicts_with = "targets")]
    nodes: Vec<String>,
    /// How many nodes run it at once: a number or a percentage.
    #[arg(long, value_name = "N|N%", default_value = "50")]
    max_concurrency: String,
    /// After more errors than this nobody else begins: a number or a percentage.
    #[arg(long, value_name = "N|N%", default_value = "0")]
    max_errors: String,
    /// Prints what many nodes print as it comes, each under its name.
    #[arg(long)]
    stream: bool,
    /// As long as the script may run on a node, in seconds; 3600, if not given.
    #[arg(long, value_name = "SECONDS", conflicts_with = "document")]
    timeout: Option<u32>,
    /// As long as a node may take to be there and begin, in seconds. A node that does not come stays Pending for this
    /// and the execution's time-out together.
    #[arg(long, value_name = "SECONDS")]
    delivery_timeout: Option<u32>,
    /// What it is for; the command's listings have it.
    #[arg(long)]
    comment: Option<String>,
    /// Runs this document instead of a script.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "script"])]
    document: Option<String>,
    /// A parameter of the document. A name that is given again has several values.
    #[arg(long, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// Runs the script in this file, as it is.
    #[arg(long, value_name = "FILE", conflicts_with = "script")]
    file: Option<PathBuf>,
    /// The script's lines; several words are joined by blanks, and `-` alone reads it from standard input.
    #[arg(trailing_var_arg = true, required_unless_present_any = ["document", "file"])]
    script: Vec<String>,
}

impl Args {
    /// The script, wherever it is.
    fn script(&self) -> anyhow::Result<String> {
        if let Some(file) = &self.file {
            return std::fs::read_to_string(file).with_context(|| format!("--file {}", file.display()));
        }
        if self.script == ["-"] {
            return std::io::read_to_string(std::io::stdin()).context("the script on standard input");
        }
        Ok(self.script.join(" "))
    }

    /// The document and its parameters.
    fn document(&self) -> anyhow::Result<(String, Value)> {
        let Some(document) = &self.document else {
            anyhow::ensure!(self.parameter.is_empty(), "--parameter goes with --document");
            let script = self.script()?;
            let mut parameters = json!({"commands": script.lines().collect::<Vec<_>>()});
            if let Some(seconds) = self.timeout {
                parameters["executionTimeout"] = json!([seconds.to_string()]);
            }
            return Ok(("AWS-RunShellScript".to_owned(), parameters));
        };
        let mut parameters = json!({});
        for parameter in &self.parameter {
            let (name, value) = parameter
                .split_once('=')
                .with_context(|| format!("--parameter {parameter}: expected NAME=VALUE"))?;
            match parameters.get_mut(name).and_then(Value::as_array_mut) {
                Some(values) => values.push(json!(value)),
                None => parameters[name] = json!([value]),
            }
        }
        Ok((document.clone(), parameters))
    }
}

/// Reads AWS's shorthand for a target.
pub fn target(text: &str) -> anyhow::Result<Value> {
    let wrong = || format!("--targets {text}: expected Key=…,Values=…[,…]");
    let (key, values) = text.split_once(",Values=").with_context(wrong)?;
    let key = key.strip_prefix("Key=").with_context(wrong)?;
    Ok(json!({"Key": key, "Values": values.split(',').collect::<Vec<_>>()}))
}

/// The member of SendCommand's input that says which nodes are meant. Nodes by id are no target: a target selects among
/// those that are there, and of a node that is not there it says nothing.
pub fn meant(nodes: &[String], targets: &[String]) -> anyhow::Result<(&'static str, Value)> {
    Ok(match (nodes, targets) {
        ([], []) => ("Targets", json!([{"Key": "reeve:connected", "Values": ["true"]}])),
        ([], targets) => ("Targets", targets.iter().map(|t| target(t)).collect::<anyhow::Result<_>>()?),
        (nodes, _) => ("InstanceIds", json!(nodes)),
    })
}

pub async fn run(connection: &Connection, args: Args, format: Format) -> anyhow::Result<ExitCode> {
    let (document_name, parameters) = args.document()?;
    let (member, nodes) = meant(&args.nodes, &args.targets)?;
    let mut input = json!({
        "DocumentName": document_name, "Parameters": parameters,
        "MaxConcurrency": args.max_concurrency, "MaxErrors": args.max_errors, member: nodes,
    });
    if let Some(seconds) = args.delivery_timeout {
        input["TimeoutSeconds"] = json!(seconds);
    }
    if let Some(comment) = &args.comment {
        input["Comment"] = json!(comment);
    }
    document(connection, &input, args.stream, format).await
}

/// Sends a command, prints what it prints, and says how it ended.
pub async fn document(
    connection: &Connection,
    input: &Value,
    stream: bool,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let how = match (format, stream) {
        (Format::Json, _) => How::Nothing,
        (Format::Text, true) => How::Stream,
        (Format::Text, false) => How::Groups,
    };
    let (command, invocations) = send(connection, input, how).await?;
    // A command counts some ends neither as a success nor as an error, such as that of a node that is deregistered.
    let success = command["Status"] == "Success"
        && command["StatusDetails"] == "Success"
        && !invocations.iter().any(command::has_failed);
    report(&command, &invocations, format)?;
    Ok(if success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `reeve up --run`.
pub async fn run_script(connection: &Connection, script: &str, nodes: Vec<String>) -> anyhow::Result<()> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": script.lines().collect::<Vec<_>>()},
        "InstanceIds": nodes,
    });
    let (command, invocations) = send(connection, &input, How::Stream).await?;
    report(&command, &invocations, Format::Text)
}

/// What is printed while a command runs.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Nothing,
    /// Everything, as it comes.
    Stream,
    /// Of many nodes, how far they are, and then what they printed.
    Groups,
}

/// Sends a command and prints its output until it has ended; answers the command and its invocations as they are
/// listed then.
async fn send(connection: &Connection, input: &Value, how: How) -> anyhow::Result<(Value, Vec<Value>)> {
    let answer = connection.call("SendCommand", input).await?;
    let command = answer.get("Command").context("SendCommand answered no command")?;
    let id = cell(command, "CommandId");
    let targets = command.get("TargetCount").and_then(Value::as_u64).unwrap_or(0);
    if targets == 0 {
        bail!("no node is meant: none is connected, or none meets the targets");
    }
    if how != How::Nothing {
        let nodes = if targets == 1 { "node" } else { "nodes" };
        let words = if held::waits(command) { held::words(connection, &id).await } else { None };
        match words {
            Some(words) => eprintln!(
                "reeve: command {id} to {targets} {nodes} is held: {words}; see reeve changes show {id}"
            ),
            None => eprintln!("reeve: command {id} is sent to {targets} {nodes}"),
        }
    }
    // Of one node it is asked as of that node: who may do no more than that can run something there.
    let node = match input["InstanceIds"].as_array().map(Vec::as_slice) {
        Some([node]) => node.as_str().map(str::to_owned),
        _ => None,
    };
    follow(connection, (&id, node.as_deref()), targets, how).await?;
    let invocations = command::invocations(connection, &id, node.as_deref()).await?;
    if invocations.is_empty()
        && let Some(words) = held::words(connection, &id).await
    {
        bail!("command {id}: {words}");
    }
    let Some(node) = node else {
        let found = connection.call("ListCommands", &json!({"CommandId": id})).await?;
        let command = found["Commands"].get(0).with_context(|| format!("the command {id} is not listed"))?;
        return Ok((command.clone(), invocations));
    };
    let one = invocations.first().with_context(|| format!("the command {id} was not sent to {node}"))?;
    let failed = u8::from(matches!(
        cell(one, "StatusDetails").as_str(),
        "Failed" | "ExecutionTimedOut" | "Interrupted"
    ));
    let command = json!({
        "CommandId": id, "Status": one["Status"], "StatusDetails": one["StatusDetails"],
        "CompletedCount": 1, "ErrorCount": failed,
    });
    Ok((command, invocations))
}

async fn follow(
    connection: &Connection,
    (id, node): (&str, Option<&str>),
    targets: u64,
    how: How,
) -> anyhow::Result<()> {
    let grouped = how == How::Groups && targets > 1;
    let mut input = json!({"commandId": id, "omitOutput": how == How::Nothing});
    if let Some(node) = node {
        input["nodeId"] = json!(node);
    }
    let mut reader = Reader::open(connection, input, true);
    let (mut printer, mut groups) = (Printer::new(targets > 1), Groups::default());
    let mut summary = Summary::new(targets);
    // Listened for throughout: a signal that comes while something is printed is not missed.
    let mut interrupted = std::pin::pin!(interrupted());
    loop {
        if grouped {
            summary.show();
        }
        let read = tokio::select! {
            read = reader.next() => read.map_err(|error| format!("{error:#}; {}", goes_on(id))),
            () = summary.due() => continue,
            () = &mut interrupted => Err(goes_on(id)),
        };
        let read = match read {
            Ok(Some(read)) => read,
            Ok(None) => break,
            Err(problem) => {
                // What has come is there to be read, however it goes on.
                if grouped {
                    summary.hide();
                    groups.print(id, &summary)?;
                }
                bail!(problem);
            }
        };
        read.changes.iter().for_each(|change| summary.take(change));
        for chunk in &read.chunks {
            match grouped {
                true => groups.add(chunk),
                false => printer.print(chunk)?,
            }
        }
    }
    if grouped {
        summary.hide();
        return groups.print(id, &summary);
    }
    printer.end_line();
    Ok(())
}

/// Waits until somebody ends this program: by Ctrl-C, or as a supervisor does.
async fn interrupted() {
    let ended = signal(SignalKind::terminate());
    match ended {
        Ok(mut ended) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = ended.recv() => {}
            }
        }
        Err(_) => {
            tokio::signal::ctrl_c().await.ok();
        }
    }
}

/// What somebody is told who does not see a command's end.
fn goes_on(id: &str) -> String {
    format!(
        "the command {id} goes on without this program: `reeve output {id} --follow` follows it, and `aws ssm \
         cancel-command --command-id {id}` cancels it"
    )
}

/// The exit code of the step that failed, as a beginning of a sentence.
fn code(invocation: &Value) -> String {
    let steps = invocation.get("CommandPlugins").and_then(Value::as_array).into_iter().flatten();
    let failed =
        steps.filter(|step| step["Status"] != "Success").find_map(|step| step["ResponseCode"].as_i64());
    failed.filter(|code| *code > 0).map(|code| format!("exit code {code}. ")).unwrap_or_default()
}

/// Says how it ended: everything as JSON, or in text only what was no success.
fn report(command: &Value, invocations: &[Value], format: Format) -> anyhow::Result<()> {
    let id = cell(command, "CommandId");
    if format == Format::Json {
        let whole = json!({
            "CommandId": id, "Status": command["Status"], "StatusDetails": command["StatusDetails"],
            "CommandInvocations": invocations,
        });
        return stdout::line(whole);
    }
    for invocation in invocations {
        let details = cell(invocation, "StatusDetails");
        if details != "Success" {
            let reason = invocation.get("TraceOutput").and_then(Value::as_str).unwrap_or_default();
            let why = format!("{}{reason}", code(invocation));
            eprintln!("reeve: {details} on {}: {}", cell(invocation, "InstanceId"), why.trim_end());
        }
    }
    let ends = command::ends(command, invocations);
    eprintln!("reeve: command {id}: {} ({ends})", cell(command, "StatusDetails"));
    Ok(())
}
