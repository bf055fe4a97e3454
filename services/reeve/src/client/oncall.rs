//! `reeve oncall`: who is on call, who was paged, and what they answered.

use super::{
    Format,
    connection::{CONTACTS, Connection, SSM_CONTACTS},
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use anyhow::{Context, bail};
use reeve_types::Timestamp;
use serde_json::{Value, json};

const DAY_SECONDS: i64 = 24 * 3_600;

/// People on call: who it is now, and how they are reached.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists who is on call in each schedule, by which rotation, why and until when.
    Now,
    /// Lists the shifts of a rotation from now on.
    Shifts {
        /// Its name, its id or its ARN.
        rotation: String,
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
    },
    /// Pages a contact by its plan: a person, an escalation plan, or who is on call in a schedule. Prints the engagement's ARN.
    Page {
        /// Its alias or its ARN.
        contact: String,
        #[arg(long)]
        subject: String,
        #[arg(long)]
        content: String,
    },
    /// Lists engagements, the newest first.
    Engagements,
    /// Shows an engagement with its stages, its pages and their receipts.
    Show {
        /// Its ARN, its id or the beginning of it.
        engagement: String,
    },
    /// Acknowledges a page: nothing more is sent to that person.
    Accept {
        /// Its ARN.
        page: String,
        /// The code in the page's message.
        #[arg(long)]
        code: String,
        #[arg(long)]
        note: Option<String>,
    },
}

/// Runs one of these commands.
///
/// # Errors
/// What the API refuses, and what cannot be printed.
pub async fn oncall(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::Now => now(connection, format).await,
        Command::Shifts { rotation, days } => shifts(connection, &rotation, days, format).await,
        Command::Page { contact, subject, content } => {
            let contact = contact_arn(connection, &contact).await?;
            let input =
                json!({"ContactId": contact, "Sender": "reeve", "Subject": subject, "Content": content});
            let started = connection.call_of(&SSM_CONTACTS, "StartEngagement", &input).await?;
            stdout::answer(format, &started, cell(&started, "EngagementArn"))
        }
        Command::Engagements => engagements(connection, format).await,
        Command::Show { engagement } => show(connection, &engagement, format).await,
        Command::Accept { page, code, note } => {
            let mut input = json!({"PageId": page, "AcceptType": "READ", "AcceptCode": code});
            if let Some(note) = note {
                input["Note"] = json!(note);
            }
            stdout::done(format, &connection.call_of(&SSM_CONTACTS, "AcceptPage", &input).await?)
        }
    }
}

/// Texts of a list, one after the other.
fn texts(value: &Value, name: &str) -> String {
    let texts = value[name].as_array().into_iter().flatten().filter_map(Value::as_str);
    let texts: Vec<&str> = texts.map(last).collect();
    if texts.is_empty() { "nobody".to_owned() } else { texts.join(", ") }
}

/// The last part of an ARN, or what is none.
fn last(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, last)| last)
}

async fn now(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let answer = connection.call_of(&CONTACTS, "ListOnCall", &json!({})).await?;
    let rows = answer["onCall"].as_array().cloned().unwrap_or_default();
    print(format, &rows, &["SCHEDULE", "ON CALL", "ROTATION", "WHY", "UNTIL"], |row| {
        let why = match row["overridden"].is_array() {
            true => format!("override instead of {}", texts(row, "overridden")),
            false => cell(row, "reason"),
        };
        let who = texts(row, "contacts");
        vec![cell(row, "schedule"), who, cell(row, "rotation"), why, instant(row, "endTime")]
    })
}

async fn shifts(connection: &Connection, rotation: &str, days: u16, format: Format) -> anyhow::Result<()> {
    let rotations = all_of(&SSM_CONTACTS, connection, "ListRotations", json!({}), "Rotations").await?;
    let is_meant = |row: &&Value| {
        let arn = row["RotationArn"].as_str().unwrap_or_default();
        arn == rotation || last(arn) == rotation || row["Name"] == json!(rotation)
    };
    let found: Vec<&Value> = rotations.iter().filter(is_meant).collect();
    let arn = match found.as_slice() {
        [one] => cell(one, "RotationArn"),
        [] => bail!("there is no rotation {rotation:?}"),
        several => bail!("{} rotations are called {rotation:?}: name one by its ARN", several.len()),
    };
    let end = Timestamp::now().plus_seconds(i64::from(days) * DAY_SECONDS);
    let input = json!({"RotationId": arn, "EndTime": end.epoch_seconds()});
    let shifts = all_of(&SSM_CONTACTS, connection, "ListRotationShifts", input, "RotationShifts").await?;
    print(format, &shifts, &["FROM", "UNTIL", "ON CALL", "INSTEAD OF"], |shift| {
        let instead = match shift["ShiftDetails"].is_object() {
            true => texts(&shift["ShiftDetails"], "OverriddenContactIds"),
            false => "-".to_owned(),
        };
        vec![instant(shift, "StartTime"), instant(shift, "EndTime"), texts(shift, "ContactIds"), instead]
    })
}

