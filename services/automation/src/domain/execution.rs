//! An execution of a runbook: whoever asks something of it, and what became of what it asked for, is decided on here; what comes
//! next says the engine.

use super::{
    WAIT_FOR_CALENDARS,
    approval::Demand,
    engine,
    inputs::texts,
    outcome::Outcome,
    runbook::Runbook,
    state::{Decision, State, Stopping, due},
    wish::child_id,
};
pub use reeve_contracts::automation::ExecutionEvent;
use reeve_contracts::automation::{
    ApiCallAnswered, ChildFinished, ExecutionRefused, ExecutionResumed, ExecutionStarted,
    ExecutionStopRequested, StepApproved, StepRejected, StepReleased, StepResumed, StepStopRequested,
};
use reeve_eventsourcing::{Context, Decider};

/// What may be asked of an execution.
#[derive(Clone, Debug)]
pub enum Command {
    Start(Box<ExecutionStarted>),
    /// What another service asked for does not begin.
    Refuse(Box<ExecutionRefused>),
    /// To go on, if something comes next.
    Advance,
    /// What an attempt of a step asked for came out.
    TakeOutcome {
        step_execution_id: String,
        attempt: u32,
        outcome: Box<Outcome>,
    },
    /// The API has answered what an attempt of a step has asked, or the look at a property with this number.
    TakeAnswer {
        step_execution_id: String,
        attempt: u32,
        poll: u32,
        answer: Box<ApiCallAnswered>,
    },
    /// The child of a target has ended.
    TakeChild {
        child_execution_id: String,
        status: String,
        failure_message: String,
    },
    Stop(Stopping),
    /// Another execution goes on from this one, and no second one does.
    HandOver {
        by_execution_id: String,
        account: String,
        region: String,
    },
    Approve {
        step_name: String,
        comment: String,
        /// Of those that are asked, the groups that the actor is in.
        groups: Vec<String>,
    },
    Reject {
        step_name: String,
        comment: String,
        groups: Vec<String>,
    },
    /// To begin although a calendar is closed, or not at all. Whether the actor may, was decided on before.
    OverrideCalendars {
        approves: bool,
        comment: String,
    },
    Resume {
        step_name: String,
    },
    /// To begin the step that an interactive execution waits with, or one of those that may follow.
    StartStep {
        step_name: String,
    },
    StopStep {
        step_execution_id: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no such execution.")]
    Unknown,
    #[error("The client token was used for a start with another input.")]
    TokenMismatch,
    #[error("The execution has ended: it is {0}.")]
    Ended(String),
    #[error("The execution has not ended.")]
    Running,
    #[error(
        "{by} goes on from it already, as {principal} has asked: that one can be resumed when it has ended."
    )]
    Resumed { by: String, principal: String },
    #[error("{0}")]
    Signal(String),
    #[error("The runbook has no step {0}.")]
    UnknownStep(String),
    #[error("{0} is not one of the approvers.")]
    NoApprover(String),
    #[error("{0} has asked for it: one's own request is approved by somebody else.")]
    Own(String),
}

/// The aggregate.
pub struct Execution;

