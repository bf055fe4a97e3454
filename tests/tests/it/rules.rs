//! Rules, by the aws CLI: events of other systems and of Reeve open OpsItems, start incidents and run documents.

use reeve_e2e::Instance;
use serde_json::{Value, json};

pub fn events(instance: &Instance, arguments: &[&str]) -> reeve_e2e::Answer {
    instance.aws_of("events", arguments)
}

fn put_target(instance: &Instance, rule: &str, target: &Value) -> reeve_e2e::Answer {
    events(instance, &["put-targets", "--rule", rule, "--targets", &json!([target]).to_string()])
}

pub fn put_event(instance: &Instance, detail: &Value) {
    let entry = json!([{"Source": "shop", "DetailType": "OrderFailed", "Detail": detail.to_string(), "Resources": ["order/7"]}]);
    let put = events(instance, &["put-events", "--entries", &entry.to_string()]).json();
    assert_eq!(put["FailedEntryCount"], 0, "{put}");
}

#[test]
fn an_event_of_another_system_opens_an_item_starts_an_incident_and_runs_a_document() {
    let instance = Instance::start(1);
    let node = instance.node();
    let plan = r#"{"title": "Orders fail", "impact": 2}"#;
    let plan = instance
        .aws_of("ssm-incidents", &["create-response-plan", "--name", "shop", "--incident-template", plan])
        .json();
    let pattern = r#"{"source":["shop"],"detail":{"total":[{"numeric":[">",10]}]}}"#;
    // It fires a minute later, while the rest of this happens.
    let every = ["put-rule", "--name", "every", "--schedule-expression", "rate(1 minute)"];
    events(&instance, &every).json();
    let due = json!({"Id": "due", "Arn": "arn:aws:ssm:us-east-1:123456789012:opsitem", "InputTransformer": {
        "InputPathsMap": {"kind": "$.detail-type", "rule": "$.resources[0]", "none": "$.detail.none"},
        "InputTemplate": "{\"title\":\"<kind> of <rule><none>\"}"}});
    put_target(&instance, "every", &due).json();
    let gone = "arn:aws:ssm:us-east-1:123456789012:automation-definition/NoSuch";
    put_target(&instance, "every", &json!({"Id": "gone", "Arn": gone})).json();
    let rule = events(&instance, &["put-rule", "--name", "orders", "--event-pattern", pattern]).json();
    assert!(rule["RuleArn"].as_str().unwrap().ends_with(":rule/orders"), "{rule}");
    let item = json!({"Id": "item", "Arn": "arn:aws:ssm:us-east-1:123456789012:opsitem", "InputTransformer": {
        "InputPathsMap": {"total": "$.detail.total"}, "InputTemplate": "{\"title\":\"An order of <total> failed\"}"}});
    put_target(&instance, "orders", &item).json();
    put_target(&instance, "orders", &json!({"Id": "incident", "Arn": plan["arn"]})).json();
    let document = json!({"Id": "script", "Arn": "arn:aws:ssm:us-east-1::document/AWS-RunShellScript",
        "RunCommandParameters": {"RunCommandTargets": [{"Key": "InstanceIds", "Values": [node]}]},
        "InputTransformer": {"InputPathsMap": {"total": "$.detail.total"},
            "InputTemplate": "{\"commands\":[\"echo total <total>\"]}"}});
    put_target(&instance, "orders", &document).json();

    let content = json!({"schemaVersion": "0.3", "parameters": {"Total": {"type": "String"}},
        "mainSteps": [{"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}]});
    let create = ["create-document", "--name", "Recount", "--document-type", "Automation", "--content"];
    instance.aws(&[&create[..], &[&content.to_string()]].concat()).json();
    let runbook = json!({"Id": "runbook", "Arn": "arn:aws:ssm:us-east-1:123456789012:automation-definition/Recount",
        "InputTransformer": {"InputPathsMap": {"total": "$.detail.total"}, "InputTemplate": "{\"Total\":\"<total>\"}"}});
    put_target(&instance, "orders", &runbook).json();

    put_event(&instance, &json!({"total": 5}));
    put_event(&instance, &json!({"sum": 20}));
    put_event(&instance, &json!({"total": 20}));
    let items = reeve_e2e::wait_for("an item is open", || {
        let filter = "Key=Title,Values=order,Operator=Contains";
        let found = instance.aws(&["describe-ops-items", "--ops-item-filters", filter]).json();
        found["OpsItemSummaries"].as_array().filter(|items| !items.is_empty()).cloned()
    });
    assert_eq!((items.len(), &items[0]["Title"]), (1, &json!("An order of 20 failed")));
    let incidents = reeve_e2e::wait_for("an incident is open", || {
        let found = instance.aws_of("ssm-incidents", &["list-incident-records"]).json();
        found["incidentRecordSummaries"].as_array().filter(|all| !all.is_empty()).cloned()
    });
    assert_eq!((incidents.len(), &incidents[0]["title"]), (1, &json!("Orders fail")));
    let command = reeve_e2e::wait_for("the document ran", || {
        let listed = instance.aws(&["list-commands"]).json();
        let command = listed["Commands"][0].clone();
        (command["Status"] == "Success").then_some(command)
    });
    let id = command["CommandId"].as_str().unwrap();
    let ran = instance.aws(&["get-command-invocation", "--command-id", id, "--instance-id", &node]).json();
    assert_eq!(ran["StandardOutputContent"], "total 20\n");

    let execution = reeve_e2e::wait_for("the runbook ran", || {
        let listed = instance.aws(&["describe-automation-executions"]).json();
        let execution = listed["AutomationExecutionMetadataList"][0].clone();
        (execution["AutomationExecutionStatus"] == "Success").then_some(execution)
    });
    let id = execution["AutomationExecutionId"].as_str().unwrap();
    let execution = instance.aws(&["get-automation-execution", "--automation-execution-id", id]).json();
    assert_eq!(execution["AutomationExecution"]["Parameters"], json!({"Total": ["20"]}));

    let shown = instance.reeve(&["rules", "show", "orders"]).text().to_owned();
    assert!(shown.contains("Matched: 1 times") && shown.contains("order/7"), "{shown}");
    assert!(shown.contains("Missing: detail.total, 1 times"), "{shown}");
    let tested = instance.reeve(&["rules", "backtest", "orders"]).text().to_owned();
    assert!(tested.contains("and 1 match."), "{tested}");
    let listed = instance.reeve(&["rules", "list"]).text().to_owned();
    assert!(listed.contains("reeve.alerts") && listed.contains("opscenter.reeve"), "{listed}");

    // Switched off, it does nothing more.
    events(&instance, &["disable-rule", "--name", "orders"]).text();
    put_event(&instance, &json!({"total": 30}));
    let tested = || instance.reeve(&["rules", "backtest", "orders"]).text().to_owned();
    reeve_e2e::wait_for("the event is in the log", || tested().contains("and 2 match.").then_some(()));
    let shown = instance.reeve(&["--output", "json", "rules", "show", "orders"]).json();
    assert_eq!((&shown["matched"], &shown["rule"]["State"]), (&json!(1), &json!("DISABLED")));
    fires_by_its_schedule(&instance);
}

/// The rule `every`, which was put before, fires, shows when it does so next, and no more when it is disabled.
fn fires_by_its_schedule(instance: &Instance) {
    let described = events(instance, &["describe-rule", "--name", "every"]).json();
    assert_eq!(described["ScheduleExpression"], "rate(1 minute)", "{described}");
    let title = format!("Scheduled Event of {}", described["Arn"].as_str().unwrap());
    let filter = format!("Key=Title,Values={title},Operator=Equal");
    let items = reeve_e2e::wait_for("the rule has fired", || {
        let found = instance.aws(&["describe-ops-items", "--ops-item-filters", &filter]).json();
        found["OpsItemSummaries"].as_array().filter(|items| !items.is_empty()).cloned()
    });
    assert_eq!(items.len(), 1, "{items:?}");
    // What could not be done is not silent.
    let refused = reeve_e2e::wait_for("what was refused has an item", || {
        let filter =
            "Key=Title,Values=What the target every/gone of a rule asked for was refused,Operator=Equal";
        let found = instance.aws(&["describe-ops-items", "--ops-item-filters", filter]).json();
        found["OpsItemSummaries"][0]["OpsItemId"].as_str().map(str::to_owned)
    });
    let item = instance.aws(&["get-ops-item", "--ops-item-id", &refused]).json();
    assert!(item["OpsItem"]["Description"].as_str().unwrap().contains("NoSuch"), "{item}");
    let shown = instance.reeve(&["rules", "show", "every"]).text().to_owned();
    assert!(shown.contains("Missing in matches: $.detail.none, 1 times"), "{shown}");
    let row = || {
        let listed = instance.reeve(&["rules", "list"]).text().to_owned();
        listed.lines().find(|line| line.starts_with("every ")).unwrap().to_owned()
    };
    assert!(row().contains("rate(1 minute)  20"), "{}", row());
    events(instance, &["disable-rule", "--name", "every"]).text();
    assert!(row().contains("rate(1 minute)  - "), "{}", row());
    let refused = events(instance, &["put-rule", "--name", "odd", "--schedule-expression", "rate(5 minute)"]);
    assert!(
        refused.complaint().contains("ValidationException")
            && refused.complaint().contains("Parameter ScheduleExpression")
    );
}

#[test]
fn a_target_does_what_whoever_put_it_may_do() {
    let instance = Instance::start(0);
    instance.reeve(&["access", "create-principal", "ann"]).text();
    let key = instance.reeve(&["--output", "json", "access", "create-key", "ann"]).json();
    let policy = instance.scratch().join("ann.cedar");
    let text = r#"permit (principal == Principal::"ann", action in Action::"events:*", resource);"#;
    std::fs::write(&policy, text).unwrap();
    instance.reeve(&["access", "put-policy", "ann", &policy.display().to_string()]).text();
    let ann = instance.raw_as(&key);
    let pattern = r#"{"source":["shop"]}"#;
    let put = json!({"Name": "hers", "EventPattern": pattern});
    let (status, answer) = reeve_e2e::wait_for("she may", || {
        Some(ann.call_of("events", "PutRule", &put, None)).filter(|(status, _)| *status == 200)
    });
    assert_eq!(status, 200, "{answer}");
    let target = json!({"Rule": "hers", "Targets": [{"Id": "t", "Arn": "arn:aws:ssm:us-east-1:1:opsitem"}]});
    let (status, answer) = ann.call_of("events", "PutTargets", &target, None);
    assert_eq!(status, 200, "{answer}");
    put_event(&instance, &json!({"total": 1}));
    let letters = reeve_e2e::wait_for("it is a dead letter", || {
        let letters = instance.reeve(&["--output", "json", "dead-letters", "list"]).json();
        letters.as_array().filter(|letters| !letters.is_empty()).cloned()
    });
    let reason = letters[0]["reason"].as_str().unwrap();
    assert!(reason.contains("user/ann is not authorized to perform: ssm:CreateOpsItem"), "{reason}");
}

#[test]
fn every_recorded_pattern_is_answered_as_aws_does_and_entries_are_in_their_order() {
    let instance = Instance::start(0);
    let file: Value =
        serde_json::from_str(include_str!("../../../shared/event-pattern/tests/event-patterns.json"))
            .unwrap();
    for case in file["cases"].as_array().unwrap() {
        let input = json!({"EventPattern": case["pattern"].to_string(), "Event": case["event"].to_string()});
        let (status, answer) = instance.raw().call_of("events", "TestEventPattern", &input, None);
        match case["expect"].as_str().unwrap() {
            "refused" => {
                assert_eq!(status, 400, "{}: {answer}", case["name"]);
                let kind = answer["__type"].as_str().unwrap();
                assert!(kind.ends_with("InvalidEventPatternException"), "{}: {answer}", case["name"]);
            }
            expected => assert_eq!(answer["Result"], json!(expected == "yes"), "{}: {answer}", case["name"]),
        }
    }
    let entries =
        json!([{"DetailType": "t", "Detail": "{}"}, {"Source": "s", "DetailType": "t", "Detail": "{}"}]);
    let put = events(&instance, &["put-events", "--entries", &entries.to_string()]).json();
    assert_eq!(
        (&put["FailedEntryCount"], &put["Entries"][0]["ErrorCode"]),
        (&json!(1), &json!("InvalidArgument"))
    );
    assert!(put["Entries"][1]["EventId"].is_string(), "{put}");
}

#[test]
fn a_default_rule_can_be_switched_off() {
    let instance = Instance::start(0);
    let rule = events(&instance, &["describe-rule", "--name", "reeve.incidents"]).json();
    assert_eq!((&rule["State"], &rule["ManagedBy"]), (&json!("ENABLED"), &json!("opscenter.reeve")));
    instance.reeve(&["rules", "disable", "reeve.incidents"]).text();
    let incidents = |arguments: &[&str]| instance.aws_of("ssm-incidents", arguments).json();
    let template = r#"{"title": "t", "impact": 2}"#;
    let plan = incidents(&["create-response-plan", "--name", "p", "--incident-template", template]);
    let start = ["start-incident", "--response-plan-arn", plan["arn"].as_str().unwrap(), "--title"];
    let items = || {
        let found = instance.aws(&[
            "describe-ops-items",
            "--ops-item-filters",
            "Key=Source,Values=Incident Manager,Operator=Equal",
        ]);
        found.json()["OpsItemSummaries"].as_array().unwrap().len()
    };
    incidents(&[&start[..], &["one"]].concat());
    instance.reeve(&["rules", "enable", "reeve.incidents"]).text();
    incidents(&[&start[..], &["two"]].concat());
    reeve_e2e::wait_for("the second has an item", || (items() > 0).then_some(()));
    assert_eq!(items(), 1);
}
