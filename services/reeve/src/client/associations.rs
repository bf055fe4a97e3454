//! `reeve associations`: what documents nodes are kept by, and when they run.

use super::{
    Format,
    connection::{Connection, STATE_MANAGER},
    list::{Kind, all, all_of, one_of, print},
    stdout,
    table::{cell, instant},
};
use serde_json::{Value, json};

/// Associations: documents that run on nodes by a schedule, and on those that join.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists all of them.
    List,
    /// Shows one with its last executions.
    Show {
        /// Its id, the beginning of it, or its name.
        association: String,
    },
    /// Prints the next instants at which one fires (UTC), and the nodes that would run now.
    Preview {
        /// Its id, the beginning of it, or its name.
        association: String,
        /// So many instants.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
        firings: u32,
    },
    /// Runs some now, whatever their schedules say.
    Run {
        /// Each by its id, the beginning of it, or its name.
        #[arg(required = true)]
        associations: Vec<String>,
    },
    /// Lists the nodes that are not as associations want them: they were away, or their last run did not succeed.
    Drift {
        /// Only of this one: its id, the beginning of it, or its name.
        association: Option<String>,
        /// Only on this node.
        #[arg(long)]
        node: Option<String>,
    },
    /// Runs those now whose documents declare themselves checks ("check": true), and tells which would change something and do not
    /// run. What a check finds, `drift` lists.
    Audit {
        /// Each by its id, the beginning of it, or its name; without any all of them.
        associations: Vec<String>,
    },
}

/// As many associations one call takes.
const MAX_AUDITED_TOGETHER: usize = 100;

pub async fn associations(connection: Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List => list(&connection, format).await,
        Command::Show { association } => show(&connection, &association, format).await,
        Command::Preview { association, firings } => {
            preview(&connection, &association, firings, format).await
        }
        Command::Run { associations } => {
            let mut ids = Vec::new();
            for association in associations {
                ids.push(find(&connection, &association).await?);
            }
            let input = json!({"AssociationIds": ids});
            stdout::done(format, &connection.call("StartAssociationsOnce", &input).await?)
        }
        Command::Drift { association, node } => drift(&connection, association, node, format).await,
        Command::Audit { associations } => audit(&connection, associations, format).await,
    }
}

async fn drift(
    connection: &Connection,
    association: Option<String>,
    node: Option<String>,
    format: Format,
) -> anyhow::Result<()> {
    let mut input = json!({});
    if let Some(meant) = association {
        input["associationId"] = find(connection, &meant).await?.into();
    }
    if let Some(node) = node {
        input["nodeId"] = node.into();
    }
    let found = all_of(&STATE_MANAGER, connection, "ListDrift", input, "drift").await?;
    print(format, &found, &["ASSOCIATION", "NODE", "CAUSE", "SINCE", "STEP", "SAYS"], |row| {
        vec![
            cell(row, "associationId"),
            cell(row, "nodeId"),
            cell(row, "cause"),
            instant(row, "since"),
            cell(row, "step"),
            // A line of a table has one line.
            row["output"].as_str().and_then(|output| output.lines().next()).unwrap_or_default().to_owned(),
        ]
    })
}

async fn audit(connection: &Connection, meant: Vec<String>, format: Format) -> anyhow::Result<()> {
    let known = every(connection).await?;
    let mut ids = Vec::new();
    match meant.is_empty() {
        true => ids.extend(known.iter().map(|association| cell(association, "AssociationId"))),
        false => {
            for association in meant {
                ids.push(find(connection, &association).await?);
            }
        }
    }
    let mut rows = Vec::new();
    for some in ids.chunks(MAX_AUDITED_TOGETHER) {
        let input = json!({"associationIds": some});
        let answer = connection.call_of(&STATE_MANAGER, "AuditAssociations", &input).await?;
        let started = answer["started"].as_array().cloned().unwrap_or_default();
        rows.extend(started.into_iter().map(|id| json!({"associationId": id, "runs": true})));
        rows.extend(answer["skipped"].as_array().cloned().unwrap_or_default());
    }
    print(format, &rows, &["ASSOCIATION", "RUNS"], |row| {
        let runs = if row["runs"] == true { "now".to_owned() } else { cell(row, "reason") };
        vec![cell(row, "associationId"), runs]
    })
}

