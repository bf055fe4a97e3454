//! `rate()`: a period that is counted from the schedule's creation.

use crate::error::Error;
use reeve_types::Timestamp;

/// A period in milliseconds; a day is 24 hours, whatever the clocks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) period_ms: i64,
}

const MINUTE_MS: i64 = 60_000;

impl Rate {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |problem| Error::Rate { value: text.to_owned(), problem };
        let mut words = text.split_ascii_whitespace();
        let (Some(value), Some(unit), None) = (words.next(), words.next(), words.next()) else {
            return Err(wrong("is not a value and a unit, such as 30 minutes"));
        };
        if value.is_empty() || value.len() > 9 || !value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("has a value that is not a positive whole number"));
        }
        let value: i64 = value.parse().unwrap_or_default();
        if value == 0 {
            return Err(wrong("has the value 0; the least is 1"));
        }
        let (unit_ms, one) = match unit {
            "minute" => (MINUTE_MS, true),
            "minutes" => (MINUTE_MS, false),
            "hour" => (60 * MINUTE_MS, true),
            "hours" => (60 * MINUTE_MS, false),
            "day" => (24 * 60 * MINUTE_MS, true),
            "days" => (24 * 60 * MINUTE_MS, false),
            _ => return Err(wrong("has a unit that is none of minute(s), hour(s) and day(s)")),
        };
        match (value == 1, one) {
            (true, false) => Err(wrong("has a plural unit; the value 1 takes the singular")),
            (false, true) => Err(wrong("has a singular unit; values above 1 take the plural")),
            _ => Ok(Self { period_ms: value * unit_ms }),
        }
    }

    /// The first multiple of the period after the start that is later than `after`.
    pub(crate) fn next_after(self, start: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let passed = after.0.checked_sub(start.0)?.max(0) / self.period_ms;
        let next = passed.checked_add(1)?.checked_mul(self.period_ms)?.checked_add(start.0)?;
        Some(Timestamp(next))
    }

    /// The last multiple of the period after the start that is earlier than `before`.
    pub(crate) fn previous_before(self, start: Timestamp, before: Timestamp) -> Option<Timestamp> {
        let passed = before.0.checked_sub(1)?.checked_sub(start.0)? / self.period_ms;
        (passed >= 1).then(|| Timestamp(start.0 + passed * self.period_ms))
    }
}
