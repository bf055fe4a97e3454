//! What is accepted and what is refused where AWS's own rules leave it open, or public documents are loose: each row is
//! a decision, with its reason.

use reeve_document_language::{
    Format, bind, check, execution_timeout, parse_executable,
    plan::{parse_included, timeout_seconds},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The inputs of a script step beside its lines, put into a document.
fn with_inputs(extra: Value) -> Value {
    let mut inputs = json!({"runCommand": ["pwd"]});
    inputs.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({"schemaVersion": "2.2", "parameters": {"t": {"type": "String"}},
        "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": inputs}]})
}

fn with_step(extra: Value) -> Value {
    let mut document = with_inputs(json!({}));
    document["mainSteps"][0].as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    document
}

fn with_root(extra: Value) -> Value {
    let mut document = with_inputs(json!({}));
    document.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    document
}

fn with_parameter(declaration: Value) -> Value {
    with_root(json!({"parameters": {"p": declaration}}))
}

fn automation(step: Value) -> Value {
    json!({"schemaVersion": "0.3", "mainSteps": [step]})
}

fn verdict(kind: &str, document: &Value) -> Result<(), String> {
    check(kind, Format::Json, &document.to_string()).map(drop).map_err(|e| e.to_string())
}

#[test]
fn given_a_misspelt_key_when_checked_then_the_error_names_it_and_the_one_that_it_resembles() {
    let session =
        |inputs: Value| json!({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs});
    let old = |settings: Value| {
        json!({"schemaVersion": "1.2",
            "runtimeConfig": {"aws:runShellScript": settings}})
    };
    let sleep = |extra: Value| {
        let mut step = json!({"name": "a", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}});
        step.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        automation(step)
    };
    for (kind, document, key, meant) in [
        (
            "Command",
            with_inputs(json!({"workingdirectory": "/tmp"})),
            "inputs.workingdirectory",
            "workingDirectory",
        ),
        ("Command", with_inputs(json!({"directory": "/tmp"})), "inputs.directory", "workingDirectory"),
        ("Command", with_inputs(json!({"timeoutSecond": "5"})), "inputs.timeoutSecond", "timeoutSeconds"),
        ("Command", with_inputs(json!({"OnFailure": "exit"})), "inputs.OnFailure", "onFailure"),
        ("Command", with_step(json!({"Precondition": {}})), "mainSteps[0].Precondition", "precondition"),
        ("Command", with_step(json!({"input": {}})), "mainSteps[0].input", "inputs"),
        ("Command", with_root(json!({"parameter": {}})), "parameter", "parameters"),
        ("Command", with_root(json!({"mainStep": []})), "mainStep", "mainSteps"),
        (
            "Command",
            with_parameter(json!({"type": "String", "allowedpattern": "^a$"})),
            "p.allowedpattern",
            "allowedPattern",
        ),
        (
            "Command",
            with_parameter(json!({"type": "String", "pattern": "^a$"})),
            "p.pattern",
            "allowedPattern",
        ),
        (
            "Command",
            with_parameter(json!({"type": "String", "allowedValue": ["a"]})),
            "p.allowedValue",
            "allowedValues",
        ),
        (
            "Command",
            with_parameter(json!({"type": "String", "defaultValue": "a"})),
            "p.defaultValue",
            "default",
        ),
        ("Command", old(json!({"propertys": []})), "propertys", "properties"),
        (
            "Command",
            old(json!({"properties": [{"runCommand": [], "timeoutseconds": 5}]})),
            "timeoutseconds",
            "timeoutSeconds",
        ),
        ("Session", session(json!({"runAsEnable": true})), "inputs.runAsEnable", "runAsEnabled"),
        ("Automation", sleep(json!({"onfailure": "Abort"})), "mainSteps[0].onfailure", "onFailure"),
        ("Automation", sleep(json!({"nextstep": "b"})), "mainSteps[0].nextstep", "nextStep"),
        (
            "Automation",
            {
                let mut document = sleep(json!({}));
                document["assumerole"] = json!("x");
                document
            },
            "assumerole",
            "assumeRole",
        ),
    ] {
        let error = verdict(kind, &document).expect_err(key);
        assert!(error.contains(key) && error.contains(&format!("resembles {meant}.")), "{key}: {error}");
    }
    // What has an effect inside of the inputs has none beside them.
    for (document, key) in [
        (with_step(json!({"workingDirectory": "/tmp"})), "workingDirectory"),
        (with_step(json!({"finallyStep": true})), "finallyStep"),
        (with_step(json!({"onSuccess": "exit"})), "onSuccess"),
        (with_step(json!({"onFailure": "exit"})), "onFailure"),
    ] {
        let error = verdict("Command", &document).expect_err(key);
        assert!(
            error.contains(&format!("mainSteps[0].{key} has no effect here; it belongs into inputs")),
            "{error}"
        );
    }
    let beside = old(json!({"properties": [{"runCommand": []}], "workingDirectory": "/tmp"}));
    let error = verdict("Command", &beside).unwrap_err();
    assert!(error.contains("workingDirectory has no effect here; it belongs into properties"), "{error}");
    // A script's inputs each say what the node does: one that resembles nothing is no annotation.
    let error = verdict("Command", &with_inputs(json!({"shell": "bash"}))).unwrap_err();
    assert!(error.contains("mainSteps[0].inputs.shell is not known; there are runCommand"), "{error}");
}

