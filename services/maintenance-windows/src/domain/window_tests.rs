use super::*;
use proptest::prelude::*;
use reeve_testkit::{context, given};
use serde_json::json;

const HOUR_MS: i64 = 3_600_000;

fn created() -> WindowCreated {
    WindowCreated {
        window_id: "mw-1".into(),
        window_json: json!({"Name": "w", "Schedule": "rate(1 hour)", "Duration": 3, "Cutoff": 1}).to_string(),
        input_hash: "h".into(),
        is_enabled: true,
        created_ms: 0,
        ..WindowCreated::default()
    }
}

fn was_created() -> WindowEvent {
    WindowEvent::WindowCreated(created())
}

fn at(now_ms: i64) -> Context {
    Context { now: Timestamp(now_ms), ..context() }
}

fn registered(id: &str, priority: i32, target: &str) -> WindowEvent {
    let targets = json!([{"Key": "WindowTargetIds", "Values": [target]}]);
    WindowEvent::TaskRegistered(TaskRegistered {
        window_task_id: id.into(),
        task_json: json!({"Priority": priority, "Targets": targets}).to_string(),
        principal: "alice".into(),
        ..TaskRegistered::default()
    })
}

fn fire(history: &[WindowEvent], due_ms: i64, now_ms: i64) -> Option<WindowEvent> {
    let state = history.iter().fold(State::default(), Window::evolve);
    Window::decide(&state, Command::Fire { due_ms }, &at(now_ms)).unwrap()
}

#[test]
fn an_instant_fires_once_with_what_is_registered() {
    let target = WindowEvent::TargetRegistered(TargetRegistered {
        window_target_id: "t".into(),
        target_json: "{}".into(),
        ..TargetRegistered::default()
    });
    let history = [was_created(), target, registered("a", 1, "t")];
    let Some(WindowEvent::WindowFired(fired)) = fire(&history, HOUR_MS, HOUR_MS + 5) else { panic!() };
    assert_eq!((fired.due_ms, fired.fired_ms, fired.is_late), (HOUR_MS, HOUR_MS + 5, false));
    assert_eq!((fired.cutoff_ms, fired.end_ms), (3 * HOUR_MS, 4 * HOUR_MS));
    assert_eq!((fired.tasks.len(), fired.targets.len()), (1, 1));
    assert_eq!(fired.tasks[0].principal, "alice");
    let mut history = history.to_vec();
    history.push(WindowEvent::WindowFired(fired));
    assert_eq!(fire(&history, HOUR_MS, HOUR_MS + 6), None, "it is not due any more");
    assert_eq!(fire(&history, 5 * HOUR_MS, 5 * HOUR_MS), None, "that one is not due yet");
}

#[test]
fn an_instant_that_comes_while_the_one_before_runs_is_skipped() {
    let mut history = vec![was_created()];
    let fired = fire(&history, HOUR_MS, HOUR_MS).unwrap();
    let WindowEvent::WindowFired(first) = &fired else { panic!() };
    let ended = FiringEnded { window_id: "mw-1".into(), execution_id: first.execution_id.clone() };
    history.push(fired);
    let skipped = fire(&history, 2 * HOUR_MS, 2 * HOUR_MS).unwrap();
    assert!(matches!(&skipped, WindowEvent::FiringSkipped(e) if e.due_ms == 2 * HOUR_MS), "{skipped:?}");
    history.extend([skipped, WindowEvent::FiringEnded(ended)]);
    assert!(matches!(fire(&history, 3 * HOUR_MS, 3 * HOUR_MS), Some(WindowEvent::WindowFired(_))));
}

#[test]
fn what_was_due_in_an_outage_fires_late_before_its_cutoff_and_is_missed_after_it() {
    let history = [was_created()];
    let late = fire(&history, HOUR_MS, 3 * HOUR_MS - 1).unwrap();
    assert!(
        matches!(&late, WindowEvent::WindowFired(e) if e.is_late),
        "the last millisecond before the cutoff"
    );
    let missed = fire(&history, HOUR_MS, 5 * HOUR_MS).unwrap();
    let WindowEvent::FiringsMissed(e) = &missed else { panic!("{missed:?}") };
    let dues: Vec<i64> = e.firings.iter().map(|firing| firing.due_ms / HOUR_MS).collect();
    assert_eq!(dues, [1, 2, 3], "the fourth hour's cutoff is ahead");
    let history = [was_created(), missed];
    assert!(matches!(fire(&history, 4 * HOUR_MS, 5 * HOUR_MS), Some(WindowEvent::WindowFired(_))));
}