impl Decider for Execution {
    type Command = Command;
    type Event = ExecutionEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<ExecutionEvent>, Error> {
        let (now_ms, principal) = (cx.now.0, cx.actor.name.clone());
        match command {
            Command::Start(started) if !state.exists() => {
                Ok(Some(ExecutionEvent::ExecutionStarted(*started)))
            }
            Command::Start(started) if started.input_hash != state.input_hash => Err(Error::TokenMismatch),
            Command::Start(_) => Ok(None),
            Command::Refuse(_) if state.exists() => Ok(None),
            Command::Refuse(refused) => Ok(Some(ExecutionEvent::ExecutionRefused(*refused))),
            Command::Advance => Ok(engine::next(state, now_ms)),
            Command::TakeOutcome { step_execution_id, attempt, outcome } => {
                Ok(engine::take_outcome(state, &step_execution_id, attempt, *outcome, now_ms))
            }
            Command::TakeAnswer { step_execution_id, attempt, poll, answer } => {
                Ok(engine::take_answer(state, &step_execution_id, (attempt, poll), &answer, now_ms))
            }
            Command::TakeChild { .. } if !state.is_running() => Ok(None),
            Command::TakeChild { child_execution_id, status, failure_message } => {
                let of = state.children.as_ref();
                Ok(of.filter(|children| children.running.contains(&child_execution_id)).map(|_| {
                    ExecutionEvent::ChildFinished(ChildFinished {
                        execution_id: state.id.clone(),
                        child_execution_id,
                        status,
                        failure_message,
                        at_ms: now_ms,
                    })
                }))
            }
            _ if !state.exists() => Err(Error::Unknown),
            Command::HandOver { by_execution_id, account, region } => {
                hand_over(state, by_execution_id, (account, region), principal, now_ms)
            }
            _ if !state.is_running() => Err(Error::Ended(state.ended.clone())),
            // To complete an approval or a change request would leave out whom it has not asked yet.
            Command::Stop(_) if state.change_id == state.id => {
                Ok(stop(state, Stopping::Cancel, principal, now_ms))
            }
            Command::Stop(stopping) => Ok(stop(state, stopping, principal, now_ms)),
            Command::Approve { step_name, comment, groups } => {
                let step = to_approve(state, &step_name, &principal, &groups)?;
                let said = Decision { principal, comment, at_ms: now_ms, groups };
                Ok(Some(approved(state, step, said)))
            }
            Command::Reject { step_name, comment, groups } => {
                let step = to_approve(state, &step_name, &principal, &groups)?;
                let said = Decision { principal, comment, at_ms: now_ms, groups };
                Ok(Some(rejected(state, step, said)))
            }
            Command::OverrideCalendars { approves, comment } => {
                let step = to_override(state, &principal)?;
                let said = Decision { principal, comment, at_ms: now_ms, groups: Vec::new() };
                Ok(Some(if approves { approved(state, step, said) } else { rejected(state, step, said) }))
            }
            Command::Resume { step_name } => resume(state, &step_name, principal, now_ms).map(Some),
            Command::StartStep { step_name } => release(state, &step_name, principal, now_ms).map(Some),
            Command::StopStep { step_execution_id } => {
                stop_step(state, step_execution_id, principal, now_ms).map(Some)
            }
        }
    }

