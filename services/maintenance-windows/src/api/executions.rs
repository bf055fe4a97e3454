//! What windows did: executions, their tasks, and the invocations of these.

use super::{
    does_not_exist,
    filters::{Filters, STATUSES},
    seconds,
};
use crate::{
    domain::{
        execution::{Command, Execution},
        task::Task,
    },
    projections::*,
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, Handle, Page, page_of, page_size, text, to_answers};
use reeve_types::text::cut;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const MAX_RESULTS: usize = 100;
/// As many characters has AWS's StatusDetails.
const MAX_DETAILS: usize = 250;

/// What is said of a status; none when there is nothing to say.
fn details(details: &str) -> Option<String> {
    text(&cut(details, MAX_DETAILS))
}

/// The newest first.
pub async fn list(
    call: Call<DescribeMaintenanceWindowExecutionsRequest>,
) -> Result<DescribeMaintenanceWindowExecutionsResult, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let filters = Filters::read(input.filters.as_ref(), &["ExecutedBefore", "ExecutedAfter"])?;
    let (before, after) = (filters.instant("ExecutedBefore")?, filters.instant("ExecutedAfter")?);
    let limit = page_size(input.max_results, MAX_RESULTS)?;
    let prefix = format!("{}/", input.window_id.as_deref().unwrap_or_default());
    let row = |id: &str| views.get::<ExecutionRow>(EXECUTIONS, id).unwrap_or_default();
    let meets = |_: &str, id: &String| {
        let at = row(id).started_ms;
        before.is_none_or(|before| at < before) && after.is_none_or(|after| at > after)
    };
    let page = views.filter::<String>(EXECUTION_ORDER, &prefix, input.next_token.as_deref(), limit, meets);
    let (executions, next_token) = to_answers(page, |id: String| {
        let row = row(&id);
        MaintenanceWindowExecution {
            end_time: row.finished_ms.map(seconds),
            start_time: Some(seconds(row.started_ms)),
            status: Some(row.status),
            status_details: details(&row.details),
            window_execution_id: Some(row.execution_id),
            window_id: Some(row.window_id),
        }
    })?;
    Ok(DescribeMaintenanceWindowExecutionsResult { next_token, window_executions: Some(executions) })
}

/// # Errors
/// `DoesNotExistException`.
fn execution(handle: &Handle, id: Option<&String>) -> Result<Arc<ExecutionRow>, ApiError> {
    let id = id.map(String::as_str).unwrap_or_default();
    let found = handle.views().look(EXECUTIONS, id);
    found.ok_or_else(|| does_not_exist(format!("Maintenance window execution {id} does not exist")))
}

/// # Errors
/// `DoesNotExistException`.
fn task_of(
    handle: &Handle,
    execution: Option<&String>,
    task: Option<&String>,
) -> Result<Arc<TaskRow>, ApiError> {
    let execution = self::execution(handle, execution)?;
    let id = task.map(String::as_str).unwrap_or_default();
    let found = handle.views().look(TASKS, &format!("{}/{id}", execution.execution_id));
    found.ok_or_else(|| does_not_exist(format!("Task execution {id} does not exist")))
}

pub async fn get(
    call: Call<GetMaintenanceWindowExecutionRequest>,
) -> Result<GetMaintenanceWindowExecutionResult, ApiError> {
    let row = execution(&call.handle, call.input.window_execution_id.as_ref())?;
    Ok(GetMaintenanceWindowExecutionResult {
        end_time: row.finished_ms.map(seconds),
        start_time: Some(seconds(row.started_ms)),
        status: Some(row.status.clone()),
        status_details: details(&row.details),
        task_ids: Some(row.task_ids.clone()),
        window_execution_id: Some(row.execution_id.clone()),
    })
}

/// The filter of tasks and invocations.
fn by_status(given: Option<&Vec<MaintenanceWindowFilter>>) -> Result<Filters, ApiError> {
    Filters::read(given, &["STATUS"])?.with_words("STATUS", &STATUSES)
}

pub async fn tasks(
    call: Call<DescribeMaintenanceWindowExecutionTasksRequest>,
) -> Result<DescribeMaintenanceWindowExecutionTasksResult, ApiError> {
    let input = &call.input;
    let of = execution(&call.handle, input.window_execution_id.as_ref())?;
    let filters = by_status(input.filters.as_ref())?;
    let row = |id: &String| {
        let key = format!("{}/{id}", of.execution_id);
        call.handle.views().get::<TaskRow>(TASKS, &key)
    };
    // In the order in which they run: their place is their key.
    let rows = of.task_ids.iter().enumerate().filter_map(|(n, id)| Some((format!("{n:04}"), row(id)?)));
    let rows = rows.filter(|(_, row)| filters.meets("STATUS", &row.status)).collect();
    let page = page_of(rows, input.next_token.as_deref(), page_size(input.max_results, MAX_RESULTS)?);
    let (identities, next_token) = to_answers(page, |row: TaskRow| {
        let task = Task::read(&row.task_json).0;
        MaintenanceWindowExecutionTaskIdentity {
            end_time: row.finished_ms.map(seconds),
            start_time: row.started_ms.map(seconds),
            status: Some(row.status),
            status_details: details(&row.details),
            task_arn: task.task_arn,
            task_execution_id: Some(row.task_execution_id),
            task_type: task.task_type,
            window_execution_id: Some(row.execution_id),
            ..MaintenanceWindowExecutionTaskIdentity::default()
        }
    })?;
    Ok(DescribeMaintenanceWindowExecutionTasksResult {
        next_token,
        window_execution_task_identities: Some(identities),
    })
}

