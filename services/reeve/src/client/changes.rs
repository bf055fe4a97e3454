//! `reeve changes`: change requests, and the rules by which commands and runbooks wait or are approved first.

use super::{
    Format,
    automation::{executions, why},
    connection::{CHANGES, Connection},
    held::{self, Hold},
    list::{all_of, print},
    stdout,
    table::{cell, instant},
};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// As long the id of a change is.
const ID_CHARACTERS: usize = 36;

/// Changes: what is asked for, approved and run; and the rules that demand it.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists change requests, the approvals of commands, and the commands and runbooks that wait for calendars.
    List {
        /// Only those with this status: PendingApproval, Scheduled, RunbookInProgress and so on.
        #[arg(long)]
        status: Option<String>,
    },
    /// Shows one: what was asked for, who said what, what it waits for, and what became of it.
    Show {
        change: String,
    },
    /// Approves one, or lets what waits begin while a calendar is closed: a runbook with the commands that it sends, or a command.
    ///
    /// The id of a held command is that of its approval. What waits for a calendar needs changes:OverrideChangeRule for the rules that hold
    /// it, and for a command a comment.
    Approve {
        change: String,
        #[arg(long)]
        comment: Option<String>,
    },
    /// Rejects one: it is over.
    Reject {
        change: String,
        #[arg(long)]
        comment: Option<String>,
    },
    /// Takes back what one has approved, before its runbook begins: the change request is over.
    Revoke {
        change: String,
        #[arg(long)]
        comment: Option<String>,
    },
    /// Asks for a change and prints its id.
    Request {
        /// The name of a document of the type Automation.ChangeTemplate.
        template: String,
        /// The runbook that runs when it is approved.
        #[arg(long)]
        runbook: String,
        /// A parameter of the runbook; given more than once, the values of a list.
        #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
        parameters: Vec<String>,
        /// What it is called.
        #[arg(long)]
        name: Option<String>,
        /// Not before this instant (RFC 3339).
        #[arg(long)]
        at: Option<String>,
        /// Without its approvers, where the template and policies allow it.
        #[arg(long)]
        auto_approve: bool,
    },
    /// Lists the rules by which commands and runbooks wait, are refused, or are approved first.
    Rules,
    /// Puts a rule. All of its conditions must hold for it to be about a command or a runbook.
    PutRule(Box<Rule>),
    DeleteRule {
        name: String,
    },
    /// Puts the calendars of a rule aside for what one has waiting and begins, for a time; or for one thing that waits.
    ///
    /// It needs changes:OverrideChangeRule, and is an event.
    Override {
        rule: String,
        #[arg(long)]
        reason: String,
        /// The id of a command or an execution that waits, whoever asked for it: it alone begins.
        #[arg(long)]
        waiting: Option<String>,
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
}

/// A rule, as it is put.
#[derive(clap::Args)]
pub struct Rule {
    name: String,
    /// SendCommand or StartAutomationExecution.
    #[arg(long = "action", required = true, value_name = "ACTION")]
    actions: Vec<String>,
    /// Only what these do: a name, or group:NAME.
    #[arg(long = "principal", value_name = "PRINCIPAL")]
    principals: Vec<String>,
    /// Only these documents.
    #[arg(long = "document", value_name = "DOCUMENT")]
    documents: Vec<String>,
    /// Only commands to a node with one of these tags: KEY or KEY=VALUE.
    #[arg(long = "node-tag", value_name = "TAG")]
    node_tags: Vec<String>,
    /// Only commands to so many nodes or more.
    #[arg(long)]
    min_nodes: Option<u32>,
    /// While one of these calendars is closed it waits.
    #[arg(long = "calendar", value_name = "CALENDAR")]
    calendars: Vec<String>,
    /// While a calendar is closed it is refused, and does not wait.
    #[arg(long)]
    refuse: bool,
    /// Those who may approve commands: a name, or group:NAME.
    #[arg(long = "approver", value_name = "APPROVER")]
    approvers: Vec<String>,
    /// So many of them must, before a command is sent.
    #[arg(long)]
    min_approvals: Option<u32>,
    /// Whoever sends a command may approve it as well.
    #[arg(long)]
    requester_may_approve: bool,
    #[arg(long)]
    description: Option<String>,
}

