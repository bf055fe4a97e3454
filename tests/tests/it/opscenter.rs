//! OpsItems and OpsMetadata, by the aws CLI.

use reeve_e2e::Instance;
use serde_json::{Value, json};

fn create(instance: &Instance, more: &[&str]) -> reeve_e2e::Answer {
    let item = ["create-ops-item", "--title", "Disk full", "--description", "of db-1", "--source", "nagios"];
    instance.aws(&[&item[..], more].concat())
}

#[test]
fn an_item_lives_from_its_creation_to_its_deletion() {
    let instance = Instance::start(0);
    let dedup = json!({"/aws/dedup": {"Value": json!({"dedupString": "disk"}).to_string()}}).to_string();
    let tags = "Key=team,Value=db";
    let created =
        create(&instance, &["--priority", "2", "--operational-data", &dedup, "--tags", tags]).json();
    let id = created["OpsItemId"].as_str().unwrap();
    assert!(created["OpsItemArn"].as_str().unwrap().ends_with(&format!(":opsitem/{id}")), "{created}");

    let refused = create(&instance, &["--operational-data", &dedup]);
    assert!(refused.complaint().contains("OpsItemAlreadyExistsException"), "{}", refused.complaint());
    assert!(refused.complaint().contains(id), "{}", refused.complaint());

    let get = || instance.aws(&["get-ops-item", "--ops-item-id", id]).json()["OpsItem"].take();
    let read = get();
    assert_eq!((&read["Title"], &read["Status"]), (&json!("Disk full"), &json!("Open")));
    instance.aws(&["update-ops-item", "--ops-item-id", id, "--status", "InProgress"]).text();
    let read = get();
    assert_eq!((&read["Status"], &read["Version"]), (&json!("InProgress"), &json!("2")));

    let found = |filter: &str| {
        let found = instance.aws(&["describe-ops-items", "--ops-item-filters", filter]).json();
        found["OpsItemSummaries"].as_array().unwrap().len()
    };
    assert_eq!(found("Key=Status,Values=InProgress,Operator=Equal"), 1);
    assert_eq!(found("Key=Status,Values=Open,Operator=Equal"), 0);
    assert_eq!(found("Key=Title,Values=isk,Operator=Contains"), 1);

    let tagged = || {
        let listed = ["list-tags-for-resource", "--resource-type", "OpsItem", "--resource-id", id];
        Some(instance.aws(&listed).json()).filter(|listed| listed["TagList"] != json!([]))
    };
    let listed = reeve_e2e::wait_for("the tags are there", tagged);
    assert_eq!(listed["TagList"], json!([{"Key": "team", "Value": "db"}]));

    let uri = "arn:aws:ssm:eu-west-1:123456789012:document/AWS-Noop";
    let associate =
        ["associate-ops-item-related-item", "--ops-item-id", id, "--association-type", "RelatesTo"];
    let resource = ["--resource-type", "AWS::SSM::Document", "--resource-uri", uri];
    instance.aws(&[&associate[..], &resource[..]].concat()).text();
    let related = instance.aws(&["list-ops-item-related-items", "--ops-item-id", id]).json();
    assert_eq!(related["Summaries"][0]["ResourceUri"], uri);

    let filter = format!("Key=OpsItemId,Values={id},Operator=Equal");
    let events = instance.aws(&["list-ops-item-events", "--filters", &filter]).json();
    let events: Vec<&Value> =
        events["Summaries"].as_array().unwrap().iter().map(|event| &event["DetailType"]).collect();
    let expected = ["RelatedItemAssociated", "OpsItemUpdated", "OpsItemDuplicateRefused", "OpsItemCreated"];
    assert_eq!(events, expected.map(|name| json!(format!("reeve.opscenter.{name}.v1"))).each_ref());

    instance.aws(&["delete-ops-item", "--ops-item-id", id]).text();
    let gone = instance.aws(&["get-ops-item", "--ops-item-id", id]);
    assert!(gone.complaint().contains("OpsItemNotFoundException"), "{}", gone.complaint());
}