#[test]
fn given_what_public_documents_carry_when_checked_then_each_has_a_decision() {
    let branch = |choices: Value| {
        json!({"schemaVersion": "0.3", "parameters": {"p": {"type": "String"}}, "mainSteps": [
            {"name": "b", "action": "aws:branch", "inputs": {"Choices": choices}},
            {"name": "c", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}]})
    };
    let is = |value: &str| json!({"Variable": "{{ p }}", "StringEquals": value});
    let accepted = [
        // Attributes of Automation steps, which AWS and the agent ignore in Command documents.
        (
            "Command",
            with_step(json!({"onFailure": "Abort", "maxAttempts": 3, "timeoutSeconds": 1, "isEnd": true})),
        ),
        (
            "Command",
            with_step(json!({"description": "d", "isCritical": false, "nextStep": "x", "outputs": []})),
        ),
        // An annotation that resembles nothing.
        ("Command", with_step(json!({"foo": 1}))),
        ("Command", with_root(json!({"$schema": "x", "outputs": ["a.output"], "Comment": "c"}))),
        ("Command", with_parameter(json!({"type": "String", "displayType": "textarea", "label": "L"}))),
        // Undocumented inputs that the agent takes.
        ("Command", with_inputs(json!({"id": "0.aws:runShellScript", "environment": {"A": "b"}}))),
        // A type in lower case can mean one type only.
        ("Command", with_parameter(json!({"type": "string"}))),
        ("Command", with_parameter(json!({"type": "stringlist", "default": ["a"]}))),
        // An empty dash of YAML: an empty line, an empty value.
        ("Command", with_inputs(json!({"runCommand": ["a", null, "b"]}))),
        ("Command", with_parameter(json!({"type": "String", "allowedValues": ["a", null]}))),
        ("Command", with_parameter(json!({"type": "StringList", "default": ["a", null]}))),
        ("Command", with_parameter(json!({"type": "String", "default": null, "description": null}))),
        // Numbers and truths where texts are meant.
        ("Command", with_inputs(json!({"timeoutSeconds": 60}))),
        ("Command", with_parameter(json!({"type": "Integer", "default": "5", "allowedValues": [5, "6"]}))),
        ("Command", with_parameter(json!({"type": "Boolean", "default": "True"}))),
        ("Command", with_parameter(json!({"type": "MapList", "default": [{"a": 1}]}))),
        // A document may hold references; a command may not.
        (
            "Command",
            with_parameter(
                json!({"type": "String", "default": "{{ ssm:db-pass }}", "allowedPattern": "^a$"}),
            ),
        ),
        ("Command", with_parameter(json!({"type": "StringList", "default": "{{ssm:list}}"}))),
        ("Command", with_inputs(json!({"runCommand": ["docker ps --format '{{.Names}}' {{ssm:x}}"]}))),
        // Without documentPath AWS stores it; the step fails on the node.
        (
            "Command",
            json!({"schemaVersion": "2.2", "mainSteps": [
            {"action": "aws:runDocument", "name": "a", "inputs": {"documentType": "SSMDocument"}}]}),
        ),
        // The role of an execution is a name that callers know without a declaration.
        ("Automation", {
            let mut document = automation(json!({"name": "a", "action": "aws:executeAutomation", "inputs": {
                "DocumentName": "x", "RuntimeParameters": {"AutomationAssumeRole": "{{ AutomationAssumeRole }}"}}}));
            document["assumeRole"] = json!("{{AutomationAssumeRole}}");
            document
        }),
        ("Automation", branch(json!([{"And": [is("x"), {"Not": is("y")}], "NextStep": "c"}]))),
        ("Automation", branch(json!([{"NextStep": "c", "Or": [{"And": [is("x"), is("y")]}, is("z")]}]))),
        (
            "Session",
            json!({"schemaVersion": "1.0", "sessionType": "Port",
            "parameters": {"n": {"type": "Integer", "default": 22}, "b": {"type": "Boolean"}, "m": {"type": "MapList"}},
            "properties": {"portNumber": "{{ n }}"}}),
        ),
        // AWS's own documents write these with a capital.
        (
            "Command",
            json!({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:downloadContent", "name": "d",
            "inputs": {"SourceType": "{{ SourceType }}", "SourceInfo": "{{ SourceInfo }}"}}]}),
        ),
        // Relative to what an earlier step downloads.
        (
            "Command",
            json!({"schemaVersion": "2.2", "mainSteps": [
            {"action": "aws:downloadContent", "name": "d", "inputs": {"sourceType": "S3", "sourceInfo": {}}},
            {"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": [], "workingDirectory": "sub"}}]}),
        ),
    ];
    for (kind, document) in accepted {
        assert_eq!(verdict(kind, &document), Ok(()), "{document}");
    }
    for (kind, document, named) in [
        ("Automation", branch(json!([null])), "Choices[0]"),
        ("Automation", branch(json!([{"And": [is("x"), null], "NextStep": "c"}])), "Choices[0].And[1]"),
        ("Automation", branch(json!([{"And": [], "NextStep": "c"}])), "Choices[0].And"),
        ("Command", with_root(json!({"mainSteps": [null]})), "mainSteps[0]"),
        ("Command", with_inputs(json!({"runCommand": ["a", 1]})), "runCommand[1]"),
        ("Command", with_parameter(json!({"type": "Strin"})), "parameters.p.type"),
        ("Command", with_parameter(json!({"type": "Integer", "default": "x"})), "parameters.p.default"),
        ("Command", with_parameter(json!({"type": "Boolean", "default": "yes"})), "parameters.p.default"),
        ("Command", with_parameter(json!({"type": "MapList", "default": ["a"]})), "parameters.p.default"),
        ("Command", with_parameter(json!({"type": "StringList", "default": "x"})), "parameters.p.default"),
    ] {
        let error = verdict(kind, &document).expect_err(named);
        assert!(error.contains(named), "{named}: {error}");
    }
    let unquoted = "schemaVersion: '0.3'\nassumeRole: {{ AutomationAssumeRole }}\nmainSteps: []\n";
    let error = check("Automation", Format::Yaml, unquoted).unwrap_err().to_string();
    assert!(error.contains("needs quotes"), "{error}");
}

