//! `reeve patch`: what of the nodes' packages is as their baselines want it, and installing what is not.

use super::{
    Format,
    connection::Connection,
    list::{all, online, print},
    patch_rollouts,
    run::{self, meant, target},
    table::{cell, instant},
};
use anyhow::Context;
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Patches of nodes, by the baseline of each node's patch group and operating system.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Finds out what is missing; nothing is installed.
    Scan(RunArgs),
    /// Installs what the baselines approve. All nodes decide by the baselines as they are now.
    Install(InstallArgs),
    /// Lets a roll-out that has stopped go on: the wave that it stopped in begins anew.
    Resume {
        /// Its id, or the beginning of it.
        rollout: String,
    },
    /// Lists the roll-outs in waves, the newest first.
    Rollouts,
    /// Takes back what a command installed: the versions that were there before it, where they can still be had.
    Rollback {
        /// The command's id.
        command: String,
        #[command(flatten)]
        run: RunArgs,
        /// No node is restarted.
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
        /// Only those in this state: Missing, Failed, Installed, InstalledOther, InstalledPendingReboot, InstalledRejected, Phased.
        #[arg(long)]
        state: Option<String>,
    },
    /// Lists the baselines.
    Baselines,
}

const PATCH: &str = "AWS-RunPatchBaseline";

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

/// What is installed, where, and in which steps.
#[derive(clap::Args)]
pub struct InstallArgs {
    #[command(flatten)]
    run: RunArgs,
    /// No node is restarted; what needs a restart is pending until somebody does it.
    #[arg(long)]
    no_reboot: bool,
    /// After more errors than this nobody else begins: a number or a percentage. With waves, of each wave's nodes.
    #[arg(long, value_name = "N|N%", default_value = "0")]
    max_errors: String,
    /// Says what would be installed on each node, in which order, and whether it would restart; nothing is done.
    #[arg(long, conflicts_with = "waves")]
    dry_run: bool,
    /// Patches wave after wave, each of so many nodes or of a percentage of all; what is left is the last wave. It stops by
    /// itself where more than --max-errors of a wave's nodes fail, and `reeve patch resume` lets it go on.
    #[arg(long, value_delimiter = ',', value_name = "N|N%,…")]
    waves: Vec<String>,
    /// A document that is run on a wave's nodes before the next wave: where it fails, the roll-out stops.
    #[arg(long, value_name = "NAME", requires = "waves")]
    health_document: Option<String>,
    /// Installs the patches of this list instead of those that are approved: a file here, or a URL that the nodes read
    /// (https://, file://).
    #[arg(long, value_name = "FILE|URL")]
    list: Option<String>,
    /// Decides by the baselines in this file or at this URL instead of the registered ones.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "list")]
    baseline: Option<String>,
}

impl InstallArgs {
    /// The parameters of the document, beside the operation.
    fn parameters(&self) -> anyhow::Result<Value> {
        let reboot = if self.no_reboot { "NoReboot" } else { "RebootIfNeeded" };
        let mut parameters = json!({"RebootOption": [reboot], "SnapshotId": [new_uuid().to_string()]});
        for (name, given) in [("InstallOverrideList", &self.list), ("BaselineOverride", &self.baseline)] {
            if let Some(given) = given {
                parameters[name] = json!([content(given)?]);
            }
        }
        Ok(parameters)
    }
}

impl InstallArgs {
    /// What StartPatchRollout is asked.
    async fn in_waves(&self, connection: &Connection) -> anyhow::Result<Value> {
        let mut input = json!({
            "waves": self.waves, "parameters": self.parameters()?,
            "maxConcurrency": self.run.max_concurrency, "maxErrors": self.max_errors,
        });
        match (self.run.nodes.as_slice(), self.run.targets.as_slice()) {
            ([], []) => input["nodeIds"] = json!(online(connection).await?),
            ([], targets) => {
                let targets = targets.iter().map(|text| {
                    let target = target(text)?;
                    Ok(json!({"key": target["Key"], "values": target["Values"]}))
                });
                input["targets"] = targets.collect::<anyhow::Result<_>>()?;
            }
            (nodes, _) => input["nodeIds"] = json!(nodes),
        }
        if let Some(document) = &self.health_document {
            input["healthDocument"] = json!(document);
        }
        Ok(input)
    }
}

/// A URL as it is, and what a file holds: it travels with the command.
fn content(given: &str) -> anyhow::Result<String> {
    if given.contains("://") {
        return Ok(given.to_owned());
    }
    std::fs::read_to_string(given).with_context(|| format!("could not read {given}"))
}

/// As many nodes are asked for at once.
const NODES_PER_CALL: usize = 50;

pub async fn patch(connection: &Connection, command: Command, format: Format) -> anyhow::Result<ExitCode> {
    match command {
        Command::Scan(args) => {
            run_on(connection, args, (PATCH, json!({"Operation": ["Scan"]})), "100%", format).await
        }
        Command::Install(args) if !args.waves.is_empty() => {
            patch_rollouts::start(connection, &args.in_waves(connection).await?, format).await
        }
        Command::Install(args) => {
            let mut parameters = args.parameters()?;
            if args.dry_run {
                let document = "Reeve-PatchDryRun";
                return run_on(connection, args.run, (document, parameters), "100%", format).await;
            }
            parameters["Operation"] = json!(["Install"]);
            run_on(connection, args.run, (PATCH, parameters), &args.max_errors, format).await
        }
        Command::Resume { rollout } => patch_rollouts::resume(connection, &rollout, format).await,
        Command::Rollouts => patch_rollouts::list(connection, format).await.map(|()| ExitCode::SUCCESS),
        Command::Rollback { command, run, no_reboot, max_errors } => {
            let reboot = if no_reboot { "NoReboot" } else { "RebootIfNeeded" };
            let parameters = json!({"CommandId": [command], "RebootOption": [reboot]});
            run_on(connection, run, ("Reeve-PatchRollback", parameters), &max_errors, format).await
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
    (document, parameters): (&str, Value),
    max_errors: &str,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let (member, nodes) = meant(&args.nodes, &args.targets)?;
    let input = json!({
        "DocumentName": document,
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