pub async fn task(
    call: Call<GetMaintenanceWindowExecutionTaskRequest>,
) -> Result<GetMaintenanceWindowExecutionTaskResult, ApiError> {
    let row = task_of(&call.handle, call.input.window_execution_id.as_ref(), call.input.task_id.as_ref())?;
    let task = Task::read(&row.task_json);
    Ok(GetMaintenanceWindowExecutionTaskResult {
        end_time: row.finished_ms.map(seconds),
        max_concurrency: Some(task.max_concurrency().to_owned()),
        max_errors: Some(task.max_errors().to_owned()),
        priority: Some(task.priority()),
        start_time: row.started_ms.map(seconds),
        status: Some(row.status.clone()),
        status_details: details(&row.details),
        task_execution_id: Some(row.task_execution_id.clone()),
        window_execution_id: Some(row.execution_id.clone()),
        service_role: task.0.service_role_arn,
        task_arn: task.0.task_arn,
        task_parameters: task.0.task_parameters.map(|parameters| vec![parameters]),
        r#type: task.0.task_type,
        ..GetMaintenanceWindowExecutionTaskResult::default()
    })
}

/// What an invocation was told, as AWS writes that: JSON.
fn told(row: &InvocationRow, task: &Task) -> String {
    let parameters: Value = serde_json::from_str(&row.parameters_json).unwrap_or_default();
    let mut told = Map::from_iter([("documentName".to_owned(), json!(task.0.task_arn))]);
    if !task.document_version().is_empty() {
        told.insert("documentVersion".to_owned(), json!(task.document_version()));
    }
    told.insert("parameters".to_owned(), parameters);
    if task.is_command() {
        told.insert("instanceIds".to_owned(), json!(row.node_ids));
        told.insert("maxConcurrency".to_owned(), json!(task.max_concurrency()));
        told.insert("maxErrors".to_owned(), json!(task.max_errors()));
        let more = task.run_command();
        if let Some(seconds) = more.timeout_seconds {
            told.insert("timeoutSeconds".to_owned(), json!(seconds));
        }
        if let Some(comment) = more.comment {
            told.insert("comment".to_owned(), json!(comment));
        }
    }
    Value::Object(told).to_string()
}

fn identity(row: InvocationRow, task: &Task) -> MaintenanceWindowExecutionTaskInvocationIdentity {
    MaintenanceWindowExecutionTaskInvocationIdentity {
        end_time: row.finished_ms.map(seconds),
        parameters: Some(told(&row, task)),
        execution_id: Some(row.run_id),
        invocation_id: Some(row.invocation_id),
        owner_information: text(&row.owner_information),
        start_time: Some(seconds(row.started_ms)),
        status: Some(row.status),
        status_details: details(&row.details),
        task_execution_id: Some(row.task_execution_id),
        task_type: Some(row.task_type),
        window_execution_id: Some(row.execution_id),
        window_target_id: text(&row.window_target_id),
    }
}

pub async fn invocations(
    call: Call<DescribeMaintenanceWindowExecutionTaskInvocationsRequest>,
) -> Result<DescribeMaintenanceWindowExecutionTaskInvocationsResult, ApiError> {
    let input = &call.input;
    let of = task_of(&call.handle, input.window_execution_id.as_ref(), input.task_id.as_ref())?;
    let filters = by_status(input.filters.as_ref())?;
    let (task, limit) = (Task::read(&of.task_json), page_size(input.max_results, MAX_RESULTS)?);
    let prefix = format!("{}/{}/", of.execution_id, of.task_execution_id);
    let meets = |_: &str, row: &InvocationRow| filters.meets("STATUS", &row.status);
    let after = input.next_token.as_deref();
    let page: Page<InvocationRow> = call.handle.views().filter(INVOCATIONS, &prefix, after, limit, meets);
    let (identities, next_token) = to_answers(page, |row| identity(row, &task))?;
    Ok(DescribeMaintenanceWindowExecutionTaskInvocationsResult {
        next_token,
        window_execution_task_invocation_identities: Some(identities),
    })
}

pub async fn invocation(
    call: Call<GetMaintenanceWindowExecutionTaskInvocationRequest>,
) -> Result<GetMaintenanceWindowExecutionTaskInvocationResult, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let of = task_of(&call.handle, input.window_execution_id.as_ref(), input.task_id.as_ref())?;
    let id = input.invocation_id.as_deref().unwrap_or_default();
    let key =
        views.get::<String>(INVOCATION_KEYS, &format!("{}/{}/{id}", of.execution_id, of.task_execution_id));
    let row = key.and_then(|key| views.get::<InvocationRow>(INVOCATIONS, &key));
    let row = row.ok_or_else(|| does_not_exist(format!("Invocation {id} does not exist")))?;
    let of = identity(row, &Task::read(&of.task_json));
    Ok(GetMaintenanceWindowExecutionTaskInvocationResult {
        end_time: of.end_time,
        execution_id: of.execution_id,
        invocation_id: of.invocation_id,
        owner_information: of.owner_information,
        parameters: of.parameters,
        start_time: of.start_time,
        status: of.status,
        status_details: of.status_details,
        task_execution_id: of.task_execution_id,
        task_type: of.task_type,
        window_execution_id: of.window_execution_id,
        window_target_id: of.window_target_id,
    })
}

/// Tasks that run go on. One that has ended stays as it is.
pub async fn cancel(
    call: Call<CancelMaintenanceWindowExecutionRequest>,
) -> Result<CancelMaintenanceWindowExecutionResult, ApiError> {
    let row = execution(&call.handle, call.input.window_execution_id.as_ref())?;
    if row.finished_ms.is_none() {
        call.execute::<Execution>(&row.execution_id, Command::Cancel).await?;
    }
    Ok(CancelMaintenanceWindowExecutionResult { window_execution_id: Some(row.execution_id.clone()) })
}
