//! GetAutomationExecution, DescribeAutomationExecutions, DescribeAutomationStepExecutions.

use super::{by_id, shape};
use crate::projections::{CHILDREN, EXECUTIONS, ExecutionRow, ORDER, STEPS, StepRow};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, Page, page_of, page_size, to_answers};
use reeve_types::Timestamp;
use std::{collections::BTreeSet, sync::Arc};

/// As many steps are in the answer about an execution; the others are described.
const MAX_STEPS: usize = 100;
const MAX_PAGE: usize = 50;

pub async fn get(
    call: Call<GetAutomationExecutionRequest>,
) -> Result<GetAutomationExecutionResult, ApiError> {
    let row = by_id(&call.handle, call.input.automation_execution_id.as_ref())?;
    let page = call.handle.views().scan::<StepRow>(STEPS, &format!("{}/", row.id), None, MAX_STEPS);
    let (steps, more) = to_answers(page, shape::step)?;
    let execution = AutomationExecution {
        step_executions: Some(steps),
        step_executions_truncated: Some(more.is_some()),
        ..shape::execution(&row)
    };
    Ok(GetAutomationExecutionResult { automation_execution: Some(execution) })
}

/// An instant of a filter.
fn instant(key: &str, text: &str) -> Result<i64, ApiError> {
    let instant = Timestamp::parse_rfc3339(text);
    let wrong = || {
        format!("The filter {key} has the value {text:?}, which is no instant such as 2026-01-31T12:00:00Z.")
    };
    instant.map(|instant| instant.0).ok_or_else(|| ApiError::new("InvalidFilterValue", wrong()))
}

fn once<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    match keys.into_iter().find(|key| !seen.insert((*key).to_owned())) {
        Some(key) => Err(ApiError::new("InvalidFilterKey", format!("The filter {key} is given twice."))),
        None => Ok(()),
    }
}

/// What executions and steps may be, by AWS's names.
const STATUSES: [&str; 19] = [
    "Pending",
    "InProgress",
    "Waiting",
    "Success",
    "TimedOut",
    "Cancelling",
    "Cancelled",
    "Failed",
    "PendingApproval",
    "Approved",
    "Rejected",
    "Scheduled",
    "RunbookInProgress",
    "PendingChangeCalendarOverride",
    "ChangeCalendarOverrideApproved",
    "ChangeCalendarOverrideRejected",
    "CompletedWithSuccess",
    "CompletedWithFailure",
    "Exited",
];

/// What nothing could ever be is no filter, whose answer would be an empty list.
fn one_of(key: &str, values: &[String], known: &[&str]) -> Result<(), ApiError> {
    match values.iter().find(|value| !known.contains(&value.as_str())) {
        Some(value) => {
            let message =
                format!("The filter {key} has the value {value:?}; there are {}.", known.join(", "));
            Err(ApiError::new("InvalidFilterValue", message))
        }
        None => Ok(()),
    }
}

type Condition<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

fn of_execution(filter: &AutomationExecutionFilter) -> Result<Condition<ExecutionRow>, ApiError> {
    let key = filter.key.clone().unwrap_or_default();
    let values = filter.values.clone().unwrap_or_default();
    Ok(match key.as_str() {
        "DocumentNamePrefix" => {
            Box::new(move |row| values.iter().any(|value| row.document_name.starts_with(value.as_str())))
        }
        "ExecutionStatus" => {
            one_of(&key, &values, &STATUSES)?;
            Box::new(move |row| values.contains(&row.status))
        }
        "ExecutionId" => Box::new(move |row| values.contains(&row.id)),
        "ParentExecutionId" => Box::new(move |row| values.contains(&row.parent_execution_id)),
        "CurrentAction" => Box::new(move |row| values.contains(&row.current_action)),
        "AutomationSubtype" => {
            one_of(&key, &values, &["ChangeRequest", "AccessRequest"])?;
            let wants = values.iter().any(|value| value == "ChangeRequest");
            Box::new(move |row| wants && row.change.is_some())
        }
        "OpsItemId" => {
            Box::new(move |row| row.change.as_ref().is_some_and(|of| values.contains(&of.ops_item_id)))
        }
        "AutomationType" => {
            one_of(&key, &values, &["Local", "CrossAccount"])?;
            Box::new(move |_| values.iter().any(|value| value == "Local"))
        }
        "StartTimeBefore" | "StartTimeAfter" => {
            let instants =
                values.iter().map(|value| instant(&key, value)).collect::<Result<Vec<i64>, _>>()?;
            let is_before = key == "StartTimeBefore";
            Box::new(move |row| {
                instants.iter().any(|at| if is_before { row.started_ms < *at } else { row.started_ms > *at })
            })
        }
        _ => {
            let message = format!("The filter {key} is not built here.");
            return Err(ApiError::new("InvalidFilterKey", message));
        }
    })
}

