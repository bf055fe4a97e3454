//! Executions and their targets, read.

use super::by_id;
use crate::{
    projections::{
        Counts, EXECUTION_COUNTS, EXECUTION_KEYS, EXECUTIONS, ExecutionRow, OUTCOMES, OutcomeRow, TARGETS,
    },
    shape::seconds,
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, Handle, Operator, Page, page_size, to_answers, word_of};
use reeve_types::Timestamp;

pub async fn list(
    call: Call<DescribeAssociationExecutionsRequest>,
) -> Result<DescribeAssociationExecutionsResult, ApiError> {
    let input = &call.input;
    let of = by_id(&call.handle, input.association_id.as_ref())?;
    let id = of.state.association_id.clone();
    let filters = input.filters.clone().unwrap_or_default();
    let filters = filters.iter().map(filter).collect::<Result<Vec<_>, _>>()?;
    let (limit, prefix) = (page_size(input.max_results, 50)?, format!("{id}/"));
    // One of the old form may have been deleted and made anew: it has none of its former life.
    let meets = |_: &str, row: &ExecutionRow| {
        row.created_ms >= of.created_ms && filters.iter().all(|filter| filter(row))
    };
    let after = input.next_token.as_deref();
    let page = call.handle.views().filter::<ExecutionRow>(EXECUTIONS, &prefix, after, limit, meets);
    let (executions, next_token) = to_answers(page, |row| execution(&call.handle, &id, row))?;
    Ok(DescribeAssociationExecutionsResult { association_executions: Some(executions), next_token })
}

fn execution(handle: &Handle, id: &str, row: ExecutionRow) -> AssociationExecution {
    AssociationExecution {
        association_id: Some(id.to_owned()),
        association_version: Some(row.version.to_string()),
        created_time: Some(seconds(row.created_ms)),
        last_execution_date: Some(seconds(row.finished_ms.unwrap_or(row.created_ms))),
        resource_count_by_status: Some(counts(handle, &row)),
        detailed_status: Some(row.detailed_status),
        status: Some(row.status),
        execution_id: Some(row.execution_id),
        ..AssociationExecution::default()
    }
}

/// As AWS writes it: `{Success=2, Failed=1}`.
fn counts(handle: &Handle, row: &ExecutionRow) -> String {
    let mut counts: Counts = handle.views().get(EXECUTION_COUNTS, &row.execution_id).unwrap_or_default();
    let told: u32 = counts.values().sum();
    let pending = row.targets.saturating_sub(told);
    for (status, more) in [("Skipped", row.skipped), ("Pending", pending)] {
        if more > 0 {
            *counts.entry(status.to_owned()).or_default() += more;
        }
    }
    let texts: Vec<String> = counts.iter().map(|(status, count)| format!("{status}={count}")).collect();
    format!("{{{}}}", texts.join(", "))
}

/// What executions, and their nodes, are.
const STATUSES: [&str; 6] = ["Pending", "InProgress", "Success", "TimedOut", "Skipped", "Failed"];

type Filter = Box<dyn Fn(&ExecutionRow) -> bool + Send + Sync>;

fn filter(of: &AssociationExecutionFilter) -> Result<Filter, ApiError> {
    let (key, value) = (of.key.clone().unwrap_or_default(), of.value.clone().unwrap_or_default());
    let comparison = of.r#type.clone().unwrap_or_default();
    if key == "CreatedTime" {
        let at = Timestamp::parse_rfc3339(&value).ok_or_else(|| {
            ApiError::invalid(format!(
                "CreatedTime is {value:?}, which is no instant such as 2026-01-31T12:00:00Z."
            ))
        })?;
        return Ok(match Operator::in_capitals(&comparison, &[Operator::LessThan, Operator::GreaterThan]) {
            Some(operator) => Box::new(move |row| operator.holds(&row.created_ms, &[at.0])),
            // It has no fraction of a second.
            None => Box::new(move |row| row.created_ms.div_euclid(1000) == at.0.div_euclid(1000)),
        });
    }
    if comparison != "EQUAL" {
        return Err(ApiError::invalid(format!(
            "The filter {key} is compared by EQUAL, not by {comparison}."
        )));
    }
    Ok(match key.as_str() {
        "Status" => {
            let value = word_of(&STATUSES, &value, &key).map_err(ApiError::invalid)?;
            Box::new(move |row| row.status == value)
        }
        _ => Box::new(move |row| row.execution_id == value),
    })
}

