//! `reeve rules`: what is done when an event matches a pattern.

use super::{
    Format,
    connection::{Connection, EVENTS, RULES},
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use anyhow::{Context, ensure};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

/// As far back it is counted which fields that a rule names events lack.
const LATELY_HOURS: i64 = 24;

/// Rules: which events, or which times, open OpsItems, start incidents or run documents. They are made with `aws events put-rule`
/// and `put-targets`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists the rules, the default ones among them, and when those that have a schedule fire next.
    List,
    /// Shows one: its pattern, its schedule, its targets, which fields that it names were missing, in its matches and lately in events
    /// of its source, and its last matches with what was asked for.
    Show { name: String },
    /// Switches one on.
    Enable { name: String },
    /// Switches one off. What a default rule has opened is still closed.
    Disable { name: String },
    /// Says over the log which events a rule, or the pattern in a file, would have matched and what would have been asked
    /// for. It does nothing.
    Backtest {
        /// The name of a rule.
        #[arg(required_unless_present = "pattern")]
        name: Option<String>,
        /// A file with a pattern, in place of the rule's.
        #[arg(long, value_name = "FILE")]
        pattern: Option<PathBuf>,
        /// Only events from this instant (RFC 3339) on.
        #[arg(long)]
        from: Option<String>,
        /// Only events until this instant (RFC 3339).
        #[arg(long)]
        to: Option<String>,
    },
}

pub async fn rules(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List => list(connection, format).await,
        Command::Show { name } => show(connection, &name, format).await,
        Command::Enable { name } => switch(connection, "EnableRule", &name).await,
        Command::Disable { name } => switch(connection, "DisableRule", &name).await,
        Command::Backtest { name, pattern, from, to } => {
            let mut input = json!({});
            if let Some(name) = name {
                input["rule"] = name.into();
            }
            if let Some(path) = pattern {
                let text = std::fs::read_to_string(&path);
                input["eventPattern"] =
                    text.with_context(|| format!("could not read {}", path.display()))?.into();
            }
            for (member, text) in [("from", from), ("to", to)] {
                if let Some(text) = text {
                    let instant = Timestamp::parse_rfc3339(&text);
                    let instant =
                        instant.with_context(|| format!("--{member} {text} is not an RFC 3339 instant"))?;
                    input[member] = instant.epoch_seconds().into();
                }
            }
            backtest(connection, input, format).await
        }
    }
}

async fn list(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let rules = all_of(&EVENTS, connection, "ListRules", json!({}), "Rules").await?;
    let firings = match (format, rules.iter().any(|rule| rule["ScheduleExpression"].is_string())) {
        (Format::Text, true) => firings(connection).await,
        _ => Ok(BTreeMap::new()),
    };
    print(format, &rules, &["RULE", "STATE", "SCHEDULE", "NEXT", "MANAGED BY", "DESCRIPTION"], |rule| {
        let shown = |member: &str| cell(rule, member);
        let next = match &firings {
            Ok(firings) => {
                firings.get(&shown("Name")).map_or_else(|| "-".to_owned(), |one| instant(one, "next"))
            }
            Err(_) if rule["ScheduleExpression"].is_string() => "not known".to_owned(),
            Err(_) => "-".to_owned(),
        };
        let (name, state, schedule) = (shown("Name"), shown("State"), shown("ScheduleExpression"));
        vec![name, state, schedule, next, shown("ManagedBy"), shown("Description")]
    })
}

/// When the rules that have a schedule fire, by their names. It needs a permission of its own.
async fn firings(connection: &Connection) -> anyhow::Result<BTreeMap<String, Value>> {
    let schedules = all_of(&RULES, connection, "ListSchedules", json!({}), "schedules").await?;
    Ok(schedules.into_iter().map(|schedule| (cell(&schedule, "rule"), schedule)).collect())
}

async fn switch(connection: &Connection, operation: &str, name: &str) -> anyhow::Result<()> {
    connection.call_of(&EVENTS, operation, &json!({"Name": name})).await.map(|_| ())
}

