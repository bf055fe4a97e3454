//! From SendCommand to an outcome that the API shows: on one node, by `reeve run`, and on many.

use super::{
    ends::Ends,
    http::{Client, Signed},
    instance::Up,
    process,
    report::{Durations, Goal, Report},
};
use anyhow::{Context, bail};
use reeve::client::list;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Options of `bench latency`.
#[derive(clap::Args)]
pub struct Args {
    /// How many commands, one after another.
    #[arg(long, default_value_t = 200)]
    count: usize,
    /// How many real agents the last figures are about.
    #[arg(long, default_value_t = 30)]
    nodes: u32,
}

/// Between two looks at an invocation.
const POLL_INTERVAL: Duration = Duration::from_micros(500);

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(1).await?;
    let connection = up.connection.clone();
    let begun = Instant::now();
    let node = loop {
        if let Some(node) = list::online(&connection).await?.pop() {
            break node;
        }
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("the node did not connect");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut client = Client::open(&up.connection).await?;
    for _ in 0..10 {
        one(&mut client, &up, &node).await?;
    }
    let (mut all, mut accepted) = (Vec::new(), Vec::new());
    for _ in 0..args.count {
        let (answered, ended) = one(&mut client, &up, &node).await?;
        accepted.push(answered);
        all.push(ended);
    }
    let (all, accepted) = (Durations::new(all), Durations::new(accepted));
    let runs = runs(&up, args.count.min(50)).await?;
    let mut report = Report::new("latency");
    report.add("SendCommand to outcome in the API, p50", all.percentile(50), "ms", Goal::AtMost(10.0));
    report.add("SendCommand to outcome in the API, p99", all.percentile(99), "ms", Goal::None);
    report.add("of which until SendCommand answers, p50", accepted.percentile(50), "ms", Goal::None);
    report.add("`reeve run`, the whole process, p50", runs.percentile(50), "ms", Goal::AtMost(30.0));
    many(args.nodes, &mut report).await?;
    // Not before: thousands of files that were removed lately make a file system slow to make new ones.
    drop(up);
    report.add("fsync of 4 KiB appended to a file, p50", fsync()?, "ms", Goal::None);
    report.add("start and end of `sh -c true`, p50", shell().await?, "ms", Goal::None);
    Ok(report)
}

/// Sends one command and looks until it has ended: when it was answered, and when it was seen to have ended.
async fn one(client: &mut Client, up: &Up, node: &str) -> anyhow::Result<(Duration, Duration)> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["true"]},
    });
    let send = Signed::new(&up.connection, "SendCommand", &input);
    let begun = Instant::now();
    let answer = client.json(&send).await?;
    let answered = begun.elapsed();
    let id = answer.pointer("/Command/CommandId").and_then(Value::as_str);
    let input = json!({"CommandId": id.context("SendCommand answered no id")?, "InstanceId": node});
    let look = Signed::new(&up.connection, "GetCommandInvocation", &input);
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let answer = client.json(&look).await?;
        match answer.get("Status").and_then(Value::as_str) {
            Some("Success") => return Ok((answered, begun.elapsed())),
            Some("Pending" | "InProgress" | "Delayed") => {}
            other => bail!("the command ended as {other:?}"),
        }
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("a command did not end in 30 s");
        }
    }
}

/// `reeve run` as a user starts it.
async fn runs(up: &Up, count: usize) -> anyhow::Result<Durations> {
    let mut times = Vec::new();
    for _ in 0..count {
        let begun = Instant::now();
        let mut run = tokio::process::Command::new(reeve::host::program()?);
        let run = run.arg("--data").arg(up.data()).args(["run", "true"]);
        let status = run.stderr(std::process::Stdio::null()).status().await?;
        anyhow::ensure!(status.success(), "reeve run ended with {status}");
        times.push(begun.elapsed());
    }
    Ok(Durations::new(times))
}

/// Real agents, each a process: from SendCommand until every outcome is readable, and what it costs.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
async fn many(nodes: u32, report: &mut Report) -> anyhow::Result<()> {
    const ROUNDS: usize = 20;
    let up = Up::start(nodes).await?;
    let connection = up.connection.clone();
    let begun = Instant::now();
    while list::online(&connection).await?.len() < nodes as usize {
        if begun.elapsed() > Duration::from_secs(60) {
            bail!("the {nodes} nodes did not connect");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut client = Client::open(&up.connection).await?;
    let mut ends = Ends::listen(&up.bus().await?).await?;
    all(&mut client, &mut ends, &up, nodes).await?;
    let (processes, agents) = (up.processes()?, up.agents()?);
    let used = |pids: &[u32]| pids.iter().map(|pid| process::cpu(*pid)).sum::<anyhow::Result<Duration>>();
    let before = (used(&processes)?, used(&agents)?);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(all(&mut client, &mut ends, &up, nodes).await?);
    }
    let after = (used(&processes)?, used(&agents)?);
    let each = |time: Duration| time.as_secs_f64() * 1000.0 / (ROUNDS as f64 * f64::from(nodes));
    let times = Durations::new(times);
    let name = format!("SendCommand to {nodes} real agents until every outcome is readable, p50");
    report.add(name, times.percentile(50), "ms", Goal::AtMost(70.0));
    report.add(
        "processor time for each node and command, agent",
        each(after.1 - before.1),
        "ms",
        Goal::AtMost(3.0),
    );
    let rest = each(after.0 - before.0);
    report.add("processor time for each node and command, the rest", rest, "ms", Goal::AtMost(0.3));
    Ok(())
}

/// Sends to every connected node, waits for the end, and looks until all outcomes are listed.
async fn all(client: &mut Client, ends: &mut Ends, up: &Up, nodes: u32) -> anyhow::Result<Duration> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}, "MaxConcurrency": "100%",
        "Targets": [{"Key": "reeve:connected", "Values": ["true"]}],
    });
    let send = Signed::new(&up.connection, "SendCommand", &input);
    let begun = Instant::now();
    let answer = client.json(&send).await?;
    let id = answer.pointer("/Command/CommandId").and_then(Value::as_str).context("no command id")?;
    let look = Signed::new(&up.connection, "ListCommands", &json!({"CommandId": id}));
    let input = json!({"CommandId": id, "MaxResults": 50});
    let read = Signed::new(&up.connection, "ListCommandInvocations", &input);
    ends.of(id).await?;
    loop {
        let answer = client.json(&look).await?;
        if answer.pointer("/Commands/0/Status").and_then(Value::as_str) == Some("Success") {
            let answer = client.json(&read).await?;
            let listed = answer.get("CommandInvocations").and_then(Value::as_array).map_or(0, Vec::len);
            anyhow::ensure!(listed == nodes.min(50) as usize, "{listed} outcomes are listed");
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("a command did not end on {nodes} nodes in 30 s");
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// What the disk takes for one acknowledged write.
fn fsync() -> anyhow::Result<f64> {
    use std::io::Write;
    let folder = super::instance::Temporary::new()?;
    let mut file = std::fs::File::create(folder.path().join("file"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    Ok(Durations::new(times).percentile(50))
}

async fn shell() -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        tokio::process::Command::new("sh").args(["-c", "true"]).status().await?;
        times.push(begun.elapsed());
    }
    Ok(Durations::new(times).percentile(50))
}
