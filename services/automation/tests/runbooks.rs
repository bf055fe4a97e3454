//! The runbooks that come with the system: each is one, and does all of its steps when they succeed.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_automation::domain::simulate::{Outcomes, simulate};
use reeve_document_language::{Format, bind, check};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../documents/preconfigured/runbooks");
const NODES: [&str; 2] = ["mi-00000000000000001", "mi-00000000000000002"];

/// A value of each parameter without a default.
fn given(name: &str) -> Vec<String> {
    let values: &[&str] = match name {
        "NodeIds" => &NODES,
        "NodeId" | "FirstNodeId" => &NODES[..1],
        "Approvers" => &["ann"],
        "Service" => &["nginx"],
        "Package" => &["nginx=1.2-3"],
        "Commands" => &["uptime"],
        "HealthDocument" | "DocumentName" => &["Healthy"],
        "Host" => &["www.example.org"],
        "Webhook" => &["chat"],
        "Body" => &["{}"],
        other => panic!("{other} has neither a default nor a value here"),
    };
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn each_runbook_does_all_of_its_steps_and_is_a_success_when_they_are() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let checked = check("Automation", Format::Yaml, &std::fs::read_to_string(&path).unwrap());
        let checked = checked.unwrap_or_else(|error| panic!("{name}: {error}"));
        let needed = checked.inputs.iter().filter(|input| input.default.is_none());
        let parameters: BTreeMap<_, _> =
            needed.map(|input| (input.name.clone(), given(&input.name))).collect();
        let mut values = bind(&checked.inputs, &parameters).unwrap_or_else(|error| panic!("{name}: {error}"));
        for input in &checked.inputs {
            if let Some(default) = &input.default {
                values.entry(input.name.clone()).or_insert_with(|| default.clone());
            }
        }
        // A service that is active at the second look.
        let outcomes = json!({"look": [
            {"status": "Success", "outputs": {"Output": "waiting"}}, {"status": "Success", "outputs": {"Output": "active"}}]});
        let outcomes: Outcomes = match name.as_str() {
            "Reeve-WaitForService" => serde_json::from_value(outcomes).unwrap(),
            _ => Outcomes::new(),
        };
        let trace = simulate(&checked.normalized.to_string(), &values, &outcomes).unwrap();
        assert_eq!(trace.status, "Success", "{name}: {:?}", trace.lines);
        let done: BTreeSet<&str> = trace.lines.iter().map(|line| line.step.as_str()).collect();
        let steps = checked.normalized["mainSteps"].as_array().unwrap().iter();
        let steps = steps.map(|step| step["name"].as_str().unwrap());
        // What is done when the service never becomes active.
        for step in steps.filter(|step| *step != "gaveUp") {
            assert!(done.contains(step), "{name}: {step} is not among {done:?}");
        }
        names.push(name);
    }
    assert!(names.len() >= 15, "{names:?}");
}

#[test]
fn what_a_caller_gives_cannot_become_a_command() {
    let shell = |value: &Value| value["action"] == "aws:runCommand";
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let checked = check("Automation", Format::Yaml, &std::fs::read_to_string(&path).unwrap()).unwrap();
        for evil in ["x; id", "$(id)", "`id`", "x' id '", "a\nb", "-x"] {
            for input in
                checked.inputs.iter().filter(|input| input.name != "Body" && input.name != "Commands")
            {
                let text = format!("'{{{{ {} }}}}'", input.name);
                let in_script = checked.normalized["mainSteps"].as_array().unwrap().iter().any(|step| {
                    shell(step)
                        && step["inputs"]["Parameters"]["commands"]
                            .to_string()
                            .contains(&text[1..text.len() - 1])
                });
                if in_script {
                    let given = BTreeMap::from([(input.name.clone(), vec![evil.to_owned()])]);
                    // The option-like name is quoted behind two dashes.
                    let refused = bind(std::slice::from_ref(input), &given).is_err();
                    assert!(refused || evil == "-x", "{}: {} takes {evil:?}", path.display(), input.name);
                }
            }
        }
    }
}
