//! Incidents, as the `aws` CLI and `reeve` see them.

use reeve_e2e::{Answer, Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};

fn incidents(instance: &Instance, arguments: &[&str]) -> Answer {
    instance.aws_of("ssm-incidents", arguments)
}

fn timeline(instance: &Instance, arn: &str) -> Vec<Value> {
    let listed = incidents(
        instance,
        &[
            "list-timeline-events",
            "--incident-record-arn",
            arn,
            "--sort-by",
            "EVENT_TIME",
            "--sort-order",
            "ASCENDING",
        ],
    );
    let events = listed.json()["eventSummaries"].as_array().unwrap().clone();
    let read = |event: &Value| {
        let id = event["eventId"].as_str().unwrap();
        let get = ["get-timeline-event", "--incident-record-arn", arn, "--event-id", id];
        incidents(instance, &get).json()["event"].clone()
    };
    events.iter().map(read).collect()
}

fn create_plan(instance: &Instance, name: &str, template: &Value, more: &[&str]) -> String {
    let template = template.to_string();
    let create = ["create-response-plan", "--name", name, "--incident-template", template.as_str()];
    incidents(instance, &[&create[..], more].concat()).json()["arn"].as_str().unwrap().to_owned()
}

#[test]
fn an_incident_from_its_plan_to_its_end() {
    let instance = Instance::start(0);
    let contact = "arn:aws:ssm-contacts:us-east-1:123456789012:contact/ann";
    let template = json!({"title": "The shop is down", "impact": 1, "summary": "Nobody can buy.",
        "dedupeString": "shop"});
    let plan =
        create_plan(&instance, "shop", &template, &["--engagements", contact, "--display-name", "The shop"]);
    assert!(plan.starts_with("arn:aws:ssm-incidents::") && plan.ends_with(":response-plan/shop"), "{plan}");
    let got = incidents(&instance, &["get-response-plan", "--arn", &plan]).json();
    assert_eq!(
        (&got["incidentTemplate"]["dedupeString"], &got["displayName"]),
        (&json!("shop"), &json!("The shop"))
    );
    assert_eq!(got["engagements"], json!([contact]));

    let start = |source: &str| {
        let details =
            format!("source={source},timestamp=2026-01-31T12:00:00Z,triggerArn=arn:aws:x:::alarm/1");
        let start =
            ["start-incident", "--response-plan-arn", plan.as_str(), "--trigger-details", details.as_str()];
        incidents(&instance, &start).json()["incidentRecordArn"].as_str().unwrap().to_owned()
    };
    let incident = start("prober");
    assert_eq!(start("other"), incident, "an open one takes the trigger");
    let record = || {
        incidents(&instance, &["get-incident-record", "--arn", &incident]).json()["incidentRecord"].clone()
    };
    let opened = record();
    assert_eq!((&opened["status"], &opened["impact"]), (&json!("OPEN"), &json!(1)));
    assert_eq!((&opened["title"], &opened["dedupeString"]), (&json!("The shop is down"), &json!("shop")));
    assert_eq!(opened["incidentRecordSource"]["source"], "prober");
    // It has an OpsItem of its own, and each names the other.
    let parent = wait_for("the incident has its OpsItem", || {
        let listed = incidents(&instance, &["list-related-items", "--incident-record-arn", &incident]).json();
        let items = listed["relatedItems"].as_array().unwrap().clone();
        let parent = items.into_iter().find(|item| item["identifier"]["type"] == "PARENT")?;
        parent["identifier"]["value"]["arn"].as_str()?.rsplit('/').next().map(str::to_owned)
    });
    let ops_item = || instance.aws(&["get-ops-item", "--ops-item-id", &parent]).json()["OpsItem"].clone();
    let opened_item = ops_item();
    assert_eq!((&opened_item["Title"], &opened_item["Severity"]), (&json!("The shop is down"), &json!("1")));
    assert_eq!(opened_item["Status"], "Open");
    let related = instance.aws(&["list-ops-item-related-items", "--ops-item-id", &parent]).json();
    assert_eq!(related["Summaries"][0]["ResourceUri"], incident);
    // That nobody was engaged is no secret.
    let failed = wait_for("the timeline says that nobody was engaged", || {
        let events = timeline(&instance, &incident);
        events.into_iter().find(|event| event["eventType"].as_str().unwrap().contains("Engagement"))
    });
    assert!(failed["eventData"].as_str().unwrap().contains("there is no contact"), "{failed}");

    let before = Timestamp::now().rfc3339();
    std::thread::sleep(std::time::Duration::from_millis(5));
    let note = [
        "create-timeline-event",
        "--incident-record-arn",
        &incident,
        "--event-type",
        "Note",
        "--event-time",
        "2026-01-31T11:50:00",
        "--event-data",
        "\"The disk was full.\"",
    ];
    let event = incidents(&instance, &note).json()["eventId"].as_str().unwrap().to_owned();
    let events = timeline(&instance, &incident);
    let first = &events[0];
    assert_eq!((first["eventId"].as_str(), &first["eventType"]), (Some(event.as_str()), &json!("Note")));
    assert_eq!(first["eventData"], "\"The disk was full.\"");
    assert_eq!(first["eventTime"], 1_769_860_200.0, "without a zone it is UTC");

    let item = r#"itemToAdd={identifier={type=METRIC,value={url="http://grafana/d/1"}},title=Sales}"#;
    let related =
        ["update-related-items", "--incident-record-arn", &incident, "--related-items-update", item];
    assert_eq!(incidents(&instance, &related).text(), "");
    let listed = incidents(&instance, &["list-related-items", "--incident-record-arn", &incident]).json();
    let values: Vec<&Value> =
        listed["relatedItems"].as_array().unwrap().iter().map(|item| &item["identifier"]["value"]).collect();
    assert!(values.contains(&&json!({"url": "http://grafana/d/1"})), "{listed}");

    incidents(
        &instance,
        &["update-incident-record", "--arn", &incident, "--status", "RESOLVED", "--impact", "3"],
    )
    .text();
    assert_eq!((&record()["status"], &record()["impact"]), (&json!("RESOLVED"), &json!(3)));
    wait_for("its OpsItem is Resolved with it", || (ops_item()["Status"] == "Resolved").then_some(()));
    let next = start("prober");
    assert_ne!(next, incident, "one that is over takes no trigger");
    let open = r#"[{"key": "status", "condition": {"equals": {"stringValues": ["OPEN"]}}}]"#;
    let listed = incidents(&instance, &["list-incident-records", "--filters", open]).json();
    let listed: Vec<&Value> =
        listed["incidentRecordSummaries"].as_array().unwrap().iter().map(|i| &i["arn"]).collect();
    assert_eq!(listed, [&json!(next)]);

    // The last one alone can be opened again: there is one open at most.
    let reopen = ["update-incident-record", "--arn", &incident, "--status", "OPEN"];
    let refused = incidents(&instance, &reopen).complaint().to_owned();
    assert!(refused.contains("ConflictException"), "{refused}");
    // An ARN with another plan is of no incident, whatever its id is.
    let other = next.replace("/shop/", "/other/");
    incidents(&instance, &["delete-incident-record", "--arn", &other]).text();
    incidents(&instance, &["get-incident-record", "--arn", &next]).json();
    let tags = incidents(&instance, &["list-tags-for-resource", "--resource-arn", &plan]).json();
    assert_eq!(tags["tags"], json!({}));

    // What was known before the note, although it tells of an earlier time.
    let id = incident.rsplit('/').next().unwrap();
    let then = instance.reeve(&["incidents", "show", id, "--known-at", &before]);
    assert!(then.success && !then.stdout.contains("disk was full"), "{}{}", then.stdout, then.stderr);
    assert!(then.stdout.contains("status: OPEN"), "{}", then.stdout);
    let now = instance.reeve(&["incidents", "report", id, "--happened-by", "2026-01-31T11:55:00Z"]);
    let timeline = now.stdout.split("## Timeline").nth(1).unwrap_or_default();
    assert!(
        timeline.contains("disk was full") && !timeline.contains("Trigger"),
        "{}{}",
        now.stdout,
        now.stderr
    );
}

