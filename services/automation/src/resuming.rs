//! Going on where an execution has failed, by a new one: from a step, or with the targets that did not succeed.

use crate::{
    domain::{
        execution::{Command, Error, Execution},
        gate::RUNBOOK_STEP,
        state::{ResumePoint, State},
        wish,
    },
    projections::{EXECUTIONS, ExecutionRow, STEPS, StepRow},
    starting::{Order, ruled},
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{
    automation::{Change, ExecutionStarted, Resumption, TakenStep, Targets},
    ssm::Runbook,
};
use reeve_eventsourcing::{Context, Position};
use reeve_runtime::{ApiError, Handle};
use serde_json::Value;
use std::sync::Arc;

/// Begins an execution that goes on where another one has failed, on behalf of the context's actor; answers where its event stands.
///
/// # Errors
/// As [`resumed`].
pub async fn resume(
    authorizer: &Arc<dyn Authorizer>,
    handle: &Handle,
    (from, id): (&str, &str),
    order: Order,
    context: &Context,
) -> Result<Position, ApiError> {
    let started = resumed(authorizer, handle, (from, id), order, context)?;
    let executed = handle.execute::<Execution>(id, Command::Start(Box::new(started)), context).await?;
    Ok(executed.position)
}

/// Whether there is something to go on from in an execution.
pub fn is_resumable(handle: &Handle, id: &str) -> bool {
    let state = handle.state::<Execution>(id);
    let row = handle.views().look::<ExecutionRow>(EXECUTIONS, id);
    let has_targets = row.is_some_and(|row| !row.target_values.is_empty());
    state.resume.is_some() || (has_targets && !state.is_running() && state.ended != "Success")
}

/// The event of an execution that goes on from the step in which another one has failed, or with the targets that did not succeed.
///
/// # Errors
/// `AutomationExecutionNotFoundException`, `InvalidAutomationStatusUpdateException` when there is nothing to go on from, and
/// StartAutomationExecution's.
pub fn resumed(
    authorizer: &Arc<dyn Authorizer>,
    handle: &Handle,
    (from, id): (&str, &str),
    order: Order,
    context: &Context,
) -> Result<ExecutionStarted, ApiError> {
    let row = handle.views().look::<ExecutionRow>(EXECUTIONS, from).ok_or(Error::Unknown)?;
    let state = handle.state::<Execution>(from);
    if state.is_running() {
        return Err(Error::Running.into());
    }
    if !is_resumable(handle, from) {
        return Err(cannot(format!(
            "The execution {from} is {}: it has no step to go on from.",
            state.ended
        )));
    }
    let place = Place { region: &order.region, account: &order.account };
    let may = |action: &str, document: &str| {
        permit(&**authorizer, &context.actor.name, action, [Resource::new("Document", document)], place)
            .map_err(|denied| ApiError::new("AccessDeniedException", denied))
    };
    let change = match state.change_id == from {
        true => Some(change(&row, &state, &context.actor.name)?),
        false => None,
    };
    let runbook = match &change {
        Some((_, runbook)) => {
            may("ssm:StartChangeRequestExecution", &row.document_name)?;
            runbook.as_str()
        }
        None => row.document_name.as_str(),
    };
    may("ssm:StartAutomationExecution", runbook)?;
    let verdict = ruled(authorizer, handle, &order, runbook, context)?;
    if verdict.is_held() {
        return Err(cannot(format!("The change rules {} hold it now.", verdict.rules.join(", "))));
    }
    let (parent, step, attempt) = order.parent.unwrap_or_default();
    let (change, _) = change.unzip();
    let started = ExecutionStarted {
        change_id: if change.is_some() { id.to_owned() } else { order.change_id },
        change,
        execution_id: id.to_owned(),
        document_name: row.document_name.clone(),
        document_version: row.document_version.clone(),
        parameters_json: serde_json::to_string(&row.parameters).map_err(ApiError::internal)?,
        mode: if row.is_interactive { "Interactive" } else { "Auto" }.to_owned(),
        principal: context.actor.name.clone(),
        account: order.account,
        region: order.region,
        started_ms: context.now.0,
        parent_execution_id: parent,
        parent_step_execution_id: step,
        parent_attempt: attempt,
        depth: order.depth,
        target: row.target.clone(),
        overridden_rules: verdict.overridden,
        ..ExecutionStarted::default()
    };
    match state.resume {
        Some(point) => of_step(handle, from, &point, started),
        None => of_targets(handle, from, &row, started),
    }
}

fn cannot(why: String) -> ApiError {
    ApiError::new("InvalidAutomationStatusUpdateException", why)
}

/// The change of a request that goes on where its runbook has failed, and the runbook's name. It was approved with its values and its
/// version, which are what goes on: so nobody is asked again, and nobody but who had asked for it goes on with it.
fn change(row: &ExecutionRow, state: &State, principal: &str) -> Result<(Change, String), ApiError> {
    let id = &state.id;
    if state.resume.as_ref().is_none_or(|point| point.step_name != RUNBOOK_STEP) {
        return Err(cannot(format!(
            "{id} is a change request whose runbook has not run: it is asked for anew."
        )));
    }
    if principal != state.principal {
        return Err(cannot(format!(
            "{id} is a change request that was approved for {}: nobody else goes on with it.",
            state.principal
        )));
    }
    let of = row.change.clone().unwrap_or_default();
    let runbooks: Vec<Runbook> = serde_json::from_str(&of.runbooks_json).map_err(ApiError::internal)?;
    let name = runbooks.into_iter().next().and_then(|runbook| runbook.document_name).unwrap_or_default();
    let change = Change {
        name: of.name,
        details: of.details,
        runbooks_json: of.runbooks_json,
        approvers: of.approvers,
        ..Change::default()
    };
    Ok((change, name))
}

/// Goes on with the step that failed.
fn of_step(
    handle: &Handle,
    from: &str,
    point: &ResumePoint,
    started: ExecutionStarted,
) -> Result<ExecutionStarted, ApiError> {
    let child_execution_id = match point.action.as_str() {
        "aws:executeAutomation" => wish::request_id(&point.step_execution_id, point.attempt).to_string(),
        _ => String::new(),
    };
    Ok(ExecutionStarted {
        document_json: point.state.document_json.clone(),
        values_json: Value::Object(point.state.values.clone()).to_string(),
        resumption: Some(Resumption {
            execution_id: from.to_owned(),
            step_name: point.step_name.clone(),
            steps: taken(handle, from, point),
            state_json: serde_json::to_string(&point.state).map_err(ApiError::internal)?,
            child_execution_id,
        }),
        ..started
    })
}

/// Goes on with the targets whose children did not succeed, each from where its child has failed; with those that had none from the
/// beginning.
fn of_targets(
    handle: &Handle,
    from: &str,
    row: &ExecutionRow,
    started: ExecutionStarted,
) -> Result<ExecutionStarted, ApiError> {
    let maps: Vec<Value> = serde_json::from_str(&row.target_maps_json).unwrap_or_default();
    let (mut values, mut left, mut resumed_children) = (Vec::new(), Vec::new(), Vec::new());
    for (index, value) in row.target_values.iter().enumerate() {
        let child = wish::child_id(from, u32::try_from(index).unwrap_or(u32::MAX)).to_string();
        if handle.state::<Execution>(&child).ended == "Success" {
            continue;
        }
        values.push(value.clone());
        left.extend(maps.get(index).cloned());
        resumed_children.push(child);
    }
    let targets = Targets {
        values,
        parameter_name: row.target_parameter_name.clone(),
        targets_json: row.targets_json.clone(),
        target_maps_json: Value::Array(left).to_string(),
        max_concurrency: row.max_concurrency.clone(),
        max_errors: row.max_errors.clone(),
    };
    let resumption = Resumption { execution_id: from.to_owned(), ..Resumption::default() };
    Ok(ExecutionStarted { targets: Some(targets), resumption: Some(resumption), resumed_children, ..started })
}

/// The steps that had ended before that one began, and the loop that it belongs to.
fn taken(handle: &Handle, from: &str, point: &ResumePoint) -> Vec<TakenStep> {
    let rows = handle.views().scan::<StepRow>(STEPS, &format!("{from}/"), None, usize::MAX).rows;
    let failed = rows.iter().find(|(_, row)| row.id == point.step_execution_id);
    let failed_ms = failed.and_then(|(_, row)| row.started_ms).unwrap_or_default();
    let looping = point.state.looping.as_ref().map(|looping| looping.step.name.as_str());
    let is_before = |row: &StepRow| row.ended_ms.is_some_and(|ended_ms| ended_ms <= failed_ms);
    let rows = rows.into_iter().map(|(_, row)| row).filter(|row| row.id != point.step_execution_id);
    let goes_on = |row: &StepRow| row.loop_name.is_empty() && looping == Some(row.name.as_str());
    let rows = rows.filter(|row| is_before(row) || goes_on(row));
    let steps = rows.map(|row| {
        let goes_on = goes_on(&row);
        TakenStep {
            status: if goes_on { "InProgress".to_owned() } else { row.status },
            finished_ms: row.ended_ms.filter(|_| !goes_on).unwrap_or_default(),
            outputs_json: serde_json::to_string(&row.outputs).unwrap_or_default(),
            inputs_json: serde_json::to_string(&row.inputs).unwrap_or_default(),
            step_name: row.name,
            action: row.action,
            started_ms: row.started_ms.unwrap_or_default(),
            loop_name: row.loop_name,
            iteration: row.iteration,
            iterator_value_json: row.iterator_value,
        }
    });
    steps.collect()
}
