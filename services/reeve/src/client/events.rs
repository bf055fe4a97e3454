//! `reeve events`: the log as CloudEvents in structured form, one JSON object on a line.

use super::{
    DataFolder,
    connection::{bus, while_connected},
    stdout,
};
use crate::host::{service_entry, service_names};
use anyhow::Context;
use futures::{StreamExt, stream::SelectAll};
use reeve_eventsourcing::Position;
use reeve_jetstream::{
    Bus,
    follow::{self, Stored},
    store, streams,
};
use reeve_types::Timestamp;
use serde_json::Value;

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
}

pub async fn events(data: &DataFolder, args: Args) -> anyhow::Result<()> {
    let from = args.from.as_deref().map(|from| {
        Timestamp::parse_rfc3339(from).with_context(|| format!("--from {from} is not an RFC 3339 instant"))
    });
    let from = from.transpose()?;
    let all = || service_names().map(str::to_owned).collect();
    let services = if args.service.is_empty() { all() } else { args.service };
    let bus = bus(data).await?;
    while_connected(&bus, print(&bus, services, from, args.follow)).await
}

async fn print(bus: &Bus, services: Vec<String>, from: Option<Timestamp>, go_on: bool) -> anyhow::Result<()> {
    let (mut merged, mut open, mut unreadable) = (SelectAll::new(), 0, 0);
    for service in services {
        service_entry(&service)?;
        let stream = streams::of_service(&service);
        let end = streams::last_sequence(bus, &stream).await?;
        if end > 0 || go_on {
            open += 1;
            merged.push(follow::follow(bus, &stream, &[], 0).await?.map(move |stored| (end, stored)));
        }
    }
    while (open > 0 || go_on)
        && let Some((end, stored)) = merged.next().await
    {
        let stored = stored?;
        match line(bus, &stored) {
            Ok((time, line)) if from.is_none_or(|from| time >= from) => stdout::line(line)?,
            Ok(_) => {}
            // The services set it aside; whoever reads the log learns of it and goes on.
            Err(error) => {
                unreadable += 1;
                let subject = &stored.message.subject;
                eprintln!("reeve: the event {} on {subject} cannot be read: {error:#}", stored.sequence);
            }
        }
        if stored.sequence == end {
            open -= 1;
        }
    }
    if unreadable > 0 {
        eprintln!("reeve: {unreadable} events could not be read");
    }
    Ok(())
}

/// The event's instant, and its line.
fn line(bus: &Bus, stored: &Stored) -> anyhow::Result<(Timestamp, Value)> {
    let envelope = store::envelope(bus, &stored.message)?;
    Ok((envelope.time, reeve_event_json::structured(&envelope, Position(stored.sequence))?))
}
