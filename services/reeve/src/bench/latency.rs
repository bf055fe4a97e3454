//! From SendCommand to an outcome that the API shows.

use super::{
    http::{Client, Signed},
    instance::Up,
    report::{Durations, Goal, Report},
};
use crate::client::{connection::Connection, list};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Options of `bench latency`.
#[derive(clap::Args)]
pub struct Args {
    /// How many commands, one after another.
    #[arg(long, default_value_t = 200)]
    count: usize,
}

/// Between two looks at an invocation.
const LOOK: Duration = Duration::from_micros(500);

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(1).await?;
    let connection = Connection::open_instance(&up.instance);
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
    let mut client = Client::open(&up.instance).await?;
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
    let mut report = Report::new("latency");
    report.add("SendCommand to outcome in the API, p50", all.percentile(50), "ms", Goal::AtMost(10.0));
    report.add("SendCommand to outcome in the API, p99", all.percentile(99), "ms", Goal::None);
    report.add("of which until SendCommand answers, p50", accepted.percentile(50), "ms", Goal::None);
    report.add("fsync of 4 KiB appended to a file, p50", fsync()?, "ms", Goal::None);
    report.add("start and end of `sh -c true`, p50", shell().await?, "ms", Goal::None);
    Ok(report)
}

/// Sends one command and looks until it has ended: when it was answered, and when it was seen to have ended.
async fn one(client: &mut Client, up: &Up, node: &str) -> anyhow::Result<(Duration, Duration)> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["true"]},
    });
    let send = Signed::new(&up.instance, "SendCommand", &input);
    let begun = Instant::now();
    let answer = client.json(&send).await?;
    let answered = begun.elapsed();
    let id = answer.pointer("/Command/CommandId").and_then(Value::as_str);
    let input = json!({"CommandId": id.context("SendCommand answered no id")?, "InstanceId": node});
    let look = Signed::new(&up.instance, "GetCommandInvocation", &input);
    loop {
        tokio::time::sleep(LOOK).await;
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
