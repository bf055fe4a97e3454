//! Decisions on associations.

use super::{beginning::MAX_NODES_PER_EXECUTION, *};
use proptest::prelude::*;
use reeve_testkit::{context, given};
use serde_json::json;

const HOUR: i64 = 3_600_000;

fn created(more: serde_json::Value) -> AssociationEvent {
    let mut association = json!({"Name": "Doc", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]});
    association.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    AssociationEvent::AssociationCreated(AssociationCreated {
        association_id: "a".into(),
        association_json: association.to_string(),
        principal: "alice".into(),
        created_ms: 1_000,
        ..AssociationCreated::default()
    })
}

fn folded(events: &[AssociationEvent]) -> State {
    events.iter().fold(State::default(), Association::evolve)
}

fn fire_at(due_ms: i64, executions: u64) -> Command {
    let resolved = Resolved { node_ids: vec!["n".into()], ..Resolved::default() };
    Command::Fire { due_ms, executions, resolved: Some(resolved) }
}

/// What a command leads to at an instant.
fn at(events: &[AssociationEvent], now: i64, command: Command) -> Option<AssociationEvent> {
    let cx = Context { now: Timestamp(now), ..context() };
    Association::decide(&folded(events), command, &cx).unwrap()
}

fn due(events: &[AssociationEvent]) -> Option<(i64, String)> {
    folded(events).due.map(|due| (due.at_ms, due.cause))
}

fn finish(event: &AssociationEvent) -> Command {
    let AssociationEvent::ExecutionStarted(started) = event else { panic!("{event:?}") };
    Command::Finish {
        execution_id: started.execution_id.clone(),
        status: "Success".into(),
        detailed_status: "Success".into(),
        message: String::new(),
    }
}

#[test]
fn when_it_runs_first() {
    let rate = json!({"ScheduleExpression": "rate(1 hour)"});
    let daily = json!({"ScheduleExpression": "cron(0 2 ? * * *)"});
    let only = json!({"ScheduleExpression": "cron(0 2 ? * * *)", "ApplyOnlyAtCronInterval": true});
    let past = json!({"ScheduleExpression": "at(1969-01-01T00:00:00)"});
    for at_once in [json!({}), rate, daily, past] {
        assert_eq!(due(&[created(at_once.clone())]), Some((1_000, "Created".into())), "{at_once}");
    }
    assert_eq!(due(&[created(only)]), Some((2 * HOUR, "Schedule".into())));
    let offset = json!({"ScheduleExpression": "cron(0 2 ? * * *)", "ApplyOnlyAtCronInterval": true,
        "ScheduleOffset": 2});
    assert_eq!(due(&[created(offset)]), Some((50 * HOUR, "Schedule".into())));
}

#[test]
fn an_instant_fires_once_and_what_was_missed_is_one_run() {
    let mut log = vec![created(json!({"ScheduleExpression": "rate(1 hour)"}))];
    let started = at(&log, 1_100, fire_at(1_000, 0)).unwrap();
    log.push(started.clone());
    assert_eq!(at(&log, 1_200, fire_at(1_000, 0)), None, "it fired");
    assert_eq!(at(&log, 1_200, fire_at(1_000, 1)), None);
    assert_eq!(due(&log), Some((1_000 + HOUR, "Schedule".into())));
    log.push(at(&log, 2_000, finish(&started)).unwrap());
    assert_eq!(at(&log, 2_000, finish(&started)), None, "it ended");
    // Eight hours nobody was there: one run, and the next at the next instant.
    let late = 1_000 + 8 * HOUR + 5;
    log.push(at(&log, late, fire_at(1_000 + HOUR, 1)).unwrap());
    assert_eq!(due(&log), Some((1_000 + 9 * HOUR, "Schedule".into())));
    // What was resolved before another execution is resolved anew.
    let log = [created(json!({})), started];
    assert_eq!(at(&log[..1], 5, fire_at(1_000, 7)), None);
}

#[test]
fn a_clock_that_goes_back_repeats_no_instant() {
    let mut log = vec![created(json!({"ScheduleExpression": "rate(1 hour)"}))];
    let started = at(&log, 1_000, fire_at(1_000, 0)).unwrap();
    log.push(started.clone());
    log.push(at(&log, 2_000, finish(&started)).unwrap());
    let again = at(&log, 500, fire_at(1_000 + HOUR, 1)).unwrap();
    log.push(again);
    assert_eq!(due(&log), Some((1_000 + 2 * HOUR, "Schedule".into())));
}

