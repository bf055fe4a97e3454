//! `reeve notifications`: where messages go, and what became of each.

use super::{
    Format,
    connection::{Connection, NOTIFICATIONS},
    input::text_of,
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Messages to webhooks and by mail: pages of who is on call, and what rules send.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists them, the newest first.
    List {
        /// Waiting, Held, Sending, Sent, Failed, Cancelled or Refused.
        #[arg(long)]
        status: Option<String>,
        /// webhook:NAME or mail:ADDRESS.
        #[arg(long)]
        destination: Option<String>,
    },
    /// Shows one, with what it says.
    Show { id: String },
    /// Sends one, such as a test, and prints its id.
    Send {
        /// webhook:NAME or mail:ADDRESS.
        destination: String,
        #[arg(long)]
        subject: String,
        #[arg(long)]
        text: Option<String>,
        /// JSON that webhooks are given beside subject and text.
        #[arg(long)]
        details: Option<String>,
    },
    /// No attempt of it begins any more.
    Cancel {
        id: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Lists the webhooks.
    Webhooks,
    /// Makes a webhook or changes it. The key of a new one, with which its messages are signed, is printed once.
    PutWebhook(PutWebhook),
    /// Gives a webhook another key, and prints it. For a day messages are signed with both.
    RotateSecret { name: String },
    /// Goes on with a webhook that has answered that it is gone (410).
    Resume { name: String },
    /// Deletes a webhook; what waits for it fails.
    DeleteWebhook { name: String },
    /// Shows the server that takes mail.
    MailServer,
    /// Says which server takes mail.
    PutMailServer(PutMailServer),
    /// Sends no mail any more.
    DeleteMailServer,
}

#[derive(clap::Args)]
pub struct PutWebhook {
    name: String,
    url: String,
    /// STANDARD: an object with type, timestamp and data; SLACK: one with text; DETAILS: the details alone, as a rule gives them.
    #[arg(long, default_value = "STANDARD")]
    format: String,
    /// Also to addresses of one's own network, such as 10.0.0.1.
    #[arg(long)]
    allow_private_addresses: bool,
    /// A file with certificates in PEM: the authorities that count for it, alone.
    #[arg(long)]
    certificate_authority: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
}

#[derive(clap::Args)]
pub struct Limits {
    /// At most so many messages in a time, such as 5/1m or 100/1d; several count together. What is more is held back, and the
    /// next message says so.
    #[arg(long = "limit", value_name = "N/TIME", value_parser = limit)]
    limits: Vec<Value>,
}

/// A limit as the API has it.
fn limit(text: &str) -> Result<Value, String> {
    let read = || {
        let (messages, time) = text.split_once('/')?;
        let unit = match time.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            _ => return None,
        };
        let count: u32 = time[..time.len() - 1].parse().ok()?;
        Some(json!({"messages": messages.parse::<u32>().ok()?, "seconds": count.checked_mul(unit)?}))
    };
    read().ok_or_else(|| "it is a number of messages and a time in s, m, h or d, such as 5/1m".to_owned())
}

/// Limits as they are given.
fn limits_of(entry: &Value) -> String {
    let limits = entry["limits"].as_array().into_iter().flatten();
    let each: Vec<_> = limits.map(|limit| format!("{}/{}s", limit["messages"], limit["seconds"])).collect();
    if each.is_empty() { "-".to_owned() } else { each.join(" ") }
}

#[derive(clap::Args)]
pub struct PutMailServer {
    host: String,
    /// From whom mail comes: ops@example.org, or 'Operations <ops@example.org>'.
    #[arg(long)]
    sender: String,
    /// Of 587 with STARTTLS, 465 with TLS, 25 with NONE.
    #[arg(long)]
    port: Option<u16>,
    /// STARTTLS, TLS, or NONE, which sends everything readable for who is in between.
    #[arg(long, default_value = "STARTTLS")]
    security: String,
    #[arg(long, requires = "password_file")]
    user_name: Option<String>,
    /// A file with the password; `-` is stdin.
    #[arg(long, requires = "user_name")]
    password_file: Option<PathBuf>,
    /// A file with certificates in PEM: the authorities that count for it, alone.
    #[arg(long)]
    certificate_authority: Option<PathBuf>,
    /// Of each address.
    #[command(flatten)]
    limits: Limits,
}

