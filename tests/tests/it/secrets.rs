//! Secrets of the Parameter Store in commands: nodes get them sealed, and nothing keeps them.

use crate::parameters::holds;
use reeve_e2e::Instance;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// The SHA-256 of a text, as the program of the nodes prints it.
fn sha256(text: &str) -> String {
    let mut program = Command::new("sha256sum");
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()[..64].to_owned()
}

fn put(instance: &Instance, name: &str, value: &str, more: &[&str]) {
    instance.aws(&[&["put-parameter", "--name", name, "--value", value], more].concat()).json();
}

/// Sends a document, and answers what became of each of these steps on the node.
fn run(instance: &Instance, document: &str, parameters: &Value, steps: [&str; 2]) -> [Value; 2] {
    let (node, parameters) = (instance.node(), parameters.to_string());
    let send =
        ["send-command", "--document-name", document, "--instance-ids", &node, "--parameters", &parameters];
    let sent = instance.aws(&send).json();
    let id = sent["Command"]["CommandId"].as_str().unwrap();
    instance.ended(id);
    steps.map(|step| {
        let get =
            ["get-command-invocation", "--command-id", id, "--instance-id", &node, "--plugin-name", step];
        instance.aws(&get).json()
    })
}

#[test]
fn a_script_has_secrets_that_are_in_no_file_and_masked_in_what_it_prints() {
    let mut instance = Instance::start_with(1, &[("REEVE_LOG", "debug")]);
    let (canary, token) = ("canary-e7c0a1d9", "canary-token-\"4f b2\"$(id)");
    put(&instance, "/app/password", "canary-e7c0a1d9-old", &["--type", "SecureString"]);
    put(&instance, "/app/password", canary, &["--overwrite"]);
    put(&instance, "/app/token", token, &["--type", "SecureString"]);
    put(&instance, "/app/plain", "plain", &["--type", "String"]);
    let deploy = json!({"schemaVersion": "2.2",
        "parameters": {"Password": {"type": "String", "interpolationType": "ENV_VAR"}},
        "mainSteps": [
            {"action": "aws:runShellScript", "name": "piped", "inputs": {
                "environment": {"TOKEN": "{{ssm-secure:/app/token:1}}"},
                "runCommand": ["printf %s {{ Password }} | sha256sum | cut -c1-64", "printf %s \"$TOKEN\" | sha256sum | cut -c1-64",
                    "echo the password is {{ Password }}, the token is \"$TOKEN\"", "echo {{ Password }} >&2"]}},
            {"action": "aws:runShellScript", "name": "filed", "inputs": {
                "runCommand": ["#!/bin/bash", "printf %s {{ Password }} | sha256sum | cut -c1-64"]}}]});
    let create = [
        "create-document",
        "--name",
        "Deploy",
        "--document-type",
        "Command",
        "--content",
        &deploy.to_string(),
    ];
    instance.aws(&create).json();
    let given = json!({"Password": ["{{ssm-secure:/app/password}}"]});
    let [ran, filed] = run(&instance, "Deploy", &given, ["piped", "filed"]);
    assert_eq!(filed["StandardOutputContent"], format!("{}\n", sha256(canary)), "{filed}");
    let printed = ran["StandardOutputContent"].as_str().unwrap();
    let expected = format!("{}\n{}\nthe password is ***, the token is ***\n", sha256(canary), sha256(token));
    assert!(printed.starts_with(&expected), "{ran}");
    assert!(ran["StandardErrorContent"].as_str().unwrap().starts_with("***\n"), "{ran}");

    let sent = instance
        .events()
        .into_iter()
        .find(|event| event["type"] == "reeve.run-command.CommandSent.v1")
        .unwrap();
    assert_eq!(
        sent["data"]["secrets"],
        json!([{"name": "/app/password", "path": "/app/password", "version": 2},
            {"name": "/app/token:1", "path": "/app/token", "version": 1}]),
        "{sent}"
    );

    // Where nobody takes a secret, and of what is none, it is refused by name.
    let node = instance.node();
    let refused = |document: &str, parameters: Value| {
        let parameters = parameters.to_string();
        let send = [
            "send-command",
            "--document-name",
            document,
            "--instance-ids",
            &node,
            "--parameters",
            &parameters,
        ];
        instance.aws(&send).complaint().to_owned()
    };
    for (document, parameters, named) in [
        (
            "AWS-RunShellScript",
            json!({"commands": ["echo {{ssm-secure:/app/password}}"]}),
            "interpolationType ENV_VAR",
        ),
        ("Deploy", json!({"Password": ["{{ssm-secure:/app/plain}}"]}), "is no SecureString"),
        ("Deploy", json!({"Password": ["{{ssm-secure:/app/none}}"]}), "does not exist"),
        ("Deploy", json!({"Password": ["{{ssm-secure:/app/password:9}}"]}), "no such version"),
    ] {
        let complaint = refused(document, parameters.clone());
        assert!(
            complaint.contains("InvalidParameters") && complaint.contains(named),
            "{parameters}: {complaint}"
        );
    }
    // Who may not read it does not have it sent.
    let ann = instance.principal("ann", &[]);
    let policy = r#"permit(principal == Principal::"ann", action == Action::"ssm:SendCommand", resource);"#;
    std::fs::write(instance.scratch().join("ann.cedar"), policy).unwrap();
    instance.reeve(&["access", "put-policy", "ann", "ann.cedar"]).text();
    let ann = instance.raw_as(&ann);
    let input = json!({"DocumentName": "Deploy", "InstanceIds": [node], "Parameters": {"Password": ["{{ssm-secure:/app/password}}"]}});
    let denied = reeve_e2e::wait_for("she may send", || {
        let (status, answer) = ann.call("SendCommand", &input);
        (status == 400 && !answer.to_string().contains("ssm:SendCommand")).then_some(answer)
    });
    assert!(denied.to_string().contains("ssm:GetParameters"), "{denied}");

    instance.stop();
    let folder = instance.scratch();
    for text in [canary, "canary-token"] {
        assert_eq!(holds(folder, text), None);
    }
    assert!(holds(folder, "the password is").is_some(), "the search finds what is there");
}

