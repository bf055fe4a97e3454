//! Every row of `tests/cron-vectors.json`: facts computed by independent programs (its `about` says which).

use data_encoding::HEXLOWER;
use reeve_schedules::{Expression, Schedule};
use reeve_types::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

const VECTORS: &str = include_str!("../cron-vectors.json");

fn rows(table: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let rows = vectors[table].as_array().unwrap().clone();
    assert!(!rows.is_empty(), "{table}");
    rows
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} of {row}"))
}

fn instant(row: &Value, key: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text(row, key)).unwrap()
}

fn expected(row: &Value) -> Vec<Timestamp> {
    row["next"].as_array().unwrap().iter().map(|at| parse(at.as_str().unwrap())).collect()
}

fn parse(at: &str) -> Timestamp {
    Timestamp::parse_rfc3339(at).unwrap()
}

fn schedule(row: &Value, created: Timestamp) -> Schedule {
    let expression = Expression::parse(text(row, "expr")).unwrap_or_else(|why| panic!("{row}: {why}"));
    let schedule = Schedule::new(expression, created);
    match row["tz"].as_str() {
        Some(zone) => schedule.in_time_zone(zone).unwrap(),
        None => schedule,
    }
}

/// The instants that follow, as many as expected and one more, and the way back over them.
fn assert_instants(row: &Value, schedule: &Schedule, after: Timestamp, ends: bool) {
    let expected = expected(row);
    let mut found = Vec::new();
    let mut at = after;
    while let Some(next) = schedule.next_after(at).filter(|_| found.len() < expected.len()) {
        found.push(next);
        at = next;
    }
    assert_eq!(found, expected, "{row}");
    if ends {
        assert_eq!(schedule.next_after(at), None, "{row}");
    }
    for pair in expected.windows(2) {
        assert_eq!(schedule.previous_before(pair[1]), Some(pair[0]), "{row}");
    }
    if let Some(first) = expected.first() {
        assert_eq!(schedule.previous_before(*first).filter(|at| *at > after), None, "{row}");
    }
}

#[test]
fn given_a_cron_expression_when_asked_for_what_follows_then_the_known_instants_result() {
    for row in rows("cron") {
        let after = instant(&row, "after");
        let ends = row["ends"].as_bool().unwrap();
        // Created long before, and created just then.
        for created in [Timestamp(0), after] {
            assert_instants(&row, &schedule(&row, created), after, ends);
        }
    }
}

#[test]
fn given_an_offset_when_asked_for_what_follows_then_each_instant_is_moved() {
    for row in rows("offset") {
        let created = instant(&row, "created");
        let days = u32::try_from(row["offset_days"].as_u64().unwrap()).unwrap();
        let schedule = schedule(&row, created).with_offset(days).unwrap();
        assert_instants(&row, &schedule, created, false);
    }
}

#[test]
fn given_a_rate_when_asked_for_what_follows_then_it_counts_from_the_start() {
    for row in rows("rate") {
        let schedule = schedule(&row, instant(&row, "start"));
        assert_instants(&row, &schedule, instant(&row, "after"), false);
    }
}

#[test]
fn given_a_single_time_when_asked_for_what_follows_then_it_comes_once() {
    for row in rows("at") {
        assert_instants(&row, &schedule(&row, Timestamp(0)), instant(&row, "after"), true);
    }
}

#[test]
fn given_ten_years_when_listed_then_all_instants_are_the_known_ones_forwards_and_backwards() {
    for row in rows("decade") {
        let (after, before) = (instant(&row, "after"), instant(&row, "before"));
        let schedule = schedule(&row, Timestamp(0));
        let found: Vec<Timestamp> = schedule.between(after, before).collect();
        let shown: Vec<String> = found.iter().map(|at| at.rfc3339().replace(".000Z", "Z")).collect();
        assert_eq!(shown.len() as u64, row["count"].as_u64().unwrap(), "{row}");
        assert_eq!(shown.first().unwrap(), text(&row, "first"), "{row}");
        assert_eq!(shown.last().unwrap(), text(&row, "last"), "{row}");
        let sum = HEXLOWER.encode(&Sha256::digest(shown.join("\n").as_bytes()));
        assert_eq!(sum, text(&row, "sha256"), "{row}");
        let mut back = Vec::new();
        let mut at = before;
        while let Some(previous) = schedule.previous_before(at).filter(|at| *at > after) {
            back.push(previous);
            at = previous;
        }
        back.reverse();
        assert!(back == found, "backwards: {row}");
    }
}

