//! Compliance, as the `aws` CLI sees it.

use reeve_e2e::Instance;
use serde_json::{Value, json};

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
