//! Decisions about executions: the aggregate, and the engine, which says what comes next. Pure.

pub mod actions;
pub mod api_call;
pub mod approval;
pub mod change;
pub mod conditions;
pub mod engine;
mod error;
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
mod signals;
pub mod simulate;
pub mod state;
pub mod targets;
pub mod values;
pub mod wish;

/// What asked for a command, as its events say it.
pub const ORIGIN: &str = "automation";
/// What asks for the approval of a command that change rules hold.
pub const OF_HELD_COMMANDS: &str = "held-command";
/// The output of the step that waits for calendars which names the rules whose calendars were put aside.
pub const OVERRIDDEN_RULES: &str = "OverriddenRules";
/// An action of ours, which no document has: what follows waits until calendars are open.
pub const WAIT_FOR_CALENDARS: &str = "reeve:waitForCalendars";
