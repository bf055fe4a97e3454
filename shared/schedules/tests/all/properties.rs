//! What holds for every schedule.

use proptest::prelude::*;
use reeve_schedules::{Expression, Schedule};
use reeve_types::Timestamp;

fn part(low: u16, high: u16) -> impl Strategy<Value = String> {
    let value = low..=high;
    prop_oneof![
        3 => value.clone().prop_map(|a| a.to_string()),
        1 => Just("*".to_owned()),
        1 => (value.clone(), value.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (value.clone(), 1..=high.min(30)).prop_map(|(a, n)| format!("{a}/{n}")),
        1 => (1..=high.min(30)).prop_map(|n| format!("*/{n}")),
        1 => (value.clone(), value).prop_map(|(a, b)| format!("{a},{b}")),
    ]
}

fn days() -> impl Strategy<Value = (String, String)> {
    let of_month =
        prop_oneof![part(1, 31), Just("L".to_owned()), (1..=31u16).prop_map(|day| format!("{day}W"))];
    let of_week = prop_oneof![
        part(1, 7),
        Just("L".to_owned()),
        (1..=7u16).prop_map(|day| format!("{day}L")),
        (1..=7u16, 1..=5u16).prop_map(|(day, count)| format!("{day}#{count}")),
    ];
    prop_oneof![of_month.prop_map(|d| (d, "?".to_owned())), of_week.prop_map(|d| ("?".to_owned(), d))]
}

fn cron() -> impl Strategy<Value = String> {
    let year = prop_oneof![4 => Just("*".to_owned()), 1 => part(2024, 2030)];
    (part(0, 59), part(0, 23), days(), part(1, 12), year).prop_map(
        |(minute, hour, (dom, dow), month, year)| format!("cron({minute} {hour} {dom} {month} {dow} {year})"),
    )
}

fn expression() -> impl Strategy<Value = String> {
    let rate = (2..5000u32, prop::sample::select(vec!["minutes", "hours", "days"]))
        .prop_map(|(value, unit)| format!("rate({value} {unit})"));
    prop_oneof![8 => cron(), 1 => rate]
}

fn zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "UTC",
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "America/Santiago",
        "Pacific/Chatham",
        "Asia/Kathmandu",
        "Africa/Casablanca",
    ])
}

/// From 2024 to 2032, in milliseconds.
fn instant() -> impl Strategy<Value = Timestamp> {
    (1_704_067_200_000i64..1_956_528_000_000).prop_map(Timestamp)
}

fn schedule(text: &str, zone: &str, offset: u32) -> Schedule {
    let created = Timestamp(1_704_067_200_000);
    let schedule = Schedule::new(Expression::parse(text).unwrap(), created).in_time_zone(zone).unwrap();
    match offset {
        1..=6 if text.starts_with("cron") => schedule.with_offset(offset).unwrap(),
        _ => schedule,
    }
}

proptest! {
    #[test]
    fn next_and_previous_agree(text in expression(), zone in zone(), at in instant(), offset in 0..12u32) {
        let schedule = schedule(&text, zone, offset);
        if let Some(next) = schedule.next_after(at) {
            prop_assert!(next > at);
            prop_assert_eq!(schedule.previous_before(Timestamp(next.0 + 1)), Some(next));
            // Nothing lies between.
            prop_assert!(schedule.previous_before(next).is_none_or(|previous| previous <= at));
        }
        if let Some(previous) = schedule.previous_before(at) {
            prop_assert!(previous < at);
            prop_assert_eq!(schedule.next_after(Timestamp(previous.0 - 1)), Some(previous));
            prop_assert!(schedule.next_after(previous).is_none_or(|next| next >= at));
        }
    }

    #[test]
    fn between_is_next_again_and_again(text in expression(), zone in zone(), at in instant(), offset in 0..12u32) {
        let schedule = schedule(&text, zone, offset);
        let listed: Vec<Timestamp> = schedule.between(at, Timestamp(i64::MAX)).take(20).collect();
        let mut after = at;
        for found in &listed {
            prop_assert_eq!(schedule.next_after(after), Some(*found));
            after = *found;
        }
        if listed.len() < 20 {
            prop_assert_eq!(schedule.next_after(after), None);
        }
        if let Some(last) = listed.last() {
            let shorter = schedule.between(at, *last).count();
            prop_assert_eq!(shorter, listed.len() - 1);
        }
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), fields in "[0-9A-Z?*#/,LW -]{0,40}") {
        let _ = Expression::parse(&text);
        for form in ["cron", "rate", "at"] {
            if let Ok(expression) = Expression::parse(&format!("{form}({fields})")) {
                let schedule = Schedule::new(expression, Timestamp(0));
                let _ = schedule.next_after(Timestamp(1_704_067_200_000));
                let _ = schedule.previous_before(Timestamp(1_704_067_200_000));
            }
        }
    }
}
