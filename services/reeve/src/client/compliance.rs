//! `reeve compliance`: what nodes comply with and what not, now or at an earlier instant.

use super::{
    Format,
    connection::Connection,
    list::{all, print},
    stdout,
    table::{cell, instant},
};
use anyhow::{Context, ensure};
use reeve_types::Timestamp;
use serde_json::{Value, json};

/// What nodes comply with: their patches, and what custom checks put.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists a node's items.
    List {
        node: String,
        #[command(flatten)]
        selection: Selection,
    },
    /// Counts nodes by type, or with --nodes each node's items.
    Summary {
        /// A line for each node and type.
        #[arg(long)]
        nodes: bool,
        #[command(flatten)]
        selection: Selection,
    },
    /// Counts nodes by type at instants one after the other, as the log had them then.
    Trend {
        /// The first instant (RFC 3339).
        from: String,
        /// The last one; without it now.
        to: Option<String>,
        /// How many instants, evenly apart.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(2..=50))]
        points: u16,
        #[command(flatten)]
        selection: Selection,
    },
    /// Prints the items of all nodes, node by node.
    Export {
        /// How: JSON lines have all of an item, CSV its details as JSON in one column. Without it CSV, and JSON lines with
        /// --output json.
        #[arg(long, value_enum)]
        format: Option<ExportFormat>,
        #[command(flatten)]
        selection: Selection,
    },
}

/// Which items or summaries.
#[derive(clap::Args)]
pub struct Selection {
    /// Only this type, such as Patch or Custom:Benchmark.
    #[arg(long = "type", value_name = "TYPE")]
    compliance_type: Option<String>,
    /// Only what is COMPLIANT, or NON_COMPLIANT.
    #[arg(long)]
    status: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// RFC 4180, with a heading.
    Csv,
    /// One JSON object on a line, as the API has it.
    Jsonl,
}

impl Selection {
    fn filters(&self) -> Value {
        let of = [("ComplianceType", &self.compliance_type), ("Status", &self.status)];
        let filter = |(key, value): (&str, &Option<String>)| {
            value.as_ref().map(|value| json!({"Key": key, "Values": [value], "Type": "EQUAL"}))
        };
        of.into_iter().filter_map(filter).collect()
    }
}

pub async fn compliance(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List { node, selection } => list(connection, &node, &selection, format).await,
        Command::Summary { nodes: true, selection } => by_node(connection, &selection, format).await,
        Command::Summary { nodes: false, selection } => by_type(connection, &selection, format).await,
        Command::Trend { from, to, points, selection } => {
            let to = to.map_or_else(|| Ok(Timestamp::now()), |to| at(&to))?;
            trend(connection, (at(&from)?, to), points, &selection, format).await
        }
        Command::Export { format: given, selection } => {
            let assumed = if format == Format::Json { ExportFormat::Jsonl } else { ExportFormat::Csv };
            let exported = given.unwrap_or(assumed);
            ensure!(
                format == Format::Text || exported == ExportFormat::Jsonl,
                "--output json and --format csv contradict each other"
            );
            export(connection, &selection, exported).await
        }
    }
}

async fn items(connection: &Connection, node: &str, selection: &Selection) -> anyhow::Result<Vec<Value>> {
    let input = json!({"ResourceIds": [node], "Filters": selection.filters()});
    all(connection, "ListComplianceItems", input, "ComplianceItems").await
}

async fn summaries(connection: &Connection, selection: &Selection) -> anyhow::Result<Vec<Value>> {
    let input = json!({"Filters": selection.filters()});
    all(connection, "ListResourceComplianceSummaries", input, "ResourceComplianceSummaryItems").await
}

async fn list(
    connection: &Connection,
    node: &str,
    selection: &Selection,
    format: Format,
) -> anyhow::Result<()> {
    let items = items(connection, node, selection).await?;
    print(format, &items, &["TYPE", "ID", "STATUS", "SEVERITY", "CHECKED", "TITLE"], |item| {
        vec![
            cell(item, "ComplianceType"),
            cell(item, "Id"),
            cell(item, "Status"),
            cell(item, "Severity"),
            instant(&item["ExecutionSummary"], "ExecutionTime"),
            cell(item, "Title"),
        ]
    })
}

const SEVERITIES: [&str; 6] =
    ["CriticalCount", "HighCount", "MediumCount", "LowCount", "InformationalCount", "UnspecifiedCount"];

/// Both counts, and how many are not compliant by severity, the highest first.
fn counts(summary: &Value) -> Vec<String> {
    let not = &summary["NonCompliantSummary"];
    let severities = SEVERITIES.map(|name| cell(&not["SeveritySummary"], name)).join("/");
    vec![cell(&summary["CompliantSummary"], "CompliantCount"), cell(not, "NonCompliantCount"), severities]
}

