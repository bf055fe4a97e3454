//! One command on a fleet of simulated agents, beside the raw bus storing the same messages once more.

use super::{
    ends::Ends,
    instance::Up,
    log, process,
    report::{Goal, Report},
    simulated::{self, Fleet, Listening},
};
use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use reeve::{client::connection::Connection, host::read_keys};
use reeve_contracts::{
    nodes::{NodeRegistered, Tag},
    run_command::{Dispatched, InvocationsDispatched},
};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, follow, store, streams};
use reeve_types::{NodeId, Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Options of `bench fleet`.
#[derive(clap::Args)]
pub struct Args {
    /// How many simulated agents.
    #[arg(long, default_value_t = 10_000)]
    nodes: usize,
    /// Over how many connections to the bus.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The command's MaxConcurrency: a number or a percentage.
    #[arg(long, default_value = "100%")]
    max_concurrency: String,
    /// How long each simulated document takes, in milliseconds.
    #[arg(long, default_value_t = 0)]
    execution_ms: u64,
    /// Also measures a fleet of this size first, on an instance of its own, and compares the time per node.
    #[arg(long, value_name = "NODES")]
    beside: Option<usize>,
}

/// By then the views of a service that has become quiet are on disk.
const VIEWS_WRITE_DELAY: Duration = Duration::from_millis(2500);

/// What one command on a fleet took.
struct Measured {
    nodes: usize,
    seconds: f64,
    raw: f64,
    raw_in_groups: f64,
    messages: usize,
    most_in_flight: usize,
    services_cpu: Duration,
    bus_cpu: Duration,
    kib_per_node: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub async fn run(args: Args) -> anyhow::Result<Report> {
    let beside = match args.beside {
        Some(nodes) => Some(measure(&args, nodes).await?),
        None => None,
    };
    let m = measure(&args, args.nodes).await?;
    let nodes = m.nodes as f64;
    let mut report = Report::new("fleet");
    report.fact("nodes", m.nodes);
    report.fact("seconds_to_last_outcome", m.seconds);
    report.fact("raw_bus_seconds", m.raw);
    report.fact("ratio", m.seconds / m.raw);
    let limit = 6.0 * nodes / 10_000.0;
    report.add(
        format!("{} nodes: SendCommand to every outcome visible", m.nodes),
        m.seconds,
        "s",
        Goal::AtMost(limit),
    );
    report.add(
        format!("the same, beside the raw bus storing the same {} messages", m.messages),
        m.seconds,
        "s",
        Goal::TimesPeer { of: m.raw, most: 3.0 },
    );
    report.add(
        "the same, beside the raw bus storing them in groups",
        m.seconds,
        "s",
        Goal::Peer(m.raw_in_groups),
    );
    report.add("messages stored for each node", m.messages as f64 / nodes, "", Goal::None);
    report.add("most invocations on their way at once", m.most_in_flight as f64, "", Goal::None);
    let cpu = |time: Duration| time.as_secs_f64() * 1000.0 / nodes;
    report.add("processor time for each node, services", cpu(m.services_cpu), "ms", Goal::None);
    report.add("processor time for each node, nats-server", cpu(m.bus_cpu), "ms", Goal::None);
    let whole = cpu(m.services_cpu + m.bus_cpu);
    report.add("processor time for each node, both", whole, "ms", Goal::AtMost(0.3));
    report.add("memory of nats-server for each idle node", m.kib_per_node, "KiB", Goal::AtMost(2.0));
    if let Some(small) = beside {
        let (here, there) = (m.seconds / nodes, small.seconds / small.nodes as f64);
        report.fact("beside_nodes", small.nodes);
        report.fact("beside_seconds_to_last_outcome", small.seconds);
        let name = format!("time for each node, beside that of {} nodes", small.nodes);
        report.add(name, here * 1000.0, "ms", Goal::TimesPeer { of: there * 1000.0, most: 1.3 });
    }
    Ok(report)
}

async fn measure(args: &Args, count: usize) -> anyhow::Result<Measured> {
    let up = Up::start(0).await?;
    let keys = read_keys(up.data())?;
    let bus = up.bus().await?;
    let [services, server] = up.processes()?;
    let nodes: Vec<NodeId> = (0..count).map(|_| NodeId::new()).collect();
    eprintln!("reeve: registering {count} simulated nodes");
    register(&bus, &nodes).await?;

    let connections = simulated::connect(&up.instance.bus(), &keys, count, args.connections).await?;
    let before = process::resident_kib(server)?;
    let execution = Duration::from_millis(args.execution_ms);
    let listening = Listening::start(&nodes, &connections, up.data(), execution).await?;
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let kib_per_node = (process::resident_kib(server)? - before) / count as f64;
    let fleet = Fleet::start(listening).await;
    let api = up.connection.clone();
    settle(&bus, &api, count).await?;

    let mut told = Ends::listen(&bus).await?;
    // Once for every part's first time, on one node; then the measured one.
    command(&api, &mut told, &json!([{"Key": "InstanceIds", "Values": [nodes[0].as_str()]}]), "1").await?;
    let ends = positions(&bus).await?;
    let cpu = [process::cpu(services)?, process::cpu(server)?];
    let all = json!([{"Key": "tag:fleet", "Values": ["bench"]}]);
    let (id, seconds) = command(&api, &mut told, &all, &args.max_concurrency).await?;
    // The views' rows are written when it is quiet; that is part of the work.
    tokio::time::sleep(VIEWS_WRITE_DELAY).await;
    let cpu = [process::cpu(services)? - cpu[0], process::cpu(server)? - cpu[1]];
    let after = positions(&bus).await?;
    let messages: u64 = after.iter().zip(&ends).map(|(after, before)| after - before).sum();
    let messages = usize::try_from(messages)?;
    let most_in_flight = in_flight(&bus, ends[0], after[0], &id, count).await?;
    drop(fleet);
    let ranges: Vec<_> = (0..3).map(|n| (STREAMS[n], ends[n], after[n])).collect();
    let [raw, raw_in_groups] = log::again(&bus, &ranges).await?;
    Ok(Measured {
        nodes: count,
        seconds,
        raw: raw.as_secs_f64(),
        raw_in_groups: raw_in_groups.as_secs_f64(),
        messages,
        most_in_flight,
        services_cpu: cpu[0],
        bus_cpu: cpu[1],
        kib_per_node,
    })
}

/// Puts nodes into the log as the nodes service does when they enrol.
async fn register(bus: &Bus, nodes: &[NodeId]) -> anyhow::Result<()> {
    let each = stream::iter(nodes).map(Ok::<_, anyhow::Error>);
    each.try_for_each_concurrent(1024, |node| async move {
        let registered = NodeRegistered {
            node_id: node.to_string(),
            activation_id: "bench".to_owned(),
            public_key: format!("simulated-{node}"),
            name: "simulated".to_owned(),
            iam_role: "bench".to_owned(),
            tags: vec![Tag { key: "fleet".to_owned(), value: "bench".to_owned() }],
        };
        let envelope = Envelope {
            id: new_uuid(),
            schema: "reeve.nodes.NodeRegistered.v1".to_owned(),
            time: Timestamp::now(),
            aggregate: AggregateRef::new("nodes", "node", node.as_str()),
            actor: "service:nodes".to_owned(),
            actor_source: String::new(),
            correlation_id: new_uuid(),
            causation_id: new_uuid(),
            cause_id: None,
            traceparent: None,
            data: Bytes::from(registered.encode_to_vec()),
        };
        store::append(bus, &envelope, Position(0)).await?;
        Ok(())
    })
    .await
}

/// Waits until every node is connected and has its tag.
async fn settle(bus: &Bus, api: &Connection, count: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    let wanted = u64::try_from(count)?;
    while streams::last_sequence(bus, "TAGS").await? < wanted
        || streams::last_sequence(bus, "NODES").await? < 2 * wanted
    {
        if begun.elapsed() > Duration::from_secs(120) {
            bail!("the simulated nodes did not connect in two minutes");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // One call through every service, so that their views hold what was waited for.
    api.call("DescribeInstanceInformation", &json!({"MaxResults": 5})).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// The streams that a command writes to.
const STREAMS: [&str; 3] = ["RUN_COMMAND", streams::NODE_INBOX, streams::NODE_REPORTS];

/// Where they end.
async fn positions(bus: &Bus) -> anyhow::Result<[u64; 3]> {
    let mut ends = [0; 3];
    for (end, stream) in ends.iter_mut().zip(STREAMS) {
        *end = streams::last_sequence(bus, stream).await?;
    }
    Ok(ends)
}

/// Sends a command and waits until the API shows its end: its id, and the seconds that it took.
async fn command(
    api: &Connection,
    ends: &mut Ends,
    targets: &Value,
    max_concurrency: &str,
) -> anyhow::Result<(String, f64)> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": targets, "MaxConcurrency": max_concurrency,
    });
    let begun = Instant::now();
    let sent = api.call("SendCommand", &input).await?;
    let id = sent.pointer("/Command/CommandId").and_then(Value::as_str).context("no command id")?.to_owned();
    ends.of(&id).await?;
    loop {
        let listed = api.call("ListCommands", &json!({"CommandId": id})).await?;
        let command = listed.pointer("/Commands/0").context("the command is not listed")?;
        match command.get("StatusDetails").and_then(Value::as_str) {
            Some("Success") => return Ok((id, begun.elapsed().as_secs_f64())),
            Some("Pending" | "InProgress") => {}
            other => bail!("the command ended as {other:?}: {command}"),
        }
        if begun.elapsed() > Duration::from_secs(600) {
            bail!("the command did not end in ten minutes: {command}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Reads the command's events: each node has one outcome, and how many were on their way at most.
async fn in_flight(bus: &Bus, from: u64, to: u64, command: &str, count: usize) -> anyhow::Result<usize> {
    let mut messages = follow::follow(bus, "RUN_COMMAND", &[], from).await?;
    let (mut open, mut ended, mut most) = (HashSet::new(), HashSet::new(), 0);
    while let Some(stored) = messages.next().await {
        let stored = stored?;
        let envelope = store::envelope(bus, &stored.message)?;
        let id = envelope.aggregate.id.as_str();
        if id == command && envelope.schema.contains("InvocationsDispatched") {
            let told = InvocationsDispatched::decode(envelope.data.clone())?;
            for Dispatched { node_id, .. } in told.dispatched {
                ensure!(open.insert(node_id.clone()), "{node_id} was dispatched to twice");
            }
            most = most.max(open.len());
        }
        let node = id.split_once('/').filter(|(id, _)| *id == command);
        if let Some((_, node)) = node.filter(|_| envelope.schema.contains("InvocationFinished")) {
            ensure!(open.remove(node), "{node} ended without having been dispatched");
            ensure!(ended.insert(node.to_owned()), "{node} ended twice");
        }
        if stored.sequence >= to {
            break;
        }
    }
    ensure!(ended.len() == count, "{} of {count} nodes have an outcome in the log", ended.len());
    Ok(most)
}
