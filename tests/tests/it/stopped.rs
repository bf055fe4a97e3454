//! An agent whose process was stopped past a deadline begins nothing late.

use reeve_e2e::{Agent, Instance, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::Duration;

/// The least delivery time-out that SendCommand takes, in seconds.
const TIMEOUT: u64 = 30;

#[test]
fn what_was_received_and_what_was_not_is_never_begun_late() {
    let instance = Instance::start(0);
    let agent = Agent::enrol(&instance, "stopped");
    let node = agent.node();
    let (go, marks) = (instance.scratch().join("go"), instance.scratch().join("marks"));
    // As many documents as run at a time wait for a file, so that the next one is received and waits.
    let wait = format!("echo begun; while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let holding: Vec<String> = (0..5).map(|_| instance.send_to(&node, &wait)).collect();
    for command in &holding {
        wait_for("it holds its place", || (instance.printed(command) == b"begun\n").then_some(()));
    }
    let send = |name: &str| -> String {
        let script = format!("echo {name} >> {}", marks.display());
        let input: Value = json!({
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "TimeoutSeconds": TIMEOUT,
            "Parameters": {"commands": [script]},
        });
        instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned()
    };
    let received = send("received");
    // The one behind it is live after it, so both are in the ledger when it is cancelled.
    let behind = send("behind");
    instance.call("CancelCommand", &json!({"CommandId": behind}));
    assert_eq!(instance.ended(&behind)["Status"], "Cancelled");
    agent.signal(Signal::STOP);
    let missed = send("missed");
    std::thread::sleep(Duration::from_secs(TIMEOUT + 1));
    std::fs::write(&go, "").unwrap();
    agent.signal(Signal::CONT);
    for command in [&received, &missed] {
        instance.ended(command);
        assert_eq!(instance.details(command), "DeliveryTimedOut");
    }
    for command in &holding {
        assert_eq!(instance.ended(command)["StatusDetails"], "Success");
    }
    assert!(!marks.exists(), "something was begun late: {:?}", std::fs::read_to_string(&marks));
    println!("stopped for {} s: both ended as DeliveryTimedOut, neither ran", TIMEOUT + 1);
}

#[test]
fn what_had_begun_begins_no_further_step_when_its_time_is_over() {
    let instance = Instance::start(0);
    let agent = Agent::enrol(&instance, "stopped");
    let node = agent.node();
    let late = instance.scratch().join("late");
    let step = |name: &str, script: &str| {
        json!({"action": "aws:runShellScript", "name": name,
            "inputs": {"timeoutSeconds": "5", "runCommand": [script]}})
    };
    let steps = [step("first", "echo begun; sleep 4"), step("second", &format!("touch {}", late.display()))];
    let content = json!({"schemaVersion": "2.2", "mainSteps": steps}).to_string();
    let document = json!({"Name": "Two", "DocumentType": "Command", "Content": content});
    instance.call("CreateDocument", &document);
    let input = json!({"DocumentName": "Two", "InstanceIds": [node], "TimeoutSeconds": TIMEOUT});
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    wait_for("it has begun", || (instance.printed(command) == b"begun\n").then_some(()));
    agent.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(TIMEOUT + 10 + 6));
    agent.signal(Signal::CONT);
    instance.ended(command);
    assert_eq!(instance.details(command), "DeliveryTimedOut");
    // What comes after it is begun, so the node is through with it.
    let after = instance.send_to(&node, "echo after");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    assert!(!late.exists(), "a step was begun late");
    println!("stopped for {} s in the first step: the second one did not run", TIMEOUT + 16);
}
