//! The patches of a fleet, from what the inventory says of each node: taken in, and asked for.

use super::{
    instance::Server,
    inventory::{MAX_CONCURRENT_EVENTS, change, folder_bytes, median, register},
    report::{Goal, Report, rate},
};
use futures::{StreamExt, TryStreamExt, stream};
use reeve_inventory_model::Entry;
use reeve_jetstream::Bus;
use serde_json::json;
use std::time::Instant;

/// Options of `bench patches`.
#[derive(clap::Args)]
pub struct Args {
    /// How many nodes there are.
    #[arg(long, default_value_t = 10_000)]
    nodes: usize,
    /// How many patches each node has, one in fifty of them missing.
    #[arg(long, default_value_t = 500)]
    patches: usize,
}

/// As many nodes one call asks for.
const NODES_PER_CALL: usize = 50;

pub async fn run(args: Args) -> anyhow::Result<Report> {
    Server::with(async |server| measure(server, &args).await).await
}

async fn measure(server: &Server, args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("patches");
    let bus = &server.bus;
    server.ensure_streams(&["nodes", "inventory", "patching"]).await?;
    let numbers = stream::iter(0..args.nodes).map(Ok);
    numbers.try_for_each_concurrent(MAX_CONCURRENT_EVENTS, |n| node(bus, n, args.patches)).await?;
    let begun = Instant::now();
    let folder = server.folder.path.join("patching");
    let running = reeve_runtime::run(reeve_patching::service(), bus.clone(), &folder).await?;
    let per_second = rate(args.nodes, begun.elapsed());
    report.add("nodes' patches taken into views", per_second, "1/s", Goal::AtLeast(1_000.0));
    let bytes_per_node = folder_bytes(&folder)? / u64::try_from(args.nodes.max(1))?;
    report.add("views of a node", f64::from(u32::try_from(bytes_per_node)?) / 1_024.0, "KiB", Goal::None);
    let ids: Vec<String> = (0..NODES_PER_CALL.min(args.nodes)).map(id).collect();
    let missing = json!([{"Key": "State", "Values": ["Missing"]}]);
    let questions = [
        ("states of 50 nodes", "DescribeInstancePatchStates", json!({"InstanceIds": ids})),
        (
            "missing patches of a node",
            "DescribeInstancePatches",
            json!({"InstanceId": id(0), "Filters": missing, "MaxResults": 100}),
        ),
    ];
    for (what, operation, input) in questions {
        let subject = format!("reeve.api.patching.{operation}");
        report.add(what, median(bus, &subject, &input).await?, "ms", Goal::AtMost(50.0));
    }
    running.stop().await;
    Ok(report)
}

fn id(number: usize) -> String {
    format!("mi-{number:017x}")
}

/// A node, and the events of its first scan.
async fn node(bus: &Bus, number: usize, patches: usize) -> anyhow::Result<()> {
    let node_id = id(number);
    register(bus, &node_id).await?;
    let text = |of: &[(&str, &str)]| -> Entry {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let patch = |n: usize| {
        let state = if n.is_multiple_of(50) { "Missing" } else { "InstalledOther" };
        let (name, version) = (format!("package-{n:04}.amd64"), format!("1.{}", (n + number) % 3));
        let available = if state == "Missing" { "2.0" } else { "" };
        text(&[
            ("KBId", &name),
            ("Title", &format!("{name}:{version}")),
            ("Classification", "Security"),
            ("Severity", "Important"),
            ("State", state),
            ("Product", "Debian12"),
            ("AvailableVersion", available),
        ])
    };
    let all = (0..patches).map(patch).collect();
    change(bus, &node_id, "AWS:PatchCompliance", all).await?;
    let summary =
        text(&[("Operation", "Scan"), ("PatchGroup", "web"), ("OperationEndTime", "2026-01-01T00:00:00Z")]);
    change(bus, &node_id, "AWS:PatchSummary", vec![summary]).await
}