    fn evolve(mut state: State, event: &ExecutionEvent) -> State {
        match event {
            ExecutionEvent::ExecutionStarted(e) => state = State::begun(e),
            ExecutionEvent::StepStarted(e) => state.step_started(e),
            ExecutionEvent::StepAttemptFailed(e) => {
                if let Some(running) = &mut state.running {
                    running.attempt = e.attempt + 1;
                    (running.polls, running.next_poll_ms) = (0, 0);
                    running.due_ms = due(e.failed_ms, e.timeout_ms);
                }
            }
            ExecutionEvent::StepPolled(e) => {
                if let Some(running) = &mut state.running {
                    (running.polls, running.next_poll_ms) = (e.poll, e.next_poll_ms);
                }
            }
            ExecutionEvent::StepFinished(e) => state.step_finished(e),
            ExecutionEvent::StepApproved(e) => {
                let (principal, comment) = (e.principal.clone(), e.comment.clone());
                if let Some(running) = &mut state.running {
                    let groups = e.groups.clone();
                    if running.action == WAIT_FOR_CALENDARS {
                        state.overridden_rules.extend(texts(&running.inputs, "Rules").unwrap_or_default());
                    }
                    running.approvals.push(Decision { principal, comment, at_ms: e.at_ms, groups });
                }
            }
            ExecutionEvent::StepRejected(e) => {
                let (principal, comment) = (e.principal.clone(), e.comment.clone());
                if let Some(running) = &mut state.running {
                    let said = Decision { principal, comment, at_ms: e.at_ms, ..Decision::default() };
                    running.rejection = Some(said);
                }
            }
            ExecutionEvent::StepResumed(_) => {
                if let Some(running) = &mut state.running {
                    running.is_resumed = true;
                }
            }
            ExecutionEvent::StepStopRequested(e) => {
                let of_loop = state.looping.as_mut().map(|looping| &mut looping.step);
                let steps = state.running.as_mut().into_iter().chain(of_loop);
                for step in steps.filter(|step| step.step_execution_id == e.step_execution_id) {
                    step.is_stopped = true;
                }
            }
            ExecutionEvent::StepReleased(e) => {
                state.released = Some(e.step_name.clone());
                state.next_step = Some(e.step_name.clone());
            }
            ExecutionEvent::ExecutionStopRequested(e) => {
                state.stopping =
                    Some(if e.r#type == "Complete" { Stopping::Complete } else { Stopping::Cancel });
            }
            ExecutionEvent::ChildrenAdmitted(e) => {
                if let Some(children) = &mut state.children {
                    children.admitted = e.first_index.saturating_add(e.count);
                    let ids =
                        (e.first_index..children.admitted).map(|index| child_id(&e.execution_id, index));
                    children.running.extend(ids.map(|id| id.to_string()));
                }
            }
            ExecutionEvent::ChildFinished(e) => {
                if let Some(children) = &mut state.children {
                    let count = match e.status.as_str() {
                        "Success" => &mut children.succeeded,
                        "TimedOut" => &mut children.timed_out,
                        "Cancelled" => &mut children.cancelled,
                        _ => &mut children.failed,
                    };
                    *count += 1;
                    children.running.remove(&e.child_execution_id);
                }
            }
            ExecutionEvent::ExecutionResumed(e) => {
                state.resumed_by = Some((e.by_execution_id.clone(), e.principal.clone()));
            }
            ExecutionEvent::ExecutionFinished(e) => state.ended(&e.status),
            ExecutionEvent::ExecutionRefused(e) => {
                state.id.clone_from(&e.execution_id);
                state.ended("Failed");
            }
        }
        state
    }
}

/// A stop that adds nothing to an earlier one is none.
fn stop(state: &State, stopping: Stopping, principal: String, now_ms: i64) -> Option<ExecutionEvent> {
    let adds = match state.stopping {
        None => true,
        Some(Stopping::Complete) => stopping == Stopping::Cancel,
        Some(Stopping::Cancel) => false,
    };
    let r#type = if stopping == Stopping::Complete { "Complete" } else { "Cancel" }.to_owned();
    adds.then(|| {
        let execution_id = state.id.clone();
        let requested = ExecutionStopRequested { execution_id, r#type, principal, at_ms: now_ms };
        ExecutionEvent::ExecutionStopRequested(requested)
    })
}

fn hand_over(
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

fn approved(state: &State, step_execution_id: String, said: Decision) -> ExecutionEvent {
    let (execution_id, Decision { principal, comment, at_ms, groups }) = (state.id.clone(), said);
    let approved = StepApproved { execution_id, step_execution_id, principal, comment, at_ms, groups };
    ExecutionEvent::StepApproved(approved)
}

fn rejected(state: &State, step_execution_id: String, said: Decision) -> ExecutionEvent {
    let (execution_id, Decision { principal, comment, at_ms, .. }) = (state.id.clone(), said);
    let rejected = StepRejected { execution_id, step_execution_id, principal, comment, at_ms };
    ExecutionEvent::StepRejected(rejected)
}

/// The step that waits for calendars. Who has asked for a change does not let it begin while one is closed.
fn to_override(state: &State, principal: &str) -> Result<String, Error> {
    let running = state.running.as_ref().filter(|step| step.action == WAIT_FOR_CALENDARS);
    let Some(step) = running.filter(|step| step.rejection.is_none() && step.approvals.is_empty()) else {
        return Err(Error::Signal("The execution does not wait for a calendar.".to_owned()));
    };
    if state.change_id == state.id && principal == state.principal {
        return Err(Error::Own(principal.to_owned()));
    }
    Ok(step.step_execution_id.clone())
}

/// The approval that waits, if this principal may decide on it.
fn to_approve(state: &State, step_name: &str, principal: &str, groups: &[String]) -> Result<String, Error> {
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
    let has_decided =
        step.rejection.is_some() || step.approvals.iter().any(|said| said.principal == principal);
    if has_decided {
        return Err(Error::Signal(format!("{principal} has decided on the step {} already.", step.name)));
    }
    Ok(step.step_execution_id.clone())
}

fn resume(state: &State, step_name: &str, principal: String, now_ms: i64) -> Result<ExecutionEvent, Error> {
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

fn release(state: &State, step_name: &str, principal: String, now_ms: i64) -> Result<ExecutionEvent, Error> {
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

fn stop_step(
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
