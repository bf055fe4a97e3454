//! What CreateDocument accepts and refuses, document type by document type.

use proptest::prelude::*;
use reeve_document_language::{Error, Format, check};
use serde_json::{Value, json};

fn refused(document_type: &str, document: &Value) -> String {
    match check(document_type, Format::Json, &document.to_string()) {
        Ok(_) => panic!("accepted: {document}"),
        Err(error) => error.to_string(),
    }
}

fn step(name: &str, inputs: Value) -> Value {
    json!({"action": "aws:runShellScript", "name": name, "inputs": inputs})
}

fn command(steps: Value) -> Value {
    json!({"schemaVersion": "2.2", "mainSteps": steps})
}

fn with_parameter(declaration: Value) -> Value {
    let mut document = command(json!([step("a", json!({"runCommand": []}))]));
    document["parameters"] = json!({"p": declaration});
    document
}

#[test]
fn given_loose_yaml_when_checked_then_it_is_normalised() {
    let yaml = "schemaVersion: 2.2\ndescription: d\nparameters:\n  p:\n    type: String\n    default: 5\n    \
        allowedValues: [5, true, x]\nmainSteps:\n- action: aws:runShellScript\n  name: a\n  inputs:\n    \
        runCommand: ['echo {{ p }}']\n";
    let checked = check("Command", Format::Yaml, yaml).unwrap();
    assert_eq!(checked.schema_version, "2.2");
    assert_eq!(checked.description.as_deref(), Some("d"));
    assert_eq!(checked.platform_types, ["Linux", "MacOS"]);
    assert_eq!(checked.inputs[0].default, Some(json!("5")));
    assert_eq!(checked.normalized["parameters"]["p"]["allowedValues"], json!(["5", "true", "x"]));
    assert_eq!(checked.normalized["schemaVersion"], "2.2");
}

#[test]
fn given_platform_preconditions_when_checked_then_they_decide_the_platforms() {
    let mut ps = json!({"action": "aws:runPowerShellScript", "name": "w", "inputs": {"runCommand": []},
        "precondition": {"StringEquals": ["platformType", "Windows"]}});
    let both = command(json!([ps, step("l", json!({"runCommand": []}))]));
    let checked = check("Command", Format::Json, &both.to_string()).unwrap();
    assert_eq!(checked.platform_types, ["Windows", "Linux", "MacOS"]);
    let only = command(json!([ps]));
    assert_eq!(check("Command", Format::Json, &only.to_string()).unwrap().platform_types, ["Windows"]);
    ps.as_object_mut().unwrap().remove("precondition");
    let any = command(json!([ps]));
    assert_eq!(
        check("Command", Format::Json, &any.to_string()).unwrap().platform_types,
        ["Windows", "Linux", "MacOS"]
    );
}

