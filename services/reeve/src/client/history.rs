//! `reeve history`: who changed something, when and why, from the log.

use super::{
    Format,
    connection::{Connection, FEED},
    stdout,
    table::{self, cell},
};
use crate::host::{service_entry, service_names};
use anyhow::ensure;
use reeve_types::text::cut;
use serde_json::{Value, json};

/// As much of what an event says stands in its row.
const MAX_SHOWN_CHARACTERS: usize = 100;

/// Options of `history`.
#[derive(clap::Args)]
pub struct Args {
    /// What it is, as in the subjects of its events: ops-item, incident, node, document, rule, parameter, …
    kind: String,
    /// Its id; one of several parts with slashes between them.
    id: String,
    /// Only events of this service, and causes among them. May be repeated.
    #[arg(long)]
    service: Vec<String>,
    /// As --output json.
    #[arg(long)]
    json: bool,
}

pub async fn history(connection: &Connection, args: Args, format: Format) -> anyhow::Result<()> {
    for service in &args.service {
        service_entry(service)?;
    }
    let all = || service_names().map(str::to_owned).collect();
    let services: Vec<String> = if args.service.is_empty() { all() } else { args.service };
    let mut input = json!({"services": services, "aggregate": args.kind, "id": args.id});
    let mut changes = Vec::new();
    loop {
        let mut answer = connection.call_of(&FEED, "ReadHistory", &input).await?;
        if let Some(Value::Array(page)) = answer.get_mut("changes").map(Value::take) {
            changes.extend(page);
        }
        match answer.get("nextToken") {
            Some(token @ Value::String(_)) => input["nextToken"] = token.clone(),
            _ => break,
        }
    }
    if args.json || format == Format::Json {
        return stdout::line(Value::from(changes));
    }
    ensure!(
        !changes.is_empty(),
        "the log has no event of {}/{}: see `reeve events` for the subjects that there are",
        args.kind,
        args.id
    );
    let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
    table::print(&["TIME", "EVENT", "WHO", "WHY", "WHAT"], &rows)
}

fn row(change: &Value) -> Vec<String> {
    let event = &change["event"];
    let who = match event["actorsource"].as_str() {
        Some(source) if !source.is_empty() => format!("{} from {source}", cell(event, "actor")),
        _ => cell(event, "actor"),
    };
    vec![cell(event, "time"), name(event), who, why(&change["cause"]), what(&event["data"])]
}

/// The name of a type, without its service and version.
fn name(event: &Value) -> String {
    let text = cell(event, "type");
    text.split('.').rev().nth(1).map(str::to_owned).unwrap_or(text)
}

fn why(cause: &Value) -> String {
    match cause["kind"].as_str() {
        Some("call") => "a call".to_owned(),
        Some("report") => "the node reported it".to_owned(),
        Some("own") => "of the service's own accord".to_owned(),
        Some("due") => format!("it was due, after {} of {}", name(cause), cell(cause, "subject")),
        Some("event") => {
            format!("{} of {}, by {}", name(cause), cell(cause, "subject"), cell(cause, "actor"))
        }
        _ => format!("not known: {}", cell(cause, "reason")),
    }
}

/// What an event says, without what it leaves out.
fn what(data: &Value) -> String {
    let said = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        _ => true,
    };
    let members = data.as_object().into_iter().flatten().filter(|(_, value)| said(value));
    let texts: Vec<String> = members.map(|(name, value)| format!("{name}={value}")).collect();
    cut(&texts.join(" "), MAX_SHOWN_CHARACTERS)
}
