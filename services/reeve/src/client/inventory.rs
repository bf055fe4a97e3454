//! `reeve inventory`: what a node has, now or at an earlier instant; collecting it; what changed on the fleet.

use super::{
    Format,
    connection::{Connection, INVENTORY, SSM},
    list::{all_of, print},
    run, stdout,
    table::{cell, instant},
};
use anyhow::{Context, ensure};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::ExitCode};

/// Options of `inventory`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The node whose inventory is shown: its types, or with --type the entries of one.
    node: Option<String>,
    /// Shows the entries of this type, such as AWS:Application.
    #[arg(long = "type", value_name = "TYPE", requires = "node")]
    type_name: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Has nodes collect what they have; without --nodes and --targets every connected one.
    Collect {
        #[command(flatten)]
        selection: Selection,
        /// Nodes by id, separated by commas.
        #[arg(long, value_delimiter = ',', conflicts_with = "targets")]
        nodes: Vec<String>,
    },
    /// Lists what changed from one instant on (RFC 3339) and before another, each with its cause where the log knows one.
    Diff {
        from: String,
        /// An instant, or `now`.
        #[arg(default_value = "now")]
        to: String,
        #[command(flatten)]
        selection: Selection,
        /// Only changes of this type.
        #[arg(long = "type", value_name = "TYPE")]
        type_name: Option<String>,
    },
}

#[derive(clap::Args)]
struct Selection {
    /// Nodes by selection: Key=tag:role,Values=web,db. May be repeated; all must hold.
    #[arg(long, value_name = "Key=…,Values=…")]
    targets: Vec<String>,
}

