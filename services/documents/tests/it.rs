//! The documents service on a real NATS.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use reeve_contracts::tags::{ResourceEvent, Tag, TagsAdded};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, Headers, Message, serve, store};
use reeve_runtime::{Running, run};
use reeve_testkit::{Nats, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::time::Duration;

const ACCOUNT: &str = "123456789012";

/// The errors that AWS's model gives an operation.
fn modelled(operation: &str) -> Vec<String> {
    let model: Value = serde_json::from_str(include_str!("../../../schemas/aws/ssm.json")).unwrap();
    let errors = model["operations"][operation]["errors"].as_array().unwrap();
    errors.iter().map(|error| error["shape"].as_str().unwrap().to_owned()).collect()
}

struct Client(Bus);

fn said(answer: Message) -> Result<Value, (String, String)> {
    let body: Value = serde_json::from_slice(&answer.data).unwrap();
    match answer.headers.get("reeve-error") {
        Some(code) => Err((code.to_owned(), body["message"].as_str().unwrap_or_default().to_owned())),
        None => Ok(body),
    }
}

impl Client {
    async fn ask(&self, subject: &str, input: Value) -> Result<Value, (String, String)> {
        let headers = Headers::default()
            .with("reeve-actor", "tester")
            .with("reeve-source", "127.0.0.1")
            .with("reeve-account", ACCOUNT);
        let body = Bytes::from(input.to_string());
        said(self.0.request(subject, &headers, body, Duration::from_secs(10)).await.unwrap())
    }

    async fn ask_as_node(&self, input: Value) -> Result<Value, (String, String)> {
        let (node, body) = ("mi-0123456789abcdef0", Bytes::from(input.to_string()));
        said(serve::ask(&self.0, node, "get-document", body, Duration::from_secs(10)).await.unwrap())
    }

    async fn call(&self, operation: &str, input: Value) -> Value {
        let answer = self.ask(&format!("reeve.api.documents.{operation}"), input.clone()).await;
        answer.unwrap_or_else(|error| panic!("{operation} {input} was refused: {error:?}"))
    }

    async fn refused(&self, operation: &str, input: Value, code: &str) {
        let answer = self.ask(&format!("reeve.api.documents.{operation}"), input.clone()).await;
        let (found, message) = answer.expect_err(&format!("{operation} {input}"));
        assert_eq!(found, code, "{operation} {input}: {message}");
        assert!(message.len() > 10 && message.ends_with('.'), "{operation}: {message:?}");
        // A client has a class for each error that the model gives an operation, and none for others.
        let modelled = modelled(operation);
        assert!(
            code == "ValidationException" || modelled.iter().any(|known| known == code),
            "{operation}: {code}"
        );
    }

    /// As [`Client::refused`], with what the message must say.
    async fn refused_saying(&self, operation: &str, input: Value, code: &str, says: &str) {
        let answer = self.ask(&format!("reeve.api.documents.{operation}"), input.clone()).await;
        let (found, message) = answer.expect_err(&format!("{operation} {input}"));
        assert_eq!(found, code, "{operation} {input}: {message}");
        assert!(message.contains(says), "{operation} {input}: {message}");
    }
}

async fn start(nats: &Nats, folder: &str) -> (Client, Running) {
    let bus = nats.bus().await;
    let data = nats.folder().join(folder);
    let running = run(reeve_documents::service(), bus.clone(), &data).await.unwrap();
    (Client(bus), running)
}

fn script(line: &str) -> String {
    format!(
        "schemaVersion: '2.2'\ndescription: Runs a line\nparameters:\n  who: {{type: String, default: you}}\n  \
         them: {{type: StringList, default: [a, b]}}\nmainSteps:\n- action: aws:runShellScript\n  name: run\n  \
         inputs:\n    runCommand: ['{line} {{{{ who }}}}']\n"
    )
}

fn new(name: &str, line: &str) -> Value {
    json!({"Name": name, "Content": script(line), "DocumentFormat": "YAML", "DocumentType": "Command"})
}

fn with(mut value: Value, members: Value) -> Value {
    for (key, member) in members.as_object().unwrap() {
        value[key] = member.clone();
    }
    value
}

#[tokio::test]
async fn a_document_lives() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    let tags = json!([{"Key": "team", "Value": "web"}]);
    let created = client
        .call("CreateDocument", with(new("deploy", "echo"), json!({"VersionName": "v1", "Tags": tags})))
        .await;
    let description = &created["DocumentDescription"];
    for (member, value) in [
        ("Name", json!("deploy")),
        ("Owner", json!(ACCOUNT)),
        ("DocumentVersion", json!("1")),
        ("DefaultVersion", json!("1")),
        ("LatestVersion", json!("1")),
        ("Status", json!("Active")),
        ("HashType", json!("Sha256")),
        ("Author", json!("tester")),
        ("SchemaVersion", json!("2.2")),
        ("PlatformTypes", json!(["Linux", "MacOS"])),
        ("Description", json!("Runs a line")),
        ("Tags", tags),
        (
            "Parameters",
            json!([
                {"Name": "who", "Type": "String", "DefaultValue": "you"},
                {"Name": "them", "Type": "StringList", "DefaultValue": "[\"a\",\"b\"]"}
            ]),
        ),
    ] {
        assert_eq!(description[member], value, "{member}");
    }
    client.refused("CreateDocument", new("deploy", "other"), "DocumentAlreadyExists").await;

    let update = |line: &str, more: Value| {
        with(json!({"Name": "deploy", "Content": script(line), "DocumentFormat": "YAML"}), more)
    };
    let updated = client
        .call("UpdateDocument", update("ls", json!({"DocumentVersion": "$LATEST", "VersionName": "v2"})))
        .await;
    assert_eq!(updated["DocumentDescription"]["DocumentVersion"], "2");
    assert_eq!(updated["DocumentDescription"]["DefaultVersion"], "1");
    for (input, code) in [
        (update("ls", json!({})), "DuplicateDocumentContent"),
        (update("pwd", json!({"DocumentVersion": "1"})), "InvalidDocumentVersion"),
        (update("pwd", json!({"VersionName": "v1"})), "DuplicateDocumentVersionName"),
        (with(update("pwd", json!({})), json!({"Name": "nobody"})), "InvalidDocument"),
    ] {
        client.refused("UpdateDocument", input, code).await;
    }

    let get = |more: Value| with(json!({"Name": "deploy"}), more);
    let yaml = client.call("GetDocument", get(json!({"DocumentFormat": "YAML"}))).await;
    assert_eq!(yaml["Content"], script("echo"));
    let json = client.call("GetDocument", get(json!({"DocumentVersion": "$LATEST"}))).await;
    assert_eq!((json["DocumentFormat"].as_str(), json["VersionName"].as_str()), (Some("JSON"), Some("v2")));
    let content: Value = serde_json::from_str(json["Content"].as_str().unwrap()).unwrap();
    assert_eq!(content["mainSteps"][0]["inputs"]["runCommand"][0], "ls {{ who }}");
    assert_eq!(client.call("GetDocument", get(json!({"VersionName": "v2"}))).await["DocumentVersion"], "2");
    let arn = json!({"Name": "arn:aws:ssm:eu-west-1:123456789012:document/deploy"});
    assert_eq!(client.call("DescribeDocument", arn).await["Document"]["DocumentVersion"], "1");
    client.refused("GetDocument", get(json!({"DocumentVersion": "3"})), "InvalidDocumentVersion").await;
    client.refused("GetDocument", get(json!({"DocumentFormat": "TEXT"})), "InvalidDocument").await;

    client.refused("DeleteDocument", get(json!({"DocumentVersion": "1"})), "InvalidDocumentOperation").await;
    client.refused("DeleteDocument", get(json!({"DocumentVersion": "9"})), "InvalidDocument").await;
    let moved = client.call("UpdateDocumentDefaultVersion", get(json!({"DocumentVersion": "2"}))).await;
    assert_eq!(
        moved["Description"],
        json!({"Name": "deploy", "DefaultVersion": "2", "DefaultVersionName": "v2"})
    );
    let versions = client.call("ListDocumentVersions", get(json!({"MaxResults": 1}))).await;
    assert_eq!(versions["DocumentVersions"][0]["IsDefaultVersion"], false);
    let rest = client.call("ListDocumentVersions", get(json!({"NextToken": versions["NextToken"]}))).await;
    assert_eq!(rest["DocumentVersions"][0]["DocumentVersion"], "2");
    assert_eq!((rest["DocumentVersions"].as_array().unwrap().len(), &rest["NextToken"]), (1, &Value::Null));
    client.refused("ListDocumentVersions", get(json!({"NextToken": "x"})), "InvalidNextToken").await;
    client.call("DeleteDocument", get(json!({"VersionName": "v1"}))).await;
    client.refused("GetDocument", get(json!({"DocumentVersion": "1"})), "InvalidDocumentVersion").await;

    client.call("DeleteDocument", get(json!({}))).await;
    client.refused("DescribeDocument", get(json!({})), "InvalidDocument").await;
    client.refused("DeleteDocument", get(json!({})), "InvalidDocument").await;
    let again = client.call("CreateDocument", new("deploy", "echo")).await;
    assert_eq!(again["DocumentDescription"]["LatestVersion"], "1");
    running.stop().await;
}

