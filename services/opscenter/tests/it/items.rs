//! OpsItems: created, read, found, changed, related, deleted.

use crate::{call, config, refusal};
use reeve_jetstream::Bus;
use reeve_runtime::run;
use reeve_testkit::Nats;
use serde_json::{Value, json};

fn item(title: &str) -> Value {
    json!({"Title": title, "Description": "d", "Source": "tests"})
}

fn with(mut value: Value, members: Value) -> Value {
    value.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    value
}

async fn create(bus: &Bus, input: Value) -> String {
    call(bus, "CreateOpsItem", input).await.unwrap()["OpsItemId"].as_str().unwrap().to_owned()
}

async fn get(bus: &Bus, id: &str) -> Value {
    call(bus, "GetOpsItem", json!({"OpsItemId": id})).await.unwrap()["OpsItem"].take()
}

/// The titles that a filter finds.
async fn found(bus: &Bus, key: &str, operator: &str, values: &[&str]) -> Vec<String> {
    let filters = json!([{"Key": key, "Operator": operator, "Values": values}]);
    let answer = call(bus, "DescribeOpsItems", json!({"OpsItemFilters": filters})).await.unwrap();
    let summaries = answer["OpsItemSummaries"].as_array().unwrap();
    summaries.iter().map(|summary| summary["Title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_item_is_created_changed_and_deleted() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let wanted = with(
        item("Disk full"),
        json!({"Priority": 2, "Severity": "1", "Category": "Availability",
            "Notifications": [{"Arn": "arn:aws:sns:eu-west-1:123456789012:ops"}],
            "OperationalData": {"secret": {"Value": "s", "Type": "String"},
                "disk": {"Value": "/dev/sda", "Type": "SearchableString"}}}),
    );
    let answer = call(&bus, "CreateOpsItem", wanted.clone()).await.unwrap();
    let id = answer["OpsItemId"].as_str().unwrap().to_owned();
    assert_eq!(answer["OpsItemArn"], format!("arn:aws:ssm:eu-west-1:123456789012:opsitem/{id}"));
    let read = get(&bus, &id).await;
    for (member, value) in wanted.as_object().unwrap() {
        assert_eq!(&read[member], value, "{member}");
    }
    assert_eq!((&read["Status"], &read["Version"]), (&json!("Open"), &json!("1")));
    assert_eq!((&read["CreatedBy"], &read["OpsItemType"]), (&json!("operator"), &json!("/aws/issue")));

    let change = json!({"OpsItemId": id, "Status": "InProgress", "Notifications": [],
        "OperationalData": {"disk": {"Value": "/dev/sdb", "Type": "SearchableString"}},
        "OperationalDataToDelete": ["secret"]});
    for _ in 0..2 {
        // The second time it says nothing new.
        call(&bus, "UpdateOpsItem", change.clone()).await.unwrap();
        let read = get(&bus, &id).await;
        assert_eq!((&read["Status"], &read["Version"]), (&json!("InProgress"), &json!("2")));
        assert_eq!(
            read["OperationalData"],
            json!({"disk": {"Type": "SearchableString", "Value": "/dev/sdb"}})
        );
        assert_eq!((&read["Notifications"], &read["Priority"]), (&json!([]), &json!(2)));
    }
    for (change, names) in [
        (json!({"Status": "Closed"}), "Status"),
        (json!({"OperationalData": {"ssm-x": {"Value": "v"}}}), "OperationalData.ssm-x"),
        (json!({"OperationalData": {"x": {}}}), "OperationalData.x"),
        (json!({"Priority": 9}), "Priority"),
        (json!({"PlannedStartTime": 1e300}), "PlannedStartTime"),
    ] {
        let (code, said) =
            call(&bus, "UpdateOpsItem", with(change, json!({"OpsItemId": id}))).await.unwrap_err();
        assert_eq!(
            (code.as_str(), &said["ParameterNames"]),
            ("OpsItemInvalidParameterException", &json!([names]))
        );
    }
    for _ in 0..2 {
        call(&bus, "DeleteOpsItem", json!({"OpsItemId": id})).await.unwrap();
    }
    for operation in ["GetOpsItem", "UpdateOpsItem"] {
        let (code, said) = call(&bus, operation, json!({"OpsItemId": id})).await.unwrap_err();
        assert_eq!(code, "OpsItemNotFoundException");
        assert!(said["message"].as_str().unwrap().contains(&id), "{said}");
    }
    assert_eq!(found(&bus, "Title", "Equal", &["Disk full"]).await, Vec::<String>::new());
    running.stop().await;
}

#[tokio::test]
async fn of_two_with_the_same_deduplication_string_and_resources_one_is_open() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let resources = |arns: &[&str]| {
        let list: Vec<Value> = arns.iter().map(|arn| json!({"arn": arn})).collect();
        json!({"Value": Value::from(list).to_string(), "Type": "SearchableString"})
    };
    let wanted = |string: &str, arns: &[&str]| {
        let string = json!({"dedupString": string}).to_string();
        with(
            item("again"),
            json!({"OperationalData": {"/aws/dedup": {"Value": string}, "/aws/resources": resources(arns)}}),
        )
    };
    let first = create(&bus, wanted("a", &["arn:1", "arn:2"])).await;
    // Whatever the order of the resources.
    let (code, said) = call(&bus, "CreateOpsItem", wanted("a", &["arn:2", "arn:1"])).await.unwrap_err();
    assert_eq!((code.as_str(), &said["OpsItemId"]), ("OpsItemAlreadyExistsException", &json!(first)));
    let before = get(&bus, &first).await;
    let many = (0..20).map(|_| call(&bus, "CreateOpsItem", wanted("a", &["arn:1", "arn:2"])));
    assert!(futures::future::join_all(many).await.iter().all(Result::is_err));
    let after = get(&bus, &first).await;
    assert_eq!(before["LastModifiedTime"], after["LastModifiedTime"]);
    assert_eq!(after["Version"], "1");
    let counted: Value =
        serde_json::from_str(after["OperationalData"]["/reeve/duplicates"]["Value"].as_str().unwrap())
            .unwrap();
    assert_eq!(counted["count"], 21);
    // Other resources, another string: other items.
    let others = [wanted("a", &["arn:1"]), wanted("b", &["arn:1", "arn:2"])];
    for other in others {
        assert_ne!(create(&bus, other).await, first);
    }
    call(&bus, "UpdateOpsItem", json!({"OpsItemId": first, "Status": "Resolved"})).await.unwrap();
    // Many at once: one is opened.
    let many = (0..20).map(|_| call(&bus, "CreateOpsItem", wanted("a", &["arn:1", "arn:2"])));
    let answers = futures::future::join_all(many).await;
    let opened: Vec<&Value> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(opened.len(), 1);
    assert_ne!(opened[0]["OpsItemId"], first);
    let reopen = json!({"OpsItemId": first, "Status": "Open"});
    assert_eq!(refusal(&bus, "UpdateOpsItem", reopen).await, "OpsItemAlreadyExistsException");
    let dedup = json!({"OpsItemId": first, "OperationalDataToDelete": ["/aws/dedup"]});
    assert_eq!(refusal(&bus, "UpdateOpsItem", dedup).await, "OpsItemInvalidParameterException");
    running.stop().await;
}