pub async fn changes(connection: &Connection, mut command: Command, format: Format) -> anyhow::Result<()> {
    if let Command::Show { change }
    | Command::Approve { change, .. }
    | Command::Reject { change, .. }
    | Command::Revoke { change, .. } = &mut command
    {
        *change = meant(connection, std::mem::take(change)).await?;
    }
    match command {
        Command::List { status } => list(connection, status, format).await,
        Command::Show { change } => show(connection, &change, format).await,
        Command::Approve { change, comment } => {
            said(decide(connection, &change, true, comment).await?, format)
        }
        Command::Reject { change, comment } => {
            said(decide(connection, &change, false, comment).await?, format)
        }
        Command::Revoke { change, comment } => {
            said(signal(connection, &change, "Revoke", comment).await?, format)
        }
        Command::Request { template, runbook, parameters, name, at, auto_approve } => {
            let mut of_runbook = json!({"DocumentName": runbook});
            let parameters = super::automation::pairs(&parameters)?;
            if !parameters.is_empty() {
                of_runbook["Parameters"] = json!(parameters);
            }
            let mut input = json!({"DocumentName": template, "Runbooks": [of_runbook]});
            if let Some(name) = name {
                input["ChangeRequestName"] = name.into();
            }
            if let Some(at) = at {
                let instant = reeve_types::Timestamp::parse_rfc3339(&at);
                let instant = instant.with_context(|| format!("--at {at} is no RFC 3339 instant"))?;
                input["ScheduledTime"] = json!(instant.epoch_seconds());
            }
            if auto_approve {
                input["AutoApprove"] = true.into();
            }
            let answer = connection.call("StartChangeRequestExecution", &input).await?;
            match format {
                Format::Json => stdout::line(&answer),
                Format::Text => stdout::line(cell(&answer, "AutomationExecutionId")),
            }
        }
        Command::Rules => rules(connection, format).await,
        Command::PutRule(rule) => {
            said(connection.call_of(&CHANGES, "PutChangeRule", &put(*rule)).await?, format)
        }
        Command::DeleteRule { name } => {
            said(connection.call_of(&CHANGES, "DeleteChangeRule", &json!({"name": name})).await?, format)
        }
        Command::Override { rule, reason, waiting, minutes } => {
            let mut input = json!({"name": rule, "reason": reason, "minutes": minutes});
            if let Some(id) = waiting {
                input["waitingId"] = id.into();
            }
            let answer = connection.call_of(&CHANGES, "OverrideChangeRule", &input).await?;
            match format {
                Format::Json => stdout::line(&answer),
                Format::Text => stdout::line(format_args!("until {}", instant(&answer, "until"))),
            }
        }
    }
}

/// An answer that says nothing but that it was done.
fn said(answer: Value, format: Format) -> anyhow::Result<()> {
    if format == Format::Json { stdout::line(answer) } else { Ok(()) }
}

fn put(rule: Rule) -> Value {
    let mut input = json!({"name": rule.name, "actions": rule.actions, "principals": rule.principals,
        "documentNames": rule.documents, "nodeTags": rule.node_tags, "calendarNames": rule.calendars,
        "approvers": rule.approvers, "requesterMayApprove": rule.requester_may_approve});
    for (member, number) in [("minNodes", rule.min_nodes), ("minApprovals", rule.min_approvals)] {
        if let Some(number) = number {
            input[member] = number.into();
        }
    }
    if rule.refuse {
        input["whileClosed"] = "REFUSE".into();
    }
    if let Some(description) = rule.description {
        input["description"] = description.into();
    }
    input
}

