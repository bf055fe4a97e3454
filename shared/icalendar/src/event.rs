//! Events: when each is.

use crate::{
    error::{Error, TooMuchWork},
    lines::Property,
    periods::starts,
    rule::Rule,
    values::{End, Length, Moment, length, moment, moments},
    zone::{Zone, Zones},
};
use jiff::{
    SignedDuration,
    civil::{Date, DateTime},
};
use std::collections::BTreeSet;

/// From an instant up to, and without, another one; in milliseconds since 1970.
pub(crate) type Span = (i64, i64);

const DAY_MS: i64 = 86_400_000;

/// An event that has an effect, with all its times.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub uid: String,
    /// Of which instant of its series it takes the place.
    pub replaces: Option<i64>,
    pub has_effect: bool,
    start: Moment,
    length: Length,
    /// Whether the hours of its length are real ones: those of a DURATION, and not the distance of DTEND.
    is_exact: bool,
    rules: Vec<Rule>,
    /// Further times: their instants, and their own lengths.
    more: Vec<(Moment, Option<End>)>,
    excluded: BTreeSet<i64>,
    excluded_days: BTreeSet<Date>,
}

/// The wall clock's distance of two moments, as the clocks of the first one show them.
fn between(start: &Moment, end: &Moment) -> Length {
    let local = start.zone.local(end.instant());
    Length { days: 0, ms: i64::try_from(local.duration_since(start.local).as_millis()).unwrap_or_default() }
}

impl Event {
    /// Reads the properties of a VEVENT, without those of the components within it.
    pub fn read(begin: &Property, properties: &[Property], zones: &Zones) -> Result<Self, Error> {
        let find = |name: &str| properties.iter().find(|property| property.name == name);
        for name in ["DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "STATUS", "UID"] {
            if let Some(second) = properties.iter().filter(|property| property.name == name).nth(1) {
                return Err(second.wrong("is there a second time in its event"));
            }
        }
        let start =
            find("DTSTART").ok_or_else(|| Error::new(begin.line, "DTSTART", "is missing in the event"))?;
        let start = moment(start, zones)?;
        let length = match (find("DTEND"), find("DURATION")) {
            (Some(_), Some(second)) => return Err(second.wrong("cannot be there together with DTEND")),
            (Some(property), None) => {
                let end = moment(property, zones)?;
                if end.instant() < start.instant() {
                    return Err(property.wrong("is before DTSTART"));
                }
                between(&start, &end)
            }
            (None, Some(property)) => length(property, &property.value)?,
            (None, None) if start.is_date => Length { days: 1, ms: 0 },
            (None, None) => Length::default(),
        };
        let rules = properties.iter().filter(|property| property.name == "RRULE").map(Rule::parse);
        let mut event = Self {
            uid: find("UID").map(|property| property.value.clone()).unwrap_or_default(),
            replaces: find("RECURRENCE-ID").map(|property| replaced(property, zones)).transpose()?,
            has_effect: has_effect(properties),
            start,
            length,
            is_exact: find("DURATION").is_some(),
            rules: rules.collect::<Result<_, _>>()?,
            more: Vec::new(),
            excluded: BTreeSet::new(),
            excluded_days: BTreeSet::new(),
        };
        for property in properties {
            match property.name.as_str() {
                "RDATE" => event.more.extend(moments(property, zones)?),
                "EXDATE" => {
                    for (moment, _) in moments(property, zones)? {
                        event.excluded.insert(moment.instant());
                        if moment.is_date {
                            event.excluded_days.insert(moment.local.date());
                        }
                    }
                }
                "EXRULE" => {
                    return Err(property.wrong("is of an older iCalendar: exclude instants by EXDATE"));
                }
                _ => {}
            }
        }
        Ok(event)
    }

    /// When it is for the first time, without its exceptions.
    pub fn first_ms(&self) -> i64 {
        self.start.instant()
    }

    /// How many rules it has.
    pub fn rules(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
    }

    /// Another event takes the place of this instant.
    pub fn exclude(&mut self, at_ms: i64) {
        self.excluded.insert(at_ms);
    }

    /// The times that end after an instant, by their starts; those without a length have no effect and are left out.
    pub fn spans(
        &self,
        after_ms: i64,
        max_work: u32,
    ) -> Vec<Box<dyn Iterator<Item = Result<Span, TooMuchWork>> + '_>> {
        // A day on the wall clock has 25 hours at most, and a gap is shorter than another one.
        let longest =
            self.length.days.saturating_mul(DAY_MS + 3_600_000).saturating_add(self.length.ms) + 2 * DAY_MS;
        let from = self.start.zone.local(after_ms.saturating_sub(longest));
        let mut all: Vec<Box<dyn Iterator<Item = Result<Span, TooMuchWork>> + '_>> = Vec::new();
        let mut own: Vec<Span> = Vec::new();
        if self.rules.is_empty() && !self.is_excluded(self.start.local, &self.start.zone) {
            own.push(self.span(&self.start.zone, self.start.local, None));
        }
        for (moment, end) in &self.more {
            if !self.is_excluded(moment.local, &moment.zone) {
                own.push(self.span(&moment.zone, moment.local, end.as_ref()));
            }
        }
        own.sort_unstable();
        own.retain(|(start, end)| *end > after_ms && start < end);
        all.push(Box::new(own.into_iter().map(Ok)));
        for rule in &self.rules {
            let zone = &self.start.zone;
            let until = rule.until_ms(zone);
            let spans = starts(rule, self.start.local, Some(from), max_work)
                .take_while(move |start| match (start, until) {
                    (Ok(start), Some(until)) => zone.instant(*start) <= until,
                    _ => true,
                })
                .filter(|start| start.as_ref().map_or(true, |start| !self.is_excluded(*start, zone)))
                .map(|start| start.map(|start| self.span(zone, start, None)))
                .filter(move |span| {
                    span.as_ref().map_or(true, |(start, end)| *end > after_ms && start < end)
                });
            all.push(Box::new(spans));
        }
        all
    }

    fn is_excluded(&self, local: DateTime, zone: &Zone) -> bool {
        self.excluded.contains(&zone.instant(local)) || self.excluded_days.contains(&local.date())
    }

    fn span(&self, zone: &Zone, local: DateTime, end: Option<&End>) -> Span {
        let start = zone.instant(local);
        let after = |length: Length, is_exact: bool| {
            let days = SignedDuration::from_hours(24 * length.days);
            let hours = SignedDuration::from_millis(if is_exact { 0 } else { length.ms });
            let later = local.checked_add(days).and_then(|later| later.checked_add(hours)).unwrap_or(local);
            let exact = if is_exact { length.ms } else { 0 };
            zone.instant(later).saturating_add(exact)
        };
        let end = match end {
            Some(End::At(moment)) => moment.instant(),
            Some(End::After(length)) => after(*length, true),
            None => after(self.length, self.is_exact),
        };
        (start, end)
    }
}

fn replaced(property: &Property, zones: &Zones) -> Result<i64, Error> {
    if property.parameter("RANGE").is_some() {
        return Err(property.wrong("has a RANGE: only single occurrences can be moved here"));
    }
    Ok(moment(property, zones)?.instant())
}

/// Cancelled and advisory events have none.
fn has_effect(properties: &[Property]) -> bool {
    let is = |name: &str, value: &str| {
        properties.iter().any(|property| property.name == name && property.value.eq_ignore_ascii_case(value))
    };
    !is("STATUS", "CANCELLED") && !is("X-EVENT-TYPE", "ADVISORY")
}
