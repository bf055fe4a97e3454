//! `reeve patch`: what of the nodes' packages is as their baselines want it, and installing what is not.

use super::{
    Format,
    connection::Connection,
    list::{all, print},
    run::{self, meant},
    table::{cell, instant},
};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Patches of nodes, by the baseline of each node's patch group and operating system.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Finds out what is missing; nothing is installed.
    Scan(RunArgs),
    /// Installs what the baselines approve. All nodes decide by the baselines as they are now.
    Install {
        #[command(flatten)]
        run: RunArgs,
        /// No node is restarted; what needs a restart is pending until somebody does it.
        #[arg(long)]
        no_reboot: bool,
        /// After more errors than this nobody else begins: a number or a percentage.
        #[arg(long, value_name = "N|N%", default_value = "0")]
        max_errors: String,
    },
    /// Lists nodes with what their last run found.
    Status,
    /// Lists a node's patches.
    Show {
        node: String,
        /// Only those in this state: Missing, Failed, Installed, InstalledOther, InstalledPendingReboot, InstalledRejected.
        #[arg(long)]
        state: Option<String>,
    },
    /// Lists the baselines.
    Baselines,
}

/// Which nodes, and how many at once.
#[derive(clap::Args)]
pub struct RunArgs {
    /// Nodes by selection: `Key=tag:role,Values=web,db`. May be repeated; all must hold.
    #[arg(long, value_name = "Key=…,Values=…")]
    targets: Vec<String>,
    /// Nodes by id, separated by commas. Without --nodes and --targets: every connected node.
    #[arg(long, value_delimiter = ',', conflicts_with = "targets")]
    nodes: Vec<String>,
    /// How many nodes run it at once: a number or a percentage.
    #[arg(long, value_name = "N|N%", default_value = "50")]
    max_concurrency: String,
    /// Prints what many nodes print as it comes, each under its name.
    #[arg(long)]
    stream: bool,
}

/// As many nodes are asked for at once.
const NODES_PER_CALL: usize = 50;

pub async fn patch(connection: &Connection, command: Command, format: Format) -> anyhow::Result<ExitCode> {
    match command {
        Command::Scan(args) => run_on(connection, args, json!({"Operation": ["Scan"]}), "100%", format).await,
        Command::Install { run, no_reboot, max_errors } => {
            let reboot = if no_reboot { "NoReboot" } else { "RebootIfNeeded" };
            let parameters = json!({
                "Operation": ["Install"],
                "RebootOption": [reboot],
                "SnapshotId": [new_uuid().to_string()],
            });
            run_on(connection, run, parameters, &max_errors, format).await
        }
        Command::Status => status(connection, format).await.map(|()| ExitCode::SUCCESS),
        Command::Show { node, state } => {
            show(connection, &node, state, format).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Baselines => baselines(connection, format).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn run_on(
    connection: &Connection,
    args: RunArgs,
    parameters: Value,
    max_errors: &str,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let (member, nodes) = meant(&args.nodes, &args.targets)?;
    let input = json!({
        "DocumentName": "AWS-RunPatchBaseline",
        "Parameters": parameters,
        "MaxConcurrency": args.max_concurrency,
        "MaxErrors": max_errors,
        member: nodes,
    });
    run::document(connection, &input, args.stream, format).await
}

async fn status(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let nodes = all(connection, "DescribeInstanceInformation", json!({}), "InstanceInformationList").await?;
    let ids: Vec<String> = nodes.iter().map(|node| cell(node, "InstanceId")).collect();
    let mut states = Vec::new();
    for ids in ids.chunks(NODES_PER_CALL) {
        let input = json!({"InstanceIds": ids});
        states.extend(all(connection, "DescribeInstancePatchStates", input, "InstancePatchStates").await?);
    }
    let heading = [
        "NODE",
        "GROUP",
        "LAST RUN",
        "ENDED",
        "MISSING",
        "FAILED",
        "PENDING",
        "REJECTED",
        "INSTALLED",
        "NOT KNOWN SINCE, BECAUSE",
    ];
    print(format, &states, &heading, |state| {
        vec![
            cell(state, "InstanceId"),
            cell(state, "PatchGroup"),
            cell(state, "Operation"),
            instant(state, "OperationEndTime"),
            cell(state, "MissingCount"),
            cell(state, "FailedCount"),
            cell(state, "InstalledPendingRebootCount"),
            cell(state, "InstalledRejectedCount"),
            cell(state, "InstalledCount"),
            // Why the last run could not look: what is here is older.
            state["OwnerInformation"].as_str().unwrap_or_default().to_owned(),
        ]
    })
}

async fn show(
    connection: &Connection,
    node: &str,
    state: Option<String>,
    format: Format,
) -> anyhow::Result<()> {
    let mut input = json!({"InstanceId": node});
    if let Some(state) = state {
        input["Filters"] = json!([{"Key": "State", "Values": [state]}]);
    }
    let patches = all(connection, "DescribeInstancePatches", input, "Patches").await?;
    print(format, &patches, &["PATCH", "STATE", "CLASSIFICATION", "SEVERITY", "INSTALLED"], |patch| {
        vec![
            cell(patch, "Title"),
            cell(patch, "State"),
            cell(patch, "Classification"),
            cell(patch, "Severity"),
            instant(patch, "InstalledTime"),
        ]
    })
}

async fn baselines(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let baselines = all(connection, "DescribePatchBaselines", json!({}), "BaselineIdentities").await?;
    print(format, &baselines, &["BASELINE", "NAME", "SYSTEM", "DEFAULT"], |baseline| {
        let is_default = baseline["DefaultBaseline"].as_bool().unwrap_or_default();
        vec![
            cell(baseline, "BaselineId"),
            cell(baseline, "BaselineName"),
            cell(baseline, "OperatingSystem"),
            if is_default { "yes" } else { "" }.to_owned(),
        ]
    })
}
