//! Executions as they are listed.

use crate::domain::{actions, execution::ExecutionEvent};
use reeve_contracts::automation::ExecutionStarted;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_fleet::{REVOKED, change_status};
use reeve_types::{Timestamp, ids::ops_item_id};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Executions by id.
pub(crate) const EXECUTIONS: &str = "executions";
/// Their ids by [`order_key`], the newest first.
pub(crate) const ORDER: &str = "order";
/// The ids of children by `<parent>/<order key>`.
pub(crate) const CHILDREN: &str = "children";

const WAITING: &str = "Waiting";
const IN_PROGRESS: &str = "InProgress";
const CANCELLING: &str = "Cancelling";

/// An execution.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExecutionRow {
    pub id: String,
    pub document_name: String,
    pub document_version: String,
    pub status: String,
    pub is_interactive: bool,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
    pub principal: String,
    pub account: String,
    pub parent_execution_id: String,
    pub target: String,
    pub parameters: BTreeMap<String, Vec<String>>,
    pub variables: BTreeMap<String, Value>,
    pub outputs: BTreeMap<String, Vec<String>>,
    pub failure_message: String,
    pub current_step_name: String,
    pub current_action: String,
    pub target_values: Vec<String>,
    pub target_parameter_name: String,
    pub targets_json: String,
    pub target_maps_json: String,
    pub max_concurrency: String,
    pub max_errors: String,
    /// How many steps, or children, ended in which way.
    pub ended: BTreeMap<String, i32>,
    pub started_children: i32,
    pub steps: i32,
    /// Of a change request.
    pub change: Option<ChangeRow>,
    /// What it goes on from, and with which step; empty: it began at the beginning.
    pub resumed_execution_id: String,
    pub resumed_step_name: String,
    /// What goes on from it, and who has asked for that; empty: nothing.
    pub resumed_by: String,
    pub resumed_by_principal: String,
}

/// What an execution has that is a change request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ChangeRow {
    pub name: String,
    pub runbooks_json: String,
    pub scheduled_ms: i64,
    pub ops_item_id: String,
    pub details: String,
    pub approvers: Vec<String>,
}

/// The newest come first.
fn order_key(started_ms: i64, id: &str) -> String {
    format!("{}/{id}", Timestamp(started_ms).newest_first())
}

/// Keeps the tables of this file.
pub(crate) struct Executions;

impl Projection for Executions {
    const NAME: &'static str = "executions";
    const VERSION: u32 = 4;
    type Event = ExecutionEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ExecutionEvent>) {
        let id = &event.envelope.aggregate.id;
        if let ExecutionEvent::ExecutionStarted(e) = &event.event {
            return start(view, e);
        }
        view.change_row::<ExecutionRow, _>(EXECUTIONS, id, |row| change(row, &event.event));
    }
}

fn start(view: &mut dyn View, e: &ExecutionStarted) {
    let key = order_key(e.started_ms, &e.execution_id);
    view.put_row(ORDER, &key, e.execution_id.clone());
    if !e.parent_execution_id.is_empty() {
        view.put_row(CHILDREN, &format!("{}/{key}", e.parent_execution_id), e.execution_id.clone());
    }
    let is_interactive = e.mode == "Interactive";
    let targets = e.targets.clone().unwrap_or_default();
    let resumption = e.resumption.clone().unwrap_or_default();
    let runbook = crate::domain::runbook::Runbook::parse(&e.document_json).unwrap_or_default();
    let mut row = ExecutionRow {
        id: e.execution_id.clone(),
        document_name: e.document_name.clone(),
        document_version: e.document_version.clone(),
        status: if is_interactive { WAITING } else { IN_PROGRESS }.to_owned(),
        is_interactive,
        started_ms: e.started_ms,
        principal: e.principal.clone(),
        account: e.account.clone(),
        parent_execution_id: e.parent_execution_id.clone(),
        target: e.target.clone(),
        parameters: serde_json::from_str(&e.parameters_json).unwrap_or_default(),
        variables: runbook
            .variables
            .iter()
            .filter_map(|(name, _, value)| Some((name.clone(), value.clone()?)))
            .collect(),
        steps: i32::try_from(runbook.steps.len()).unwrap_or(i32::MAX),
        target_values: targets.values,
        target_parameter_name: targets.parameter_name,
        targets_json: targets.targets_json,
        target_maps_json: targets.target_maps_json,
        max_concurrency: targets.max_concurrency,
        max_errors: targets.max_errors,
        resumed_execution_id: resumption.execution_id,
        resumed_step_name: resumption.step_name,
        change: e.change.as_ref().map(|change| ChangeRow {
            name: change.name.clone(),
            runbooks_json: change.runbooks_json.clone(),
            scheduled_ms: change.scheduled_ms,
            ops_item_id: ops_item_id(&e.execution_id, 0),
            details: change.details.clone(),
            approvers: change.approvers.clone(),
        }),
        ..ExecutionRow::default()
    };
    if e.change.is_some() {
        row.status =
            change_status("", &ExecutionEvent::ExecutionStarted(e.clone())).unwrap_or_default().to_owned();
    }
    view.put_row(EXECUTIONS, &e.execution_id, row);
}

