//! Principals, keys and policies, as operators use them.

use crate::traces::collector;
use data_encoding::{BASE64, HEXLOWER};
use nkeys::KeyPair;
use reeve_e2e::{Instance, Raw};
use reeve_node_protocol::enrol::Request;
use serde_json::{Value, json};
use std::{collections::HashMap, path::Path};

const POLICY: &str = r#"
permit(principal in Group::"web", action == Action::"ssm:SendCommand", resource is Document);
permit(principal in Group::"web", action == Action::"ssm:SendCommand", resource is Node)
when { resource.hasTag("role") && resource.getTag("role") == "web" };
"#;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["__type"].as_str().unwrap_or_default())
}

fn send(caller: &Raw, target: Value) -> (u16, Value) {
    let mut input = json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}});
    input.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
    caller.call("SendCommand", &input)
}

#[test]
fn a_policy_permits_by_tag_and_nothing_else_is_permitted() {
    let instance = Instance::start(2);
    let nodes = [1, 2].map(|n| instance.identity(n)["node_id"].as_str().unwrap().to_owned());
    let alice = instance.raw_as(&instance.principal("alice", &["web"]));
    let denied = send(&alice, json!({"InstanceIds": [nodes[0]]}));
    assert_eq!(code(&denied), (400, "AccessDeniedException"));
    let message = denied.1["Message"].as_str().or(denied.1["message"].as_str()).unwrap();
    assert!(message.contains("perform: ssm:SendCommand on resource: arn:aws:ssm:"), "{message}");

    let file = instance.scratch().join("web.cedar");
    std::fs::write(&file, POLICY).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(instance.reeve(&["access", "put-policy", "web", file]).text(), "");
    let tag = json!([{"Key": "role", "Value": "web"}]);
    let tagged = json!({"ResourceType": "ManagedInstance", "ResourceId": nodes[0], "Tags": tag});
    instance.call("AddTagsToResource", &tagged);

    let sent = send(&alice, json!({"InstanceIds": [nodes[0]]}));
    assert_eq!(sent.0, 200, "{}", sent.1);
    let command = sent.1["Command"]["CommandId"].as_str().unwrap();
    assert_eq!(instance.ended(command)["Status"], "Success");
    let by_tag = send(&alice, json!({"Targets": [{"Key": "tag:role", "Values": ["web"]}]}));
    assert_eq!((by_tag.0, &by_tag.1["Command"]["TargetCount"]), (200, &json!(1)));

    let other = send(&alice, json!({"InstanceIds": [nodes[1]]}));
    assert_eq!(code(&other), (400, "AccessDeniedException"));
    assert!(other.1.to_string().contains(&format!("managed-instance/{}", nodes[1])), "{}", other.1);
    let all = send(&alice, json!({"Targets": [{"Key": "reeve:connected", "Values": ["true"]}]}));
    assert_eq!(code(&all), (400, "AccessDeniedException"), "one of them is not hers");
    for operation in ["ListDocuments", "ListCommands", "DescribeInstanceInformation"] {
        assert_eq!(code(&alice.call(operation, &json!({}))), (400, "AccessDeniedException"), "{operation}");
    }

    let events = instance.events();
    let of = |command: &str| {
        let found = events
            .iter()
            .find(|event| event["correlationid"] == command && event["data"]["commandId"] == command);
        found.unwrap_or_else(|| panic!("no event of {command}")).clone()
    };
    assert_eq!(of(command)["actor"], "alice");
    assert!(of(command)["actorsource"].as_str().unwrap().contains("127.0.0.1"), "{}", of(command));
    let check = ["access", "check", "alice", "ssm:SendCommand", "ManagedInstance"];
    let check = |node: &str| instance.reeve(&[&check[..], &[node]].concat()).text().trim().to_owned();
    let on = |decision: &str, node: &str, by: &str| format!("{decision} Node::\"{node}\"{by}");
    assert_eq!(check(&nodes[0]), on("Allow", &nodes[0], " web"));
    assert_eq!(check(&nodes[1]), on("Deny", &nodes[1], ""));

    instance.reeve(&["access", "delete-policy", "web"]).text();
    assert_eq!(code(&send(&alice, json!({"InstanceIds": [nodes[0]]}))), (400, "AccessDeniedException"));
}