#[tokio::test]
async fn what_may_not_be_stored_is_refused() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    let base = new("deploy", "echo");
    for (change, code) in [
        (json!({"Content": "a: [unclosed"}), "InvalidDocumentContent"),
        (json!({"DocumentFormat": "JSON"}), "InvalidDocumentContent"),
        (json!({"Content": script("x").replace("runShellScript", "makeCoffee")}), "InvalidDocumentContent"),
        (json!({"Content": script("x").replace("'2.2'", "'9.9'")}), "InvalidDocumentSchemaVersion"),
        (json!({"Content": ""}), "InvalidDocumentContent"),
        (json!({"Content": script(&"x".repeat(70_000))}), "MaxDocumentSizeExceeded"),
        (json!({"DocumentType": "Novel"}), "ValidationException"),
        (json!({"DocumentType": "Automation"}), "InvalidDocumentSchemaVersion"),
        (json!({"DocumentFormat": "XML"}), "ValidationException"),
        (json!({"Name": "AWS-Mine"}), "ValidationException"),
        (json!({"Name": "amazon.mine"}), "ValidationException"),
        (json!({"Name": "a/b"}), "ValidationException"),
        (json!({"Tags": [{"Key": "aws:x", "Value": ""}]}), "ValidationException"),
        (json!({"Attachments": [{"Key": "SourceUrl", "Values": ["s3://x"]}]}), "ValidationException"),
    ] {
        client.refused("CreateDocument", with(base.clone(), change), code).await;
    }
    let own = json!({"Name": "AWS-RunShellScript"});
    let all = json!({"PermissionType": "Share", "AccountIdsToAdd": ["all"]});
    client.refused("DeleteDocument", own.clone(), "InvalidDocument").await;
    client
        .refused("UpdateDocument", with(own.clone(), json!({"Content": script("x")})), "InvalidDocument")
        .await;
    client.refused("ModifyDocumentPermission", with(own.clone(), all), "InvalidDocument").await;
    client
        .refused(
            "ListDocuments",
            json!({"Filters": [{"Key": "Colour", "Values": ["x"]}]}),
            "InvalidFilterKey",
        )
        .await;
    client.refused("ListDocuments", json!({"MaxResults": 51}), "ValidationException").await;
    client
        .refused(
            "DescribeDocumentPermission",
            with(own, json!({"PermissionType": "Lend"})),
            "InvalidPermissionType",
        )
        .await;
    running.stop().await;
}

