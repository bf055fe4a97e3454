//! The instants of a rule: period after period, as its frequency has them.

use crate::{
    error::TooMuchWork,
    rule::{Day, Frequency, Rule},
};
use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, DateTime, Weekday},
};
use std::collections::VecDeque;

/// Behind this year nothing repeats.
const LAST_YEAR: i16 = 2_300;

/// The local times of a rule whose first is `first`, in their order; those before `from` may be left out, if the rule does not
/// count them. UNTIL is for whoever knows the zone.
pub(crate) fn starts(rule: &Rule, first: DateTime, from: Option<DateTime>, max_work: u32) -> Starts<'_> {
    let mut rule = Defaults {
        rule,
        months: rule.months.clone(),
        month_days: rule.month_days.clone(),
        days: rule.days.clone(),
    };
    let has_no_day = rule.rule.year_days.is_empty() && rule.month_days.is_empty() && rule.days.is_empty();
    match rule.rule.frequency {
        Frequency::Yearly if has_no_day && rule.rule.weeks.is_empty() => {
            if rule.months.is_empty() {
                rule.months.push(i64::from(first.month()));
            }
            rule.month_days.push(i64::from(first.day()));
        }
        Frequency::Monthly if has_no_day => rule.month_days.push(i64::from(first.day())),
        Frequency::Yearly | Frequency::Weekly if has_no_day => {
            rule.days.push(Day { nth: 0, weekday: first.weekday() });
        }
        _ => {}
    }
    let mut starts = Starts {
        rule,
        first,
        number: 0,
        found: VecDeque::new(),
        left: None,
        work: max_work,
        has_ended: false,
    };
    starts.left = starts.rule.rule.count;
    if let (Some(from), None) = (from, starts.left) {
        starts.number = starts.number_before(from);
    }
    starts
}

/// A rule with what its first instant adds to it.
struct Defaults<'a> {
    rule: &'a Rule,
    months: Vec<i64>,
    month_days: Vec<i64>,
    days: Vec<Day>,
}

/// See [`starts`].
pub(crate) struct Starts<'a> {
    rule: Defaults<'a>,
    first: DateTime,
    /// Of the period that is next.
    number: i64,
    found: VecDeque<DateTime>,
    /// So many instants are left, if they are counted.
    left: Option<u64>,
    /// As many days, or shorter periods, may still be looked at.
    work: u32,
    has_ended: bool,
}

impl Iterator for Starts<'_> {
    type Item = Result<DateTime, TooMuchWork>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.has_ended || self.left == Some(0) {
                return None;
            }
            if let Some(start) = self.found.pop_front() {
                if start < self.first {
                    continue;
                }
                self.left = self.left.map(|left| left - 1);
                return Some(Ok(start));
            }
            if self.work == 0 {
                self.has_ended = true;
                return Some(Err(TooMuchWork));
            }
            let Some(begin) = self.period(self.number).filter(|begin| begin.year() <= LAST_YEAR) else {
                self.has_ended = true;
                return None;
            };
            self.look_into(begin);
        }
    }
}