async fn show(connection: &Connection, name: &str, format: Format) -> anyhow::Result<()> {
    let rule = connection.call_of(&EVENTS, "DescribeRule", &json!({"Name": name})).await?;
    let targets = all_of(&EVENTS, connection, "ListTargetsByRule", json!({"Rule": name}), "Targets").await?;
    let mut listed = connection.call_of(&RULES, "ListMatches", &json!({"rule": name})).await?;
    let matches = listed["matches"].take();
    let missing_in_matches = listed["missing"].take();
    let schedule = match rule["ScheduleExpression"].is_string() {
        true => Some(firings(connection).await.map(|mut firings| firings.remove(name).unwrap_or_default())),
        false => None,
    };
    let lately = Timestamp::now().plus_seconds(-LATELY_HOURS * 60 * 60).epoch_seconds();
    // It reads the log, which not everybody may, and which is not read as of an earlier instant.
    let missing = match rule["EventPattern"].is_string() {
        true => tested(connection, json!({"rule": name, "from": lately})).await.map(|tally| tally.missing),
        false => Ok(BTreeMap::new()),
    };
    if format == Format::Json {
        return stdout::line(json!({
            "rule": rule, "targets": targets, "matched": listed["matched"], "matches": matches,
            "missing": missing.ok(), "missingInMatches": missing_in_matches, "schedule": schedule.and_then(Result::ok),
        }));
    }
    for member in ["Name", "State", "Description", "ManagedBy", "EventPattern", "ScheduleExpression"] {
        if !rule[member].is_null() {
            stdout::line(format_args!("{member}: {}", cell(&rule, member)))?;
        }
    }
    match schedule {
        Some(Ok(schedule)) => {
            for (title, member) in [("Next", "next"), ("Fired", "lastFired"), ("Missed", "lastMissed")] {
                stdout::line(format_args!("{title}: {}", instant(&schedule, member)))?;
            }
        }
        Some(Err(error)) => stdout::line(format_args!("Next: not known: {error:#}"))?,
        None => {}
    }
    stdout::line(format_args!("Matched: {} times", cell(&listed, "matched")))?;
    for lacking in missing_in_matches.as_array().into_iter().flatten() {
        let (path, count) = (cell(lacking, "path"), cell(lacking, "count"));
        stdout::line(format_args!("Missing in matches: {path}, {count} times"))?;
    }
    match missing {
        Ok(missing) => {
            for (path, count) in missing {
                stdout::line(format_args!(
                    "Missing: {path}, {count} times in the last {LATELY_HOURS} hours"
                ))?;
            }
        }
        Err(error) => stdout::line(format_args!("Missing: not known: {error:#}"))?,
    }
    stdout::line("")?;
    print(format, &targets, &["TARGET", "ARN"], |target| vec![cell(target, "Id"), cell(target, "Arn")])?;
    stdout::line("")?;
    let matches = matches.as_array().cloned().unwrap_or_default();
    print(format, &matches, &["TIME", "SOURCE", "EVENT", "ABOUT", "ASKED FOR"], |matched| {
        vec![
            instant(matched, "time"),
            cell(matched, "source"),
            cell(matched, "detailType"),
            list_of(&matched["resources"]),
            asked_for(matched),
        ]
    })
}

fn list_of(texts: &Value) -> String {
    let texts: Vec<&str> = texts.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    texts.join(" ")
}

/// What a match asked for, or why for nothing.
fn asked_for(matched: &Value) -> String {
    if let Some(stopped) = matched["stopped"].as_str() {
        return stopped.to_owned();
    }
    let each = matched["invocations"].as_array().into_iter().flatten().map(|invocation| {
        let target = cell(invocation, "targetId");
        match invocation["problem"].as_str() {
            Some(problem) => format!("{target}: nothing, because {problem}"),
            None => target,
        }
    });
    each.collect::<Vec<_>>().join(" ")
}

/// What a rule came to over a part of the log.
#[derive(Default)]
struct Tally {
    looked: u64,
    matched: u64,
    undecided: u64,
    matches: Vec<Value>,
    /// How many events of the rule's source lack a field that it names.
    missing: BTreeMap<String, u64>,
}

async fn tested(connection: &Connection, mut input: Value) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    loop {
        let mut page = connection.call_of(&RULES, "BacktestRule", &input).await?;
        let count = |member: &str| page[member].as_u64().unwrap_or_default();
        tally.looked += count("looked");
        tally.matched += count("matched");
        tally.undecided += count("undecided");
        for lacking in page["missing"].as_array().into_iter().flatten() {
            *tally.missing.entry(cell(lacking, "path")).or_default() +=
                lacking["count"].as_u64().unwrap_or_default();
        }
        if let Value::Array(found) = page["matches"].take() {
            tally.matches.extend(found);
        }
        match page["nextToken"].take() {
            Value::Null => return Ok(tally),
            token => {
                ensure!(input["nextToken"] != token, "the backtest does not go on");
                input["nextToken"] = token;
            }
        }
    }
}

async fn backtest(connection: &Connection, input: Value, format: Format) -> anyhow::Result<()> {
    let Tally { looked, matched, undecided, matches, missing } = tested(connection, input).await?;
    if format == Format::Json {
        return stdout::line(json!({
            "looked": looked, "matched": matched, "undecided": undecided, "matches": matches, "missing": missing,
        }));
    }
    print(format, &matches, &["TIME", "SOURCE", "EVENT", "ABOUT", "WOULD ASK FOR"], |matched| {
        vec![
            instant(matched, "time"),
            cell(matched, "source"),
            cell(matched, "detailType"),
            list_of(&matched["resources"]),
            asked_for(matched),
        ]
    })?;
    stdout::line("")?;
    stdout::line(format_args!("{looked} events were looked at, and {matched} match."))?;
    for (path, count) in missing {
        stdout::line(format_args!("{count} events of the pattern's source and type have no {path}."))?;
    }
    match undecided {
        0 => Ok(()),
        count => stdout::line(format_args!("{count} events could not be decided on.")),
    }
}