#[test]
fn a_slip_in_a_policy_or_a_question_is_named_and_lets_nothing_through() {
    let instance = Instance::start(0);
    instance.principal("alice", &[]);
    let slips = [
        (r#"forbid(principal, action, resource is Node) when { resource.tags.env == "prod" };"#, "tags"),
        (r#"forbid(principal, action == Action::"ssm:SendComand", resource);"#, "ssm:SendCommand"),
        ("forbid(principal, action, resource is ManagedInstance);", "Node"),
    ];
    for (text, names) in slips {
        std::fs::write(instance.scratch().join("slip.cedar"), text).unwrap();
        let refused = instance.reeve(&["access", "put-policy", "slip", "slip.cedar"]).complaint().to_owned();
        assert!(refused.contains("MalformedPolicyException") && refused.contains(names), "{refused}");
    }
    let questions = [
        (vec!["alicia", "ssm:SendCommand"], "alicia"),
        (vec!["alice", "ssm:SendComand"], "did you mean ssm:SendCommand?"),
        (vec!["alice", "ssm:SendCommand", "Documnet", "x"], "did you mean Document?"),
    ];
    for (question, names) in questions {
        let answer = instance.reeve(&[&["access", "check"], &question[..]].concat());
        assert_eq!(answer.code, Some(2), "{}", answer.stderr);
        assert!(answer.complaint().contains(names), "{}", answer.stderr);
    }
    let answer = instance.reeve(&["access", "check", "alice", "ssm:ListDocuments"]);
    assert_eq!(answer.text().trim(), r#"Deny Resource::"*""#);
}

#[test]
fn keys_live_until_they_are_deleted_and_their_secrets_are_nowhere() {
    let mut instance = Instance::start(0);
    let all = r#"permit(principal, action in Action::"ssm:List*", resource);"#;
    std::fs::write(instance.scratch().join("all.cedar"), all).unwrap();
    instance.reeve(&["access", "put-policy", "all", "all.cedar"]).text();
    let keys = ["alice", "bob"].map(|name| instance.principal(name, &[]));
    let second = instance.reeve(&["--output", "json", "access", "create-key", "alice"]);
    let second: Value = serde_json::from_str(second.text()).unwrap();
    let list = |instance: &Instance, key: &Value| {
        let answer = instance.raw_as(key).call("ListDocuments", &json!({}));
        (answer.0, answer.1["__type"].as_str().unwrap_or_default().to_owned())
    };
    let allowed = (200, String::new());
    assert!([&keys[0], &keys[1], &second].iter().all(|key| list(&instance, key) == allowed));

    let refused = instance.reeve(&["access", "create-key", "alice"]).complaint().to_owned();
    assert!(refused.contains("LimitExceededException"), "{refused}");
    let refused = instance.reeve(&["access", "create-principal", "administrator"]).complaint().to_owned();
    assert!(refused.contains("EntityAlreadyExistsException"), "{refused}");
    std::fs::write(instance.scratch().join("bad.cedar"), "permit(principal").unwrap();
    let refused = instance.reeve(&["access", "put-policy", "bad", "bad.cedar"]).complaint().to_owned();
    assert!(refused.contains("MalformedPolicyException"), "{refused}");

    let id = second["accessKeyId"].as_str().unwrap();
    instance.reeve(&["access", "delete-key", "alice", id]).text();
    instance.reeve(&["access", "delete-principal", "bob"]).text();
    let unknown = (400, "UnrecognizedClientException".to_owned());
    let settled = |instance: &Instance| {
        assert_eq!(list(instance, &keys[0]), allowed);
        assert_eq!((list(instance, &second), list(instance, &keys[1])), (unknown.clone(), unknown.clone()));
    };
    settled(&instance);
    instance.stop();
    instance.restart();
    settled(&instance);
    let secrets: Vec<&str> =
        keys.iter().chain([&second]).map(|key| key["secretAccessKey"].as_str().unwrap()).collect();
    instance.stop();
    let (files, bytes) = scan(&instance.data(), &secrets);
    println!("{} secrets are in none of {files} files ({bytes} bytes), plain, base64 or hex", secrets.len());
    assert!(files > 20 && bytes > 10_000, "{files} files, {bytes} bytes");
}

/// Looks for secrets in every file of a folder: for the first 16 bytes of each of their forms.
fn scan(folder: &Path, secrets: &[&str]) -> (usize, usize) {
    let mut forms = HashMap::<[u8; 16], String>::new();
    for secret in secrets {
        // base64 of a text that begins elsewhere than at a multiple of three looks different.
        let shifted = (0..3).map(|skip| BASE64.encode(&secret.as_bytes()[skip..]));
        let hex = HEXLOWER.encode(secret.as_bytes());
        for form in [(*secret).to_owned(), hex.to_uppercase(), hex].into_iter().chain(shifted) {
            forms.insert(form.as_bytes()[..16].try_into().unwrap(), form);
        }
    }
    let (mut folders, mut files, mut bytes) = (vec![folder.to_owned()], 0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(content) = std::fs::read(&path) else { continue };
            (files, bytes) = (files + 1, bytes + content.len());
            let found = content.windows(16).find_map(|window| forms.get(window));
            assert!(found.is_none(), "a secret is in {} as {}", path.display(), found.unwrap());
        }
    }
    (files, bytes)
}

/// A thousand secrets go through the system, well and badly, while everything is logged.
#[test]
fn a_thousand_secrets_leave_no_trace() {
    const EACH: usize = 500;
    let (collector, traces) = collector();
    let environment = [("REEVE_LOG", "debug"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.as_str())];
    let mut instance = Instance::start_with(0, &environment);
    let caller = instance.raw();
    let access = |operation: &str, input: Value| {
        let body = input.to_string();
        let headers = caller.signed("access", &format!("ReeveAccess.{operation}"), body.as_bytes());
        let answer = caller.send(&headers, body.as_bytes());
        assert_eq!(answer.0, 200, "{operation}: {}", answer.1);
        answer.1
    };
    access(
        "PutPolicy",
        json!({"name": "lists", "text": "permit(principal, action in Action::\"ssm:List*\", resource);"}),
    );
    let endpoint = instance.announced()["endpoint"].as_str().unwrap().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut secrets = Vec::new();
    for n in 0..EACH {
        let key = access("CreatePrincipal", json!({"name": format!("p{n}")}));
        let own = instance.raw_as(&key);
        assert_eq!(own.call("ListCommands", &json!({})).0, 200);
        assert_eq!(
            code(&own.call("CreateActivation", &json!({"IamRole": "r"}))),
            (400, "AccessDeniedException")
        );
        secrets.push(key["secretAccessKey"].as_str().unwrap().to_owned());
        if n % 2 == 0 {
            access("DeletePrincipal", json!({"name": format!("p{n}")}));
        }
        let activation = instance.call("CreateActivation", &json!({"IamRole": "r"}));
        let wrong = json!({
            "ActivationId": activation["ActivationId"], "ActivationCode": activation["ActivationCode"],
            "activationId": activation["ActivationId"], "activationCode": activation["ActivationCode"],
        });
        let refused = agent.post(format!("{endpoint}/enroll")).send(wrong.to_string()).unwrap();
        assert!(refused.status().is_client_error(), "{}", refused.status());
        let text = |name: &str| activation[name].as_str().unwrap();
        let (id, activation_code) = (text("ActivationId"), text("ActivationCode"));
        let request = Request::sign(&KeyPair::new_user(), id, activation_code, "canary").unwrap();
        if n % 2 == 1 {
            let request = serde_json::to_string(&request).unwrap();
            let enrolled = agent.post(format!("{endpoint}/enroll")).send(request).unwrap();
            assert_eq!(enrolled.status(), 200);
        }
        secrets.push(activation["ActivationCode"].as_str().unwrap().to_owned());
    }
    instance.stop();
    let all: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let traces = traces.lock().unwrap().clone();
    println!("{} bytes of traces", traces.len());
    assert!(traces.len() > 100_000);
    std::fs::write(instance.scratch().join("traces"), traces).unwrap();
    let (files, bytes) = scan(instance.scratch(), &all);
    println!("{} secrets are in none of {files} files ({bytes} bytes), plain, base64 or hex", all.len());
    assert!(all.len() == 2 * EACH && bytes > 1_000_000, "{bytes} bytes");
    let sample = instance.scratch().join("sample");
    std::fs::write(&sample, format!("x{}", BASE64.encode(secrets[7].as_bytes()))).unwrap();
    let seen = std::panic::catch_unwind(|| scan(instance.scratch(), &all)).is_err();
    assert!(seen, "the scan does not see what is there");
}

#[test]
fn a_call_that_is_sent_again_is_answered_and_not_carried_out_again() {
    let instance = Instance::start(1);
    let caller = instance.raw();
    let body = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [instance.node()],
        "Parameters": {"commands": ["echo once >> ran"], "workingDirectory": [instance.scratch()]},
    });
    let body = body.to_string();
    let headers = caller.signed("ssm", "AmazonSSM.SendCommand", body.as_bytes());
    let first = caller.send(&headers, body.as_bytes());
    assert_eq!(first.0, 200, "{}", first.1);
    let command = first.1["Command"]["CommandId"].as_str().unwrap().to_owned();
    assert_eq!(instance.ended(&command)["Status"], "Success");
    for _ in 0..20 {
        assert_eq!(caller.send(&headers, body.as_bytes()), first);
    }
    let commands = |instance: &Instance| {
        let listed = instance.call("ListCommands", &json!({}));
        listed["Commands"].as_array().unwrap().len()
    };
    assert_eq!(commands(&instance), 1);
    let ran = std::fs::read_to_string(instance.scratch().join("ran")).unwrap();
    assert_eq!(ran, "once\n");
}
