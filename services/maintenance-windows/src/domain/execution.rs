//! An execution of a window: whoever asks something of it, and what became of what its tasks ran, is decided on here; what comes
//! next says the engine.

use super::{
    engine::{self, Next},
    state::State,
};
pub use reeve_contracts::maintenance_windows::ExecutionEvent;
use reeve_contracts::maintenance_windows::{ExecutionCancelRequested, ExecutionStarted, TaskTarget};
use reeve_eventsourcing::{Context, Decider};

/// What may be asked of an execution.
#[derive(Clone, Debug)]
pub enum Command {
    Start(Box<ExecutionStarted>),
    /// To go on, if something comes next.
    Advance,
    /// As [`Command::Advance`], where that is the beginning of this task, whose targets resolved to these.
    Begin {
        task_execution_id: String,
        targets: Vec<TaskTarget>,
    },
    /// What an invocation ran came out.
    TakeOutcome {
        task_execution_id: String,
        invocation_id: String,
        status: String,
        details: String,
    },
    /// Nothing else begins.
    Cancel,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no such execution.")]
    Unknown,
}

/// The aggregate.
pub struct Execution;

impl Decider for Execution {
    type Command = Command;
    type Event = ExecutionEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<ExecutionEvent>, Error> {
        let now_ms = cx.now.0;
        let comes_next = || match engine::next(state, now_ms) {
            Some(Next::Event(event)) => Some(*event),
            _ => None,
        };
        match command {
            Command::Start(started) => {
                Ok((!state.exists()).then_some(ExecutionEvent::ExecutionStarted(*started)))
            }
            Command::Advance => Ok(comes_next()),
            Command::Begin { task_execution_id, targets } => {
                let task = match engine::next(state, now_ms) {
                    Some(Next::Begin(index)) => state.tasks.get(index),
                    _ => None,
                };
                let task = task.filter(|task| task.task_execution_id == task_execution_id);
                Ok(task.map(|task| engine::begin(state, task, targets, now_ms)).or_else(comes_next))
            }
            Command::TakeOutcome { task_execution_id, invocation_id, status, details } => {
                let came_out = (status, details);
                Ok(engine::take_outcome(state, &task_execution_id, &invocation_id, came_out, now_ms))
            }
            Command::Cancel if !state.exists() => Err(Error::Unknown),
            Command::Cancel => Ok((state.is_running() && !state.is_cancelled).then(|| {
                ExecutionEvent::ExecutionCancelRequested(ExecutionCancelRequested {
                    execution_id: state.execution_id.clone(),
                    window_id: state.window_id.clone(),
                    principal: cx.actor.name.clone(),
                    at_ms: now_ms,
                })
            })),
        }
    }

    fn evolve(mut state: State, event: &ExecutionEvent) -> State {
        match event {
            ExecutionEvent::ExecutionStarted(e) => state = State::begun(e),
            ExecutionEvent::TaskStarted(e) => state.task_started(e),
            ExecutionEvent::InvocationStarted(e) => state.invocation_started(e),
            ExecutionEvent::InvocationFinished(e) => state.invocation_finished(e),
            ExecutionEvent::CutoffReached(_) => state.is_cut_off = true,
            ExecutionEvent::ExecutionCancelRequested(_) => state.is_cancelled = true,
            ExecutionEvent::TaskFinished(e) => state.task_finished(e),
            ExecutionEvent::ExecutionFinished(e) => state.ended(&e.status),
        }
        state
    }
}

#[cfg(test)]
#[path = "execution_tests.rs"]
mod tests;