async fn every(connection: &Connection) -> anyhow::Result<Vec<Value>> {
    all(connection, "ListAssociations", json!({}), "Associations").await
}

/// The id of the association that is meant.
///
/// # Errors
/// When there is none, or more than one.
async fn find(connection: &Connection, meant: &str) -> anyhow::Result<String> {
    let kind =
        Kind { article: "an", noun: "association", id: "AssociationId", name: Some("AssociationName") };
    one_of(&kind, meant, every(connection)).await
}

async fn list(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let heading = ["ASSOCIATION", "NAME", "DOCUMENT", "SCHEDULE", "STATUS", "LAST RUN"];
    print(format, &every(connection).await?, &heading, |association| {
        vec![
            cell(association, "AssociationId"),
            cell(association, "AssociationName"),
            cell(association, "Name"),
            cell(association, "ScheduleExpression"),
            cell(&association["Overview"], "DetailedStatus"),
            instant(association, "LastExecutionDate"),
        ]
    })
}

async fn show(connection: &Connection, meant: &str, format: Format) -> anyhow::Result<()> {
    let input = json!({"AssociationId": find(connection, meant).await?});
    let mut described = connection.call("DescribeAssociation", &input).await?;
    let mut executions = connection.call("DescribeAssociationExecutions", &input).await?;
    let (mut association, executions) =
        (described["AssociationDescription"].take(), executions["AssociationExecutions"].take());
    if format == Format::Json {
        association["Executions"] = executions;
        return stdout::line(association);
    }
    for (name, member) in [
        ("association", "AssociationId"),
        ("name", "AssociationName"),
        ("version", "AssociationVersion"),
        ("document", "Name"),
        ("schedule", "ScheduleExpression"),
        ("severity", "ComplianceSeverity"),
    ] {
        stdout::line(format_args!("{name}: {}", cell(&association, member)))?;
    }
    for target in association["Targets"].as_array().into_iter().flatten() {
        let values = target["Values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let values = values.collect::<Vec<_>>().join(",");
        stdout::line(format_args!("target: {}={values}", cell(target, "Key")))?;
    }
    stdout::line(format_args!("status: {}", cell(&association["Overview"], "DetailedStatus")))?;
    let rows = executions.as_array().cloned().unwrap_or_default();
    print(format, &rows, &["EXECUTION", "CREATED", "STATUS", "DETAIL", "NODES"], |execution| {
        vec![
            cell(execution, "ExecutionId"),
            instant(execution, "CreatedTime"),
            cell(execution, "Status"),
            cell(execution, "DetailedStatus"),
            cell(execution, "ResourceCountByStatus"),
        ]
    })
}

async fn preview(connection: &Connection, meant: &str, firings: u32, format: Format) -> anyhow::Result<()> {
    let id = find(connection, meant).await?;
    let input = json!({"associationId": id, "maxFirings": firings});
    let first = connection.call_of(&STATE_MANAGER, "PreviewAssociation", &input).await?;
    let nodes = all_of(&STATE_MANAGER, connection, "PreviewAssociation", input, "nodes").await?;
    if format == Format::Json {
        return stdout::line(json!({"firings": first["firings"], "nodes": nodes}));
    }
    let instants: Vec<Value> = first["firings"].as_array().cloned().unwrap_or_default();
    print(format, &instants, &["FIRES"], |at| vec![instant(&json!({"at": at}), "at")])?;
    print(format, &nodes, &["NODE", "COMPUTER", "RUNS"], |node| {
        let runs = if node["connected"] == true { "now" } else { "when it returns" };
        vec![cell(node, "nodeId"), cell(node, "name"), runs.to_owned()]
    })
}
