//! An execution of a runbook: whoever asks something of it, and what became of what it asked for, is decided on here; what comes
//! next says the engine.

pub use super::error::Error;
use super::{
    WAIT_FOR_CALENDARS, engine,
    inputs::texts,
    outcome::Outcome,
    signals::{
        approved, hand_over, rejected, release, resume, revoke, stop, stop_step, to_approve, to_override,
        withdrawn,
    },
    state::{Decision, State, Stopping, due},
    wish::child_id,
};
pub use reeve_contracts::automation::ExecutionEvent;
use reeve_contracts::automation::{ApiCallAnswered, ChildFinished, ExecutionRefused, ExecutionStarted};
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
    /// To end it if change rules hold it still.
    Withdraw {
        reason: String,
    },
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
        /// Those who have approved it before and are principals no more.
        deleted: Vec<String>,
    },
    Reject {
        step_name: String,
        comment: String,
        groups: Vec<String>,
    },
    /// To end a change request whose runbook has not begun, by somebody who has approved it.
    Revoke {
        comment: String,
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
            Command::Withdraw { reason } => {
                Ok(state.is_held().then(|| withdrawn(state, reason, principal, now_ms)))
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
            Command::Approve { step_name, comment, groups, deleted } => {
                let step = to_approve(state, &step_name, &principal, (&groups, &deleted))?;
                let said = Decision { principal, comment, at_ms: now_ms, groups };
                Ok(Some(approved(state, step, said, deleted)))
            }
            Command::Reject { step_name, comment, groups } => {
                let step = to_approve(state, &step_name, &principal, (&groups, &[]))?;
                let said = Decision { principal, comment, at_ms: now_ms, groups };
                Ok(Some(rejected(state, step, said)))
            }
            Command::Revoke { comment } => revoke(state, principal, comment, now_ms).map(Some),
            Command::OverrideCalendars { approves, comment } => {
                let step = to_override(state, &principal)?;
                let said = Decision { principal, comment, at_ms: now_ms, groups: Vec::new() };
                Ok(Some(match approves {
                    true => approved(state, step, said, Vec::new()),
                    false => rejected(state, step, said),
                }))
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
                    let is_counted = |said: &mut Decision| !e.not_counted.contains(&said.principal);
                    running.not_counted.extend(running.approvals.extract_if(.., |said| !is_counted(said)));
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
            ExecutionEvent::ApprovalExpiring(_) => {
                if let Some(running) = &mut state.running {
                    running.is_warned = true;
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
                if state.failure_message.is_empty() {
                    state.failure_message.clone_from(&e.comment);
                }
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