impl Starts<'_> {
    fn rule(&self) -> &Rule {
        self.rule.rule
    }

    /// The beginning of a period.
    fn period(&self, number: i64) -> Option<DateTime> {
        let steps = number.checked_mul(self.rule().interval)?;
        let day = self.first.date();
        let at = |date: Date| date.to_datetime(jiff::civil::Time::midnight());
        let time = self.first.time();
        Some(match self.rule().frequency {
            Frequency::Yearly => {
                let year = i16::try_from(i64::from(day.year()).checked_add(steps)?).ok()?;
                at(Date::new(year, 1, 1).ok()?)
            }
            Frequency::Monthly => {
                let months = i64::from(day.year()) * 12 + i64::from(day.month()) - 1 + steps;
                let year = i16::try_from(months.div_euclid(12)).ok()?;
                at(Date::new(year, i8::try_from(months.rem_euclid(12) + 1).ok()?, 1).ok()?)
            }
            Frequency::Weekly => {
                at(week_of(day, self.rule().week_start)?.checked_add(days(steps.checked_mul(7)?)?).ok()?)
            }
            Frequency::Daily => at(day.checked_add(days(steps)?).ok()?),
            Frequency::Hourly => {
                let hour = day.at(time.hour(), 0, 0, 0);
                hour.checked_add(SignedDuration::from_secs(steps.checked_mul(3_600)?)).ok()?
            }
            Frequency::Minutely => {
                let minute = day.at(time.hour(), time.minute(), 0, 0);
                minute.checked_add(SignedDuration::from_secs(steps.checked_mul(60)?)).ok()?
            }
            Frequency::Secondly => self.first.checked_add(SignedDuration::from_secs(steps)).ok()?,
        })
    }

    /// The number of a period that does not begin after a local time, and of the last such one or one of those before it.
    fn number_before(&self, at: DateTime) -> i64 {
        let seconds = at.duration_since(self.first).as_secs();
        let of_period: i64 = match self.rule().frequency {
            Frequency::Yearly => 366 * 86_400,
            Frequency::Monthly => 31 * 86_400,
            Frequency::Weekly => 7 * 86_400,
            Frequency::Daily => 86_400,
            Frequency::Hourly => 3_600,
            Frequency::Minutely => 60,
            Frequency::Secondly => 1,
        };
        (seconds / (of_period * self.rule().interval) - 2).max(0)
    }

    /// Finds the instants of the period that is next, and goes on to the one behind it.
    fn look_into(&mut self, begin: DateTime) {
        let date = begin.date();
        self.number += 1;
        match self.rule().frequency {
            Frequency::Yearly => {
                let year = date.year();
                let days = date.series(1.day()).take_while(|day| day.year() == year);
                self.on_days(days.collect());
            }
            Frequency::Monthly => {
                let month = date.month();
                let days = date.series(1.day()).take_while(|day| day.month() == month);
                self.on_days(days.collect());
            }
            Frequency::Weekly => self.on_days(date.series(1.day()).take(7).collect()),
            Frequency::Daily => self.on_days(vec![date]),
            Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => self.within_day(begin),
        }
    }

    /// The instants of some days.
    fn on_days(&mut self, days: Vec<Date>) {
        self.work = self.work.saturating_sub(u32::try_from(days.len()).unwrap_or(u32::MAX));
        let or =
            |given: &[i64], first: i8| if given.is_empty() { vec![i64::from(first)] } else { given.to_vec() };
        let rule = self.rule();
        let (hours, minutes) = (or(&rule.hours, self.first.hour()), or(&rule.minutes, self.first.minute()));
        let seconds = or(&rule.seconds, self.first.second());
        let mut found = Vec::new();
        for day in days.into_iter().filter(|day| self.has(*day)) {
            for hour in &hours {
                for minute in &minutes {
                    found.extend(seconds.iter().filter_map(|second| time(day, *hour, *minute, *second)));
                }
            }
        }
        self.work = self.work.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        self.keep(found);
    }

    /// The instants of an hour, a minute or a second. A day that is not meant is left out as a whole.
    fn within_day(&mut self, begin: DateTime) {
        self.work = self.work.saturating_sub(1);
        if !self.has(begin.date()) {
            let next = begin.date().tomorrow().map(|day| day.to_datetime(jiff::civil::Time::midnight()));
            let Ok(next) = next else {
                self.has_ended = true;
                return;
            };
            let to_it = self.number_before(next);
            self.number = self.number.max(to_it);
            return;
        }
        let rule = self.rule();
        let of = |given: &[i64], own: i8| given.is_empty() || given.contains(&i64::from(own));
        let or =
            |given: &[i64], first: i8| if given.is_empty() { vec![i64::from(first)] } else { given.to_vec() };
        let is_hour = rule.frequency == Frequency::Hourly;
        let is_second = rule.frequency == Frequency::Secondly;
        let is_met = of(&rule.hours, begin.hour())
            && (is_hour || of(&rule.minutes, begin.minute()))
            && (!is_second || of(&rule.seconds, begin.second()));
        if !is_met {
            return;
        }
        let minutes =
            if is_hour { or(&rule.minutes, self.first.minute()) } else { vec![i64::from(begin.minute())] };
        let seconds =
            if is_second { vec![i64::from(begin.second())] } else { or(&rule.seconds, self.first.second()) };
        let mut found = Vec::new();
        for minute in &minutes {
            let hour = i64::from(begin.hour());
            found.extend(seconds.iter().filter_map(|second| time(begin.date(), hour, *minute, *second)));
        }
        self.work = self.work.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        self.keep(found);
    }

    /// Keeps those that BYSETPOS names, or all.
    fn keep(&mut self, found: Vec<DateTime>) {
        let positions = &self.rule.rule.positions;
        if positions.is_empty() {
            self.found.extend(found);
            return;
        }
        let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let mut kept: Vec<DateTime> = positions
            .iter()
            .map(|position| if *position > 0 { position - 1 } else { count + position })
            .filter_map(|at| found.get(usize::try_from(at).ok()?).copied())
            .collect();
        kept.sort();
        kept.dedup();
        self.found.extend(kept);
    }

    /// Whether a day is one that the rule means.
    fn has(&self, day: Date) -> bool {
        let (rule, of) = (self.rule(), &self.rule);
        let in_year = i64::from(day.days_in_year());
        let meets = |given: &[i64], own: i64, count: i64| {
            given.is_empty() || given.iter().any(|n| *n == own || *n < 0 && count + n + 1 == own)
        };
        (of.months.is_empty() || of.months.contains(&i64::from(day.month())))
            && meets(&of.month_days, i64::from(day.day()), i64::from(day.days_in_month()))
            && meets(&rule.year_days, i64::from(day.day_of_year()), in_year)
            && self.is_in_week(day)
            && (of.days.is_empty() || of.days.iter().any(|one| self.is_weekday(day, *one)))
    }

    fn is_weekday(&self, day: Date, meant: Day) -> bool {
        if day.weekday() != meant.weekday {
            return false;
        }
        let of_year = self.rule().frequency == Frequency::Yearly && self.rule.months.is_empty();
        let (place, count) = match self.rule().frequency {
            _ if meant.nth == 0 => return true,
            Frequency::Yearly if of_year => (i64::from(day.day_of_year()), i64::from(day.days_in_year())),
            Frequency::Yearly | Frequency::Monthly => (i64::from(day.day()), i64::from(day.days_in_month())),
            // A number means nothing here.
            _ => return true,
        };
        match meant.nth > 0 {
            true => (place - 1) / 7 + 1 == meant.nth,
            false => -((count - place) / 7 + 1) == meant.nth,
        }
    }

    /// Whether a day lies in one of the weeks that BYWEEKNO names, of the year that has most of it.
    fn is_in_week(&self, day: Date) -> bool {
        let rule = self.rule();
        if rule.weeks.is_empty() {
            return true;
        }
        let first_of = |year: i16| week_of(Date::new(year, 1, 4).ok()?, rule.week_start);
        let is_of = |year: i16| {
            let (first, next) = (first_of(year)?, first_of(year.checked_add(1)?)?);
            let place = |to: Date| to.duration_since(first).as_hours() / (24 * 7);
            (first <= day && day < next).then(|| (place(day) + 1, place(next)))
        };
        let year = day.year();
        let found = [year - 1, year, year + 1].into_iter().find_map(is_of);
        found.is_some_and(|(own, count)| {
            rule.weeks.iter().any(|n| *n == own || *n < 0 && count + n + 1 == own)
        })
    }
}

fn days(count: i64) -> Option<jiff::Span> {
    jiff::Span::new().try_days(count).ok()
}

/// The first day of a day's week.
fn week_of(day: Date, week_start: Weekday) -> Option<Date> {
    let behind =
        i64::from(day.weekday().to_monday_zero_offset() - week_start.to_monday_zero_offset()).rem_euclid(7);
    day.checked_sub(days(behind)?).ok()
}

fn time(day: Date, hour: i64, minute: i64, second: i64) -> Option<DateTime> {
    let part = |n: i64| i8::try_from(n).ok();
    let time = jiff::civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?;
    Some(day.to_datetime(time))
}
