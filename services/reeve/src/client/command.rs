//! `reeve command ID`: what a command is, and how it stands on each node, with the reasons.

use super::{
    Format,
    connection::Connection,
    held, list, stdout,
    table::{self, cell, instant},
};
use anyhow::Context;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Options of `command`.
#[derive(clap::Args)]
pub struct Args {
    /// The command's id.
    command: String,
}

pub async fn command(connection: &Connection, args: Args, format: Format) -> anyhow::Result<()> {
    let id = args.command;
    let found = connection.call("ListCommands", &json!({"CommandId": id})).await?;
    let command = found["Commands"].get(0).with_context(|| format!("there is no command {id:?}"))?;
    let invocations = invocations(connection, &id, None).await?;
    if format == Format::Json {
        return stdout::line(json!({"Command": command, "CommandInvocations": invocations}));
    }
    stdout::line(format_args!(
        "{id}  {}  {}: {}, {} {}",
        cell(command, "DocumentName"),
        cell(command, "StatusDetails"),
        ends(command, &invocations),
        if held::waits(command) { "asked for" } else { "sent" },
        instant(command, "RequestedDateTime"),
    ))?;
    if invocations.is_empty()
        && let Some(words) = held::words(connection, &id).await
    {
        stdout::line(words)?;
    }
    let nodes = pings(connection, &invocations).await?;
    let rows: Vec<_> = invocations.iter().flat_map(|invocation| rows(invocation, &nodes)).collect();
    table::print(&["NODE", "STEP", "STATUS", "CODE", "STARTED", "ENDED", "REASON"], &rows)
}

/// Whether an invocation has ended, and not well.
pub fn has_failed(invocation: &Value) -> bool {
    has_ended(invocation) && invocation["Status"] != "Success"
}

/// How many nodes have ended, and how many of them well, where not all did: `2 of 2 ended, 1 succeeded, 0 errors`.
pub fn ends(command: &Value, invocations: &[Value]) -> String {
    let targets = command["TargetCount"].as_u64().unwrap_or(invocations.len() as u64);
    let well = invocations.iter().filter(|invocation| invocation["Status"] == "Success").count();
    let (ended, well) = (cell(command, "CompletedCount"), well.to_string());
    let well = if well == ended { String::new() } else { format!("{well} succeeded, ") };
    let errors = cell(command, "ErrorCount");
    let noun = if errors == "1" { "error" } else { "errors" };
    format!("{ended} of {targets} ended, {well}{errors} {noun}")
}

/// The invocations of a command with their steps, on one node or on all.
pub async fn invocations(
    connection: &Connection,
    command: &str,
    node: Option<&str>,
) -> anyhow::Result<Vec<Value>> {
    let mut input = json!({"CommandId": command, "Details": true});
    if let Some(node) = node {
        input["InstanceId"] = json!(node);
    }
    list::all(connection, "ListCommandInvocations", input, "CommandInvocations").await
}

/// Whether the nodes that have not ended are there, by id.
async fn pings(
    connection: &Connection,
    invocations: &[Value],
) -> anyhow::Result<BTreeMap<String, (String, String)>> {
    let open = invocations.iter().filter(|invocation| !has_ended(invocation));
    let open: Vec<_> = open.map(|invocation| cell(invocation, "InstanceId")).collect();
    let mut pings = BTreeMap::new();
    for ids in open.chunks(50) {
        let input = json!({"Filters": [{"Key": "InstanceIds", "Values": ids}]});
        let nodes =
            list::all(connection, "DescribeInstanceInformation", input, "InstanceInformationList").await?;
        for node in nodes {
            let ping = (cell(&node, "PingStatus"), instant(&node, "LastPingDateTime"));
            pings.insert(cell(&node, "InstanceId"), ping);
        }
    }
    Ok(pings)
}

fn has_ended(invocation: &Value) -> bool {
    !matches!(cell(invocation, "Status").as_str(), "Pending" | "InProgress" | "Delayed" | "Cancelling")
}

