//! `reeve incidents`: what is wrong, and what was done about it and when.

use super::{
    Format,
    connection::{Connection, INCIDENTS},
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use anyhow::{Context, bail, ensure};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::cmp::Ordering;

/// Incidents: started from response plans by people or by other systems, until somebody resolves them.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists those that are open, newest first; with --all also those that were resolved.
    List {
        #[arg(long)]
        all: bool,
    },
    /// Shows one with its timeline and its related items.
    Show(ShowArgs),
    /// Prints one as a report in Markdown.
    Report(ShowArgs),
    /// Starts one from a response plan; an open one with the plan's deduplication string takes this as a further trigger.
    Start {
        /// The response plan's name.
        plan: String,
        /// Instead of the plan's.
        #[arg(long)]
        title: Option<String>,
        /// 1 critical, 2 high, 3 medium, 4 low, 5 none; instead of the plan's.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=5))]
        impact: Option<u8>,
    },
    /// Resolves incidents.
    Resolve {
        /// Each by its id, the beginning of it, or its ARN.
        #[arg(required = true)]
        incidents: Vec<String>,
    },
    /// Writes a note on an incident's timeline.
    Note {
        /// Its id, the beginning of it, or its ARN.
        incident: String,
        text: String,
        /// When it happened (RFC 3339); now, if not given.
        #[arg(long)]
        at: Option<String>,
    },
    /// Lists the response plans.
    Plans,
    /// Makes a response plan.
    CreatePlan {
        name: String,
        /// The title of its incidents.
        #[arg(long)]
        title: String,
        /// 1 critical, 2 high, 3 medium, 4 low, 5 none.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=5))]
        impact: u8,
        #[arg(long)]
        summary: Option<String>,
        /// While an incident with it is open, another trigger belongs to that one.
        #[arg(long)]
        dedupe: Option<String>,
    },
}

/// Which incident, and as of when.
#[derive(clap::Args)]
pub struct ShowArgs {
    /// Its id, the beginning of it, or its ARN.
    incident: String,
    /// Only what had happened by then (RFC 3339), whenever it became known.
    #[arg(long)]
    happened_by: Option<String>,
    /// Only what was known then (RFC 3339), as with --as-of.
    #[arg(long)]
    known_at: Option<String>,
}

pub async fn incidents(connection: Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List { all } => list(&connection, all, format).await,
        Command::Show(args) => {
            let incident = Incident::read(connection, args).await?;
            match format {
                Format::Json => stdout::line(incident.json()),
                Format::Text => incident.show(),
            }
        }
        Command::Report(args) => {
            let refusal =
                "--output json: a report is Markdown; `reeve incidents show ID --output json` tells the same";
            ensure!(format == Format::Text, refusal);
            Incident::read(connection, args).await?.report()
        }
        Command::Start { plan, title, impact } => {
            let started = start(&connection, &plan, title, impact).await?;
            stdout::answer(format, &started, cell(&started, "incidentRecordArn"))
        }
        Command::Resolve { incidents } => {
            for incident in incidents {
                let arn = find(&connection, &incident).await?;
                let input = json!({"arn": arn, "status": "RESOLVED"});
                let updated = connection.call_of(&INCIDENTS, "UpdateIncidentRecord", &input).await?;
                stdout::done(format, &updated)?;
            }
            Ok(())
        }
        Command::Note { incident, text, at } => {
            let created = note(&connection, &incident, text, at).await?;
            stdout::answer(format, &created, cell(&created, "eventId"))
        }
        Command::Plans => plans(&connection, format).await,
        Command::CreatePlan { name, title, impact, summary, dedupe } => {
            let mut template = json!({"title": title, "impact": impact});
            for (member, value) in [("summary", summary), ("dedupeString", dedupe)] {
                if let Some(value) = value {
                    template[member] = json!(value);
                }
            }
            let input = json!({"name": name, "incidentTemplate": template});
            let created = connection.call_of(&INCIDENTS, "CreateResponsePlan", &input).await?;
            stdout::answer(format, &created, cell(&created, "arn"))
        }
    }
}

