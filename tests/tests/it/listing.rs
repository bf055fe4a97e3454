//! Lists: pages that fit into one answer.

use reeve_e2e::Instance;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Every row of a list, page by page, and how many rows each page had.
fn pages(instance: &Instance, operation: &str, list: &str, mut input: Value) -> (Vec<Value>, Vec<usize>) {
    let (mut rows, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let begun = Instant::now();
        let page = instance.call(operation, &input);
        assert!(begun.elapsed() < Duration::from_secs(10), "{operation} took {:?}", begun.elapsed());
        let shown = page[list].as_array().unwrap();
        sizes.push(shown.len());
        rows.extend(shown.iter().cloned());
        match page["NextToken"].as_str() {
            Some(token) => input["NextToken"] = json!(token),
            None => return (rows, sizes),
        }
    }
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["CommandId"].as_str().unwrap()).collect()
}

#[test]
fn lists_of_large_commands_come_in_pages_that_can_be_sent() {
    let instance = Instance::start(1);
    let script = format!("# {}", "x".repeat(25_000));
    let sent: Vec<String> = (0..46).map(|_| instance.send(&script)).collect();
    let newest: Vec<&str> = sent.iter().rev().map(String::as_str).collect();
    let (rows, sizes) = pages(&instance, "ListCommands", "Commands", json!({}));
    assert_eq!(ids(&rows), newest, "each once, the newest first");
    assert!(sizes.len() == 2 && sizes[0] > 20, "{sizes:?}");
    let on_node = json!({"InstanceId": instance.node()});
    assert_eq!(ids(&pages(&instance, "ListCommands", "Commands", on_node).0), newest);
    // By the clients that follow the tokens themselves.
    let listed = instance.aws(&["list-commands"]).json();
    assert_eq!(listed["Commands"].as_array().unwrap().len(), 46);
    let listed = instance.reeve(&["commands", "--output", "json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 46);
}

#[test]
fn lists_of_large_outputs_come_in_pages_that_can_be_sent() {
    let instance = Instance::start(1);
    // A control character takes six bytes in an answer.
    let step = |n: usize| {
        let run = "head -c 2400 /dev/zero | tr '\\0' '\\001'";
        json!({"action": "aws:runShellScript", "name": format!("step{n}"), "inputs": {"runCommand": [run]}})
    };
    let content =
        json!({"schemaVersion": "2.2", "mainSteps": (0..8).map(step).collect::<Vec<_>>()}).to_string();
    let document = json!({"Name": "Loud", "DocumentType": "Command", "Content": content});
    instance.call("CreateDocument", &document);
    let send = json!({"DocumentName": "Loud", "InstanceIds": [instance.node()]});
    let sent: Vec<String> = (0..12)
        .map(|_| instance.call("SendCommand", &send)["Command"]["CommandId"].as_str().unwrap().to_owned())
        .collect();
    let newest: Vec<&str> = sent.iter().rev().map(String::as_str).collect();
    for command in &sent {
        assert_eq!(instance.ended(command)["Status"], "Success");
    }
    for input in [json!({}), json!({"InstanceId": instance.node()})] {
        let mut input = input;
        input["Details"] = json!(true);
        let (rows, sizes) = pages(&instance, "ListCommandInvocations", "CommandInvocations", input.clone());
        assert_eq!(ids(&rows), newest, "{input}");
        assert!(sizes.len() == 2 && sizes[0] > 3, "{sizes:?}");
        let output = rows[0]["CommandPlugins"][7]["Output"].as_str().unwrap();
        assert_eq!(output, "\u{1}".repeat(2400));
    }
}
