//! The schedules of rules, in UTC, and the event that their targets are given.

use super::wish::rule_arn;
use reeve_schedules::{Expression, Schedule};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// An instant that is handled later than this is recorded as missed: a restart loses none, and after an outage nothing is
/// done at a time that nobody has asked for.
pub const MAX_LATE_MS: i64 = 15 * 60 * 1_000;

/// Of events that a schedule makes.
const SOURCE: &str = "aws.events";
const DETAIL_TYPE: &str = "Scheduled Event";

/// Reads a schedule whose times count from an instant.
///
/// # Errors
/// A sentence that names the parameter and says what is wrong with it.
pub fn schedule(text: &str, since: Timestamp) -> Result<Schedule, String> {
    let named = |error: &dyn std::fmt::Display| {
        format!("Parameter ScheduleExpression is not valid: {text:?}. {error}")
    };
    let expression = Expression::parse(text).map_err(|error| named(&error))?;
    expression.check_for_rule().map_err(|error| named(&error))?;
    Ok(Schedule::new(expression, since))
}

/// The event of an instant of a rule's schedule, as EventBridge makes it. It has the same id whoever makes it.
pub fn event(rule: &str, (account, region): (&str, &str), due: Timestamp) -> Value {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("rule/{rule}/{}", due.0).as_bytes());
    json!({
        "version": "0",
        "id": id,
        "detail-type": DETAIL_TYPE,
        "source": SOURCE,
        "account": account,
        "time": due.rfc3339(),
        "region": region,
        "resources": [rule_arn(rule, region, account)],
        "detail": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_schedule_of_a_rule_is_refused_by_the_parameters_name() {
        for good in
            ["rate(1 minute)", "rate(5 minutes)", "cron(0 10 * * ? *)", "cron(0/5 8-17 ? * MON-FRI *)"]
        {
            assert!(schedule(good, Timestamp(0)).is_ok(), "{good}");
        }
        for (wrong, part) in [
            ("rate(0 minutes)", "the least is 1"),
            ("rate(1 minutes)", "singular"),
            ("rate(5 minute)", "plural"),
            ("rate(5 seconds)", "minute(s), hour(s) and day(s)"),
            ("cron(0 10 * * * *)", "exactly one of them must be"),
            ("cron(0 10 * * ?)", "5 cron fields"),
            ("cron(0 0 10 * * ? *)", "without seconds"),
            ("at(2026-01-01T00:00:00)", "no at(time)"),
            ("every day", "none of cron(fields)"),
        ] {
            let refused = schedule(wrong, Timestamp(0)).unwrap_err();
            assert!(
                refused.starts_with("Parameter ScheduleExpression") && refused.contains(part),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_event_of_an_instant_is_the_same_whoever_makes_it() {
        let made = event("nightly", ("1", "r"), Timestamp(0));
        assert_eq!(made, event("nightly", ("1", "r"), Timestamp(0)));
        assert_ne!(made["id"], event("nightly", ("1", "r"), Timestamp(60_000))["id"]);
        assert_eq!(made["resources"], json!(["arn:aws:events:r:1:rule/nightly"]));
        assert_eq!((&made["time"], &made["detail"]), (&json!("1970-01-01T00:00:00.000Z"), &json!({})));
    }
}
