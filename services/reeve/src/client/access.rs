//! `reeve access`: principals, their keys and groups, and policies.

use super::{
    DataFolder, Format,
    connection::{ACCESS, Connection, INGEST},
    input::text_of,
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use anyhow::Context;
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf};

/// A principal, action or kind does not exist: a slip, and no decision.
#[derive(Debug)]
pub struct UnknownName(String);

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownName {}

impl UnknownName {
    pub const EXIT_CODE: u8 = 2;
}

/// Manages who may do what. Policies are Cedar: permit(principal in Group::"web", action == Action::"ssm:SendCommand",
/// resource is Node) when { resource.hasTag("role") && resource.getTag("role") == "web" };
#[derive(clap::Subcommand)]
pub enum Command {
    /// Makes a principal with an access key; its secret is printed once.
    CreatePrincipal {
        name: String,
        /// A group that it is in; may be given several times.
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Deletes a principal and destroys the secrets of its keys.
    DeletePrincipal { name: String },
    /// Lists principals.
    Principals,
    /// Puts a principal into these groups and takes it out of all others.
    SetGroups { name: String, groups: Vec<String> },
    /// Makes a second access key; its secret is printed once.
    CreateKey { name: String },
    /// Deletes an access key and destroys its secret.
    DeleteKey { name: String, access_key_id: String },
    /// Puts policies in force under a name, in the place of those that had it.
    PutPolicy {
        name: String,
        /// A file of Cedar policies; `-` is stdin.
        file: PathBuf,
    },
    /// Takes policies out of force.
    DeletePolicy { name: String },
    /// Lists policies.
    Policies,
    /// Makes a source of events and prints its token, once: what sends to /events or /webhooks/… has it in its
    /// header Authorization, as Bearer TOKEN.
    CreateSource {
        name: String,
        /// Prints NATS credentials as well, which may send CloudEvents on reeve.ingest.NAME and nothing else: the token
        /// stands in a line of its own before them, as a comment.
        #[arg(long)]
        nats: bool,
    },
    /// Says what the messages mean that a source posts to /webhooks/NAME: where in their JSON key, status, severity, title,
    /// text and links are. The folder examples/webhooks has mappings for Grafana, GitHub, Zabbix and Uptime Kuma.
    PutMapping {
        name: String,
        /// A file with a JSON object; `-` is stdin.
        file: PathBuf,
    },
    /// Deletes a source: its token is good for nothing from then on, and its credentials for the bus are not let in.
    DeleteSource { name: String },
    /// Lists sources, and how much came of each.
    Sources,
    /// Makes a subscriber and prints its NATS credentials, once: it may read the events of the services that are named, by
    /// durable consumers of its own, and nothing else.
    CreateSubscriber {
        name: String,
        /// A service whose events it may read; may be given several times. Without one it may read nothing.
        #[arg(long = "service", value_name = "SERVICE")]
        services: Vec<String>,
        /// Of a service only these events: SERVICE.AGGREGATE, such as nodes.node, or SERVICE.AGGREGATE.ID, with NATS's wildcards
        /// `*` and `>`. May be given several times.
        #[arg(long = "filter", value_name = "SUBJECT")]
        filters: Vec<String>,
    },
    /// Deletes a subscriber with its consumers, and cuts it off from the bus.
    DeleteSubscriber { name: String },
    /// Lists subscribers.
    Subscribers,
    /// Says what would be decided on what, and by which policies. A principal, action or kind that does not exist ends
    /// this with the exit code 2.
    Check {
        principal: String,
        /// Such as ssm:SendCommand.
        action: String,
        /// Such as Document, Node (or ManagedInstance, as AWS calls it) or Parameter, with the resource's id.
        #[arg(requires = "id")]
        kind: Option<String>,
        id: Option<String>,
    },
}

pub async fn access(data: &DataFolder, command: Command, format: Format) -> anyhow::Result<()> {
    let connection = Connection::open(data)?;
    let call = async |operation, input| connection.call_of(&ACCESS, operation, &input).await;
    match command {
        Command::CreatePrincipal { name, groups } => {
            new_key(format, &call("CreatePrincipal", json!({"name": name, "groups": groups})).await?)?;
        }
        Command::CreateKey { name } => {
            new_key(format, &call("CreateAccessKey", json!({"name": name})).await?)?;
        }
        Command::DeletePrincipal { name } => {
            done(format, &call("DeletePrincipal", json!({"name": name})).await?)?;
        }
        Command::SetGroups { name, groups } => {
            done(format, &call("SetPrincipalGroups", json!({"name": name, "groups": groups})).await?)?;
        }
        Command::DeleteKey { name, access_key_id } => {
            let input = json!({"name": name, "accessKeyId": access_key_id});
            done(format, &call("DeleteAccessKey", input).await?)?;
        }
        Command::PutPolicy { name, file } => {
            done(format, &call("PutPolicy", json!({"name": name, "text": text_of(&file)?})).await?)?;
        }
        Command::DeletePolicy { name } => done(format, &call("DeletePolicy", json!({"name": name})).await?)?,
        Command::Principals => {
            let rows = all_of(&ACCESS, &connection, "ListPrincipals", json!({}), "principals").await?;
            print(format, &rows, &["NAME", "GROUPS", "ACCESS KEYS", "CREATED"], |row| {
                let keys = texts(row.get("accessKeys"), |key| cell(key, "accessKeyId"));
                let groups = texts(row.get("groups"), plain);
                vec![cell(row, "name"), groups, keys, instant(row, "created")]
            })?;
        }
        Command::Policies => {
            let rows = all_of(&ACCESS, &connection, "ListPolicies", json!({}), "policies").await?;
            print(format, &rows, &["NAME", "UPDATED", "TEXT"], |row| {
                vec![cell(row, "name"), instant(row, "updated"), cell(row, "text").replace('\n', " ")]
            })?;
        }
        Command::CreateSource { name, nats } => {
            let mut answer = connection.call_of(&INGEST, "CreateSource", &json!({"name": name})).await?;
            if nats {
                let made = call("CreatePublisher", json!({"source": name})).await;
                let made = made.with_context(|| {
                    format!("the source {name} was made, and its credentials were not: delete it, and make it anew")
                })?;
                answer["nats"] = made;
            }
            new_source(format, &answer)?;
        }
        Command::PutMapping { name, file } => {
            let input = json!({"name": name, "mapping": text_of(&file)?});
            done(format, &connection.call_of(&INGEST, "PutSourceMapping", &input).await?)?;
        }
        Command::DeleteSource { name } => {
            done(format, &connection.call_of(&INGEST, "DeleteSource", &json!({"name": name})).await?)?;
        }
        Command::Sources => {
            let rows = all_of(&INGEST, &connection, "ListSources", json!({}), "sources").await?;
            print(format, &rows, &["NAME", "RECEIVED", "LAST RECEIVED", "CREATED"], |row| {
                let last = instant(row, "lastReceived");
                vec![cell(row, "name"), cell(row, "received"), last, instant(row, "created")]
            })?;
        }
        Command::CreateSubscriber { name, mut services, filters } => {
            let filtered =
                filters.iter().map(|filter| filter.split('.').next().unwrap_or_default().to_owned());
            services.extend(filtered.collect::<BTreeSet<_>>());
            let input = json!({"name": name, "services": services, "filters": filters});
            new_subscriber(format, &call("CreateSubscriber", input).await?)?;
        }
        Command::DeleteSubscriber { name } => {
            done(format, &call("DeleteSubscriber", json!({"name": name})).await?)?;
        }
        Command::Subscribers => {
            let rows = all_of(&ACCESS, &connection, "ListSubscribers", json!({}), "subscribers").await?;
            print(format, &rows, &["NAME", "SERVICES", "FILTERS", "PUBLIC KEY", "CREATED"], |row| {
                let (services, filters) =
                    (texts(row.get("services"), plain), texts(row.get("filters"), plain));
                vec![cell(row, "name"), services, filters, cell(row, "publicKey"), instant(row, "created")]
            })?;
        }
        Command::Check { principal, action, kind, id } => {
            let mut input = json!({"principal": principal, "action": action});
            if let (Some(kind), Some(id)) = (kind, id) {
                input["resourceType"] = kind.into();
                input["resourceId"] = id.into();
            }
            let answer = known(call("CheckAccess", input).await)?;
            match format {
                Format::Json => stdout::line(answer)?,
                Format::Text => {
                    let policies = texts(answer.get("policies"), plain);
                    let (decision, resource) = (cell(&answer, "decision"), cell(&answer, "resource"));
                    stdout::line(format_args!("{decision} {resource} {policies}"))?;
                }
            }
        }
    }
    Ok(())
}

/// Ends with [`UnknownName`] when what was asked about does not exist.
fn known(answer: anyhow::Result<Value>) -> anyhow::Result<Value> {
    answer.map_err(|error| {
        let text = error.to_string();
        match ["NoSuchEntityException", "ValidationException"].iter().any(|code| text.contains(code)) {
            true => UnknownName(text).into(),
            false => error,
        }
    })
}

fn new_key(format: Format, answer: &Value) -> anyhow::Result<()> {
    match format {
        Format::Json => stdout::line(answer),
        Format::Text => {
            stdout::line(format_args!("export AWS_ACCESS_KEY_ID={}", cell(answer, "accessKeyId")))?;
            stdout::line(format_args!("export AWS_SECRET_ACCESS_KEY={}", cell(answer, "secretAccessKey")))
        }
    }
}

/// A credentials file may begin with other lines: what reads it looks for its marks.
fn new_source(format: Format, answer: &Value) -> anyhow::Result<()> {
    let token = cell(answer, "token");
    match (format, answer.get("nats")) {
        (Format::Json, _) => stdout::line(answer),
        (Format::Text, None) => stdout::line(token),
        (Format::Text, Some(nats)) => {
            stdout::line(format_args!("# {token}\n{}", cell(nats, "credentials").trim_end()))?;
            eprintln!(
                "reeve: it may send to {}; its client needs the inbox prefix {} to hear answers",
                cell(nats, "subject"),
                cell(nats, "inboxPrefix")
            );
            Ok(())
        }
    }
}

/// The credentials go to stdout, so that they can be kept in a file; what its client needs to know besides, to stderr.
fn new_subscriber(format: Format, answer: &Value) -> anyhow::Result<()> {
    if format == Format::Json {
        return stdout::line(answer);
    }
    stdout::line(cell(answer, "credentials").trim_end())?;
    let listed = |member: &str| texts(answer.get(member), plain);
    let (name, streams) = (cell(answer, "name"), listed("streams"));
    if streams.is_empty() {
        eprintln!("reeve: {name} may read nothing: --service and --filter name what it may read");
        return Ok(());
    }
    eprintln!(
        "reeve: {name} may read the streams {streams}, by the durable consumers {}; its client needs the JetStream API \
         prefix {} and the inbox prefix {}",
        listed("consumers"),
        cell(answer, "apiPrefix"),
        cell(answer, "inboxPrefix")
    );
    Ok(())
}

fn plain(text: &Value) -> String {
    text.as_str().unwrap_or_default().to_owned()
}

fn done(format: Format, answer: &Value) -> anyhow::Result<()> {
    if format == Format::Json { stdout::line(answer) } else { Ok(()) }
}

fn texts(list: Option<&Value>, text: impl Fn(&Value) -> String) -> String {
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(text).collect::<Vec<_>>().join(" ")
}
