//! `reeve automation`: runbooks that run, and what they would do.

use super::{
    Format,
    connection::{AUTOMATION, Connection},
    list::{all, print},
    stdout,
    table::{cell, instant},
};
use anyhow::{Context, anyhow, ensure};
use reeve_automation::domain::simulate::{Outcomes, Trace, simulate};
use reeve_document_language::{Format as DocumentFormat, bind, check};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

/// Automation: runbooks, which do one step after the other.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists executions, the newest first.
    List {
        /// Only those with this status: InProgress, Waiting, Success, Failed, TimedOut, Cancelled and so on.
        #[arg(long)]
        status: Option<String>,
    },
    /// Shows an execution and its steps.
    Show { execution: String },
    /// Starts a runbook and prints the execution's id.
    Run {
        document: String,
        /// A parameter; given more than once, the values of a list.
        #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
        parameters: Vec<String>,
        /// A number, $DEFAULT or $LATEST.
        #[arg(long, value_name = "VERSION")]
        document_version: Option<String>,
        /// Waits before each step until somebody lets it begin.
        #[arg(long)]
        interactive: bool,
    },
    /// Stops an execution.
    Stop {
        execution: String,
        /// Lets the step that runs end by itself.
        #[arg(long)]
        complete: bool,
    },
    /// Goes on with an execution that has failed, once, from the step that did, or with the targets that did: prints the id of the
    /// new one. What came before is taken over; children go on from their failed steps as well, and approvals are asked for anew. A change
    /// request goes on with its runbook as it was approved.
    Resume { execution: String },
    /// Says something to an execution that waits for it.
    Signal {
        execution: String,
        /// Approve, Reject, Resume, Revoke, StartStep or StopStep.
        signal: String,
        /// The step that is meant; of StopStep the id of its execution.
        #[arg(long)]
        step: Option<String>,
        #[arg(long)]
        comment: Option<String>,
    },
    /// Says which path a runbook would take with given outcomes, by the engine that runs it. It does nothing.
    Simulate {
        /// The name of a document, or a file that is one.
        document: String,
        #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
        parameters: Vec<String>,
        /// A file with JSON: the name of a step to a list of {"status", "outputs"}, one for each attempt. A step that is not in it
        /// succeeds.
        #[arg(long, value_name = "FILE")]
        outputs: Option<PathBuf>,
    },
}

/// The automation command.
///
/// # Errors
/// What the API refused, and what is wrong with files.
pub async fn automation(connection: &Connection, command: Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::List { status } => list(connection, status, format).await,
        Command::Show { execution } => show(connection, &execution, format).await,
        Command::Run { document, parameters, document_version, interactive } => {
            let mut input = json!({"DocumentName": document});
            let given = pairs(&parameters)?;
            if !given.is_empty() {
                input["Parameters"] = json!(given);
            }
            if let Some(version) = document_version {
                input["DocumentVersion"] = version.into();
            }
            if interactive {
                input["Mode"] = "Interactive".into();
            }
            let answer = connection.call("StartAutomationExecution", &input).await?;
            match format {
                Format::Json => stdout::line(&answer),
                Format::Text => stdout::line(cell(&answer, "AutomationExecutionId")),
            }
        }
        Command::Stop { execution, complete } => {
            let kind = if complete { "Complete" } else { "Cancel" };
            let input = json!({"AutomationExecutionId": execution, "Type": kind});
            connection.call("StopAutomationExecution", &input).await.map(|_| ())
        }
        Command::Resume { execution } => {
            let input = json!({"automationExecutionId": execution});
            let answer = connection.call_of(&AUTOMATION, "ResumeAutomationExecution", &input).await?;
            match format {
                Format::Json => stdout::line(&answer),
                Format::Text => stdout::line(cell(&answer, "automationExecutionId")),
            }
        }
        Command::Signal { execution, signal, step, comment } => {
            let mut payload = json!({});
            let named = if signal == "StopStep" { "StepExecutionId" } else { "StepName" };
            for (name, text) in [(named, step), ("Comment", comment)] {
                if let Some(text) = text {
                    payload[name] = json!([text]);
                }
            }
            let mut input = json!({"AutomationExecutionId": execution, "SignalType": signal});
            if payload != json!({}) {
                input["Payload"] = payload;
            }
            connection.call("SendAutomationSignal", &input).await.map(|_| ())
        }
        Command::Simulate { document, parameters, outputs } => {
            let trace = simulated(connection, &document, &pairs(&parameters)?, outputs).await?;
            told(&trace, format)
        }
    }
}

/// `NAME=VALUE` as parameters are sent.
pub(super) fn pairs(texts: &[String]) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut pairs = BTreeMap::<String, Vec<String>>::new();
    for text in texts {
        let (name, value) = text.split_once('=').with_context(|| format!("{text:?} is not NAME=VALUE"))?;
        pairs.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    Ok(pairs)
}

/// The executions that meet some filters, with this status if one is given.
pub(super) async fn executions(
    connection: &Connection,
    mut filters: Vec<Value>,
    status: Option<String>,
) -> anyhow::Result<Vec<Value>> {
    filters.extend(status.map(|status| json!({"Key": "ExecutionStatus", "Values": [status]})));
    // The model has no empty list of filters.
    let input = if filters.is_empty() { json!({}) } else { json!({"Filters": filters}) };
    all(connection, "DescribeAutomationExecutions", input, "AutomationExecutionMetadataList").await
}

