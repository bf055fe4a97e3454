//! `cron()`: its fields, checked, and the calendar that they mean.

use crate::{
    calendar::Calendar,
    error::Error,
    field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOURS, MINUTES, MONTH, SECONDS, YEAR},
};
use std::collections::BTreeSet;

/// A cron expression.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    pub(crate) calendar: Calendar,
    /// Whether the hours are an interval (`*` or `/`) instead of fixed times; this decides about clock changes.
    pub(crate) interval: bool,
    pub(crate) seconds: BTreeSet<u16>,
    pub(crate) minutes: BTreeSet<u16>,
    pub(crate) hours: BTreeSet<u16>,
    /// The step of the hours, when they have one.
    pub(crate) hour_step: Option<u16>,
    pub(crate) any_month: bool,
}

impl Cron {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let written: Vec<&str> = text.split_ascii_whitespace().collect();
        let (second, minute, hour, day_of_month, month, day_of_week, year) = match written.as_slice() {
            [minute, hour, dom, month, dow, year] => (&"0", minute, hour, dom, month, dow, year),
            [second, minute, hour, dom, month, dow, year] => (second, minute, hour, dom, month, dow, year),
            other => return Err(Error::FieldCount(other.len())),
        };
        if (*day_of_month == "?") == (*day_of_week == "?") {
            return Err(Error::DayFields {
                day_of_month: (*day_of_month).to_owned(),
                day_of_week: (*day_of_week).to_owned(),
            });
        }
        let seconds = SECONDS.values(second)?;
        let minutes = MINUTES.values(minute)?;
        let hours = HOURS.values(hour)?;
        let months = MONTH.values(month)?;
        let years = YEAR.values(year)?;
        let pattern = [
            list(&SECONDS, &seconds),
            list(&MINUTES, &minutes),
            list(&HOURS, &hours),
            days_of_month(day_of_month)?,
            list(&MONTH, &months),
            days_of_week(day_of_week)?,
            // Never a wildcard: the years of a schedule end, those of the calendar's own wildcard do not.
            joined(&years),
        ]
        .join(" ");
        let calendar = Calendar::new(&pattern).map_err(|_| Error::Form(format!("cron({text})")))?;
        Ok(Self {
            calendar,
            interval: hour.contains(['*', '/']),
            hour_step: hour.split_once('/').and_then(|(_, step)| step.parse().ok()),
            any_month: *month == "*",
            seconds,
            minutes,
            hours,
        })
    }
}

/// The day of the month: a list, `L` for the last one, or `nW` for the working day nearest to the n-th.
fn days_of_month(written: &str) -> Result<String, Error> {
    if matches!(written, "?" | "L") {
        return Ok(written.to_owned());
    }
    if let Some(day) = written.strip_suffix('W') {
        return Ok(format!("{}W", DAY_OF_MONTH.value(written, day)?));
    }
    Ok(list(&DAY_OF_MONTH, &DAY_OF_MONTH.values(written)?))
}

/// The day of the week: a list, `L` for the last one (Saturday), `nL` for the last such day of the month, or
/// `n#k` for the k-th such day of the month.
fn days_of_week(written: &str) -> Result<String, Error> {
    if written == "?" {
        return Ok(written.to_owned());
    }
    if written == "L" {
        return Ok(DAY_OF_WEEK.high.to_string());
    }
    if let Some(day) = written.strip_suffix('L') {
        return Ok(format!("{}L", DAY_OF_WEEK.value(written, day)?));
    }
    if let Some((day, count)) = written.split_once('#') {
        let day = DAY_OF_WEEK.value(written, day)?;
        return match count {
            "1" | "2" | "3" | "4" | "5" => Ok(format!("{day}#{count}")),
            _ => Err(DAY_OF_WEEK.wrong(
                written,
                format!(
                    "has {count:?} after its #; one day and a number from 1 to 5 stand around a single #"
                ),
            )),
        };
    }
    Ok(list(&DAY_OF_WEEK, &DAY_OF_WEEK.values(written)?))
}

/// The values as the calendar reads them. Steps and ranges are written out, because their meaning is ours.
fn list(field: &Field, values: &BTreeSet<u16>) -> String {
    let all = values.len() == usize::from(field.high - field.low) + 1;
    if all { "*".to_owned() } else { joined(values) }
}

fn joined(values: &BTreeSet<u16>) -> String {
    values.iter().map(u16::to_string).collect::<Vec<_>>().join(",")
}
