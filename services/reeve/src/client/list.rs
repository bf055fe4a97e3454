//! `reeve documents`, `reeve commands`, and what listings share.

use super::{
    Format,
    connection::{Api, Connection, SSM},
    stdout,
    table::{self, cell, instant},
};
use serde_json::{Value, json};

/// Options of `documents`.
#[derive(clap::Args)]
pub struct DocumentsArgs {
    /// Self, Amazon (the preconfigured ones) or All.
    #[arg(long, default_value = "All")]
    owner: String,
}

/// Every page of a listing of the ssm API.
pub async fn all(
    connection: &Connection,
    operation: &str,
    input: Value,
    member: &str,
) -> anyhow::Result<Vec<Value>> {
    all_of(&SSM, connection, operation, input, member).await
}

/// Every page of a listing.
pub async fn all_of(
    api: &'static Api,
    connection: &Connection,
    operation: &str,
    mut input: Value,
    member: &str,
) -> anyhow::Result<Vec<Value>> {
    let mut entries = Vec::new();
    loop {
        let mut answer = connection.call_of(api, operation, &input).await?;
        if let Some(Value::Array(page)) = answer.get_mut(member).map(Value::take) {
            entries.extend(page);
        }
        match answer.get(api.next_token) {
            Some(token @ Value::String(_)) => input[api.next_token] = token.clone(),
            _ => return Ok(entries),
        }
    }
}

pub fn print(
    format: Format,
    entries: &[Value],
    heading: &[&str],
    row: impl Fn(&Value) -> Vec<String>,
) -> anyhow::Result<()> {
    match format {
        Format::Json => stdout::line(Value::from(entries.to_vec())),
        Format::Text => table::print(heading, &entries.iter().map(row).collect::<Vec<_>>()),
    }
}

/// The ids of the connected nodes.
pub async fn online(connection: &Connection) -> anyhow::Result<Vec<String>> {
    let input = json!({"Filters": [{"Key": "PingStatus", "Values": ["Online"]}]});
    let nodes = all(connection, "DescribeInstanceInformation", input, "InstanceInformationList").await?;
    Ok(nodes.iter().map(|node| cell(node, "InstanceId")).collect())
}

pub async fn documents(connection: &Connection, args: DocumentsArgs, format: Format) -> anyhow::Result<()> {
    let input = json!({"Filters": [{"Key": "Owner", "Values": [args.owner]}]});
    let input = if args.owner == "All" { json!({}) } else { input };
    let documents = all(connection, "ListDocuments", input, "DocumentIdentifiers").await?;
    print(format, &documents, &["NAME", "TYPE", "OWNER", "VERSION", "FORMAT", "CREATED"], |document| {
        vec![
            cell(document, "Name"),
            cell(document, "DocumentType"),
            cell(document, "Owner"),
            cell(document, "DocumentVersion"),
            cell(document, "DocumentFormat"),
            instant(document, "CreatedDate"),
        ]
    })
}

pub async fn commands(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let commands = all(connection, "ListCommands", json!({}), "Commands").await?;
    print(
        format,
        &commands,
        &["COMMAND", "DOCUMENT", "STATUS", "TARGETS", "DONE", "ERRORS", "SENT"],
        |command| {
            vec![
                cell(command, "CommandId"),
                cell(command, "DocumentName"),
                cell(command, "StatusDetails"),
                cell(command, "TargetCount"),
                cell(command, "CompletedCount"),
                cell(command, "ErrorCount"),
                instant(command, "RequestedDateTime"),
            ]
        },
    )
}
