//! RRULE: how an event repeats.

use crate::{error::Error, lines::Property, zone::Zone};
use jiff::civil::{DateTime, Weekday};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// Up to when, inclusive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Utc(DateTime),
    /// On the event's own clocks.
    Local(DateTime),
}

/// A day of the week; with a number other than 0 the n-th of its month or year, from the end when it is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub nth: i64,
    pub weekday: Weekday,
}

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub frequency: Frequency,
    pub interval: i64,
    pub count: Option<u64>,
    pub until: Option<Until>,
    pub months: Vec<i64>,
    pub weeks: Vec<i64>,
    pub year_days: Vec<i64>,
    pub month_days: Vec<i64>,
    pub days: Vec<Day>,
    pub hours: Vec<i64>,
    pub minutes: Vec<i64>,
    pub seconds: Vec<i64>,
    pub positions: Vec<i64>,
    pub week_start: Weekday,
}

/// As often a month has one of the days of the week.
const MAX_WEEKDAYS_PER_MONTH: i64 = 5;

impl Rule {
    pub fn parse(property: &Property) -> Result<Self, Error> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut frequency = None;
        for part in property.value.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| property.wrong(format!("has the part {part:?}, which has no value")))?;
            let (name, value) = (name.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
            let wrong = || property.wrong(format!("has {name}={value}"));
            let numbers = |most: i64, is_signed: bool| numbers(&value, most, is_signed).ok_or_else(wrong);
            match name.as_str() {
                "FREQ" => frequency = Some(self::frequency(&value).ok_or_else(wrong)?),
                "INTERVAL" => {
                    rule.interval =
                        value.parse().ok().filter(|n| (1..=100_000).contains(n)).ok_or_else(wrong)?
                }
                "COUNT" => rule.count = Some(value.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?),
                "UNTIL" => rule.until = Some(until(&value).ok_or_else(wrong)?),
                "BYMONTH" => rule.months = numbers(12, false)?,
                "BYWEEKNO" => rule.weeks = numbers(53, true)?,
                "BYYEARDAY" => rule.year_days = numbers(366, true)?,
                "BYMONTHDAY" => rule.month_days = numbers(31, true)?,
                "BYDAY" => rule.days = value.split(',').map(day).collect::<Option<_>>().ok_or_else(wrong)?,
                "BYHOUR" => rule.hours = times(&value, 23).ok_or_else(wrong)?,
                "BYMINUTE" => rule.minutes = times(&value, 59).ok_or_else(wrong)?,
                "BYSECOND" => rule.seconds = times(&value, 59).ok_or_else(wrong)?,
                "BYSETPOS" => rule.positions = numbers(366, true)?,
                "WKST" => rule.week_start = weekday(&value).ok_or_else(wrong)?,
                _ if name.starts_with("X-") => {}
                _ => return Err(property.wrong(format!("has the part {name}, which there is not"))),
            }
        }
        rule.frequency = frequency.ok_or_else(|| property.wrong("has no FREQ"))?;
        if rule.count.is_some() && rule.until.is_some() {
            return Err(property.wrong("has COUNT and UNTIL, and may have one of them"));
        }
        let is_monthly = rule.frequency == Frequency::Monthly;
        if let Some(day) = rule.days.iter().find(|day| is_monthly && day.nth.abs() > MAX_WEEKDAYS_PER_MONTH) {
            return Err(property.wrong(format!("has a {}. weekday of a month, which none has", day.nth)));
        }
        Ok(rule)
    }

    /// The last instant of the rule, in milliseconds since 1970, for who repeats in a zone.
    pub fn until_ms(&self, zone: &Zone) -> Option<i64> {
        Some(match self.until? {
            Until::Utc(at) => Zone::utc().instant(at),
            Until::Local(at) => zone.instant(at),
        })
    }
}

fn frequency(text: &str) -> Option<Frequency> {
    Some(match text {
        "SECONDLY" => Frequency::Secondly,
        "MINUTELY" => Frequency::Minutely,
        "HOURLY" => Frequency::Hourly,
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

fn day(text: &str) -> Option<Day> {
    let text = text.trim();
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = match number {
        "" => 0,
        number => number.parse().ok().filter(|n: &i64| *n != 0 && n.abs() <= 53)?,
    };
    Some(Day { nth, weekday: weekday(name)? })
}

/// A list of numbers from 1, or from as far behind 0 if they have a sign.
fn numbers(text: &str, most: i64, is_signed: bool) -> Option<Vec<i64>> {
    let least = if is_signed { -most } else { 1 };
    let each = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|n| *n != 0 && (least..=most).contains(n)));
    each.collect()
}

/// A list of numbers from 0, in their order.
fn times(text: &str, most: i64) -> Option<Vec<i64>> {
    let each = text.split(',').map(|part| part.trim().parse().ok().filter(|n| (0..=most).contains(n)));
    let mut all: Vec<i64> = each.collect::<Option<_>>()?;
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// A date means its whole day.
fn until(text: &str) -> Option<Until> {
    let (text, is_utc) = match text.strip_suffix('Z') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let text = if text.contains('T') { text.to_owned() } else { format!("{text}T235959") };
    let at = DateTime::strptime("%Y%m%dT%H%M%S", &text).ok()?;
    Some(if is_utc { Until::Utc(at) } else { Until::Local(at) })
}