/// Every condition of a rule that is stated, beside its actions; `everything` when none is.
fn conditions(rule: &Value) -> String {
    let texts = |member: &str| {
        let texts =
            rule[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
        (!texts.is_empty()).then(|| texts.join(","))
    };
    let stated = [
        texts("principals").map(|names| format!("by {names}")),
        texts("documentNames").map(|names| format!("document {names}")),
        texts("nodeTags").map(|tags| format!("tag {tags}")),
        rule["minNodes"].as_u64().map(|nodes| format!("{nodes} nodes or more")),
        (rule["requesterMayApprove"] == true).then(|| "requester may approve".to_owned()),
    ];
    let stated = stated.into_iter().flatten().collect::<Vec<_>>();
    if stated.is_empty() { "everything".to_owned() } else { stated.join("; ") }
}

async fn rules(connection: &Connection, format: Format) -> anyhow::Result<()> {
    let rules = all_of(&CHANGES, connection, "ListChangeRules", json!({}), "rules").await?;
    let texts = |of: &Value| {
        let texts = of.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.collect::<Vec<_>>().join(",")
    };
    print(
        format,
        &rules,
        &["RULE", "ACTIONS", "ABOUT", "CALENDARS", "WHILE CLOSED", "APPROVALS", "APPROVERS", "OVERRIDDEN BY"],
        |rule| {
            let overrides = rule["overrides"].as_array().into_iter().flatten();
            let overrides = overrides.map(|of| {
                let only = of["waitingId"].as_str().map(|id| format!(" for {id}")).unwrap_or_default();
                format!("{}{only} until {}", cell(of, "principal"), instant(of, "until"))
            });
            let missing = texts(&rule["missingCalendarNames"]);
            let missing = if missing.is_empty() { missing } else { format!(" (not there: {missing})") };
            vec![
                cell(rule, "name"),
                texts(&rule["actions"]),
                conditions(rule),
                format!("{}{missing}", texts(&rule["calendarNames"])),
                cell(rule, "whileClosed"),
                cell(rule, "minApprovals"),
                texts(&rule["approvers"]),
                overrides.collect::<Vec<_>>().join(", "),
            ]
        },
    )
}

/// Approves a change request or a held command, or rejects it. One that waits for calendars alone is let begin, or cancelled.
async fn decide(
    connection: &Connection,
    change: &str,
    approves: bool,
    comment: Option<String>,
) -> anyhow::Result<Value> {
    let hold = Hold::of(connection, change).await;
    let kind = if approves { "Approve" } else { "Reject" };
    match hold {
        Ok(Some(hold)) if hold.awaits_calendars() && approves => {
            hold.override_rules(connection, comment).await?;
            Ok(json!({}))
        }
        Ok(Some(hold)) if hold.awaits_calendars() => {
            connection.call("CancelCommand", &json!({"CommandId": change})).await
        }
        Ok(_) => signal(connection, change, kind, comment).await,
        // Whoever may not look at commands may be asked about one nevertheless.
        Err(unknown) => signal(connection, change, kind, comment).await.map_err(|error| {
            error.context(format!(
                "whether {change} is a command that calendars hold is not known: {unknown:#}"
            ))
        }),
    }
}

async fn signal(
    connection: &Connection,
    change: &str,
    kind: &str,
    comment: Option<String>,
) -> anyhow::Result<Value> {
    let mut input = json!({"AutomationExecutionId": change, "SignalType": kind});
    if let Some(comment) = comment {
        input["Payload"] = json!({"Comment": [comment]});
    }
    connection.call("SendAutomationSignal", &input).await
}

/// The id that begins so, of what `reeve changes list` shows; a whole one is looked for nowhere.
async fn meant(connection: &Connection, given: String) -> anyhow::Result<String> {
    if given.len() >= ID_CHARACTERS {
        return Ok(given);
    }
    let all = listed(connection, None).await?;
    let ids = all.iter().filter_map(|of| of["AutomationExecutionId"].as_str());
    let ids: Vec<&str> = ids.filter(|id| !given.is_empty() && id.starts_with(&given)).collect();
    match ids.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => anyhow::bail!("the id of no change begins with {given:?}: reeve changes list"),
        ids => anyhow::bail!("{given:?} begins the ids of {} changes: {}", ids.len(), ids.join(", ")),
    }
}

async fn list(connection: &Connection, status: Option<String>, format: Format) -> anyhow::Result<()> {
    let changes = listed(connection, status).await?;
    let heads = ["CHANGE", "NAME", "STATUS", "REQUESTED BY", "REQUESTED", "ENDED", "OPSITEM"];
    print(format, &changes, &heads, |of| {
        vec![
            cell(of, "AutomationExecutionId"),
            cell(of, "ChangeRequestName"),
            cell(of, "AutomationExecutionStatus"),
            cell(of, "ExecutedBy"),
            instant(of, "ExecutionStartTime"),
            instant(of, "ExecutionEndTime"),
            cell(of, "OpsItemId"),
        ]
    })
}

