//! What one node prints: a hundred megabytes from a script to the log, beside the raw bus.

use super::{
    http::{Client, Signed},
    instance::Up,
    process,
    report::{Goal, Report},
};
use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use reeve::client::list;
use reeve_contracts::node::OutputChunk;
use reeve_jetstream::{Bus, Headers, follow, streams};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Options of `bench output`.
#[derive(clap::Args)]
pub struct Args {
    /// How many megabytes (10^6 bytes) the script prints.
    #[arg(long, default_value_t = 100)]
    megabytes: usize,
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(1).await?;
    let connection = up.connection.clone();
    let begun = Instant::now();
    let node = loop {
        if let Some(node) = list::online(&connection).await?.pop() {
            break node;
        }
        ensure!(begun.elapsed() < Duration::from_secs(30), "the node did not connect");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let bus = up.bus().await?;
    let bytes = args.megabytes * 1_000_000;
    let agent = *up.agents()?.first().context("the instance has no agent")?;
    let mut client = Client::open(&up.connection).await?;
    let script = format!("head -c {bytes} /dev/zero");
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": [script]},
    });
    let begun = Instant::now();
    let answer = client.json(&Signed::new(&up.connection, "SendCommand", &input)).await?;
    let id =
        answer.pointer("/Command/CommandId").and_then(Value::as_str).context("no command id")?.to_owned();
    let input = json!({"CommandId": id, "InstanceId": node});
    let look = Signed::new(&up.connection, "GetCommandInvocation", &input);
    let mut resident = 0.0_f64;
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        resident = resident.max(process::resident_kib(agent)?);
        let answer = client.json(&look).await?;
        match answer.get("Status").and_then(Value::as_str) {
            Some("Success") => break,
            Some("Pending" | "InProgress") => {}
            other => bail!("the command ended as {other:?}"),
        }
    }
    let time = begun.elapsed();
    let (chunks, printed) = printed(&bus, &id).await?;
    ensure!(printed == bytes, "{printed} of {bytes} bytes are in the log");
    let raw = raw(&bus, chunks, bytes / chunks).await?;
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    let mut report = Report::new("output");
    let name = format!("{} MB from one node, until its outcome is readable", args.megabytes);
    report.add(
        format!("{name}, beside the raw bus"),
        speed(time),
        "MB/s",
        Goal::Share { of: speed(raw), least: 0.5 },
    );
    report.add(name, speed(time), "MB/s", Goal::AtLeast(100.0));
    report.add("memory of the agent meanwhile, at most", resident / 1024.0, "MiB", Goal::AtMost(30.0));
    report.add("chunks", chunks as f64, "", Goal::None);
    Ok(report)
}

/// How many chunks and bytes of a command the stream of output holds.
async fn printed(bus: &Bus, command: &str) -> anyhow::Result<(usize, usize)> {
    let subject = reeve_node_protocol::subject::outputs(None, command);
    let last = follow::last_matching(bus, streams::NODE_OUTPUT, &subject).await?;
    let mut messages = follow::follow(bus, streams::NODE_OUTPUT, &[subject], 0).await?;
    let (mut chunks, mut bytes) = (0, 0);
    while let Some(stored) = messages.next().await {
        let stored = stored?;
        chunks += 1;
        bytes += OutputChunk::decode(stored.message.data)?.data.len();
        if stored.sequence >= last {
            break;
        }
    }
    Ok((chunks, bytes))
}

/// The peer: as many messages of that size, sixteen at a time, into a stream of the same settings.
async fn raw(bus: &Bus, chunks: usize, size: usize) -> anyhow::Result<Duration> {
    streams::ensure_events(bus, "bench-output").await?;
    let data = Bytes::from(vec![0; size]);
    let begun = Instant::now();
    stream::iter(0..chunks)
        .map(Ok::<_, anyhow::Error>)
        .try_for_each_concurrent(16, |n| {
            let data = data.clone();
            async move {
                bus.store(&format!("reeve.evt.bench-output.chunk.{n}"), &Headers::default(), data).await?;
                Ok(())
            }
        })
        .await?;
    Ok(begun.elapsed())
}
