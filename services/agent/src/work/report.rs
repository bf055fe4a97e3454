//! What is reported of a command.

use crate::execute::Outcome;
use reeve_contracts::{
    node::{Dispatch, Report, ReportKind},
    outcome::InvocationStatus,
};
use reeve_node_protocol::report::fit;
use reeve_types::Timestamp;

/// Which command a report is of, and what the report repeats of it.
#[derive(Clone, Default)]
pub struct ReportedCommand {
    pub command_id: String,
    pub traceparent: String,
    /// When its dispatch expires; 0 when that is not known.
    pub expires_ms: i64,
    /// 0 when it was not begun.
    pub started_ms: i64,
}

impl ReportedCommand {
    pub fn dispatch(dispatch: &Dispatch) -> Self {
        Self {
            command_id: dispatch.command_id.clone(),
            traceparent: dispatch.traceparent.clone(),
            expires_ms: dispatch.expires_ms,
            started_ms: 0,
        }
    }

    pub fn started(&self, node_id: &str, now: Timestamp) -> Report {
        Report {
            node_id: node_id.to_owned(),
            command_id: self.command_id.clone(),
            kind: ReportKind::Started.into(),
            at_ms: now.0,
            traceparent: self.traceparent.clone(),
            ..Report::default()
        }
    }

    pub fn finished(&self, node_id: &str, outcome: &Outcome, now: Timestamp) -> Report {
        let mut report = Report {
            node_id: node_id.to_owned(),
            sequence: 0,
            command_id: self.command_id.clone(),
            kind: ReportKind::Finished.into(),
            status: outcome.status.into(),
            code: outcome.code,
            at_ms: now.0,
            started_ms: self.started_ms,
            steps: outcome.steps.clone(),
            message: outcome.message.clone(),
            traceparent: self.traceparent.clone(),
        };
        fit(&mut report);
        report
    }
}

impl Outcome {
    pub fn without_steps(status: InvocationStatus, message: &str) -> Self {
        Self { status, code: -1, message: message.to_owned(), steps: Vec::new() }
    }
}
