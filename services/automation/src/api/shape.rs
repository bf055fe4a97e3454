//! Executions and steps as AWS's API has them.

use crate::projections::{ExecutionRow, StepRow};
use reeve_contracts::ssm::*;
use reeve_runtime::text;
use reeve_types::{Timestamp, arn::Arn};
use std::collections::BTreeMap;

/// Seconds since 1970, as the API has instants.
fn seconds(milliseconds: i64) -> f64 {
    Timestamp(milliseconds).epoch_seconds()
}

fn user(row: &ExecutionRow) -> String {
    let resource = &format!("user/{}", row.principal);
    Arn { partition: "aws", service: "iam", region: "", account: &row.account, resource }.to_string()
}

fn resolved(row: &ExecutionRow) -> ResolvedTargets {
    ResolvedTargets { parameter_values: Some(row.target_values.clone()), truncated: Some(false) }
}

fn targets<T: serde::de::DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}

/// An execution without its steps.
pub fn execution(row: &ExecutionRow) -> AutomationExecution {
    let count = |status: &str| Some(row.ended.get(status).copied().unwrap_or_default());
    let completed: i32 = row.ended.values().sum();
    let has_children = !row.target_values.is_empty();
    let summary = TargetsSummary {
        total_count: i32::try_from(row.target_values.len()).ok(),
        started_count: Some(row.started_children),
        completed_count: Some(completed),
        failed_count: Some(completed - row.ended.get("Success").copied().unwrap_or_default()),
        successful_count: count("Success"),
    };
    let change = row.change.as_ref();
    let progress = ProgressCounters {
        total_steps: Some(row.steps),
        success_steps: count("Success"),
        failed_steps: count("Failed"),
        cancelled_steps: count("Cancelled"),
        timed_out_steps: count("TimedOut"),
    };
    let variables: BTreeMap<String, Vec<String>> = row
        .variables
        .iter()
        .map(|(name, value)| (name.clone(), crate::domain::outputs::texts(value)))
        .collect();
    AutomationExecution {
        automation_execution_id: Some(row.id.clone()),
        automation_execution_status: Some(row.status.clone()),
        current_action: text(&row.current_action),
        current_step_name: text(&row.current_step_name),
        document_name: Some(row.document_name.clone()),
        document_version: Some(row.document_version.clone()),
        executed_by: Some(user(row)),
        execution_start_time: Some(seconds(row.started_ms)),
        execution_end_time: row.ended_ms.map(seconds),
        failure_message: text(&row.failure_message),
        max_concurrency: text(&row.max_concurrency),
        max_errors: text(&row.max_errors),
        mode: Some(mode(row)),
        outputs: Some(row.outputs.clone()),
        parameters: Some(row.parameters.clone()),
        parent_automation_execution_id: text(&row.parent_execution_id),
        progress_counters: (!has_children).then_some(progress),
        resolved_targets: Some(resolved(row)),
        step_executions_truncated: Some(false),
        target: text(&row.target),
        target_maps: Some(targets(&row.target_maps_json)),
        target_parameter_name: text(&row.target_parameter_name),
        targets: Some(targets(&row.targets_json)),
        targets_summary: has_children.then_some(summary),
        variables: (!variables.is_empty()).then_some(variables),
        warning_message: resumptions(row),
        automation_subtype: change.map(|_| "ChangeRequest".to_owned()),
        change_request_name: change.map(|change| change.name.clone()),
        ops_item_id: change.map(|change| change.ops_item_id.clone()),
        runbooks: change.map(|change| targets(&change.runbooks_json)),
        scheduled_time: change
            .filter(|change| change.scheduled_ms > 0)
            .map(|change| seconds(change.scheduled_ms)),
        ..AutomationExecution::default()
    }
}

fn mode(row: &ExecutionRow) -> String {
    if row.is_interactive { "Interactive" } else { "Auto" }.to_owned()
}

/// An execution as it is listed.
pub fn listed(row: &ExecutionRow) -> AutomationExecutionMetadata {
    let of = execution(row);
    AutomationExecutionMetadata {
        automation_execution_id: of.automation_execution_id,
        automation_execution_status: of.automation_execution_status,
        automation_type: Some("Local".to_owned()),
        current_action: of.current_action,
        current_step_name: of.current_step_name,
        document_name: of.document_name,
        document_version: of.document_version,
        executed_by: of.executed_by,
        execution_start_time: of.execution_start_time,
        execution_end_time: of.execution_end_time,
        failure_message: of.failure_message,
        log_file: Some(String::new()),
        max_concurrency: of.max_concurrency,
        max_errors: of.max_errors,
        mode: of.mode,
        outputs: of.outputs,
        parent_automation_execution_id: of.parent_automation_execution_id,
        resolved_targets: of.resolved_targets,
        target: of.target,
        target_maps: of.target_maps,
        target_parameter_name: of.target_parameter_name,
        targets: of.targets,
        automation_subtype: of.automation_subtype,
        change_request_name: of.change_request_name,
        ops_item_id: of.ops_item_id,
        runbooks: of.runbooks,
        scheduled_time: of.scheduled_time,
        ..AutomationExecutionMetadata::default()
    }
}

/// A step.
pub fn step(row: StepRow) -> StepExecution {
    let has_begun = row.started_ms.is_some();
    let failure = (!row.failure_stage.is_empty()).then(|| FailureDetails {
        details: None,
        failure_stage: Some(row.failure_stage.clone()),
        failure_type: Some(row.failure_type.clone()),
    });
    let parent = (!row.loop_name.is_empty()).then(|| ParentStepDetails {
        action: Some("aws:loop".to_owned()),
        iteration: i32::try_from(row.iteration).ok(),
        iterator_value: text(&row.iterator_value),
        step_execution_id: Some(row.loop_step.clone()),
        step_name: Some(row.loop_name.clone()),
    });
    StepExecution {
        action: Some(row.action),
        execution_start_time: row.started_ms.map(seconds),
        execution_end_time: row.ended_ms.map(seconds),
        failure_details: failure,
        failure_message: text(&row.failure_message),
        inputs: Some(row.inputs),
        is_critical: has_begun.then_some(row.is_critical),
        is_end: has_begun.then_some(row.is_end),
        max_attempts: i32::try_from(row.max_attempts).ok().filter(|_| has_begun),
        next_step: text(&row.next_step),
        on_failure: text(&row.on_failure),
        outputs: Some(row.outputs),
        overridden_parameters: Some(BTreeMap::new()),
        parent_step_details: parent,
        step_execution_id: Some(row.id),
        step_name: Some(row.name),
        step_status: Some(row.status),
        timeout_seconds: has_begun.then_some(row.timeout_seconds),
        valid_next_steps: Some(row.valid_next_steps),
        ..StepExecution::default()
    }
}

/// What it goes on from, and what goes on from it.
fn resumptions(row: &ExecutionRow) -> Option<String> {
    let mut said = Vec::new();
    match (row.resumed_execution_id.as_str(), row.resumed_step_name.as_str()) {
        ("", _) => {}
        (from, "") => {
            said.push(format!("It goes on with the targets of the execution {from} that did not succeed."))
        }
        (from, step) => said.push(format!(
            "It goes on from the step {step} of the execution {from}; what came before is taken over."
        )),
    }
    if !row.resumed_by.is_empty() {
        said.push(format!("{} goes on from it, as {} has asked.", row.resumed_by, row.resumed_by_principal));
    }
    (!said.is_empty()).then(|| said.join(" "))
}
