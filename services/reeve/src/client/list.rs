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

/// What rows are, and by which of their members one of them is meant.
pub struct Kind {
    pub article: &'static str,
    pub noun: &'static str,
    pub id: &'static str,
    pub name: Option<&'static str>,
}

/// The id of the one row that is meant: by its id, the beginning of it, or its name.
///
/// # Errors
/// When no row is meant, or several are.
pub async fn one_of(
    kind: &Kind,
    meant: &str,
    rows: impl Future<Output = anyhow::Result<Vec<Value>>>,
) -> anyhow::Result<String> {
    let Kind { article, noun, id, name } = *kind;
    anyhow::ensure!(!meant.is_empty(), "{article} {noun} is named by nothing at all");
    let is_named = |row: &Value| name.is_some_and(|name| cell(row, name) == meant);
    let found = rows.await?.into_iter().filter(|row| cell(row, id).starts_with(meant) || is_named(row));
    let ids: Vec<String> = found.map(|row| cell(&row, id)).collect();
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => anyhow::bail!("there is no {noun} {meant:?}"),
        several => anyhow::bail!("{meant:?} means several {noun}s: {}", several.join(", ")),
    }
}
