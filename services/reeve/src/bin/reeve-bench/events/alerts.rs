//! Alerts: a storm that has few causes, and how soon one that is new is an OpsItem.

use super::{Source, post, text};
use crate::{
    http::{Client, Signed, load},
    instance::Up,
    report::{Durations, Goal, Report, rate},
};
use anyhow::{Context, bail, ensure};
use futures::StreamExt;
use reeve::client::{
    connection::{Connection, EVENTS, NOTIFICATIONS, OPSCENTER, SSM},
    list::{all, all_of},
};
use reeve_contracts::opscenter::OpsItemEvent;
use reeve_eventsourcing::Event;
use reeve_jetstream::Bus;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const PATH: &str = "/webhooks/alertmanager";
/// The source of the storm, which its OpsItems name.
const STORM: &str = "storm";
const CONTENT_TYPE: &str = "application/json";
/// So long the last OpsItem and its count are waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// As many alerts are posted in a second while it is looked how soon they are OpsItems.
const PER_SECOND: usize = 500;
/// One alert in so many is new; the others are repeats.
const NEW: usize = 25;
/// The goals, in milliseconds.
const P50_MS: f64 = 20.0;
const P99_MS: f64 = 100.0;

/// A message of Alertmanager's webhook about one alert.
fn message(cause: &str) -> Value {
    let labels = json!({"alertname": cause, "instance": "web-1:9100", "severity": "warning"});
    let alert = json!({
        "status": "firing", "fingerprint": "0123456789abcdef", "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z", "labels": labels, "annotations": {"summary": cause}, "generatorURL": "",
    });
    json!({
        "version": "4", "status": "firing", "receiver": "reeve", "groupKey": format!("{{}}:{{alertname=\"{cause}\"}}"),
        "externalURL": "http://alertmanager.example", "truncatedAlerts": 0, "groupLabels": {"alertname": cause},
        "commonLabels": labels, "commonAnnotations": {"summary": cause}, "alerts": [alert],
    })
}

/// A receiver that takes everything, until it is dropped.
struct Receiver {
    url: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Receiver {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 16 * 1024];
                // What the receiver does not hear, the sender repeats.
                let _heard = stream.read(&mut request).await;
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                let _answered = stream.write_all(answer).await;
            }
        });
        Ok(Self { url, serving })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Each new OpsItem is told to a webhook.
async fn tell_webhook(up: &Up, connection: &Connection, url: &str) -> anyhow::Result<()> {
    let webhook = json!({"name": "bench", "url": url, "allowPrivateAddresses": true});
    connection.call_of(&NOTIFICATIONS, "PutWebhook", &webhook).await?;
    let pattern = json!({"source": ["reeve.opscenter"], "detail-type": ["OpsItemCreated"]}).to_string();
    connection.call_of(&EVENTS, "PutRule", &json!({"Name": "items", "EventPattern": pattern})).await?;
    let region = &up.instance.region;
    let arn = format!("arn:aws:events:{region}:123456789012:api-destination/bench");
    let targets = json!({"Rule": "items", "Targets": [{"Id": "webhook", "Arn": arn}]});
    connection.call_of(&EVENTS, "PutTargets", &targets).await?;
    Ok(())
}