async fn by_type(connection: &Connection, selection: &Selection, format: Format) -> anyhow::Result<()> {
    let input = json!({"Filters": selection.filters()});
    let summaries = all(connection, "ListComplianceSummaries", input, "ComplianceSummaryItems").await?;
    let heading = ["TYPE", "NODES COMPLIANT", "NOT", "CRITICAL/HIGH/MEDIUM/LOW/INFORMATIONAL/UNSPECIFIED"];
    print(format, &summaries, &heading, |summary| {
        [vec![cell(summary, "ComplianceType")], counts(summary)].concat()
    })
}

fn at(text: &str) -> anyhow::Result<Timestamp> {
    Timestamp::parse_rfc3339(text)
        .with_context(|| format!("{text:?} is no instant: 2026-01-31T08:00:00Z is one"))
}

async fn trend(
    connection: &Connection,
    (from, to): (Timestamp, Timestamp),
    points: u16,
    selection: &Selection,
    format: Format,
) -> anyhow::Result<()> {
    ensure!(from < to, "{} is not before {}", from.rfc3339(), to.rfc3339());
    let input = json!({"Filters": selection.filters()});
    let mut rows = Vec::new();
    for point in 0..i64::from(points) {
        let instant = Timestamp(from.0 + (to.0 - from.0) / (i64::from(points) - 1) * point).rfc3339();
        let then = connection.clone().asking_as_of(Some(instant.clone()));
        let listed = all(&then, "ListComplianceSummaries", input.clone(), "ComplianceSummaryItems").await;
        let summaries = match listed {
            // There was nothing to be looked at: that is not known, and not none.
            Err(error) if error.to_string().contains("is before the log begins") => {
                vec![json!({"ComplianceType": "not known: the log begins later"})]
            }
            listed => listed?,
        };
        rows.extend(summaries.into_iter().map(|mut summary| {
            summary["AsOf"] = instant.clone().into();
            summary
        }));
    }
    let heading =
        ["AS OF", "TYPE", "NODES COMPLIANT", "NOT", "CRITICAL/HIGH/MEDIUM/LOW/INFORMATIONAL/UNSPECIFIED"];
    print(format, &rows, &heading, |row| {
        [vec![cell(row, "AsOf"), cell(row, "ComplianceType")], counts(row)].concat()
    })
}

async fn by_node(connection: &Connection, selection: &Selection, format: Format) -> anyhow::Result<()> {
    let summaries = summaries(connection, selection).await?;
    let heading = [
        "NODE",
        "TYPE",
        "STATUS",
        "SEVERITY",
        "CHECKED",
        "ITEMS COMPLIANT",
        "NOT",
        "CRITICAL/HIGH/MEDIUM/LOW/INFORMATIONAL/UNSPECIFIED",
    ];
    print(format, &summaries, &heading, |summary| {
        let of = vec![
            cell(summary, "ResourceId"),
            cell(summary, "ComplianceType"),
            cell(summary, "Status"),
            cell(summary, "OverallSeverity"),
            instant(&summary["ExecutionSummary"], "ExecutionTime"),
        ];
        [of, counts(summary)].concat()
    })
}

/// The columns of CSV.
const COLUMNS: [&str; 11] = [
    "ResourceId",
    "ResourceType",
    "ComplianceType",
    "Id",
    "Title",
    "Status",
    "Severity",
    "ExecutionTime",
    "ExecutionType",
    "ExecutionId",
    "Details",
];

async fn export(connection: &Connection, selection: &Selection, format: ExportFormat) -> anyhow::Result<()> {
    // The status is that of items here: a node that is not compliant has items that are.
    let of_type = Selection { compliance_type: selection.compliance_type.clone(), status: None };
    let summaries = summaries(connection, &of_type).await?;
    let mut nodes: Vec<String> = summaries.iter().map(|summary| cell(summary, "ResourceId")).collect();
    nodes.sort();
    nodes.dedup();
    if format == ExportFormat::Csv {
        row(&COLUMNS.map(str::to_owned))?;
    }
    for node in nodes {
        for item in items(connection, &node, selection).await? {
            match format {
                ExportFormat::Jsonl => stdout::line(&item)?,
                ExportFormat::Csv => row(&COLUMNS.map(|column| field(&item, column)))?,
            }
        }
    }
    Ok(())
}

fn field(item: &Value, column: &str) -> String {
    let text = |of: &Value| of[column].as_str().unwrap_or_default().to_owned();
    match column {
        "Details" => item[column].to_string(),
        "ExecutionTime" => instant(&item["ExecutionSummary"], column),
        "ExecutionType" | "ExecutionId" => text(&item["ExecutionSummary"]),
        _ => text(item),
    }
}

/// A line of CSV, as RFC 4180 has it.
fn row(fields: &[String]) -> anyhow::Result<()> {
    let line = fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",");
    stdout::bytes(false, format!("{line}\r\n").as_bytes())
}

/// A field in quotes where it needs them. One that a spreadsheet would take for a formula is text: it begins with an
/// apostrophe, because items come from nodes.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_is_no_formula() {
        for (field, expected) in [
            ("plain text", "plain text"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@sum(a,b)", "\"'@sum(a,b)\""),
        ] {
            assert_eq!(quoted(field), expected);
        }
    }
}
