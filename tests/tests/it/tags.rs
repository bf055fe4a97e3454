//! Nodes by their tags.

use reeve_e2e::Instance;
use serde_json::{Value, json};

#[test]
fn a_command_goes_to_the_nodes_with_a_tag() {
    let instance = Instance::start(2);
    let node = instance.node();
    let tag = ["add-tags-to-resource", "--resource-type", "ManagedInstance", "--resource-id", &node];
    instance.aws(&[&tag[..], &["--tags", "Key=role,Value=web"]].concat()).text();
    let listed = instance.aws(&[
        "list-tags-for-resource",
        "--resource-type",
        "ManagedInstance",
        "--resource-id",
        &node,
    ]);
    assert_eq!(listed.json()["TagList"], json!([{"Key": "role", "Value": "web"}]));

    let send = |targets: &str| {
        let shell =
            ["send-command", "--document-name", "AWS-RunShellScript", "--parameters", "commands=hostname"];
        let sent = instance.aws(&[&shell[..], &["--targets", targets]].concat()).json();
        let id = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
        (instance.ended(&id), id)
    };
    // run-command learns of tags by events: a moment later than the call that set them.
    let (ended, id) = reeve_e2e::wait_for("the tag is known to run-command", || {
        Some(send("Key=tag:role,Values=web")).filter(|(ended, _)| ended["TargetCount"] == 1)
    });
    assert_eq!(ended["StatusDetails"], "Success");
    let invocations = instance.call("ListCommandInvocations", &json!({"CommandId": id}));
    assert_eq!(invocations["CommandInvocations"].as_array().unwrap().len(), 1);
    assert_eq!(invocations["CommandInvocations"][0]["InstanceId"], node);

    let (ended, _) = send("Key=tag:role,Values=db");
    assert_eq!((&ended["Status"], &ended["StatusDetails"]), (&json!("Success"), &json!("NoInstancesInTag")));
    assert_eq!(ended["TargetCount"], 0);
}

#[test]
fn a_long_name_is_refused_and_what_does_not_exist_is_not_tagged() {
    let instance = Instance::start(0);
    let (long, code) = ("x".repeat(4_200), |kind: &str, id: &str| {
        let tag =
            ["add-tags-to-resource", "--tags", "Key=a,Value=1", "--resource-type", kind, "--resource-id", id];
        instance.aws(&tag).complaint().to_owned()
    });
    for id in [long.as_str(), "mi-0123456789abcdef0", "/app/db"] {
        let refused = code("Automation", id);
        assert!(refused.contains("InvalidResourceType"), "{refused}");
        for kind in ["Association", "Document", "ManagedInstance", "Parameter"] {
            let refused = code(kind, id);
            assert!(refused.contains("InvalidResourceId"), "{refused}");
        }
    }
    // Nothing was cut off, and nothing restarted.
    assert_eq!(instance.ready().0, 200);
}

/// Whoever gives tags with what he makes reads them at once, from whichever service.
#[test]
fn tags_that_something_was_made_with_are_in_the_next_read_of_every_service() {
    let instance = Instance::start(0);
    let tag = |n: usize| json!([{"Key": "made", "Value": format!("as-{n}")}]);
    let listed = |kind: &str, id: &Value, n: usize| {
        let input = json!({"ResourceType": kind, "ResourceId": id});
        assert_eq!(instance.call("ListTagsForResource", &input)["TagList"], tag(n), "{kind} {n}");
    };
    for n in 0..20 {
        let name = format!("Made-{n}");
        let content = json!({"schemaVersion": "2.2", "mainSteps": [
            {"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}
        ]});
        let input =
            json!({"Name": name, "Content": content.to_string(), "DocumentType": "Command", "Tags": tag(n)});
        instance.call("CreateDocument", &input);
        let filters = json!({"Filters": [{"Key": "tag:made", "Values": [format!("as-{n}")]}]});
        let found = instance.call("ListDocuments", &filters);
        assert_eq!(found["DocumentIdentifiers"][0]["Name"], json!(name), "{n}: {found}");
        listed("Document", &json!(name), n);
        let baseline = json!({"Name": name, "OperatingSystem": "UBUNTU", "Tags": tag(n)});
        listed("PatchBaseline", &instance.call("CreatePatchBaseline", &baseline)["BaselineId"], n);
        let parameter = json!({"Name": format!("/made/{n}"), "Value": "v", "Type": "String", "Tags": tag(n)});
        instance.call("PutParameter", &parameter);
        let filters = json!({"ParameterFilters": [{"Key": "tag:made", "Values": [format!("as-{n}")]}]});
        let found = instance.call("DescribeParameters", &filters);
        assert_eq!(found["Parameters"][0]["Name"], parameter["Name"], "{n}: {found}");
        listed("Parameter", &parameter["Name"], n);
        let item = json!({"Title": name, "Source": "test", "Description": "d", "Tags": tag(n)});
        listed("OpsItem", &instance.call("CreateOpsItem", &item)["OpsItemId"], n);
    }
}

/// What somebody has deleted is gone in the same caller's next read, whichever service answers it.
#[test]
fn a_deletion_is_in_its_callers_next_read() {
    let instance = Instance::start(0);
    let raw = instance.raw();
    let content = r#"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"s","inputs":{"runCommand":["x"]}}]}"#;
    let create = |tags: Value| {
        let mut input = json!({"Name": "same", "Content": content, "DocumentType": "Command"});
        input["Tags"] = tags;
        assert_eq!(raw.call("CreateDocument", &input).0, 200);
    };
    let tags = || raw.call("ListTagsForResource", &json!({"ResourceType": "Document", "ResourceId": "same"}));
    for n in 0..20 {
        create(json!([{"Key": "n", "Value": n.to_string()}]));
        assert_eq!(tags().1["TagList"], json!([{"Key": "n", "Value": n.to_string()}]));
        assert_eq!(raw.call("DeleteDocument", &json!({"Name": "same"})).0, 200);
        let (status, refused) = tags();
        assert!(status == 400 && refused["__type"] == "InvalidResourceId", "{n}: {refused}");
        let sent = raw
            .call("SendCommand", &json!({"DocumentName": "same", "InstanceIds": ["mi-0123456789abcdef0"]}));
        assert!(sent.1["__type"] == "InvalidDocument", "{n}: {sent:?}");
        // Another one of the same name has none of its tags.
        create(json!([]));
        assert_eq!(tags().1["TagList"], json!([]), "{n}");
        assert_eq!(raw.call("DeleteDocument", &json!({"Name": "same"})).0, 200);
    }
}
