//! Turns: from one hand-off to the next, and what of one is covered.

use crate::{Recurrence, Settings, TimeOfDay, clock::Twice};
use jiff::{ToSpan, civil::Date};
use reeve_types::Timestamp;

/// The turns of settings, from the first one.
pub(crate) struct Turns<'a> {
    settings: &'a Settings,
    /// The first day, week or month: that of the start.
    first: Date,
    /// As many days, weeks or months after it is the next one whose hand-offs count.
    period: i64,
    /// Hand-offs of the last one, the next at the end.
    ready: Vec<Timestamp>,
    begun: Timestamp,
    number: u64,
}

/// A turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub number: u64,
    pub start: Timestamp,
    /// `None`: the calendar ends before the next hand-off.
    pub end: Option<Timestamp>,
}

impl Settings {
    pub(crate) fn turns(&self) -> Turns<'_> {
        let first = self.zone.date(self.start).unwrap_or(Date::MAX);
        let first = match self.recurrence {
            Recurrence::Daily(_) => first,
            Recurrence::Weekly(_) => {
                let days = i64::from(first.weekday().to_monday_zero_offset());
                first.checked_sub(days.days()).unwrap_or(first)
            }
            Recurrence::Monthly(_) => first.first_of_month(),
        };
        Turns { settings: self, first, period: 0, ready: Vec::new(), begun: self.start, number: 0 }
    }

    /// The hand-offs of the nth day, week or month after the first one, each instant once.
    fn handoffs(&self, first: Date, period: i64) -> Option<Vec<Timestamp>> {
        let on = |day: Date, time: TimeOfDay| self.zone.instant(day, time, Twice::First);
        let instants: Option<Vec<Timestamp>> = match &self.recurrence {
            Recurrence::Daily(times) => {
                let day = first.checked_add(period.days()).ok()?;
                times.iter().map(|time| on(day, *time)).collect()
            }
            Recurrence::Weekly(each) => {
                let monday = first.checked_add(period.weeks()).ok()?;
                let each = each.iter();
                each.map(|(day, time)| on(monday.checked_add(i64::from(*day).days()).ok()?, *time)).collect()
            }
            Recurrence::Monthly(each) => {
                let month = first.checked_add(period.months()).ok()?;
                let each = each.iter().map(|(day, time)| {
                    let last = month.days_in_month();
                    let day = month.with().day(day.cast_signed().min(last)).build().ok()?;
                    on(day, *time)
                });
                each.collect()
            }
        };
        let mut instants = instants?;
        instants.sort_unstable();
        instants.dedup();
        Some(instants)
    }

    /// What of a time is covered, in order; parts that touch each other are one.
    pub(crate) fn covered(&self, start: Timestamp, end: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let Some(coverage) = self.coverage.as_deref() else { return vec![(start, end)] };
        let mut parts: Vec<(Timestamp, Timestamp)> = Vec::new();
        // What began on the day before may run on.
        let mut day = self.zone.date(start).and_then(|day| day.yesterday().ok());
        let last = self.zone.date(end);
        while let Some(of) = day.filter(|day| last.is_some_and(|last| *day <= last)) {
            day = of.tomorrow().ok();
            let times = coverage.get(usize::from(of.weekday().to_monday_zero_offset().unsigned_abs()));
            for (from, to) in times.into_iter().flatten() {
                let until = if to.minutes() <= from.minutes() { day } else { Some(of) };
                let from = self.zone.instant(of, *from, Twice::First);
                let to = until.and_then(|until| self.zone.instant(until, *to, Twice::Second));
                let (Some(from), Some(to)) = (from, to) else { continue };
                parts.push((from.max(start), to.min(end)));
            }
        }
        parts.retain(|(from, to)| from < to);
        parts.sort_unstable();
        parts.dedup_by(|next, before| {
            let is_one = next.0 <= before.1;
            if is_one {
                before.1 = before.1.max(next.1);
            }
            is_one
        });
        parts
    }
}

impl Iterator for Turns<'_> {
    type Item = Turn;

    fn next(&mut self) -> Option<Turn> {
        let start = self.begun;
        let end = loop {
            match self.ready.pop() {
                // Also one that a gap has put where the last one was.
                Some(handoff) if handoff <= start => {}
                Some(handoff) => break Some(handoff),
                None => match self.settings.handoffs(self.first, self.period) {
                    Some(handoffs) => {
                        self.ready = handoffs;
                        self.ready.reverse();
                        self.period += i64::from(self.settings.multiplier.max(1));
                    }
                    None => break None,
                },
            }
        };
        let turn = Turn { number: self.number, start, end };
        self.number += 1;
        self.begun = end.unwrap_or(Timestamp(i64::MAX));
        (start.0 != i64::MAX).then_some(turn)
    }
}
