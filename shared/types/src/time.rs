//! An instant in whole milliseconds since 1970, UTC: what the log stores and the API answers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The wall clock. Only for the edge of a program: decisions get their instant from the context.
    #[allow(clippy::disallowed_methods)]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Seconds as AWS's JSON writes them: a float, exact to the millisecond.
    pub fn epoch_seconds(self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let ms = self.0 as f64;
        ms / 1000.0
    }

    /// From AWS's float seconds, rounded to the millisecond; `None` when it is not a real instant.
    pub fn from_epoch_seconds(seconds: f64) -> Option<Self> {
        let ms = (seconds * 1000.0).round();
        #[allow(clippy::cast_possible_truncation)]
        (ms.is_finite() && ms.abs() < 9.0e15).then_some(Self(ms as i64))
    }

    /// A part of a key that sorts what is newer first. What was before 1970 is of 1970.
    pub fn newest_first(self) -> String {
        format!("{:020}", i64::MAX - self.0.max(0))
    }

    /// RFC 3339 in UTC, as CloudEvents' `time` wants it.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map(|t| format!("{t:.3}")).unwrap_or_default()
    }

    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn rfc3339_there_and_back() {
        let t = Timestamp(1_764_000_000_123);
        assert_eq!(Timestamp::parse_rfc3339(&t.rfc3339()), Some(t));
        assert_eq!(Timestamp::from_epoch_seconds(t.epoch_seconds()), Some(t));
        assert_eq!(Timestamp::from_epoch_seconds(f64::NAN), None);
    }
}