/// Why an invocation stands as it does: what the node or the control plane said, or what it waits for.
pub fn reason(invocation: &Value, ping: Option<&(String, String)>) -> String {
    let said = cell(invocation, "TraceOutput");
    if said != "-" || has_ended(invocation) {
        return said;
    }
    match (cell(invocation, "Status").as_str(), ping) {
        (_, Some((ping, seen))) if ping != "Online" => {
            format!("waits for the node, which is not connected (last seen {seen})")
        }
        ("InProgress", _) => "runs".to_owned(),
        _ => "waits for its turn, or for the node to take it".to_owned(),
    }
}

fn rows(invocation: &Value, pings: &BTreeMap<String, (String, String)>) -> Vec<Vec<String>> {
    let node = cell(invocation, "InstanceId");
    let steps: Vec<&Value> = invocation["CommandPlugins"].as_array().into_iter().flatten().collect();
    let times = |name: &str| steps.iter().filter_map(|step| step[name].as_f64()).collect::<Vec<_>>();
    let (begun, ended) = (times("ResponseStartDateTime"), times("ResponseFinishDateTime"));
    let begun = begun.into_iter().reduce(f64::min);
    let ended = ended.into_iter().reduce(f64::max).filter(|_| has_ended(invocation));
    let span = json!({"begun": begun, "ended": ended});
    let whole = vec![
        node.clone(),
        "-".to_owned(),
        cell(invocation, "StatusDetails"),
        "-".to_owned(),
        instant(&span, "begun"),
        instant(&span, "ended"),
        reason(invocation, pings.get(&node)),
    ];
    let steps = steps.into_iter().map(|step| {
        vec![
            node.clone(),
            cell(step, "Name"),
            cell(step, "StatusDetails"),
            cell(step, "ResponseCode"),
            instant(step, "ResponseStartDateTime"),
            instant(step, "ResponseFinishDateTime"),
            "-".to_owned(),
        ]
    });
    std::iter::once(whole).chain(steps).collect()
}

/// Says to people how a command ended on each node.
pub fn say_ends(invocations: &[Value]) {
    for invocation in invocations {
        let said = cell(invocation, "TraceOutput");
        let reason = if said == "-" { String::new() } else { format!(": {said}") };
        eprintln!(
            "reeve: {} on {}{reason}",
            cell(invocation, "StatusDetails"),
            cell(invocation, "InstanceId")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_begun_with_its_first_step_and_ended_with_its_last_one() {
        let step = |begun: i64, ended: i64| json!({"Name": "s", "ResponseStartDateTime": begun, "ResponseFinishDateTime": ended});
        let mut invocation = json!({
            "InstanceId": "mi-1", "Status": "Success", "RequestedDateTime": 1, "CommandPlugins": [step(10, 20), step(20, 30)],
        });
        let whole = |invocation: &Value| rows(invocation, &BTreeMap::new()).swap_remove(0)[4..6].to_vec();
        assert_eq!(whole(&invocation), ["1970-01-01T00:00:10.000Z", "1970-01-01T00:00:30.000Z"]);
        invocation["Status"] = "InProgress".into();
        assert_eq!(whole(&invocation), ["1970-01-01T00:00:10.000Z", "-"]);
        invocation["CommandPlugins"] = json!([]);
        assert_eq!(whole(&invocation), ["-", "-"]);
    }

    #[test]
    fn what_has_not_ended_says_what_it_waits_for() {
        let pending = json!({"Status": "Pending"});
        let away = ("ConnectionLost".to_owned(), "then".to_owned());
        assert!(reason(&pending, Some(&away)).contains("not connected (last seen then)"));
        let here = ("Online".to_owned(), "now".to_owned());
        assert!(reason(&pending, Some(&here)).contains("its turn"));
        assert_eq!(reason(&json!({"Status": "InProgress"}), Some(&here)), "runs");
        assert_eq!(reason(&json!({"Status": "Failed", "TraceOutput": "why"}), None), "why");
    }
}
