//! The three forms of an expression.

use crate::{at::At, cron::Cron, error::Error, error::MAX_EXPRESSION_BYTES, rate::Rate};

/// A schedule expression that was read and found good.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Cron(Box<Cron>),
    Rate(Rate),
    At(At),
}

impl Expression {
    /// Reads `cron(…)`, `rate(…)` or `at(…)`.
    ///
    /// # Errors
    /// When it is none of them or one of its fields is wrong; the text of the error names the field.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(Error::TooLong(text.len()));
        }
        let inside = |form: &str| text.strip_prefix(form)?.strip_prefix('(')?.strip_suffix(')');
        let kind = if let Some(fields) = inside("cron") {
            Kind::Cron(Box::new(Cron::parse(fields)?))
        } else if let Some(rate) = inside("rate") {
            Kind::Rate(Rate::parse(rate)?)
        } else if let Some(at) = inside("at") {
            Kind::At(At::parse(at)?)
        } else {
            return Err(Error::Form(text.to_owned()));
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
