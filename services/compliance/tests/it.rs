//! The compliance service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod patches;
mod support;

use reeve_contracts::nodes::{NodeDeregistered, NodeEvent};
use reeve_testkit::Nats;
use serde_json::{Value, json};
use std::time::Duration;
use support::{Service, append, item, put};

const NODE: &str = "mi-0123456789abcdef0";
const OTHER: &str = "mi-0123456789abcdef1";
const BENCHMARK: &str = "Custom:Benchmark";

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["Id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_put_is_listed_and_a_repeat_is_no_event() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let items = json!([item("1.1", "HIGH", "NON_COMPLIANT"), item("1.2", "LOW", "COMPLIANT")]);
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 100, items.clone())).await.unwrap();
    let listed = service.items(NODE).await;
    let execution = json!({"ExecutionTime": 100.0, "ExecutionId": "run", "ExecutionType": "Command"});
    assert_eq!(
        listed[0],
        json!({"ComplianceType": BENCHMARK, "ResourceType": "ManagedInstance", "ResourceId": NODE, "Id": "1.1",
            "Title": "title of 1.1", "Status": "NON_COMPLIANT", "Severity": "HIGH", "Details": {},
            "ExecutionSummary": execution})
    );
    assert_eq!(ids(&listed), ["1.1", "1.2"]);
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 100, items.clone())).await.unwrap();
    assert_eq!(service.events().await, 1);

    // A later check that found the same tells its execution alone, and what differs is all that is told otherwise.
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 200, items.clone())).await.unwrap();
    let event = service.last_change().await;
    assert_eq!((event.added.len(), event.changed.len(), event.removed.len()), (0, 0, 0));
    assert_eq!(service.items(NODE).await[1]["ExecutionSummary"]["ExecutionTime"], 200.0);
    let mended = json!([item("1.1", "HIGH", "COMPLIANT"), item("1.3", "LOW", "COMPLIANT")]);
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 300, mended)).await.unwrap();
    let event = service.last_change().await;
    let before = event.changed[0].before.as_ref().unwrap();
    assert_eq!((before.id.as_str(), before.status.as_str()), ("1.1", "NON_COMPLIANT"));
    assert_eq!((event.added[0].id.as_str(), event.removed[0].id.as_str()), ("1.3", "1.2"));
    assert_eq!(ids(&service.items(NODE).await), ["1.1", "1.3"]);

    // Those without an id are known by their titles, and equal ones by their order.
    let titled = |title: &str, status: &str| json!({"Title": title, "Severity": "LOW", "Status": status});
    let untold = |last: &str| json!([titled("b", "COMPLIANT"), titled("a", "COMPLIANT"), titled("b", last)]);
    service.call("PutComplianceItems", put(NODE, "Custom:Titles", 300, untold("COMPLIANT"))).await.unwrap();
    service
        .call("PutComplianceItems", put(NODE, "Custom:Titles", 300, untold("NON_COMPLIANT")))
        .await
        .unwrap();
    let event = service.last_change().await;
    assert_eq!((event.added.len(), event.changed.len(), event.removed.len()), (0, 1, 0));
    let listed = service.items(NODE).await;
    let of: Vec<(&Value, &Value)> =
        listed[2..].iter().map(|item| (&item["Title"], &item["Status"])).collect();
    let (good, bad) = (json!("COMPLIANT"), json!("NON_COMPLIANT"));
    assert_eq!(of, [(&json!("a"), &good), (&json!("b"), &good), (&json!("b"), &bad)]);
    service.call("PutComplianceItems", put(NODE, "Custom:Titles", 400, json!([]))).await.unwrap();

    // A list that is empty takes all away, once.
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 400, json!([]))).await.unwrap();
    assert!(service.items(NODE).await.is_empty());
    let events = service.events().await;
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 500, json!([]))).await.unwrap();
    assert_eq!(service.events().await, events);
    let summaries = service.call("ListComplianceSummaries", json!({})).await.unwrap();
    assert_eq!(summaries["ComplianceSummaryItems"], json!([]));
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn a_part_changes_what_it_names_and_is_known_by_its_own_execution() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let all = json!([item("1", "HIGH", "COMPLIANT"), item("2", "HIGH", "COMPLIANT")]);
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 100, all.clone())).await.unwrap();
    let partial = async |seconds: u64, items: Value| {
        let mut input = put(NODE, BENCHMARK, seconds, items);
        input["UploadType"] = json!("PARTIAL");
        service.call("PutComplianceItems", input).await.unwrap();
    };
    let times = async || -> Vec<f64> {
        let items = service.items(NODE).await;
        items.iter().map(|item| item["ExecutionSummary"]["ExecutionTime"].as_f64().unwrap()).collect()
    };
    partial(200, json!([item("2", "HIGH", "NON_COMPLIANT"), item("3", "LOW", "COMPLIANT")])).await;
    assert_eq!(ids(&service.items(NODE).await), ["1", "2", "3"]);
    assert_eq!(times().await, [100.0, 200.0, 200.0]);
    let summary = service.call("ListResourceComplianceSummaries", json!({})).await.unwrap();
    let summary = &summary["ResourceComplianceSummaryItems"][0];
    assert_eq!(summary["ExecutionSummary"]["ExecutionTime"], 200.0);
    assert_eq!((&summary["Status"], &summary["OverallSeverity"]), (&json!("NON_COMPLIANT"), &json!("HIGH")));
    let events = service.events().await;
    partial(300, json!([])).await;
    partial(200, json!([item("3", "LOW", "COMPLIANT")])).await;
    assert_eq!(service.events().await, events, "nothing that was not known");
    // Who says all says it of those too.
    let three = json!([
        item("1", "HIGH", "COMPLIANT"),
        item("2", "HIGH", "NON_COMPLIANT"),
        item("3", "LOW", "COMPLIANT")
    ]);
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 400, three)).await.unwrap();
    assert_eq!(times().await, [400.0; 3]);
    assert_eq!(service.last_change().await.changed.len(), 0);
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn bad_input_is_refused_by_name_and_nothing_of_the_call_is_stored() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let good = item("good", "HIGH", "COMPLIANT");
    let mut large = item("large", "HIGH", "COMPLIANT");
    // 800 KB are 819,200 bytes.
    let details = (0..200).map(|n| (format!("part-{n:03}"), json!("x".repeat(4_085))));
    large["Details"] = Value::Object(details.collect());
    let with = |member: &str, value: Value| {
        let mut input = put(NODE, BENCHMARK, 100, json!([good]));
        input[member] = value;
        input
    };
    let mut partial = put(NODE, "Patch", 100, json!([good]));
    partial["UploadType"] = json!("PARTIAL");
    for (input, code, words) in [
        (with("Items", json!([good, large])), "ItemSizeLimitExceededException", "up to 800 KB in total"),
        (with("Items", json!([good, good])), "InvalidItemContentException", "\"good\" more than once"),
        (
            with("Items", json!([item(&"x".repeat(101), "LOW", "COMPLIANT")])),
            "InvalidItemContentException",
            "100",
        ),
        (with("ResourceId", json!("mi-00000000000000000")), "InvalidResourceId", "mi-00000000000000000"),
        (with("ResourceType", json!("Document")), "InvalidResourceType", "\"Document\""),
        (with("ComplianceType", json!("Weather")), "ValidationException", "\"Weather\""),
        (
            with("ComplianceType", json!("Association")),
            "InvalidItemContentException",
            "and there is no such association",
        ),
        (
            with("ExecutionSummary", json!({"ExecutionTime": -1})),
            "ValidationException",
            "ExecutionTime is -1",
        ),
        (partial, "ValidationException", "UploadType is PARTIAL"),
    ] {
        let refused = service.call("PutComplianceItems", input).await.unwrap_err();
        assert!(refused.starts_with(code) && refused.contains(words), "{refused}");
    }
    for n in 0..10 {
        let input = put(NODE, &format!("Custom:Type{n}"), 100, json!([good]));
        service.call("PutComplianceItems", input).await.unwrap();
    }
    let eleventh = put(NODE, "Custom:Eleventh", 100, json!([good]));
    let refused = service.call("PutComplianceItems", eleventh.clone()).await.unwrap_err();
    assert!(
        refused.starts_with("ComplianceTypeCountLimitExceededException")
            && refused.contains("Custom:Eleventh"),
        "{refused}"
    );
    assert_eq!(service.events().await, 10);
    // Patch is none of the custom ones, and a type of which nothing is left makes room.
    service.call("PutComplianceItems", put(NODE, "Patch", 100, json!([good]))).await.unwrap();
    service.call("PutComplianceItems", put(NODE, "Custom:Type3", 200, json!([]))).await.unwrap();
    service.call("PutComplianceItems", eleventh).await.unwrap();

    for list in ["ListComplianceSummaries", "ListResourceComplianceSummaries"] {
        let refused = service.call(list, json!({"NextToken": "odd"})).await.unwrap_err();
        assert!(refused.starts_with("InvalidNextToken") && refused.contains("\"odd\""), "{refused}");
        let filters = json!([{"Key": "Id", "Values": ["x"]}]);
        let refused = service.call(list, json!({"Filters": filters})).await.unwrap_err();
        assert!(refused.starts_with("InvalidFilter") && refused.contains("\"Id\""), "{refused}");
    }
    for (input, code, words) in [
        (json!({}), "InvalidResourceId", "0 ids"),
        (json!({"ResourceIds": [NODE, OTHER]}), "InvalidResourceId", "2 ids"),
        (json!({"ResourceIds": [OTHER]}), "InvalidResourceId", OTHER),
        (json!({"ResourceIds": [NODE], "ResourceTypes": ["Bucket"]}), "InvalidResourceType", "Bucket"),
        (json!({"ResourceIds": [NODE], "NextToken": "odd"}), "InvalidNextToken", "\"odd\""),
        (json!({"ResourceIds": [NODE], "MaxResults": 51}), "ValidationException", "51"),
        (
            json!({"ResourceIds": [NODE], "Filters": [{"Key": "Colour", "Values": ["x"]}]}),
            "InvalidFilter",
            "Colour",
        ),
    ] {
        let refused = service.call("ListComplianceItems", input).await.unwrap_err();
        assert!(refused.starts_with(code) && refused.contains(words), "{refused}");
    }
    service.stop().await;
}

