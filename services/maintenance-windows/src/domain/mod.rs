//! Decisions.

pub mod engine;
pub mod execution;
pub mod pseudo;
pub mod state;
pub mod task;
pub mod timing;
pub mod window;

/// What run-command's and automation's events call the origin of what tasks run. Its id is
/// `<execution>/<task execution>/<invocation>`.
pub const ORIGIN: &str = "maintenance-window";