async fn contact_arn(connection: &Connection, named: &str) -> anyhow::Result<String> {
    if named.starts_with("arn:") {
        return Ok(named.to_owned());
    }
    let input = json!({"AliasPrefix": named});
    let contacts = all_of(&SSM_CONTACTS, connection, "ListContacts", input, "Contacts").await?;
    let found = contacts.iter().find(|contact| contact["Alias"] == json!(named));
    found.map(|contact| cell(contact, "ContactArn")).with_context(|| format!("there is no contact {named:?}"))
}

async fn engagements(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let rows = all_of(&SSM_CONTACTS, connection, "ListEngagements", json!({}), "Engagements").await?;
    print(format, &rows, &["ENGAGEMENT", "CONTACT", "SENDER", "STARTED", "STOPPED", "INCIDENT"], |row| {
        vec![
            last(row["EngagementArn"].as_str().unwrap_or_default()).to_owned(),
            last(row["ContactArn"].as_str().unwrap_or_default()).to_owned(),
            cell(row, "Sender"),
            instant(row, "StartTime"),
            instant(row, "StopTime"),
            row["IncidentId"].as_str().map_or_else(|| "-".to_owned(), |arn| last(arn).to_owned()),
        ]
    })
}

async fn show(connection: &Connection, named: &str, format: Format) -> anyhow::Result<()> {
    let arn = match named.starts_with("arn:") {
        true => named.to_owned(),
        false => {
            let rows = all_of(&SSM_CONTACTS, connection, "ListEngagements", json!({}), "Engagements").await?;
            let arns = rows.iter().map(|row| cell(row, "EngagementArn"));
            let found: Vec<String> =
                arns.filter(|arn| !named.is_empty() && last(arn).starts_with(named)).collect();
            match found.as_slice() {
                [one] => one.clone(),
                [] => bail!("there is no engagement {named:?}"),
                several => bail!("{named:?} means several engagements: {}", several.join(", ")),
            }
        }
    };
    let input = json!({"engagementId": arn});
    let answer = connection.call_of(&CONTACTS, "GetEngagementProgress", &input).await?;
    match format {
        Format::Json => stdout::line(answer),
        Format::Text => told(&answer),
    }
}

fn told(answer: &Value) -> anyhow::Result<()> {
    stdout::line(format_args!("{}: {}", cell(answer, "contact"), cell(answer, "subject")))?;
    for line in answer["lines"].as_array().into_iter().flatten() {
        let ended = match line["ended"].as_str() {
            Some(how) => format!("{how} {}", instant(line, "stopTime")),
            None => "goes on".to_owned(),
        };
        let (contact, kind) = (cell(line, "contact"), cell(line, "type"));
        stdout::line(format_args!("{contact} ({kind}) since {}, {ended}", instant(line, "startTime")))?;
        for stage in line["stages"].as_array().into_iter().flatten() {
            let late = if stage["isLate"] == json!(true) { ", late" } else { "" };
            let engaged = match stage["contacts"].as_array().is_some_and(|all| !all.is_empty()) {
                true => format!(": {}", texts(stage, "contacts")),
                false => String::new(),
            };
            let (index, began) = (cell(stage, "index"), instant(stage, "beganTime"));
            stdout::line(format_args!("  stage {index} {began}{late}{engaged}"))?;
            for skipped in stage["skipped"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                stdout::line(format_args!("    skipped {skipped}"))?;
            }
        }
    }
    for page in answer["pages"].as_array().into_iter().flatten() {
        let (id, to, attempt) = (cell(page, "pageId"), cell(page, "address"), cell(page, "attempt"));
        stdout::line(format_args!("page {id} to {to} of {}, attempt {attempt}", cell(page, "contact")))?;
        for receipt in page["receipts"].as_array().into_iter().flatten() {
            let (kind, info) = (cell(receipt, "type"), cell(receipt, "info"));
            stdout::line(format_args!("    {} {kind} {info}", instant(receipt, "time")))?;
        }
    }
    Ok(())
}