#[test]
fn a_wrong_item_is_refused_with_the_field() {
    let instance = Instance::start(0);
    for (more, words) in [
        (["--source", "my-aws-thing"], "Source is \"my-aws-thing\""),
        (["--operational-data", r#"{"ssm-x": {"Value": "v"}}"#], "OperationalData.ssm-x"),
        (["--ops-item-type", "/aws/odd"], "OpsItemType is \"/aws/odd\""),
        (["--priority", "6"], "priority"),
    ] {
        let refused = create(&instance, &more);
        assert!(refused.complaint().contains(words), "{}", refused.complaint());
    }
    // Long titles are no trap: 1,024 characters, and a filter for all of them.
    let title = "é".repeat(1_024);
    let long = ["create-ops-item", "--title", &title, "--description", "d", "--source", "s"];
    instance.aws(&long).text();
    let filter = json!([{"Key": "Title", "Operator": "Equal", "Values": [title]}]).to_string();
    let found = instance.aws(&["describe-ops-items", "--ops-item-filters", &filter]).json();
    assert_eq!(found["OpsItemSummaries"].as_array().unwrap().len(), 1);
}

#[test]
fn metadata_is_kept_by_the_aws_cli() {
    let instance = Instance::start(0);
    let create = ["create-ops-metadata", "--resource-id", "shop", "--metadata", "owner={Value=ann}"];
    let arn = instance.aws(&create).json()["OpsMetadataArn"].take();
    let arn = arn.as_str().unwrap();
    let again = instance.aws(&create);
    assert!(again.complaint().contains("OpsMetadataAlreadyExistsException"), "{}", again.complaint());
    let update = ["update-ops-metadata", "--ops-metadata-arn", arn, "--metadata-to-update", "tier={Value=1}"];
    instance.aws(&update).text();
    let read = instance.aws(&["get-ops-metadata", "--ops-metadata-arn", arn]).json();
    assert_eq!(read["Metadata"], json!({"owner": {"Value": "ann"}, "tier": {"Value": "1"}}));
    let listed = instance.aws(&["list-ops-metadata"]).json();
    assert_eq!(listed["OpsMetadataList"][0]["ResourceId"], "shop");
    instance.aws(&["delete-ops-metadata", "--ops-metadata-arn", arn]).text();
    let gone = instance.aws(&["get-ops-metadata", "--ops-metadata-arn", arn]);
    assert!(gone.complaint().contains("OpsMetadataNotFoundException"), "{}", gone.complaint());
}

#[test]
fn people_work_with_items_by_the_command_line() {
    let instance = Instance::start(0);
    let create = ["ops", "create", "Check the backup", "--severity", "2", "--dedup", "backup"];
    let id = instance.reeve(&create).text().trim().to_owned();
    let again = instance.reeve(&create);
    assert!(again.complaint().contains("OpsItemAlreadyExistsException"), "{}", again.complaint());
    instance.reeve(&["ops", "update", &id, "--status", "InProgress", "--priority", "1"]).text();
    let listed = instance.reeve(&["ops", "list"]).text().to_owned();
    println!("{listed}");
    let row = listed.lines().nth(1).unwrap();
    for cell in [id.as_str(), "InProgress", "Check the backup", "operator"] {
        assert!(row.contains(cell), "{listed}");
    }
    let before = reeve_types::Timestamp::now().rfc3339();
    std::thread::sleep(std::time::Duration::from_millis(5));
    instance.reeve(&["ops", "resolve", &id]).text();
    assert_eq!(instance.reeve(&["ops", "list"]).text().lines().count(), 1, "the heading");
    assert!(instance.reeve(&["ops", "list", "--all"]).text().contains("Resolved"));
    assert!(instance.reeve(&["--as-of", &before, "ops", "list"]).text().contains("InProgress"));
    let shown = instance.reeve(&["ops", "show", &id]).text().to_owned();
    println!("{shown}");
    for words in ["Status: Resolved", "Severity: 2", "OpsItemDuplicateRefused", r#"{"status":"Resolved"}"#] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let nothing = instance.reeve(&["ops", "update", &id]);
    assert!(nothing.complaint().contains("nothing is to be changed"), "{}", nothing.complaint());
    instance.reeve(&["ops", "delete", &id]).text();
    let gone = instance.reeve(&["ops", "show", &id]);
    assert!(gone.complaint().contains("OpsItemNotFoundException"), "{}", gone.complaint());
}