#[test]
fn given_a_runbook_when_it_refers_to_the_parameter_store_then_only_parameters_may() {
    let step = |inputs: Value| json!({"name": "a", "action": "aws:executeAutomation", "inputs": inputs});
    let plain = automation(step(json!({"DocumentName": "x", "RuntimeParameters": {"P": "{{ p }}"}})));
    let with = |member: &str, value: Value| {
        let mut document = plain.clone();
        document["parameters"] = json!({"p": {"type": "String", "default": "{{ ssm:/a/b:3 }}"}});
        document[member] = value;
        document
    };
    for role in
        [json!("arn:aws:iam::1:role/x"), json!("{{ p }}"), json!("{{ AutomationAssumeRole }}"), json!("")]
    {
        assert_eq!(verdict("Automation", &with("assumeRole", role.clone())), Ok(()), "{role}");
    }
    let in_step =
        json!([step(json!({"DocumentName": "x", "RuntimeParameters": {"P": ["{{ssm-secure:x}}"]}}))]);
    for (document, named) in [
        (with("assumeRole", json!("{{ ssm:x }}")), "assumeRole"),
        (with("mainSteps", in_step), "mainSteps[0].inputs.RuntimeParameters"),
    ] {
        let error = verdict("Automation", &document).expect_err(named);
        assert!(error.contains(named) && error.contains("Parameter Store"), "{error}");
    }
}

