//! Runbooks by hand, and generated ones against an interpreter that is written for this alone.

use super::{next, take_answer};
use crate::domain::{
    execution::{Execution, ExecutionEvent},
    simulate::{Given, Outcomes, Trace, simulate},
    state::State,
    wish::{self, Wish},
};
use reeve_contracts::automation::{ApiCallAnswered, ExecutionStarted};
use reeve_eventsourcing::Decider;
use reeve_testkit::Dice;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn run(document: &Value, outcomes: &Value) -> Trace {
    let outcomes: Outcomes = serde_json::from_value(outcomes.clone()).unwrap();
    let Value::Object(values) = json!({"p": "x"}) else { panic!() };
    let trace = simulate(&document.to_string(), &values, &outcomes);
    let trace = trace.unwrap_or_else(|problem| panic!("{problem}: {document:#}"));
    assert_eq!(simulate(&document.to_string(), &values, &outcomes).unwrap().hash, trace.hash);
    trace
}

fn path(trace: &Trace) -> Vec<String> {
    trace.lines.iter().map(|line| format!("{} {}", line.step, line.status)).collect()
}

/// A step that asks for a command.
fn asks(name: &str, more: &Value) -> Value {
    let mut step = json!({"name": name, "action": "aws:runCommand", "inputs": {"DocumentName": "D", "InstanceIds": ["i"]}});
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

fn book(steps: &[Value]) -> Value {
    json!({"mainSteps": steps, "outputs": ["a.Output"]})
}

#[test]
fn where_a_failure_leads() {
    let failed = json!({"a": [{"status": "Failed"}]});
    let (b, c) = (asks("b", &json!({})), asks("c", &json!({})));
    for (attributes, expected, status) in [
        (json!({}), &["a Failed"][..], "Failed"),
        (json!({"isCritical": false}), &["a Failed"], "Success"),
        (json!({"onFailure": "Continue"}), &["a Failed", "b Success", "c Success"], "Success"),
        (
            json!({"onFailure": "Continue", "isCritical": true}),
            &["a Failed", "b Success", "c Success"],
            "Failed",
        ),
        (json!({"onFailure": "step:c"}), &["a Failed", "c Success"], "Failed"),
        (json!({"onFailure": "step:c", "isCritical": false}), &["a Failed", "c Success"], "Success"),
        (json!({"onFailure": "step:c", "isEnd": true}), &["a Failed", "c Success"], "Failed"),
        (json!({"onFailure": "Continue", "isEnd": true}), &["a Failed"], "Success"),
        (json!({"onFailure": "Continue", "nextStep": "c"}), &["a Failed", "c Success"], "Success"),
        (json!({"maxAttempts": 2, "onFailure": "step:c"}), &["a Failed", "a Failed", "c Success"], "Failed"),
    ] {
        let trace = run(&book(&[asks("a", &attributes), b.clone(), c.clone()]), &failed);
        assert_eq!(
            (path(&trace), trace.status.as_str()),
            (expected.iter().map(|s| (*s).to_owned()).collect(), status),
            "{attributes}"
        );
    }
}

#[test]
fn a_time_out_is_one_of_a_try() {
    let late = json!({"a": [{"status": "TimedOut"}, {"status": "Success", "outputs": {"Output": "o"}}]});
    let attributes = json!({"timeoutSeconds": 5, "maxAttempts": 2});
    let trace = run(&book(&[asks("a", &attributes)]), &late);
    assert_eq!(
        (path(&trace), trace.status.as_str()),
        (vec!["a TimedOut".into(), "a Success".into()], "Success")
    );
    assert_eq!(trace.outputs["a.Output"], ["o"]);
    let trace = run(&book(&[asks("a", &json!({"timeoutSeconds": "{{ p }}"}))]), &json!({}));
    assert_eq!((path(&trace), trace.status.as_str()), (vec!["a Failed".into()], "Failed"));
    assert!(trace.lines[0].message.contains("timeoutSeconds"), "{:?}", trace.lines);
    let trace =
        run(&book(&[asks("a", &json!({"timeoutSeconds": 5}))]), &json!({"a": [{"status": "TimedOut"}]}));
    assert_eq!(trace.status, "TimedOut");
    let approve =
        json!({"name": "a", "action": "aws:approve", "maxAttempts": 3, "inputs": {"Approvers": ["x"]}});
    let trace = run(&book(&[approve]), &json!({"a": [{"status": "TimedOut"}]}));
    assert_eq!((path(&trace), trace.status.as_str()), (vec!["a TimedOut".into()], "TimedOut"));
}

#[test]
fn a_rejection_is_not_tried_again() {
    let approve = json!({"name": "a", "action": "aws:approve", "maxAttempts": 3,
        "inputs": {"Approvers": ["x", "y"], "MinRequiredApprovals": 2}});
    let book = json!({"mainSteps": [approve], "outputs": ["a.ApprovalStatus"]});
    let trace = run(&book, &json!({"a": [{"status": "Approved"}, {"status": "Rejected"}]}));
    assert_eq!((path(&trace), trace.status.as_str()), (vec!["a Failed".into()], "Failed"));
    let trace = run(&book, &json!({}));
    assert_eq!(trace.outputs["a.ApprovalStatus"], ["Approved"]);
}

/// Case 2: a runbook that ends well although a step failed.
#[test]
fn halt_with_success() {
    let stop = json!({"name": "stop", "action": "aws:branch", "isEnd": true, "inputs": {"Choices": [
        {"Variable": "x", "StringEquals": "y", "NextStep": "b"}]}});
    let first = asks("a", &json!({"onFailure": "step:stop", "isCritical": false}));
    let trace = run(&book(&[first, stop, asks("b", &json!({}))]), &json!({"a": [{"status": "Failed"}]}));
    assert_eq!(
        (path(&trace), trace.status.as_str()),
        (vec!["a Failed".into(), "stop Success".into()], "Success")
    );
}

/// Case 8: a loop over nothing, and one over a condition.
#[test]
fn loops_have_as_many_passes_as_they_say() {
    let inner = json!({"name": "i", "action": "aws:updateVariable",
        "inputs": {"Name": "variable:v", "Value": "{{ a.CurrentIteratorValue }}"}});
    let of = |items: Value| json!({"name": "a", "action": "aws:loop", "inputs": {"Iterators": items, "Steps": [inner]}});
    let with = |step: Value| json!({"mainSteps": [step], "variables": {"v": {"type": "String", "default": "none"}}, "outputs": ["variable:v"]});
    let trace = run(&with(of(json!([]))), &json!({}));
    assert_eq!(
        (path(&trace), trace.outputs["variable:v"].as_slice()),
        (vec!["a Success".into()], &["none".to_owned()][..])
    );
    let trace = run(&with(of(json!(["1", "2"]))), &json!({}));
    assert_eq!(path(&trace), ["i Success", "i Success", "a Success"]);
    assert_eq!(trace.outputs["variable:v"], ["2"]);
    let inner = asks("i", &json!({}));
    let until = json!({"name": "a", "action": "aws:loop", "inputs": {"MaxIterations": 5, "Steps": [inner],
        "LoopCondition": {"Variable": "{{ i.Status }}", "StringEquals": "again"}}});
    let outcomes = json!({"i": [
        {"status": "Success", "outputs": {"Status": "again"}}, {"status": "Success", "outputs": {"Status": "done"}}]});
    assert_eq!(path(&run(&with(until.clone()), &outcomes)), ["i Success", "i Success", "a Success"]);
    let for_ever = json!({"i": [{"status": "Success", "outputs": {"Status": "again"}}]});
    assert_eq!(path(&run(&with(until), &for_ever)).len(), 6, "MaxIterations ends it");
}

/// The interpreter: it walks the document as JSON, keeps a list of what happened, and knows nothing of events and states.
struct Oracle<'a> {
    outcomes: &'a Outcomes,
    tried: BTreeMap<String, usize>,
    happened: Vec<String>,
    variable: String,
    failed: bool,
    timed_out: bool,
    succeeded: BTreeMap<String, String>,
}

