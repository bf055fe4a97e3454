//! `reeve dead-letters`: what handlers gave up on, and what an operator does about it.

use super::{
    Format,
    connection::{Connection, DEAD_LETTERS},
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use data_encoding::BASE64;
use serde_json::{Value, json};

/// Dead letters: messages that a service gave up on, with the reason. They wait until somebody has them retried, once the
/// reason is gone, or discards them.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists those that are open or being retried; with --all also those that were resolved or discarded.
    List {
        /// Only those of this service.
        #[arg(long)]
        service: Option<String>,
        #[arg(long)]
        all: bool,
    },
    /// Shows one, with its message.
    Show { number: u64 },
    /// Has the handler that gave up try once more.
    Retry {
        #[arg(required = true)]
        numbers: Vec<u64>,
    },
    /// Settles letters without handling their messages.
    Discard {
        #[arg(required = true)]
        numbers: Vec<u64>,
    },
}

pub async fn dead_letters(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List { service, all } => list(connection, service, all, format).await,
        Command::Show { number } => show(connection, number, format).await,
        Command::Retry { numbers } => each(connection, "RetryDeadLetter", &numbers).await,
        Command::Discard { numbers } => each(connection, "DiscardDeadLetter", &numbers).await,
    }
}

async fn each(connection: &Connection, operation: &str, numbers: &[u64]) -> anyhow::Result<()> {
    for number in numbers {
        connection.call_of(&DEAD_LETTERS, operation, &json!({"number": number})).await?;
    }
    Ok(())
}

async fn list(
    connection: &Connection,
    service: Option<String>,
    all: bool,
    format: Format,
) -> anyhow::Result<()> {
    let statuses: &[Option<&str>] = if all { &[None] } else { &[Some("Open"), Some("Retrying")] };
    let mut letters = Vec::new();
    for status in statuses {
        let mut input = json!({});
        for (name, value) in [("service", service.as_deref()), ("status", *status)] {
            if let Some(value) = value {
                input[name] = json!(value);
            }
        }
        letters.extend(all_of(&DEAD_LETTERS, connection, "ListDeadLetters", input, "deadLetters").await?);
    }
    let heading = ["NUMBER", "SERVICE", "HANDLER", "STATUS", "RECORDED", "SUBJECT", "REASON"];
    print(format, &letters, &heading, |letter| {
        vec![
            cell(letter, "number"),
            cell(letter, "service"),
            cell(letter, "handler"),
            cell(letter, "status"),
            instant(letter, "recorded"),
            cell(letter, "subject"),
            cell(letter, "reason"),
        ]
    })
}

async fn show(connection: &Connection, number: u64, format: Format) -> anyhow::Result<()> {
    let letter = connection.call_of(&DEAD_LETTERS, "GetDeadLetter", &json!({"number": number})).await?;
    if format == Format::Json {
        return stdout::line(letter);
    }
    for name in ["number", "service", "handler", "status", "subject", "sequence", "retries", "reason"] {
        stdout::line(format_args!("{name}: {}", cell(&letter, name)))?;
    }
    for name in ["recorded", "changed"] {
        stdout::line(format_args!("{name}: {}", instant(&letter, name)))?;
    }
    for (name, value) in letter.get("headers").and_then(Value::as_object).into_iter().flatten() {
        stdout::line(format_args!("header {name}: {}", value.as_str().unwrap_or_default()))?;
    }
    let body = BASE64.decode(cell(&letter, "body").as_bytes()).unwrap_or_default();
    stdout::line(format_args!("body: {}", body.escape_ascii()))
}