#[test]
fn a_window_that_is_disabled_fires_at_nothing_and_an_update_drops_no_instant_that_has_come() {
    let updated = |is_enabled: bool, updated_ms| {
        let window_json = created().window_json;
        let was_enabled = !is_enabled;
        WindowEvent::WindowUpdated(WindowUpdated {
            window_id: "mw-1".into(),
            window_json,
            is_enabled,
            was_enabled,
            updated_ms,
        })
    };
    assert_eq!(fire(&[was_created(), updated(false, 5)], HOUR_MS, HOUR_MS), None);
    let late = [was_created(), updated(true, HOUR_MS + 5)];
    assert!(matches!(fire(&late, HOUR_MS, HOUR_MS + 6), Some(WindowEvent::WindowFired(_))));
    let again = [was_created(), updated(false, 5), updated(true, 4 * HOUR_MS + 5)];
    assert_eq!(
        fire(&again, HOUR_MS, 5 * HOUR_MS),
        None,
        "what came while it was disabled is not made up for"
    );
    assert!(matches!(fire(&again, 5 * HOUR_MS, 5 * HOUR_MS), Some(WindowEvent::WindowFired(_))));
}

#[test]
fn a_token_with_another_input_is_refused() {
    let create =
        |hash: &str| Command::Create(Box::new(WindowCreated { input_hash: hash.into(), ..created() }));
    given::<Window>([]).when(create("h")).then(was_created());
    given::<Window>([was_created()]).when(create("h")).then_nothing();
    given::<Window>([was_created()]).when(create("x")).then_refused(Error::TokenMismatch);
}

#[test]
fn a_target_that_a_task_uses_stays_if_that_is_to_be_safe() {
    let target = WindowEvent::TargetRegistered(TargetRegistered {
        window_target_id: "t".into(),
        ..Default::default()
    });
    let history = || [was_created(), target.clone(), registered("a", 1, "t")];
    let deregister = |id: &str, is_safe| Command::DeregisterTarget { window_target_id: id.into(), is_safe };
    let used = Error::TargetInUse { target: "t".into(), task: "a".into() };
    given::<Window>(history()).when(deregister("t", true)).then_refused(used);
    let gone = TargetDeregistered { window_id: "mw-1".into(), window_target_id: "t".into() };
    given::<Window>(history()).when(deregister("t", false)).then(WindowEvent::TargetDeregistered(gone));
    given::<Window>(history()).when(deregister("x", false)).then_refused(Error::UnknownTarget("x".into()));
    given::<Window>([]).when(deregister("t", false)).then_refused(Error::Unknown);
}

#[test]
fn the_quotas_are_those_of_aws() {
    let tasks = (0..MAX_TASKS).map(|n| registered(&n.to_string(), 1, "t"));
    let history: Vec<WindowEvent> = std::iter::once(was_created()).chain(tasks).collect();
    let command =
        Command::RegisterTask { window_task_id: "x".into(), task_json: "{}".into(), input_hash: "h".into() };
    given::<Window>(history).when(command).then_refused(Error::TooManyTasks(20));
}

proptest! {
    /// Whatever times the service is away and executions take: each instant is fired, skipped or missed, once and in order.
    #[test]
    fn no_instant_is_lost_and_none_comes_twice(steps in prop::collection::vec((1..400i64, any::<bool>()), 1..60)) {
        let mut state = Window::evolve(State::default(), &was_created());
        let (mut now_ms, mut seen) = (0, Vec::new());
        for (minutes, ends) in steps {
            now_ms += minutes * 60_000;
            if let Some(execution_id) = state.running.clone().filter(|_| ends) {
                let event = Window::decide(&state, Command::End { execution_id }, &at(now_ms)).unwrap().unwrap();
                state = Window::evolve(state, &event);
            }
            while let Some(due_ms) = state.due_ms.filter(|due| *due <= now_ms) {
                let event = Window::decide(&state, Command::Fire { due_ms }, &at(now_ms)).unwrap().unwrap();
                match &event {
                    WindowEvent::WindowFired(e) => {
                        prop_assert!(e.fired_ms < e.cutoff_ms && state.running.is_none());
                        seen.push(e.due_ms);
                    }
                    WindowEvent::FiringSkipped(e) => seen.push(e.due_ms),
                    WindowEvent::FiringsMissed(e) => seen.extend(e.firings.iter().map(|firing| firing.due_ms)),
                    other => prop_assert!(false, "{other:?}"),
                }
                state = Window::evolve(state, &event);
            }
        }
        let all: Vec<i64> = (1..=now_ms / HOUR_MS).map(|hour| hour * HOUR_MS).collect();
        prop_assert_eq!(seen, all);
    }
}