#[test]
fn an_interval_while_it_runs_is_skipped_and_what_somebody_asks_for_comes_after() {
    let mut log = vec![created(json!({"ScheduleExpression": "rate(1 hour)"}))];
    let started = at(&log, 1_000, fire_at(1_000, 0)).unwrap();
    log.push(started.clone());
    let skipped = at(&log, 1_000 + HOUR, fire_at(1_000 + HOUR, 1)).unwrap();
    assert!(
        matches!(&skipped, AssociationEvent::ExecutionSkipped(e) if e.due_ms == 1_000 + HOUR),
        "{skipped:?}"
    );
    log.push(skipped);
    assert_eq!(due(&log), Some((1_000 + 2 * HOUR, "Schedule".into())));
    log.push(at(&log, 1_000 + HOUR + 1, Command::Request { cause: "StartAssociationsOnce" }).unwrap());
    assert_eq!(due(&log), Some((1_000 + 2 * HOUR, "Schedule".into())), "it still runs");
    let end = 1_000 + HOUR + 7;
    log.push(at(&log, end, finish(&started)).unwrap());
    assert_eq!(due(&log), Some((end, "StartAssociationsOnce".into())));
}

#[test]
fn a_version_replaces_the_one_that_was_meant() {
    let log = [created(json!({}))];
    let json = json!({"Name": "Doc"}).to_string();
    let update = |on_version| Command::Update { association_json: json.clone(), on_version };
    let updated = |version| AssociationUpdated {
        association_id: "a".into(),
        version,
        association_json: json.clone(),
        principal: context().actor.name,
        updated_ms: context().now.0,
    };
    given::<Association>(log.clone())
        .when(update(Some(1)))
        .then(AssociationEvent::AssociationUpdated(updated(2)));
    given::<Association>(log.clone())
        .when(update(None))
        .then(AssociationEvent::AssociationUpdated(updated(2)));
    let refused = Error::Version { latest: 1, given: 3 };
    given::<Association>(log.clone()).when(update(Some(3))).then_refused(refused);
    given::<Association>([]).when(update(None)).then_refused(Error::Unknown);
    let last = AssociationEvent::AssociationUpdated(updated(MAX_VERSIONS));
    given::<Association>([log[0].clone(), last]).when(update(None)).then_refused(Error::TooManyVersions);
}

#[test]
fn what_was_deleted_runs_no_more() {
    let deleted = AssociationEvent::AssociationDeleted(AssociationDeleted { association_id: "a".into() });
    let log = [created(json!({})), deleted.clone()];
    given::<Association>([log[0].clone()]).when(Command::Delete).then(deleted);
    given::<Association>(log.clone()).when(Command::Delete).then_refused(Error::Unknown);
    given::<Association>(log.clone()).when(fire_at(1_000, 0)).then_nothing();
    let nobody = Command::CatchUp { executions: 0, node_ids: vec![], dropped_node_ids: vec![] };
    given::<Association>(log.clone()).when(nobody).then_nothing();
    given::<Association>(log).when(Command::Request { cause: "x" }).then_refused(Error::Unknown);
}

#[test]
fn who_joined_runs_when_nothing_runs_and_moves_no_instant() {
    let mut log = vec![created(json!({"ScheduleExpression": "rate(1 hour)"}))];
    let join =
        |executions| Command::CatchUp { executions, node_ids: vec!["m".into()], dropped_node_ids: vec![] };
    let started = at(&log, 1_000, fire_at(1_000, 0)).unwrap();
    log.push(started.clone());
    assert_eq!(at(&log, 1_500, join(1)), None, "it runs");
    log.push(at(&log, 2_000, finish(&started)).unwrap());
    assert_eq!(at(&log, 2_500, join(0)), None, "those were resolved before");
    let joined = at(&log, 2_500, join(1)).unwrap();
    assert!(
        matches!(&joined, AssociationEvent::ExecutionStarted(e) if e.firing == 1 && e.cause == TARGETS_JOINED)
    );
    log.push(joined);
    assert_eq!(due(&log), Some((1_000 + HOUR, "Schedule".into())));
}

