//! Events of other systems: how many come in over NATS and HTTP, what storms of alerts come to, how soon an alert is an OpsItem, and
//! what rules cost.

mod alerts;
mod rules;

use super::{
    http::{Client, Signed, load},
    instance::Up,
    report::{Goal, Report, rate},
};
use anyhow::{Context, ensure};
use futures::{TryStreamExt, stream};
use reeve::client::connection::{ACCESS, Connection, INGEST};
use reeve_jetstream::{Bus, Credentials, Headers, Options, streams};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Options of `bench events`.
#[derive(clap::Args)]
pub struct Args {
    /// Events over NATS, and as many over HTTP.
    #[arg(long, default_value_t = 20_000)]
    events: usize,
    /// Requests on their way at a time, over NATS, and connections over HTTP.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// Messages of Alertmanager's webhook, one alert in each, over the causes.
    #[arg(long, default_value_t = 10_000)]
    alerts: usize,
    /// How many causes the alerts have.
    #[arg(long, default_value_t = 20)]
    causes: usize,
    /// As long alerts are posted, 500 a second, while it is looked how soon each new one is an OpsItem.
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    /// How many rules an event is looked at by.
    #[arg(long, default_value_t = 200)]
    rules: usize,
}

/// The stream of what comes in.
const STREAM: &str = "INGEST";
const PUBLISHER: &str = "bench";
/// As long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
const CLOUD_EVENT: &str = "application/cloudevents+json";
/// The goals, in events a second.
const OVER_NATS: f64 = 5_000.0;
const OVER_HTTP: f64 = 2_000.0;

/// A source with its token.
struct Source {
    token: String,
}

impl Source {
    async fn create(connection: &Connection, name: &str) -> anyhow::Result<Self> {
        let created = connection.call_of(&INGEST, "CreateSource", &json!({"name": name})).await?;
        Ok(Self { token: text(&created, "token")? })
    }

    /// What is posted as this source, over and over or once.
    fn post(&self, up: &Up, path: &str, content_type: &str, body: &Value) -> Signed {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
        Signed::by_token(&up.connection, path, &headers, &body.to_string())
    }
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    Ok(answer[name].as_str().with_context(|| format!("the answer has no {name}"))?.to_owned())
}

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let mut report = Report::new("events");
    let up = Up::start(0).await?;
    let (bus, connection) = (up.bus().await?, up.connection.clone());
    let source = Source::create(&connection, PUBLISHER).await?;

    let before = streams::last_sequence(&bus, STREAM).await?;
    let program = publisher(&up, &connection).await?;
    let time = over_nats(&program, &args).await?;
    let stored = streams::last_sequence(&bus, STREAM).await? - before;
    report.add("events in over NATS", rate(args.events, time), "1/s", Goal::AtLeast(OVER_NATS));
    kept(&mut report, "of them in the log", stored, args.events)?;

    let before = streams::last_sequence(&bus, STREAM).await?;
    let next = AtomicUsize::new(0);
    let post = || {
        let event = event("http", next.fetch_add(1, Ordering::Relaxed));
        source.post(&up, "/events", CLOUD_EVENT, &event)
    };
    let (_, time) = load(&up.connection, args.at_once, args.events, post).await?;
    let stored = streams::last_sequence(&bus, STREAM).await? - before;
    report.add("events in over HTTP", rate(args.events, time), "1/s", Goal::AtLeast(OVER_HTTP));
    kept(&mut report, "of them in the log", stored, args.events)?;

    alerts::storm(&mut report, &up, &connection, (args.alerts, args.causes, args.at_once)).await?;
    alerts::latency(&mut report, &up, &connection, args.seconds).await?;
    drop(up);
    report.add(
        format!("an event looked at by {} rules", args.rules),
        rules::cost(args.rules)?,
        "us",
        Goal::AtMost(rules::MAX_MICROSECONDS),
    );
    Ok(report)
}

/// What was acknowledged and is in the log: all of it, once.
fn kept(report: &mut Report, name: &str, stored: u64, sent: usize) -> anyhow::Result<()> {
    let sent = f64::from(u32::try_from(sent)?);
    report.add(name, f64::from(u32::try_from(stored)?), "", Goal::Share { of: sent, least: 1.0 });
    Ok(())
}

/// A CloudEvent that no other one is equal to.
fn event(id: &str, number: usize) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{id}-{number}"), "source": "/bench", "type": "order.failed",
        "datacontenttype": "application/json",
        "data": {"order": number, "total": 12.5, "customer": {"id": "c-4711", "country": "DE"}},
    })
}

/// A connection that may send events of the source and nothing else.
async fn publisher(up: &Up, connection: &Connection) -> anyhow::Result<Bus> {
    let made = connection.call_of(&ACCESS, "CreatePublisher", &json!({"source": PUBLISHER})).await?;
    let credentials = text(&made, "credentials")?;
    let after = |mark: &str| {
        let mut lines = credentials.lines().skip_while(|line| !line.contains(mark)).skip(1);
        lines.next().map(str::to_owned).context("the credentials are not complete")
    };
    let options = Options {
        url: up.instance.bus().url,
        credentials: Credentials::Jwt {
            jwt: after("BEGIN NATS USER JWT")?,
            seed: after("BEGIN USER NKEY SEED")?,
        },
        name: PUBLISHER.to_owned(),
        inbox_prefix: text(&made, "inboxPrefix")?,
        ca: None,
    };
    Ok(Bus::connect(&options).await?)
}

/// Sends events and waits for the acknowledgement of each.
async fn over_nats(program: &Bus, args: &Args) -> anyhow::Result<Duration> {
    let subject = format!("reeve.ingest.{PUBLISHER}");
    let headers = Headers::default().with("content-type", CLOUD_EVENT);
    let begun = Instant::now();
    let send = |number: usize| {
        let (subject, headers) = (&subject, &headers);
        async move {
            let body = event("nats", number).to_string();
            let answer = program.request(subject, headers, body.into(), PATIENCE).await?;
            let status = answer.headers.get("status").unwrap_or_default();
            ensure!(
                status == "200",
                "an event was answered {status}: {}",
                String::from_utf8_lossy(&answer.data)
            );
            Ok(())
        }
    };
    let numbers = stream::iter((0..args.events).map(anyhow::Ok));
    numbers.try_for_each_concurrent(args.at_once, send).await?;
    Ok(begun.elapsed())
}

/// Posts once, over a connection that is there.
async fn post(client: &mut Client, call: &Signed) -> anyhow::Result<()> {
    client.send(call).await.map(|_| ())
}