pub async fn list(
    call: Call<DescribeAutomationExecutionsRequest>,
) -> Result<DescribeAutomationExecutionsResult, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let filters = input.filters.clone().unwrap_or_default();
    once(filters.iter().filter_map(|filter| filter.key.as_deref()))?;
    let conditions = filters.iter().map(of_execution).collect::<Result<Vec<_>, _>>()?;
    let limit = page_size(input.max_results, MAX_PAGE)?;
    // The children of one execution are found by it.
    let parent = filters.iter().find(|filter| filter.key.as_deref() == Some("ParentExecutionId"));
    let parent = parent.and_then(|filter| match filter.values.as_deref() {
        Some([parent]) => Some(format!("{parent}/")),
        _ => None,
    });
    let (table, prefix) = match &parent {
        Some(prefix) => (CHILDREN, prefix.as_str()),
        None => (ORDER, ""),
    };
    let row = |id: &String| views.look::<ExecutionRow>(EXECUTIONS, id);
    let meets =
        |_: &str, id: &String| row(id).is_some_and(|row| conditions.iter().all(|condition| condition(&row)));
    let page = views.filter::<String>(table, prefix, input.next_token.as_deref(), limit, meets);
    let rows: Vec<(String, Arc<ExecutionRow>)> =
        page.rows.into_iter().filter_map(|(key, id)| Some((key, row(&id)?))).collect();
    let (list, next_token) = to_answers(Page { rows, next: page.next }, |row| shape::listed(&row))?;
    Ok(DescribeAutomationExecutionsResult { automation_execution_metadata_list: Some(list), next_token })
}

fn of_step(filter: &StepExecutionFilter) -> Result<Condition<StepRow>, ApiError> {
    let key = filter.key.clone().unwrap_or_default();
    let values = filter.values.clone().unwrap_or_default();
    Ok(match key.as_str() {
        "StepExecutionStatus" => {
            one_of(&key, &values, &STATUSES)?;
            Box::new(move |row| values.contains(&row.status))
        }
        "StepExecutionId" => Box::new(move |row| values.contains(&row.id)),
        "StepName" => Box::new(move |row| values.contains(&row.name)),
        "Action" => Box::new(move |row| values.contains(&row.action)),
        "ParentStepExecutionId" => Box::new(move |row| values.contains(&row.loop_step)),
        "ParentStepIteration" => Box::new(move |row| values.contains(&row.iteration.to_string())),
        "ParentStepIteratorValue" => Box::new(move |row| values.contains(&row.iterator_value)),
        "StartTimeBefore" | "StartTimeAfter" => {
            let instants =
                values.iter().map(|value| instant(&key, value)).collect::<Result<Vec<i64>, _>>()?;
            let is_before = key == "StartTimeBefore";
            Box::new(move |row| {
                let started = row.started_ms;
                started
                    .is_some_and(|ms| instants.iter().any(|at| if is_before { ms < *at } else { ms > *at }))
            })
        }
        _ => return Err(ApiError::new("InvalidFilterKey", format!("The filter {key} is not built here."))),
    })
}

pub async fn steps(
    call: Call<DescribeAutomationStepExecutionsRequest>,
) -> Result<DescribeAutomationStepExecutionsResult, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let execution = by_id(&call.handle, input.automation_execution_id.as_ref())?;
    let filters = input.filters.clone().unwrap_or_default();
    once(filters.iter().filter_map(|filter| filter.key.as_deref()))?;
    let conditions = filters.iter().map(of_step).collect::<Result<Vec<_>, _>>()?;
    let (limit, prefix) = (page_size(input.max_results, MAX_PAGE)?, format!("{}/", execution.id));
    let meets = |_: &str, row: &StepRow| conditions.iter().all(|condition| condition(row));
    let after = input.next_token.as_deref();
    let page = match input.reverse_order {
        Some(true) => {
            // There are as many as one execution can have: the last ones come first by their places from behind.
            let mut rows = views.filter::<StepRow>(STEPS, &prefix, None, usize::MAX, meets).rows;
            rows.reverse();
            let rows = rows.into_iter().enumerate().map(|(n, (_, row))| (format!("{n:09}"), row)).collect();
            page_of(rows, after, limit)
        }
        _ => views.filter::<StepRow>(STEPS, &prefix, after, limit, meets),
    };
    let (steps, next_token) = to_answers(page, shape::step)?;
    Ok(DescribeAutomationStepExecutionsResult { next_token, step_executions: Some(steps) })
}
