//! The event log: appends through the kernel's store beside plain publishing, and the rebuild of a view.

use super::{
    instance::Server,
    rebuild,
    report::{Goal, Report, rate},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, Headers, follow, store, streams};
use reeve_types::{Timestamp, ids::new_uuid};
use std::time::{Duration, Instant};

/// Options of `bench log`.
#[derive(clap::Args)]
pub struct Args {
    /// How many events are appended in each way.
    #[arg(long, default_value_t = 20_000)]
    appends: usize,
    /// How many events of run-command the rebuilt views read.
    #[arg(long, default_value_t = 100_000)]
    events: usize,
}

/// As many bytes as an event's body has here.
const BODY_BYTES: usize = 200;

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let mut report = Report::new("log");
    Server::with(async |server| {
        for at_once in [1, 16] {
            let plain = plain(&server.bus, args.appends, at_once).await?;
            let appended = appended(&server.bus, args.appends, at_once).await?;
            report.add(
                format!("appends, {at_once} at once"),
                rate(args.appends, appended),
                "1/s",
                Goal::Peer(rate(args.appends, plain)),
            );
        }
        rebuild::run(server, args.events, &mut report).await
    })
    .await?;
    Ok(report)
}

fn envelope(service: &str, id: usize) -> Envelope {
    Envelope {
        id: new_uuid(),
        schema: "reeve.bench.Measured.v1".to_owned(),
        time: Timestamp::now(),
        aggregate: AggregateRef::new(service, "item", &id.to_string()),
        actor: "administrator".to_owned(),
        actor_source: "127.0.0.1".to_owned(),
        correlation_id: new_uuid(),
        causation_id: new_uuid(),
        cause_id: None,
        traceparent: None,
        data: Bytes::from_static(&[7; BODY_BYTES]),
    }
}

/// Appends to aggregates of their own, as the services do.
pub async fn appended(bus: &Bus, count: usize, at_once: usize) -> anyhow::Result<Duration> {
    let service = format!("bench-append-{at_once}");
    streams::ensure_events(bus, &service).await?;
    let begun = Instant::now();
    stream::iter(0..count)
        .map(Ok)
        .try_for_each_concurrent(at_once, |n| {
            let envelope = envelope(&service, n);
            async move { store::append(bus, &envelope, Position(0)).await.map(|_| ()) }
        })
        .await?;
    Ok(begun.elapsed())
}

/// A message to be stored.
type Prepared = (String, Headers, Bytes);

/// The peer: messages of the same size, acknowledged, without an expectation and made beforehand.
pub async fn plain(bus: &Bus, count: usize, at_once: usize) -> anyhow::Result<Duration> {
    let service = format!("bench-plain-{at_once}");
    let prepared: Vec<_> = (0..count)
        .map(|n| {
            let envelope = envelope(&service, n);
            let headers: Headers = envelope.headers().into_iter().collect();
            (envelope.aggregate.subject(), headers, envelope.data)
        })
        .collect();
    one_by_one(bus, &service, &prepared, at_once).await
}

async fn one_by_one(
    bus: &Bus,
    service: &str,
    prepared: &[Prepared],
    at_once: usize,
) -> anyhow::Result<Duration> {
    streams::ensure_events(bus, service).await?;
    let begun = Instant::now();
    stream::iter(prepared)
        .map(Ok)
        .try_for_each_concurrent(at_once, |(subject, headers, data)| async move {
            bus.store(subject, headers, data.clone()).await.map(|_| ())
        })
        .await?;
    Ok(begun.elapsed())
}

/// What is stored between two positions of streams, stored once more in a stream of its own: one by one, and in groups.
pub async fn again(bus: &Bus, ranges: &[(&str, u64, u64)]) -> anyhow::Result<[Duration; 2]> {
    let mut stored = Vec::new();
    for (stream, from, to) in ranges {
        let mut messages = follow::follow(bus, stream, &[], *from).await?;
        let mut position = *from;
        while position < *to {
            let Some(message) = messages.next().await.transpose()? else { break };
            position = message.sequence;
            stored.push(message.message);
        }
    }
    let prepared = |service: &str| -> Vec<Prepared> {
        let each = stored.iter().enumerate().map(|(n, message)| {
            let own = message.headers.pairs().filter(|(name, _)| !name.starts_with("Nats-"));
            let headers = own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            (AggregateRef::new(service, "item", &n.to_string()).subject(), headers, message.data.clone())
        });
        each.collect()
    };
    let alone = one_by_one(bus, "bench-again", &prepared("bench-again"), 256).await?;
    let service = "bench-groups";
    let in_groups = prepared(service);
    streams::ensure_events(bus, service).await?;
    let begun = Instant::now();
    stream::iter(in_groups)
        .map(Ok)
        .try_for_each_concurrent(1024, |(subject, headers, data)| async move {
            bus.store_grouped(service, &subject, headers, data).await.map(|_| ())
        })
        .await?;
    Ok([alone, begun.elapsed()])
}