/// Change requests, approvals of commands, and what waits for calendars.
async fn listed(connection: &Connection, status: Option<String>) -> anyhow::Result<Vec<Value>> {
    let filters = vec![json!({"Key": "AutomationSubtype", "Values": ["ChangeRequest"]})];
    const WAITS: &str = "PendingChangeCalendarOverride";
    let mut changes = executions(connection, filters, status.clone()).await?;
    if status.as_deref().is_none_or(|status| status == WAITS) {
        let waits = |of: &Value| {
            of["AutomationSubtype"] != "ChangeRequest" && of["CurrentAction"] == "reeve:waitForCalendars"
        };
        let runbooks = executions(connection, Vec::new(), Some("Waiting".to_owned())).await?;
        let runbooks = runbooks.into_iter().filter(waits).map(|mut of| {
            of["ChangeRequestName"] = of["DocumentName"].clone();
            of["AutomationExecutionStatus"] = WAITS.into();
            of
        });
        changes.extend(runbooks);
        changes.extend(held::waiting_for_calendars(connection).await?);
    }
    Ok(changes)
}

async fn show(connection: &Connection, change: &str, format: Format) -> anyhow::Result<()> {
    let hold = Hold::of(connection, change).await;
    if let Ok(Some(hold)) = &hold
        && hold.awaits_calendars()
        && let Some(words) = hold.words()
    {
        return stdout::answer(format, hold.json(), format_args!("the command {change}: {words}"));
    }
    let input = json!({"AutomationExecutionId": change});
    let answer = match (connection.call("GetAutomationExecution", &input).await, hold) {
        (Ok(answer), _) => answer,
        // Nobody was asked to approve it.
        (Err(_), Ok(Some(hold))) => {
            let words = hold.words().unwrap_or_else(|| "nothing holds it".to_owned());
            return stdout::answer(format, hold.json(), format_args!("the command {change}: {words}"));
        }
        (Err(error), Ok(None)) => return Err(error),
        (Err(error), Err(unknown)) => {
            return Err(
                error.context(format!("whether {change} is a held command is not known: {unknown:#}"))
            );
        }
    };
    let of = &answer["AutomationExecution"];
    ensure!(of["AutomationSubtype"] == "ChangeRequest", "{change} is an automation, and no change request");
    if format == Format::Json {
        return stdout::line(of);
    }
    for member in [
        "ChangeRequestName",
        "AutomationExecutionStatus",
        "DocumentName",
        "DocumentVersion",
        "ExecutedBy",
        "OpsItemId",
        "FailureMessage",
    ] {
        if !of[member].is_null() {
            stdout::line(format_args!("{member}: {}", cell(of, member)))?;
        }
    }
    for runbook in of["Runbooks"].as_array().into_iter().flatten() {
        stdout::line(format_args!("Runbook: {runbook}"))?;
    }
    stdout::line("")?;
    let steps = of["StepExecutions"].as_array().cloned().unwrap_or_default();
    print(format, &steps, &["STEP", "STATUS", "STARTED", "ENDED", "WHO", "WHY"], |step| {
        let said = step["Outputs"]["ApproverDecisions"].as_array().into_iter().flatten();
        let said = said.filter_map(Value::as_str).filter_map(|text| serde_json::from_str::<Value>(text).ok());
        let who = said.map(|of| {
            let comment = of["Comment"].as_str().filter(|comment| !comment.is_empty());
            let comment = comment.map(|comment| format!(" ({comment})")).unwrap_or_default();
            format!("{} {}{comment}", cell(&of, "Approver"), cell(&of, "Decision"))
        });
        vec![
            cell(step, "StepName"),
            cell(step, "StepStatus"),
            instant(step, "ExecutionStartTime"),
            instant(step, "ExecutionEndTime"),
            who.collect::<Vec<_>>().join(", "),
            why(step),
        ]
    })
}
