//! Every row of `calendar-vectors.json`: facts computed by independent programs (its `about` says which).

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use reeve_icalendar::{Calendar, State, state_at};
use reeve_types::Timestamp;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("calendar-vectors.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn calendars() -> BTreeMap<String, Calendar> {
    let vectors = vectors();
    let all = vectors["calendars"].as_object().unwrap().iter();
    all.map(|(name, content)| {
        let parsed = Calendar::parse(text(content)).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name.clone(), parsed)
    })
    .collect()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

#[test]
fn all_instants() {
    let (vectors, calendars) = (vectors(), calendars());
    let rows = vectors["rows"].as_array().unwrap();
    let mut wrong = Vec::new();
    for row in rows {
        let named = row["calendars"].as_array().unwrap().iter().map(|name| &calendars[text(name)]);
        let found = state_at(&named.collect::<Vec<_>>(), at(text(&row["at_utc"]))).unwrap();
        let expected = State { is_open: row["state"] == "OPEN", next: row["next"].as_str().map(at) };
        if found != expected {
            wrong.push(format!("{} {}: {found:?}, not {expected:?}", row["id"], row["why"]));
        }
    }
    assert_eq!(rows.len(), 83);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_spellings() {
    let vectors = vectors();
    let spellings = vectors["spellings"].as_object().unwrap();
    assert_eq!(spellings.len(), 10);
    for (name, content) in spellings {
        let calendar = Calendar::parse(text(content)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = state_at(&[&calendar], at("2026-11-28T00:00:00Z")).unwrap();
        assert_eq!(found, State { is_open: false, next: Some(at("2026-11-30T06:00:00Z")) }, "{name}");
    }
}

#[test]
fn what_is_refused_names_its_property_and_its_line() {
    let vectors = vectors();
    for row in vectors["refused"].as_array().unwrap() {
        let refused = Calendar::parse(text(&row["content"])).err().unwrap_or_else(|| panic!("{}", row["id"]));
        let said = refused.to_string();
        assert!(said.contains(text(&row["names"])) && said.starts_with("line "), "{}: {said}", row["id"]);
    }
}

fn event(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nX-CALENDAR-TYPE:DEFAULT_OPEN\r\nBEGIN:VEVENT\r\nUID:u\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn a_text_that_takes_too_much_work_says_so_in_time() {
    let rules = [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;INTERVAL=2;BYSETPOS=1",
        "FREQ=SECONDLY;COUNT=4000000000",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    ];
    for rule in rules {
        let one = event(&format!("DTSTART:19700101T000000Z\r\nDTEND:19700101T000001Z\r\nRRULE:{rule}"));
        let calendar = Calendar::parse(&one).unwrap();
        let begun = Instant::now();
        let _ = state_at(&[&calendar], at("2026-06-01T00:00:00Z"));
        // It ends by its bound on work: a figure it is not, in an unoptimized build beside others.
        assert!(begun.elapsed() < Duration::from_secs(3), "{rule} took {:?}", begun.elapsed());
    }
}

#[test]
fn an_all_day_event_of_a_series_is_left_out_by_a_time_as_well() {
    let series = event("DTSTART;VALUE=DATE:20260601\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20260602T000000Z");
    let calendar = Calendar::parse(&series).unwrap();
    let found = state_at(&[&calendar], at("2026-06-01T12:00:00Z")).unwrap();
    assert_eq!(found, State { is_open: false, next: Some(at("2026-06-02T00:00:00Z")) });
    assert!(state_at(&[&calendar], at("2026-06-02T12:00:00Z")).unwrap().is_open);
}

#[test]
fn a_description_is_read_without_its_escapes() {
    let text =
        "BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nX-WR-CALDESC:Fro\n zen\\, for now\nEND:VCALENDAR\n";
    assert_eq!(Calendar::parse(text).unwrap().description(), "Frozen, for now");
}

proptest! {
    /// Whatever stands in it: no text makes it panic, and the next transition is one.
    #[test]
    fn no_text_makes_it_panic(lines in prop::collection::vec("(DTSTART|DTEND|RRULE|EXDATE|RDATE|DURATION|BEGIN|END|TZID|X-WR-TIMEZONE)[;:=A-Z0-9,/-]{0,24}", 0..8)) {
        let whole = event(&lines.join("\r\n"));
        if let Ok(calendar) = Calendar::parse(&whole) {
            let _ = state_at(&[&calendar], Timestamp(1_780_000_000_000));
        }
    }

    /// The state is other at the next transition, and the same just before it.
    #[test]
    fn the_next_transition_is_one(
        frequency in prop::sample::select(vec!["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in 1..5u32,
        hours in 1..40u32,
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
        after in 0..63_072_000_000i64,
    ) {
        let lines = format!("DTSTART;TZID={zone}:20260105T013000\r\nDURATION:PT{hours}H\r\nRRULE:FREQ={frequency};INTERVAL={interval}");
        let calendar = Calendar::parse(&event(&lines)).unwrap();
        let now = Timestamp(1_767_225_600_000 + after);
        let found = state_at(&[&calendar], now).unwrap();
        if let Some(next) = found.next {
            prop_assert!(next > now);
            prop_assert_eq!(state_at(&[&calendar], next).unwrap().is_open, !found.is_open);
            prop_assert_eq!(state_at(&[&calendar], Timestamp(next.0 - 1)).unwrap().is_open, found.is_open);
        }
    }
}
