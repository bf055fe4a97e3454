//! Nodes' reports: untrusted input that becomes events.

use super::{about, invocation_command, invocation_row};
use crate::domain::invocation::{self, Command, Invocation};
use prost::Message;
use reeve_contracts::{
    node::{Report, ReportKind},
    outcome::{InvocationStatus, StepOutcome, StepStatus},
    run_command::InvocationFinished,
};
use reeve_eventsourcing::Actor;
use reeve_node_protocol::{report::MAX_REPORT_BYTES, subject::node_of};
use reeve_runtime::{HandlerError, InboxMessage};
use reeve_types::text::cut;

/// A node's report on an invocation: untrusted, so that it can only speak for its own, and only of known states.
pub async fn report(inbox: InboxMessage) -> Result<(), HandlerError> {
    let never = |reason: &str| HandlerError::Permanent(reason.to_owned());
    let node = node_of(&inbox.message.subject).ok_or_else(|| never("the subject names no node"))?;
    let report =
        Report::decode(inbox.message.data.clone()).map_err(|e| HandlerError::Permanent(e.to_string()))?;
    if inbox.message.data.len() > MAX_REPORT_BYTES {
        return Err(never("the report is larger than an event may be"));
    }
    let known = invocation_row(&inbox.handle, &report.command_id, node.as_str());
    if known.is_none() {
        return Err(HandlerError::Retry(format!(
            "node {node} reported on a command that was not sent to it"
        )));
    }
    let command = match report.kind() {
        ReportKind::Started => Command::Start { started_ms: report.at_ms },
        ReportKind::Finished => Command::Finish(Box::new(outcome(&report, node.as_str())?)),
        ReportKind::Unspecified => return Err(never("the report has no kind")),
    };
    let mut context = about(&inbox.handle, &report.command_id, inbox.context(Actor::node(node.as_str())));
    // W3C: version, trace, parent and flags make 55 characters.
    let traced = report.traceparent.len() == 55 && report.traceparent.is_ascii();
    context.traceparent = traced.then(|| report.traceparent.clone());
    let (handle, key) = (&inbox.handle, invocation::id(&report.command_id, node.as_str()));
    let command = invocation_command(&report.command_id, node.as_str(), command);
    handle.execute::<Invocation>(&key, command, &context).await?;
    Ok(())
}

fn outcome(report: &Report, node: &str) -> Result<InvocationFinished, HandlerError> {
    let status = match InvocationStatus::try_from(report.status) {
        Ok(status) if status != InvocationStatus::Unspecified => status,
        _ => return Err(HandlerError::Permanent("its status is not an end of an invocation".to_owned())),
    };
    let known =
        |status: i32| StepStatus::try_from(status).is_ok_and(|status| status != StepStatus::Unspecified);
    if let Some(step) = report.steps.iter().find(|step| !known(step.status)) {
        return Err(HandlerError::Permanent(format!("the status {} of a step is not known", step.status)));
    }
    let word = |text: &str, limit: usize| text.chars().filter(|c| !c.is_control()).take(limit).collect();
    let steps = report.steps.iter().take(1000).map(|step| StepOutcome {
        name: word(&step.name, 128),
        action: word(&step.action, 128),
        stdout: cut(&step.stdout, 24_000),
        stderr: cut(&step.stderr, 24_000),
        output: cut(&step.output, 2_500),
        ..step.clone()
    });
    Ok(InvocationFinished {
        command_id: report.command_id.clone(),
        node_id: node.to_owned(),
        status: status.name().to_owned(),
        status_details: status.details().to_owned(),
        code: report.code,
        started_ms: report.started_ms,
        finished_ms: report.at_ms,
        steps: steps.collect(),
        message: cut(&report.message, 2_000),
    })
}
