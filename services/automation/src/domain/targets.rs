//! Executions that have a child for each target: whose turn is next.

use super::{
    outcome::{Status, end},
    state::{Children, State, Stopping},
};
use reeve_contracts::automation::{ChildrenAdmitted, ExecutionEvent};

/// What comes next in an execution that has a child for each target.
pub fn next(state: &State, children: &Children, now_ms: i64) -> Option<ExecutionEvent> {
    let running = children.admitted.saturating_sub(children.finished());
    let most_errors = reeve_fleet::rate_control::allowed_errors(&children.max_errors, children.total);
    let is_over = children.errors() > most_errors;
    let waiting = children.total.saturating_sub(children.admitted);
    let may_admit = state.stopping.is_none() && !is_over;
    if waiting > 0 && may_admit {
        let limit = reeve_fleet::rate_control::allowed_at_once(&children.max_concurrency, children.total);
        // One, then two, four and so on, as they end well or not: a mistake is seen before it is made everywhere.
        let limit = limit.min(children.finished().saturating_add(1));
        let count = limit.saturating_sub(running).min(waiting);
        return (count > 0).then(|| {
            ExecutionEvent::ChildrenAdmitted(ChildrenAdmitted {
                execution_id: state.id.clone(),
                first_index: children.admitted,
                count,
                at_ms: now_ms,
            })
        });
    }
    if running > 0 {
        return None;
    }
    let status = if state.stopping == Some(Stopping::Cancel) {
        Status::Cancelled
    } else if children.failed > 0 {
        Status::Failed
    } else if children.timed_out > 0 {
        Status::TimedOut
    } else if children.cancelled > 0 {
        Status::Cancelled
    } else {
        Status::Success
    };
    let message = match (is_over, children.errors()) {
        (_, 0) => String::new(),
        (true, errors) => format!(
            "{errors} of the targets failed, and MaxErrors is {}: no other begins",
            children.max_errors
        ),
        (false, errors) => format!("{errors} of the targets failed"),
    };
    Some(end(state, status, message, "[]".to_owned(), now_ms))
}
