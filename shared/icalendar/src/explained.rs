//! The zones of a file: its default, and those that its VTIMEZONEs explain.

use crate::{
    error::Error,
    lines::Property,
    periods::starts,
    rule::Rule,
    values::{moment, moments},
    zone::{Change, Zone, Zones, known, millis},
};
use std::{collections::BTreeMap, sync::Arc};

/// The zones that the VTIMEZONEs of a file explain, and its default.
pub(crate) fn zones(components: &[Vec<Property>], default: Option<&Property>) -> Result<Zones, Error> {
    let mut all = BTreeMap::new();
    for component in components {
        let Some(id) = component.iter().find(|property| property.name == "TZID") else { continue };
        if known(&id.value).is_none() {
            all.insert(id.value.trim_matches('"').to_owned(), explained(component)?);
        }
    }
    let zones = Zones::new(Zone::utc(), all.clone());
    let Some(property) = default.filter(|property| !property.value.is_empty()) else { return Ok(zones) };
    let default = zones.named(&property.value).ok_or_else(|| {
        property.wrong(format!("is {:?}, which is no time zone that is known here", property.value))
    })?;
    Ok(Zones::new(default, all))
}

/// As far as changes are worked out: a rule of them has no end.
const LAST_YEAR: i16 = 2_100;
const MAX_CHANGES: usize = 2_000;
/// The days of as many years.
const MAX_WORK: u32 = 400 * 366;

/// The zone of a VTIMEZONE: the properties of its parts, each behind its BEGIN.
fn explained(component: &[Property]) -> Result<Zone, Error> {
    let mut changes = Vec::new();
    let parts = component.split(|property| property.name == "BEGIN").skip(1);
    for part in parts {
        let find = |name: &str| part.iter().find(|property| property.name == name);
        let Some(start) = find("DTSTART") else { continue };
        let offset = |name: &str| {
            let property = find(name)
                .ok_or_else(|| start.wrong(format!("is of a part of a VTIMEZONE without {name}")))?;
            self::offset(&property.value)
                .ok_or_else(|| property.wrong(format!("is {:?}, which is no offset", property.value)))
        };
        let (from, to) = (offset("TZOFFSETFROM")?, offset("TZOFFSETTO")?);
        let none = Zones::new(Zone::utc(), BTreeMap::new());
        let first = moment(start, &none)?.local;
        let mut onsets = vec![first];
        for property in part.iter().filter(|property| property.name == "RDATE") {
            onsets.extend(moments(property, &none)?.into_iter().map(|(moment, _)| moment.local));
        }
        if let Some(property) = find("RRULE") {
            let rule = Rule::parse(property)?;
            let until = rule.until_ms(&Zone::utc());
            let all = starts(&rule, first, None, MAX_WORK).map_while(Result::ok);
            // UNTIL is in UTC, and these are local times.
            let all = all.take_while(|onset| until.is_none_or(|until| millis(*onset, from) <= until));
            onsets.extend(all.take_while(|onset| onset.year() <= LAST_YEAR).take(MAX_CHANGES));
        }
        changes.extend(onsets.into_iter().map(|onset| Change { onset, from, to }));
    }
    if changes.is_empty() {
        let id = component.iter().find(|property| property.name == "TZID");
        let line = id.map_or(0, |id| id.line);
        return Err(Error::new(line, "TZID", "is of a VTIMEZONE without STANDARD or DAYLIGHT"));
    }
    changes.sort_by_key(|change| millis(change.onset, change.from));
    changes.dedup_by_key(|change| millis(change.onset, change.from));
    Ok(Zone::Explained(Arc::new(changes)))
}

/// An offset such as `+0545` or `-030000`, in seconds.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    Some(sign * (part(0)? * 3_600 + part(2)? * 60 + part(4)?))
}
