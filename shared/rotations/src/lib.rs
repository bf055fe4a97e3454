//! Rotations of people on call, in any time zone of the IANA database.
//!
//! [`Settings`] say how turns fall, [`Rotation`] says who was, is and will be on call: its settings as they were from when on,
//! and the overrides. All of it is pure: the same settings give the same shifts on every machine.
//!
//! - Hand-offs are the wall-clock instants of the settings, in time order, after the start; with a multiplier N those in every
//!   Nth day, week (from Monday) or month after the one of the start count.
//! - The people of turn k are the m that follow from k·m in the order of the members, around.
//! - A time that the clock skips is the first instant after the gap; one that it shows twice is the first, and the second where
//!   a coverage ends. A day of the month that there is not is the month's last.
//! - Coverage cuts turns and moves none. An override replaces everybody who is on call, and adds nobody where nobody is.
//!
//! Invariants: the end of a turn is the start of the next one; what was before an instant at which settings or overrides were
//! changed stays as it was.

mod clock;
mod rotation;
mod turns;

pub use clock::Zone;
pub use rotation::{Override, Rotation, Shift, Version};

use reeve_types::Timestamp;

/// As many hand-offs as one list of settings has.
pub const MAX_HANDOFFS: usize = 100;
/// As many covered times as a day has.
pub const MAX_COVERAGES: usize = 24;

/// A time of day on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// When turns begin. Weekdays are 0 Monday to 6 Sunday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recurrence {
    Daily(Vec<TimeOfDay>),
    Weekly(Vec<(u8, TimeOfDay)>),
    Monthly(Vec<(u8, TimeOfDay)>),
}

/// The covered times of each weekday, from Monday on; an end that is not after its start is on the next day.
pub type Coverage = [Vec<(TimeOfDay, TimeOfDay)>; 7];

/// How turns fall.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// In the order of their turns.
    pub members: Vec<String>,
    pub start: Timestamp,
    pub zone: Zone,
    /// As many are on call at once.
    pub on_calls: usize,
    /// As many days, weeks or months one turn lasts.
    pub multiplier: u32,
    pub recurrence: Recurrence,
    /// `None`: round the clock.
    pub coverage: Option<Box<Coverage>>,
}

/// Why settings make no rotation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("TimeZoneId is {0:?}, which is no zone of the IANA time zone database, such as Europe/Paris")]
    Zone(String),
    #[error("there is no member")]
    NoMember,
    #[error("NumberOfOnCalls is {0}, which is not between 1 and the number of members, {1}")]
    OnCalls(usize, usize),
    #[error("RecurrenceMultiplier is {0}, which is not between 1 and 100")]
    Multiplier(u32),
    #[error("there are {0} hand-off times: there must be at least one, and {MAX_HANDOFFS} at most")]
    Handoffs(usize),
    #[error("{0} is no time of day, weekday or day of a month")]
    Range(String),
    #[error("ShiftCoverages covers no time at all: nobody would ever be on call")]
    NoCoverage,
    #[error("ShiftCoverages has a day with more than {MAX_COVERAGES} times")]
    Coverages,
    #[error("ShiftCoverages has a time of less than 30 minutes, from {0}")]
    ShortCoverage(String),
}

impl TimeOfDay {
    pub(crate) fn minutes(self) -> i64 {
        i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    fn check(self) -> Result<(), Error> {
        match self.hour < 24 && self.minute < 60 {
            true => Ok(()),
            false => Err(Error::Range(self.to_string())),
        }
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl Settings {
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), Error> {
        if self.members.is_empty() {
            return Err(Error::NoMember);
        }
        if !(1..=self.members.len()).contains(&self.on_calls) {
            return Err(Error::OnCalls(self.on_calls, self.members.len()));
        }
        if !(1..=100).contains(&self.multiplier) {
            return Err(Error::Multiplier(self.multiplier));
        }
        let (times, days, range): (Vec<TimeOfDay>, Vec<u8>, _) = match &self.recurrence {
            Recurrence::Daily(times) => (times.clone(), Vec::new(), 0..=0),
            Recurrence::Weekly(each) => (each.iter().map(|e| e.1).collect(), days_of(each), 0..=6),
            Recurrence::Monthly(each) => (each.iter().map(|e| e.1).collect(), days_of(each), 1..=31),
        };
        if !(1..=MAX_HANDOFFS).contains(&times.len()) {
            return Err(Error::Handoffs(times.len()));
        }
        if let Some(day) = days.iter().find(|day| !range.contains(*day)) {
            return Err(Error::Range(day.to_string()));
        }
        times.into_iter().try_for_each(TimeOfDay::check)?;
        self.coverage.as_deref().map_or(Ok(()), check_coverage)
    }

    /// The people of a turn.
    pub(crate) fn people(&self, turn: u64) -> Vec<String> {
        let count = self.members.len() as u64;
        let many = self.on_calls as u64;
        // Both remainders are taken first: the product cannot overflow.
        let first = (turn % count) * (many % count) % count;
        let each = (0..many).filter_map(|n| usize::try_from((first + n) % count).ok());
        each.filter_map(|at| self.members.get(at).cloned()).collect()
    }
}

fn days_of(each: &[(u8, TimeOfDay)]) -> Vec<u8> {
    each.iter().map(|(day, _)| *day).collect()
}

fn check_coverage(coverage: &Coverage) -> Result<(), Error> {
    if coverage.iter().all(Vec::is_empty) {
        return Err(Error::NoCoverage);
    }
    for (start, end) in coverage.iter().flatten() {
        start.check()?;
        end.check()?;
        let length = (end.minutes() - start.minutes()).rem_euclid(24 * 60);
        if (1..30).contains(&length) {
            return Err(Error::ShortCoverage(format!("{start} to {end}")));
        }
    }
    match coverage.iter().any(|day| day.len() > MAX_COVERAGES) {
        true => Err(Error::Coverages),
        false => Ok(()),
    }
}
