//! The tasks that are registered with a window.

use super::{Once, by_id, checks, does_not_exist, filters::Filters};
use crate::domain::{
    task::Task,
    window::{Command, State, Window},
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, page_of, page_size, to_answers};

const MAX_RESULTS: usize = 100;

/// What is only kept and answered: the role, the notifications and the places for logs. A task runs on behalf of who registers
/// it, and its output lies where that of every command does.
pub async fn register(
    call: Call<RegisterTaskWithMaintenanceWindowRequest>,
) -> Result<RegisterTaskWithMaintenanceWindowResult, ApiError> {
    let input = call.input.clone();
    let window = by_id(&call.handle, input.window_id.as_ref())?;
    let untold = RegisterTaskWithMaintenanceWindowRequest { client_token: None, ..input.clone() };
    let what = format!("task/{}", window.window_id);
    let once = Once::of(&call, &what, input.client_token.as_ref(), &untold)?;
    let window_task_id = once.id.to_string();
    let task = GetMaintenanceWindowTaskResult {
        alarm_configuration: input.alarm_configuration,
        cutoff_behavior: input.cutoff_behavior,
        description: input.description,
        logging_info: input.logging_info,
        max_concurrency: input.max_concurrency,
        max_errors: input.max_errors,
        name: input.name,
        priority: input.priority,
        service_role_arn: input.service_role_arn,
        targets: input.targets,
        task_arn: input.task_arn,
        task_invocation_parameters: input.task_invocation_parameters,
        task_parameters: input.task_parameters,
        task_type: input.task_type,
        window_id: Some(window.window_id.clone()),
        window_task_id: Some(window_task_id.clone()),
    };
    checks::task(&window, &task)?;
    let command = Command::RegisterTask {
        window_task_id: window_task_id.clone(),
        task_json: serde_json::to_string(&task).map_err(ApiError::internal)?,
        input_hash: once.input_hash,
    };
    let executed = call.handle.execute::<Window>(&window.window_id, command, &once.context).await?;
    call.reached(executed.position);
    Ok(RegisterTaskWithMaintenanceWindowResult { window_task_id: Some(window_task_id) })
}

/// A registered task.
///
/// # Errors
/// `DoesNotExistException`.
fn task(window: &State, id: &str) -> Result<GetMaintenanceWindowTaskResult, ApiError> {
    let missing = || does_not_exist(format!("Window task {id} does not exist in {}", window.window_id));
    window.tasks.get(id).map(|task| task.read()).ok_or_else(missing)
}

/// A task with what AWS shows where nothing was said.
fn shown(of: GetMaintenanceWindowTaskResult) -> GetMaintenanceWindowTaskResult {
    let of = Task(of);
    let (max_concurrency, max_errors) = (of.max_concurrency().to_owned(), of.max_errors().to_owned());
    GetMaintenanceWindowTaskResult {
        cutoff_behavior: of.0.cutoff_behavior.clone().or_else(|| Some("CONTINUE_TASK".to_owned())),
        max_concurrency: Some(max_concurrency),
        max_errors: Some(max_errors),
        priority: Some(of.priority()),
        targets: Some(of.targets().to_vec()),
        ..of.0
    }
}

