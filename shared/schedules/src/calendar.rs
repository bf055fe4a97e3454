//! Which local dates and times a cron expression means, without time zones: croner's part.

use croner::{
    errors::CronError,
    parser::{CronParser, Seconds, Year},
    time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday},
};
use jiff::{ToSpan, civil::DateTime};
use std::cmp::Ordering;

/// A cron pattern of seven fields over local dates and times.
#[derive(Clone, Debug)]
pub(crate) struct Calendar(croner::Cron);

impl Calendar {
    pub(crate) fn new(pattern: &str) -> Result<Self, CronError> {
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Required)
            // 1 is Sunday, as AWS counts.
            .alternative_weekdays(true)
            .build();
        parser.parse(pattern).map(Self)
    }

    /// The first match that is not before a local time.
    pub(crate) fn at_or_after(&self, from: DateTime) -> Option<DateTime> {
        self.0.find_next_occurrence(&Local(from), true).ok().map(|found| found.0)
    }

    /// The last match that is not after a local time.
    pub(crate) fn at_or_before(&self, from: DateTime) -> Option<DateTime> {
        self.0.find_previous_occurrence(&Local(from), true).ok().map(|found| found.0)
    }
}

/// A local date and time in whole seconds. To the calendar each of them exists exactly once.
#[derive(Clone, Debug)]
struct Local(DateTime);

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        let (date, time) = (self.0.date(), self.0.time());
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(i32::from(date.year()), part(date.month()), part(date.day())),
            CivilTime::from_parts_unchecked(part(time.hour()), part(time.minute()), part(time.second())),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let days = self.0.date().weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(u32::try_from(days).unwrap_or_default())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let local = DateTime::new(
            year,
            part(civil.month())?,
            part(civil.day())?,
            part(civil.hour())?,
            part(civil.minute())?,
            part(civil.second())?,
            0,
        );
        local.map(|local| Resolution::Single(Self(local))).map_err(|_| CronError::InvalidDate)
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(seconds.seconds()).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