#[tokio::test]
async fn what_clients_match_stands_in_the_errors() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    client.call("CreateDocument", new("deploy", "echo")).await;
    let nobody = json!({"Name": "nobody"});
    let share = json!({"Name": "nobody", "PermissionType": "Share"});
    let missing = "Document with name nobody does not exist.";
    for (operation, input) in [
        ("GetDocument", nobody.clone()),
        ("DescribeDocument", nobody.clone()),
        ("DeleteDocument", nobody.clone()),
        ("ListDocumentVersions", nobody.clone()),
        ("UpdateDocument", with(new("nobody", "x"), json!({"DocumentType": null}))),
        ("UpdateDocumentDefaultVersion", with(nobody.clone(), json!({"DocumentVersion": "1"}))),
        ("UpdateDocumentMetadata", with(nobody.clone(), json!({"DocumentReviews": {"Action": "Approve"}}))),
        ("ListDocumentMetadataHistory", with(nobody, json!({"Metadata": "DocumentReviews"}))),
        ("DescribeDocumentPermission", share.clone()),
        ("ModifyDocumentPermission", with(share, json!({"AccountIdsToAdd": ["all"]}))),
    ] {
        client.refused_saying(operation, input, "InvalidDocument", missing).await;
    }
    let exists = "Document with same name deploy already exists.";
    client.refused_saying("CreateDocument", new("deploy", "x"), "DocumentAlreadyExists", exists).await;
    let version = json!({"Name": "deploy", "DocumentVersion": "7"});
    client.refused_saying("GetDocument", version, "InvalidDocumentVersion", "does not exist").await;
    let slip = script("x").replace("runCommand", "workingdirectory: /tmp\n    runCommand");
    let slip = with(new("slip", "x"), json!({"Content": slip}));
    client
        .refused_saying("CreateDocument", slip, "InvalidDocumentContent", "resembles workingDirectory")
        .await;

    let filter = |key: &str, values: &[&str]| json!({"Filters": [{"Key": key, "Values": values}]});
    for (key, value, says) in [
        ("Owner", "Nobody", "Self, Private, Public, Amazon, ThirdParty"),
        ("PlatformTypes", "Solaris", "Windows, Linux, MacOS"),
        ("DocumentType", "Novel", "Command, Policy, Automation"),
    ] {
        client.refused_saying("ListDocuments", filter(key, &[value]), "ValidationException", says).await;
        let old = json!({"DocumentFilterList": [{"key": key, "value": value}]});
        client.refused_saying("ListDocuments", old, "ValidationException", says).await;
    }
    client
        .refused_saying("ListDocuments", filter("Name", &[]), "ValidationException", "no value for Name")
        .await;
    let arn = "arn:aws:ssm:eu-west-1:123456789012:document/deploy";
    for (key, value) in [
        ("name", "deploy"),
        ("Name", arn),
        ("OWNER", "self"),
        ("owner", ACCOUNT),
        ("documentType", "command"),
        ("platformtypes", "linux"),
    ] {
        let found = client.call("ListDocuments", filter(key, &[value])).await;
        let names = found["DocumentIdentifiers"].as_array().unwrap().iter().map(|d| d["Name"].clone());
        assert!(names.into_iter().any(|name| name == "deploy"), "{key} {value}: {found}");
    }
    running.stop().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    for name in ["web-a", "web-b", "web-c", "db-a"] {
        client.call("CreateDocument", new(name, "echo")).await;
    }
    let config =
        json!({"Name": "flags", "Content": "{\"a\": 1}", "DocumentType": "ApplicationConfiguration"});
    client.call("CreateDocument", config).await;
    tag(&client.0, "web-b").await;

    let names = |answer: &Value| -> Vec<String> {
        let list = answer["DocumentIdentifiers"].as_array().unwrap();
        list.iter().map(|d| d["Name"].as_str().unwrap().to_owned()).collect()
    };
    let filter = |key: &str, values: &[&str]| json!({"Filters": [{"Key": key, "Values": values}]});
    for (input, expected) in [
        (filter("Name", &["web-"]), vec!["web-a", "web-b", "web-c"]),
        (filter("Name", &["web-a", "db"]), vec!["db-a", "web-a"]),
        (filter("Owner", &["Self"]), vec!["db-a", "flags", "web-a", "web-b", "web-c"]),
        (filter("DocumentType", &["ApplicationConfiguration"]), vec!["flags"]),
        (
            json!({"Filters": [{"Key": "PlatformTypes", "Values": ["Windows"]}, {"Key": "Name", "Values": ["AWS-"]}]}),
            vec![
                "AWS-ConfigureAWSPackage",
                "AWS-GatherSoftwareInventory",
                "AWS-Noop",
                "AWS-RunDocument",
                "AWS-RunPowerShellScript",
                "AWS-RunRemoteScript",
                "AWS-UpdateSSMAgent",
            ],
        ),
        (filter("SearchKeyword", &["POWERSHELL"]), vec!["AWS-RunPowerShellScript"]),
        (filter("Owner", &["ThirdParty"]), vec![]),
        (
            json!({"DocumentFilterList": [{"key": "Owner", "value": "Amazon"}, {"key": "Name", "value": "AWS-RunS"}]}),
            vec!["AWS-RunShellScript"],
        ),
    ] {
        assert_eq!(names(&client.call("ListDocuments", input.clone()).await), expected, "{input}");
    }
    for _ in 0..200 {
        let tagged = client.call("ListDocuments", filter("tag:team", &["web"])).await;
        if names(&tagged) == ["web-b"] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let tagged = client.call("ListDocuments", filter("tag:team", &["web"])).await;
    assert_eq!(tagged["DocumentIdentifiers"][0]["Tags"], json!([{"Key": "team", "Value": "web"}]));
    let described = client.call("DescribeDocument", json!({"Name": "web-b"})).await;
    assert_eq!(described["Document"]["Tags"], json!([{"Key": "team", "Value": "web"}]));

    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let input = with(filter("Name", &["web-"]), json!({"MaxResults": 2, "NextToken": token}));
        let page = client.call("ListDocuments", input).await;
        seen.extend(names(&page));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, ["web-a", "web-b", "web-c"]);
    running.stop().await;
}

