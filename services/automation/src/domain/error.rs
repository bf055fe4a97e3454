//! Why a command of an execution was refused.

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no such execution.")]
    Unknown,
    #[error("The client token was used for a start with another input.")]
    TokenMismatch,
    #[error("The execution has ended: it is {0}.")]
    Ended(String),
    #[error("The execution has not ended.")]
    Running,
    #[error(
        "{by} goes on from it already, as {principal} has asked: that one can be resumed when it has ended."
    )]
    Resumed { by: String, principal: String },
    #[error("{0}")]
    Signal(String),
    #[error("The runbook has no step {0}.")]
    UnknownStep(String),
    #[error("{0} is not one of the approvers.")]
    NoApprover(String),
    #[error("{0} has asked for it: one's own request is approved by somebody else.")]
    Own(String),
    #[error("{0} has not approved it, and may revoke no approval therefore.")]
    NotApprovedBy(String),
}
