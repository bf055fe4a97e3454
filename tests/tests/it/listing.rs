//! Lists: pages that fit into one answer, filters, and single rows.

use reeve_e2e::{Instance, wait_for};
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

/// The details of the rows that `aws ssm list-…` answers for a status.
fn with_status(instance: &Instance, list: &str, value: &str, more: &[&str]) -> Vec<String> {
    let filter = format!("key=Status,value={value}");
    let listed = instance.aws(&[&[list, "--filters", &filter], more].concat()).json();
    let (_, rows) = listed.as_object().unwrap().iter().next().unwrap();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["StatusDetails"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_are_filtered_by_detailed_statuses_and_by_command_and_node() {
    let instance = Instance::start(2);
    let (node, other) = (instance.node(), instance.identity(2)["node_id"].as_str().unwrap().to_owned());
    // One node fails, and the other never has its turn; one command is for nobody.
    let stopped = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["exit 3"]},
        "Targets": [{"Key": "InstanceIds", "Values": [node, other]}], "MaxConcurrency": "1",
    });
    let stopped = instance.call("SendCommand", &stopped)["Command"]["CommandId"].clone();
    let stopped = stopped.as_str().unwrap();
    let nobody = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": "tag:role", "Values": ["none"]}],
    });
    instance.call("SendCommand", &nobody);
    // A time that is over counts as an error, and one is allowed.
    let slow = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "MaxErrors": "1",
        "Parameters": {"commands": ["sleep 30"], "executionTimeout": ["5"]},
    });
    let slow = instance.call("SendCommand", &slow)["Command"]["CommandId"].clone();
    let slow = slow.as_str().unwrap();
    assert_eq!(instance.ended(stopped)["StatusDetails"], "Failed");
    assert_eq!(instance.ended(slow)["StatusDetails"], "Incomplete");

    let (commands, invocations) = ("list-commands", "list-command-invocations");
    assert_eq!(with_status(&instance, commands, "NoInstancesInTag", &[]), ["NoInstancesInTag"]);
    assert_eq!(with_status(&instance, commands, "Incomplete", &[]), ["Incomplete"]);
    assert_eq!(with_status(&instance, commands, "Failed", &[]), ["Incomplete", "Failed"]);
    assert_eq!(with_status(&instance, commands, "DeliveryTimedOut", &[]), [""; 0]);
    assert_eq!(with_status(&instance, invocations, "Terminated", &[]), ["Terminated"]);
    assert_eq!(with_status(&instance, invocations, "ExecutionTimedOut", &[]), ["ExecutionTimedOut"]);
    assert_eq!(with_status(&instance, invocations, "TimedOut", &[]), ["ExecutionTimedOut"]);

    // Of one command the same is asked.
    let of = ["--command-id", slow];
    assert_eq!(with_status(&instance, commands, "Success", &of), [""; 0]);
    assert_eq!(with_status(&instance, commands, "Incomplete", &of), ["Incomplete"]);
    let count = |command: &str, node: &str| {
        let input = json!({"CommandId": command, "InstanceId": node});
        instance.call("ListCommands", &input)["Commands"].as_array().unwrap().len()
    };
    assert_eq!((count(slow, &node), count(slow, &other), count(stopped, &other)), (1, 0, 1));

    let unknown = "11111111-2222-4333-8444-555555555555";
    for list in [commands, invocations] {
        let refused = instance.aws(&[list, "--command-id", unknown]);
        assert!(refused.complaint().contains("(InvalidCommandId)"), "{list}: {}", refused.complaint());
    }
}

#[test]
fn a_step_that_runs_can_be_waited_for() {
    let instance = Instance::start(1);
    let node = instance.node();
    let command = instance.send("echo begun; sleep 3; echo done");
    let get = |step: &str| {
        let input = json!({"CommandId": command, "InstanceId": node, "PluginName": step});
        instance.raw().call("GetCommandInvocation", &input)
    };
    let (status, pending) = get("aws:runShellScript");
    assert_eq!(status, 200, "{pending}");
    assert!(["Pending", "InProgress"].contains(&pending["Status"].as_str().unwrap()), "{pending}");
    wait_for("it runs", || (get("aws:runShellScript").1["Status"] == "InProgress").then_some(()));
    let (status, refused) = get("other");
    assert!(status == 400 && refused["__type"].as_str().unwrap().contains("InvalidPluginName"), "{refused}");

    let of = ["--command-id", &command, "--instance-id", &node, "--plugin-name", "aws:runShellScript"];
    let waited = instance.aws(&[&["wait", "command-executed"], &of[..]].concat());
    assert!(waited.success, "{}", waited.stderr);
    let got = instance.aws(&[&["get-command-invocation"], &of[..]].concat()).json();
    assert_eq!((&got["Status"], &got["StandardOutputContent"]), (&json!("Success"), &json!("begun\ndone\n")));
}