/// Of a thousand secrets none is in a file, whatever is done with them: put, refused, read, listed, given to commands and by runbooks.
#[test]
fn a_thousand_secrets_are_in_no_file() {
    const SECRETS: usize = 1_000;
    /// As many one call of GetParameters takes.
    const NAMES_PER_CALL: usize = 10;
    /// As many secrets one command has.
    const SECRETS_OF_A_COMMAND: usize = 20;
    let mut instance = Instance::start_with(1, &[("REEVE_LOG", "debug")]);
    let (name, value) = (|n: usize| format!("/many/{n:04}"), |n: usize| format!("canary-b53d71-{n:04}"));
    let raw = instance.raw();
    for n in 0..SECRETS {
        let input = json!({"Name": name(n), "Value": value(n), "Type": "SecureString"});
        assert_eq!(raw.call("PutParameter", &input).0, 200);
    }
    for n in 0..NAMES_PER_CALL {
        let again = json!({"Name": name(n), "Value": format!("{}-again", value(n)), "Type": "SecureString"});
        assert_eq!(raw.call("PutParameter", &again).0, 400, "it is there already");
        let mut narrow = again.clone();
        narrow["Name"] = json!(format!("/narrow/{n}"));
        narrow["AllowedPattern"] = json!("^x+$");
        assert_eq!(raw.call("PutParameter", &narrow).0, 400, "it does not match");
        let mut over = again;
        over["Overwrite"] = json!(true);
        instance.call("PutParameter", &over);
    }
    for first in (NAMES_PER_CALL..SECRETS).step_by(NAMES_PER_CALL) {
        let names: Vec<String> = (first..first + NAMES_PER_CALL).map(name).collect();
        let read = instance.call("GetParameters", &json!({"Names": names, "WithDecryption": true}));
        let read = read["Parameters"].as_array().unwrap();
        assert!(
            read.iter().enumerate().all(|(n, parameter)| parameter["Value"] == value(first + n).as_str())
        );
    }
    let page = json!({"Path": "/many", "WithDecryption": true});
    assert_eq!(instance.call("GetParametersByPath", &page)["Parameters"].as_array().unwrap().len(), 10);
    let history = json!({"Name": name(0), "WithDecryption": true});
    assert_eq!(instance.call("GetParameterHistory", &history)["Parameters"].as_array().unwrap().len(), 2);

    let secrets: serde_json::Map<String, Value> = (100..100 + SECRETS_OF_A_COMMAND)
        .map(|n| (format!("S{n}"), json!(format!("{{{{ssm-secure:{}}}}}", name(n)))))
        .collect();
    let shown = "env | grep ^S1 | sort | cut -d= -f2; env | grep -c canary";
    let step = |name: &str, script: &str| json!({"action": "aws:runShellScript", "name": name, "inputs": {"environment": secrets, "runCommand": [script]}});
    let document = json!({"schemaVersion": "2.2", "mainSteps": [step("shows", shown), step("fails", "echo $S100 >&2; exit 3")]});
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [
        {"name": "uses", "action": "aws:runCommand", "inputs": {"DocumentName": "Uses", "InstanceIds": [instance.node()]}}]});
    for (name, kind, content) in [("Uses", "Command", document), ("UsesIt", "Automation", runbook)] {
        let input = json!({"Name": name, "DocumentType": kind, "DocumentFormat": "JSON", "Content": content.to_string()});
        instance.call("CreateDocument", &input);
    }
    let [shows, fails] = run(&instance, "Uses", &json!({}), ["shows", "fails"]);
    let printed = "***\n".repeat(SECRETS_OF_A_COMMAND) + &format!("{SECRETS_OF_A_COMMAND}\n");
    assert_eq!(shows["StandardOutputContent"], printed, "{shows}");
    assert_eq!((&fails["Status"], &fails["ResponseCode"]), (&json!("Failed"), &json!(3)), "{fails}");
    let started = instance.call("StartAutomationExecution", &json!({"DocumentName": "UsesIt"}));
    let execution = json!({"AutomationExecutionId": started["AutomationExecutionId"]});
    let ended = reeve_e2e::wait_for("the runbook ends", || {
        let found = instance.call("GetAutomationExecution", &execution)["AutomationExecution"].clone();
        (found["AutomationExecutionStatus"] == "Failed").then_some(found)
    });
    assert!(ended.to_string().contains("***"), "what the command printed is masked: {ended}");

    instance.stop();
    let folder = instance.scratch();
    assert_eq!(holds(folder, "canary-b53d71"), None);
    assert!(holds(folder, "/many/0999").is_some(), "the search finds what is there");
}