/// Puts the tags service's event into the log.
async fn tag(bus: &Bus, name: &str) {
    let tags = vec![Tag { key: "team".into(), value: "web".into() }];
    let added = TagsAdded { resource_type: "Document".into(), resource_id: name.into(), tags };
    let envelope = Envelope {
        id: new_uuid(),
        schema: "reeve.tags.TagsAdded.v1".into(),
        time: context().now,
        aggregate: AggregateRef::of::<ResourceEvent>(&format!("Document/{name}")),
        actor: "tester".into(),
        actor_source: String::new(),
        correlation_id: new_uuid(),
        causation_id: new_uuid(),
        cause_id: None,
        traceparent: None,
        data: prost::Message::encode_to_vec(&added).into(),
    };
    store::append(bus, &envelope, Position(0)).await.unwrap();
}

#[tokio::test]
async fn reviews_and_permissions_are_kept() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    client.call("CreateDocument", new("deploy", "echo")).await;
    let named = |more: Value| with(json!({"Name": "deploy"}), more);
    let review = |action: &str| {
        named(
            json!({"DocumentReviews": {"Action": action, "Comment": [{"Type": "Comment", "Content": action}]}}),
        )
    };
    client.refused("UpdateDocumentMetadata", review("Approve"), "InvalidDocumentOperation").await;
    for action in ["SendForReview", "UpdateReview", "Approve"] {
        client.call("UpdateDocumentMetadata", review(action)).await;
    }
    let history = |more: Value| with(named(json!({"Metadata": "DocumentReviews"})), more);
    let first = client.call("ListDocumentMetadataHistory", history(json!({"MaxResults": 2}))).await;
    let rest =
        client.call("ListDocumentMetadataHistory", history(json!({"NextToken": first["NextToken"]}))).await;
    assert_eq!(first["Metadata"]["ReviewerResponse"].as_array().unwrap().len(), 2);
    let last = &rest["Metadata"]["ReviewerResponse"][0];
    assert_eq!(
        (&last["ReviewStatus"], &last["Comment"][0]["Content"]),
        (&json!("APPROVED"), &json!("Approve"))
    );
    let described = client.call("DescribeDocument", named(json!({}))).await;
    assert_eq!(described["Document"]["ReviewStatus"], "APPROVED");
    assert_eq!(described["Document"]["ApprovedVersion"], "1");

    let share = |member: &str, accounts: &[&str]| named(json!({"PermissionType": "Share", member: accounts}));
    client
        .refused("ModifyDocumentPermission", share("AccountIdsToAdd", &["me"]), "ValidationException")
        .await;
    client.call("ModifyDocumentPermission", share("AccountIdsToAdd", &["All", "210987654321"])).await;
    let ask = named(json!({"PermissionType": "Share", "MaxResults": 1}));
    let first = client.call("DescribeDocumentPermission", ask.clone()).await;
    assert_eq!(first["AccountIds"], json!(["210987654321"]));
    let next =
        client.call("DescribeDocumentPermission", with(ask, json!({"NextToken": first["NextToken"]}))).await;
    assert_eq!(
        next["AccountSharingInfoList"],
        json!([{"AccountId": "all", "SharedDocumentVersion": "$DEFAULT"}])
    );
    assert!(next["NextToken"].is_null());
    let public =
        client.call("ListDocuments", json!({"Filters": [{"Key": "Owner", "Values": ["Public"]}]})).await;
    assert_eq!(public["DocumentIdentifiers"][0]["Name"], "deploy");
    client.refused("DeleteDocument", named(json!({})), "InvalidDocumentOperation").await;
    client.call("ModifyDocumentPermission", share("AccountIdsToRemove", &["all", "210987654321"])).await;
    client.call("DeleteDocument", named(json!({}))).await;
    running.stop().await;
}

