//! What follows: dispatches in their turn, cancellations, outcomes from reports, ends by deadline, or with the node.

mod deadlines;
mod gone;
mod report;
mod turns;

pub use deadlines::{deadlines, owed};
pub use gone::gone;
pub use report::report;
pub use turns::command;

use crate::{
    domain::invocation::{self, Command, To},
    projections::{INVOCATIONS, InvocationRow, NUMBERS},
};
use reeve_runtime::Handle;
use std::sync::Arc;

/// As many invocations of one command are written at a time; the event log commits them in groups.
const AT_ONCE: usize = 256;

fn to(command_id: &str, node_id: &str, command: Command) -> To {
    To { command_id: command_id.to_owned(), node_id: node_id.to_owned(), command }
}

fn invocation_row(handle: &Handle, command_id: &str, node_id: &str) -> Option<Arc<InvocationRow>> {
    handle.views().look(INVOCATIONS, &invocation::id(command_id, node_id))
}

/// The greatest inbox number of a node that an event names.
fn recorded(handle: &Handle, node_id: &str) -> u64 {
    handle.views().get(NUMBERS, node_id).unwrap_or(0)
}

/// The invocations of a command that have not ended.
fn open(
    handle: &Handle,
    command: &str,
    which: impl Fn(&InvocationRow) -> bool,
) -> Vec<(String, InvocationRow)> {
    let keep = |_: &str, row: &InvocationRow| !row.ended() && which(row);
    handle.views().filter(INVOCATIONS, &format!("{command}/"), None, usize::MAX, keep).rows
}
