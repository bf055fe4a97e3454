//! `reeve explorer`: the state of the fleet on one page.

use super::{
    Format,
    connection::Connection,
    list::all,
    stdout,
    table::{self, cell},
};
use serde_json::{Map, Value, json};

/// What is counted, and how: the type, then the attributes that are counted by.
const COUNTED: [(&str, &[&str]); 5] = [
    ("AWS:EC2InstanceInformation", &["PingStatus", "PlatformName"]),
    ("AWS:OpsItem", &["Status", "Severity"]),
    ("Custom:Incident", &["Status", "Impact"]),
    ("AWS:ComplianceSummary", &["ComplianceType", "Status"]),
    ("Custom:Inventory", &["TypeName"]),
];

/// The inventories whose last collection did not come to its end.
fn failed() -> Value {
    let filter = json!([{"Key": "Custom:Inventory.Failure", "Values": ["true"], "Type": "Exists"}]);
    json!({"AggregatorType": "count", "TypeName": "Custom:Inventory", "AttributeName": "Failure", "Filters": filter})
}

pub async fn explorer(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let nested = |(kind, attributes): &(&str, &[&str])| {
        attributes.iter().rev().fold(Value::Null, |inner, attribute| {
            let mut aggregator =
                json!({"AggregatorType": "count", "TypeName": kind, "AttributeName": attribute});
            if !inner.is_null() {
                aggregator["Aggregators"] = json!([inner]);
            }
            aggregator
        })
    };
    let mut aggregators: Vec<Value> = COUNTED.iter().map(nested).collect();
    aggregators.push(failed());
    let entities = all(connection, "GetOpsSummary", json!({"Aggregators": aggregators}), "Entities").await?;
    let syncs = all(connection, "ListResourceDataSync", json!({}), "ResourceDataSyncItems").await?;
    if format == Format::Json {
        return stdout::line(json!({"entities": entities, "resourceDataSyncs": syncs}));
    }
    let counts = |kind: &str| -> Vec<Map<String, Value>> {
        let contents = entities.iter().filter_map(|entity| entity["Data"][kind]["Content"].as_array());
        contents.flatten().filter_map(|row| row.as_object().cloned()).collect()
    };
    page(&counts, &syncs)
}

type Counts<'a> = &'a dyn Fn(&str) -> Vec<Map<String, Value>>;

/// As many of some rows there are.
fn total(rows: &[Map<String, Value>], is_counted: impl Fn(&Map<String, Value>) -> bool) -> u64 {
    let counted = rows.iter().filter(|row| is_counted(row));
    counted.filter_map(|row| row["Count"].as_str()?.parse::<u64>().ok()).sum()
}

fn is(row: &Map<String, Value>, name: &str, value: &str) -> bool {
    row.get(name).is_some_and(|found| found == value)
}

/// The values that there are of an attribute, each once, in order.
fn values(rows: &[Map<String, Value>], name: &str) -> Vec<String> {
    let found = rows.iter().filter_map(|row| row.get(name)?.as_str());
    let mut found: Vec<String> = found.map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

fn page(counts: Counts<'_>, syncs: &[Value]) -> anyhow::Result<()> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut line = |area: &str, state: String, count: u64| {
        lines.push(vec![area.to_owned(), state, count.to_string()]);
    };
    let nodes = counts("AWS:EC2InstanceInformation");
    let all_nodes = total(&nodes, |_| true);
    line("Nodes", "registered".to_owned(), all_nodes);
    for status in values(&nodes, "PingStatus") {
        line("Nodes", status.clone(), total(&nodes, |row| is(row, "PingStatus", &status)));
    }
    for platform in values(&nodes, "PlatformName").into_iter().filter(|name| !name.is_empty()) {
        line("Nodes", platform.clone(), total(&nodes, |row| is(row, "PlatformName", &platform)));
    }
    let items = counts("AWS:OpsItem");
    let is_unresolved =
        |row: &Map<String, Value>| !row["Status"].as_str().is_some_and(reeve_fleet::ops_item_is_over);
    line("OpsItems", "not over".to_owned(), total(&items, is_unresolved));
    for severity in values(&items, "Severity") {
        let count = total(&items, |row| is_unresolved(row) && is(row, "Severity", &severity));
        if count > 0 {
            let named = if severity.is_empty() { "without one" } else { &severity };
            line("OpsItems", format!("not over, severity {named}"), count);
        }
    }
    let incidents = counts("Custom:Incident");
    line("Incidents", "OPEN".to_owned(), total(&incidents, |row| is(row, "Status", "OPEN")));
    for impact in values(&incidents, "Impact") {
        let count = total(&incidents, |row| is(row, "Status", "OPEN") && is(row, "Impact", &impact));
        if count > 0 {
            line("Incidents", format!("OPEN, impact {impact}"), count);
        }
    }
    let compliance = counts("AWS:ComplianceSummary");
    for kind in values(&compliance, "ComplianceType") {
        let of_kind = |row: &Map<String, Value>| is(row, "ComplianceType", &kind);
        for status in ["COMPLIANT", "NON_COMPLIANT"] {
            let count = total(&compliance, |row| of_kind(row) && is(row, "Status", status));
            line("Compliance", format!("{kind}, {status}"), count);
        }
    }
    // A node that was never scanned is not one that lacks nothing.
    let scanned = total(&compliance, |row| is(row, "ComplianceType", "Patch"));
    line("Compliance", "Patch, not known".to_owned(), all_nodes.saturating_sub(scanned));
    let inventories = counts("Custom:Inventory");
    let collected = total(&inventories, |row| is(row, "TypeName", "AWS:Application"));
    line("Inventory", "nodes with AWS:Application".to_owned(), collected);
    line("Inventory", "AWS:Application not known".to_owned(), all_nodes.saturating_sub(collected));
    let failures = total(&inventories, |row| row.contains_key("Failure"));
    line("Inventory", "last collection failed".to_owned(), failures);
    table::print(&["AREA", "STATE", "COUNT"], &lines)?;
    if syncs.is_empty() {
        return Ok(());
    }
    stdout::line("")?;
    let rows = syncs.iter().map(|sync| {
        let at = table::instant(sync, "LastSuccessfulSyncTime");
        let message = cell(sync, "LastSyncStatusMessage");
        vec![cell(sync, "SyncName"), cell(sync, "SyncType"), cell(sync, "LastStatus"), at, message]
    });
    let heading = ["SYNC", "TYPE", "LAST STATUS", "LAST SUCCESS", "MESSAGE"];
    table::print(&heading, &rows.collect::<Vec<_>>())
}