impl Oracle<'_> {
    /// Runs a list from its first step; answers whether it ended by a failure that ends everything around it, and how.
    fn list(&mut self, steps: &[Value], item: &str) -> Option<(&'static str, bool)> {
        let at = |name: &str| steps.iter().position(|step| step["name"] == name).unwrap();
        let mut here = Some(0);
        while let Some(index) = here.filter(|index| *index < steps.len()) {
            let step = &steps[index];
            let name = step["name"].as_str().unwrap();
            let (status, choice, aborted) = self.step(step, item);
            self.happened.push(format!("{name} {status}"));
            let on_failure = step["onFailure"].as_str().unwrap_or("Abort");
            let critical = step["isCritical"].as_bool().unwrap_or(on_failure != "Continue");
            match status {
                "Success" => {}
                "TimedOut" => self.timed_out |= critical,
                _ => self.failed |= critical,
            }
            if aborted {
                return Some((status, critical));
            }
            let onward = || {
                if let Some(choice) = choice {
                    Some(at(&choice))
                } else if let Some(next) = step["nextStep"].as_str() {
                    Some(at(next))
                } else if step["isEnd"] == true {
                    None
                } else {
                    Some(index + 1)
                }
            };
            here = match (status, on_failure) {
                ("Success", _) | (_, "Continue") => onward(),
                (_, "Abort") => return Some((status, critical)),
                (_, other) => Some(at(other.strip_prefix("step:").unwrap())),
            };
        }
        None
    }

    /// How a step ends, where a branch leads, and whether a loop was ended by one of its steps.
    fn step(&mut self, step: &Value, item: &str) -> (&'static str, Option<String>, bool) {
        let name = step["name"].as_str().unwrap();
        match step["action"].as_str().unwrap() {
            "aws:updateVariable" => {
                self.variable = step["inputs"]["Value"]
                    .as_str()
                    .unwrap()
                    .replace("{{ loop.CurrentIteratorValue }}", item);
                ("Success", None, false)
            }
            "aws:branch" => {
                for choice in step["inputs"]["Choices"].as_array().unwrap() {
                    if self.variable == choice["StringEquals"].as_str().unwrap() {
                        return ("Success", Some(choice["NextStep"].as_str().unwrap().to_owned()), false);
                    }
                }
                ("Success", step["inputs"]["Default"].as_str().map(str::to_owned), false)
            }
            "aws:loop" => {
                for item in step["inputs"]["Iterators"].as_array().unwrap() {
                    let ended =
                        self.list(step["inputs"]["Steps"].as_array().unwrap(), item.as_str().unwrap());
                    if let Some((status, critical)) = ended {
                        return (if critical { status } else { "Success" }, None, true);
                    }
                }
                ("Success", None, false)
            }
            "aws:sleep" => ("Success", None, false),
            "aws:runInstances" => ("Failed", None, false),
            _ => {
                let attempts = step["maxAttempts"].as_u64().unwrap_or(1);
                for attempt in 1..=attempts {
                    let tried = self.tried.entry(name.to_owned()).or_default();
                    let all = &self.outcomes[name];
                    let given = all.get(*tried).or(all.last()).unwrap();
                    *tried += 1;
                    let status = match given.status.as_str() {
                        "Success" => {
                            self.succeeded.insert(
                                name.to_owned(),
                                given.outputs["Output"].as_str().unwrap().to_owned(),
                            );
                            return ("Success", None, false);
                        }
                        "TimedOut" => "TimedOut",
                        _ => "Failed",
                    };
                    self.succeeded.remove(name);
                    if attempt == attempts {
                        return (status, None, false);
                    }
                    self.happened.push(format!("{name} {status}"));
                }
                unreachable!()
            }
        }
    }
}