async fn list(connection: &Connection, status: Option<String>, format: Format) -> anyhow::Result<()> {
    let executions = executions(connection, Vec::new(), status).await?;
    let heads = ["EXECUTION", "RUNBOOK", "STATUS", "STEP", "STARTED", "ENDED", "TARGET"];
    print(format, &executions, &heads, |of| {
        vec![
            cell(of, "AutomationExecutionId"),
            cell(of, "DocumentName"),
            cell(of, "AutomationExecutionStatus"),
            cell(of, "CurrentStepName"),
            instant(of, "ExecutionStartTime"),
            instant(of, "ExecutionEndTime"),
            cell(of, "Target"),
        ]
    })
}

async fn show(connection: &Connection, execution: &str, format: Format) -> anyhow::Result<()> {
    let input = json!({"AutomationExecutionId": execution});
    let answer = connection.call("GetAutomationExecution", &input).await?;
    let of = &answer["AutomationExecution"];
    let steps = all(connection, "DescribeAutomationStepExecutions", input, "StepExecutions").await?;
    if format == Format::Json {
        let mut whole = of.clone();
        whole["StepExecutions"] = json!(steps);
        return stdout::line(whole);
    }
    for member in [
        "DocumentName",
        "DocumentVersion",
        "AutomationExecutionStatus",
        "ExecutedBy",
        "FailureMessage",
        "WarningMessage",
        "Target",
    ] {
        if !of[member].is_null() {
            stdout::line(format_args!("{member}: {}", cell(of, member)))?;
        }
    }
    for (name, texts) in of["Outputs"].as_object().into_iter().flatten() {
        stdout::line(format_args!("{name} = {texts}"))?;
    }
    stdout::line("")?;
    print(format, &steps, &["STEP", "ACTION", "STATUS", "STARTED", "ENDED", "WHY"], |step| {
        vec![
            match step["ParentStepDetails"]["Iteration"].as_u64() {
                Some(pass) => format!("  {} ({pass})", cell(step, "StepName")),
                None => cell(step, "StepName"),
            },
            cell(step, "Action"),
            cell(step, "StepStatus"),
            instant(step, "ExecutionStartTime"),
            instant(step, "ExecutionEndTime"),
            why(step),
        ]
    })
}

/// Why a step stands as it does: where it was taken over from, what it waits for, or why it failed.
pub(super) fn why(step: &Value) -> String {
    if let Some(from) = step["Outputs"]["reeve:takenOverFrom"][0].as_str() {
        return format!("taken over from {from}");
    }
    let is_over = step["ExecutionEndTime"].is_number();
    match (cell(step, "Action").as_str(), &step["Inputs"]) {
        ("reeve:waitForCalendars", inputs) if !is_over => {
            format!(
                "waits for the calendars {} of the rules {}",
                cell(inputs, "CalendarNames"),
                cell(inputs, "Rules")
            )
        }
        _ => cell(step, "FailureMessage"),
    }
}

async fn simulated(
    connection: &Connection,
    document: &str,
    given: &BTreeMap<String, Vec<String>>,
    outputs: Option<PathBuf>,
) -> anyhow::Result<Trace> {
    let path = PathBuf::from(document);
    let (content, declared) = match path.is_file() {
        true => {
            let content = std::fs::read_to_string(&path);
            let content = content.with_context(|| format!("could not read {document}"))?;
            let is_json = path.extension().is_some_and(|end| end == "json");
            (content, if is_json { DocumentFormat::Json } else { DocumentFormat::Yaml })
        }
        false => {
            let stored = connection.call("GetDocument", &json!({"Name": document})).await?;
            ensure!(
                stored["DocumentType"] == "Automation",
                "{document} is of type {}, and not a runbook",
                cell(&stored, "DocumentType")
            );
            (cell(&stored, "Content"), cell(&stored, "DocumentFormat").parse()?)
        }
    };
    let checked = check("Automation", declared, &content)?;
    let mut values = bind(&checked.inputs, given)?;
    for input in checked.inputs {
        if let Some(default) = input.default {
            values.entry(input.name).or_insert(default);
        }
    }
    let outcomes: Outcomes = match outputs {
        None => Outcomes::new(),
        Some(path) => {
            let text = std::fs::read_to_string(&path);
            let text = text.with_context(|| format!("could not read {}", path.display()))?;
            serde_json::from_str(&text)
                .with_context(|| format!("{} is not what it must be", path.display()))?
        }
    };
    simulate(&checked.normalized.to_string(), &values, &outcomes).map_err(|problem| anyhow!(problem))
}

fn told(trace: &Trace, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return stdout::line(serde_json::to_value(trace)?);
    }
    let lines: Vec<Value> = trace.lines.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    print(format, &lines, &["STEP", "ACTION", "ATTEMPT", "STATUS", "NEXT", "PASS", "WHY"], |line| {
        ["step", "action", "attempt", "status", "next_step", "iteration", "message"]
            .map(|of| cell(line, of))
            .to_vec()
    })?;
    stdout::line("")?;
    stdout::line(format_args!("It would end as {}; trace {}.", trace.status, trace.hash))
}