#[test]
fn given_broken_commands_when_checked_then_the_error_names_the_field() {
    let fine = json!({"runCommand": ["echo"]});
    let s = |extra: Value| {
        let mut one = step("a", fine.clone());
        one.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        command(json!([one]))
    };
    for (document, named) in [
        (json!({"schemaVersion": "9.9", "mainSteps": [step("a", fine.clone())]}), "schemaVersion"),
        (json!({"mainSteps": []}), "schemaVersion"),
        (command(json!([])), "mainSteps"),
        (command(json!([step("a", fine.clone()), step("a", fine.clone())])), "mainSteps[1].name"),
        (command(json!([step("a b", fine.clone())])), "mainSteps[0].name"),
        (command(json!([step("../x", fine.clone())])), "mainSteps[0].name"),
        (s(json!({"action": "aws:aws:runShellScript"})), "mainSteps[0].action"),
        (command(json!([step("a", json!({}))])), "mainSteps[0].inputs.runCommand"),
        (command(json!([step("a", json!({"runCommand": "echo"}))])), "mainSteps[0].inputs.runCommand"),
        (command(json!([step("a", json!({"runCommand": ["x", 1]}))])), "mainSteps[0].inputs.runCommand[1]"),
        (s(json!({"precondition": {"StringNotEquals": ["a", "b"]}})), "mainSteps[0].precondition"),
        (s(json!({"precondition": {"StringEquals": []}})), "mainSteps[0].precondition"),
        (s(json!({"precondition": {"StringEquals": ["x", "y"]}})), "mainSteps[0].precondition"),
        (s(json!({"inputs": {"runCommand": [], "onFailure": "step:x"}})), "mainSteps[0].inputs.onFailure"),
        (
            command(json!([
                step("a", json!({"runCommand": [], "finallyStep": true})),
                step("b", fine.clone())
            ])),
            "mainSteps[0].inputs.finallyStep",
        ),
        (with_parameter(json!({"type": "Float"})), "parameters.p.type"),
        (with_parameter(json!({"type": "StringList", "default": "x"})), "parameters.p.default"),
        (with_parameter(json!({"type": "String", "allowedPattern": "("})), "parameters.p.allowedPattern"),
        (
            with_parameter(json!({"type": "String", "default": "c", "allowedValues": ["a"]})),
            "parameters.p.default",
        ),
        (with_parameter(json!({"type": "String", "minChars": 5, "maxChars": 2})), "parameters.p.minChars"),
        (
            with_parameter(json!({"type": "StringList", "interpolationType": "ENV_VAR"})),
            "parameters.p.interpolationType",
        ),
    ] {
        let message = refused("Command", &document);
        assert!(message.contains(&format!("field {named} ")), "{named}: {message}");
    }
    let mut named = command(json!([step("a", fine)]));
    named["parameters"] = json!({"a_b": {"type": "String"}});
    assert!(refused("Command", &named).contains("parameters.a_b"));
}

#[test]
fn given_tolerated_extras_when_checked_then_the_document_passes() {
    let document = json!({"schemaVersion": "2.2", "outputs": ["a.output"], "mainSteps": [{
        "action": "aws:runShellScript", "name": "a", "onFailure": "Abort", "maxAttempts": 3, "isEnd": true,
        "precondition": {}, "inputs": {"runCommand": ["echo {{ template }}"]}}]});
    assert!(check("Command", Format::Json, &document.to_string()).is_ok());
    let old = json!({"schemaVersion": "1.2", "runtimeConfig": {"aws:runShellScript": {
        "properties": [{"id": "0.aws:runShellScript", "runCommand": "{{ commands }}"}]}}});
    assert!(check("Command", Format::Json, &old.to_string()).is_ok());
}

fn automation(steps: Value) -> Value {
    json!({"schemaVersion": "0.3", "parameters": {"p": {"type": "String"}}, "mainSteps": steps})
}

fn sleep(name: &str, extra: Value) -> Value {
    let mut one = json!({"name": name, "action": "aws:sleep", "inputs": {"Duration": "PT1S"}});
    one.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    one
}

#[test]
fn given_a_good_automation_when_checked_then_it_passes() {
    let document = automation(json!([
        {"name": "choose", "action": "aws:branch", "inputs": {"Choices": [
            {"Variable": "{{ p }}", "StringEquals": "x", "NextStep": "last"},
            {"Not": {"Variable": "{{ p }}", "StringEquals": "y"}, "NextStep": "more"}], "Default": "last"}},
        sleep("more", json!({"nextStep": "last", "onFailure": "step:last"})),
        {"name": "last", "action": "aws:runCommand", "isEnd": true, "inputs": {
            "DocumentName": "AWS-RunShellScript", "InstanceIds": ["{{ p }}"],
            "Parameters": {"commands": ["{{ more.Output }} {{ global:REGION }}"]}}},
    ]));
    let checked = check("Automation", Format::Json, &document.to_string()).unwrap();
    assert_eq!(checked.platform_types.len(), 3);
}

