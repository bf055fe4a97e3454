//! Rotations: worked examples, cases from public reports, and every zone of the database against a walk that knows only what
//! the clock shows at an instant.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::{
    Timestamp as Instant, ToSpan,
    civil::{Date, DateTime},
    tz::{TimeZone, TimeZoneDatabase},
};
use proptest::{prelude::*, strategy::ValueTree};
use reeve_rotations::{
    Coverage, Error, Override, Recurrence, Rotation, Settings, Shift, TimeOfDay, Version, Zone,
};
use reeve_types::Timestamp;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<Instant>().unwrap().as_millisecond())
}

fn written(at: Timestamp) -> String {
    Instant::from_millisecond(at.0).unwrap().strftime("%Y-%m-%dT%H:%MZ").to_string()
}

const fn time(hour: u8, minute: u8) -> TimeOfDay {
    TimeOfDay { hour, minute }
}

fn settings(zone: &str, start: &str, recurrence: Recurrence) -> Settings {
    Settings {
        members: vec!["A".to_owned(), "B".to_owned()],
        start: at(start),
        zone: Zone::named(zone).unwrap(),
        on_calls: 1,
        multiplier: 1,
        recurrence,
        coverage: None,
    }
}

/// Shifts as `members start end`.
fn told(shifts: &[Shift]) -> Vec<String> {
    let each = shifts.iter().map(|shift| {
        let members = shift.members.join("+");
        let over = shift.overridden.as_ref().map(|over| format!(" instead of {}", over.join("+")));
        format!("{members} {} {}{}", written(shift.start), written(shift.end), over.unwrap_or_default())
    });
    each.collect()
}

fn shifts(settings: Settings, to: &str, limit: usize) -> Vec<String> {
    let from = settings.start;
    told(&Rotation::of(settings, Vec::new()).shifts(from, at(to), limit))
}

const MONDAY_NINE: [(u8, TimeOfDay); 1] = [(0, time(9, 0))];

#[test]
fn case_30_a_week_over_both_clock_changes() {
    let weekly = || Recurrence::Weekly(MONDAY_NINE.to_vec());
    let autumn = settings("America/Chicago", "2024-10-28T14:00:00Z", weekly());
    assert_eq!(
        shifts(autumn, "2024-11-12T00:00:00Z", 2),
        ["A 2024-10-28T14:00Z 2024-11-04T15:00Z", "B 2024-11-04T15:00Z 2024-11-11T15:00Z"]
    );
    let spring = settings("America/Chicago", "2025-03-03T15:00:00Z", weekly());
    assert_eq!(shifts(spring, "2025-03-04T00:00:00Z", 5), ["A 2025-03-03T15:00Z 2025-03-10T14:00Z"]);
}

#[test]
fn case_31_half_past_eight_in_summer_and_winter() {
    let mut daily = settings("Europe/London", "2023-10-28T07:30:00Z", Recurrence::Daily(vec![time(8, 30)]));
    daily.coverage = Some(Box::new(std::array::from_fn(|_| vec![(time(8, 30), time(17, 30))])));
    assert_eq!(
        shifts(daily, "2023-10-30T00:00:00Z", 5),
        ["A 2023-10-28T07:30Z 2023-10-28T16:30Z", "B 2023-10-29T08:30Z 2023-10-29T17:30Z"]
    );
    for zone in ["PST", "+02:00", "Europe/Pariss", ""] {
        assert_eq!(Zone::named(zone), Err(Error::Zone(zone.to_owned())));
    }
}

#[test]
fn case_33_turns_of_days_that_are_not_covered_pass_unused() {
    // 2024-01-01 is a Monday.
    let mut daily = settings("Europe/Paris", "2023-12-31T23:00:00Z", Recurrence::Daily(vec![time(0, 0)]));
    let whole_day = vec![(time(0, 0), time(0, 0))];
    let days = |day: usize| if day < 5 { whole_day.clone() } else { Vec::new() };
    daily.coverage = Some(Box::new(std::array::from_fn(days)));
    let found = shifts(daily, "2024-01-08T22:59:00Z", 20);
    let who: String = found.iter().filter_map(|shift| shift.chars().next()).collect();
    assert_eq!(who, "ABABAB", "Monday to Friday, and B on the next Monday: {found:?}");
    assert_eq!(found[5], "B 2024-01-07T23:00Z 2024-01-08T23:00Z");
}