async fn list(connection: &Connection, all: bool, format: Format) -> anyhow::Result<()> {
    let open = json!([{"key": "status", "condition": {"equals": {"stringValues": ["OPEN"]}}}]);
    let input = if all { json!({}) } else { json!({"filters": open}) };
    let records = every(connection, "ListIncidentRecords", input, "incidentRecordSummaries").await?;
    print(format, &records, &["INCIDENT", "STATUS", "IMPACT", "CREATED", "RESOLVED", "TITLE"], |record| {
        vec![
            id(record).to_owned(),
            cell(record, "status"),
            cell(record, "impact"),
            instant(record, "creationTime"),
            instant(record, "resolvedTime"),
            cell(record, "title"),
        ]
    })
}

async fn plans(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let plans = every(connection, "ListResponsePlans", json!({}), "responsePlanSummaries").await?;
    print(format, &plans, &["PLAN", "DISPLAY NAME", "ARN"], |plan| {
        vec![cell(plan, "name"), cell(plan, "displayName"), cell(plan, "arn")]
    })
}

async fn start(
    connection: &Connection,
    plan: &str,
    title: Option<String>,
    impact: Option<u8>,
) -> anyhow::Result<Value> {
    let plans = every(connection, "ListResponsePlans", json!({}), "responsePlanSummaries").await?;
    let found = plans.iter().find(|one| cell(one, "name") == plan);
    let names = || plans.iter().map(|plan| cell(plan, "name")).collect::<Vec<_>>().join(", ");
    let arn =
        found.with_context(|| format!("there is no response plan {plan:?}: there are {:?}", names()))?;
    let mut input = json!({"responsePlanArn": cell(arn, "arn")});
    if let Some(title) = title {
        input["title"] = json!(title);
    }
    if let Some(impact) = impact {
        input["impact"] = json!(impact);
    }
    connection.call_of(&INCIDENTS, "StartIncident", &input).await
}

async fn note(
    connection: &Connection,
    incident: &str,
    text: String,
    at: Option<String>,
) -> anyhow::Result<Value> {
    let at = at.map(|at| parsed("--at", &at)).transpose()?.unwrap_or_else(Timestamp::now);
    let input = json!({
        "incidentRecordArn": find(connection, incident).await?,
        "eventTime": at.epoch_seconds(),
        "eventType": "Note",
        "eventData": text,
    });
    connection.call_of(&INCIDENTS, "CreateTimelineEvent", &input).await
}

fn parsed(option: &str, text: &str) -> anyhow::Result<Timestamp> {
    Timestamp::parse_rfc3339(text)
        .with_context(|| format!("{option} is {text:?}, which is no instant such as 2026-01-31T12:00:00Z"))
}

async fn every(
    connection: &Connection,
    operation: &str,
    input: Value,
    member: &str,
) -> anyhow::Result<Vec<Value>> {
    all_of(&INCIDENTS, connection, operation, input, member).await
}

/// The id in a record's ARN.
fn id(record: &Value) -> &str {
    let arn = record["arn"].as_str().unwrap_or_default();
    arn.rsplit_once('/').map_or(arn, |(_, id)| id)
}

/// The ARN of the incident that somebody named.
async fn find(connection: &Connection, named: &str) -> anyhow::Result<String> {
    if named.starts_with("arn:") {
        return Ok(named.to_owned());
    }
    let records = every(connection, "ListIncidentRecords", json!({}), "incidentRecordSummaries").await?;
    let found: Vec<&Value> = records.iter().filter(|record| id(record).starts_with(named)).collect();
    match found[..] {
        [one] => Ok(cell(one, "arn")),
        [] => bail!("there is no incident whose id begins with {named:?}"),
        _ => bail!("{} incidents have ids that begin with {named:?}", found.len()),
    }
}

/// An incident with what belongs to it.
struct Incident {
    record: Value,
    timeline: Vec<Value>,
    related: Vec<Value>,
}

