//! Questions about the inventory of a fleet: filters and aggregators, through the service's own operations.

use super::{
    instance::Server,
    rebuild::append,
    report::{Goal, Report, rate},
};
use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use reeve_contracts::{
    inventory::{InventoryChanged, InventoryEvent},
    nodes::{NodeEvent, NodeRegistered},
};
use reeve_eventsourcing::Position;
use reeve_inventory_model::{Entry, entry, hash::Sum, keyed};
use reeve_jetstream::{Bus, Headers, serve};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Options of `bench inventory`.
#[derive(clap::Args)]
pub struct Args {
    /// How many nodes there are.
    #[arg(long, default_value_t = 10_000)]
    nodes: usize,
    /// How many packages each node has.
    #[arg(long, default_value_t = 500)]
    packages: usize,
}

const APPLICATIONS: &str = "AWS:Application";
/// Events that are written at a time.
pub const MAX_CONCURRENT_EVENTS: usize = 64;
/// The median of so many calls counts.
const CALLS: usize = 21;
/// One node in so many has the package that is looked for, and the first nodes do not.
const RARE: usize = 100;

pub async fn run(args: Args) -> anyhow::Result<Report> {
    Server::with(async |server| measure(server, &args).await).await
}

async fn measure(server: &Server, args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("inventory");
    let bus = &server.bus;
    server.ensure_streams(&["nodes", "inventory"]).await?;
    let numbers = stream::iter(0..args.nodes).map(Ok);
    numbers.try_for_each_concurrent(MAX_CONCURRENT_EVENTS, |n| node(bus, n, args.packages)).await?;
    let begun = Instant::now();
    let folder = server.folder.path.join("inventory");
    let running = reeve_runtime::run(reeve_inventory::service(), bus.clone(), &folder).await?;
    let entries = args.nodes * args.packages;
    report.add(
        format!("entries taken into views, of {entries}"),
        rate(entries, begun.elapsed()),
        "1/s",
        Goal::None,
    );
    let per_second = rate(args.nodes, begun.elapsed());
    report.add("inventories taken into views", per_second, "1/s", Goal::AtLeast(1_000.0));
    let bytes_per_node = folder_bytes(&folder)? / u64::try_from(args.nodes.max(1))?;
    report.add("views of a node", f64::from(u32::try_from(bytes_per_node)?) / 1_024.0, "KiB", Goal::None);
    let filter = |key: &str, value: &str| json!({"Key": key, "Values": [value]});
    let (name, version) =
        (|value| filter("AWS:Application.Name", value), filter("AWS:Application.Version", "1.0"));
    let count = |expression: &str| json!({"Aggregators": [{"Expression": expression}]});
    let questions = [
        ("filter: a package that every node has", json!({"Filters": [name("package-0007"), version]}), 50.0),
        ("filter: a package that one node in a hundred has", json!({"Filters": [name("rare")]}), 50.0),
        ("filter: a package that no node has", json!({"Filters": [name("none")]}), 50.0),
        ("aggregator: nodes by the name of a package", count("AWS:Application.Name"), 200.0),
        ("aggregator: nodes by their platform", count("AWS:InstanceInformation.ResourceType"), 200.0),
    ];
    for (what, input, most) in questions {
        report.add(
            what,
            median(bus, "reeve.api.inventory.GetInventory", &input).await?,
            "ms",
            Goal::AtMost(most),
        );
    }
    running.stop().await;
    Ok(report)
}

/// What the files of a folder hold.
pub fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// A node, and the event of its first collection.
async fn node(bus: &Bus, number: usize, packages: usize) -> anyhow::Result<()> {
    let node_id = format!("mi-{number:017x}");
    register(bus, &node_id).await?;
    let package = |n: usize| {
        let name =
            if n == 0 && number % RARE == RARE - 1 { "rare".to_owned() } else { format!("package-{n:04}") };
        Entry::from([
            ("Name".to_owned(), name.clone()),
            ("Version".to_owned(), format!("1.{}", (n + number) % 3)),
            ("Architecture".to_owned(), "x86_64".to_owned()),
            ("Publisher".to_owned(), "The maintainers <maintainers@example.com>".to_owned()),
            ("Summary".to_owned(), format!("what {name} is for, in one line")),
        ])
    };
    change(bus, &node_id, APPLICATIONS, (0..packages).map(package).collect()).await
}

pub async fn register(bus: &Bus, node_id: &str) -> anyhow::Result<()> {
    let registered = NodeRegistered { node_id: node_id.to_owned(), ..NodeRegistered::default() };
    append(bus, node_id, NodeEvent::NodeRegistered(registered), Position(0)).await.map(|_| ())
}

/// The event of the first collection of a type on a node.
pub async fn change(bus: &Bus, node_id: &str, type_name: &str, entries: Vec<Entry>) -> anyhow::Result<()> {
    let entries = keyed(type_name, entries);
    let changed = InventoryChanged {
        node_id: node_id.to_owned(),
        type_name: type_name.to_owned(),
        schema_version: "1.1".to_owned(),
        captured_ms: 1,
        hash: Sum::of(type_name, entries.values()).to_string(),
        added: entries.iter().map(|(key, of)| entry(key, of)).collect(),
        part: 1,
        parts: 1,
        ..InventoryChanged::default()
    };
    let id = format!("{node_id}/{type_name}");
    append(bus, &id, InventoryEvent::InventoryChanged(changed), Position(0)).await.map(|_| ())
}

/// The median time of a call, in milliseconds.
pub async fn median(bus: &Bus, subject: &str, input: &Value) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let headers = Headers::default().with("reeve-actor", "administrator");
        let begun = Instant::now();
        let answer =
            serve::call(bus, subject, headers, input.to_string().into(), Duration::from_secs(60)).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        ensure!(answer.headers.get("reeve-error").is_none(), "{}", String::from_utf8_lossy(&answer.data));
    }
    times.sort_by(f64::total_cmp);
    Ok(times[CALLS / 2])
}
