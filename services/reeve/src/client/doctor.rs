//! `reeve doctor`: looks at everything that an operator would look at, and says what to do.

use super::{
    Format,
    connection::{CHANGES, Connection, DEAD_LETTERS, NODES, NOTIFICATIONS},
    list::all_of,
    stdout,
    table::{cell, instant},
};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::ExitCode, time::Duration};

const DAY_SECONDS: f64 = 24.0 * 3600.0;
/// A set of keys is renewed long before; one that ends so soon was not.
const KEYS_WARNING_SECONDS: f64 = 7.0 * DAY_SECONDS;
/// A signature counts for five minutes, and an agent's clock is told from the control plane's.
const CLOCK_WARNING_MS: i64 = 30_000;
/// What works answers within a second or so, also where a fleet is large; what does not is unknown.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// As many names as one finding has.
const MAX_NAMED: usize = 5;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Ok,
    /// Everything works, and would not if one thing more failed.
    Warning,
    /// It could not be looked at: nobody knows.
    Unknown,
    Problem,
}

/// What was found out about one thing.
struct Finding {
    about: &'static str,
    level: Level,
    what: String,
    /// What to do about it.
    advice: String,
}

impl Finding {
    fn ok(about: &'static str, what: impl Into<String>) -> Self {
        Self { about, level: Level::Ok, what: what.into(), advice: String::new() }
    }

    fn problem(about: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { about, level: Level::Problem, what: what.into(), advice: advice.into() }
    }

    fn unknown(about: &'static str, error: &anyhow::Error) -> Self {
        Self { about, level: Level::Unknown, what: error.to_string(), advice: String::new() }
    }

    fn json(&self) -> Value {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Unknown => "unknown",
            Level::Problem => "problem",
        };
        json!({"about": self.about, "level": level, "what": self.what, "advice": self.advice})
    }
}

