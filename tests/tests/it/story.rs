//! The story: a document, a command with parameters, its output, a cancellation; by `aws` and by `reeve`.

use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

const GREET: &str = r#"schemaVersion: "2.2"
description: Greets somebody.
parameters:
  who:
    type: String
    default: world
    allowedPattern: "^[a-z]+$"
mainSteps:
  - action: aws:runShellScript
    name: greet
    inputs:
      runCommand:
        - echo "hello {{ who }}"
        - sleep 0.3
"#;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Creates the document and sends it to the first node; answers the command's id.
pub fn greet(instance: &Instance) -> String {
    std::fs::write(instance.scratch().join("greet.yaml"), GREET).unwrap();
    let created = instance.aws(&[
        "create-document",
        "--name",
        "Greet",
        "--document-type",
        "Command",
        "--document-format",
        "YAML",
        "--content",
        "file://greet.yaml",
    ]);
    assert_eq!(created.json()["DocumentDescription"]["Status"], "Active");
    let sent = instance.aws(&[
        "send-command",
        "--document-name",
        "Greet",
        "--instance-ids",
        &instance.node(),
        "--parameters",
        "who=reeve",
        "--comment",
        "a greeting",
    ]);
    text(&sent.json()["Command"]["CommandId"]).to_owned()
}

#[test]
fn by_the_aws_cli() {
    let instance = Instance::start(1);
    let node = instance.node();
    let command = greet(&instance);
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");

    let got =
        instance.aws(&["get-command-invocation", "--command-id", &command, "--instance-id", &node]).json();
    assert_eq!(got["StandardOutputContent"], "hello reeve\n", "{got}");
    assert_eq!((&got["Status"], &got["ResponseCode"]), (&json!("Success"), &json!(0)));
    let listed = instance.aws(&["list-commands"]).json();
    let row = &listed["Commands"][0];
    assert_eq!((text(&row["CommandId"]), text(&row["Comment"])), (command.as_str(), "a greeting"));
    assert_eq!((&row["TargetCount"], &row["CompletedCount"]), (&json!(1), &json!(1)));
    assert_eq!(row["Parameters"], json!({"who": ["reeve"]}));
    let listed = instance.aws(&["list-command-invocations", "--command-id", &command, "--details"]).json();
    let step = &listed["CommandInvocations"][0]["CommandPlugins"][0];
    assert_eq!((text(&step["Name"]), text(&step["Output"])), ("greet", "hello reeve\n"), "{listed}");

    let commands = json!({"commands": ["echo begun; sleep 60"]}).to_string();
    let sent = instance.aws(&[
        "send-command",
        "--document-name",
        "AWS-RunShellScript",
        "--instance-ids",
        &node,
        "--parameters",
        &commands,
    ]);
    let sleeper = text(&sent.json()["Command"]["CommandId"]).to_owned();
    wait_for("the sleeper runs", || {
        (instance.reeve(&["output", &sleeper]).text() == "begun\n").then_some(())
    });
    instance.aws(&["cancel-command", "--command-id", &sleeper]).text();
    assert_eq!(instance.ended(&sleeper)["Status"], "Cancelled");
    let got =
        instance.aws(&["get-command-invocation", "--command-id", &sleeper, "--instance-id", &node]).json();
    assert_eq!(
        (&got["Status"], &got["StandardOutputContent"]),
        (&json!("Cancelled"), &json!("begun\n")),
        "{got}"
    );

    instance.aws(&["delete-document", "--name", "Greet"]).text();
    let gone = instance.aws(&["get-document", "--name", "Greet"]);
    assert!(gone.complaint().contains("(InvalidDocument)"), "{}", gone.complaint());

    // Every step is in the log, in order, with who did it and as part of what.
    let events = instance.events();
    let of = |correlation: &str| -> Vec<(String, String)> {
        let mut found: Vec<&Value> = events.iter().filter(|e| e["correlationid"] == correlation).collect();
        found.sort_by_key(|event| event["position"].as_u64());
        found.iter().map(|e| (text(&e["type"]).to_owned(), text(&e["actor"]).to_owned())).collect()
    };
    let service = "service:run-command".to_owned();
    let agent = format!("node:{node}");
    let step = |name: &str, actor: &str| (format!("reeve.run-command.{name}.v1"), actor.to_owned());
    assert_eq!(
        of(&command),
        [
            step("CommandSent", "administrator"),
            step("InvocationsDispatched", &service),
            step("InvocationStarted", &agent),
            step("InvocationFinished", &agent),
            step("CommandFinished", &service),
        ]
    );
    let documents: Vec<&str> =
        events.iter().filter(|e| e["subject"] == "document/Greet").map(|e| text(&e["type"])).collect();
    assert_eq!(documents, ["reeve.documents.DocumentCreated.v1", "reeve.documents.DocumentDeleted.v1"]);
    println!("{} events", events.len());
}

#[test]
fn by_the_reeve_cli() {
    let instance = Instance::start(1);
    let node = instance.node();
    std::fs::write(instance.scratch().join("greet.yaml"), GREET).unwrap();
    let input = json!({
        "Name": "Greet", "DocumentType": "Command", "DocumentFormat": "YAML", "Content": GREET,
    });
    let created = instance.reeve(&["api", "CreateDocument", "--json", &input.to_string()]).json();
    assert_eq!(created["DocumentDescription"]["Status"], "Active");

    let ran = instance.reeve(&["run", "echo out; echo err >&2; exit 0"]);
    assert_eq!(ran.text(), "out\n");
    assert!(ran.stderr.contains("err\n") && ran.stderr.contains("Success"), "{}", ran.stderr);
    let failed = instance.reeve(&["run", "--nodes", &node, "exit 3"]);
    assert!(failed.complaint().contains("Failed"), "{}", failed.complaint());
    let whole = instance.reeve(&["--output", "json", "run", "echo again"]).json();
    assert_eq!(whole["CommandInvocations"][0]["CommandPlugins"][0]["Output"], "again\n", "{whole}");
    let command = text(&whole["CommandId"]).to_owned();
    assert_eq!(instance.reeve(&["output", &command]).text(), "again\n");

    let nodes = instance.reeve(&["nodes", "--output", "json"]).json();
    assert_eq!((text(&nodes[0]["nodeId"]), text(&nodes[0]["pingStatus"])), (node.as_str(), "Online"));
    let documents = instance.reeve(&["documents", "--output", "json"]).json();
    let names: Vec<&str> = documents.as_array().unwrap().iter().map(|d| text(&d["Name"])).collect();
    assert!(names.contains(&"Greet"), "{names:?}");
    let commands = instance.reeve(&["commands", "--output", "json"]).json();
    let statuses: Vec<&str> = commands.as_array().unwrap().iter().map(|c| text(&c["Status"])).collect();
    assert_eq!(statuses, ["Success", "Failed", "Success"], "the newest first");

    let deleted = instance.reeve(&["api", "DeleteDocument", "--json", r#"{"Name": "Greet"}"#]);
    assert_eq!(deleted.json(), json!({}));
    let types: Vec<String> = instance.events().iter().map(|e| text(&e["type"]).to_owned()).collect();
    for wanted in ["documents.DocumentCreated", "nodes.NodeConnected", "run-command.CommandFinished"] {
        assert!(types.contains(&format!("reeve.{wanted}.v1")), "{wanted} is not among {types:?}");
    }
}
