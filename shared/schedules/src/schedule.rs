//! An expression in a time zone: when it fires.

use crate::{
    cron::Cron,
    error::Error,
    expression::{Expression, Kind},
    zone::Zone,
};
use jiff::{SignedDuration, ToSpan};
use reeve_types::Timestamp;

/// Before and after these no schedule fires: the years of cron() run from 1970 to 2199, and a day is left for the
/// time zones.
const FIRST_SECOND: i64 = -86_400;
const LAST_SECOND: i64 = 7_258_204_800;
/// Moving a local time by days changes the distance of two instants by less than this.
const OFFSET_SLACK: SignedDuration = SignedDuration::from_hours(26);

/// When something is due. All instants that it names are strictly after its creation.
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: Expression,
    created: Timestamp,
    zone: Zone,
    offset_days: u32,
}

impl Schedule {
    /// An expression in UTC. `rate()` counts from `created`; the run at the creation itself is the caller's.
    pub fn new(expression: Expression, created: Timestamp) -> Self {
        Self { expression, created, zone: Zone::UTC, offset_days: 0 }
    }

    /// The same in a time zone of the IANA database, such as `Europe/Berlin`; without regard to case.
    ///
    /// # Errors
    /// When there is no such time zone.
    pub fn in_time_zone(self, name: &str) -> Result<Self, Error> {
        Ok(Self { zone: Zone::named(name)?, ..self })
    }

    /// The same, each instant later by whole days of the calendar: AWS's ScheduleOffset.
    ///
    /// # Errors
    /// When it is not 1 to 6 days, or the expression is no `cron()`.
    pub fn with_offset(self, days: u32) -> Result<Self, Error> {
        if !(1..=6).contains(&days) {
            return Err(Error::Offset(days));
        }
        if !matches!(self.expression.kind, Kind::Cron(_)) {
            return Err(Error::OffsetWithoutCron);
        }
        Ok(Self { offset_days: days, ..self })
    }

    /// The first instant that is strictly after `after`; `None` when it never fires again.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.max(self.created);
        match &self.expression.kind {
            Kind::Rate(rate) => rate.next_after(self.created, after),
            Kind::At(at) => self.zone.instant(at.0).and_then(millis).filter(|at| *at > after),
            Kind::Cron(cron) if self.offset_days == 0 => {
                self.zone.at_or_after(cron, second_after(after)?).and_then(millis)
            }
            Kind::Cron(cron) => self.moved_after(cron, after),
        }
    }

    /// The last instant that is strictly before `before` and after the creation, if there is one.
    pub fn previous_before(&self, before: Timestamp) -> Option<Timestamp> {
        let previous = match &self.expression.kind {
            Kind::Rate(rate) => rate.previous_before(self.created, before),
            Kind::At(at) => self.zone.instant(at.0).and_then(millis).filter(|at| *at < before),
            Kind::Cron(cron) if self.offset_days == 0 => {
                self.zone.at_or_before(cron, second_before(before)?).and_then(millis)
            }
            Kind::Cron(cron) => self.moved_before(cron, before),
        };
        previous.filter(|at| *at > self.created)
    }

    /// The instants strictly between two, in their order. There may be one for each second of 230 years: take
    /// as many as are needed.
    pub fn between(&self, after: Timestamp, before: Timestamp) -> Between<'_> {
        Between { schedule: self, after, before }
    }

    /// An instant as AWS writes those of windows: on the clocks of the schedule's zone, with their offset, and with seconds only
    /// where there are some, such as `2026-07-26T00:00+10:00`.
    pub fn written(&self, at: Timestamp) -> String {
        jiff::Timestamp::from_millisecond(at.0).map(|at| self.zone.written(at)).unwrap_or_default()
    }

    /// An instant of the expression, later by the offset: the same local time some days on.
    fn moved(&self, base: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let moved = self.zone.local(base).checked_add(i64::from(self.offset_days).days()).ok()?;
        self.zone.instant(moved)
    }

    /// As [`Schedule::next_after`], over the instants of the expression that are after the creation. Their order
    /// is that of the moved ones.
    fn moved_after(&self, cron: &Cron, after: Timestamp) -> Option<Timestamp> {
        let first = second_after(self.created)?;
        let reach = SignedDuration::from_hours(24 * i64::from(self.offset_days)) + OFFSET_SLACK;
        let target = second_after(after)?;
        let mut base = self.zone.at_or_after(cron, first.max(target.checked_sub(reach).ok()?))?;
        loop {
            let moved = self.moved(base)?;
            if moved >= target {
                return millis(moved);
            }
            base = self.zone.at_or_after(cron, next_second(base)?)?;
        }
    }

    fn moved_before(&self, cron: &Cron, before: Timestamp) -> Option<Timestamp> {
        let first = second_after(self.created)?;
        let reach = SignedDuration::from_hours(24 * i64::from(self.offset_days)) - OFFSET_SLACK;
        let target = second_before(before)?;
        let mut base = self.zone.at_or_before(cron, target.checked_sub(reach).ok()?)?;
        while base >= first {
            let moved = self.moved(base)?;
            if moved <= target {
                return millis(moved);
            }
            base = self.zone.at_or_before(cron, base.checked_sub(SignedDuration::from_secs(1)).ok()?)?;
        }
        None
    }
}

/// The instants of a schedule between two others.
#[derive(Clone, Debug)]
pub struct Between<'a> {
    schedule: &'a Schedule,
    after: Timestamp,
    before: Timestamp,
}

impl Iterator for Between<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let next = self.schedule.next_after(self.after).filter(|at| *at < self.before)?;
        self.after = next;
        Some(next)
    }
}

/// The first whole second after an instant, within the years of schedules.
fn second_after(at: Timestamp) -> Option<jiff::Timestamp> {
    let second = at.0.div_euclid(1000).checked_add(1)?.max(FIRST_SECOND);
    if second > LAST_SECOND {
        return None;
    }
    jiff::Timestamp::from_second(second).ok()
}

/// The last whole second before an instant, within the years of schedules.
fn second_before(at: Timestamp) -> Option<jiff::Timestamp> {
    let second = at.0.checked_sub(1)?.div_euclid(1000).min(LAST_SECOND);
    if second < FIRST_SECOND {
        return None;
    }
    jiff::Timestamp::from_second(second).ok()
}

fn next_second(at: jiff::Timestamp) -> Option<jiff::Timestamp> {
    at.checked_add(SignedDuration::from_secs(1)).ok()
}

fn millis(at: jiff::Timestamp) -> Option<Timestamp> {
    Some(Timestamp(at.as_millisecond()))
}
