//! `reeve nodes`: what nodes there are, and what an operator does with them.

use super::{
    DataFolder, Format,
    connection::{Connection, NODES},
    list, run, stdout,
    table::{cell, instant},
};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// Options of `nodes`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Nodes by selection: Key=tag:role,Values=web,db, or Key=PingStatus,Values=Online. May be repeated; all must hold.
    #[arg(long, value_name = "Key=…,Values=…")]
    filter: Vec<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What is done with nodes.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Prints the line that makes another machine a node. It is pasted there, where `reeve-agent` is installed.
    Add(AddArgs),
    /// Prints a systemd unit that runs the agent; to be stored as /etc/systemd/system/reeve-agent.service.
    Unit,
    /// Gives a node tags.
    Tag {
        node: String,
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = tag)]
        tags: Vec<(String, String)>,
    },
    /// Cuts a node off for good.
    Deregister { node: String },
    /// Decides which of several agents with one node's identity counts; `reeve nodes` tells their sessions.
    Keep { node: String, session: String },
}

/// Options of `nodes add`.
#[derive(clap::Args)]
pub struct AddArgs {
    /// The name of the nodes.
    #[arg(long)]
    name: Option<String>,
    /// A tag of the nodes. May be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// As many machines may use the line.
    #[arg(long, default_value_t = 1)]
    limit: u32,
    /// The address of the gateway as the other machine finds it; this instance's, if not given.
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// The line enrols alone, for a machine without systemd: what starts services there then runs `reeve-agent`.
    #[arg(long)]
    enrol_only: bool,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn tags(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

pub async fn nodes(
    data: &DataFolder,
    connection: &Connection,
    args: Args,
    format: Format,
) -> anyhow::Result<()> {
    let Some(command) = args.command else { return list(connection, &args.filter, format).await };
    let (answer, said) = match command {
        Command::Add(args) => return add(data, connection, args, format).await,
        Command::Unit => {
            ensure!(format == Format::Text, "--output json: this prints a file for systemd as it is");
            return stdout::line(reeve_agent::UNIT.trim_end());
        }
        Command::Tag { node, tags: given } => {
            let input = json!({"ResourceType": "ManagedInstance", "ResourceId": node, "Tags": tags(&given)});
            let answer = connection.call("AddTagsToResource", &input).await?;
            (answer, format!("{node} has the tags."))
        }
        Command::Deregister { node } => {
            let answer = connection.call("DeregisterManagedInstance", &json!({"InstanceId": node})).await?;
            (answer, format!("{node} is cut off. Its machine becomes a node again with another activation."))
        }
        Command::Keep { node, session } => {
            let input = json!({"nodeId": node, "session": session});
            let answer = connection.call_of(&NODES, "KeepSession", &input).await?;
            (answer, format!("{session} is {node}; the other agent is cut off and runs nothing."))
        }
    };
    stdout::answer(format, &answer, said)
}

async fn list(connection: &Connection, filters: &[String], format: Format) -> anyhow::Result<()> {
    let filter = |text: &String| {
        let target =
            run::target(text).map_err(|_| anyhow::anyhow!("--filter {text}: expected Key=…,Values=…[,…]"))?;
        anyhow::Ok(json!({"key": target["Key"], "values": target["Values"]}))
    };
    let filters = filters.iter().map(filter).collect::<anyhow::Result<Vec<_>>>()?;
    let nodes =
        list::all_of(&NODES, connection, "ListNodeStates", json!({"filters": filters}), "nodes").await?;
    let heading =
        ["NODE", "NAME", "STATUS", "COMPUTER", "PLATFORM", "AGENT", "ADDRESS", "TAGS", "CLOCK", "LAST SEEN"];
    list::print(format, &nodes, &heading, |node| {
        vec![
            cell(node, "nodeId"),
            cell(node, "name"),
            cell(node, "pingStatus"),
            cell(node, "computerName"),
            format!("{} {}", cell(node, "platformName"), cell(node, "platformVersion")),
            cell(node, "agentVersion"),
            cell(node, "ipAddress"),
            tag_cell(node),
            clock(node),
            instant(node, "lastSeen"),
        ]
    })?;
    if format == Format::Text {
        nodes.iter().try_for_each(other)?;
    }
    Ok(())
}

fn tag_cell(node: &Value) -> String {
    let tags = node["tags"].as_object().into_iter().flatten();
    let tags: Vec<_> =
        tags.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    if tags.is_empty() { "-".to_owned() } else { tags.join(",") }
}

/// How a node's clock is, against that of the control plane.
fn clock(node: &Value) -> String {
    match node["clockAheadMs"].as_i64().unwrap_or_default() / 1000 {
        0 => "ok".to_owned(),
        ahead @ 1.. => format!("{ahead} s ahead"),
        behind => format!("{} s behind", behind.unsigned_abs()),
    }
}

/// Another agent with a node's identity is what an operator has to look at.
fn other(node: &Value) -> anyhow::Result<()> {
    let other = &node["otherSession"];
    if other.is_null() {
        return Ok(());
    }
    let (node, counts, session) = (cell(node, "nodeId"), cell(other, "counts"), cell(other, "session"));
    stdout::line(format_args!(
        "\n{node}: another agent says that it is this node, on {} ({}) since {}: {}. It runs nothing.\n  \
         to keep the one that works:  reeve nodes keep {node} {counts}\n  \
         to let the other one work:   reeve nodes keep {node} {session}",
        cell(other, "computerName"),
        cell(other, "ipAddress"),
        instant(other, "since"),
        cell(other, "reason"),
    ))
}

async fn add(
    data: &DataFolder,
    connection: &Connection,
    args: AddArgs,
    format: Format,
) -> anyhow::Result<()> {
    if let Some(gateway) = &args.gateway {
        // It is pasted into a shell.
        let rest = gateway.strip_prefix("https://").or_else(|| gateway.strip_prefix("http://"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:/[]_".contains(c);
        let is_address = rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_plain));
        ensure!(is_address, "--gateway {gateway:?} is no address such as https://reeve.example.org:8400");
    }
    let keys = connection.call_of(&NODES, "GetDispatchKeys", &json!({})).await?;
    let mut input = json!({"IamRole": "none", "RegistrationLimit": args.limit, "Tags": tags(&args.tag)});
    if let Some(name) = args.name {
        input["DefaultInstanceName"] = json!(name);
    }
    let made = connection.call("CreateActivation", &input).await?;
    let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned).context("no activation");
    let (id, code, root) =
        (text(&made, "ActivationId")?, text(&made, "ActivationCode")?, text(&keys, "rootKey")?);
    let instance = crate::host::read_instance(data).ok();
    let public = instance.as_ref().and_then(|instance| instance.public_endpoint.clone());
    let gateway = args.gateway.or(public).unwrap_or_else(|| connection.endpoint().to_owned());
    let ca = instance.and_then(|instance| instance.ca);
    let trust = if ca.is_some() { " --ca ca.pem" } else { "" };
    // The shell's own printf is no process: nobody sees the code in a list of them.
    let what = if args.enrol_only { "--enrol-only" } else { "install" };
    let line = format!(
        "printf %s '{code}' | sudo reeve-agent {what} --gateway '{gateway}' --root-key {root} \
         --activation-id {id} --activation-code-file -{trust}"
    );
    match format {
        Format::Json => {
            stdout::line(json!({"activationId": id, "gateway": gateway, "rootKey": root, "line": line}))
        }
        Format::Text => {
            stdout::line(&line)?;
            if let Some(ca) = ca {
                let ca = ca.display();
                eprintln!("The machine needs a copy of {ca} as ca.pem, beside which the line is pasted.");
            }
            if args.enrol_only {
                eprintln!(
                    "Then `reeve-agent` runs without options, as by the unit that `reeve nodes unit` prints."
                );
            } else {
                eprintln!(
                    "The machine needs the program `reeve-agent`, from its package or as a copy; the line installs it as a \
                     service."
                );
            }
            eprintln!("The line counts for 24 hours.");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_in_seconds() {
        let told = |ms: i64| clock(&json!({"clockAheadMs": ms}));
        assert_eq!(told(0), "ok");
        assert_eq!(told(7_000), "7 s ahead");
        assert_eq!(told(-61_000), "61 s behind");
    }
}
