//! Decisions about executions: the aggregate, and the engine, which says what comes next. Pure.

pub mod actions;
pub mod api_call;
pub mod approval;
pub mod change;
pub mod conditions;
pub mod engine;
pub mod execution;
pub mod gate;
pub mod inputs;
pub mod order;
pub mod outcome;
pub mod outputs;
pub mod preview;
pub mod runbook;
pub mod script;
pub mod selector;
pub mod simulate;
pub mod state;
pub mod targets;
pub mod values;
pub mod wish;

/// What asked for a command, as its events say it.
pub const ORIGIN: &str = "automation";
/// An action of ours, which no document has: what follows waits until calendars are open.
pub const WAIT_FOR_CALENDARS: &str = "reeve:waitForCalendars";