#[test]
fn given_a_default_that_no_caller_could_send_when_checked_then_it_is_refused() {
    for (declaration, why) in [
        (
            json!({"type": "String", "allowedPattern": "^a$", "default": "b"}),
            "does not match the pattern ^a$",
        ),
        (json!({"type": "String", "allowedPattern": "^a$", "default": ""}), "does not match the pattern ^a$"),
        (json!({"type": "StringList", "allowedPattern": "^a$", "default": ["a", "b"]}), "does not match"),
        (
            json!({"type": "String", "allowedValues": ["a", "c"], "default": "b"}),
            "not among the allowed values: a, c",
        ),
        (json!({"type": "String", "maxChars": 1, "default": "bb"}), "2 characters"),
        (json!({"type": "StringList", "minItems": 1, "default": []}), "0 elements"),
        (json!({"type": "Integer", "allowedValues": [1, 2], "default": 3}), "not among"),
    ] {
        let error = verdict("Command", &with_parameter(declaration.clone())).expect_err(why);
        assert!(error.contains("parameters.p.default") && error.contains(why), "{declaration}: {error}");
    }
}

fn sendable(document: &Value, given: &[(&str, &str)]) -> Result<u32, String> {
    let checked = check("Command", Format::Json, &document.to_string()).map_err(|e| e.to_string())?;
    let given: BTreeMap<String, Vec<String>> =
        given.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
    let bound = bind(&checked.inputs, &given).map_err(|e| e.to_string())?;
    execution_timeout(&checked.normalized, &bound).map_err(|e| e.to_string())
}

#[test]
fn given_a_time_out_when_it_is_in_range_then_it_is_kept_to_and_otherwise_refused() {
    for seconds in [1, 3, 4, 5, 172_800] {
        assert_eq!(timeout_seconds(&json!({"timeoutSeconds": seconds.to_string()})), seconds);
        assert_eq!(verdict("Command", &with_inputs(json!({"timeoutSeconds": seconds}))), Ok(()));
        let bound = with_inputs(json!({"timeoutSeconds": "{{ t }}"}));
        assert_eq!(sendable(&bound, &[("t", &seconds.to_string())]), Ok(seconds));
    }
    for wrong in [json!("0"), json!("abc"), json!(-1), json!(1.5), json!("172801"), json!([]), json!(true)] {
        let error = verdict("Command", &with_inputs(json!({"timeoutSeconds": wrong}))).unwrap_err();
        assert!(error.contains("mainSteps[0].inputs.timeoutSeconds is"), "{error}");
        assert!(error.contains("whole number from 1 to 172800"), "{error}");
    }
    let undeclared =
        verdict("Command", &with_inputs(json!({"timeoutSeconds": "{{ undeclared }}"}))).unwrap_err();
    assert!(undeclared.contains("refers to \"undeclared\""), "{undeclared}");
    let bound = with_inputs(json!({"timeoutSeconds": "{{ t }}"}));
    for wrong in ["0", "abc", "-1", "172801"] {
        let error = sendable(&bound, &[("t", wrong)]).unwrap_err();
        assert!(error.contains("The input timeoutSeconds of the step \"a\" is"), "{error}");
    }
    assert_eq!(sendable(&bound, &[("t", "")]), Ok(3600));
}

