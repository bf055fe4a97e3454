//! The inventory service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reports;
mod support;

use reeve_jetstream::streams;
use reeve_testkit::Nats;
use serde_json::{Value, json};
use support::{Service, application, item, put};

const NODE: &str = "mi-0123456789abcdef0";

#[tokio::test]
async fn what_is_put_is_listed_and_an_unchanged_repeat_is_no_event() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let packages = json!([
        application("bash", "5.2", "x86_64"),
        application("libc6", "2.36", "i386"),
        application("libc6", "2.36", "x86_64")
    ]);
    let answer = service.call("PutInventory", put(NODE, "AWS:Application", packages.clone())).await.unwrap();
    assert_eq!(answer["Message"], "The inventory has changed: AWS:Application.");
    let of = json!({"InstanceId": NODE, "TypeName": "AWS:Application"});
    let listed = service.call("ListInventoryEntries", of.clone()).await.unwrap();
    assert_eq!(listed["Entries"], packages, "in the order of their keys");
    assert_eq!(
        (&listed["SchemaVersion"], &listed["CaptureTime"]),
        (&json!("1.1"), &json!("2026-01-31T12:00:00Z"))
    );

    let events = service.events().await;
    let mut shuffled = packages.as_array().unwrap().clone();
    shuffled.reverse();
    let answer = service.call("PutInventory", put(NODE, "AWS:Application", json!(shuffled))).await.unwrap();
    assert_eq!(answer["Message"], "Nothing of the inventory has changed.");
    assert_eq!(service.events().await, events);

    // An upgrade is what differs, and nothing else.
    let upgraded = json!([application("bash", "5.3", "x86_64"), packages[1], packages[2]]);
    service.call("PutInventory", put(NODE, "AWS:Application", upgraded.clone())).await.unwrap();
    let event = service.last_change().await;
    let names =
        |of: &[reeve_contracts::inventory::Entry]| of.iter().map(|e| e.key.clone()).collect::<Vec<_>>();
    assert_eq!(names(&event.added), ["bash/x86_64//5.3/"]);
    assert_eq!((names(&event.removed), event.changed.len()), (vec!["bash/x86_64//5.2/".to_owned()], 0));
    let listed = service.call("ListInventoryEntries", of).await.unwrap();
    assert_eq!(listed["Entries"], upgraded);
    service.stop().await;
}

#[tokio::test]
async fn bad_input_is_refused_by_name_and_nothing_of_the_call_is_put() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let good = item("Custom:Rack", "1.0", json!([{"Row": "7"}]));
    let cases = [
        (item("AWS:Nothing", "1.0", json!([])), "InvalidTypeNameException", "AWS:Nothing"),
        (item("Custom:a/b", "1.0", json!([])), "InvalidTypeNameException", "Custom:a/b"),
        (item("AWS:InstanceInformation", "1.0", json!([])), "InvalidTypeNameException", "cannot be put"),
        (item("AWS:Application", "9.9", json!([])), "UnsupportedInventorySchemaVersionException", "9.9"),
        (item("AWS:Application", "1.1", json!([{"Colour": "red"}])), "InvalidItemContentException", "Colour"),
        (item("AWS:Application", "1.1", json!([{"Version": "1"}])), "InvalidItemContentException", "no Name"),
        (item("Custom:Other", "1.0", json!([{}])), "InvalidItemContentException", "Custom:Other"),
        (item("Custom:Rack", "1.0", json!([])), "ValidationException", "more than once"),
    ];
    for (bad, code, words) in cases {
        let input = json!({"InstanceId": NODE, "Items": [good, bad]});
        let refused = service.call("PutInventory", input).await.unwrap_err();
        assert!(refused.starts_with(code) && refused.contains(words), "{refused}");
    }
    let mut context = item("AWS:Application", "1.1", json!([]));
    context["Context"] = json!({"ComplianceType": "Patch"});
    let input = json!({"InstanceId": NODE, "Items": [context]});
    let refused = service.call("PutInventory", input).await.unwrap_err();
    assert!(refused.starts_with("UnsupportedInventoryItemContextException"), "{refused}");
    let refused = service.call("PutInventory", put("mi-00000000000000000", "Custom:Rack", json!([]))).await;
    assert!(refused.unwrap_err().starts_with("InvalidInstanceId"));
    assert_eq!(service.events().await, 0);
    service.stop().await;
}

