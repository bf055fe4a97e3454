//! `at()`: one local date and time.

use crate::error::Error;
use jiff::civil::DateTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At(pub(crate) DateTime);

const FORM: &str = "%Y-%m-%dT%H:%M:%S";

impl At {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let read = DateTime::strptime(FORM, text).ok();
        // Written back it must be the same: the reader takes looser forms than AWS does.
        read.filter(|at| at.strftime(FORM).to_string() == text)
            .map(Self)
            .ok_or_else(|| Error::At(text.to_owned()))
    }
}