proptest! {
    /// Whatever is done when: no execution has the id of another, two never run at a time, each instant that is due is
    /// answered, by one execution, and the next one is later.
    #[test]
    fn executions_follow_one_another(steps in prop::collection::vec((0u8..6, 0i64..3 * HOUR), 1..60)) {
        let mut log = vec![created(json!({"ScheduleExpression": "rate(1 hour)"}))];
        let (mut now, mut ids) = (1_000, std::collections::BTreeSet::new());
        let mut instants = std::collections::BTreeSet::new();
        for (what, wait) in steps {
            now += wait;
            let state = folded(&log);
            let command = match (what, &state.due, &state.running) {
                (0..=2, Some(due), _) if due.at_ms <= now => fire_at(due.at_ms, state.executions),
                (3, ..) => Command::Request { cause: "StartAssociationsOnce" },
                (4, ..) => Command::CatchUp {
                    executions: state.executions, node_ids: vec!["m".into()], dropped_node_ids: vec![] },
                (_, _, Some(id)) => Command::Finish { execution_id: id.clone(), status: "Success".into(),
                    detailed_status: "Success".into(), message: String::new() },
                _ => continue,
            };
            let fires = matches!(command, Command::Fire { .. });
            let event = at(&log, now, command);
            prop_assert!(!fires || event.is_some(), "an instant was left out");
            let Some(event) = event else { continue };
            match &event {
                AssociationEvent::ExecutionStarted(e) => {
                    prop_assert!(state.running.is_none());
                    prop_assert!(e.cause != SCHEDULE || instants.insert(e.due_ms), "{} fired twice", e.due_ms);
                    prop_assert!(ids.insert(e.execution_id.clone()));
                }
                AssociationEvent::ExecutionSkipped(e) => {
                    prop_assert!(state.running.is_some());
                    prop_assert!(instants.insert(e.due_ms), "{} fired twice", e.due_ms);
                    prop_assert!(ids.insert(e.execution_id.clone()));
                }
                _ => {}
            }
            log.push(event);
            if fires {
                prop_assert!(folded(&log).due.unwrap().at_ms > now);
            }
        }
    }
}

/// A catch-up of one node that is on when an instant comes leaves nobody out, and an association of one instant loses it to
/// nothing.
#[test]
fn an_instant_is_made_up_for_when_what_ran_was_no_run_on_all_or_there_is_no_other() {
    let joined = Command::CatchUp { executions: 1, node_ids: vec!["n".into()], dropped_node_ids: Vec::new() };
    let hourly = json!({"ScheduleExpression": "rate(1 hour)"});
    let mut log = vec![created(hourly)];
    log.push(at(&log, 1_000, fire_at(1_000, 0)).unwrap());
    log.push(at(&log, 1_100, finish(&log[1])).unwrap());
    log.push(at(&log, HOUR, joined).unwrap());
    log.push(at(&log, 1_000 + HOUR, fire_at(1_000 + HOUR, 2)).unwrap());
    assert!(matches!(log.last(), Some(AssociationEvent::ExecutionSkipped(_))), "{log:?}");
    let end = 1_000 + HOUR + 50;
    log.push(at(&log, end, finish(&log[3])).unwrap());
    assert_eq!(due(&log), Some((end, "Schedule".into())));
    log.push(at(&log, end, fire_at(end, 2)).unwrap());
    assert_eq!(due(&log), Some((1_000 + 2 * HOUR, "Schedule".into())));

    let once = json!({"ScheduleExpression": "at(1970-01-01T01:00:00)"});
    let mut log = vec![created(once)];
    log.push(at(&log, HOUR - 5, fire_at(1_000, 0)).unwrap());
    log.push(at(&log, HOUR, fire_at(HOUR, 1)).unwrap());
    assert_eq!(due(&log), None, "it runs");
    log.push(at(&log, HOUR + 9, finish(&log[1])).unwrap());
    assert_eq!(due(&log), Some((HOUR + 9, "Schedule".into())));
    log.push(at(&log, HOUR + 9, fire_at(HOUR + 9, 1)).unwrap());
    assert_eq!(due(&log), None);
}

/// An association of the old form has the same id when it is made again: its executions have others.
#[test]
fn executions_of_another_life_have_other_ids() {
    let joined =
        || Command::CatchUp { executions: 0, node_ids: vec!["n".into()], dropped_node_ids: Vec::new() };
    let mut log = vec![created(json!({}))];
    let first = at(&log, 2_000, joined()).unwrap();
    log.push(at(&log, 3_000, Command::Delete).unwrap());
    let AssociationEvent::AssociationCreated(mut again) = created(json!({})) else { unreachable!() };
    again.created_ms = 4_000;
    log.push(AssociationEvent::AssociationCreated(again));
    let second = at(&log, 5_000, joined()).unwrap();
    let (AssociationEvent::ExecutionStarted(first), AssociationEvent::ExecutionStarted(second)) =
        (first, second)
    else {
        panic!("nothing began")
    };
    assert_ne!(first.execution_id, second.execution_id);
}