#[test]
fn given_broken_automations_when_checked_then_they_are_refused() {
    let looped = |inner: Value, extra: Value| {
        let mut inputs = json!({"Iterators": ["a"], "Steps": inner});
        inputs.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"name": "l", "action": "aws:loop", "inputs": inputs})
    };
    let none = json!({});
    for (steps, part) in [
        (json!([]), "mainSteps"),
        (json!([sleep("a", none.clone()), sleep("a", none.clone())]), "mainSteps[1].name"),
        (json!([sleep("a b", none.clone())]), "mainSteps[0].name"),
        (json!([sleep("a", json!({"action": "action-name"}))]), "mainSteps[0].action"),
        (json!([sleep("a", json!({"nextStep": "zz"}))]), "mainSteps[0].nextStep"),
        (json!([sleep("a", json!({"onFailure": "step:zz"}))]), "mainSteps[0].onFailure"),
        (json!([sleep("a", json!({"onFailure": "exit"}))]), "mainSteps[0].onFailure"),
        (json!([sleep("a", none.clone()), sleep("b", json!({"nextStep": "a"}))]), "cycle"),
        (json!([sleep("a", none.clone()), sleep("b", json!({"onFailure": "step:a"}))]), "cycle"),
        (json!([sleep("a", json!({"inputs": {"Duration": "{{ nope }}"}}))]), "\"nope\""),
        (json!([sleep("a", json!({"inputs": {"Duration": "{{ variable:v }}"}}))]), "\"v\""),
        (
            json!([{"name": "b", "action": "aws:branch", "inputs": {"Choices": [
                {"Variable": "{{ p }}", "StringEquals": "x", "NextStep": "zz"}]}}]),
            "Choices[0].NextStep",
        ),
        (
            json!([{"name": "b", "action": "aws:branch", "inputs": {"Choices": [
                {"Variable": "{{ p }}", "NextStep": "b"}]}}]),
            "operators",
        ),
        (
            json!([{"name": "r", "action": "aws:runCommand", "inputs": {
                "DocumentName": "x", "InstanceIds": [], "Targets": []}}]),
            "InstanceIds and Targets",
        ),
        (json!([looped(json!([looped(json!([]), none.clone())]), none.clone())]), "another step"),
        (json!([looped(json!([sleep("s", none.clone())]), json!({"MaxIterations": 101}))]), "MaxIterations"),
        (
            json!([looped(
                json!([{"name": "m", "action": "aws:loop", "inputs": {
                "Iterators": ["x"], "Steps": [sleep("s", none.clone())]}}]),
                none.clone()
            )]),
            "inside of a loop",
        ),
        (json!([looped(json!([]), none.clone())]), "Steps"),
    ] {
        let message = refused("Automation", &automation(steps));
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn given_other_types_when_checked_then_their_rules_hold() {
    let session = json!({"schemaVersion": "1.0", "sessionType": "Standard_Stream",
        "inputs": {"idleSessionTimeout": "20", "maxSessionDuration": "", "runAsEnabled": false}});
    assert!(check("Session", Format::Json, &session.to_string()).is_ok());
    let mut long = session.clone();
    long["inputs"]["idleSessionTimeout"] = json!("61");
    assert!(refused("Session", &long).contains("inputs.idleSessionTimeout"));

    let package = json!({"schemaVersion": "2.0", "version": "1.0",
        "packages": {"_any": {"_any": {"x86_64": {"file": "a.zip"}}}, "windows": {}},
        "files": {"a.zip": {"checksums": {"sha256": "a".repeat(64)}}}});
    assert_eq!(check("Package", Format::Json, &package.to_string()).unwrap().platform_types.len(), 3);
    let mut bad = package.clone();
    bad["packages"]["_any"]["_any"]["x86_64"]["file"] = json!("b.zip");
    assert!(refused("Package", &bad).contains("packages._any._any.x86_64.file"));

    assert!(matches!(check("Nope", Format::Json, "{}"), Err(Error::DocumentType(_))));
    assert!(matches!(check("Command", Format::Text, "x"), Err(Error::Format { .. })));
    assert!(check("ApplicationConfiguration", Format::Text, "anything").unwrap().normalized.is_null());
    assert!(check("CloudFormation", Format::Yaml, "Resources: {A: !Ref b}").is_ok());
    assert!(check("CloudFormation", Format::Yaml, "a: [").is_err());
}

proptest! {
    #[test]
    fn checking_never_panics(text in any::<String>(), kind in prop::sample::select(vec![
        "Command", "Policy", "Automation", "Session", "Package", "ChangeCalendar"])) {
        for format in [Format::Json, Format::Yaml, Format::Text] {
            let _ = check(kind, format, &text);
        }
    }
}
