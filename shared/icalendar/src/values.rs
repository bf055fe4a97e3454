//! Dates, times, durations and periods as properties have them.

use crate::{
    error::Error,
    lines::Property,
    zone::{Zone, Zones},
};
use jiff::civil::{Date, DateTime, Time};

/// A point in time as it is written: in a zone, and whether it is a whole day.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub local: DateTime,
    pub zone: Zone,
    pub is_date: bool,
}

impl Moment {
    /// In milliseconds since 1970.
    pub fn instant(&self) -> i64 {
        self.zone.instant(self.local)
    }
}

/// A length: days on the wall clock, and then real milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Length {
    pub days: i64,
    pub ms: i64,
}

/// The only value of a property, as a moment.
pub(crate) fn moment(property: &Property, zones: &Zones) -> Result<Moment, Error> {
    let zone = zone(property, zones)?;
    one(property, &property.value, zone.as_ref(), zones)
}

/// The zone that the property's TZID names.
fn zone(property: &Property, zones: &Zones) -> Result<Option<Zone>, Error> {
    let Some(name) = property.parameter("TZID") else { return Ok(None) };
    let known = zones.named(name).map(Some);
    known.ok_or_else(|| {
        let problem = format!(
            "has the TZID {name:?}, which is no time zone that is known here or explained by a VTIMEZONE"
        );
        property.wrong(problem)
    })
}

/// All values of a property: moments, and what is a period has its length.
pub(crate) fn moments(property: &Property, zones: &Zones) -> Result<Vec<(Moment, Option<End>)>, Error> {
    let zone = zone(property, zones)?;
    let parts = property.value.split(',').filter(|part| !part.trim().is_empty());
    let read = parts.map(|part| match part.split_once('/') {
        None => Ok((one(property, part, zone.as_ref(), zones)?, None)),
        Some((start, end)) => {
            let start = one(property, start, zone.as_ref(), zones)?;
            let end = match end.trim().starts_with(['P', '+', '-']) {
                true => End::After(length(property, end)?),
                false => End::At(one(property, end, zone.as_ref(), zones)?),
            };
            Ok((start, Some(end)))
        }
    });
    read.collect()
}

/// Where something ends.
#[derive(Debug, Clone)]
pub(crate) enum End {
    At(Moment),
    After(Length),
}

fn one(property: &Property, text: &str, zone: Option<&Zone>, zones: &Zones) -> Result<Moment, Error> {
    let text = text.trim();
    let wrong = || {
        let form = "a date such as 20260131 or a time such as 20260131T120000Z";
        property.wrong(format!("is {text:?}, which is not {form}"))
    };
    let is_date = !text.contains(['T', 't']);
    if property.parameter("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("DATE")) && !is_date {
        return Err(property.wrong(format!("is {text:?}, and its VALUE is DATE")));
    }
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, time),
        None => (text, "000000"),
    };
    let (time, is_utc) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, true),
        None => (time, false),
    };
    let local = date(day).zip(clock(time)).map(|(date, time)| date.to_datetime(time)).ok_or_else(wrong)?;
    let zone = match (is_utc, zone) {
        (true, _) => Zone::utc(),
        (false, Some(zone)) if !is_date => zone.clone(),
        _ => zones.default().clone(),
    };
    Ok(Moment { local, zone, is_date })
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn date(text: &str) -> Option<Date> {
    if !digits(text, 8) {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok()
}

fn clock(text: &str) -> Option<Time> {
    if !digits(text, 6) {
        return None;
    }
    let second: i8 = text[4..].parse().ok()?;
    // A leap second is the one before it.
    Time::new(text[..2].parse().ok()?, text[2..4].parse().ok()?, if second == 60 { 59 } else { second }, 0)
        .ok()
}

/// A DURATION, which is not negative.
pub(crate) fn length(property: &Property, text: &str) -> Result<Length, Error> {
    let wrong = || property.wrong(format!("is {text:?}, which is no duration such as P1D or PT2H30M"));
    let rest = text.trim().strip_prefix('+').unwrap_or(text.trim()).strip_prefix('P').ok_or_else(wrong)?;
    let (mut length, mut number, mut in_time, mut has_any) = (Length::default(), String::new(), false, false);
    for letter in rest.chars() {
        if letter.is_ascii_digit() && number.len() < 7 {
            number.push(letter);
            continue;
        }
        if letter == 'T' && number.is_empty() && !in_time {
            in_time = true;
            continue;
        }
        let count: i64 = number.parse().map_err(|_| wrong())?;
        match (letter, in_time) {
            ('W', false) => length.days += 7 * count,
            ('D', false) => length.days += count,
            ('H', true) => length.ms += 3_600_000 * count,
            ('M', true) => length.ms += 60_000 * count,
            ('S', true) => length.ms += 1_000 * count,
            _ => return Err(wrong()),
        }
        number.clear();
        has_any = true;
    }
    if number.is_empty() && has_any { Ok(length) } else { Err(wrong()) }
}
