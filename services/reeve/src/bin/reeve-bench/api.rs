//! Calls of the API over signed HTTP, each client repeating a call that it has signed.

use super::{
    http::{Client, Signed, load},
    instance::Up,
    report::{Durations, Goal, Report, rate},
};
use anyhow::Context;
use serde_json::{Value, json};
use std::time::Duration;

/// Options of `bench api`.
#[derive(clap::Args)]
pub struct Args {
    /// Connections at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Calls of GetDocument.
    #[arg(long, default_value_t = 50_000)]
    reads: usize,
    /// Commands that are sent: to a tag that no node has, so that accepting them is all that is measured.
    #[arg(long, default_value_t = 10_000)]
    commands: usize,
}

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(0).await?;
    let mut report = Report::new("api");
    let get = Signed::new(&up.connection, "GetDocument", &json!({"Name": "AWS-RunShellScript"}));
    load(&up.connection, args.connections, args.reads / 20, || get.clone()).await?;
    let (times, whole) = load(&up.connection, args.connections, args.reads, || get.clone()).await?;
    report.add(
        format!("GetDocument, {} connections", args.connections),
        rate(args.reads, whole),
        "1/s",
        Goal::AtLeast(10_000.0),
    );
    let times = Durations::new(times);
    report.add("GetDocument, p50", times.percentile(50), "ms", Goal::None);
    report.add("GetDocument, p99", times.percentile(99), "ms", Goal::AtMost(5.0));

    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": "tag:bench", "Values": ["matches nothing"]}],
    });
    let send = || Signed::new(&up.connection, "SendCommand", &input);
    load(&up.connection, args.connections, 1_000, send).await?;
    // The reactors end these commands; the listing is measured when that is over.
    settle(&up).await?;
    let few = listing(&up).await?;
    let (times, whole) = load(&up.connection, args.connections, args.commands, send).await?;
    let bus = up.bus().await?;
    let plain = rate(5_000, super::log::plain(&bus, 5_000, args.connections).await?);
    report.add(
        format!("SendCommand accepted beside plain appends, {} at once", args.connections),
        rate(args.commands, whole),
        "1/s",
        Goal::Peer(plain),
    );
    report.add(
        format!("SendCommand accepted, {} connections", args.connections),
        rate(args.commands, whole),
        "1/s",
        Goal::AtLeast(2_500.0),
    );
    let times = Durations::new(times);
    report.add("SendCommand accepted, p50", times.percentile(50), "ms", Goal::None);
    report.add("SendCommand accepted, p99", times.percentile(99), "ms", Goal::None);
    settle(&up).await?;
    let many = listing(&up).await?;
    report.add("ListCommands, 50 of 1000 commands, p50", few, "ms", Goal::None);
    let name = format!("ListCommands, 50 of {} commands, p50", args.commands + 1_000);
    report.add(name, many, "ms", Goal::AtMost(few * 1.5));
    Ok(report)
}

/// Waits until every command has ended.
async fn settle(up: &Up) -> anyhow::Result<()> {
    let input = json!({"Filters": [{"key": "ExecutionStage", "value": "Executing"}], "MaxResults": 1});
    let unfinished = Signed::new(&up.connection, "ListCommands", &input);
    let mut client = Client::open(&up.connection).await?;
    loop {
        let answer = client.json(&unfinished).await?;
        if answer.get("Commands").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            // And their rows are written, which goes on for a while behind what is answered.
            tokio::time::sleep(Duration::from_secs(4)).await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn listing(up: &Up) -> anyhow::Result<f64> {
    let list = Signed::new(&up.connection, "ListCommands", &json!({"MaxResults": 50}));
    let mut client = Client::open(&up.connection).await?;
    let answer = client.json(&list).await?;
    let commands =
        answer.get("Commands").and_then(Value::as_array).context("ListCommands answered no list")?;
    anyhow::ensure!(commands.len() == 50, "a page of {} commands", commands.len());
    let (times, _) = load(&up.connection, 1, 300, || list.clone()).await?;
    Ok(Durations::new(times).percentile(50))
}