/// Runs one of these commands.
///
/// # Errors
/// What the API refuses, and what cannot be read or printed.
pub async fn notifications(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    let call = |operation: &'static str, input: Value| async move {
        connection.call_of(&NOTIFICATIONS, operation, &input).await
    };
    match command {
        Command::List { status, destination } => {
            let input = given([("status", status), ("destination", destination)]);
            list(connection, input, format).await
        }
        Command::Show { id } => show(&call("GetNotification", json!({"notificationId": id})).await?, format),
        Command::Send { destination, subject, text, details } => {
            let mut input = given([("text", text), ("details", details)]);
            (input["destination"], input["subject"]) = (json!(destination), json!(subject));
            let answer = call("Send", input).await?;
            stdout::answer(format, &answer, cell(&answer, "notificationId"))
        }
        Command::Cancel { id, reason } => {
            let mut input = given([("reason", reason)]);
            input["notificationId"] = json!(id);
            stdout::done(format, &call("CancelNotification", input).await?)
        }
        Command::Webhooks => webhooks(connection, format).await,
        Command::PutWebhook(args) => {
            let mut input = given([("certificateAuthority", file(args.certificate_authority)?)]);
            input["allowPrivateAddresses"] = json!(args.allow_private_addresses);
            input["limits"] = Value::from(args.limits.limits);
            for (name, value) in [("name", args.name), ("url", args.url), ("format", args.format)] {
                input[name] = json!(value);
            }
            secret(&call("PutWebhook", input).await?, format)
        }
        Command::RotateSecret { name } => {
            secret(&call("RotateWebhookSecret", json!({"name": name})).await?, format)
        }
        Command::Resume { name } => {
            stdout::done(format, &call("ResumeWebhook", json!({"name": name})).await?)
        }
        Command::DeleteWebhook { name } => {
            stdout::done(format, &call("DeleteWebhook", json!({"name": name})).await?)
        }
        Command::MailServer => mail_server(&call("GetMailServer", json!({})).await?, format),
        Command::PutMailServer(args) => {
            let password =
                file(args.password_file)?.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
            let certificates = file(args.certificate_authority)?;
            let texts = [
                ("userName", args.user_name),
                ("password", password),
                ("certificateAuthority", certificates),
            ];
            let mut input = given(texts);
            for (name, value) in [("host", args.host), ("sender", args.sender), ("security", args.security)] {
                input[name] = json!(value);
            }
            input["limits"] = Value::from(args.limits.limits);
            if let Some(port) = args.port {
                input["port"] = json!(port);
            }
            stdout::done(format, &call("PutMailServer", input).await?)
        }
        Command::DeleteMailServer => stdout::done(format, &call("DeleteMailServer", json!({})).await?),
    }
}

/// The members that are given.
fn given<const N: usize>(members: [(&str, Option<String>); N]) -> Value {
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    Value::Object(given.collect::<Map<_, _>>())
}

fn file(path: Option<PathBuf>) -> anyhow::Result<Option<String>> {
    path.map(|path| text_of(&path)).transpose()
}

fn secret(answer: &Value, format: Format) -> anyhow::Result<()> {
    match answer.get("secret") {
        Some(_) => stdout::answer(format, answer, cell(answer, "secret")),
        None => stdout::done(format, answer),
    }
}

async fn list(connection: &Connection, input: Value, format: Format) -> anyhow::Result<()> {
    let entries = all_of(&NOTIFICATIONS, connection, "ListNotifications", input, "notifications").await?;
    let heading = ["ID", "ACCEPTED", "DESTINATION", "STATUS", "ATTEMPTS", "SUBJECT", "OUTCOME"];
    print(format, &entries, &heading, |entry| {
        let outcome = ["receipt", "reason"].map(|name| cell(entry, name)).concat();
        vec![
            cell(entry, "notificationId"),
            instant(entry, "accepted"),
            cell(entry, "destination"),
            cell(entry, "status"),
            cell(entry, "attempts"),
            cell(entry, "subject"),
            outcome,
        ]
    })
}

fn show(entry: &Value, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return stdout::line(entry);
    }
    let texts = ["destination", "status", "attempts", "originKind", "originId", "principal", "subject"];
    for name in texts {
        stdout::line(format_args!("{name}: {}", cell(entry, name)))?;
    }
    for name in ["reason", "receipt"].into_iter().filter(|name| entry.get(name).is_some()) {
        stdout::line(format_args!("{name}: {}", cell(entry, name)))?;
    }
    let instants = ["accepted", "sent", "nextAttempt", "expires"];
    for name in instants.into_iter().filter(|name| entry.get(name).is_some()) {
        stdout::line(format_args!("{name}: {}", instant(entry, name)))?;
    }
    for name in ["text", "details"].into_iter().filter(|name| entry.get(name).is_some()) {
        stdout::line(format_args!("\n{}", cell(entry, name)))?;
    }
    Ok(())
}

async fn webhooks(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let entries = all_of(&NOTIFICATIONS, connection, "ListWebhooks", json!({}), "webhooks").await?;
    let heading = ["NAME", "URL", "FORMAT", "PRIVATE ADDRESSES", "LIMITS", "PAUSED"];
    print(format, &entries, &heading, |entry| {
        vec![
            cell(entry, "name"),
            cell(entry, "url"),
            cell(entry, "format"),
            cell(entry, "allowPrivateAddresses"),
            limits_of(entry),
            cell(entry, "paused"),
        ]
    })
}

fn mail_server(entry: &Value, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return stdout::line(entry);
    }
    for name in ["host", "port", "security", "sender", "userName"] {
        stdout::line(format_args!("{name}: {}", cell(entry, name)))?;
    }
    stdout::line(format_args!("limits: {}", limits_of(entry)))?;
    stdout::line(format_args!("changed: {}", instant(entry, "changed")))
}