/// A list of steps that only lead forward.
fn steps(dice: &mut Dice, prefix: &str, in_loop: bool, outcomes: &mut Outcomes) -> Vec<Value> {
    let count = 1 + dice.below(if in_loop { 3 } else { 6 });
    let names: Vec<String> = (0..count).map(|n| format!("{prefix}{n}")).collect();
    let mut made = Vec::new();
    for index in 0..count {
        let later = |dice: &mut Dice| {
            let rest = &names[index + 1..];
            (!rest.is_empty()).then(|| rest[dice.below(rest.len())].clone())
        };
        let action = match dice.below(if in_loop { 9 } else { 11 }) {
            0..=2 => "aws:runCommand",
            3 => dice.of(&["aws:executeAwsApi", "aws:executeScript"]),
            4 => dice.of(&["aws:waitForAwsResourceProperty", "aws:assertAwsResourceProperty"]),
            5 => "aws:updateVariable",
            6 => "aws:branch",
            7 => "aws:sleep",
            8 => "aws:runInstances",
            _ => "aws:loop",
        };
        let mut step = json!({"name": names[index], "action": action});
        step["inputs"] = match action {
            "aws:runCommand"
            | "aws:executeAwsApi"
            | "aws:executeScript"
            | "aws:waitForAwsResourceProperty"
            | "aws:assertAwsResourceProperty" => {
                let mut given = Vec::new();
                for n in 0..1 + dice.below(3) {
                    let status = dice.of(&["Success", "Success", "Failed", "TimedOut"]).to_owned();
                    let Value::Object(outputs) = json!({"Output": format!("{}-{n}", names[index])}) else {
                        panic!()
                    };
                    given.push(Given { status, outputs });
                }
                outcomes.insert(names[index].clone(), given);
                step["timeoutSeconds"] = json!(1 + dice.below(100));
                if dice.below(3) == 0 {
                    step["maxAttempts"] = json!(1 + dice.below(3));
                }
                match action {
                    "aws:runCommand" => json!({"DocumentName": "D", "InstanceIds": ["i"]}),
                    "aws:executeAwsApi" => json!({"Service": "ssm", "Api": "A"}),
                    "aws:executeScript" => {
                        json!({"Runtime": "python3.11", "Handler": "h", "Script": "{{ no }}"})
                    }
                    _ => {
                        json!({"Service": "ssm", "Api": "A", "PropertySelector": "$.A", "DesiredValues": ["x"]})
                    }
                }
            }
            "aws:updateVariable" => {
                let value = if in_loop {
                    *dice.of(&[&"u", &"{{ loop.CurrentIteratorValue }}"])
                } else {
                    *dice.of(&[&"u", &"w"])
                };
                json!({"Name": "variable:v", "Value": value})
            }
            "aws:branch" => match later(dice) {
                None => {
                    step["action"] = json!("aws:sleep");
                    json!({"Duration": "PT1S"})
                }
                Some(first) => {
                    let mut inputs = json!({"Choices": [{"Variable": "{{ variable:v }}",
                        "StringEquals": *dice.of(&[&"u", &"w", &"none", &"x"]), "NextStep": first}]});
                    if let Some(default) = later(dice).filter(|_| dice.below(2) == 0) {
                        inputs["Default"] = json!(default);
                    }
                    inputs
                }
            },
            "aws:sleep" => json!({"Duration": "PT1H"}),
            "aws:runInstances" => json!({"ImageId": "x"}),
            _ => {
                let inner = steps(dice, &format!("{}_", names[index]), true, outcomes);
                let items: Vec<&str> = (0..dice.below(4)).map(|n| ["u", "w", "x"][n]).collect();
                json!({"Iterators": items, "Steps": inner})
            }
        };
        match dice.below(5) {
            0 => step["onFailure"] = json!("Continue"),
            1 => step["onFailure"] = later(dice).map_or(json!("Abort"), |name| json!(format!("step:{name}"))),
            _ => {}
        }
        if dice.below(4) == 0 {
            step["isCritical"] = json!(dice.below(2) == 0);
        }
        if dice.below(6) == 0 {
            step["isEnd"] = json!(true);
        } else if let Some(next) = later(dice).filter(|_| dice.below(5) == 0) {
            step["nextStep"] = json!(next);
        }
        made.push(step);
    }
    made
}

