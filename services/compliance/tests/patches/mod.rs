//! Patches, as scans found them.

use crate::{
    NODE, ids,
    support::{Service, append, item, put},
};
use reeve_contracts::inventory::{Entry, InventoryChanged, InventoryEvent};
use reeve_inventory_model::attributes;
use reeve_testkit::Nats;
use serde_json::{Value, json};
use std::time::Duration;

/// An inventory's event of a node: entries by key.
fn inventory(type_name: &str, base: &str, hash: &str, added: &[(&str, &[(&str, &str)])]) -> InventoryEvent {
    let entry = |(key, of): &(&str, &[(&str, &str)])| {
        let of = of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Entry { key: (*key).to_owned(), attributes: attributes(&of) }
    };
    InventoryEvent::InventoryChanged(InventoryChanged {
        node_id: NODE.into(),
        type_name: type_name.into(),
        schema_version: "1.0".into(),
        captured_ms: 100_000,
        base_hash: base.into(),
        hash: hash.into(),
        added: added.iter().map(entry).collect(),
        change_id: format!("{base}-{hash}"),
        part: 1,
        parts: 1,
        command_id: "the-scan".into(),
        ..InventoryChanged::default()
    })
}

#[tokio::test]
async fn patches_are_items_by_what_scans_found() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let patches: [(&str, &[(&str, &str)]); 4] = [
        (
            "bash",
            &[
                ("KBId", "bash.amd64"),
                ("Title", "bash.amd64:5.2"),
                ("State", "Installed"),
                ("ComplianceLevel", "HIGH"),
            ],
        ),
        ("gone", &[("KBId", "gone.amd64"), ("Title", "gone.amd64:1"), ("State", "NotApplicable")]),
        (
            "openssl",
            &[
                ("KBId", "openssl.amd64"),
                ("Title", "openssl.amd64:3"),
                ("State", "Missing"),
                ("ComplianceLevel", "CRITICAL"),
                ("Classification", "Security"),
                ("Severity", "optional"),
            ],
        ),
        ("vim", &[("KBId", "vim.amd64"), ("Title", "vim.amd64:9"), ("State", "InstalledRejected")]),
    ];
    let id = |type_name: &str| format!("{NODE}/{type_name}");
    append(
        service.bus(),
        &id("AWS:PatchCompliance"),
        &inventory("AWS:PatchCompliance", "", "a", &patches),
        0,
    )
    .await;
    let run: [(&str, &[(&str, &str)]); 1] = [(
        "-",
        &[
            ("BaselineId", "pb-1"),
            ("PatchGroup", "web"),
            ("ExecutionId", "the-scan"),
            ("OperationEndTime", "1970-01-01T00:03:20Z"),
        ],
    )];
    append(service.bus(), &id("AWS:PatchSummary"), &inventory("AWS:PatchSummary", "", "b", &run), 0).await;
    let mut listed: Vec<Value> = Vec::new();
    while listed.len() < 4 || listed[0]["ExecutionSummary"]["ExecutionTime"] != 200.0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        listed = service.items(NODE).await;
    }
    assert_eq!(
        listed[2],
        json!({"ComplianceType": "Patch", "ResourceType": "ManagedInstance", "ResourceId": NODE, "Id": "openssl.amd64",
            "Title": "openssl.amd64:3", "Status": "NON_COMPLIANT", "Severity": "CRITICAL",
            "Details": {"PatchState": "Missing", "Classification": "Security", "PatchSeverity": "optional",
                "PatchBaselineId": "pb-1", "PatchGroup": "web"},
            "ExecutionSummary": {"ExecutionId": "the-scan", "ExecutionType": "Command", "ExecutionTime": 200.0}})
    );
    let statuses: Vec<&str> = listed.iter().map(|item| item["Status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["COMPLIANT", "COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"]);
    let summary = service.call("ListResourceComplianceSummaries", json!({})).await.unwrap();
    let summary = &summary["ResourceComplianceSummaryItems"][0];
    assert_eq!(
        (&summary["OverallSeverity"], &summary["Status"]),
        (&json!("CRITICAL"), &json!("NON_COMPLIANT"))
    );
    assert_eq!(
        summary["NonCompliantSummary"],
        json!({"NonCompliantCount": 2, "SeveritySummary": {"CriticalCount": 1, "HighCount": 0, "MediumCount": 0,
            "LowCount": 0, "InformationalCount": 0, "UnspecifiedCount": 1}})
    );

    // Of what was put and what was found the later one counts, and the resource counts once.
    let one = json!([item("1", "LOW", "COMPLIANT")]);
    service.call("PutComplianceItems", put(NODE, "Patch", 150, one.clone())).await.unwrap();
    assert_eq!(service.items(NODE).await.len(), 4);
    service.call("PutComplianceItems", put(NODE, "Patch", 250, one)).await.unwrap();
    assert_eq!(ids(&service.items(NODE).await), ["1"]);
    let summaries = service.call("ListComplianceSummaries", json!({})).await.unwrap();
    let summaries = summaries["ComplianceSummaryItems"].as_array().unwrap();
    assert_eq!((summaries.len(), &summaries[0]["CompliantSummary"]["CompliantCount"]), (1, &json!(1)));
    assert_eq!(summaries[0]["NonCompliantSummary"]["NonCompliantCount"], 0);
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

/// Each type of a node's inventory is taken in by itself: which comes first is chance.
#[tokio::test]
async fn the_summary_of_a_run_counts_also_when_it_comes_before_what_the_run_found() {
    let id = |type_name: &str| format!("{NODE}/{type_name}");
    let patch: [(&str, &[(&str, &str)]); 1] = [("bash", &[("KBId", "bash.amd64"), ("State", "Missing")])];
    let of_run =
        [("BaselineId", "pb-1"), ("ExecutionId", "the-scan"), ("OperationEndTime", "1970-01-01T00:03:20Z")];
    let run: [(&str, &[(&str, &str)]); 1] = [("-", &of_run)];
    let events = [("AWS:PatchCompliance", "a", &patch), ("AWS:PatchSummary", "b", &run)];
    let mut told = Vec::new();
    for order in [[0, 1], [1, 0]] {
        let nats = Nats::start();
        let service = Service::start(&nats, &[NODE]).await;
        for (type_name, hash, added) in order.map(|number| events[number]) {
            append(service.bus(), &id(type_name), &inventory(type_name, "", hash, added), 0).await;
        }
        let mut listed: Vec<Value> = Vec::new();
        while listed.is_empty() || listed[0]["ExecutionSummary"]["ExecutionTime"] != 200.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            listed = service.items(NODE).await;
        }
        assert_eq!(listed[0]["Details"]["PatchBaselineId"], "pb-1", "{listed:?}");
        told.push(listed);
        service.stop().await;
    }
    assert_eq!(told[0], told[1]);
}

/// One part of a change that has two.
fn part(number: u32, added: &[&str], removed: &[&str]) -> InventoryEvent {
    let patch = |id: &&str| {
        let of = [("KBId", *id), ("Title", *id), ("State", "Missing")];
        let of = of.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Entry { key: (*id).to_owned(), attributes: attributes(&of) }
    };
    InventoryEvent::InventoryChanged(InventoryChanged {
        node_id: NODE.into(),
        type_name: "AWS:PatchCompliance".into(),
        hash: "hash".into(),
        added: added.iter().map(patch).collect(),
        removed: removed.iter().map(patch).collect(),
        change_id: format!("{added:?}").chars().take(3).collect(),
        part: number,
        parts: 2,
        ..InventoryChanged::default()
    })
}

#[tokio::test]
async fn the_parts_of_a_large_scan_count_together_and_a_type_that_is_gone_is_gone() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let id = format!("{NODE}/AWS:PatchCompliance");
    // The first part of a scan whose second one never came counts for nothing.
    let lost = append(service.bus(), &id, &part(1, &["x"], &[]), 0).await;
    let first = append(service.bus(), &id, &part(1, &["a", "b"], &[]), lost).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(service.items(NODE).await.is_empty());
    let second = append(service.bus(), &id, &part(2, &["a"], &[]), first).await;
    let mut listed = Vec::new();
    while listed.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        listed = service.items(NODE).await;
    }
    assert_eq!(ids(&listed), ["a", "b"]);
    assert_eq!(
        (&listed[0]["Severity"], &listed[0]["Status"]),
        (&json!("UNSPECIFIED"), &json!("NON_COMPLIANT"))
    );
    let summaries = service.call("ListResourceComplianceSummaries", json!({})).await.unwrap();
    let summary = &summaries["ResourceComplianceSummaryItems"][0];
    assert_eq!(summary["NonCompliantSummary"]["NonCompliantCount"], 2, "what is said twice counts once");
    let third = append(service.bus(), &id, &part(1, &[], &["a"]), second).await;
    let InventoryEvent::InventoryChanged(mut gone) = part(2, &[], &["b"]) else { panic!("a change") };
    gone.hash.clear();
    append(service.bus(), &id, &InventoryEvent::InventoryChanged(gone), third).await;
    while !service.items(NODE).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let summaries = service.call("ListComplianceSummaries", json!({})).await.unwrap();
    assert_eq!(summaries["ComplianceSummaryItems"], json!([]));
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}