#[tokio::test]
async fn the_same_hash_says_that_nothing_has_changed() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let hashed = |hash: &str, seconds: u64, items: Value| {
        let mut input = put(NODE, BENCHMARK, seconds, items);
        input["ItemContentHash"] = json!(hash);
        input
    };
    let one = json!([item("1", "HIGH", "COMPLIANT")]);
    service.call("PutComplianceItems", hashed("first", 100, one.clone())).await.unwrap();
    service.call("PutComplianceItems", hashed("first", 200, one.clone())).await.unwrap();
    assert_eq!(service.events().await, 1);
    let two = json!([item("1", "HIGH", "COMPLIANT"), item("2", "HIGH", "COMPLIANT")]);
    service.call("PutComplianceItems", hashed("second", 300, two)).await.unwrap();
    assert_eq!(service.events().await, 2);
    service.call("PutComplianceItems", hashed("first", 400, one)).await.unwrap();
    assert_eq!(ids(&service.items(NODE).await), ["1"], "a hash is of what was put last");
    service.stop().await;
}

#[tokio::test]
async fn ten_thousand_items_are_said_in_parts_read_in_pages_and_rebuilt_alike() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let items = |prefix: &str| -> Value {
        let of =
            |n: usize| json!({"Id": format!("{prefix}{n:05}"), "Severity": "LOW", "Status": "COMPLIANT"});
        (0..10_000).map(of).collect()
    };
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 100, items("a"))).await.unwrap();
    let before = service.events().await;
    let began = std::time::Instant::now();
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 200, items("b"))).await.unwrap();
    println!("10,000 items replaced by 10,000 others in {:?}", began.elapsed());
    let last = service.last_change().await;
    assert!(last.parts >= 2 && last.part == last.parts, "{} parts", last.parts);
    assert_eq!(service.events().await, before + u64::from(last.parts));
    let listed = service.items(NODE).await;
    assert_eq!((listed.len(), &listed[9_999]["Id"]), (10_000, &json!("b09999")));
    let summary = service.call("ListResourceComplianceSummaries", json!({})).await.unwrap();
    let summary = &summary["ResourceComplianceSummaryItems"][0];
    assert_eq!(summary["CompliantSummary"]["SeveritySummary"]["LowCount"], 10_000);
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn resources_are_counted_filtered_and_gone_when_they_are() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE, OTHER]).await;
    let bad = json!([item("1", "MEDIUM", "NON_COMPLIANT"), item("2", "HIGH", "COMPLIANT")]);
    service.call("PutComplianceItems", put(NODE, BENCHMARK, 100, bad)).await.unwrap();
    let good = json!([item("1", "MEDIUM", "COMPLIANT"), item("2", "HIGH", "COMPLIANT")]);
    service.call("PutComplianceItems", put(OTHER, BENCHMARK, 200, good.clone())).await.unwrap();
    service.call("PutComplianceItems", put(NODE, "Custom:Antivirus", 200, good)).await.unwrap();

    let zero = json!({"CriticalCount": 0, "HighCount": 0, "MediumCount": 0, "LowCount": 0, "InformationalCount": 0,
        "UnspecifiedCount": 0});
    let with = |name: &str| {
        let mut of = zero.clone();
        of[name] = json!(1);
        of
    };
    let summaries =
        service.all("ListComplianceSummaries", json!({"MaxResults": 1}), "ComplianceSummaryItems").await;
    assert_eq!(
        summaries[1],
        json!({"ComplianceType": BENCHMARK,
            "CompliantSummary": {"CompliantCount": 1, "SeveritySummary": with("UnspecifiedCount")},
            "NonCompliantSummary": {"NonCompliantCount": 1, "SeveritySummary": with("MediumCount")}})
    );
    assert_eq!((summaries.len(), &summaries[0]["ComplianceType"]), (2, &json!("Custom:Antivirus")));
    let found = async |filters: Value| -> Vec<(String, String)> {
        let input = json!({"Filters": filters, "MaxResults": 1});
        let rows =
            service.all("ListResourceComplianceSummaries", input, "ResourceComplianceSummaryItems").await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(row, "ComplianceType"), text(row, "ResourceId"))).collect()
    };
    let of = |kind: &str, node: &str| (kind.to_owned(), node.to_owned());
    let (antivirus, bad, good) = (of("Custom:Antivirus", NODE), of(BENCHMARK, NODE), of(BENCHMARK, OTHER));
    assert_eq!(found(json!([])).await, [antivirus.clone(), bad.clone(), good.clone()]);
    let filter = |key: &str, kind: &str, value: &str| json!([{"Key": key, "Type": kind, "Values": [value]}]);
    assert_eq!(found(filter("Status", "EQUAL", "NON_COMPLIANT")).await, std::slice::from_ref(&bad));
    assert_eq!(
        found(filter("ComplianceType", "BEGIN_WITH", "Custom:A")).await,
        std::slice::from_ref(&antivirus)
    );
    assert_eq!(found(filter("OverallSeverity", "NOT_EQUAL", "MEDIUM")).await, [antivirus, good.clone()]);
    assert_eq!(found(filter("ExecutionTime", "LESS_THAN", "1970-01-01T00:02:00Z")).await, [bad]);
    let items = json!({"ResourceIds": [NODE], "Filters": [
        {"Key": "Severity", "Values": ["HIGH"]}, {"Key": "ComplianceType", "Values": [BENCHMARK]}]});
    assert_eq!(ids(&service.all("ListComplianceItems", items, "ComplianceItems").await), ["2"]);

    let gone = NodeEvent::NodeDeregistered(NodeDeregistered { node_id: NODE.into() });
    append(service.bus(), NODE, &gone, 1).await;
    while found(json!([])).await.len() > 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(found(json!([])).await, [good]);
    assert_eq!(service.last_change().await.note, "The node was deregistered.");
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn who_puts_at_the_same_time_puts_all_or_nothing() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    // Each is said in several parts, which must not be mixed.
    let of = |who: usize| {
        let details = json!({"Who": who.to_string(), "Text": "x".repeat(2_000)});
        let item = |n: usize| json!({"Id": n.to_string(), "Severity": "LOW", "Status": "COMPLIANT", "Details": details});
        put(NODE, BENCHMARK, 100 + who as u64, (0..400).map(item).collect())
    };
    let puts = (0..4).map(|who| service.call("PutComplianceItems", of(who)));
    let put = futures::future::join_all(puts).await;
    assert!(put.iter().any(Result::is_ok), "{put:?}");
    for refused in put.iter().filter_map(|put| put.as_ref().err()) {
        assert!(refused.starts_with("TooManyUpdates"), "{refused}");
    }
    let listed = service.items(NODE).await;
    assert_eq!(listed.len(), 400);
    let who = &listed[0]["Details"]["Who"];
    assert!(listed.iter().all(|item| item["Details"]["Who"] == *who), "of {who} and of others");
    assert_eq!(service.last_change().await.parts, 2);
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}
