//! `reeve ops`: OpsItems, and what is behind them.

use super::{
    Format,
    connection::{Connection, OPSCENTER, SSM},
    list::{all, all_of, print},
    stdout,
    table::{cell, instant},
};
use anyhow::ensure;
use reeve_types::text::cut;
use serde_json::{Value, json};

/// OpsItems: what somebody has to look at. Alerts, dead letters and lost nodes open some by themselves.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists those that are not Resolved, the one that was modified last first; with --all also the others.
    List {
        #[arg(long)]
        all: bool,
        /// Only those with this status: Open, InProgress or Resolved.
        #[arg(long)]
        status: Option<String>,
        /// Only those whose source contains this.
        #[arg(long)]
        source: Option<String>,
        /// Only those whose title contains this.
        #[arg(long)]
        title: Option<String>,
    },
    /// Shows one: what it is about, what fires behind it, and what happened to it.
    Show { id: String },
    /// Makes one.
    Create {
        title: String,
        #[arg(long)]
        description: Option<String>,
        /// What found it.
        #[arg(long, default_value = "operator")]
        source: String,
        #[command(flatten)]
        fields: Fields,
        /// While an item with the same text is not Resolved, no other is made.
        #[arg(long)]
        dedup: Option<String>,
    },
    /// Changes one.
    Update {
        id: String,
        #[arg(long)]
        title: Option<String>,
        #[arg(long)]
        description: Option<String>,
        /// Open, InProgress or Resolved.
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        fields: Fields,
    },
    /// Resolves some.
    Resolve {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Deletes some, for good.
    Delete {
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// What may be said of an item when it is made and later.
#[derive(clap::Args)]
pub struct Fields {
    /// 1 (the first to look at) to 5.
    #[arg(long)]
    priority: Option<i32>,
    /// 1 (critical) to 4 (low).
    #[arg(long)]
    severity: Option<String>,
    /// Such as Availability, Cost, Performance, Recovery or Security.
    #[arg(long)]
    category: Option<String>,
}

pub async fn ops(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List { all, status, source, title } => {
            list(connection, &filters(all, status, source, title), format).await
        }
        Command::Show { id } => show(connection, &id, format).await,
        Command::Create { title, description, source, fields, dedup } => {
            let description = description.unwrap_or_else(|| title.clone());
            let mut input = json!({"Title": title, "Description": description, "Source": source});
            put_fields(&mut input, fields);
            if let Some(dedup) = dedup {
                let value = json!({"dedupString": dedup}).to_string();
                input["OperationalData"] =
                    json!({"/aws/dedup": {"Value": value, "Type": "SearchableString"}});
            }
            let answer = connection.call_of(&SSM, "CreateOpsItem", &input).await?;
            stdout::answer(format, &answer, cell(&answer, "OpsItemId"))
        }
        Command::Update { id, title, description, status, fields } => {
            let mut input = json!({});
            for (member, value) in [("Title", title), ("Description", description), ("Status", status)] {
                if let Some(value) = value {
                    input[member] = value.into();
                }
            }
            put_fields(&mut input, fields);
            ensure!(input != json!({}), "nothing is to be changed: see `reeve ops update --help`");
            input["OpsItemId"] = id.into();
            stdout::done(format, &connection.call_of(&SSM, "UpdateOpsItem", &input).await?)
        }
        Command::Resolve { ids } => {
            each(connection, "UpdateOpsItem", &ids, &json!({"Status": "Resolved"}), format).await
        }
        Command::Delete { ids } => each(connection, "DeleteOpsItem", &ids, &json!({}), format).await,
    }
}

async fn each(
    connection: &Connection,
    operation: &str,
    ids: &[String],
    input: &Value,
    format: Format,
) -> anyhow::Result<()> {
    for id in ids {
        let mut input = input.clone();
        input["OpsItemId"] = id.as_str().into();
        stdout::done(format, &connection.call_of(&SSM, operation, &input).await?)?;
    }
    Ok(())
}

fn put_fields(input: &mut Value, fields: Fields) {
    if let Some(priority) = fields.priority {
        input["Priority"] = priority.into();
    }
    for (member, value) in [("Severity", fields.severity), ("Category", fields.category)] {
        if let Some(value) = value {
            input[member] = value.into();
        }
    }
}

fn filters(all: bool, status: Option<String>, source: Option<String>, title: Option<String>) -> Value {
    let mut filters = Vec::new();
    match status {
        Some(status) => filters.push(json!({"Key": "Status", "Operator": "Equal", "Values": [status]})),
        None if all => {}
        None => {
            let values = ["Open", "InProgress"];
            filters.push(json!({"Key": "Status", "Operator": "Equal", "Values": values}));
        }
    }
    for (key, value) in [("Source", source), ("Title", title)] {
        if let Some(value) = value {
            filters.push(json!({"Key": key, "Operator": "Contains", "Values": [value]}));
        }
    }
    filters.into()
}

/// What is behind an item, as its operational data says.
fn alerts(item: &Value) -> Value {
    let alerts = item.pointer("/OperationalData/~1reeve~1alerts/Value").and_then(Value::as_str);
    alerts.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

async fn list(connection: &Connection, filters: &Value, format: Format) -> anyhow::Result<()> {
    let input = json!({"OpsItemFilters": filters});
    let items = all(connection, "DescribeOpsItems", input, "OpsItemSummaries").await?;
    let heading = ["OPSITEM", "STATUS", "PRIORITY", "SEVERITY", "FIRING", "SOURCE", "MODIFIED", "TITLE"];
    print(format, &items, &heading, |item| {
        vec![
            cell(item, "OpsItemId"),
            cell(item, "Status"),
            cell(item, "Priority"),
            cell(item, "Severity"),
            cell(&alerts(item), "firing"),
            cell(item, "Source"),
            instant(item, "LastModifiedTime"),
            cut(&cell(item, "Title"), 60),
        ]
    })
}

async fn show(connection: &Connection, id: &str, format: Format) -> anyhow::Result<()> {
    let mut answer = connection.call_of(&SSM, "GetOpsItem", &json!({"OpsItemId": id})).await?;
    let item = answer["OpsItem"].take();
    let causes = all_of(&OPSCENTER, connection, "ListCauses", json!({"opsItemId": id}), "causes").await?;
    let filter = json!([{"Key": "OpsItemId", "Operator": "Equal", "Values": [id]}]);
    let events = all(connection, "ListOpsItemEvents", json!({"Filters": filter}), "Summaries").await?;
    if format == Format::Json {
        return stdout::line(json!({"opsItem": item, "causes": causes, "events": events}));
    }
    for name in ["OpsItemId", "Title", "Status", "Priority", "Severity", "Category", "Source", "Description"]
    {
        stdout::line(format_args!("{name}: {}", cell(&item, name)))?;
    }
    for (time, actor) in [("CreatedTime", "CreatedBy"), ("LastModifiedTime", "LastModifiedBy")] {
        stdout::line(format_args!("{time}: {} by {}", instant(&item, time), cell(&item, actor)))?;
    }
    for related in item["RelatedOpsItems"].as_array().into_iter().flatten() {
        stdout::line(format_args!("RelatedOpsItem: {}", cell(related, "OpsItemId")))?;
    }
    for (key, datum) in item["OperationalData"].as_object().into_iter().flatten() {
        if key != "/reeve/alerts" {
            stdout::line(format_args!("{key}: {}", cell(datum, "Value")))?;
        }
    }
    sentences(&alerts(&item))?;
    if !causes.is_empty() {
        stdout::line("")?;
        let heading = ["CAUSE", "STATUS", "COUNT", "START", "FIRST SEEN", "LAST SEEN", "LABELS"];
        print(format, &causes, &heading, |cause| {
            let labels = cause["labels"].as_object().into_iter().flatten();
            let labels: Vec<String> =
                labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
            vec![
                cell(cause, "fingerprint"),
                cell(cause, "status"),
                cell(cause, "count"),
                instant(cause, "start"),
                instant(cause, "firstSeen"),
                instant(cause, "lastSeen"),
                labels.join(" "),
            ]
        })?;
    }
    stdout::line("")?;
    print(format, &events, &["TIME", "EVENT", "DETAIL"], |event| {
        let name = cell(event, "DetailType");
        let name = name.trim_start_matches("reeve.opscenter.").trim_end_matches(".v1").to_owned();
        vec![instant(event, "CreatedTime"), name, cell(event, "Detail")]
    })
}

/// What fires, in sentences.
fn sentences(alerts: &Value) -> anyhow::Result<()> {
    let Some(begun) = alerts["firings"].as_u64() else { return Ok(()) };
    stdout::line(format_args!(
        "{} of {begun} firings go on; they were heard of {} times, from {} to {}.",
        cell(alerts, "firing"),
        cell(alerts, "count"),
        cell(alerts, "firstSeen"),
        cell(alerts, "lastSeen"),
    ))?;
    match alerts["truncatedAlerts"].as_u64() {
        Some(count) if count > 0 => stdout::line(format_args!(
            "The last message about the group was cut off: {count} more alerts are in it than are known here."
        )),
        _ => Ok(()),
    }
}
