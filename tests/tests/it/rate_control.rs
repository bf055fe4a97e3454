//! MaxConcurrency and MaxErrors on real agents, told by the log and by the API.

use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

/// Sends a script to every node.
fn send(instance: &Instance, script: &str, max_concurrency: &str, max_errors: &str) -> String {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": [script]},
        "Targets": [{"Key": "InstanceIds", "Values": nodes(instance)}],
        "MaxConcurrency": max_concurrency, "MaxErrors": max_errors,
    });
    instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned()
}

fn nodes(instance: &Instance) -> Vec<String> {
    nodes_of(instance, 4)
}

/// In the order in which they have their turns.
fn nodes_of(instance: &Instance, count: u32) -> Vec<String> {
    let ids = (1..=count).map(|number| instance.identity(number)["node_id"].as_str().unwrap().to_owned());
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}

/// What happened on each node, in the order of the log: the kind of the event, and the node.
fn log(instance: &Instance, command: &str) -> Vec<(String, String)> {
    let mut events = instance.events();
    events.retain(|e| e["correlationid"] == command);
    events.sort_by_key(|event| event["position"].as_u64());
    let mut log = Vec::new();
    for event in events {
        let kind = event["type"].as_str().unwrap().split('.').nth(2).unwrap().to_owned();
        let (aggregate, id) = event["subject"].as_str().unwrap().split_once('/').unwrap();
        match event["data"]["dispatched"].as_array() {
            Some(all) => log.extend(all.iter().map(|one| (kind.clone(), text(&one["nodeId"])))),
            None if aggregate == "invocation" => log.push((kind, id.split_once('/').unwrap().1.to_owned())),
            None => {}
        }
    }
    log
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn most_in_flight(log: &[(String, String)]) -> usize {
    let mut open = std::collections::BTreeSet::new();
    let mut most = 0;
    for (kind, node) in log {
        match kind.as_str() {
            "InvocationsDispatched" => {
                assert!(open.insert(node), "{node} was dispatched to twice");
            }
            "InvocationFinished" => {
                open.remove(node);
            }
            _ => {}
        }
        most = most.max(open.len());
    }
    most
}

fn details(instance: &Instance, command: &str) -> Vec<String> {
    let listed = instance.call("ListCommandInvocations", &json!({"CommandId": command}));
    let listed = listed["CommandInvocations"].as_array().unwrap();
    let mut details: Vec<String> =
        listed.iter().map(|one| one["StatusDetails"].as_str().unwrap().to_owned()).collect();
    details.sort();
    details
}

#[test]
fn never_more_at_once_and_none_after_too_many_errors() {
    let instance = Instance::start(4);

    let command = send(&instance, "sleep 0.2", "2", "0");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    assert_eq!(most_in_flight(&log(&instance, &command)), 2);
    let one_by_one = send(&instance, "sleep 0.1", "1%", "0");
    assert_eq!(instance.ended(&one_by_one)["StatusDetails"], "Success");
    assert_eq!(most_in_flight(&log(&instance, &one_by_one)), 1);

    // The first error is allowed, the second stops it, and the two others are never sent to their nodes.
    let failing = send(&instance, "exit 3", "1", "1");
    let ended = instance.ended(&failing);
    assert_eq!((&ended["Status"], &ended["StatusDetails"]), (&json!("Failed"), &json!("Failed")));
    assert_eq!(details(&instance, &failing), ["Failed", "Failed", "Terminated", "Terminated"]);
    let told = log(&instance, &failing);
    assert_eq!(told.iter().filter(|(kind, _)| kind == "InvocationsDispatched").count(), 2, "{told:?}");

    // What waits for its turn when the command is cancelled ends at once and is never sent.
    let cancelled = send(&instance, "echo begun; sleep 60", "1", "0");
    wait_for("the first runs", || {
        (instance.reeve(&["output", &cancelled]).text() == "begun\n").then_some(())
    });
    instance.call("CancelCommand", &json!({"CommandId": cancelled}));
    assert_eq!(instance.ended(&cancelled)["Status"], "Cancelled");
    assert_eq!(details(&instance, &cancelled), ["Cancelled"; 4]);
    let told = log(&instance, &cancelled);
    assert_eq!(told.iter().filter(|(kind, _)| kind == "InvocationsDispatched").count(), 1, "{told:?}");
    println!("{told:?}");

    // Nodes that print the same and end the same are one group; those that differ stand apart.
    let one = nodes(&instance)[0].clone();
    let script = format!("echo same; echo err >&2; test $AWS_SSM_INSTANCE_ID != {one} || exit 3");
    let ran = instance.reeve(&["run", "--max-errors", "100%", &script]);
    assert!(!ran.success, "one node failed");
    assert_eq!(ran.stdout, "same\nsame\n", "once for each group");
    let groups: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("---")).collect();
    assert_eq!(groups.len(), 2, "{}", ran.stderr);
    assert!(groups[0].starts_with("--- 3 nodes (mi-") && groups[0].ends_with("): Success"), "{groups:?}");
    assert_eq!(groups[1], format!("--- {one}: Failed, exit code 3"));
    let streamed = instance.reeve(&["run", "--stream", "echo same"]);
    assert_eq!(streamed.text(), "same\n".repeat(4));
}