#[tokio::test]
async fn items_are_found_by_every_filter() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let long = format!("long {}", "é".repeat(1_000));
    let rich = with(
        json!({"Title": "rich", "Description": "d", "Source": "nagios"}),
        json!({"Priority": 3, "Severity": "2", "Category": "Cost", "OpsItemType": "/aws/insight",
            "PlannedStartTime": 1_577_923_200, "OperationalData": {
                "hidden": {"Value": "hidden-value", "Type": "String"},
                "k": {"Value": "v", "Type": "SearchableString"},
                "/aws/resources": {"Value": r#"[{"arn": "arn:aws:ec2:x:1:instance/i-1"}]"#},
                "/aws/automations": {"Value":
                    r#"[{"automationId": "AWS-Restart", "automationType": "AWS:SSM:Automation"}]"#}}}),
    );
    let plain = create(&bus, item("plain")).await;
    create(&bus, item(&long)).await;
    let rich = create(&bus, rich).await;
    let one = vec!["rich".to_owned()];
    for (key, operator, value) in [
        ("Priority", "Equal", "3"),
        ("Source", "Equal", "nagios"),
        ("Source", "Contains", "agio"),
        ("Title", "Contains", "ic"),
        ("OperationalData", "Equal", r#"{"key":"k","value":"v"}"#),
        ("OperationalDataKey", "Equal", "k"),
        ("OperationalDataValue", "Equal", "v"),
        ("OperationalDataValue", "Contains", "v"),
        ("OpsItemId", "Equal", rich.as_str()),
        ("AutomationId", "Equal", "AWS-Restart"),
        ("ResourceId", "Contains", "arn:aws:ec2:x:1:instance/i-1"),
        ("Category", "Equal", "Cost"),
        ("Severity", "Equal", "2"),
        ("OpsItemType", "Equal", "/aws/insight"),
        ("PlannedStartTime", "GreaterThan", "2020-01-01"),
        ("PlannedStartTime", "LessThan", "1577923201"),
    ] {
        assert_eq!(found(&bus, key, operator, &[value]).await, one, "{key} {operator} {value}");
    }
    for (key, operator, value) in [
        ("OperationalDataValue", "Contains", "hidden-value"),
        ("OperationalDataKey", "Equal", "hidden"),
        ("PlannedStartTime", "LessThan", "2020-01-02"),
        ("CreatedTime", "LessThan", "2020-01-01"),
        ("Status", "Equal", "Resolved"),
        ("AccountId", "Equal", "210987654321"),
    ] {
        assert_eq!(found(&bus, key, operator, &[value]).await, Vec::<String>::new(), "{key}");
    }
    for (key, operator, value) in [
        ("Status", "Equal", "Open"),
        ("AccountId", "Equal", "123456789012"),
        ("CreatedBy", "Equal", "operator"),
        ("CreatedBy", "Contains", "operat"),
        ("CreatedTime", "GreaterThan", "2020-01-01T00:00:00Z"),
        ("LastModifiedTime", "GreaterThan", "1577923200"),
    ] {
        // The one that was modified last is the first.
        let all = vec!["rich".to_owned(), long.clone(), "plain".to_owned()];
        assert_eq!(found(&bus, key, operator, &[value]).await, all, "{key} {operator} {value}");
    }
    assert_eq!(found(&bus, "Title", "Equal", &[&long]).await, [long.as_str()]);
    assert_eq!(found(&bus, "Title", "Equal", &["rich", "plain"]).await, ["rich", "plain"]);
    call(&bus, "UpdateOpsItem", json!({"OpsItemId": plain, "Status": "Resolved"})).await.unwrap();
    assert_eq!(found(&bus, "Status", "Equal", &["Resolved"]).await, ["plain"]);
    assert_eq!(found(&bus, "Status", "Equal", &["Open", "InProgress"]).await, ["rich", long.as_str()]);
    assert_eq!(found(&bus, "Status", "Equal", &["Open", "Resolved"]).await, ["plain", "rich", long.as_str()]);
    // Page after page, each item once.
    let (mut titles, mut token) = (Vec::new(), Value::Null);
    loop {
        let page =
            call(&bus, "DescribeOpsItems", json!({"MaxResults": 1, "NextToken": token})).await.unwrap();
        titles.push(page["OpsItemSummaries"][0]["Title"].as_str().unwrap().to_owned());
        assert!(page["OpsItemSummaries"][0].get("Description").is_none());
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(titles, ["plain", "rich", long.as_str()]);
    let odd = json!({"OpsItemFilters": [{"Key": "CreatedTime", "Operator": "LessThan", "Values": ["noon"]}]});
    let (code, said) = call(&bus, "DescribeOpsItems", odd).await.unwrap_err();
    assert!(
        code == "ValidationException" && said["message"].as_str().unwrap().contains("\"noon\""),
        "{said}"
    );
    running.stop().await;
}

#[tokio::test]
async fn related_items_and_events_are_listed_and_a_rebuilt_view_is_the_same() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let id = create(&bus, item("related")).await;
    let associate = |uri: &str| {
        json!({"OpsItemId": id, "AssociationType": "RelatesTo", "ResourceType": "AWS::SSM::Document",
            "ResourceUri": uri})
    };
    let mut associations = Vec::new();
    for uri in ["arn:a", "arn:b"] {
        let answer = call(&bus, "AssociateOpsItemRelatedItem", associate(uri)).await.unwrap();
        associations.push(answer["AssociationId"].as_str().unwrap().to_owned());
    }
    let (code, said) = call(&bus, "AssociateOpsItemRelatedItem", associate("arn:a")).await.unwrap_err();
    assert_eq!(code, "OpsItemRelatedItemAlreadyExistsException");
    assert_eq!((&said["OpsItemId"], &said["ResourceUri"]), (&json!(id), &json!("arn:a")));
    let listed = async |input: Value| {
        let answer = call(&bus, "ListOpsItemRelatedItems", input).await.unwrap();
        let summaries = answer["Summaries"].as_array().unwrap().clone();
        let mut uris: Vec<String> =
            summaries.iter().map(|row| row["ResourceUri"].as_str().unwrap().to_owned()).collect();
        uris.sort();
        uris
    };
    assert_eq!(listed(json!({"OpsItemId": id})).await, ["arn:a", "arn:b"]);
    let filter = json!([{"Key": "AssociationId", "Operator": "Equal", "Values": [associations[1]]}]);
    assert_eq!(listed(json!({"OpsItemId": id, "Filters": filter})).await, ["arn:b"]);
    let gone = json!({"OpsItemId": id, "AssociationId": associations[0]});
    call(&bus, "DisassociateOpsItemRelatedItem", gone.clone()).await.unwrap();
    let code = refusal(&bus, "DisassociateOpsItemRelatedItem", gone).await;
    assert_eq!(code, "OpsItemRelatedItemAssociationNotFoundException");
    assert_eq!(listed(json!({})).await, ["arn:b"]);

    let other = create(&bus, item("other")).await;
    let events = async |input: Value| {
        let answer = call(&bus, "ListOpsItemEvents", input).await.unwrap();
        let summaries = answer["Summaries"].as_array().unwrap().clone();
        summaries.iter().map(|row| row["DetailType"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of = |id: &str| json!({"Filters": [{"Key": "OpsItemId", "Operator": "Equal", "Values": [id]}]});
    let expected =
        ["RelatedItemDisassociated", "RelatedItemAssociated", "RelatedItemAssociated", "OpsItemCreated"];
    let expected = expected.map(|name| format!("reeve.opscenter.{name}.v1"));
    assert_eq!(events(of(&id)).await, expected);
    assert_eq!(events(of(&other)).await.len(), 1);
    assert_eq!(events(json!({})).await.len(), 5);
    assert_eq!(refusal(&bus, "ListOpsItemEvents", of("oi-000000000000")).await, "OpsItemNotFoundException");
    call(&bus, "DeleteOpsItem", json!({"OpsItemId": id})).await.unwrap();
    assert_eq!(listed(json!({})).await, Vec::<String>::new());
    assert_eq!(
        refusal(&bus, "ListOpsItemRelatedItems", json!({"OpsItemId": id})).await,
        "OpsItemInvalidParameterException"
    );

    let live = running.handle().views().dump();
    running.stop().await;
    let rebuilt =
        run(reeve_opscenter::service(config()), bus.clone(), &nats.folder().join("rebuilt")).await.unwrap();
    assert_eq!(rebuilt.handle().views().dump(), live);
    rebuilt.stop().await;
}