impl Incident {
    async fn read(connection: Connection, args: ShowArgs) -> anyhow::Result<Self> {
        let connection = match args.known_at {
            Some(at) => connection.asking_as_of(Some(at)),
            None => connection,
        };
        let happened_by = args.happened_by.map(|by| parsed("--happened-by", &by)).transpose()?;
        let arn = find(&connection, &args.incident).await?;
        let got = connection.call_of(&INCIDENTS, "GetIncidentRecord", &json!({"arn": arn})).await?;
        let of = json!({"incidentRecordArn": arn});
        let mut input = of.clone();
        input["sortOrder"] = json!("ASCENDING");
        let events = every(&connection, "ListTimelineEvents", input, "eventSummaries").await?;
        let mut timeline = Vec::with_capacity(events.len());
        for event in events {
            let time = event["eventTime"].as_f64().unwrap_or_default();
            let is_later = happened_by.and_then(|by| time.partial_cmp(&by.epoch_seconds()));
            if is_later != Some(Ordering::Greater) {
                let mut input = of.clone();
                input["eventId"] = event["eventId"].clone();
                let got = connection.call_of(&INCIDENTS, "GetTimelineEvent", &input).await?;
                timeline.push(got["event"].clone());
            }
        }
        let related = every(&connection, "ListRelatedItems", of, "relatedItems").await?;
        Ok(Self { record: got["incidentRecord"].clone(), timeline, related })
    }

    fn json(&self) -> Value {
        json!({"incidentRecord": self.record, "timeline": self.timeline, "relatedItems": self.related})
    }

    fn show(&self) -> anyhow::Result<()> {
        let record = &self.record;
        stdout::line(format_args!("incident: {}", cell(record, "arn")))?;
        for name in ["title", "status", "impact", "dedupeString", "summary"] {
            stdout::line(format_args!("{name}: {}", cell(record, name)))?;
        }
        for name in ["creationTime", "resolvedTime", "lastModifiedTime"] {
            stdout::line(format_args!("{name}: {}", instant(record, name)))?;
        }
        for item in &self.related {
            stdout::line(format_args!("related: {}", related(item)))?;
        }
        stdout::line("timeline:")?;
        for event in &self.timeline {
            stdout::line(format_args!("  {}", self.told(event)))?;
        }
        Ok(())
    }

    fn report(&self) -> anyhow::Result<()> {
        let record = &self.record;
        stdout::line(format_args!("# {}\n", cell(record, "title")))?;
        stdout::line(format_args!("- Status: {}", cell(record, "status")))?;
        stdout::line(format_args!("- Impact: {}", cell(record, "impact")))?;
        stdout::line(format_args!("- Started: {}", instant(record, "creationTime")))?;
        stdout::line(format_args!("- Resolved: {}", instant(record, "resolvedTime")))?;
        stdout::line(format_args!("- Record: `{}`", cell(record, "arn")))?;
        if let Some(summary) = record["summary"].as_str() {
            stdout::line(format_args!("\n{summary}"))?;
        }
        stdout::line("\n## Timeline\n")?;
        for event in &self.timeline {
            stdout::line(format_args!("- {}", self.told(event)))?;
        }
        if !self.related.is_empty() {
            stdout::line("\n## Related items\n")?;
            for item in &self.related {
                stdout::line(format_args!("- {}", related(item)))?;
            }
        }
        Ok(())
    }

    /// An event in one line; with when it became known, where that was later than it happened.
    fn told(&self, event: &Value) -> String {
        let (happened, known) = (instant(event, "eventTime"), instant(event, "eventUpdatedTime"));
        let seconds = |name: &str| event[name].as_f64().unwrap_or_default();
        let is_late = seconds("eventUpdatedTime") - seconds("eventTime") > 1.0;
        let known = if is_late { format!(" (known {known})") } else { String::new() };
        format!("{happened}{known} {}: {}", cell(event, "eventType"), cell(event, "eventData"))
    }
}

fn related(item: &Value) -> String {
    let value = &item["identifier"]["value"];
    let value = value.as_object().and_then(|value| value.values().next()).cloned().unwrap_or_default();
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let title = item["title"].as_str().map(|title| format!(" ({title})")).unwrap_or_default();
    format!("{} {value}{title}", cell(&item["identifier"], "type"))
}
