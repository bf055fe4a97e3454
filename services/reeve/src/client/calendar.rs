//! `reeve calendar`: when changes may be made.

use super::{
    Format,
    connection::Connection,
    list::{all, print},
    stdout,
    table::cell,
};
use anyhow::Context;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

/// Change calendars: documents that say when changes may be made.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists all of them, with their states.
    List,
    /// Prints a month (UTC): which days are open, closed, or both. Several calendars together are open when each of them is.
    Show {
        /// Names or ARNs of calendars.
        #[arg(required = true)]
        calendars: Vec<String>,
        /// The month, such as 2026-12; the present one when it is left out.
        #[arg(long)]
        month: Option<String>,
    },
}

pub async fn calendar(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List => list(connection, format).await,
        Command::Show { calendars, month } => show(connection, &calendars, month.as_deref(), format).await,
    }
}

async fn list(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let input = json!({"Filters": [{"Key": "DocumentType", "Values": ["ChangeCalendar"]}]});
    let mut calendars = Vec::new();
    for document in all(connection, "ListDocuments", input, "DocumentIdentifiers").await? {
        let name = cell(&document, "Name");
        // What cannot be evaluated holds up no other.
        let state = connection.call("GetCalendarState", &json!({"CalendarNames": [name]})).await;
        let mut state =
            state.unwrap_or_else(|error| json!({"State": "unknown", "Problem": format!("{error:#}")}));
        state["Name"] = json!(name);
        calendars.push(state);
    }
    print(format, &calendars, &["CALENDAR", "STATE", "UNTIL", "PROBLEM"], |calendar| {
        ["Name", "State", "NextTransitionTime", "Problem"].map(|member| cell(calendar, member)).to_vec()
    })
}

/// A time at which the calendars change, and to what.
struct Change {
    at: jiff::Timestamp,
    is_open: bool,
}

async fn show(
    connection: &Connection,
    calendars: &[String],
    month: Option<&str>,
    format: Format,
) -> anyhow::Result<()> {
    let today = jiff::Timestamp::from_millisecond(reeve_types::Timestamp::now().0)?;
    let first = match month {
        Some(month) => format!("{month}-01")
            .parse::<Date>()
            .with_context(|| format!("{month:?} is no month such as 2026-12"))?,
        None => TimeZone::UTC.to_datetime(today).date().first_of_month(),
    };
    let changes = changes(connection, calendars, first).await?;
    if format == Format::Json {
        let states = changes.iter().map(|change| {
            let state = if change.is_open { "OPEN" } else { "CLOSED" };
            json!({"AtTime": change.at.to_string(), "State": state})
        });
        return stdout::line(json!(states.collect::<Vec<Value>>()));
    }
    stdout::line(format_args!("{} {} (UTC)", calendars.join(", "), first.strftime("%B %Y")))?;
    stdout::line("Mo  Tu  We  Th  Fr  Sa  Su")?;
    let mut line = "    ".repeat(usize::try_from(first.weekday().to_monday_zero_offset())?);
    for day in first.series(1.day()).take_while(|day| day.month() == first.month()) {
        line.push_str(&format!("{:>2}{} ", day.day(), mark(&changes, day)?));
        if day.weekday() == jiff::civil::Weekday::Sunday {
            stdout::line(line.trim_end())?;
            line.clear();
        }
    }
    if !line.is_empty() {
        stdout::line(line.trim_end())?;
    }
    stdout::line("open: nothing; closed: #; both: ~")?;
    for change in changes.iter().skip(1) {
        let state = if change.is_open { "opens" } else { "closes" };
        stdout::line(format_args!("{} {state}", change.at))?;
    }
    Ok(())
}

/// What the calendars are at the beginning of a month, and each change in it.
async fn changes(connection: &Connection, calendars: &[String], first: Date) -> anyhow::Result<Vec<Change>> {
    let (mut at, end) = (midnight(first)?, midnight(first.last_of_month().tomorrow()?)?);
    let mut changes = Vec::new();
    loop {
        let input = json!({"CalendarNames": calendars, "AtTime": at.to_string()});
        let state = connection.call("GetCalendarState", &input).await?;
        changes.push(Change { at, is_open: state["State"] == "OPEN" });
        let next = state["NextTransitionTime"].as_str().map(str::parse::<jiff::Timestamp>).transpose()?;
        match next.filter(|next| *next < end) {
            Some(next) => at = next,
            None => return Ok(changes),
        }
    }
}

fn midnight(day: Date) -> anyhow::Result<jiff::Timestamp> {
    Ok(TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0))?)
}

/// How a day is marked: by what the calendars are at its beginning, and whether they change within it.
fn mark(changes: &[Change], day: Date) -> anyhow::Result<char> {
    let (begin, end) = (midnight(day)?, midnight(day.tomorrow()?)?);
    if changes.iter().any(|change| begin < change.at && change.at < end) {
        return Ok('~');
    }
    let last = changes.iter().take_while(|change| change.at <= begin).last();
    Ok(if last.is_none_or(|change| change.is_open) { ' ' } else { '#' })
}
