//! What people, and other services, say to an execution: who may say it, and the event that it becomes.

use super::{
    WAIT_FOR_CALENDARS,
    approval::Demand,
    error::Error,
    gate::RUNBOOK_STEP,
    outcome,
    runbook::Runbook,
    state::{Decision, State, Stopping},
};
use reeve_contracts::automation::{
    ExecutionEvent, ExecutionResumed, ExecutionStopRequested, StepApproved, StepRejected, StepReleased,
    StepResumed, StepStopRequested,
};

/// The type of a stop of a change request by somebody who had approved it.
const REVOKE: &str = "Revoke";

/// A stop that adds nothing to an earlier one is none.
pub(super) fn stop(
    state: &State,
    stopping: Stopping,
    principal: String,
    now_ms: i64,
) -> Option<ExecutionEvent> {
    let adds = match state.stopping {
        None => true,
        Some(Stopping::Complete) => stopping == Stopping::Cancel,
        Some(Stopping::Cancel) => false,
    };
    let r#type = if stopping == Stopping::Complete { "Complete" } else { "Cancel" }.to_owned();
    adds.then(|| {
        let execution_id = state.id.clone();
        let comment = String::new();
        let requested = ExecutionStopRequested { execution_id, r#type, principal, at_ms: now_ms, comment };
        ExecutionEvent::ExecutionStopRequested(requested)
    })
}

/// It ends without having begun.
pub(super) fn withdrawn(state: &State, comment: String, principal: String, now_ms: i64) -> ExecutionEvent {
    let (execution_id, r#type) = (state.id.clone(), "Cancel".to_owned());
    let requested = ExecutionStopRequested { execution_id, r#type, principal, at_ms: now_ms, comment };
    ExecutionEvent::ExecutionStopRequested(requested)
}

/// Somebody who has approved a change request takes that back: then it does not begin.
pub(super) fn revoke(
    state: &State,
    principal: String,
    comment: String,
    now_ms: i64,
) -> Result<ExecutionEvent, Error> {
    if state.change_id != state.id {
        return Err(Error::Signal("Revoke is for change requests, and this is none.".to_owned()));
    }
    if state.stopping.is_some() || state.running.as_ref().is_some_and(|step| step.name == RUNBOOK_STEP) {
        return Err(Error::Signal("Its runbook has begun, or it is ending: it can be stopped.".to_owned()));
    }
    let running = state.running.iter().flat_map(|step| &step.approvals);
    let has_approved = running.map(|said| said.principal.as_str()).any(|name| name == principal)
        || state.outputs.values().flat_map(outcome::approved_by).any(|name| name == principal);
    if !has_approved {
        return Err(Error::NotApprovedBy(principal));
    }
    let (execution_id, r#type) = (state.id.clone(), REVOKE.to_owned());
    let requested = ExecutionStopRequested { execution_id, r#type, principal, at_ms: now_ms, comment };
    Ok(ExecutionEvent::ExecutionStopRequested(requested))
}

pub(super) fn hand_over(
    state: &State,
    by_execution_id: String,
    (account, region): (String, String),
    principal: String,
    now_ms: i64,
) -> Result<Option<ExecutionEvent>, Error> {
    match &state.resumed_by {
        Some((by, _)) if *by == by_execution_id => return Ok(None),
        Some((by, principal)) => return Err(Error::Resumed { by: by.clone(), principal: principal.clone() }),
        None if state.is_running() => return Err(Error::Running),
        None => {}
    }
    let execution_id = state.id.clone();
    let at_ms = now_ms;
    let resumed = ExecutionResumed { execution_id, by_execution_id, principal, account, region, at_ms };
    Ok(Some(ExecutionEvent::ExecutionResumed(resumed)))
}

pub(super) fn approved(
    state: &State,
    step_execution_id: String,
    said: Decision,
    not_counted: Vec<String>,
) -> ExecutionEvent {
    let (execution_id, Decision { principal, comment, at_ms, groups }) = (state.id.clone(), said);
    let approved =
        StepApproved { execution_id, step_execution_id, principal, comment, at_ms, groups, not_counted };
    ExecutionEvent::StepApproved(approved)
}

pub(super) fn rejected(state: &State, step_execution_id: String, said: Decision) -> ExecutionEvent {
    let (execution_id, Decision { principal, comment, at_ms, .. }) = (state.id.clone(), said);
    let rejected = StepRejected { execution_id, step_execution_id, principal, comment, at_ms };
    ExecutionEvent::StepRejected(rejected)
}

/// The step that waits for calendars. Who has asked for a change does not let it begin while one is closed.
pub(super) fn to_override(state: &State, principal: &str) -> Result<String, Error> {
    let running = state.running.as_ref().filter(|step| step.action == WAIT_FOR_CALENDARS);
    let Some(step) = running.filter(|step| step.rejection.is_none() && step.approvals.is_empty()) else {
        return Err(Error::Signal("The execution does not wait for a calendar.".to_owned()));
    };
    if state.change_id == state.id && principal == state.principal {
        return Err(Error::Own(principal.to_owned()));
    }
    Ok(step.step_execution_id.clone())
}

/// The approval that waits, if this principal may decide on it. Whoever was deleted has said nothing, also if there is one of that name
/// again.
pub(super) fn to_approve(
    state: &State,
    step_name: &str,
    principal: &str,
    (groups, deleted): (&[String], &[String]),
) -> Result<String, Error> {
    let running = state.running.as_ref();
    let waiting = running.filter(|step| step.action == "aws:approve" && step.problem.is_empty());
    let waiting = waiting.filter(|step| step_name.is_empty() || step.name == step_name);
    let Some(step) = waiting else {
        return Err(Error::Signal("No step of the execution waits for an approval.".to_owned()));
    };
    let demand = Demand::read(&step.inputs).map_err(Error::Signal)?;
    if demand.is_own(principal, &state.principal) {
        return Err(Error::Own(principal.to_owned()));
    }
    if !demand.may_decide(principal, groups) {
        return Err(Error::NoApprover(principal.to_owned()));
    }
    let has_decided = step.rejection.is_some()
        || step
            .approvals
            .iter()
            .any(|said| said.principal == principal && !deleted.contains(&said.principal));
    if has_decided {
        return Err(Error::Signal(format!("{principal} has decided on the step {} already.", step.name)));
    }
    Ok(step.step_execution_id.clone())
}

pub(super) fn resume(
    state: &State,
    step_name: &str,
    principal: String,
    now_ms: i64,
) -> Result<ExecutionEvent, Error> {
    let runbook = Runbook::parse(&state.document_json).unwrap_or_default();
    if !step_name.is_empty() && !runbook.has_step(step_name) {
        return Err(Error::UnknownStep(step_name.to_owned()));
    }
    let running = state.running.as_ref().filter(|step| step.action == "aws:pause" && !step.is_resumed);
    let Some(step) = running.filter(|step| step_name.is_empty() || step.name == step_name) else {
        return Err(Error::Signal(format!("The execution does not pause in the step {step_name}.")));
    };
    let (execution_id, step_execution_id) = (state.id.clone(), step.step_execution_id.clone());
    Ok(ExecutionEvent::StepResumed(StepResumed { execution_id, step_execution_id, principal, at_ms: now_ms }))
}

pub(super) fn release(
    state: &State,
    step_name: &str,
    principal: String,
    now_ms: i64,
) -> Result<ExecutionEvent, Error> {
    let runbook = Runbook::parse(&state.document_json).unwrap_or_default();
    let waits = state.is_interactive
        && state.running.is_none()
        && state.looping.is_none()
        && state.stopping.is_none()
        && state.released.is_none();
    if !waits {
        return Err(Error::Signal("The execution does not wait for a step to be started.".to_owned()));
    }
    let name = match (step_name, &state.next_step) {
        ("", Some(next)) => next.clone(),
        ("", None) => {
            return Err(Error::Signal("No step follows: the execution is to be stopped.".to_owned()));
        }
        (name, _) => name.to_owned(),
    };
    if !runbook.has_step(&name) {
        return Err(Error::UnknownStep(name));
    }
    let may_follow = runbook.successors("", &state.last_step);
    if state.next_step.as_ref() != Some(&name) && !may_follow.contains(&name) {
        return Err(Error::Signal(format!("The step {name} does not follow here.")));
    }
    let execution_id = state.id.clone();
    Ok(ExecutionEvent::StepReleased(StepReleased { execution_id, step_name: name, principal, at_ms: now_ms }))
}

pub(super) fn stop_step(
    state: &State,
    step_execution_id: String,
    principal: String,
    now_ms: i64,
) -> Result<ExecutionEvent, Error> {
    let of_loop = state.looping.as_ref().map(|looping| &looping.step);
    let mut steps = state.running.as_ref().into_iter().chain(of_loop);
    if !steps.any(|step| step.step_execution_id == step_execution_id && !step.is_stopped) {
        return Err(Error::Signal(format!("The step {step_execution_id} does not run.")));
    }
    let execution_id = state.id.clone();
    let requested = StepStopRequested { execution_id, step_execution_id, principal, at_ms: now_ms };
    Ok(ExecutionEvent::StepStopRequested(requested))
}