pub async fn targets(
    call: Call<DescribeAssociationExecutionTargetsRequest>,
) -> Result<DescribeAssociationExecutionTargetsResult, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let id = by_id(handle, input.association_id.as_ref())?.state.association_id.clone();
    let execution_id = input.execution_id.clone().unwrap_or_default();
    let key: Option<String> = handle.views().get(EXECUTION_KEYS, &format!("{id}/{execution_id}"));
    let row: Option<ExecutionRow> = key.and_then(|key| handle.views().get(EXECUTIONS, &key));
    let row = row.ok_or_else(|| {
        let message = format!("ExecutionId is {execution_id:?}: the association has no such execution.");
        ApiError::new("AssociationExecutionDoesNotExist", message)
    })?;
    let mut filters = input.filters.clone().unwrap_or_default();
    for filter in filters.iter_mut().filter(|filter| filter.key.as_deref() == Some("Status")) {
        let value = filter.value.as_deref().unwrap_or_default();
        filter.value = Some(word_of(&STATUSES, value, "Status").map_err(ApiError::invalid)?);
    }
    let (limit, prefix) = (page_size(input.max_results, 50)?, format!("{execution_id}/"));
    let answer = |key: &str, why: &str| target(handle, &id, &row, &key[prefix.len()..], why);
    let meets = |key: &str, why: &String| {
        let target = answer(key, why);
        filters.iter().all(|filter| holds(filter, &target))
    };
    let page = handle.views().filter::<String>(TARGETS, &prefix, input.next_token.as_deref(), limit, meets);
    let rows = page.rows.into_iter().map(|(key, why)| (key.clone(), answer(&key, &why))).collect();
    let (targets, next_token) = to_answers(Page { rows, next: page.next }, |target| target)?;
    Ok(DescribeAssociationExecutionTargetsResult { association_execution_targets: Some(targets), next_token })
}

fn holds(filter: &AssociationExecutionTargetsFilter, target: &AssociationExecutionTarget) -> bool {
    let member = match filter.key.as_deref() {
        Some("Status") => &target.status,
        Some("ResourceId") => &target.resource_id,
        _ => &target.resource_type,
    };
    *member == filter.value
}

fn target(
    handle: &Handle,
    id: &str,
    row: &ExecutionRow,
    node: &str,
    why: &str,
) -> AssociationExecutionTarget {
    let found: Option<OutcomeRow> = handle.views().get(OUTCOMES, &format!("{}/{node}", row.execution_id));
    let unreported = |status: &str, detailed: &str| OutcomeRow {
        status: status.to_owned(),
        detailed_status: detailed.to_owned(),
        at_ms: row.created_ms,
    };
    let outcome = found.unwrap_or_else(|| match (why, row.finished_ms) {
        ("", None) => unreported("Pending", "Pending"),
        // Its command was refused.
        ("", Some(_)) => unreported(&row.status, &row.detailed_status),
        (why, _) => unreported("Skipped", why),
    });
    let source = OutputSource {
        output_source_id: Some(row.execution_id.clone()),
        output_source_type: Some("RunCommand".to_owned()),
    };
    AssociationExecutionTarget {
        association_id: Some(id.to_owned()),
        association_version: Some(row.version.to_string()),
        detailed_status: Some(outcome.detailed_status),
        execution_id: Some(row.execution_id.clone()),
        last_execution_date: Some(seconds(outcome.at_ms)),
        output_source: why.is_empty().then_some(source),
        resource_id: Some(node.to_owned()),
        resource_type: Some("ManagedInstance".to_owned()),
        status: Some(outcome.status),
    }
}