/// Which part of a refused expression its error must name, by the reason that the table gives.
const NAMED: [(&str, &str); 37] = [
    ("? in neither day field", "day-of-month and day-of-week"),
    ("? in both day fields", "day-of-month and day-of-week"),
    ("a value in both day fields", "day-of-month and day-of-week"),
    // Neither day field is "?", which is found first.
    ("no such day", "day-of-month and day-of-week"),
    ("one word", "1 cron fields"),
    ("no such hour", "field hours of the schedule is \"dummy\""),
    ("minute 71", "field minutes of the schedule is \"71\", which holds 71"),
    ("hour 24", "field hours of the schedule is \"24\""),
    ("day 0", "field day-of-month of the schedule is \"0\""),
    ("day 32", "field day-of-month of the schedule is \"32\""),
    ("month 13", "field month of the schedule is \"13\""),
    ("day of the week 0: they run from 1 to 7", "field day-of-week of the schedule is \"0\""),
    ("day of the week 8", "field day-of-week of the schedule is \"8\""),
    ("a negative day of the week", "field day-of-week of the schedule is \"-1\""),
    ("no sixth Monday", "field day-of-week of the schedule is \"MON#6\""),
    ("only one # is allowed", "single #"),
    ("year before 1970", "field year of the schedule is \"1969\""),
    ("year after 2199", "field year of the schedule is \"2200\""),
    ("five fields", "5 cron fields"),
    ("eight fields", "8 cron fields"),
    ("no field", "0 cron fields"),
    ("no closing bracket", "none of cron(fields)"),
    ("no cron( )", "none of cron(fields)"),
    ("step 0", "has the step \"0\""),
    ("an empty part", "field minutes of the schedule is \"0,,5\", which has an empty part"),
    ("one takes the singular", "takes the singular"),
    ("more than one takes the plural", "take the plural"),
    ("zero", "the value 0"),
    ("negative", "not a positive whole number"),
    ("no whole number", "not a positive whole number"),
    ("no such unit", "none of minute(s)"),
    ("no unit", "not a value and a unit"),
    ("a blank instead of T", "yyyy-mm-ddThh:mm:ss"),
    ("month 13", "yyyy-mm-ddThh:mm:ss"),
    ("no such day", "yyyy-mm-ddThh:mm:ss"),
    ("no such form", "none of cron(fields)"),
    ("empty", "none of cron(fields)"),
];

#[test]
fn given_an_invalid_expression_when_read_then_the_error_names_what_is_wrong() {
    let rows = rows("invalid");
    assert_eq!(rows.len(), NAMED.len());
    for (row, (why, named)) in rows.iter().zip(NAMED) {
        assert_eq!(text(row, "why"), why);
        let error = Expression::parse(text(row, "expr")).err().unwrap_or_else(|| panic!("accepted: {row}"));
        assert!(error.to_string().contains(named), "{row}: {error}");
    }
}

#[test]
fn given_what_associations_cannot_have_when_checked_then_it_is_refused_for_them_alone() {
    let named = ["month", "month", "seconds", "every 30 minutes", "the step 3", "30 minutes", "31 days"];
    for (row, named) in rows("association_rejects").iter().zip(named) {
        let expression = Expression::parse(text(row, "expr")).unwrap();
        let error = expression.check_for_association().unwrap_err().to_string();
        assert!(error.contains(named), "{row}: {error}");
    }
    for good in [
        "cron(0/30 * * * ? *)",
        "cron(0 0/1 * * ? *)",
        "cron(0 0/2 * * ? *)",
        "cron(0 0/4 * * ? *)",
        "cron(0 0/8 * * ? *)",
        "cron(0 0/12 * * ? *)",
        "cron(15 13 ? * * *)",
        "cron(15 13 ? * MON *)",
        "cron(30 23 ? * TUE#3 *)",
        "cron(0 0 2 ? * SUN *)",
        "rate(30 minutes)",
        "rate(30 days)",
        "at(2026-07-07T15:55:00)",
    ] {
        assert_eq!(Expression::parse(good).unwrap().check_for_association(), Ok(()), "{good}");
    }
}

