//! A calendar, and whether it is open.

use crate::{
    error::{Error, TooMuchWork},
    event::{Event, Span},
    explained,
    lines::{self, Property},
};
use reeve_types::Timestamp;
use std::{cmp::Reverse, collections::BinaryHeap};

/// As far ahead as a transition is looked for.
const HORIZON_MS: i64 = 5 * YEAR_MS;
const YEAR_MS: i64 = 366 * 86_400_000;
/// As many days, or shorter periods, are looked at for one answer, by all rules together; and so many by each.
const MAX_WORK: u32 = 150_000;
const MIN_WORK: u32 = 4_000;
/// As many times are looked at for one answer.
const MAX_SPANS: u32 = 100_000;
/// As often as several calendars are asked anew for one answer.
const MAX_LOOKS: u32 = 2_000;
const BEGIN: &str = "BEGIN:VCALENDAR";
const CALENDAR: &str = "VCALENDAR";

/// A calendar that was read and found good.
#[derive(Debug, Clone)]
pub struct Calendar {
    is_open_by_default: bool,
    description: String,
    events: Vec<Event>,
}

/// Whether changes may be made at an instant, and when that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub is_open: bool,
    /// `None`: not within five years.
    pub next: Option<Timestamp>,
}

impl Calendar {
    /// Reads a text.
    ///
    /// # Errors
    /// When it is no calendar; the error names the line and the property.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let first = text.trim_start_matches('\u{feff}').trim_start().get(..BEGIN.len()).unwrap_or_default();
        if !first.eq_ignore_ascii_case(BEGIN) {
            return Err(Error::new(1, BEGIN, "is missing: a calendar begins with it"));
        }
        let properties = lines::read(text)?;
        let (own, components) = components(&properties)?;
        let find = |name: &str| own.iter().find(|property| property.name == name).copied();
        let is_open_by_default = match find("X-CALENDAR-TYPE")
            .map(|property| (property, property.value.as_str()))
        {
            Some((_, "DEFAULT_OPEN")) => true,
            Some((_, "DEFAULT_CLOSED")) => false,
            Some((property, value)) => {
                return Err(
                    property.wrong(format!("is {value:?}, and must be DEFAULT_OPEN or DEFAULT_CLOSED"))
                );
            }
            None => {
                return Err(Error::new(1, "X-CALENDAR-TYPE", "is missing: DEFAULT_OPEN or DEFAULT_CLOSED"));
            }
        };
        let zones: Vec<Vec<Property>> = of(&components, "VTIMEZONE").map(|all| all.to_vec()).collect();
        let zones = explained::zones(&zones, find("X-WR-TIMEZONE").or_else(|| find("TZID")))?;
        let events = of(&components, "VEVENT").map(|all| {
            let (begin, properties) = (&all[0], without_nested(&all[1..]));
            Event::read(begin, &properties, &zones)
        });
        let events: Vec<Event> = events.collect::<Result<_, _>>()?;
        let description =
            find("X-WR-CALDESC").map(|property| lines::plain(&property.value)).unwrap_or_default();
        Ok(Self { is_open_by_default, description, events: with_replacements(events) })
    }

    /// Whether it can be evaluated, as far as that can be told at any instant: when its first event begins, and some years later.
    ///
    /// # Errors
    /// When its rules name too many instants.
    pub fn can_be_evaluated(&self) -> Result<(), TooMuchWork> {
        let Some(first) = self.events.iter().map(Event::first_ms).min() else { return Ok(()) };
        [first, first.saturating_add(YEAR_MS), first.saturating_add(HORIZON_MS)]
            .into_iter()
            .try_for_each(|at_ms| self.covered(at_ms).map(|_| ()))
    }

    /// What the calendar says of itself; empty when it says nothing.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether it is open at an instant, and when that changes.
    fn at(&self, at_ms: i64) -> Result<(bool, Option<i64>), TooMuchWork> {
        let (is_covered, next) = self.covered(at_ms)?;
        Ok((is_covered != self.is_open_by_default, next))
    }

    /// Whether an event covers an instant, and when that changes.
    fn covered(&self, at_ms: i64) -> Result<(bool, Option<i64>), TooMuchWork> {
        let rules: u32 = self.events.iter().map(Event::rules).sum();
        let max_work = (MAX_WORK / rules.max(1)).max(MIN_WORK);
        let mut all: Vec<_> = self.events.iter().flat_map(|event| event.spans(at_ms, max_work)).collect();
        let mut next: BinaryHeap<Reverse<(Span, usize)>> = BinaryHeap::new();
        for (n, spans) in all.iter_mut().enumerate() {
            if let Some(span) = spans.next().transpose()? {
                next.push(Reverse((span, n)));
            }
        }
        // How far the events reach from that instant on without a gap.
        let mut reach = None;
        for _ in 0..MAX_SPANS {
            let Some(Reverse(((start, end), n))) = next.pop() else { break };
            match reach {
                None if start > at_ms => {
                    return Ok((
                        false,
                        Some(start).filter(|start| *start <= at_ms.saturating_add(HORIZON_MS)),
                    ));
                }
                Some(reached) if start > reached => return Ok((true, Some(reached))),
                Some(reached) if reached > at_ms.saturating_add(HORIZON_MS) => return Ok((true, None)),
                _ => reach = Some(reach.unwrap_or(end).max(end)),
            }
            if let Some(span) = all[n].next().transpose()? {
                next.push(Reverse((span, n)));
            }
        }
        match next.is_empty() {
            true => Ok((reach.is_some(), reach)),
            false => Err(TooMuchWork),
        }
    }
}

