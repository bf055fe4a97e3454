//! The rebuild of run-command's views beside the plain replay of the same stream.

use super::{
    instance::Server,
    report::{Goal, Report, rate},
};
use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use reeve::host::key_files;
use reeve_contracts::{
    outcome::{StepOutcome, StepStatus},
    run_command::{
        CommandEvent, CommandFinished, CommandSent, Dispatched, InvocationEvent, InvocationFinished,
        InvocationStarted, InvocationsDispatched,
    },
};
use reeve_eventsourcing::{Actor, AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, follow, store, streams};
use reeve_types::{Timestamp, ids::new_uuid};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

const SERVICE: &str = "run-command";
/// Nodes of one command.
const NODES: usize = 10;
/// The events of one command: that it was sent, to whom it went, two of each node, and its end.
const EVENTS: usize = 3 + 2 * NODES;
/// Commands that are written at a time: a server that syncs every write does so for many at once.
const MAX_CONCURRENT_COMMANDS: usize = 128;
/// The better of so many runs counts, for the view and for the plain replay.
const RUNS: usize = 3;

pub async fn run(server: &Server, events: usize, report: &mut Report) -> anyhow::Result<()> {
    streams::ensure_events(&server.bus, SERVICE).await?;
    let commands = events.div_ceil(EVENTS);
    let bus = &server.bus;
    stream::iter(0..commands)
        .map(Ok)
        .try_for_each_concurrent(MAX_CONCURRENT_COMMANDS, |n| async move { command(bus, n).await })
        .await?;
    let stream = streams::of_service(SERVICE);
    let count = usize::try_from(streams::last_sequence(bus, &stream).await?)?;
    ensure!(count == commands * EVENTS, "the stream holds {count} events");

    let (mut plain, mut read, mut rebuilt) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for run in 0..RUNS {
        plain = plain.min(replay(bus, &stream, count).await?);
        read = read.min(kernel(bus, &stream, count).await?);
        rebuilt = rebuilt.min(rebuild(server, run).await?);
    }
    let plain = rate(count, plain);
    report.add("events read by the kernel", rate(count, read), "1/s", Goal::Peer(plain));
    let name = format!("run-command's views rebuilt from {count} events");
    report.add(name, rate(count, rebuilt), "1/s", Goal::Share { of: plain, least: 0.5 });
    Ok(())
}

/// The peer: the client's messages, counted.
async fn replay(bus: &Bus, stream: &str, count: usize) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let read = follow::count(bus, stream, count).await?;
    ensure!(read == count, "{read} of {count} events were read");
    Ok(begun.elapsed())
}

/// The kernel's messages, counted: what a view would keep that cost nothing.
async fn kernel(bus: &Bus, stream: &str, count: usize) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut messages = follow::follow(bus, stream, &[], 0).await?.take(count);
    while let Some(message) = messages.next().await {
        message?;
    }
    Ok(begun.elapsed())
}

/// Starts the service on an empty folder: it answers when its views have caught up.
async fn rebuild(server: &Server, run: usize) -> anyhow::Result<Duration> {
    let service = reeve_run_command::service(&reeve_run_command::Config {
        root_key: key_files::root_key(&server.folder.path)?,
        seeds: key_files::seeds_of(&server.folder.path),
        authorizer: Arc::new(reeve_authz::Access::new(reeve_authz::Keyring::default())),
    });
    let begun = Instant::now();
    let views =
        reeve_runtime::rebuild(&service, &server.bus, &server.folder.path.join(format!("rebuilt-{run}")))
            .await?;
    let time = begun.elapsed();
    drop(views);
    Ok(time)
}

/// Writes the events of one command on its nodes.
async fn command(bus: &Bus, n: usize) -> anyhow::Result<()> {
    let (id, now) = (new_uuid().to_string(), Timestamp::now());
    let nodes: Vec<String> = (0..NODES).map(|node| format!("mi-{:017x}", n % 1_000 * NODES + node)).collect();
    let sent = CommandSent {
        command_id: id.clone(),
        document_name: "AWS-RunShellScript".to_owned(),
        document_version: "1".to_owned(),
        document_hash: "0".repeat(64),
        document_content: "x".repeat(1_000),
        parameters_json: r#"{"commands":["uptime"]}"#.to_owned(),
        targets_json: r#"[{"Key":"tag:role","Values":["web"]}]"#.to_owned(),
        node_ids: nodes.clone(),
        max_concurrency: "50".to_owned(),
        max_errors: "0".to_owned(),
        delivery_timeout_seconds: 3_600,
        execution_timeout_seconds: 3_600,
        requested_ms: now.0,
        expires_ms: now.plus_seconds(7_200).0,
        request_json: r#"{"Parameters":{"commands":["uptime"]}}"#.to_owned(),
        ..CommandSent::default()
    };
    let mut last = append(bus, &id, CommandEvent::CommandSent(sent), Position(0)).await?;
    let dispatched = nodes.iter().map(|node| Dispatched { node_id: node.clone(), number: 1 }).collect();
    let told =
        InvocationsDispatched { command_id: id.clone(), dispatched, next_index: u32::try_from(NODES)? };
    last = append(bus, &id, CommandEvent::InvocationsDispatched(told), last).await?;
    stream::iter(&nodes)
        .map(Ok)
        .try_for_each_concurrent(None, |node| invocation(bus, &id, node, now))
        .await?;
    let finished = CommandFinished {
        command_id: id.clone(),
        status: "Success".to_owned(),
        status_details: "Success".to_owned(),
        completed: u32::try_from(NODES)?,
        ..CommandFinished::default()
    };
    last = append(bus, &id, CommandEvent::CommandFinished(finished), last).await?;
    ensure!(last.0 > 0, "an event has no position");
    Ok(())
}

async fn invocation(bus: &Bus, command: &str, node: &str, now: Timestamp) -> anyhow::Result<()> {
    let id = format!("{command}/{node}");
    let ids = || (command.to_owned(), node.to_owned());
    let (command_id, node_id) = ids();
    let event = InvocationStarted { command_id, node_id, started_ms: now.0 };
    let last = append(bus, &id, InvocationEvent::InvocationStarted(event), Position(0)).await?;
    let (command_id, node_id) = ids();
    let step = StepOutcome {
        name: "aws:runShellScript".to_owned(),
        action: "aws:runShellScript".to_owned(),
        status: StepStatus::Success.into(),
        started_ms: now.0,
        finished_ms: now.0,
        stdout: " 10:00:00 up 10 days, load average: 0.10, 0.11, 0.09\n".to_owned(),
        output: " 10:00:00 up 10 days, load average: 0.10, 0.11, 0.09\n".to_owned(),
        ..StepOutcome::default()
    };
    let event = InvocationFinished {
        command_id,
        node_id,
        status: "Success".to_owned(),
        status_details: "Success".to_owned(),
        started_ms: now.0,
        finished_ms: now.0,
        steps: vec![step],
        ..InvocationFinished::default()
    };
    append(bus, &id, InvocationEvent::InvocationFinished(event), last).await.map(|_| ())
}

pub async fn append<E: Event>(bus: &Bus, id: &str, event: E, expected: Position) -> anyhow::Result<Position> {
    let context = Context {
        now: Timestamp::now(),
        actor: Actor { name: "administrator".to_owned(), source: "127.0.0.1".to_owned() },
        command_id: new_uuid(),
        correlation_id: Uuid::NAMESPACE_OID,
        cause_id: None,
        traceparent: None,
    };
    let envelope = Envelope::of(&AggregateRef::of::<E>(id), &event, &context);
    Ok(store::append(bus, &envelope, expected).await?)
}
