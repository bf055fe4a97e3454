//! Compliance, as the `aws` CLI sees it.

use reeve_e2e::{Deb, DebianRoot, Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

fn put(instance: &Instance, compliance_type: &str, items: &Value, more: &[&str]) -> Vec<String> {
    let (node, items) = (instance.node(), items.to_string());
    let put = [
        "put-compliance-items",
        "--resource-type",
        "ManagedInstance",
        "--resource-id",
        &node,
        "--compliance-type",
        compliance_type,
        "--execution-summary",
        "ExecutionTime=2026-01-31T12:00:00Z",
        "--items",
        &items,
    ];
    [&put[..], more].concat().into_iter().map(str::to_owned).collect()
}

fn call(instance: &Instance, arguments: &[String]) -> reeve_e2e::Answer {
    instance.aws(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn item(id: &str, severity: &str, status: &str) -> Value {
    json!({"Id": id, "Title": "a title", "Severity": severity, "Status": status, "Details": {"Rule": "a, \"b\""}})
}

#[test]
fn items_are_put_listed_and_counted() {
    let instance = Instance::start(1);
    let items = json!([item("1.1", "HIGH", "NON_COMPLIANT"), item("1.2", "LOW", "COMPLIANT")]);
    call(&instance, &put(&instance, "Custom:Benchmark", &items, &[])).text();
    let listed = instance
        .aws(&[
            "list-compliance-items",
            "--resource-ids",
            &instance.node(),
            "--resource-types",
            "ManagedInstance",
            "--filters",
            "Key=Status,Values=NON_COMPLIANT,Type=EQUAL",
        ])
        .json();
    let [listed] = listed["ComplianceItems"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&listed["Id"], &listed["Details"]["Rule"]), (&json!("1.1"), &json!("a, \"b\"")));
    let summaries = instance.aws(&["list-compliance-summaries"]).json();
    let summary = &summaries["ComplianceSummaryItems"][0]["NonCompliantSummary"];
    assert_eq!(
        (&summary["NonCompliantCount"], &summary["SeveritySummary"]["HighCount"]),
        (&json!(1), &json!(1))
    );
    let summaries = instance.aws(&["list-resource-compliance-summaries"]).json();
    let summary = &summaries["ResourceComplianceSummaryItems"][0];
    for (platform, count) in [("Linux", 1), ("Windows", 0)] {
        let filter = format!("Key=AWS:InstanceInformation.PlatformType,Values={platform},Type=EQUAL");
        let list = ["list-resource-compliance-summaries", "--filters", &filter];
        let found = instance.aws(&list).json();
        assert_eq!(found["ResourceComplianceSummaryItems"].as_array().unwrap().len(), count, "{platform}");
    }
    assert_eq!(
        (&summary["ResourceId"], &summary["OverallSeverity"]),
        (&json!(instance.node()), &json!("HIGH"))
    );
}

#[test]
fn what_cannot_be_put_is_refused_with_its_name() {
    let instance = Instance::start(1);
    let one = json!([item("1", "HIGH", "COMPLIANT")]);
    let partial = put(&instance, "Patch", &one, &["--upload-type", "PARTIAL"]);
    let unknown = put(&instance, "Weather", &one, &[]);
    let severity = put(&instance, "Custom:Benchmark", &json!([item("1", "BAD", "COMPLIANT")]), &[]);
    for (arguments, words) in [(partial, "UploadType"), (unknown, "Weather"), (severity, "BAD")] {
        let refused = call(&instance, &arguments).complaint().to_owned();
        assert!(refused.contains("ValidationException") && refused.contains(words), "{refused}");
    }
    let input = |items: Vec<Value>| {
        json!({"ResourceId": instance.node(), "ResourceType": "ManagedInstance",
            "ComplianceType": "Custom:Benchmark", "ExecutionSummary": {"ExecutionTime": 1}, "Items": items})
    };
    let small = json!({"Severity": "LOW", "Status": "COMPLIANT"});
    let (status, answer) = instance.raw().call("PutComplianceItems", &input(vec![small; 10_001]));
    assert_eq!((status, &answer["__type"]), (400, &json!("ValidationException")), "{answer}");
    assert!(answer.to_string().contains("less than or equal to 10000"), "{answer}");
    let mut large = item("1", "HIGH", "COMPLIANT");
    let details = (0..200).map(|n| (format!("part-{n:03}"), json!("x".repeat(4_085))));
    large["Details"] = Value::Object(details.collect());
    let (status, answer) = instance.raw().call("PutComplianceItems", &input(vec![large.clone()]));
    assert_eq!((status, &answer["__type"]), (400, &json!("ItemSizeLimitExceededException")), "{answer}");
    assert_eq!(instance.aws(&["list-compliance-summaries"]).json()["ComplianceSummaryItems"], json!([]));
    // One that is as large as it may be is stored, changed, and read.
    large["Details"]["part-199"] = json!("x");
    for status in ["NON_COMPLIANT", "COMPLIANT"] {
        large["Status"] = json!(status);
        instance.call("PutComplianceItems", &input(vec![large.clone()]));
        let listed = instance.call("ListComplianceItems", &json!({"ResourceIds": [instance.node()]}));
        assert_eq!(
            (&listed["ComplianceItems"][0]["Status"], &listed["ComplianceItems"][0]["Details"]),
            (&json!(status), &large["Details"])
        );
    }
}

#[test]
fn a_scan_tells_which_patches_are_not_as_they_should_be_and_of_what_severity() {
    let root = DebianRoot::new();
    for name in ["fixed", "current"] {
        root.install(&Deb { name, version: "1.0-1", ..Deb::default() });
    }
    root.offer("stable", &Deb { name: "current", version: "1.0-1", ..Deb::default() });
    root.offer("stable-security", &Deb { name: "fixed", version: "1.0-2", ..Deb::default() });
    let instance =
        Instance::start_with(1, &[("REEVE_AGENT_PACKAGE_ROOT", &root.path().display().to_string())]);
    let rules = json!({"PatchRules": [{"PatchFilterGroup": {"PatchFilters": [
        {"Key": "PRODUCT", "Values": ["*"]}]}, "ComplianceLevel": "CRITICAL"}]});
    let baseline = instance.call(
        "CreatePatchBaseline",
        &json!({"Name": "all", "OperatingSystem": "DEBIAN", "ApprovalRules": rules}),
    );
    instance.call("RegisterDefaultPatchBaseline", &json!({"BaselineId": baseline["BaselineId"]}));
    let summary = |operation: &str| {
        let scanned = instance.reeve(&["patch", operation]);
        assert!(scanned.success, "{}{}", scanned.stdout, scanned.stderr);
        wait_for("the run is told of", || {
            let listed = instance.call("ListResourceComplianceSummaries", &json!({}));
            let summary = listed["ResourceComplianceSummaryItems"].get(0)?.clone();
            let status = if operation == "scan" { "NON_COMPLIANT" } else { "COMPLIANT" };
            (summary["Status"] == status).then_some(summary)
        })
    };
    let scanned = summary("scan");
    assert_eq!(
        (&scanned["ComplianceType"], &scanned["OverallSeverity"]),
        (&json!("Patch"), &json!("CRITICAL"))
    );
    let filters = "Key=Severity,Values=CRITICAL Key=Status,Values=NON_COMPLIANT".split(' ');
    let list = ["list-compliance-items", "--resource-ids", &instance.node(), "--filters"];
    let list: Vec<&str> = list.into_iter().chain(filters).collect();
    // The run's summary comes behind its patches.
    let listed = wait_for("the summary of the run is told of", || {
        let listed = instance.aws(&list).json();
        listed["ComplianceItems"][0]["Details"]["PatchBaselineId"].is_string().then_some(listed)
    });
    let [missing] = listed["ComplianceItems"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(
        (&missing["Id"], &missing["Details"]["PatchState"]),
        (&json!(root.id("fixed")), &json!("Missing"))
    );
    assert_eq!(missing["Details"]["PatchBaselineId"], baseline["BaselineId"]);
    assert_eq!(missing["ExecutionSummary"]["ExecutionType"], "Command");
    let commands = instance.call("ListCommands", &json!({}));
    assert_eq!(missing["ExecutionSummary"]["ExecutionId"], commands["Commands"][0]["CommandId"]);
    let installed = summary("install");
    assert_eq!(installed["OverallSeverity"], "UNSPECIFIED");
    assert_eq!(installed["NonCompliantSummary"]["NonCompliantCount"], 0);
}

#[test]
fn the_command_line_lists_counts_and_exports_now_and_as_of_an_instant() {
    let instance = Instance::start(1);
    let node = instance.node();
    let items = json!([item("=1", "HIGH", "NON_COMPLIANT"), item("2", "LOW", "COMPLIANT")]);
    call(&instance, &put(&instance, "Custom:Benchmark", &items, &[])).text();
    std::thread::sleep(Duration::from_millis(5));
    let before = Timestamp::now().rfc3339();
    std::thread::sleep(Duration::from_millis(5));
    call(&instance, &put(&instance, "Custom:Benchmark", &json!([]), &[])).text();

    let asked = |arguments: &[&str], at: Option<&str>| {
        let at: Vec<&str> = at.map(|at| vec!["--as-of", at]).unwrap_or_default();
        let answer = instance.reeve(&[&at[..], &["compliance"], arguments].concat());
        assert!(answer.success, "{arguments:?}: {}", answer.stderr);
        answer.stdout
    };
    let then = Some(before.as_str());
    for (arguments, words) in [
        (&["list", node.as_str()][..], "Custom:Benchmark  =1  NON_COMPLIANT  HIGH"),
        (&["list", &node, "--status", "COMPLIANT"], "Custom:Benchmark  2   COMPLIANT  LOW"),
        (&["summary"], "Custom:Benchmark  0                1    0/1/0/0/0/0"),
        (&["summary", "--nodes"], "Custom:Benchmark  NON_COMPLIANT  HIGH"),
    ] {
        assert_eq!(asked(arguments, None).lines().count(), 1, "nothing is left but the heading");
        assert!(asked(arguments, then).contains(words), "{}", asked(arguments, then));
    }
    let csv = asked(&["export"], then);
    let expected = format!(
        "ResourceId,ResourceType,ComplianceType,Id,Title,Status,Severity,ExecutionTime,ExecutionType,ExecutionId,Details\r\n\
         {node},ManagedInstance,Custom:Benchmark,2,a title,COMPLIANT,LOW,2026-01-31T12:00:00.000Z,,,\
         \"{{\"\"Rule\"\":\"\"a, \\\"\"b\\\"\"\"\"}}\"\r\n\
         {node},ManagedInstance,Custom:Benchmark,'=1,a title,NON_COMPLIANT,HIGH,2026-01-31T12:00:00.000Z,,,\
         \"{{\"\"Rule\"\":\"\"a, \\\"\"b\\\"\"\"\"}}\"\r\n"
    );
    assert_eq!(csv, expected);
    let lines = asked(&["export", "--format", "jsonl", "--status", "COMPLIANT"], then);
    let line: Value = serde_json::from_str(&lines).unwrap();
    assert_eq!((&line["Id"], &line["Details"]["Rule"]), (&json!("2"), &json!("a, \"b\"")));
    assert_eq!(asked(&["export", "--format", "jsonl"], None), "");
}

/// The node's only item of an association, once it has a status.
fn associated(instance: &Instance, status: &str) -> Value {
    wait_for(&format!("the association's item is {status}"), || {
        let listed = instance
            .aws(&[
                "list-compliance-items",
                "--resource-ids",
                &instance.node(),
                "--filters",
                "Key=ComplianceType,Values=Association,Type=EQUAL",
            ])
            .json();
        let item = listed["ComplianceItems"].get(0).cloned()?;
        (item["Status"] == status).then_some(item)
    })
}

#[test]
fn nodes_comply_with_the_associations_that_succeeded_on_them() {
    let instance = Instance::start_with(1, &[("REEVE_TAG", "role=web")]);
    let mark = instance.scratch().join("mark");
    let script = format!("test -e {}", mark.display());
    let parameters = json!({"commands": [script]}).to_string();
    let create = [
        "create-association",
        "--name",
        "AWS-RunShellScript",
        "--parameters",
        &parameters,
        "--targets",
        "Key=tag:role,Values=web",
        "--compliance-severity",
        "CRITICAL",
    ];
    let made = instance.aws(&create).json()["AssociationDescription"].clone();
    let id = made["AssociationId"].as_str().unwrap();
    let item = associated(&instance, "NON_COMPLIANT");
    assert_eq!(
        (&item["Id"], &item["Severity"], &item["Title"]),
        (&json!(id), &json!("CRITICAL"), &json!(""))
    );
    assert_eq!(item["Details"], json!({"DocumentName": "AWS-RunShellScript", "DocumentVersion": "1"}));
    let summary = || {
        let listed = instance.aws(&["list-compliance-summaries"]).json();
        let found = listed["ComplianceSummaryItems"].as_array().unwrap().iter();
        found.filter(|one| one["ComplianceType"] == "Association").cloned().collect::<Vec<_>>()
    };
    let counted = summary();
    assert_eq!(counted[0]["NonCompliantSummary"]["SeveritySummary"]["CriticalCount"], 1, "{counted:?}");
    let of_nodes = instance.aws(&["list-resource-compliance-summaries"]).json();
    assert_eq!(of_nodes["ResourceComplianceSummaryItems"][0]["OverallSeverity"], "CRITICAL", "{of_nodes}");

    std::fs::write(&mark, "").unwrap();
    instance.aws(&["start-associations-once", "--association-ids", id]).text();
    associated(&instance, "COMPLIANT");
    // Who is no target any more, and what is deleted, has nothing to comply with.
    let node = instance.node();
    let tag = ["--resource-type", "ManagedInstance", "--resource-id", &node];
    instance.aws(&[&["remove-tags-from-resource"], &tag[..], &["--tag-keys", "role"]].concat()).text();
    wait_for("it is no target any more", || summary().is_empty().then_some(()));
    instance.aws(&[&["add-tags-to-resource"], &tag[..], &["--tags", "Key=role,Value=web"]].concat()).text();
    associated(&instance, "COMPLIANT");
    instance.aws(&["delete-association", "--association-id", id]).text();
    wait_for("it is deleted", || summary().is_empty().then_some(()));
    let items = json!([item_of(id)]);
    let refused = call(&instance, &put(&instance, "Association", &items, &[])).complaint().to_owned();
    assert!(refused.contains("there is no such association"), "{refused}");
}

#[test]
fn of_an_association_whose_compliance_is_manual_that_counts_which_somebody_says() {
    let instance = Instance::start(1);
    let create = [
        "create-association",
        "--name",
        "AWS-RunShellScript",
        "--parameters",
        r#"{"commands": ["true"]}"#,
        "--targets",
        "Key=InstanceIds,Values=*",
    ];
    let id = |made: &Value| made["AssociationDescription"]["AssociationId"].as_str().unwrap().to_owned();
    let manual = id(&instance
        .aws(&[&create[..], &["--sync-compliance", "MANUAL", "--tags", "Key=team,Value=web"]].concat())
        .json());
    let tags = ["list-tags-for-resource", "--resource-type", "Association", "--resource-id", &manual];
    assert_eq!(instance.aws(&tags).json()["TagList"], json!([{"Key": "team", "Value": "web"}]));
    let ran = || {
        let of = ["describe-association-executions", "--association-id", &manual];
        let listed = instance.aws(&of).json();
        (listed["AssociationExecutions"][0]["Status"] == "Success").then_some(())
    };
    wait_for("it ran", ran);
    let items = || {
        let filter = "Key=ComplianceType,Values=Association,Type=EQUAL";
        let listed = instance
            .aws(&["list-compliance-items", "--resource-ids", &instance.node(), "--filters", filter])
            .json();
        let of = |item: &Value| {
            (item["Id"].as_str().unwrap().to_owned(), item["Status"].as_str().unwrap().to_owned())
        };
        listed["ComplianceItems"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(items(), [], "nobody has said it");
    let said = json!([{"Id": manual, "Severity": "HIGH", "Status": "NON_COMPLIANT"}]);
    call(&instance, &put(&instance, "Association", &said, &["--upload-type", "PARTIAL"])).text();
    assert_eq!(items(), [(manual.clone(), "NON_COMPLIANT".to_owned())]);
    let of_nodes = instance.aws(&["list-resource-compliance-summaries"]).json();
    let of_nodes = of_nodes["ResourceComplianceSummaryItems"].as_array().unwrap();
    assert_eq!((of_nodes.len(), &of_nodes[0]["OverallSeverity"]), (1, &json!("HIGH")));
    // The explorer counts it as well.
    let by_severity = r#"[{"AggregatorType": "count", "TypeName": "AWS:ComplianceSummary", "AttributeName": "ComplianceType",
        "Aggregators": [{"AggregatorType": "count", "AttributeName": "OverallSeverity"}]}]"#;
    let expected = json!({"ComplianceType": "Association", "OverallSeverity": "HIGH", "Count": "1"});
    wait_for("the explorer has counted it", || {
        let counted = instance.aws(&["get-ops-summary", "--aggregators", by_severity]).json();
        let rows = counted["Entities"][0]["Data"]["AWS:ComplianceSummary"]["Content"].clone();
        rows.as_array()?.contains(&expected).then_some(())
    });

    // Beside it one that says itself what it came to, which nobody else may.
    let automatic = id(&instance.aws(&create).json());
    wait_for("it has an item", || (items().len() == 2).then_some(()));
    let refused = call(&instance, &put(&instance, "Association", &json!([item_of(&automatic)]), &[]))
        .complaint()
        .to_owned();
    assert!(refused.contains("its SyncCompliance is not MANUAL"), "{refused}");
    instance
        .aws(&[
            "update-association",
            "--association-id",
            &manual,
            "--sync-compliance",
            "AUTO",
            "--parameters",
            r#"{"commands": ["true"]}"#,
        ])
        .text();
    wait_for("it says it itself", || items().iter().all(|(_, status)| status == "COMPLIANT").then_some(()));
}

fn item_of(id: &str) -> Value {
    json!({"Id": id, "Severity": "LOW", "Status": "COMPLIANT"})
}