pub async fn inventory(connection: &Connection, args: Args, format: Format) -> anyhow::Result<ExitCode> {
    match args.command {
        Some(Command::Collect { selection, nodes }) => {
            let (member, meant) = run::meant(&nodes, &selection.targets)?;
            let input = json!({"DocumentName": "AWS-GatherSoftwareInventory", member: meant});
            return run::document(connection, &input, false, format).await;
        }
        Some(Command::Diff { from, to, selection, type_name }) => {
            diff(connection, [&from, &to], &selection.targets, type_name, format).await?;
        }
        None => {
            let node = args.node.context("name a node, or one of the commands collect and diff")?;
            match args.type_name {
                Some(name) => entries(connection, &node, &name, format).await?,
                None => types(connection, &node, format).await?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn types(connection: &Connection, node: &str, format: Format) -> anyhow::Result<()> {
    let mut answer = connection.call_of(&INVENTORY, "GetNodeInventory", &json!({"nodeId": node})).await?;
    let types = answer.get_mut("types").map(Value::take).unwrap_or_default();
    let types: Vec<Value> = serde_json::from_value(types)?;
    print(format, &types, &["TYPE", "ENTRIES", "LAST CHANGE", "FAILED", "NOTE"], |of| {
        let [note, failure] = ["note", "failure"].map(|name| cell(of, name));
        vec![
            cell(of, "typeName"),
            cell(of, "entries"),
            instant(of, "captured"),
            instant(of, "failed"),
            if failure == "-" { note } else { failure },
        ]
    })
}

async fn entries(connection: &Connection, node: &str, name: &str, format: Format) -> anyhow::Result<()> {
    let input = json!({"InstanceId": node, "TypeName": name});
    let entries = all_of(&SSM, connection, "ListInventoryEntries", input, "Entries").await?;
    let known =
        ["Name", "Version", "Release", "Architecture", "Status", "IPV4", "MacAddress", "Key", "Value"];
    let has = |name: &&str| entries.iter().any(|entry| entry.get(*name).is_some());
    let mut columns: Vec<&str> = known.into_iter().filter(has).collect();
    if columns.is_empty() {
        let of = entries.first().and_then(Value::as_object).into_iter().flatten();
        columns = of.map(|(name, _)| name.as_str()).collect();
    }
    let headings: Vec<String> = columns.iter().map(|name| name.to_uppercase()).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    print(format, &entries, &headings, |entry| columns.iter().map(|name| cell(entry, name)).collect())
}

async fn diff(
    connection: &Connection,
    between: [&str; 2],
    targets: &[String],
    type_name: Option<String>,
    format: Format,
) -> anyhow::Result<()> {
    let instant_of = |text: &str| match text {
        "now" => Ok(Timestamp::now()),
        text => Timestamp::parse_rfc3339(text).with_context(|| {
            format!("{text:?} is neither an RFC 3339 instant, such as 2026-01-31T12:00:00Z, nor now")
        }),
    };
    let (from, to) = (instant_of(between[0])?, instant_of(between[1])?);
    ensure!(from <= to, "{from} is after {to}");
    let mut input = json!({"from": from.epoch_seconds(), "to": to.epoch_seconds()});
    if let Some(name) = type_name {
        input["typeName"] = json!(name);
    }
    if !targets.is_empty() {
        let lower = |of: Value| json!({"key": of["Key"], "values": of["Values"]});
        let targets: anyhow::Result<Vec<Value>> =
            targets.iter().map(|text| run::target(text).map(lower)).collect();
        input["targets"] = json!(targets?);
    }
    let changes = all_of(&INVENTORY, connection, "ListInventoryChanges", input, "changes").await?;
    if format == Format::Json {
        return stdout::line(Value::from(changes));
    }
    let rows: Vec<Vec<String>> = changes.iter().flat_map(rows).collect();
    super::table::print(&["CAPTURED", "NODE", "TYPE", "CHANGE", "CAUSE"], &rows)
}

/// A change's lines: one for each thing that came, went, or is another now.
fn rows(change: &Value) -> Vec<Vec<String>> {
    let [captured, node, type_name] =
        [instant(change, "captured"), cell(change, "nodeId"), cell(change, "typeName")];
    let cause = cause(change);
    let line = |what: String| vec![captured.clone(), node.clone(), type_name.clone(), what, cause.clone()];
    if cell(change, "origin") == "FirstCollection" {
        let count = change["entries"].as_array().map_or(0, Vec::len);
        return vec![line(format!("+ {count} entries"))];
    }
    let entries = change["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    // What went and came again under the same name is one line.
    let (mut gone, mut lines) = (BTreeMap::<(String, String), Vec<&Value>>::new(), Vec::new());
    let named = |of: &Value| (name_of(of).unwrap_or_default(), cell(of, "Architecture"));
    for entry in entries.iter().filter(|entry| entry["action"] == "Removed") {
        gone.entry(named(&entry["before"])).or_default().push(&entry["before"]);
    }
    for entry in entries.iter().filter(|entry| entry["action"] != "Removed") {
        let after = &entry["after"];
        let before = match entry["action"].as_str() {
            Some("Changed") => Some(&entry["before"]),
            _ => gone.get_mut(&named(after)).filter(|_| name_of(after).is_some()).and_then(Vec::pop),
        };
        lines.push(line(match before {
            Some(before) => format!("~ {}", difference(before, after)),
            None => format!("+ {}", shown(after)),
        }));
    }
    lines.extend(gone.values().flatten().map(|before| line(format!("- {}", shown(before)))));
    lines
}

/// What a thing is called: of a patch the package.
fn name_of(entry: &Value) -> Option<String> {
    ["Name", "KBId"].iter().find(|name| entry.get(**name).is_some()).map(|name| cell(entry, name))
}

/// A thing in a few words.
fn shown(entry: &Value) -> String {
    let known = ["Name", "Version", "Release", "Architecture", "Status", "Title", "State"];
    let words: Vec<String> =
        known.iter().filter(|name| entry.get(**name).is_some()).map(|name| cell(entry, name)).collect();
    if words.is_empty() { entry.to_string() } else { words.join(" ") }
}

/// Its name, and each attribute that is another now.
fn difference(before: &Value, after: &Value) -> String {
    let name = name_of(after).unwrap_or_default();
    let names = before.as_object().into_iter().chain(after.as_object()).flatten().map(|(name, _)| name);
    let mut names: Vec<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
    // What follows from the version says no more.
    let versioned = names.iter().any(|name| *name == "Version");
    names.retain(|name| !versioned || matches!(name.as_str(), "Version" | "Release" | "Epoch"));
    // Of a patch: its state and its version. What else there is to have says no more where one of these is another.
    let is_patch = names.iter().any(|name| matches!(name.as_str(), "State" | "Title"));
    names.retain(|name| !is_patch || matches!(name.as_str(), "State" | "Title" | "Reason"));
    names.sort();
    names.dedup();
    let each = names.iter().map(|name| match name.as_str() {
        "Version" => format!("{} -> {}", cell(before, name), cell(after, name)),
        name => format!("{name} {} -> {}", cell(before, name), cell(after, name)),
    });
    [name].into_iter().filter(|name| !name.is_empty()).chain(each).collect::<Vec<_>>().join(" ")
}

fn cause(change: &Value) -> String {
    let commands = || -> Vec<&str> {
        change["commands"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    match cell(change, "origin").as_str() {
        "FirstCollection" => "first collection".to_owned(),
        "Put" => format!("put by {}", cell(change, "actor")),
        "Deletion" => format!("type deleted by {}", cell(change, "actor")),
        "OutsideReeve" => "outside Reeve".to_owned(),
        "Commands" => match commands().as_slice() {
            [one] => format!("command {one}"),
            several => format!("one of the commands {}", several.join(", ")),
        },
        _ => "not known: when it was collected before is lost".to_owned(),
    }
}