/// Many alerts of few causes: as many OpsItems as causes, each with its count, and no more notifications than that.
pub async fn storm(
    report: &mut Report,
    up: &Up,
    connection: &Connection,
    (alerts, causes, at_once): (usize, usize, usize),
) -> anyhow::Result<()> {
    let source = Source::create(connection, STORM).await?;
    let receiver = Receiver::start().await?;
    tell_webhook(up, connection, &receiver.url).await?;
    let calls: Vec<Signed> =
        (0..causes).map(|n| source.post(up, PATH, CONTENT_TYPE, &message(&format!("cause-{n}")))).collect();
    let next = AtomicUsize::new(0);
    let (_, time) = load(&up.connection, at_once, alerts, || {
        calls[next.fetch_add(1, Ordering::Relaxed) % causes].clone()
    })
    .await?;
    let begun = Instant::now();
    let (items, counted) = loop {
        let (items, counted) = counts(connection).await?;
        if counted >= alerts as u64 || begun.elapsed() > PATIENCE {
            break (items, counted);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    // Another one would be there soon after.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let sent =
        all_of(&NOTIFICATIONS, connection, "ListNotifications", json!({}), "notifications").await?.len();
    // Nothing of it goes on while something else is measured.
    connection.call_of(&EVENTS, "DisableRule", &json!({"Name": "items"})).await?;
    let number = |count: usize| u32::try_from(count).map(f64::from);
    let (wanted, causes) = (number(alerts)?, number(causes)?);
    report.add(format!("alerts in, of {causes} causes"), rate(alerts, time), "1/s", Goal::None);
    report.add("OpsItems of them", number(items)?, "", Goal::Share { of: causes, least: 1.0 });
    report.add(
        "alerts counted",
        f64::from(u32::try_from(counted)?),
        "",
        Goal::Share { of: wanted, least: 1.0 },
    );
    report.add("notifications of them", number(sent)?, "", Goal::AtMost(causes));
    ensure!(counted <= alerts as u64, "{counted} alerts were counted of {alerts}");
    ensure!(number(items)? <= causes, "{items} OpsItems were opened for {causes} causes");
    Ok(())
}

/// How many OpsItems alerts have opened, and how often all of those were heard of.
async fn counts(connection: &Connection) -> anyhow::Result<(usize, u64)> {
    let filter = json!([{"Key": "Source", "Values": [STORM], "Operator": "Equal"}]);
    let items =
        all(connection, "DescribeOpsItems", json!({"OpsItemFilters": filter}), "OpsItemSummaries").await?;
    let mut counted = 0;
    for item in &items {
        let of = json!({"opsItemId": text(item, "OpsItemId")?});
        let causes = connection.call_of(&OPSCENTER, "ListCauses", &of).await?;
        let causes = causes["causes"].as_array().into_iter().flatten();
        counted += causes.filter_map(|cause| cause["count"].as_u64()).sum::<u64>();
    }
    Ok((items.len(), counted))
}

/// When the alert of each new cause was posted.
type Posted = Arc<Mutex<HashMap<String, Instant>>>;

/// From an alert that is posted until its OpsItem is read, while 500 are posted a second.
pub async fn latency(
    report: &mut Report,
    up: &Up,
    connection: &Connection,
    seconds: usize,
) -> anyhow::Result<()> {
    let source = Arc::new(Source::create(connection, "latency").await?);
    let (posted, alerts) = (Posted::default(), seconds * PER_SECOND);
    let watching =
        tokio::spawn(watch(up.bus().await?, connection.clone(), posted.clone(), alerts.div_ceil(NEW)));
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut posting = Vec::new();
    for _ in 0..32 {
        let (source, posted, next) = (source.clone(), posted.clone(), next.clone());
        let mut client = Client::open(&up.connection).await?;
        let calls: Vec<Signed> = (0..alerts)
            .map(|n| {
                let cause = if n % NEW == 0 { format!("new-{n}") } else { format!("repeat-{}", n % 20) };
                source.post(up, PATH, CONTENT_TYPE, &message(&cause))
            })
            .collect();
        posting.push(tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(call) = calls.get(n) else { return anyhow::Ok(()) };
                let due = begun + Duration::from_secs(1).mul_f64(n as f64 / PER_SECOND as f64);
                tokio::time::sleep_until(due.into()).await;
                if n % NEW == 0 {
                    posted
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(format!("new-{n}"), Instant::now());
                }
                post(&mut client, call).await?;
            }
        }));
    }
    for each in posting {
        each.await??;
    }
    let time = begun.elapsed();
    let times = Durations::new(watching.await??);
    report.add("alerts posted while it is looked", rate(alerts, time), "1/s", Goal::None);
    report.add("alert posted to OpsItem visible, p50", times.percentile(50), "ms", Goal::AtMost(P50_MS));
    report.add("alert posted to OpsItem visible, p99", times.percentile(99), "ms", Goal::AtMost(P99_MS));
    Ok(())
}

/// How long it took until each of so many new OpsItems could be read: their events pass by, and then they are asked for.
async fn watch(
    bus: Bus,
    connection: Connection,
    posted: Posted,
    count: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut events = bus.subscribe("reeve.evt.opscenter.ops-item.*").await?;
    let (mut reading, mut seen) = (Vec::new(), HashSet::new());
    while seen.len() < count {
        let next = tokio::time::timeout(PATIENCE, events.next()).await;
        let message =
            next.context("an alert opened no OpsItem")?.context("the connection to the bus was closed")?;
        let kind = message.headers.get("ce-type").unwrap_or_default();
        let Ok(OpsItemEvent::OpsItemCreated(item)) = OpsItemEvent::decode(kind, &message.data) else {
            continue;
        };
        let began = posted.lock().unwrap_or_else(PoisonError::into_inner).get(&item.title).copied();
        let Some(began) = began.filter(|_| seen.insert(item.title.clone())) else { continue };
        reading.push(tokio::spawn(readable(connection.clone(), item.ops_item_id, began)));
    }
    let mut times = Vec::new();
    for each in reading {
        times.push(each.await??);
    }
    Ok(times)
}

async fn readable(connection: Connection, id: String, began: Instant) -> anyhow::Result<Duration> {
    loop {
        if connection.call_of(&SSM, "GetOpsItem", &json!({"OpsItemId": id})).await.is_ok() {
            return Ok(began.elapsed());
        }
        if began.elapsed() > PATIENCE {
            bail!("the OpsItem {id} cannot be read");
        }
    }
}
