//! The language of SSM documents: what may be stored, what may be sent, and what a node shall run.
//!
//! Everything here is a pure function of its arguments, so that the services and the agent give the same
//! answer for the same document.
//!
//! - [`content`] reads JSON, YAML and plain text, bounded in size and depth, and converts between them.
//! - [`check`] is what CreateDocument checks; it goes by document type through `command`, `automation`,
//!   `session`, `package` and `calendar`.
//! - [`inputs`] are the declared parameters, [`bind`] holds what was sent against them; `pattern` and `java_pattern`
//!   match allowedPattern as Java does, within bounds.
//! - `keys` refuses keys that are slips, `step_inputs` values that a step cannot have, `references` finds references to
//!   the Parameter Store. [`execution_timeout`] checks the last two before a command is sent.
//! - [`parse_executable`] turns a document and its parameters into the [`Plan`] a node executes, with
//!   [`interpolate`], [`precondition`] and [`flow`] as its parts.
//! - [`secrets`] says where a step takes secrets.
//! - [`selector`] finds the parts of answers that steps of runbooks declare as their outputs.
//! - [`plugins`] knows the plugin names and the platforms they exist on.
//!
//! **Invariant**: nothing in this crate reads a clock, a file or a random number, and no text whatever makes
//! it panic.

mod automation;
mod automation_graph;
mod calendar;
mod change_template;
mod command;
pub mod content;
mod declaration;
mod error;
mod fields;
pub mod flow;
mod format;
pub mod inputs;
pub mod interpolate;
mod java_pattern;
mod keys;
mod names;
mod normalize;
mod package;
pub mod parameters;
mod pattern;
pub mod plan;
pub mod platform;
pub mod plugins;
pub mod precondition;
pub mod references;
pub mod secrets;
pub mod selector;
mod sending;
mod session;
mod step_inputs;
mod validate;
mod yaml;

pub use command::is_check;
pub use content::{Format, convert, hash};
pub use error::Error;
pub use flow::{DocumentStatus, Flow, OnFailure, StepStatus, aggregate};
pub use inputs::DocumentInput;
pub use names::check_name;
pub use parameters::{Error as ParameterError, bind};
pub use pattern::{Pattern, Verdict};
pub use plan::{Error as PlanError, Plan, PlannedStep, parse_executable};
pub use platform::Platform;
pub use precondition::{Condition, Decision};
pub use sending::{Error as SendingError, execution_timeout};
pub use validate::{Checked, DOCUMENT_TYPES, check};
