//! `reeve events`: the log as CloudEvents in structured form, one JSON object on a line.

use super::{
    connection::{Connection, FEED},
    follow::follow,
    stdout,
};
use crate::host::{service_entry, service_names};
use anyhow::Context;
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What stands in the place of an event that cannot be read.
const UNREADABLE: &str = "reeve.feed.EventUnreadable.v1";
/// Options of `events`.
#[derive(clap::Args)]
pub struct Args {
    /// Only this service's events. May be repeated.
    #[arg(long)]
    service: Vec<String>,
    /// Goes on with new events.
    #[arg(long)]
    follow: bool,
    /// Only events from this instant (RFC 3339) on.
    #[arg(long)]
    from: Option<String>,
    /// Only events of this type, such as NodeLost. May be repeated.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only events about this: <aggregate>/<id>, such as node/mi-0123456789abcdef0, or the beginning of it.
    #[arg(long)]
    subject: Option<String>,
    /// Only events that this one caused: a principal, or service:<name>.
    #[arg(long)]
    actor: Option<String>,
    /// Only events that match the EventBridge pattern in this file.
    #[arg(long, value_name = "FILE")]
    pattern: Option<PathBuf>,
}

pub async fn events(connection: &Connection, args: Args) -> anyhow::Result<()> {
    let from = args.from.as_deref().map(|from| {
        Timestamp::parse_rfc3339(from).with_context(|| format!("--from {from} is not an RFC 3339 instant"))
    });
    let from = from.transpose()?.unwrap_or(Timestamp(0));
    for service in &args.service {
        service_entry(service)?;
    }
    let all = || service_names().map(str::to_owned).collect();
    let services: Vec<String> = if args.service.is_empty() { all() } else { args.service };
    let mut input = json!({"services": services, "types": args.types, "from": from.epoch_seconds()});
    if let Some(path) = args.pattern {
        let text = std::fs::read_to_string(&path);
        input["eventPattern"] = text.with_context(|| format!("could not read {}", path.display()))?.into();
    }
    for (member, text) in [("subject", args.subject), ("actor", args.actor)] {
        if let Some(text) = text {
            input[member] = text.into();
        }
    }
    print(connection, input, args.follow).await
}

async fn print(connection: &Connection, input: Value, goes_on: bool) -> anyhow::Result<()> {
    let mut answers = follow(connection, &FEED, "ReadEvents", input, goes_on);
    let mut unreadable = 0;
    while let Some(answer) = answers.recv().await {
        for event in answer?["events"].as_array().into_iter().flatten() {
            if event["type"] != UNREADABLE {
                stdout::line(event)?;
                continue;
            }
            // The services set it aside; whoever reads the log learns of it and goes on.
            unreadable += 1;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (subject, reason) = (text(&event["subject"]), text(&event["data"]["reason"]));
            eprintln!("reeve: the event {} on {subject} cannot be read: {reason}", event["position"]);
        }
    }
    if unreadable > 0 {
        eprintln!("reeve: {unreadable} events could not be read");
    }
    Ok(())
}