#[tokio::test]
async fn a_node_gets_json_with_its_hash() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    let question = json!({"name": "AWS-RunShellScript", "version": null});
    let answer = client.ask_as_node(question).await.unwrap();
    let content = answer["content"].as_str().unwrap();
    assert_eq!(answer["hash"], reeve_document_language::hash(content));
    assert_eq!((&answer["name"], &answer["version"]), (&json!("AWS-RunShellScript"), &json!("1")));
    let content: Value = serde_json::from_str(content).unwrap();
    assert_eq!(content["mainSteps"][0]["action"], "aws:runShellScript");
    let loose = script("x").replace("type: String, default: you", "type: string, default: 5");
    client.call("CreateDocument", with(new("loose", "x"), json!({"Content": loose}))).await;
    let answer = client.ask_as_node(json!({"name": "loose", "version": null})).await.unwrap();
    let content: Value = serde_json::from_str(answer["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["parameters"]["who"], json!({"type": "String", "default": "5"}));
    assert_eq!(answer["hash"], reeve_document_language::hash(answer["content"].as_str().unwrap()));
    let config =
        json!({"Name": "flags", "Content": "{\"a\": 1}", "DocumentType": "ApplicationConfiguration"});
    client.call("CreateDocument", config).await;
    for name in ["flags", "nobody"] {
        let (code, _) = client.ask_as_node(json!({"name": name, "version": "1"})).await.unwrap_err();
        assert_eq!(code, "InvalidDocument");
    }
    running.stop().await;
}

#[tokio::test]
async fn live_equals_rebuilt_and_publishing_is_done_once() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    for n in 0..20 {
        let name = format!("doc-{}", n % 7);
        let created = client.ask("reeve.api.documents.CreateDocument", new(&name, "echo")).await;
        if created.is_err() {
            let update = json!({"Name": name, "Content": script(&n.to_string()), "DocumentFormat": "YAML"});
            client.call("UpdateDocument", update).await;
        }
    }
    client.call("DeleteDocument", json!({"Name": "doc-0"})).await;
    client.call("UpdateDocumentDefaultVersion", json!({"Name": "doc-1", "DocumentVersion": "2"})).await;
    client.call("DeleteDocument", json!({"Name": "doc-1", "DocumentVersion": "1"})).await;
    let live = running.handle().views().dump();
    running.stop().await;

    std::fs::rename(nats.folder().join("data/views"), nats.folder().join("old-views")).unwrap();
    let (_, rebuilt) = start(&nats, "data").await;
    assert_eq!(rebuilt.handle().views().dump(), live);
    rebuilt.stop().await;
}

#[tokio::test]
async fn of_many_who_create_one_name_one_does() {
    let nats = Nats::start();
    let (client, running) = start(&nats, "data").await;
    let subject = "reeve.api.documents.CreateDocument";
    let lines: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let calls = lines.iter().map(|line| client.ask(subject, new("deploy", line)));
    let (mut created, mut refused) = (0, 0);
    for answer in futures::future::join_all(calls).await {
        match answer {
            Ok(_) => created += 1,
            Err((code, _)) => {
                assert_eq!(code, "DocumentAlreadyExists");
                refused += 1;
            }
        }
    }
    assert_eq!((created, refused), (1, 19));
    running.stop().await;
}
