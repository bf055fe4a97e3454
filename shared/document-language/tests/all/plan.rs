//! What a node makes of a document and its parameters.

use proptest::prelude::*;
use reeve_document_language::{
    Decision, OnFailure, PlanError, Platform, execution_timeout, parse_executable, plan::parse_included,
};
use serde_json::{Map, Value, json};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn document(parameters: Value, steps: Value) -> Value {
    json!({"schemaVersion": "2.2", "parameters": parameters, "mainSteps": steps})
}

#[test]
fn given_defaults_and_values_when_planned_then_they_fill_the_inputs() {
    let document = document(
        json!({"a": {"type": "String", "default": "dflt"}, "b": {"type": "StringList"},
            "m": {"type": "StringMap", "default": "{\"k\": 1}"}, "bad_name": {"type": "String"},
            "n": {"type": "String"}}),
        json!([{"action": "aws:runShellScript", "name": "s", "inputs": {
            "runCommand": "{{ b }}", "x": ["{{ a }}", "-{{ m }}", "{{ bad_name }}", "{{ n }}", "{{ extra }}"],
            "onFailure": "exit", "timeoutSeconds": "{{ t }}"}}]),
    );
    let given = map(json!({"b": ["1"], "bad_name": "v", "extra": "e", "t": "60"}));
    let plan = parse_executable(&document, &given).unwrap();
    let step = &plan.steps[0];
    assert_eq!(step.inputs()["runCommand"], json!(["1"]));
    assert_eq!(step.inputs()["x"], json!(["dflt", "-{\"k\":1}", null, null, "e"]));
    assert_eq!(step.flow.on_failure, Some(OnFailure::Exit));
    assert_eq!(step.decide(Platform::Linux), Decision::Run);
    assert!(matches!(step.decide(Platform::Windows), Decision::Skip(_)));
    assert_eq!(execution_timeout(&document, &given), Ok(60));
    assert_eq!(execution_timeout(&document, &map(json!({"b": []}))), Ok(3600));
}

#[test]
fn given_an_env_var_parameter_when_planned_then_only_a_reference_is_in_the_script() {
    let document = document(
        json!({"p": {"type": "String", "interpolationType": "ENV_VAR"}}),
        json!([{"action": "aws:runShellScript", "name": "s", "inputs": {
                "runCommand": ["echo \"{{ p }}\""], "workingDirectory": "{{ p }}"}},
            {"action": "aws:runPowerShellScript", "name": "w", "inputs": {"runCommand": ["{{ p }}"]}}]),
    );
    let plan = parse_executable(&document, &map(json!({"p": "$(reboot)"}))).unwrap();
    assert_eq!(plan.steps[0].inputs()["runCommand"], json!(["echo \"${SSM_p}\""]));
    assert_eq!(plan.steps[0].inputs()["workingDirectory"], "$(reboot)");
    assert_eq!(plan.steps[0].environment["SSM_p"], "$(reboot)");
    assert_eq!(plan.steps[1].inputs()["runCommand"], json!(["${env:SSM_p}"]));
}

#[test]
fn given_unusable_documents_when_planned_then_the_whole_is_refused() {
    let steps = json!([{"action": "aws:runShellScript", "name": "s", "inputs": {}}]);
    let none = Map::new();
    let of = |p: Value| document(p, steps.clone());
    assert_eq!(parse_executable(&json!([]), &none), Err(PlanError::NotAMap));
    assert!(matches!(
        parse_executable(&json!({"schemaVersion": 2.2}), &none),
        Err(PlanError::SchemaVersion(_))
    ));
    assert!(matches!(
        parse_executable(&json!({"schemaVersion": "0.3", "mainSteps": steps}), &none),
        Err(PlanError::SchemaVersion(_))
    ));
    assert_eq!(
        parse_executable(&document(json!({}), json!([])), &none),
        Err(PlanError::NoSteps("mainSteps"))
    );
    let patterned = of(json!({"p": {"type": "StringList", "allowedPattern": "[0-9]"}}));
    assert!(matches!(
        parse_executable(&patterned, &map(json!({"p": ["1", "a"]}))),
        Err(PlanError::Pattern { name, .. }) if name == "p"
    ));
    assert!(parse_executable(&patterned, &map(json!({"p": ["1", "a2"]}))).is_ok(), "search semantics");
    assert!(matches!(
        parse_executable(&of(json!({"p": {"type": "String", "allowedValues": [1]}})), &none),
        Err(PlanError::Declaration { name, .. }) if name == "p"
    ));
    let limited = of(json!({"p": {"type": "String", "maxChars": 1}}));
    assert!(parse_executable(&limited, &map(json!({"p": "zz"}))).is_ok());
    assert!(parse_included(&limited, &map(json!({"p": "zz"}))).is_err());
}

