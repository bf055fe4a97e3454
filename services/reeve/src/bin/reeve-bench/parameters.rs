//! Parameters over signed HTTP: reading, writing and listing them, with few of them and with many, and the same calls of any other
//! endpoint that speaks the API, as a peer.

use super::{
    http::{Client, Signed, load},
    instance::Up,
    report::{Durations, Goal, Report, rate},
};
use anyhow::{Context, ensure};
use reeve::client::connection::Connection;
use serde_json::{Value, json};
use std::{ops::Range, time::Duration};

/// Options of `bench parameters`.
#[derive(clap::Args)]
pub struct Args {
    /// Connections at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Calls of each operation that reads, on each count of parameters.
    #[arg(long, default_value_t = 20_000)]
    calls: usize,
    /// How many parameters there are in the end.
    #[arg(long, default_value_t = 100_000)]
    parameters: usize,
    /// Another endpoint of the same API, such as `http://127.0.0.1:5000` of moto's server: it is called alike, with fewer calls.
    #[arg(long, value_name = "URL")]
    peer: Option<String>,
}

/// So many parameters there are first.
const FEW: usize = 1_000;
/// As many parameters of one folder make this many pages.
const PER_FOLDER: usize = 100;
/// The most that one page of GetParametersByPath has.
const PAGE: usize = 10;
/// Rows are written for a while behind what is answered.
const SETTLE_TIME: Duration = Duration::from_secs(8);
/// A peer is called so many times less often.
const PEER_SHARE: usize = 20;

/// How one operation went.
struct Figures {
    per_second: f64,
    p50: f64,
    p99: f64,
}

/// An endpoint, and how often it is called.
struct Measured<'a> {
    connection: &'a Connection,
    connections: usize,
    calls: usize,
}

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(0).await?;
    let mut report = Report::new("parameters");
    let here = Measured { connection: &up.connection, connections: args.connections, calls: args.calls };
    let peer = match &args.peer {
        Some(url) => Some(peer(url, &up.connection, &args).await?),
        None => None,
    };
    put(&here, 0..FEW).await?;
    tokio::time::sleep(SETTLE_TIME).await;
    let few = reads(&here).await?;
    let written = put(&here, FEW..args.parameters.max(2 * FEW)).await?;
    tokio::time::sleep(SETTLE_TIME).await;
    let many = reads(&here).await?;

    let goals = [Goal::AtLeast(10_000.0), Goal::AtLeast(3_000.0), Goal::None, Goal::None, Goal::None];
    for (((operation, few), (_, many)), goal) in few.iter().zip(&many).zip(goals) {
        report.add(format!("{operation}, {FEW} parameters"), few.per_second, "1/s", goal);
        report.add(format!("{operation}, {} parameters", args.parameters), many.per_second, "1/s", goal);
        if let Some((_, peer)) = peer.iter().flatten().find(|(of, _)| of == operation) {
            report.add(
                format!("{operation} beside the peer"),
                few.per_second,
                "1/s",
                Goal::Peer(peer.per_second),
            );
        }
        let p99 = if *operation == "GetParameter" { Goal::AtMost(5.0) } else { Goal::None };
        report.add(format!("{operation}, {FEW} parameters, p99"), few.p99, "ms", p99);
        report.add(
            format!("{operation}, {} parameters, p50", args.parameters),
            many.p50,
            "ms",
            Goal::TimesPeer { of: few.p50, most: 1.3 },
        );
    }
    report.add("PutParameter", written.per_second, "1/s", Goal::AtLeast(2_000.0));
    report.add("PutParameter, p99", written.p99, "ms", Goal::None);
    Ok(report)
}

/// What the peer does, on as many parameters as there are here at first.
async fn peer(url: &str, keys: &Connection, args: &Args) -> anyhow::Result<Vec<(&'static str, Figures)>> {
    let connection = keys.clone().at(url);
    let calls = (args.calls / PEER_SHARE).max(1);
    let there = Measured { connection: &connection, connections: args.connections, calls };
    put(&there, 0..FEW).await.with_context(|| format!("the peer {url}"))?;
    reads(&there).await.with_context(|| format!("the peer {url}"))
}

fn name(number: usize) -> String {
    format!("/bench/{}/{}", number / PER_FOLDER, number % PER_FOLDER)
}

/// Puts parameters of these numbers, each once.
async fn put(on: &Measured<'_>, numbers: Range<usize>) -> anyhow::Result<Figures> {
    let count = numbers.len();
    let next = std::cell::Cell::new(numbers.start);
    let call = || {
        let number = next.replace(next.get() + 1);
        let input = json!({"Name": name(number), "Value": format!("value of {number}"), "Type": "String"});
        Signed::new(on.connection, "PutParameter", &input)
    };
    let (times, whole) = load(on.connection, on.connections, count, call).await?;
    Ok(figures(count, times, whole))
}

fn figures(count: usize, times: Vec<Duration>, whole: Duration) -> Figures {
    let times = Durations::new(times);
    Figures { per_second: rate(count, whole), p50: times.percentile(50), p99: times.percentile(99) }
}

/// Each operation that reads, by its name.
async fn reads(on: &Measured<'_>) -> anyhow::Result<Vec<(&'static str, Figures)>> {
    let page = json!({"Path": "/bench/7", "MaxResults": PAGE});
    let first_page = Signed::new(on.connection, "GetParametersByPath", &page);
    let answer = Client::open(on.connection).await?.json(&first_page).await?;
    ensure!(
        answer.get("Parameters").and_then(Value::as_array).is_some_and(|page| page.len() == PAGE),
        "a page of {PAGE} parameters was expected: {answer}"
    );
    let names: Vec<String> = (0..PAGE).map(|n| name(7 * n)).collect();
    let calls = [
        ("GetParameter", json!({"Name": name(777)})),
        ("GetParametersByPath", page),
        ("GetParameters", json!({"Names": names})),
        ("GetParameterHistory", json!({"Name": name(777)})),
        (
            "DescribeParameters",
            json!({"MaxResults": 50, "ParameterFilters": [{"Key": "Path", "Option": "OneLevel", "Values": ["/bench/7"]}]}),
        ),
    ];
    let mut all = Vec::new();
    for (operation, input) in calls {
        let call = Signed::new(on.connection, operation, &input);
        load(on.connection, on.connections, on.calls / 20, || call.clone()).await?;
        let (times, whole) = load(on.connection, on.connections, on.calls, || call.clone()).await?;
        all.push((operation, figures(on.calls, times, whole)));
    }
    Ok(all)
}
