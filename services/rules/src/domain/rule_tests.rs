use super::*;
use reeve_testkit::{context, given};

fn put(pattern: &str, enabled: bool) -> RulePut {
    RulePut { name: "r".into(), event_pattern: pattern.into(), enabled, ..RulePut::default() }
}

fn target(id: &str) -> Target {
    let arn = "arn:aws:ssm:eu-west-1:123456789012:opsitem".to_owned();
    Target { id: id.into(), arn, principal: "ada".into(), ..Target::default() }
}

fn targets(ids: &[&str]) -> Command {
    Command::PutTargets { name: "r".into(), targets: ids.iter().map(|id| target(id)).collect() }
}

fn targets_put(ids: &[&str]) -> RuleEvent {
    let targets = ids.iter().map(|id| target(id)).collect();
    RuleEvent::TargetsPut(TargetsPut { name: "r".into(), targets })
}

const PATTERN: &str = r#"{"source":["x"]}"#;

#[test]
fn a_rule_is_put_once_and_again_when_it_differs() {
    let event = RuleEvent::RulePut(put(PATTERN, true));
    given::<Rule>([]).when(Command::Put(put(PATTERN, true))).then(event.clone());
    given::<Rule>([event.clone()]).when(Command::Put(put(PATTERN, true))).then_nothing();
    let disabled = put(PATTERN, false);
    given::<Rule>([event.clone()]).when(Command::Put(disabled.clone())).then(RuleEvent::RulePut(disabled));
    let refused = Error::Pattern(Refused("Empty arrays are not allowed".into()));
    given::<Rule>([event]).when(Command::Put(put(r#"{"source":[]}"#, true))).then_refused(refused);
}

#[test]
fn a_rule_with_targets_is_not_deleted_and_one_that_is_not_there_is_gone() {
    let made = || RuleEvent::RulePut(put(PATTERN, true));
    let delete = || Command::Delete { name: "r".into() };
    given::<Rule>([made(), targets_put(&["t"])]).when(delete()).then_refused(Error::HasTargets);
    let deleted = RuleEvent::RuleDeleted(RuleDeleted { name: "r".into() });
    given::<Rule>([made()]).when(delete()).then(deleted.clone());
    given::<Rule>([made(), deleted]).when(delete()).then_nothing();
}

#[test]
fn targets_are_replaced_by_id_and_limited() {
    let made = || RuleEvent::RulePut(put(PATTERN, true));
    given::<Rule>([]).when(targets(&["t"])).then_refused(Error::Unknown("r".into()));
    given::<Rule>([made()]).when(targets(&["t"])).then(targets_put(&["t"]));
    given::<Rule>([made(), targets_put(&["t"])]).when(targets(&["t"])).then_nothing();
    given::<Rule>([made(), targets_put(&["a", "b", "c", "d", "e"])])
        .when(targets(&["f"]))
        .then_refused(Error::TooManyTargets);
    let remove = Command::RemoveTargets { name: "r".into(), ids: vec!["b".into(), "x".into()] };
    let removed = RuleEvent::TargetsRemoved(TargetsRemoved { name: "r".into(), ids: vec!["b".into()] });
    given::<Rule>([made(), targets_put(&["a", "b"])]).when(remove).then(removed);
}

#[test]
fn default_rules_are_switched_and_nothing_else() {
    let name = || "reeve.alerts".to_owned();
    let disabled = RuleEvent::RuleDisabled(RuleDisabled { name: name() });
    given::<Rule>([]).when(Command::Disable { name: name() }).then(disabled.clone());
    let enabled = RuleEvent::RuleEnabled(RuleEnabled { name: name(), next_ms: 0 });
    given::<Rule>([disabled]).when(Command::Enable { name: name() }).then(enabled);
    given::<Rule>([]).when(Command::Delete { name: name() }).then_refused(Error::Managed(name()));
    let put = RulePut { name: name(), ..put(PATTERN, true) };
    given::<Rule>([]).when(Command::Put(put)).then_refused(Error::Reserved(name()));
    let unknown = Error::Unknown("other".into());
    given::<Rule>([]).when(Command::Disable { name: "other".into() }).then_refused(unknown);
}

const MINUTE_MS: i64 = 60_000;

fn now() -> i64 {
    context().now.0
}

fn later(ms: i64) -> Context {
    Context { now: Timestamp(now() + ms), ..context() }
}

/// A rule that fires every five minutes, as it is asked for.
fn scheduled(description: &str) -> RulePut {
    let schedule_expression = "rate(5 minutes)".to_owned();
    RulePut { schedule_expression, description: description.to_owned(), ..put("", true) }
}

/// As it is put at the beginning of the test.
fn was_scheduled() -> RuleEvent {
    let (since_ms, next_ms) = (now(), now() + 5 * MINUTE_MS);
    RuleEvent::RulePut(RulePut { since_ms, next_ms, ..scheduled("") })
}

fn fire(due_ms: i64) -> Command {
    Command::Fire { name: "r".into(), due_ms }
}

fn fired(due_ms: i64, fired_ms: i64, next_ms: i64) -> RuleEvent {
    RuleEvent::RuleFired(RuleFired { name: "r".into(), due_ms, fired_ms, next_ms })
}

#[test]
fn an_instant_fires_once_and_the_next_one_is_due() {
    let due = now() + 5 * MINUTE_MS;
    given::<Rule>([]).when(Command::Put(scheduled(""))).then(was_scheduled());
    let first = fired(due, due + 7, due + 5 * MINUTE_MS);
    given::<Rule>([was_scheduled()]).when_in(fire(due), &later(5 * MINUTE_MS + 7)).then(first.clone());
    given::<Rule>([was_scheduled(), first.clone()])
        .when_in(fire(due), &later(5 * MINUTE_MS + 9))
        .then_nothing();
    given::<Rule>([was_scheduled()]).when(fire(due + 1)).then_nothing();
    // Another replica's clock is behind: the instant that has fired is not due again.
    given::<Rule>([was_scheduled()]).when_in(fire(due), &later(0)).then(fired(
        due,
        now(),
        due + 5 * MINUTE_MS,
    ));
    // What is changed of it moves no instant, also none that is due and has not fired yet.
    let described = RulePut { since_ms: now(), next_ms: due, ..scheduled("late") };
    given::<Rule>([was_scheduled()])
        .when_in(Command::Put(scheduled("late")), &later(6 * MINUTE_MS))
        .then(RuleEvent::RulePut(described));
    let renamed = RulePut { since_ms: now(), next_ms: due + 5 * MINUTE_MS, ..scheduled("every five") };
    given::<Rule>([was_scheduled(), first])
        .when_in(Command::Put(scheduled("every five")), &later(6 * MINUTE_MS))
        .then(RuleEvent::RulePut(renamed));
}

#[test]
fn after_an_outage_one_instant_fires_late_and_older_ones_are_said_to_be_missed() {
    let due = now() + 5 * MINUTE_MS;
    let late = 5 * MINUTE_MS + MAX_LATE_MS;
    given::<Rule>([was_scheduled()]).when_in(fire(due), &later(late)).then(fired(
        due,
        now() + late,
        now() + 25 * MINUTE_MS,
    ));
    let missed = RuleFiringsMissed {
        name: "r".into(),
        due_ms: due,
        noticed_ms: now() + late + 1,
        next_ms: now() + 25 * MINUTE_MS,
    };
    given::<Rule>([was_scheduled()])
        .when_in(fire(due), &later(late + 1))
        .then(RuleEvent::RuleFiringsMissed(missed));
}

#[test]
fn a_disabled_rule_does_not_fire_and_an_enabled_one_goes_on_by_its_schedule() {
    let due = now() + 5 * MINUTE_MS;
    let disabled = RuleEvent::RuleDisabled(RuleDisabled { name: "r".into() });
    given::<Rule>([was_scheduled(), disabled.clone()])
        .when_in(fire(due), &later(5 * MINUTE_MS))
        .then_nothing();
    let enabled = RuleEnabled { name: "r".into(), next_ms: now() + 15 * MINUTE_MS };
    given::<Rule>([was_scheduled(), disabled])
        .when_in(Command::Enable { name: "r".into() }, &later(12 * MINUTE_MS))
        .then(RuleEvent::RuleEnabled(enabled));
    let waiting = RulePut { enabled: false, ..scheduled("") };
    let put = RulePut { since_ms: now(), ..waiting.clone() };
    given::<Rule>([]).when(Command::Put(waiting)).then(RuleEvent::RulePut(put));
}

#[test]
fn a_rule_has_a_pattern_or_a_schedule_that_fires() {
    given::<Rule>([]).when(Command::Put(put("", true))).then_refused(Error::NothingToMatch);
    let over = RulePut { schedule_expression: "cron(0 0 1 1 ? 2020)".into(), ..put("", true) };
    let event = given::<Rule>([]).when(Command::Put(over));
    event.then_refused(Error::Schedule(
        "Parameter ScheduleExpression is not valid: \"cron(0 0 1 1 ? 2020)\" is over, it will never fire."
            .into(),
    ));
    let both = RulePut { schedule_expression: "rate(1 day)".into(), ..put(PATTERN, true) };
    let RuleEvent::RulePut(put) = given::<Rule>([]).when(Command::Put(both)).then_event() else {
        panic!("another event")
    };
    assert_eq!((put.event_pattern.as_str(), put.next_ms), (PATTERN, now() + 24 * 60 * MINUTE_MS));
}