/// Looks at an instance. The exit code is 0 when everything is well, and 1 when something is not, or could not be looked at.
///
/// # Errors
/// When nothing can be printed.
pub async fn doctor(connection: &Connection, format: Format) -> anyhow::Result<ExitCode> {
    let connection = &connection.clone().within(ANSWER_TIMEOUT);
    let mut findings = ready(connection);
    // Together: what does not answer is waited for once.
    let (nodes, keys, dead_letters, messages, change_rules) = tokio::join!(
        nodes(connection),
        keys(connection),
        dead_letters(connection),
        messages(connection),
        change_rules(connection)
    );
    findings.extend(found("nodes", nodes));
    findings.extend(found("keys", keys));
    findings.extend(found("dead letters", dead_letters));
    findings.extend(found("messages", messages));
    findings.extend(found("change rules", change_rules));
    if format == Format::Json {
        stdout::line(findings.iter().map(Finding::json).collect::<Value>())?;
    } else {
        for finding in &findings {
            let sign = match finding.level {
                Level::Ok => "ok      ",
                Level::Warning => "warning ",
                Level::Unknown => "unknown ",
                Level::Problem => "problem ",
            };
            stdout::line(format_args!("{sign} {}: {}", finding.about, finding.what))?;
            if !finding.advice.is_empty() {
                stdout::line(format_args!("         {}", finding.advice))?;
            }
        }
    }
    let is_well = findings.iter().all(|finding| finding.level == Level::Ok);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was found out, or that it could not be.
fn found(about: &'static str, looked: anyhow::Result<Vec<Finding>>) -> Vec<Finding> {
    looked.unwrap_or_else(|error| vec![Finding::unknown(about, &error)])
}

/// What the gateway says of the services, the bus, its disk and the keys.
fn ready(connection: &Connection) -> Vec<Finding> {
    match connection.ready() {
        Ok((true, said)) => {
            let all = Finding::ok("services", "the gateway, the bus and every service are there");
            // Of what else is said doctor finds out more below.
            std::iter::once(all).chain(said.lines().filter_map(note)).collect()
        }
        Ok((false, said)) => said.lines().map(|line| note(line).unwrap_or_else(|| problem(line))).collect(),
        Err(error) => vec![Finding::unknown("services", &error)],
    }
}

/// What to do about what `GET /readyz` says, by how its lines begin: what keeps nothing from working…
const NOTES: [(&str, &str); 2] = [
    ("the server ", "Start it again: the bus goes on without it, and not without one more."),
    (
        "the streams of events as JSON ",
        "Only subscribers read them. After a start they come within seconds; else make room on the disk of the bus, and start it again.",
    ),
];
/// … and what does.
const PROBLEMS: [(&str, &str); 8] = [
    (
        "the bus is away",
        "See whether nats-server runs, what its log says, and whether its machine is reached.",
    ),
    (
        "the bus does not answer",
        "Its connections stand, and it says nothing: see whether nats-server, its machine or its disk hangs.",
    ),
    ("the bus has no quorum", "Start the servers that are away: most of them have to be there."),
    ("The disk of ", "Make room there. Until then nothing new is taken; what was taken is not lost."),
    (
        "The bus does not store ",
        "See what its log says, and make room on its disk. What was taken is not lost.",
    ),
    (
        "the bus says nothing about its streams",
        "See what the log of nats-server says: its JetStream may be off, or its disk failed.",
    ),
    (
        "the stream ",
        "`reeve serve streams` makes it again, and `up` does; if it had events, restore a backup.",
    ),
    ("the dispatch keys ", "`reeve keys renew`, where the root key is."),
];
const ADVICE_ON_SERVICES: &str =
    "A service that was started a moment ago reads the log first; else see its log, and `reeve services`.";

fn advice_on(line: &str, known: &[(&str, &'static str)]) -> Option<&'static str> {
    known.iter().find(|(beginning, _)| line.starts_with(beginning)).map(|(_, advice)| *advice)
}

fn note(line: &str) -> Option<Finding> {
    let advice = advice_on(line, &NOTES)?.to_owned();
    Some(Finding { about: "bus", level: Level::Warning, what: line.to_owned(), advice })
}

fn problem(line: &str) -> Finding {
    Finding::problem("services", line, advice_on(line, &PROBLEMS).unwrap_or(ADVICE_ON_SERVICES))
}

/// Some of the names, and how many more there are.
fn named(names: &[String]) -> String {
    let first = names.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMED) {
        0 => first,
        more => format!("{first} (+{more} more)"),
    }
}

async fn nodes(connection: &Connection) -> anyhow::Result<Vec<Finding>> {
    let nodes = all_of(&NODES, connection, "ListNodeStates", json!({}), "nodes").await?;
    let those = |is: &dyn Fn(&Value) -> bool| -> Vec<String> {
        nodes.iter().filter(|node| is(node)).map(|node| cell(node, "nodeId")).collect()
    };
    let lost = those(&|node| node["pingStatus"] != "Online");
    let wrong = those(&|node| node["clockAheadMs"].as_i64().unwrap_or_default().abs() > CLOCK_WARNING_MS);
    let doubled = those(&|node| !node["otherSession"].is_null());
    let mut findings = Vec::new();
    if lost.is_empty() {
        findings.push(Finding::ok("nodes", format!("all {} are connected", nodes.len())));
    } else {
        let what = format!("{} of {} are not connected: {}", lost.len(), nodes.len(), named(&lost));
        let advice = "See whether the machine and its reeve-agent run; one that is gone for good: `reeve nodes deregister NODE`.";
        findings.push(Finding::problem("nodes", what, advice));
    }
    if !wrong.is_empty() {
        let what = format!("clocks are wrong by more than half a minute: {}", named(&wrong));
        findings.push(Finding::problem(
            "nodes",
            what,
            "Set the clock of the machine, or see its time service; `reeve nodes` tells by how much.",
        ));
    }
    if !doubled.is_empty() {
        let what = format!("several agents have one identity: {}", named(&doubled));
        findings.push(Finding::problem(
            "nodes",
            what,
            "`reeve nodes keep NODE SESSION` says which one counts.",
        ));
    }
    Ok(findings)
}

async fn keys(connection: &Connection) -> anyhow::Result<Vec<Finding>> {
    let answer = connection.call_of(&NODES, "GetDispatchKeys", &json!({})).await?;
    let left = answer["expires"].as_f64().unwrap_or_default() - Timestamp::now().epoch_seconds();
    let until = instant(&answer, "expires");
    Ok(vec![match left {
        left if left <= 0.0 => Finding::problem(
            "keys",
            format!("the set of dispatch keys ended on {until}: no node runs anything"),
            "`reeve keys renew`, where the root key is.",
        ),
        left if left < KEYS_WARNING_SECONDS => Finding::problem(
            "keys",
            format!("the set of dispatch keys ends on {until}"),
            "`reeve keys renew`, where the root key is; `up` and `serve key-renewal` do so by themselves, and do not run.",
        ),
        _ if answer["broughtBy"].is_string() => Finding {
            about: "keys",
            level: Level::Warning,
            what: format!("the log was restored, and {} brought newer dispatch keys than it had", cell(&answer, "broughtBy")),
            advice: "If commands wait, the seeds of these keys were not restored: `reeve keys rotate`, where the root key is, makes another one.".to_owned(),
        },
        _ => Finding::ok("keys", format!("the set of dispatch keys is good until {until}")),
    }])
}

/// A rule whose calendar was deleted holds what it is about for ever.
async fn change_rules(connection: &Connection) -> anyhow::Result<Vec<Finding>> {
    let rules = all_of(&CHANGES, connection, "ListChangeRules", json!({}), "rules").await?;
    let lacking = rules.iter().filter_map(|rule| {
        let missing = rule["missingCalendarNames"].as_array()?.iter().filter_map(Value::as_str);
        Some(format!("{} waits for {}", cell(rule, "name"), missing.collect::<Vec<_>>().join(", ")))
    });
    let lacking = lacking.collect::<Vec<_>>();
    Ok(vec![match lacking.is_empty() {
        true if rules.is_empty() => Finding::ok("change rules", "there are none".to_owned()),
        true => Finding::ok("change rules", format!("the calendars of all {} are there", rules.len())),
        false => Finding::problem(
            "change rules",
            format!("calendars are not there, and what the rules are about waits: {}", named(&lacking)),
            "Create the calendar again, or `reeve changes put-rule` or `delete-rule`: what waits follows the rule as it is then.",
        ),
    }])
}

async fn dead_letters(connection: &Connection) -> anyhow::Result<Vec<Finding>> {
    let mut by_handler: BTreeMap<String, usize> = BTreeMap::new();
    for letter in
        all_of(&DEAD_LETTERS, connection, "ListDeadLetters", json!({"status": "Open"}), "deadLetters").await?
    {
        let handler = format!("{} of {}", cell(&letter, "handler"), cell(&letter, "service"));
        *by_handler.entry(handler).or_default() += 1;
    }
    let count: usize = by_handler.values().sum();
    if count == 0 {
        return Ok(vec![Finding::ok("dead letters", "none waits")]);
    }
    let names: Vec<_> = by_handler.iter().map(|(handler, count)| format!("{count} from {handler}")).collect();
    let advice = "`reeve dead-letters list` tells the reasons; retry or discard each.";
    Ok(vec![Finding::problem("dead letters", format!("{count} wait: {}", named(&names)), advice)])
}

async fn messages(connection: &Connection) -> anyhow::Result<Vec<Finding>> {
    let webhooks = all_of(&NOTIFICATIONS, connection, "ListWebhooks", json!({}), "webhooks").await?;
    let paused: Vec<_> =
        webhooks.iter().filter(|hook| hook.get("paused").is_some()).map(|hook| cell(hook, "name")).collect();
    let waiting = all_of(
        &NOTIFICATIONS,
        connection,
        "ListNotifications",
        json!({"status": "Waiting"}),
        "notifications",
    )
    .await?;
    let failing: Vec<_> = waiting.iter().filter(|message| message.get("reason").is_some()).collect();
    let mut findings = Vec::new();
    if !paused.is_empty() {
        let advice = "It has answered that it is gone: `reeve notifications resume NAME`, or delete it.";
        findings.push(Finding::problem(
            "messages",
            format!("webhooks are paused: {}", named(&paused)),
            advice,
        ));
    }
    if let Some(first) = failing.first() {
        let what = format!(
            "{} were not taken yet, by {}: {}",
            failing.len(),
            cell(first, "destination"),
            cell(first, "reason")
        );
        findings.push(Finding::problem(
            "messages",
            what,
            "`reeve notifications list --status Waiting` tells each.",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("messages", "none waits for a receiver that does not take it"));
    }
    Ok(findings)
}