#[test]
fn given_more_wrong_texts_when_read_then_they_are_refused() {
    for (wrong, named) in [
        ("cron(0 9-8 * * ? *)", "runs backwards"),
        ("cron(0 0 ? * MON-XYZ *)", "\"XYZ\", no number and no name from SUN to SAT"),
        ("cron(0 0 1W,2 * ? *)", "day-of-month"),
        ("cron(0 0 32W * ? *)", "holds 32"),
        ("cron(0 0 ? * L,2 *)", "day-of-week"),
        ("cron(0 0/24 * * ? *)", "a step is a number from 1 to 23"),
        ("cron(0 99999 * * ? *)", "hours"),
        ("at(2026-7-7T15:55:00)", "yyyy-mm-ddThh:mm:ss"),
        ("at(2026-07-07T15:55:60)", "yyyy-mm-ddThh:mm:ss"),
        ("rate(9999999999 days)", "positive whole number"),
        ("rate(1 hour extra)", "a value and a unit"),
    ] {
        let error = Expression::parse(wrong).unwrap_err().to_string();
        assert!(error.contains(named), "{wrong}: {error}");
    }
    let long = format!("cron(0 0 {} * ? *)", vec!["1"; 200].join(","));
    assert!(Expression::parse(&long).unwrap_err().to_string().contains("at most 256"));
    let daily = || Schedule::new(Expression::parse("cron(0 0 * * ? *)").unwrap(), Timestamp(0));
    assert!(daily().in_time_zone("Europe/Nowhere").unwrap_err().to_string().contains("Europe/Nowhere"));
    assert!(daily().with_offset(7).unwrap_err().to_string().contains("7 days"));
    assert!(daily().with_offset(0).is_err());
    let rate = Schedule::new(Expression::parse("rate(1 day)").unwrap(), Timestamp(0));
    assert!(rate.with_offset(1).unwrap_err().to_string().contains("cron()"));
}

#[test]
fn given_an_expression_that_never_fires_when_asked_then_the_answer_is_none() {
    let now = parse("2026-01-01T00:00:00Z");
    for never in [
        "cron(0 0 30 2 ? *)",
        "cron(* * * 30 2 ? *)",
        "cron(0 0/1 31 4,6,9,11 ? *)",
        "cron(0 0 31W 2 ? *)",
        "cron(0 */2 29 2 ? 2027)",
        "cron(0 0 1 1 ? 2020)",
    ] {
        for zone in ["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"] {
            let created = parse("2024-01-01T00:00:00Z");
            let schedule =
                Schedule::new(Expression::parse(never).unwrap(), created).in_time_zone(zone).unwrap();
            assert_eq!(schedule.next_after(now), None, "{never} {zone}");
            assert_eq!(schedule.previous_before(now), None, "{never} {zone}");
            assert_eq!(schedule.with_offset(6).unwrap().next_after(now), None, "{never} {zone}");
        }
    }
    // Instants that no calendar knows.
    let daily = Schedule::new(Expression::parse("cron(0 0 * * ? *)").unwrap(), Timestamp(i64::MIN));
    assert_eq!(daily.next_after(Timestamp(i64::MAX)), None);
    assert_eq!(daily.previous_before(Timestamp(i64::MIN)), None);
    assert_eq!(daily.next_after(Timestamp(i64::MIN)), Some(Timestamp(0)));
    assert_eq!(daily.previous_before(Timestamp(i64::MAX)), Some(parse("2199-12-31T00:00:00Z")));
}

#[test]
fn given_a_day_that_a_zone_left_out_when_asked_then_it_fires_at_its_end() {
    // Samoa went over the date line: there is no 30 December 2011 in Apia.
    let expression = Expression::parse("cron(0 12 30 12 ? 2011)").unwrap();
    let schedule = Schedule::new(expression, Timestamp(0)).in_time_zone("Pacific/Apia").unwrap();
    assert_eq!(schedule.next_after(parse("2011-12-01T00:00:00Z")), Some(parse("2011-12-30T10:00:00Z")));
    let every = Expression::parse("cron(0 0/12 * * ? *)").unwrap();
    let schedule = Schedule::new(every, Timestamp(0)).in_time_zone("pacific/apia").unwrap();
    let found: Vec<Timestamp> =
        schedule.between(parse("2011-12-29T12:00:00Z"), parse("2011-12-31T00:00:00Z")).collect();
    assert_eq!(found, ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"].map(parse));
}