/// Whether all of these are open at an instant, and when that changes.
///
/// # Errors
/// When their rules name too many instants.
pub fn state_at(calendars: &[&Calendar], at: Timestamp) -> Result<State, TooMuchWork> {
    let look =
        |at_ms: i64| calendars.iter().map(|calendar| calendar.at(at_ms)).collect::<Result<Vec<_>, _>>();
    let is_open = |all: &[(bool, Option<i64>)]| all.iter().all(|(is_open, _)| *is_open);
    let mut all = look(at.0)?;
    if is_open(&all) {
        let next = all.iter().filter_map(|(_, next)| *next).min();
        return Ok(State { is_open: true, next: next.map(Timestamp) });
    }
    for _ in 0..MAX_LOOKS {
        // It opens when the last of those that are closed has opened, if the others are open then.
        let opens = all.iter().filter(|(is_open, _)| !is_open).map(|(_, next)| *next);
        let opens = opens.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max());
        let Some(opens) = opens.filter(|opens| *opens <= at.0.saturating_add(HORIZON_MS)) else {
            return Ok(State { is_open: false, next: None });
        };
        all = look(opens)?;
        if is_open(&all) {
            return Ok(State { is_open: false, next: Some(Timestamp(opens)) });
        }
    }
    Err(TooMuchWork)
}

/// The calendar's own properties, and the components in it: each from its BEGIN up to, and without, its END.
type Parts<'a> = (Vec<&'a Property>, Vec<&'a [Property]>);

fn components(properties: &[Property]) -> Result<Parts<'_>, Error> {
    let (mut own, mut all, mut open) = (Vec::new(), Vec::new(), Vec::<(String, usize)>::new());
    let mut has_ended = false;
    let last_line = properties.last().map_or(1, |last| last.line);
    for (n, property) in properties.iter().enumerate() {
        let component = property.value.to_ascii_uppercase();
        if open.is_empty() {
            if has_ended || property.name != "BEGIN" || component != CALENDAR {
                let problem = if has_ended {
                    "stands behind END:VCALENDAR"
                } else {
                    "stands where BEGIN:VCALENDAR must"
                };
                return Err(property.wrong(problem));
            }
            open.push((component, n));
            continue;
        }
        match property.name.as_str() {
            "BEGIN" => open.push((component, n)),
            "END" => {
                let (name, begin) = open.pop().unwrap_or_default();
                if name != component {
                    let problem = format!("ends {component}, and END:{name} must come before");
                    return Err(property.wrong(problem));
                }
                if open.len() == 1 {
                    all.push(&properties[begin..n]);
                }
                has_ended = open.is_empty();
            }
            _ if open.len() == 1 => own.push(property),
            _ => {}
        }
    }
    match open.last() {
        Some((name, _)) => Err(Error::new(last_line, format!("END:{name}"), "is missing")),
        None if !has_ended => Err(Error::new(1, BEGIN, "is missing")),
        None => Ok((own, all)),
    }
}

fn of<'a>(components: &'a [&'a [Property]], name: &'a str) -> impl Iterator<Item = &'a [Property]> {
    let is_meant =
        move |all: &&&[Property]| all.first().is_some_and(|begin| begin.value.eq_ignore_ascii_case(name));
    components.iter().filter(is_meant).copied()
}

/// The properties of a component without those of what lies within it, such as alarms.
fn without_nested(properties: &[Property]) -> Vec<Property> {
    let mut depth = 0_usize;
    let mut own = Vec::new();
    for property in properties {
        match property.name.as_str() {
            "BEGIN" => depth += 1,
            "END" => depth = depth.saturating_sub(1),
            _ if depth == 0 => own.push(property.clone()),
            _ => {}
        }
    }
    own
}

/// Takes those instants out of each series whose place another event has; what has no effect goes.
fn with_replacements(mut events: Vec<Event>) -> Vec<Event> {
    let replaced: Vec<(String, i64)> =
        events.iter().filter_map(|event| Some((event.uid.clone(), event.replaces?))).collect();
    for event in events.iter_mut().filter(|event| event.replaces.is_none()) {
        let uid = event.uid.clone();
        for (_, at_ms) in replaced.iter().filter(|(of, _)| *of == uid) {
            event.exclude(*at_ms);
        }
    }
    events.retain(|event| event.has_effect);
    events
}