#[test]
fn case_37_an_override_is_two_instants_and_24_hours_are_24_hours() {
    let weekly =
        settings("America/New_York", "2025-03-03T14:00:00Z", Recurrence::Weekly(MONDAY_NINE.to_vec()));
    let over = Override {
        members: vec!["B".to_owned()],
        start: at("2025-03-08T17:00:00Z"),
        end: at("2025-03-09T17:00:00Z"),
        created: Timestamp(0),
        deleted: None,
    };
    let rotation = Rotation::of(weekly, vec![over]);
    assert_eq!(
        told(&rotation.shifts(at("2025-03-03T14:00:00Z"), at("2025-03-10T00:00:00Z"), 9)),
        [
            "A 2025-03-03T14:00Z 2025-03-08T17:00Z",
            "B 2025-03-08T17:00Z 2025-03-09T17:00Z instead of A",
            "A 2025-03-09T17:00Z 2025-03-10T13:00Z",
        ]
    );
}

/// The starts of the turns after the first one.
fn handoffs(settings: Settings, to: &str) -> Vec<String> {
    let from = settings.start;
    let found = Rotation::of(settings, Vec::new()).shifts(from, at(to), 1_000);
    found.iter().skip(1).map(|shift| written(shift.start)).collect()
}

#[test]
fn hand_offs_fall_as_the_reference_works_them_out() {
    let half_past_one = || Recurrence::Daily(vec![time(1, 30)]);
    let spring = settings("Europe/London", "2026-03-27T12:00:00Z", half_past_one());
    assert_eq!(
        handoffs(spring, "2026-03-30T12:00:00Z"),
        ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]
    );
    let autumn = settings("Europe/London", "2026-10-24T12:00:00Z", half_past_one());
    assert_eq!(handoffs(autumn, "2026-10-26T00:00:00Z"), ["2026-10-25T00:30Z"]);
    let monthly = Recurrence::Monthly(vec![(30, time(8, 0))]);
    let tokyo = settings("Asia/Tokyo", "2026-01-15T00:00:00Z", monthly);
    assert_eq!(
        handoffs(tokyo, "2026-04-01T00:00:00Z"),
        ["2026-01-29T23:00Z", "2026-02-27T23:00Z", "2026-03-29T23:00Z"]
    );
    // Every other week after that of the start, which is a Wednesday: the Monday after next.
    let mut weekly = settings("UTC", "2024-01-03T10:00:00Z", Recurrence::Weekly(MONDAY_NINE.to_vec()));
    weekly.multiplier = 2;
    assert_eq!(handoffs(weekly, "2024-02-01T00:00:00Z"), ["2024-01-15T09:00Z", "2024-01-29T09:00Z"]);
    let each = vec![(2, time(4, 25)), (4, time(15, 57))];
    let several = settings("UTC", "2024-01-01T00:00:00Z", Recurrence::Weekly(each));
    assert_eq!(
        handoffs(several, "2024-01-11T00:00:00Z"),
        ["2024-01-03T04:25Z", "2024-01-05T15:57Z", "2024-01-10T04:25Z"]
    );
}

#[test]
fn several_are_on_call_at_once_and_go_around() {
    let mut daily = settings("UTC", "2024-01-01T00:00:00Z", Recurrence::Daily(vec![time(0, 0)]));
    daily.members = ["A", "B", "C"].map(str::to_owned).to_vec();
    daily.on_calls = 2;
    let found = shifts(daily, "2024-01-04T00:00:00Z", 9);
    let who: Vec<_> = found.iter().map(|shift| &shift[..3]).collect();
    assert_eq!(who, ["A+B", "C+A", "B+C"]);
}

#[test]
fn what_was_before_a_change_stays_as_it_was() {
    let first = settings("UTC", "2024-01-01T00:00:00Z", Recurrence::Daily(vec![time(0, 0)]));
    let mut second = first.clone();
    second.members = vec!["C".to_owned()];
    let over = |created: &str, deleted: Option<&str>| Override {
        members: Vec::new(),
        start: at("2024-01-02T06:00:00Z"),
        end: at("2024-01-02T18:00:00Z"),
        created: at(created),
        deleted: deleted.map(at),
    };
    let version = |from: &str, settings: Option<Settings>| Version { from: at(from), settings };
    let rotation = Rotation {
        versions: vec![
            version("2024-01-01T00:00:00Z", Some(first)),
            version("2024-01-03T12:00:00Z", Some(second)),
            version("2024-01-04T12:00:00Z", None),
        ],
        overrides: vec![over("2024-01-02T08:00:00Z", Some("2024-01-02T10:00:00Z"))],
    };
    assert_eq!(
        told(&rotation.shifts(at("2024-01-02T00:00:00Z"), at("2025-01-01T00:00:00Z"), 99)),
        [
            "B 2024-01-02T00:00Z 2024-01-02T08:00Z",
            " 2024-01-02T08:00Z 2024-01-02T10:00Z instead of B",
            "B 2024-01-02T10:00Z 2024-01-03T00:00Z",
            "A 2024-01-03T00:00Z 2024-01-03T12:00Z",
            "C 2024-01-03T12:00Z 2024-01-04T00:00Z",
            "C 2024-01-04T00:00Z 2024-01-04T12:00Z",
        ]
    );
    assert_eq!(rotation.at(at("2024-01-04T12:00:00Z")), None);
    assert_eq!(rotation.at(at("2024-01-02T09:00:00Z")).unwrap().members, [""; 0]);
}

