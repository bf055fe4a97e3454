//! Events to rows.

mod executions;
mod firings;
mod windows;

pub(crate) use executions::{
    CUTOFF, Executions, INVOCATION_KEYS, INVOCATIONS, InvocationRow, TASKS, TaskRow,
};
pub(crate) use firings::{EXECUTION_ORDER, EXECUTIONS, ExecutionRow, Firings};
pub(crate) use windows::{FIRE, WINDOWS, Windows};
