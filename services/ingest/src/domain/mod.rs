//! The decisions, and what is read of what comes in.

pub mod alert_group;
pub mod alertmanager;
pub mod cloud_event;
pub mod cloud_events;
pub mod source;
pub mod webhook;

/// Why something can never be accepted: which field, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Unacceptable {
    pub field: String,
    pub problem: String,
}

impl Unacceptable {
    fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}
