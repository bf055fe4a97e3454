//! Going on where an execution has failed.

use crate::domain::{
    engine,
    execution::{Command, Error, Execution, ExecutionEvent},
    outcome::Outcome,
    state::State,
};
use reeve_contracts::automation::{
    ExecutionFinished, ExecutionResumed, ExecutionStarted, Resumption, StepApproved,
};
use reeve_eventsourcing::Decider;
use reeve_testkit::{context, given};
use serde_json::{Map, Value, json};

fn started(id: &str, document: &Value) -> ExecutionStarted {
    ExecutionStarted {
        execution_id: id.into(),
        document_json: document.to_string(),
        values_json: json!({"Nodes": ["a", "b", "c"]}).to_string(),
        ..ExecutionStarted::default()
    }
}

/// As the service does it.
fn resumed(id: &str, state: &State) -> ExecutionStarted {
    let point = state.resume.clone().unwrap();
    ExecutionStarted {
        execution_id: id.into(),
        document_json: point.state.document_json.clone(),
        resumption: Some(Resumption {
            execution_id: state.id.clone(),
            step_name: point.step_name.clone(),
            state_json: serde_json::to_string(&point.state).unwrap(),
            child_execution_id: "child".into(),
            ..Resumption::default()
        }),
        ..ExecutionStarted::default()
    }
}

/// Carries an execution out; of these steps, by name and pass, the outcome is a failure. Answers which ended how, and which went on
/// from a child.
fn run(started: ExecutionStarted, fails: &[(&str, u32)]) -> (State, Vec<String>, Vec<String>) {
    let mut state = Execution::evolve(State::default(), &ExecutionEvent::ExecutionStarted(started));
    let (mut path, mut resumes) = (Vec::new(), Vec::new());
    while state.is_running() {
        let event = engine::next(&state, 1).unwrap_or_else(|| {
            let running = state.running.clone().unwrap();
            let pass = state.looping.as_ref().map_or(0, |looping| looping.iteration);
            if !running.resumes.is_empty() {
                resumes.push(running.name.clone());
            }
            let outputs = Map::from_iter([("Output".to_owned(), json!(format!("of {}", state.id)))]);
            let outcome = match fails.contains(&(running.name.as_str(), pass)) {
                true => Outcome::failed("it is broken".to_owned(), outputs),
                false => Outcome::success(outputs),
            };
            engine::take_outcome(&state, &running.step_execution_id, running.attempt, outcome, 1).unwrap()
        });
        if let ExecutionEvent::StepFinished(e) = &event {
            path.push(format!("{} {}", e.step_name, e.status));
        }
        state = Execution::evolve(state, &event);
    }
    (state, path, resumes)
}

fn document() -> Value {
    let child = |name: &str| json!({"name": name, "action": "aws:executeAutomation", "inputs": {"DocumentName": "C"}});
    let command = |name: &str, output: &str| json!({"name": name, "action": "aws:runCommand", "inputs": {"DocumentName": "D", "InstanceIds": ["i"], "Comment": output}});
    json!({"mainSteps": [
        command("first", "x"),
        {"name": "each", "action": "aws:loop", "inputs": {"Iterators": "{{ Nodes }}", "Steps": [child("one"), child("two")]}},
        command("last", "{{ first.Output }}")]})
}

#[test]
fn it_goes_on_in_the_pass_and_with_the_child_that_failed_and_keeps_what_was_done() {
    let (failed, path, _) = run(started("e", &document()), &[("two", 2)]);
    assert_eq!(failed.ended, "Failed");
    assert_eq!(
        path,
        ["first Success", "one Success", "two Success", "one Success", "two Failed", "each Failed"]
    );
    assert!(failed.document_json.is_empty(), "what it needed is kept for the resumption alone");
    let started = resumed("f", &failed);
    let (ended, path, resumes) = run(started.clone(), &[]);
    assert_eq!(path, ["two Success", "one Success", "two Success", "each Success", "last Success"]);
    assert_eq!((ended.ended.as_str(), resumes), ("Success", vec!["two".to_owned()]));
    assert!(ended.resume.is_none(), "what went well is not gone on from");
    // It fails again, and is resumed again.
    let (failed, path, _) = run(started, &[("last", 0)]);
    assert_eq!(path.last().unwrap(), "last Failed");
    let (ended, path, _) = run(resumed("g", &failed), &[]);
    assert_eq!((ended.ended.as_str(), path), ("Success", vec!["last Success".to_owned()]));
}

#[test]
fn a_resumption_that_cannot_be_read_fails_and_does_nothing() {
    let (failed, ..) = run(started("e", &document()), &[("first", 0)]);
    let mut started = resumed("f", &failed);
    started.resumption.as_mut().unwrap().state_json = "{".into();
    let (ended, path, _) = run(started, &[]);
    assert_eq!((ended.ended.as_str(), path), ("Failed", Vec::<String>::new()));
}

#[test]
fn an_approval_that_timed_out_is_asked_for_anew_when_it_is_resumed() {
    let document = json!({"mainSteps": [{"name": "may", "action": "aws:approve", "timeoutSeconds": 1,
        "inputs": {"Approvers": ["ann", "bob"], "MinRequiredApprovals": 2}}]});
    let mut state =
        Execution::evolve(State::default(), &ExecutionEvent::ExecutionStarted(started("e", &document)));
    let approved = StepApproved { principal: "ann".into(), ..StepApproved::default() };
    for event in [engine::next(&state, 0).unwrap(), ExecutionEvent::StepApproved(approved)] {
        state = Execution::evolve(state, &event);
    }
    while let Some(event) = engine::next(&state, 2_000) {
        state = Execution::evolve(state, &event);
    }
    assert_eq!(state.ended, "TimedOut");
    let again = Execution::evolve(State::default(), &ExecutionEvent::ExecutionStarted(resumed("f", &state)));
    let asked = engine::next(&again, 3_000).unwrap();
    let again = Execution::evolve(again, &asked);
    let running = again.running.unwrap();
    assert!(running.name == "may" && running.approvals.is_empty() && running.due_ms == 4_000);
}

#[test]
fn one_goes_on_from_an_execution_and_a_second_one_is_told() {
    let ended = ExecutionEvent::ExecutionFinished(ExecutionFinished {
        execution_id: "e".into(),
        status: "Failed".into(),
        ..ExecutionFinished::default()
    });
    let started = ExecutionEvent::ExecutionStarted(ExecutionStarted {
        execution_id: "e".into(),
        ..ExecutionStarted::default()
    });
    let hand_over =
        |by: &str| Command::HandOver { by_execution_id: by.into(), account: "1".into(), region: "r".into() };
    let resumed = ExecutionEvent::ExecutionResumed(ExecutionResumed {
        execution_id: "e".into(),
        by_execution_id: "f".into(),
        principal: context().actor.name,
        account: "1".into(),
        region: "r".into(),
        at_ms: context().now.0,
    });
    let all = [started.clone(), ended.clone(), resumed.clone()];
    given::<Execution>([]).when(hand_over("f")).then_refused(Error::Unknown);
    given::<Execution>([started.clone()]).when(hand_over("f")).then_refused(Error::Running);
    given::<Execution>([started, ended]).when(hand_over("f")).then(resumed);
    given::<Execution>(all.clone()).when(hand_over("f")).then_nothing();
    let refused = Error::Resumed { by: "f".into(), principal: context().actor.name };
    given::<Execution>(all).when(hand_over("g")).then_refused(refused);
}