#[test]
fn a_property_is_looked_at_again_until_it_is_what_is_waited_for_and_each_look_is_one_call() {
    let document = json!({"mainSteps": [{"name": "w", "action": "aws:waitForAwsResourceProperty", "timeoutSeconds": 60,
        "inputs": {"Service": "ssm", "Api": "GetParameter", "Name": "a", "PropertySelector": "$.Parameter.Value",
            "DesiredValues": ["open"]}}]});
    let started = ExecutionStarted {
        execution_id: "e".to_owned(),
        document_json: document.to_string(),
        values_json: "{}".to_owned(),
        ..ExecutionStarted::default()
    };
    let mut state = Execution::evolve(State::default(), &ExecutionEvent::ExecutionStarted(started));
    let mut event = next(&state, 1_000).unwrap();
    state = Execution::evolve(state, &event);
    let id = state.running.as_ref().unwrap().step_execution_id.clone();
    let said =
        |value: &str| ApiCallAnswered { values_json: vec![value.to_owned()], ..ApiCallAnswered::default() };
    let mut asked = Vec::new();
    for poll in 0..3 {
        let [Wish::ApiCall { id: call, request }] = &wish::of(&event, &state)[..] else { panic!() };
        asked.push((*call, request.not_before_ms, request.expires_ms));
        assert_eq!(request.origin_id, format!("e/{id}/1/{poll}"));
        event = take_answer(&state, &id, (1, poll), &said("\"closed\""), 2_000).unwrap();
        state = Execution::evolve(state, &event);
        // The same answer comes again.
        assert_eq!(take_answer(&state, &id, (1, poll), &said("\"open\""), 2_000), None);
        // So does one to another attempt.
        assert_eq!(take_answer(&state, &id, (2, poll + 1), &said("\"open\""), 2_000), None);
    }
    assert_eq!(asked.iter().map(|(_, early, _)| *early).collect::<Vec<_>>(), [0, 3_000, 4_000]);
    assert!(asked.iter().all(|(_, _, late)| *late == 61_000), "{asked:?}");
    let ids: BTreeSet<_> = asked.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids.len(), 3, "each look is a call of its own");
    let ended = take_answer(&state, &id, (1, 3), &said("\"open\""), 9_000).unwrap();
    assert!(matches!(ended, ExecutionEvent::StepFinished(e) if e.status == "Success"));
}