#[tokio::test]
async fn a_hash_without_content_says_that_nothing_has_changed() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let mut hashed = item("Custom:Rack", "1.0", json!([{"Row": "7"}]));
    hashed["ContentHash"] = json!("first");
    service.call("PutInventory", json!({"InstanceId": NODE, "Items": [hashed]})).await.unwrap();
    let without = |hash: Option<&str>| {
        let mut item = item("Custom:Rack", "1.0", json!([]));
        item.as_object_mut().unwrap().remove("Content");
        if let Some(hash) = hash {
            item["ContentHash"] = json!(hash);
        }
        json!({"InstanceId": NODE, "Items": [item]})
    };
    service.call("PutInventory", without(Some("first"))).await.unwrap();
    let refused = service.call("PutInventory", without(Some("second"))).await.unwrap_err();
    assert!(refused.starts_with("ItemContentMismatchException") && refused.contains("second"), "{refused}");
    let refused = service.call("PutInventory", without(None)).await.unwrap_err();
    assert!(refused.starts_with("InvalidItemContentException"), "{refused}");
    service.stop().await;
}

#[tokio::test]
async fn a_large_inventory_is_said_in_parts_read_in_pages_and_rebuilt_alike() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let long = "x".repeat(400);
    // One call carries as much as a message of the bus does: what is removed and added together is more.
    let packages = |version: &str| -> Value {
        let of = |n: usize| {
            let mut package = application(&format!("package-{n:04}"), version, "x86_64");
            package["Summary"] = json!(long);
            package
        };
        (0..1_500).map(of).collect()
    };
    service.call("PutInventory", put(NODE, "AWS:Application", packages("1"))).await.unwrap();
    let before = service.events().await;
    service.call("PutInventory", put(NODE, "AWS:Application", packages("2"))).await.unwrap();
    let last = service.last_change().await;
    assert!(last.parts >= 3 && last.part == last.parts, "{} parts", last.parts);
    assert_eq!(service.events().await, before + u64::from(last.parts));
    let (mut read, mut pages, mut token) = (Vec::new(), 0, Value::Null);
    loop {
        let mut input = json!({"ResultAttributes": [{"TypeName": "AWS:Application"}]});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let answer = service.call("GetInventory", input).await.unwrap();
        assert_eq!(answer["Entities"].as_array().unwrap().len(), 1);
        let content = &answer["Entities"][0]["Data"]["AWS:Application"]["Content"];
        read.extend(content.as_array().unwrap().clone());
        pages += 1;
        token = answer["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(Value::from(read), packages("2"));
    assert!(pages > 1, "{pages}");
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn nodes_are_found_by_what_they_have() {
    let nats = Nats::start();
    let nodes = ["mi-0123456789abcdef0", "mi-0123456789abcdef1", "mi-0123456789abcdef2"];
    let service = Service::start(&nats, &nodes).await;
    let of = [("1.0", "x86_64"), ("2.0", "x86_64"), ("2.0", "i386")];
    for (node, (version, architecture)) in nodes.iter().zip(of) {
        let packages =
            json!([application("openssl", version, architecture), application("bash", "5.2", "x86_64")]);
        service.call("PutInventory", put(node, "AWS:Application", packages)).await.unwrap();
    }
    let found = async |filters: Value| -> Vec<String> {
        let answer = service.call("GetInventory", json!({"Filters": filters})).await.unwrap();
        let ids = answer["Entities"].as_array().unwrap().iter();
        ids.map(|entity| entity["Id"].as_str().unwrap().to_owned()).collect()
    };
    let filter = |key: &str, kind: &str, value: &str| json!({"Key": key, "Type": kind, "Values": [value]});
    let name = filter("AWS:Application.Name", "Equal", "openssl");
    assert_eq!(found(json!([name])).await, nodes);
    let second = filter("AWS:Application.Version", "BeginWith", "2");
    assert_eq!(found(json!([name, second])).await, nodes[1..]);
    // Both conditions are on one entry: bash 5.2 does not count for openssl.
    let fifth = filter("AWS:Application.Version", "Equal", "5.2");
    assert!(found(json!([name, fifth])).await.is_empty());
    assert_eq!(
        found(json!([filter("AWS:InstanceInformation.InstanceId", "Equal", nodes[2])])).await,
        nodes[2..]
    );
    let answer = service.call("GetInventory", json!({})).await.unwrap();
    let row = &answer["Entities"][0]["Data"]["AWS:InstanceInformation"];
    assert_eq!(row["Content"][0]["InstanceId"], nodes[0]);
    let schema = service.call("GetInventorySchema", json!({"TypeName": "AWS:Application"})).await.unwrap();
    assert_eq!(
        (schema["Schemas"].as_array().unwrap().len(), &schema["Schemas"][0]["Version"]),
        (1, &json!("1.1"))
    );
    assert!(streams::exists(service.bus(), "INVENTORY").await.unwrap());
    let counted = async |input: Value| {
        let answer = service.call("GetInventory", input).await.unwrap();
        answer["Entities"].as_array().unwrap().clone()
    };
    let by_name = json!([{"Expression": "AWS:Application.Name"}]);
    let of = counted(json!({"Aggregators": by_name})).await;
    let expected = json!([{"Count": "3", "Name": "bash"}, {"Count": "3", "Name": "openssl"}]);
    assert_eq!(of[0]["Data"]["AWS:Application"]["Content"], expected);
    let of = counted(json!({"Aggregators": by_name, "Filters": [second]})).await;
    let expected = json!([{"Count": "2", "Name": "bash"}, {"Count": "2", "Name": "openssl"}]);
    assert_eq!(of[0]["Data"]["AWS:Application"]["Content"], expected);
    let nested = json!([{"Expression": "AWS:InstanceInformation.ResourceType",
        "Aggregators": [{"Expression": "AWS:Application.Version"}]}]);
    let of = counted(json!({"Aggregators": nested})).await;
    let row = |count: &str, version: &str| json!({"Count": count, "ResourceType": "ManagedInstance", "Version": version});
    let expected = json!([row("1", "1.0"), row("2", "2.0"), row("3", "5.2")]);
    assert_eq!(of[0]["Data"]["AWS:InstanceInformation"]["Content"], expected);
    let groups = json!([{"Groups": [{"Name": "old", "Filters": [filter("AWS:Application.Version", "Equal", "1.0")]},
        {"Name": "any", "Filters": [filter("AWS:Application.Name", "Exists", "true")]}]}]);
    let of = counted(json!({"Aggregators": groups})).await;
    let row =
        |name: &str, yes: &str, no: &str| json!({"Name": name, "matchingCount": yes, "notMatchingCount": no});
    assert_eq!(
        of[0]["Data"]["AWS:Application"]["Content"],
        json!([row("old", "1", "2"), row("any", "3", "0")])
    );
    for (bad, words) in [("Name", "Name"), ("AWS:Application.Colour", "Colour"), ("AWS:No.Name", "AWS:No")] {
        let input = json!({"Aggregators": [{"Expression": bad}]});
        let refused = service.call("GetInventory", input).await.unwrap_err();
        assert!(refused.starts_with("InvalidAggregatorException") && refused.contains(words), "{refused}");
    }
    // A name that a node has in two versions counts the node once, until the last one is gone.
    let both = json!([application("openssl", "1.0", "x86_64"), application("openssl", "2.0", "x86_64")]);
    service.call("PutInventory", put(nodes[0], "AWS:Application", both)).await.unwrap();
    let name_of = async || {
        counted(json!({"Aggregators": by_name})).await[0]["Data"]["AWS:Application"]["Content"].clone()
    };
    assert_eq!(name_of().await, json!([{"Count": "2", "Name": "bash"}, {"Count": "3", "Name": "openssl"}]));
    service.call("PutInventory", put(nodes[0], "AWS:Application", json!([]))).await.unwrap();
    assert_eq!(name_of().await, json!([{"Count": "2", "Name": "bash"}, {"Count": "2", "Name": "openssl"}]));
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn a_custom_type_is_deleted_from_all_nodes_and_its_schema_as_is_asked() {
    let nats = Nats::start();
    let nodes = ["mi-0123456789abcdef0", "mi-0123456789abcdef1"];
    let service = Service::start(&nats, &nodes).await;
    let fill = async |version: &str| {
        for node in nodes {
            let item = item("Custom:Rack", version, json!([{"Row": node}]));
            service.call("PutInventory", json!({"InstanceId": node, "Items": [item]})).await.unwrap();
        }
    };
    let counted = async || {
        let answer =
            service.call("GetInventory", json!({"ResultAttributes": [{"TypeName": "Custom:Rack"}]})).await;
        let entities = answer.unwrap()["Entities"].as_array().unwrap().clone();
        entities.iter().filter(|entity| !entity["Data"]["Custom:Rack"].is_null()).count()
    };
    let deleted = async |more: Value| {
        let mut input = json!({"TypeName": "Custom:Rack"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = service.call("DeleteInventory", input).await.unwrap();
        let id = answer["DeletionId"].clone();
        for _ in 0..500 {
            let of = service.call("DescribeInventoryDeletions", json!({"DeletionId": id})).await.unwrap();
            if of["InventoryDeletions"][0]["LastStatus"] == "Complete" {
                return of["InventoryDeletions"][0].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it is never complete");
    };
    let unknown = service.call("DeleteInventory", json!({"TypeName": "Custom:Rack"})).await.unwrap_err();
    assert!(unknown.starts_with("InvalidTypeNameException") && unknown.contains("Custom:Rack"), "{unknown}");
    let aws = service.call("DeleteInventory", json!({"TypeName": "AWS:Application"})).await.unwrap_err();
    assert!(aws.starts_with("InvalidTypeNameException") && aws.contains("only custom"), "{aws}");
    fill("1.0").await;
    let dry =
        service.call("DeleteInventory", json!({"TypeName": "Custom:Rack", "DryRun": true})).await.unwrap();
    assert_eq!((&dry["DeletionSummary"]["TotalCount"], dry.get("DeletionId")), (&json!(2), None));
    assert_eq!(counted().await, 2);

    let token = json!({"ClientToken": "0123abcd-0123-0123-0123-0123456789ab"});
    let done = deleted(token.clone()).await;
    let expected = json!([{"Version": "1.0", "Count": 2, "RemainingCount": 0}]);
    assert_eq!(done["DeletionSummary"]["SummaryItems"], expected);
    assert_eq!(counted().await, 0);
    let mut again = token;
    again["TypeName"] = json!("Custom:Rack");
    again["SchemaDeleteOption"] = json!("DeleteSchema");
    let refused = service.call("DeleteInventory", again).await.unwrap_err();
    assert!(refused.starts_with("InvalidInventoryRequestException"), "{refused}");

    // The schema stays and takes new data, until it is disabled in that version.
    fill("1.0").await;
    assert_eq!(counted().await, 2);
    deleted(json!({"SchemaDeleteOption": "DisableSchema"})).await;
    fill("1.0").await;
    assert_eq!(counted().await, 0);
    fill("1.1").await;
    assert_eq!(counted().await, 2);
    deleted(json!({"SchemaDeleteOption": "DeleteSchema"})).await;
    let schema = service.call("GetInventorySchema", json!({"TypeName": "Custom:Rack"})).await.unwrap();
    assert_eq!(schema["Schemas"], json!([]));
    fill("1.0").await;
    assert_eq!(counted().await, 2);
    let refused = service.call("DescribeInventoryDeletions", json!({"DeletionId": "no"})).await.unwrap_err();
    assert!(refused.starts_with("InvalidDeletionIdException"), "{refused}");
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}