#[test]
fn what_is_held_is_released_once() {
    let mut log = vec![created(json!({"ScheduleExpression": "rate(1 hour)", "CalendarNames": ["c"]}))];
    assert_eq!(at(&log, 1_000, Command::Release), None, "nothing is held");
    assert_eq!(at(&log, 1_000, Command::Hold { due_ms: Some(7) }), None, "that is not due");
    let held = at(&log, 1_100, Command::Hold { due_ms: Some(1_000) }).unwrap();
    assert!(matches!(&held, AssociationEvent::ExecutionHeld(e) if e.cause == "Created" && e.due_ms == 1_000));
    log.push(held);
    assert_eq!(due(&log), Some((1_000 + HOUR, "Schedule".into())), "the next instant is due");
    log.push(at(&log, 1_000 + HOUR, Command::Hold { due_ms: Some(1_000 + HOUR) }).unwrap());
    let opened = at(&log, 2 * HOUR, Command::Release).unwrap();
    log.push(opened);
    assert_eq!(due(&log), Some((2 * HOUR, "CalendarOpened".into())), "one run for both");
    assert_eq!(at(&log, 2 * HOUR, Command::Release), None);
    // Who joined while it was closed is held as well, and an edit drops what is held.
    let mut joined =
        vec![created(json!({"ScheduleExpression": "cron(0 2 ? * * *)", "ApplyOnlyAtCronInterval": true}))];
    joined.push(at(&joined, 5_000, Command::Hold { due_ms: None }).unwrap());
    assert!(folded(&joined).is_held);
    assert_eq!(due(&joined), Some((2 * HOUR, "Schedule".into())));
    let json = folded(&joined).association_json;
    joined.push(at(&joined, 6_000, Command::Update { association_json: json, on_version: None }).unwrap());
    assert!(!folded(&joined).is_held);
}

fn end_time(ends_ms: i64) -> Command {
    Command::EndTime { ends_ms }
}

#[test]
fn a_run_ends_with_its_duration() {
    let cron =
        json!({"ScheduleExpression": "cron(0 2 ? * * *)", "ApplyOnlyAtCronInterval": true, "Duration": 3});
    let mut log = vec![created(cron)];
    let started = at(&log, 2 * HOUR + 7, fire_at(2 * HOUR, 0)).unwrap();
    assert!(
        matches!(&started, AssociationEvent::ExecutionStarted(e) if e.ends_ms == 5 * HOUR + 7),
        "{started:?}"
    );
    assert_eq!(at(&log, 5 * HOUR, end_time(5 * HOUR + 7)), None, "nothing runs");
    log.push(started.clone());
    let ended = at(&log, 5 * HOUR + 8, end_time(5 * HOUR + 7)).unwrap();
    assert!(
        matches!(&ended, AssociationEvent::ExecutionTimeEnded(e) if e.ended_ms == 5 * HOUR + 8),
        "{ended:?}"
    );
    log.push(ended);
    log.push(at(&log, 5 * HOUR + 9, finish(&started)).unwrap());
    let mut next = log.clone();
    next.push(at(&log, 26 * HOUR, fire_at(26 * HOUR, 1)).unwrap());
    assert_eq!(at(&next, 26 * HOUR + 1, end_time(5 * HOUR + 7)), None, "it is the time of the run before");
    assert!(at(&next, 29 * HOUR, end_time(29 * HOUR)).is_some());
    assert_eq!(at(&log, 6 * HOUR, end_time(5 * HOUR + 7)), None);
    let other = vec![created(json!({}))];
    let started = at(&other, 1_000, fire_at(1_000, 0)).unwrap();
    assert!(matches!(&started, AssociationEvent::ExecutionStarted(e) if e.ends_ms == 0), "{started:?}");
}

#[test]
fn an_execution_with_more_targets_than_an_event_can_name_says_so_and_runs_on_nobody() {
    let ids = |count: usize| (0..count).map(|n| format!("mi-{n:017x}")).collect::<Vec<_>>();
    let fire = |here: usize, away: usize| {
        let resolved = Resolved { node_ids: ids(here), away_node_ids: ids(away), ..Resolved::default() };
        let event = at(
            &[created(json!({}))],
            1_000,
            Command::Fire { due_ms: 1_000, executions: 0, resolved: Some(resolved) },
        );
        let Some(AssociationEvent::ExecutionStarted(started)) = event else { panic!("{event:?}") };
        started
    };
    let most = fire(MAX_NODES_PER_EXECUTION - 1, 1);
    assert_eq!((most.node_ids.len(), most.refusal.as_str()), (MAX_NODES_PER_EXECUTION - 1, ""));
    // A message of the bus has at most 1 MiB, envelope included.
    assert!(prost::Message::encoded_len(&most) < 960 * 1_024);
    let refused = fire(MAX_NODES_PER_EXECUTION, 1);
    assert_eq!(refused.node_ids.len() + refused.away_node_ids.len(), 0);
    assert!(refused.refusal.starts_with("It has 40001 targets"), "{}", refused.refusal);
    let log = [created(json!({})), AssociationEvent::ExecutionStarted(refused)];
    assert_eq!((folded(&log).running, due(&log)), (None, None));

    let waiting = Command::CatchUp { executions: 0, node_ids: ids(50_000), dropped_node_ids: ids(9) };
    let caught_up = at(&[created(json!({}))], 2_000, waiting);
    let Some(AssociationEvent::ExecutionStarted(caught_up)) = caught_up else { panic!("{caught_up:?}") };
    assert_eq!((caught_up.node_ids.len(), caught_up.dropped_node_ids.len()), (MAX_NODES_PER_EXECUTION, 0));
}
