//! Why a text is no calendar, and why one cannot be evaluated.

/// A text that is no calendar: what is wrong with which property, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {property} {problem}")]
pub struct Error {
    /// The first is 1; a property that goes on in the next lines is in its first one.
    pub line: usize,
    pub property: String,
    pub problem: String,
}

impl Error {
    pub(crate) fn new(line: usize, property: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { line, property: property.into(), problem: problem.into() }
    }
}

/// A calendar whose rules have too many instants for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its rules name too many instants to be evaluated")]
pub struct TooMuchWork;