#[test]
fn what_is_wrong_is_named_with_the_status_that_aws_gives_it() {
    let instance = Instance::start(0);
    let plan = create_plan(&instance, "p", &json!({"title": "t", "impact": 2}), &[]);
    let again =
        ["create-response-plan", "--name", "p", "--incident-template", r#"{"title": "t", "impact": 2}"#];
    for (arguments, code, part) in [
        (&again[..], "ConflictException", "p exists already"),
        (
            &["get-response-plan", "--arn", "arn:aws:ssm-incidents::123456789012:response-plan/none"],
            "ResourceNotFoundException",
            "none",
        ),
        (
            &["get-response-plan", "--arn", "arn:aws:ssm:x:123456789012:document/p"],
            "ValidationException",
            "no ARN of a response-plan",
        ),
        (
            &["start-incident", "--response-plan-arn", &plan, "--impact", "6"],
            "ValidationException",
            "'impact'",
        ),
        (&["create-replication-set", "--regions", "mars-1={}"], "ValidationException", "mars-1"),
        (
            &["list-incident-records", "--filters", r#"[{"key": "mood", "condition": {"before": 5}}]"#],
            "ValidationException",
            "mood",
        ),
        (
            &["put-resource-policy", "--resource-arn", &plan, "--policy", "{"],
            "ValidationException",
            "policy is no JSON",
        ),
    ] {
        let refused = incidents(&instance, arguments).complaint().to_owned();
        assert!(refused.contains(code) && refused.contains(part), "{arguments:?}: {refused}");
    }
    let region = instance.announced()["region"].as_str().unwrap().to_owned();
    let set =
        incidents(&instance, &["create-replication-set", "--regions", &format!("{region}={{}}")]).json();
    let set = set["arn"].as_str().unwrap();
    incidents(&instance, &["wait", "wait-for-replication-set-active", "--arn", set]).text();
    incidents(&instance, &["tag-resource", "--resource-arn", set, "--tags", "team=ops,stage=prod"]).text();
    incidents(&instance, &["untag-resource", "--resource-arn", set, "--tag-keys", "stage"]).text();
    let tags = incidents(&instance, &["list-tags-for-resource", "--resource-arn", set]).json();
    assert_eq!(tags["tags"], json!({"team": "ops"}));
    let none = format!("{}x", &set[..set.len() - 1]);
    let refused = incidents(&instance, &["list-tags-for-resource", "--resource-arn", &none]);
    assert!(refused.complaint().contains("There is no replication set"), "{}", refused.complaint());
    incidents(&instance, &["update-deletion-protection", "--arn", set, "--deletion-protected"]).text();
    let refused = incidents(&instance, &["delete-replication-set", "--arn", set]).complaint().to_owned();
    assert!(refused.contains("protected"), "{refused}");
}

#[test]
fn of_many_triggers_at_once_one_starts_the_incident() {
    let instance = Instance::start(0);
    let plan = create_plan(&instance, "p", &json!({"title": "t", "impact": 2, "dedupeString": "d"}), &[]);
    let started: Vec<String> = std::thread::scope(|scope| {
        let call = || {
            let (status, answer) = instance.raw().call_of(
                "ssm-incidents",
                "StartIncident",
                &json!({"responsePlanArn": plan}),
                None,
            );
            assert_eq!(status, 200, "{answer}");
            answer["incidentRecordArn"].as_str().unwrap().to_owned()
        };
        let calls: Vec<_> = (0..12).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(started.iter().all(|arn| *arn == started[0]), "{started:?}");
    let triggers = timeline(&instance, &started[0]);
    assert_eq!(triggers.iter().filter(|event| event["eventType"] == "SSM Incident Trigger").count(), 12);
}

/// What changed on the node that an incident involves is found, and nothing of what came later.
#[test]
fn findings_tags_and_resource_policies_by_the_aws_cli() {
    let instance = Instance::start(1);
    let node = instance.node();
    let command = instance.send("echo changed");
    instance.ended(&command);
    let template = json!({"title": "t", "impact": 2, "incidentTags": {"team": "db"}});
    let plan = create_plan(&instance, "p", &template, &["--tags", "owner=ann"]);
    let tags = |arn: &str| {
        incidents(&instance, &["list-tags-for-resource", "--resource-arn", arn]).json()["tags"].clone()
    };
    assert_eq!(tags(&plan), json!({"owner": "ann"}));
    incidents(&instance, &["tag-resource", "--resource-arn", &plan, "--tags", "owner=bob,stage=test"]).text();
    incidents(&instance, &["untag-resource", "--resource-arn", &plan, "--tag-keys", "stage"]).text();
    assert_eq!(tags(&plan), json!({"owner": "bob"}));

    let arn = format!("arn:aws:ssm:us-east-1:123456789012:managed-instance/{node}");
    let involved = json!([{"identifier": {"type": "INVOLVED_RESOURCE", "value": {"arn": arn}}}]).to_string();
    let start = ["start-incident", "--response-plan-arn", &plan, "--related-items", &involved];
    let started = incidents(&instance, &start).json()["incidentRecordArn"].as_str().unwrap().to_owned();
    assert_eq!(tags(&started), json!({"team": "db"}), "those of the template");
    let later = instance.send("echo later");
    instance.ended(&later);
    let of = ["--incident-record-arn", started.as_str()];
    let listed = wait_for("the command is a finding", || {
        let listed = incidents(&instance, &[&["list-incident-findings"], &of[..]].concat()).json();
        let findings = listed["findings"].as_array().unwrap().clone();
        let runs = findings.into_iter().filter(|finding| finding["id"].as_str().unwrap().starts_with("run/"));
        Some(runs.collect::<Vec<_>>()).filter(|runs| !runs.is_empty())
    });
    assert_eq!(listed.len(), 1, "what began later is none: {listed:?}");
    let id = listed[0]["id"].as_str().unwrap();
    let get = ["batch-get-incident-findings", "--finding-ids", id, "none"];
    let got = incidents(&instance, &[&get[..], &of[..]].concat()).json();
    let deployment = &got["findings"][0]["details"]["codeDeployDeployment"];
    assert_eq!(deployment["deploymentId"], command.as_str(), "{got}");
    let document = deployment["deploymentGroupArn"].as_str().unwrap();
    assert!(document.ends_with(":document/AWS-RunShellScript"), "{got}");
    assert_eq!(
        (&got["errors"][0]["findingId"], got["errors"].as_array().unwrap().len()),
        (&json!("none"), 1)
    );

    let policy = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let of_plan = ["--resource-arn", plan.as_str()];
    let put = ["put-resource-policy", "--policy", &policy];
    let put = incidents(&instance, &[&put[..], &of_plan[..]].concat()).json();
    let id = put["policyId"].as_str().unwrap();
    let policies = || incidents(&instance, &[&["get-resource-policies"], &of_plan[..]].concat()).json();
    let found = policies();
    assert_eq!(found["resourcePolicies"][0]["policyDocument"], policy.as_str(), "{found}");
    let delete = ["delete-resource-policy", "--policy-id", id];
    incidents(&instance, &[&delete[..], &of_plan[..]].concat()).text();
    assert_eq!(policies()["resourcePolicies"], json!([]));
    let again = incidents(&instance, &[&delete[..], &of_plan[..]].concat());
    assert!(again.complaint().contains("ResourceNotFoundException"), "{}", again.complaint());
}

/// What a plan names as its runbook is started with the incident, as who started that; one that is refused is told.
#[test]
fn the_runbook_of_a_plan_is_started_or_the_timeline_says_why_not() {
    let instance = Instance::start(0);
    let runbook = json!({"schemaVersion": "0.3",
        "parameters": {"Incident": {"type": "String"}, "Why": {"type": "String"}},
        "mainSteps": [{"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}]});
    crate::automation::create(&instance, "Mend", &runbook);
    let started = |plan: &str, document: &str| {
        let action = json!([{"ssmAutomation": {"documentName": document, "roleArn": "arn:aws:iam::123456789012:role/x",
            "parameters": {"Why": ["drill"]},
            "dynamicParameters": {"Incident": {"variable": "INCIDENT_RECORD_ARN"}}}}]);
        let template = json!({"title": "Drill", "impact": 5});
        let plan = create_plan(&instance, plan, &template, &["--actions", &action.to_string()]);
        let start = incidents(&instance, &["start-incident", "--response-plan-arn", &plan]);
        start.json()["incidentRecordArn"].as_str().unwrap().to_owned()
    };
    let incident = started("drill", "Mend");
    let arn = wait_for("the incident has its execution", || {
        let record = incidents(&instance, &["get-incident-record", "--arn", &incident]).json();
        record["incidentRecord"]["automationExecutions"][0]["ssmExecutionArn"].as_str().map(str::to_owned)
    });
    let id = arn.rsplit('/').next().unwrap().to_owned();
    let execution = wait_for("it ends", || {
        let got = instance.aws(&["get-automation-execution", "--automation-execution-id", &id]).json();
        let execution = got["AutomationExecution"].clone();
        (execution["AutomationExecutionStatus"] == "Success").then_some(execution)
    });
    assert_eq!(execution["Parameters"], json!({"Incident": [incident], "Why": ["drill"]}));
    let listed = incidents(&instance, &["list-related-items", "--incident-record-arn", &incident]).json();
    let items = listed["relatedItems"].as_array().unwrap();
    assert!(items.iter().any(|item| item["identifier"]["type"] == "AUTOMATION"), "{listed}");

    let incident = started("nothing", "NoSuchRunbook");
    let failed = wait_for("the timeline says why there is none", || {
        let events = timeline(&instance, &incident);
        events.into_iter().find(|event| event["eventType"].as_str().unwrap().contains("Start Failure"))
    });
    assert!(failed["eventData"].as_str().unwrap().contains("NoSuchRunbook"), "{failed}");
}
