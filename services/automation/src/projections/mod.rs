//! Events to rows and timers.

mod commands;
mod documents;
mod executions;
mod previews;
mod settings;
mod steps;

pub(crate) use commands::{COMMANDS, CommandRow, Commands, Invocations, REFUSED};
pub(crate) use documents::ContentRow;
pub(crate) use executions::{CHILDREN, EXECUTIONS, ExecutionRow, Executions, ORDER};
pub(crate) use previews::{PREVIEWS, PreviewRow, Previews};
pub(crate) use settings::{SCRIPT_NODE, SETTINGS, Settings, TEMPLATE_REVIEW};
pub(crate) use steps::{BY_RULE, DUE, STEPS, StepRow, Steps};
