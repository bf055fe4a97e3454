//! From local times to instants and back, over clock changes.

use crate::{cron::Cron, error::Error};
use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase},
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// More than two offsets of one zone can ever differ by.
const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);

/// A time zone of the IANA database that this program carries.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

/// The time between two clock changes around an instant.
struct Period {
    offset: Offset,
    /// When it began, and the offset before; `None`: always.
    start: Option<(Timestamp, Offset)>,
    /// The first instant after it; `None`: never.
    end: Option<Timestamp>,
}

impl Zone {
    pub(crate) const UTC: Self = Self(TimeZone::UTC);

    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        TimeZoneDatabase::bundled().get(name).map(Self).map_err(|_| Error::TimeZone(name.to_owned()))
    }

    fn period(&self, at: Timestamp) -> Option<Period> {
        let start = self.0.preceding(at.checked_add(SECOND).ok()?).next();
        let start = match start {
            None => None,
            Some(change) => {
                let start = change.timestamp();
                Some((start, self.0.to_offset(start.checked_sub(SECOND).ok()?)))
            }
        };
        let end = self.0.following(at).next().map(|change| change.timestamp());
        Some(Period { offset: self.0.to_offset(at), start, end })
    }

    /// The instant of a fixed local time: the first of two, and the first after a gap that it falls into.
    pub(crate) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
            AmbiguousOffset::Gap { after, .. } => {
                // With the later offset a time in the gap lies before the change.
                let earlier = after.to_timestamp(local).ok()?;
                self.0.following(earlier).map(|change| change.timestamp()).next()
            }
        }
    }

    pub(crate) fn written(&self, at: Timestamp) -> String {
        let (local, offset) = (self.local(at), self.0.to_offset(at));
        let seconds = if local.second() == 0 { String::new() } else { format!(":{:02}", local.second()) };
        let minutes = offset.seconds() / 60;
        let (sign, east) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        let zone = match minutes {
            0 => "Z".to_owned(),
            _ => format!("{sign}{:02}:{:02}", east / 60, east % 60),
        };
        format!("{}{seconds}{zone}", local.strftime("%Y-%m-%dT%H:%M"))
    }

    pub(crate) fn local(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }

    /// The first instant of an expression that is not before `at`, a whole second.
    pub(crate) fn at_or_after(&self, cron: &Cron, at: Timestamp) -> Option<Timestamp> {
        if cron.interval { self.interval_after(cron, at) } else { self.fixed_after(cron, at) }
    }

    /// The last instant of an expression that is not after `at`, a whole second.
    pub(crate) fn at_or_before(&self, cron: &Cron, at: Timestamp) -> Option<Timestamp> {
        if cron.interval { self.interval_before(cron, at) } else { self.fixed_before(cron, at) }
    }

    fn fixed_after(&self, cron: &Cron, at: Timestamp) -> Option<Timestamp> {
        let period = self.period(at)?;
        let mut from = period.offset.to_datetime(at);
        if let Some((start, before)) = period.start {
            // What the clock showed last before the change, and one second.
            let change = before.to_datetime(start);
            if at == start {
                // All times of a gap fire here.
                from = from.min(change);
            }
            if before > period.offset {
                // The second pass of a doubled hour: its times have fired in the first.
                from = from.max(change);
            }
        }
        self.instant(cron.calendar.at_or_after(from)?)
    }

    fn fixed_before(&self, cron: &Cron, at: Timestamp) -> Option<Timestamp> {
        let period = self.period(at)?;
        let mut from = period.offset.to_datetime(at);
        if let Some((start, before)) = period.start
            && before > period.offset
        {
            from = from.max(before.to_datetime(start.checked_sub(SECOND).ok()?));
        }
        self.instant(cron.calendar.at_or_before(from)?)
    }

    fn interval_after(&self, cron: &Cron, mut at: Timestamp) -> Option<Timestamp> {
        loop {
            let period = self.period(at)?;
            let local = cron.calendar.at_or_after(period.offset.to_datetime(at));
            let found = local.and_then(|local| period.offset.to_timestamp(local).ok());
            let Some(end) = period.end else { return found };
            match found {
                Some(found) if found < end => return Some(found),
                // What lies behind the change is found with its own offset.
                Some(found) => at = end.max(found.checked_sub(TWO_DAYS).ok()?),
                // The clock may go back to a match, but not by more than this.
                None if end.duration_since(at) < TWO_DAYS => at = end,
                None => return None,
            }
        }
    }

    fn interval_before(&self, cron: &Cron, mut at: Timestamp) -> Option<Timestamp> {
        loop {
            let period = self.period(at)?;
            let local = cron.calendar.at_or_before(period.offset.to_datetime(at));
            let found = local.and_then(|local| period.offset.to_timestamp(local).ok());
            let Some((start, _)) = period.start else { return found };
            match found {
                Some(found) if found >= start => return Some(found),
                Some(found) => {
                    at = start.checked_sub(SECOND).ok()?.min(found.checked_add(TWO_DAYS).ok()?);
                }
                None if at.duration_since(start) < TWO_DAYS => at = start.checked_sub(SECOND).ok()?,
                None => return None,
            }
        }
    }
}
