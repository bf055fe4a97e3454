//! Firings of associations that are due at one instant: how late the last one is, and that each is in the log once.

use super::{
    instance::Server,
    inventory::register,
    rebuild::append,
    report::{Goal, Report},
};
use anyhow::{bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reeve_contracts::state_manager::{AssociationCreated, AssociationEvent};
use reeve_eventsourcing::{Event, Position};
use reeve_jetstream::{Bus, store, streams};
use reeve_types::Timestamp;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// Options of `bench associations`.
#[derive(clap::Args)]
pub struct Args {
    /// How many associations there are.
    #[arg(long, default_value_t = 10_000)]
    associations: usize,
    /// How many targets each has. They are not connected: what is measured is the firings, not the commands.
    #[arg(long, default_value_t = 10)]
    nodes: usize,
}

const STREAM: &str = "STATE_MANAGER";
const MAX_CONCURRENT_EVENTS: usize = 64;
/// So long all of it is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// The latest that a firing may be.
const MAX_LATE_MS: f64 = 5_000.0;

pub async fn run(args: Args) -> anyhow::Result<Report> {
    Server::with(async |server| measure(server, &args).await).await
}

async fn measure(server: &Server, args: &Args) -> anyhow::Result<Report> {
    let bus = &server.bus;
    server
        .ensure_streams(&["nodes", "documents", "tags", "run-command", "change-calendar", "state-manager"])
        .await?;
    let node_ids: Vec<String> = (0..args.nodes).map(|number| format!("mi-{number:017x}")).collect();
    for node_id in &node_ids {
        register(bus, node_id).await?;
    }
    let running = reeve_runtime::run(
        reeve_state_manager::service(),
        bus.clone(),
        &server.folder.path.join("state-manager"),
    )
    .await?;
    // Late enough for all of them to be there before it, at a whole second, as schedules have them.
    let wait_seconds = 10 + i64::try_from(args.associations / 1_000)?;
    let due_ms = (Timestamp::now().plus_seconds(wait_seconds).0 / 1_000) * 1_000;
    let at = Timestamp(due_ms).rfc3339();
    let schedule = format!("at({})", at.get(..19).unwrap_or_default());
    let numbers = stream::iter(0..args.associations).map(Ok);
    let create = |number: usize| association(bus, number, &schedule, &node_ids);
    numbers.try_for_each_concurrent(MAX_CONCURRENT_EVENTS, create).await?;
    ensure!(Timestamp::now().0 < due_ms, "the associations were not there in time");
    let found = firings(bus, args.associations, due_ms).await;
    running.stop().await;
    let (each, mut late_ms) = found?;
    late_ms.sort_unstable();
    let latest = late_ms.last().copied().unwrap_or_default();
    let mut report = Report::new("associations");
    let count = u32::try_from(args.associations).map(f64::from)?;
    report.add("associations that fired", f64::from(u32::try_from(each.len())?), "", Goal::AtLeast(count));
    report.add("their firings", f64::from(u32::try_from(late_ms.len())?), "", Goal::AtMost(count));
    report.add("the latest firing", f64::from(i32::try_from(latest)?), "ms", Goal::AtMost(MAX_LATE_MS));
    Ok(report)
}

async fn association(bus: &Bus, number: usize, schedule: &str, node_ids: &[String]) -> anyhow::Result<()> {
    let association_id = format!("{number:08x}-0000-4000-8000-000000000000");
    let association = json!({
        "Name": "AWS-RunShellScript", "ScheduleExpression": schedule, "ApplyOnlyAtCronInterval": true,
        "Targets": [{"Key": "InstanceIds", "Values": node_ids}],
    });
    let created = AssociationCreated {
        association_id: association_id.clone(),
        association_json: association.to_string(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        principal: "administrator".to_owned(),
        created_ms: Timestamp::now().0,
        ..AssociationCreated::default()
    };
    append(bus, &association_id, AssociationEvent::AssociationCreated(created), Position(0)).await?;
    Ok(())
}

/// How often each association fired, and how late each firing was.
async fn firings(
    bus: &Bus,
    expected: usize,
    due_ms: i64,
) -> anyhow::Result<(BTreeMap<String, u32>, Vec<i64>)> {
    let (mut each, mut late_ms, mut read) = (BTreeMap::<String, u32>::new(), Vec::new(), 0);
    let give_up = Timestamp(due_ms).plus_seconds(i64::try_from(PATIENCE.as_secs())?);
    loop {
        let last = streams::last_sequence(bus, STREAM).await?;
        while read < last {
            read += 1;
            let envelope = store::at(bus, STREAM, Position(read)).await?;
            if let Ok(AssociationEvent::ExecutionStarted(e)) =
                AssociationEvent::decode(&envelope.schema, &envelope.data)
            {
                *each.entry(e.association_id).or_default() += 1;
                late_ms.push(e.started_ms - due_ms);
            }
        }
        match each.len() >= expected {
            // A second firing of one would be there soon after.
            true if late_ms.len() > expected || Timestamp::now().0 > due_ms + 10_000 => {
                return Ok((each, late_ms));
            }
            _ if Timestamp::now() > give_up => bail!("{} of {expected} fired", each.len()),
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
