//! One field of a cron expression: a set of numbers.

use crate::error::Error;
use std::collections::BTreeSet;

/// A field: its name, its range and the names that stand for its first values.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) low: u16,
    pub(crate) high: u16,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub(crate) const SECONDS: Field = Field { name: "seconds", low: 0, high: 59, names: &[] };
pub(crate) const MINUTES: Field = Field { name: "minutes", low: 0, high: 59, names: &[] };
pub(crate) const HOURS: Field = Field { name: "hours", low: 0, high: 23, names: &[] };
pub(crate) const DAY_OF_MONTH: Field = Field { name: "day-of-month", low: 1, high: 31, names: &[] };
pub(crate) const MONTH: Field = Field { name: "month", low: 1, high: 12, names: &MONTHS };
pub(crate) const DAY_OF_WEEK: Field = Field { name: "day-of-week", low: 1, high: 7, names: &DAYS };
pub(crate) const YEAR: Field = Field { name: "year", low: 1970, high: 2199, names: &[] };

impl Field {
    pub(crate) fn wrong(&self, written: &str, problem: impl Into<String>) -> Error {
        Error::Field { field: self.name, value: written.to_owned(), problem: problem.into() }
    }

    /// The values that a list of `*`, `a`, `a-b`, `a/n`, `a-b/n` and `*/n` means; `a/n` runs to the field's end.
    pub(crate) fn values(&self, written: &str) -> Result<BTreeSet<u16>, Error> {
        let mut values = BTreeSet::new();
        for part in written.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(self.step(written, step)?)),
                None => (part, None),
            };
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (self.low, self.high),
                Some((from, to)) => (self.value(written, from)?, self.value(written, to)?),
                None => {
                    let from = self.value(written, range)?;
                    (from, if step.is_some() { self.high } else { from })
                }
            };
            if from > to {
                return Err(self.wrong(written, format!("has the range {range:?} that runs backwards")));
            }
            values.extend((from..=to).step_by(usize::from(step.unwrap_or(1))));
        }
        Ok(values)
    }

    /// One value, as a number or a name.
    pub(crate) fn value(&self, written: &str, part: &str) -> Result<u16, Error> {
        if part.is_empty() {
            return Err(self.wrong(written, "has an empty part"));
        }
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(part)) {
            return Ok(self.low + u16::try_from(index).unwrap_or_default());
        }
        let number = digits(part).ok_or_else(|| {
            let names = match self.names {
                [first, .., last] => format!(" and no name from {first} to {last}"),
                _ => String::new(),
            };
            self.wrong(written, format!("holds {part:?}, no number{names}"))
        })?;
        if !(self.low..=self.high).contains(&number) {
            let problem = format!("holds {number}, which is outside of {} to {}", self.low, self.high);
            return Err(self.wrong(written, problem));
        }
        Ok(number)
    }

    fn step(&self, written: &str, part: &str) -> Result<u16, Error> {
        digits(part).filter(|step| (1..=self.high).contains(step)).ok_or_else(|| {
            self.wrong(written, format!("has the step {part:?}; a step is a number from 1 to {}", self.high))
        })
    }
}

fn digits(part: &str) -> Option<u16> {
    let plain = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| part.parse().ok()).flatten()
}