#[test]
fn settings_that_make_no_rotation_are_refused() {
    let daily = || settings("UTC", "2024-01-01T00:00:00Z", Recurrence::Daily(vec![time(0, 0)]));
    type Breaking = fn(&mut Settings);
    let table: [(&str, Breaking); 9] = [
        ("member", |s| s.members.clear()),
        ("NumberOfOnCalls is 3", |s| s.on_calls = 3),
        ("NumberOfOnCalls is 0", |s| s.on_calls = 0),
        ("RecurrenceMultiplier is 101", |s| s.multiplier = 101),
        ("0 hand-off times", |s| s.recurrence = Recurrence::Daily(vec![])),
        ("24:00", |s| s.recurrence = Recurrence::Daily(vec![time(24, 0)])),
        ("32", |s| s.recurrence = Recurrence::Monthly(vec![(32, time(0, 0))])),
        ("no time at all", |s| s.coverage = Some(Box::default())),
        ("less than 30 minutes", |s| {
            let mut coverage = Coverage::default();
            coverage[3].push((time(23, 50), time(0, 10)));
            s.coverage = Some(Box::new(coverage));
        }),
    ];
    assert_eq!(daily().check(), Ok(()));
    for (says, break_it) in table {
        let mut broken = daily();
        break_it(&mut broken);
        let said = broken.check().unwrap_err().to_string();
        assert!(said.contains(says), "{said}");
    }
}