fn change(row: &mut ExecutionRow, event: &ExecutionEvent) {
    let before = row.status.clone();
    take(row, event);
    // A change request has statuses of its own, until it is cancelled.
    let is_over = matches!(event, ExecutionEvent::ExecutionFinished(_));
    if row.change.is_some() && (before != CANCELLING || is_over) {
        row.status = match change_status(&before, event) {
            // OpsItems have a status for that, executions have none.
            Some(REVOKED) => CANCELLING.to_owned(),
            status => status.map_or(before, str::to_owned),
        };
    }
}

fn take(row: &mut ExecutionRow, event: &ExecutionEvent) {
    match event {
        ExecutionEvent::ExecutionStarted(_)
        | ExecutionEvent::StepAttemptFailed(_)
        | ExecutionEvent::StepPolled(_)
        | ExecutionEvent::StepApproved(_)
        | ExecutionEvent::StepRejected(_)
        | ExecutionEvent::ApprovalExpiring(_)
        | ExecutionEvent::StepResumed(_)
        | ExecutionEvent::StepStopRequested(_) => {}
        ExecutionEvent::StepStarted(e) => {
            row.current_step_name.clone_from(&e.step_name);
            row.current_action.clone_from(&e.action);
            let waits = actions::waits(&e.action) && e.problem.is_empty();
            set_status(row, if waits { WAITING } else { IN_PROGRESS });
        }
        ExecutionEvent::StepFinished(e) => {
            if !e.variable.is_empty() {
                let value = serde_json::from_str(&e.variable_value_json).unwrap_or_default();
                row.variables.insert(e.variable.clone(), value);
            }
            *row.ended.entry(e.status.clone()).or_default() += 1;
            set_status(row, if row.is_interactive { WAITING } else { IN_PROGRESS });
        }
        ExecutionEvent::StepReleased(_) => set_status(row, IN_PROGRESS),
        ExecutionEvent::ExecutionStopRequested(e) => {
            let status = if e.r#type == "Complete" { row.status.clone() } else { CANCELLING.to_owned() };
            row.status = status;
        }
        ExecutionEvent::ChildrenAdmitted(e) => {
            row.started_children = i32::try_from(e.first_index.saturating_add(e.count)).unwrap_or(i32::MAX);
        }
        ExecutionEvent::ChildFinished(e) => *row.ended.entry(e.status.clone()).or_default() += 1,
        ExecutionEvent::ExecutionFinished(e) => {
            row.status.clone_from(&e.status);
            row.ended_ms = Some(e.finished_ms);
            row.failure_message.clone_from(&e.failure_message);
            let outputs: Vec<(String, Vec<String>)> =
                serde_json::from_str(&e.outputs_json).unwrap_or_default();
            row.outputs = outputs.into_iter().collect();
            row.current_step_name.clear();
            row.current_action.clear();
        }
        ExecutionEvent::ExecutionResumed(e) => {
            row.resumed_by.clone_from(&e.by_execution_id);
            row.resumed_by_principal.clone_from(&e.principal);
        }
        // It never was one.
        ExecutionEvent::ExecutionRefused(_) => {}
    }
}

/// An execution that is being cancelled stays so until it has ended.
fn set_status(row: &mut ExecutionRow, status: &str) {
    if row.status != CANCELLING {
        status.clone_into(&mut row.status);
    }
}