#[test]
fn given_a_malformed_step_when_planned_then_the_others_still_run() {
    let document = document(
        json!({}),
        json!([7, {"action": "aws:runShellScript", "inputs": []}, {"action": "aws:nope", "name": "n"},
            {"action": "aws:runShellScript", "name": "ok", "inputs": {}}]),
    );
    let plan = parse_executable(&document, &Map::new()).unwrap();
    for index in 0..3 {
        assert!(matches!(plan.steps[index].decide(Platform::Linux), Decision::Fail(_)), "{index}");
    }
    assert_eq!(plan.steps[3].decide(Platform::Linux), Decision::Run);
}

#[test]
fn given_a_precondition_when_decided_then_platform_and_parameters_count() {
    let of = |precondition: Value, version: &str| {
        let document = json!({"schemaVersion": version, "parameters": {"p": {"type": "String"},
            "q": {"type": "String"}}, "mainSteps": [{"action": "aws:runShellScript", "name": "a",
            "inputs": {"runCommand": []}, "precondition": precondition}]});
        let given = map(json!({"p": "x", "q": "True"}));
        parse_executable(&document, &given).unwrap().steps[0].decide(Platform::Linux)
    };
    let equals = |a: &str, b: &str| json!({"StringEquals": [a, b]});
    assert_eq!(of(equals("platformType", "linux"), "2.2"), Decision::Run);
    assert_eq!(of(equals("Linux", "platformType"), "2.2"), Decision::Run);
    assert!(matches!(of(equals("platformType", "Solaris"), "2.2"), Decision::Skip(_)));
    assert_eq!(of(equals("{{ p }} {{ q }}", "x True"), "2.2"), Decision::Run);
    assert!(matches!(of(equals("{{ p }}", "{{ q }}"), "2.2"), Decision::Skip(_)));
    assert!(matches!(of(equals("{{ p }}", "{{ p }}"), "2.2"), Decision::Fail(_)));
    assert!(matches!(of(equals("x", "{{ssm:y}}"), "2.2"), Decision::Fail(_)));
    assert!(matches!(of(json!({"StringEquals": ["a", "b", "c"]}), "2.2"), Decision::Fail(_)));
    assert_eq!(of(json!({}), "2.2"), Decision::Run);
    assert!(matches!(of(equals("platformType", "Linux"), "2.0"), Decision::Fail(_)));
}

fn anything() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "{{ p }}",
        "{{p}} x",
        "x",
        "",
        "platformType",
        "Linux",
        "aws:runShellScript",
        "aws:nope",
        "exit",
        "true",
        "ENV_VAR",
        "String",
        "(",
        "é{{",
    ]);
    let key = prop::sample::select(vec![
        "action",
        "name",
        "inputs",
        "precondition",
        "StringEquals",
        "runCommand",
        "onFailure",
        "finallyStep",
        "type",
        "default",
        "allowedPattern",
        "allowedValues",
        "interpolationType",
        "timeoutSeconds",
        "p",
        "properties",
        "aws:runShellScript",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn planning_never_panics(steps in anything(), parameters in anything(), config in anything(), p in anything(),
        version in prop::sample::select(vec!["1.2", "2.0", "2.2"])) {
        let document = json!({"schemaVersion": version, "parameters": parameters, "mainSteps": [steps],
            "runtimeConfig": config});
        let given = map(json!({"p": p}));
        for plan in [parse_executable(&document, &given), parse_included(&document, &given)].into_iter().flatten() {
            for step in &plan.steps {
                for platform in Platform::ALL {
                    let _ = step.decide(platform);
                }
            }
        }
        let _ = execution_timeout(&document, &given);
        for kind in ["Command", "Automation", "Session", "Package"] {
            let _ = reeve_document_language::check(
                kind, reeve_document_language::Format::Json, &document.to_string());
        }
    }
}