/// A walk from the start to the end, by what the clock shows at instants: it never asks which instant a local time is.
struct Walk {
    zone: TimeZone,
    settings: Settings,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl Walk {
    fn local(&self, at: i64) -> DateTime {
        self.zone.to_datetime(Instant::from_millisecond(at).unwrap())
    }

    /// Whether a hand-off falls on a minute that the wall shows.
    fn is_handoff(&self, wall: DateTime) -> bool {
        let now = time(wall.hour() as u8, wall.minute() as u8);
        let first = self.local(self.settings.start.0).date();
        let every = i64::from(self.settings.multiplier);
        let monday =
            |date: Date| date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap();
        let days = |from: Date, to: Date| i64::from((to - from).get_days());
        match &self.settings.recurrence {
            Recurrence::Daily(times) => times.contains(&now) && days(first, wall.date()) % every == 0,
            Recurrence::Weekly(each) => {
                let weeks = days(monday(first), monday(wall.date())) / 7;
                let day = wall.weekday().to_monday_zero_offset() as u8;
                weeks % every == 0 && each.contains(&(day, now))
            }
            Recurrence::Monthly(each) => {
                let of = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
                let last = wall.days_in_month() as u8;
                let is_it = |(day, at): &(u8, TimeOfDay)| (*day).min(last) == wall.day() as u8 && *at == now;
                (of(wall.date()) - of(first)) % every == 0 && each.iter().any(is_it)
            }
        }
    }

    /// The hand-offs of a piece of the wall's time that passes without a jump.
    fn handoffs_on_the_wall(&self, mut wall: DateTime, end: DateTime) -> Vec<DateTime> {
        let mut found = Vec::new();
        // Only minutes that some setting has are looked at.
        let mut minutes: Vec<TimeOfDay> = match &self.settings.recurrence {
            Recurrence::Daily(times) => times.clone(),
            Recurrence::Weekly(each) | Recurrence::Monthly(each) => each.iter().map(|e| e.1).collect(),
        };
        minutes.sort();
        minutes.dedup();
        let begin = wall;
        while wall.date() <= end.date() {
            for minute in &minutes {
                let on = wall.date().at(minute.hour as i8, minute.minute as i8, 0, 0);
                if on >= begin && on < end && self.is_handoff(on) {
                    found.push(on);
                }
            }
            wall = wall.date().tomorrow().unwrap().at(0, 0, 0, 0);
        }
        found
    }

    /// All hand-offs after the start and before the end.
    fn handoffs(&self, end: i64) -> Vec<i64> {
        let mut found = Vec::new();
        let mut at = self.settings.start.0;
        // The latest that the wall has shown: what it shows again is no hand-off.
        let mut shown = self.local(at);
        while at < end {
            let offset = |at: i64| self.zone.to_offset(Instant::from_millisecond(at).unwrap());
            let mut step = 24 * HOUR_MS;
            while step > MINUTE_MS / 60 && offset(at) != offset(at + step) {
                step = if step > HOUR_MS {
                    HOUR_MS
                } else if step > MINUTE_MS {
                    MINUTE_MS
                } else {
                    1_000
                };
            }
            let (begin, until) = (self.local(at), self.local(at + step));
            if offset(at) == offset(at + step) {
                for wall in self.handoffs_on_the_wall(begin.max(shown), until) {
                    let passed = wall.duration_since(begin).as_millis() as i64;
                    found.push(at + passed);
                }
            } else {
                // Within this second the clock jumps: what it skips falls on the instant after.
                let last = begin.checked_add(1.second()).unwrap();
                if !self.handoffs_on_the_wall(begin.max(shown), last).is_empty() {
                    found.push(at);
                }
                if until > last && !self.handoffs_on_the_wall(last.max(shown), until).is_empty() {
                    found.push(at + step);
                }
            }
            shown = shown.max(until);
            at += step;
        }
        found.retain(|handoff| *handoff > self.settings.start.0 && *handoff < end);
        found.dedup();
        found
    }
}

fn recurrences() -> impl Strategy<Value = Recurrence> {
    // Clocks change at night: most of the times are there.
    let a_time = prop_oneof![(0u8..4, 0u8..60), (0u8..24, prop::sample::select(vec![0u8, 30, 59]))];
    let a_time = a_time.prop_map(|(hour, minute)| time(hour, minute));
    prop_oneof![
        prop::collection::vec(a_time.clone(), 1..3).prop_map(Recurrence::Daily),
        prop::collection::vec((0u8..7, a_time.clone()), 1..4).prop_map(Recurrence::Weekly),
        prop::collection::vec((1u8..=31, a_time), 1..4).prop_map(Recurrence::Monthly),
    ]
}

/// Compares turns with the walk over 20 years, and finds neither a gap nor an overlap.
fn agrees(name: &str, start: i64, multiplier: u32, recurrence: Recurrence) {
    let zone = TimeZoneDatabase::bundled().get(name).unwrap();
    let settings = Settings {
        members: ["A", "B", "C"].map(str::to_owned).to_vec(),
        start: Timestamp(start),
        zone: Zone::named(name).unwrap(),
        on_calls: 1,
        multiplier,
        recurrence,
        coverage: None,
    };
    let end = start + 20 * 366 * 24 * HOUR_MS;
    let walk = Walk { zone, settings: settings.clone() };
    let expected = walk.handoffs(end);
    let rotation = Rotation::of(settings.clone(), Vec::new());
    let found = rotation.shifts(Timestamp(start), Timestamp(end), usize::MAX);
    let starts: Vec<i64> = found.iter().skip(1).map(|shift| shift.start.0).collect();
    let first_other = starts.iter().zip(&expected).find(|(a, b)| a != b);
    let first_other = first_other.map(|(a, b)| (written(Timestamp(*a)), written(Timestamp(*b))));
    assert_eq!(first_other, None, "{name} {settings:?}");
    assert_eq!(starts.len(), expected.len(), "{name} {settings:?}");
    for (turn, (shift, next)) in found.iter().zip(found.iter().skip(1)).enumerate() {
        assert_eq!(shift.end, next.start, "{name}");
        assert_eq!(shift.members, [["A", "B", "C"][turn % 3]], "{name}");
    }
}

/// A strategy's values, the same at each run.
fn some_of<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn turns_of_every_zone_agree_with_a_walk_over_twenty_years() {
    let zones: Vec<String> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    assert!(zones.len() > 500, "{}", zones.len());
    // From 2006 on: the dateline's move in Samoa is among them.
    let starts = at("2006-01-01T00:00:00Z").0 / MINUTE_MS..at("2008-01-01T00:00:00Z").0 / MINUTE_MS;
    let each = some_of((starts, 1u32..5, recurrences()), zones.len());
    for (zone, (start, multiplier, recurrence)) in zones.iter().zip(each) {
        agrees(zone, start * MINUTE_MS, multiplier, recurrence);
    }
}

#[test]
fn turns_over_unusual_clock_changes_agree_with_a_walk() {
    // Half an hour, midnight, a day that was left out, twice a year around Ramadan, two hours.
    let unusual =
        ["Australia/Lord_Howe", "America/Asuncion", "Pacific/Apia", "Africa/Casablanca", "Antarctica/Troll"];
    let each = some_of((0i64..1_000_000, 1u32..4, recurrences()), 60);
    for (n, (minutes, multiplier, recurrence)) in each.into_iter().enumerate() {
        let start = at("2006-01-01T00:00:00Z").0 + minutes * MINUTE_MS;
        agrees(unusual[n % unusual.len()], start, multiplier, recurrence);
    }
}