/// So many runbooks are generated in an ordinary run of the tests; `REEVE_GENERATED_RUNBOOKS` says another number.
const RUNBOOKS: u64 = 3_000;

#[test]
fn generated_runbooks_do_what_the_interpreter_says() {
    let asked = std::env::var("REEVE_GENERATED_RUNBOOKS").ok().and_then(|count| count.parse().ok());
    let (mut kinds, count) = (BTreeMap::<String, u64>::new(), asked.unwrap_or(RUNBOOKS));
    for seed in 0..count {
        let (mut dice, mut outcomes) = (Dice(seed), Outcomes::new());
        let all = steps(&mut dice, "s", false, &mut outcomes);
        let document = json!({"mainSteps": all, "outputs": ["s0.Output", "s1.Output", "variable:v"],
            "variables": {"v": {"type": "String", "default": "none"}}});
        let mut oracle = Oracle {
            outcomes: &outcomes,
            tried: BTreeMap::new(),
            happened: Vec::new(),
            variable: "none".to_owned(),
            failed: false,
            timed_out: false,
            succeeded: BTreeMap::new(),
        };
        oracle.list(&all, "");
        let trace = simulate(&document.to_string(), &Map::new(), &outcomes).unwrap();
        let said = format!("seed {seed}: {document:#}\n{outcomes:#?}\n{:#?}", trace.lines);
        assert_eq!(path(&trace), oracle.happened, "{said}");
        let status = match (oracle.failed, oracle.timed_out) {
            (true, _) => "Failed",
            (false, true) => "TimedOut",
            _ => "Success",
        };
        assert_eq!(trace.status, status, "{said}");
        let none = "No output available yet because the step is not successfully executed".to_owned();
        for name in ["s0", "s1"] {
            let wanted = oracle.succeeded.get(name).unwrap_or(&none);
            let has_step = all.iter().any(|step| step["name"] == name);
            if has_step {
                assert_eq!(trace.outputs[&format!("{name}.Output")], std::slice::from_ref(wanted), "{said}");
            }
        }
        assert_eq!(trace.outputs["variable:v"], [oracle.variable], "{said}");
        *kinds.entry(trace.status).or_default() += 1;
    }
    assert!(kinds.len() == 3, "each end came up: {kinds:?}");
}