/// What is left out stays, or is taken away with Replace, which needs TaskArn. The invocation parameters are one: what is not
/// sent with them again is gone.
pub async fn update(
    call: Call<UpdateMaintenanceWindowTaskRequest>,
) -> Result<UpdateMaintenanceWindowTaskResult, ApiError> {
    let input = call.input.clone();
    let window = by_id(&call.handle, input.window_id.as_ref())?;
    let window_task_id = input.window_task_id.clone().unwrap_or_default();
    let before = task(&window, &window_task_id)?;
    let replaces = input.replace.unwrap_or_default();
    if replaces && input.task_arn.is_none() {
        return Err(ApiError::invalid("TaskArn: with Replace it is needed, as for a new task."));
    }
    let stays = if replaces { GetMaintenanceWindowTaskResult::default() } else { before.clone() };
    let now = GetMaintenanceWindowTaskResult {
        alarm_configuration: input.alarm_configuration.or(stays.alarm_configuration),
        cutoff_behavior: input.cutoff_behavior.or(stays.cutoff_behavior),
        description: input.description.or(stays.description),
        logging_info: input.logging_info.or(stays.logging_info),
        max_concurrency: input.max_concurrency.or(stays.max_concurrency),
        max_errors: input.max_errors.or(stays.max_errors),
        name: input.name.or(stays.name),
        priority: input.priority.or(stays.priority),
        service_role_arn: input.service_role_arn.or(stays.service_role_arn),
        targets: input.targets.or(stays.targets),
        task_arn: input.task_arn.or(stays.task_arn),
        task_invocation_parameters: input.task_invocation_parameters.or(stays.task_invocation_parameters),
        task_parameters: input.task_parameters.or(stays.task_parameters),
        ..before
    };
    checks::task(&window, &now)?;
    let task_json = serde_json::to_string(&now).map_err(ApiError::internal)?;
    call.execute::<Window>(&window.window_id, Command::UpdateTask { window_task_id, task_json }).await?;
    let now = shown(now);
    Ok(UpdateMaintenanceWindowTaskResult {
        alarm_configuration: now.alarm_configuration,
        cutoff_behavior: now.cutoff_behavior,
        description: now.description,
        logging_info: now.logging_info,
        max_concurrency: now.max_concurrency,
        max_errors: now.max_errors,
        name: now.name,
        priority: now.priority,
        service_role_arn: now.service_role_arn,
        targets: now.targets,
        task_arn: now.task_arn,
        task_invocation_parameters: now.task_invocation_parameters,
        task_parameters: now.task_parameters,
        window_id: now.window_id,
        window_task_id: now.window_task_id,
    })
}

pub async fn deregister(
    call: Call<DeregisterTaskFromMaintenanceWindowRequest>,
) -> Result<DeregisterTaskFromMaintenanceWindowResult, ApiError> {
    let window = by_id(&call.handle, call.input.window_id.as_ref())?;
    let window_task_id = call.input.window_task_id.clone().unwrap_or_default();
    let command = Command::DeregisterTask { window_task_id: window_task_id.clone() };
    call.execute::<Window>(&window.window_id, command).await?;
    Ok(DeregisterTaskFromMaintenanceWindowResult {
        window_id: Some(window.window_id.clone()),
        window_task_id: Some(window_task_id),
    })
}

pub async fn get(
    call: Call<GetMaintenanceWindowTaskRequest>,
) -> Result<GetMaintenanceWindowTaskResult, ApiError> {
    let window = by_id(&call.handle, call.input.window_id.as_ref())?;
    Ok(shown(task(&window, call.input.window_task_id.as_deref().unwrap_or_default())?))
}

pub async fn list(
    call: Call<DescribeMaintenanceWindowTasksRequest>,
) -> Result<DescribeMaintenanceWindowTasksResult, ApiError> {
    let input = &call.input;
    let window = by_id(&call.handle, input.window_id.as_ref())?;
    let filters =
        Filters::read(input.filters.as_ref(), &["WindowTaskId", "TaskArn", "Priority", "TaskType"])?;
    let meets = |id: &str, task: &GetMaintenanceWindowTaskResult| {
        filters.meets("WindowTaskId", id)
            && filters.meets("TaskArn", task.task_arn.as_deref().unwrap_or_default())
            && filters.meets("Priority", &task.priority.unwrap_or_default().to_string())
            && filters.meets("TaskType", task.task_type.as_deref().unwrap_or_default())
    };
    let rows = window.tasks.iter().map(|(id, task)| (id.clone(), shown(task.read())));
    let rows = rows.filter(|(id, task)| meets(id, task)).collect();
    let page = page_of(rows, input.next_token.as_deref(), page_size(input.max_results, MAX_RESULTS)?);
    let (tasks, next_token) =
        to_answers(page, |task: GetMaintenanceWindowTaskResult| MaintenanceWindowTask {
            alarm_configuration: task.alarm_configuration,
            cutoff_behavior: task.cutoff_behavior,
            description: task.description,
            logging_info: task.logging_info,
            max_concurrency: task.max_concurrency,
            max_errors: task.max_errors,
            name: task.name,
            priority: task.priority,
            service_role_arn: task.service_role_arn,
            targets: task.targets,
            task_arn: task.task_arn,
            task_parameters: task.task_parameters,
            r#type: task.task_type,
            window_id: task.window_id,
            window_task_id: task.window_task_id,
        })?;
    Ok(DescribeMaintenanceWindowTasksResult { next_token, tasks: Some(tasks) })
}