#[test]
fn given_a_relative_working_directory_when_nothing_is_downloaded_then_it_is_refused() {
    for relative in ["tmp", "~", ".", "./x", "%TEMP%"] {
        let error = verdict("Command", &with_inputs(json!({"workingDirectory": relative}))).unwrap_err();
        assert!(error.contains("mainSteps[0].inputs.workingDirectory is"), "{error}");
        let bound = with_inputs(json!({"workingDirectory": "{{ t }}"}));
        let error = sendable(&bound, &[("t", relative)]).unwrap_err();
        assert!(error.contains("The input workingDirectory of the step \"a\" is"), "{error}");
    }
    for fine in ["/tmp", "", "C:\\x", "\\\\share\\x"] {
        assert_eq!(verdict("Command", &with_inputs(json!({"workingDirectory": fine}))), Ok(()), "{fine}");
        assert!(
            sendable(&with_inputs(json!({"workingDirectory": "{{ t }}"})), &[("t", fine)]).is_ok(),
            "{fine}"
        );
    }
}

#[test]
fn given_a_reference_to_the_parameter_store_when_a_script_would_get_its_text_then_it_is_named_and_refused() {
    let declared = with_root(json!({"parameters": {"p": {"type": "String", "default": "{{ ssm:db-pass }}"},
        "l": {"type": "StringList", "default": []}, "m": {"type": "StringMap", "default": {}}}}));
    // A default counts when nothing is given instead of it.
    let error = sendable(&declared, &[]).unwrap_err();
    assert!(error.contains("The parameter p holds the reference {{ ssm:db-pass }}"), "{error}");
    assert!(sendable(&declared, &[("p", "plain")]).is_ok());
    for (name, value, reference) in [
        ("p", "{{ssm:a:3}}", "{{ ssm:a:3 }}"),
        ("l", "x{{ ssm-secure:a }}y", "{{ ssm-secure:a }}"),
        ("l", "{{ssm:/a/b}}", "{{ ssm:/a/b }}"),
        ("m", "{\"tokenInfo\": \"{{ssm-secure:t}}\"}", "{{ ssm-secure:t }}"),
    ] {
        let mut given = vec![(name, value)];
        if name != "p" {
            given.push(("p", "plain"));
        }
        let error = sendable(&declared, &given).unwrap_err();
        assert!(error.contains(&format!("The parameter {name} holds the reference {reference};")), "{error}");
    }
    for other in ["{{.Names}}", "{{ .Names }} {{ range }}", "{{ ssm }}", "ssm:a"] {
        assert!(sendable(&declared, &[("p", other)]).is_ok(), "{other}");
    }
    // A secret in a text is a step's affair: in a script's text it is refused.
    let secret = [("t", "{{ssm-secure:a}}")];
    let error = sendable(&with_inputs(json!({"runCommand": ["echo {{ t }}"]})), &secret).unwrap_err();
    assert!(error.contains("The step \"a\" holds the reference {{ ssm-secure:a }};"), "{error}");
    let carried = with_inputs(json!({"runCommand": ["x"], "environment": {"A": "{{ t }}"}}));
    assert!(sendable(&carried, &secret).is_ok());
    let literal = with_inputs(json!({"runCommand": ["echo {{ ssm:x }}"]}));
    let error = sendable(&literal, &[("t", "")]).unwrap_err();
    assert!(error.contains("The step \"a\" holds the reference {{ ssm:x }};"), "{error}");
    let none = Map::new();
    let with_t = Map::from_iter([("t".to_owned(), json!("{{ssm:y}}"))]);
    assert!(parse_included(&literal, &none).unwrap_err().to_string().contains("{{ ssm:x }}"));
    let pasted = with_inputs(json!({"runCommand": ["echo {{ t }}"]}));
    assert!(parse_included(&pasted, &with_t).unwrap_err().to_string().contains("{{ ssm:y }}"));
    let mut carried = pasted.clone();
    carried["parameters"]["t"]["interpolationType"] = json!("ENV_VAR");
    assert!(parse_included(&carried, &with_t).unwrap_err().to_string().contains("{{ ssm:y }}"));
}