/// Named one by one, nodes of another platform are refused when the command is sent; a selection may hold some.
#[test]
fn what_is_for_another_platform_is_not_sent_and_says_so() {
    let instance = Instance::start(3);
    let step = json!({"action": "aws:runPowerShellScript", "name": "a",
        "precondition": {"StringEquals": ["platformType", "Windows"]}, "inputs": {"runCommand": ["exit"]}});
    let content = json!({"schemaVersion": "2.2", "mainSteps": [step]}).to_string();
    instance
        .call("CreateDocument", &json!({"Name": "Foreign", "DocumentType": "Command", "Content": content}));
    let all = json!([{"Key": "reeve:connected", "Values": ["true"]}]);
    let input = json!({"DocumentName": "Foreign", "Targets": all, "MaxConcurrency": "1", "MaxErrors": "0"});
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    let ended = instance.ended(command);
    assert_eq!((&ended["Status"], &ended["ErrorCount"]), (&json!("Failed"), &json!(0)));
    assert_eq!(details(&instance, command), ["InvalidPlatform"; 3]);
    let told = log(&instance, command);
    assert!(told.iter().all(|(kind, _)| kind != "InvocationsDispatched"), "{told:?}");
}

/// A cancellation that came too late for its node is none of the command's.
#[test]
fn a_command_that_errors_stopped_is_not_cancelled() {
    let instance = Instance::start(3);
    let nodes: Vec<String> = nodes_of(&instance, 3);
    let (first, second) = (nodes[0].clone(), nodes[1].clone());
    let go = instance.scratch().join("go");
    let script = format!(
        "test $AWS_SSM_INSTANCE_ID = {first} && exit 0; while ! test -e {}; do sleep 0.1; done; exit 3",
        go.display()
    );
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": [script]},
        "Targets": [{"Key": "InstanceIds", "Values": nodes}], "MaxConcurrency": "1", "MaxErrors": "0",
    });
    let command = text(&instance.call("SendCommand", &input)["Command"]["CommandId"]);
    let status = |node: &str| {
        let input = json!({"CommandId": command, "InstanceId": node});
        text(&instance.call("GetCommandInvocation", &input)["StatusDetails"])
    };
    wait_for("the second runs", || (status(&second) == "InProgress").then_some(()));
    assert_eq!(status(&first), "Success");
    instance.call("CancelCommand", &json!({"CommandId": command, "InstanceIds": [first]}));
    let listed = instance.call("ListCommands", &json!({"CommandId": command}));
    assert_eq!(listed["Commands"][0]["StatusDetails"], "InProgress", "no invocation is being cancelled");
    std::fs::write(go, "").unwrap();
    let ended = instance.ended(&command);
    assert_eq!(details(&instance, &command), ["Failed", "Success", "Terminated"]);
    assert_eq!((&ended["Status"], &ended["StatusDetails"]), (&json!("Failed"), &json!("Failed")));
}
