//! Why what is asked of an OpsItem is refused.

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no OpsItem {0}")]
    NotFound(String),
    #[error("the OpsItem {0} has the same deduplication string and resources, and is not Resolved")]
    AlreadyExists(String),
    #[error("the id {0} was given to another OpsItem")]
    Used(String),
    #[error("{name} {problem}")]
    Parameter { name: String, problem: String },
    #[error("an OpsItem has at most {limit} {what}, and this one would have {count}")]
    Limit { what: &'static str, limit: usize, count: usize },
    #[error("the OpsItem {id} is related to {uri} already")]
    AlreadyRelated { id: String, uri: String },
    #[error("the OpsItem {id} has no association {association}")]
    NotRelated { id: String, association: String },
}

impl Error {
    pub(super) fn parameter(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), problem: problem.into() }
    }
}