#[test]
fn given_the_newer_types_when_bound_then_they_keep_their_type_in_the_plan() {
    let mut document = with_inputs(json!({"runCommand": ["{{ i }} {{ b }} {{ d }}"], "x": "{{ l }}"}));
    document["mainSteps"][0]["inputs"].as_object_mut().unwrap().remove("x");
    document["mainSteps"][0]["inputs"]["environment"] = json!({"L": "{{ l }}"});
    document["parameters"] = json!({"i": {"type": "Integer", "allowedPattern": "[0-9]+"},
        "b": {"type": "Boolean", "allowedValues": ["True"]}, "l": {"type": "MapList"},
        "d": {"type": "Integer", "default": "7"}});
    let checked = check("Command", Format::Json, &document.to_string()).unwrap();
    let given = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), v.iter().map(|t| (*t).to_owned()).collect())).collect()
    };
    let sent = given(&[("i", &["42"]), ("b", &["True"]), ("l", &["{\"a\":1}", "{}"])]);
    let bound = bind(&checked.inputs, &sent).unwrap();
    assert_eq!(Value::Object(bound.clone()), json!({"i": 42, "b": true, "l": [{"a": 1}, {}]}));
    let plan = parse_executable(&checked.normalized, &bound).unwrap();
    assert_eq!(plan.steps[0].inputs()["runCommand"], json!(["42 true 7"]));
    assert_eq!(plan.steps[0].inputs()["environment"], json!({"L": [{"a": 1}, {}]}));
    for (wrong, name) in [
        (given(&[("i", &["4x"]), ("b", &["true"]), ("l", &[])]), "i"),
        (given(&[("i", &["4"]), ("b", &["1"]), ("l", &[])]), "b"),
        (given(&[("i", &["4"]), ("b", &["false"]), ("l", &[])]), "b"),
        (given(&[("i", &["4"]), ("b", &["true"]), ("l", &["[]"])]), "l"),
        (given(&[("i", &["-4"]), ("b", &["true"]), ("l", &[])]), "i"),
    ] {
        let error = bind(&checked.inputs, &wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("The parameter {name} ")), "{error}");
    }
}

#[test]
fn given_an_empty_line_of_yaml_when_planned_then_the_script_has_it() {
    let yaml = "schemaVersion: '2.2'\nmainSteps:\n- action: aws:runShellScript\n  name: a\n  inputs:\n    runCommand:\n    \
        - echo a\n    -\n    - echo b\n";
    let checked = check("Command", Format::Yaml, yaml).unwrap();
    let plan = parse_executable(&checked.normalized, &Map::new()).unwrap();
    assert_eq!(plan.steps[0].inputs()["runCommand"], json!(["echo a", "", "echo b"]));
}

#[test]
fn given_inputs_with_a_capital_when_planned_then_the_download_has_them() {
    let document = json!({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:downloadContent", "name": "d",
        "inputs": {"SourceType": "S3", "SourceInfo": {"path": "x"}, "DestinationPath": "/tmp"}}]});
    let checked = check("Command", Format::Json, &document.to_string()).unwrap();
    let plan = parse_executable(&checked.normalized, &Map::new()).unwrap();
    let inputs = json!({"sourceType": "S3", "sourceInfo": {"path": "x"}, "destinationPath": "/tmp"});
    assert_eq!(plan.steps[0].inputs(), &inputs);
    // Both at once are a slip again.
    let both = json!({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:downloadContent", "name": "d",
        "inputs": {"SourceType": "S3", "sourceType": "S3", "sourceInfo": {}}}]});
    assert!(
        verdict("Command", &both).unwrap_err().contains("SourceType is not known; it resembles sourceType.")
    );
}
