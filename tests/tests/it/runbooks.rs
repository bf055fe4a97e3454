//! The runbooks that come with the system, on real nodes: those that change nothing there.

use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

/// Starts a runbook; answers its id.
fn start(instance: &Instance, name: &str, parameters: &Value) -> String {
    let input = json!({"DocumentName": name, "Parameters": parameters});
    // Those who run it may not know it or its nodes yet.
    wait_for("it starts", || {
        let (status, started) = instance.raw().call("StartAutomationExecution", &input);
        (status == 200).then(|| started["AutomationExecutionId"].as_str().unwrap().to_owned())
    })
}

/// An execution that has one of these statuses.
fn is(instance: &Instance, id: &str, statuses: &[&str]) -> Value {
    wait_for(&format!("{id} is {statuses:?}"), || {
        let shown = instance.call("GetAutomationExecution", &json!({"AutomationExecutionId": id}));
        let shown = shown["AutomationExecution"].clone();
        statuses.iter().any(|status| shown["AutomationExecutionStatus"] == *status).then_some(shown)
    })
}

fn ended(instance: &Instance, id: &str) -> Value {
    is(instance, id, &["Success", "Failed", "TimedOut", "Cancelled"])
}

#[test]
fn they_run_in_turn_look_and_ask_before_they_change_anything() {
    let instance = Instance::start(2);
    let listed = instance.call("DescribeInstanceInformation", &json!({}));
    let listed = listed["InstanceInformationList"].as_array().unwrap().iter();
    let nodes: Vec<_> = listed.map(|node| node["InstanceId"].as_str().unwrap().to_owned()).collect();
    let names = instance
        .aws(&["list-documents", "--filters", "Key=Name,Values=Reeve-", "Key=DocumentType,Values=Automation"])
        .json();
    assert!(names["DocumentIdentifiers"].as_array().unwrap().len() >= 15, "{names}");

    let log = instance.scratch().join("turns");
    let line = format!(
        "echo \"$(date +%s%N) begins\" >> {0}; sleep 0.3; echo \"$(date +%s%N) ends\" >> {0}",
        log.display()
    );
    let id = start(&instance, "Reeve-RunInTurn", &json!({"NodeIds": nodes, "Commands": [line]}));
    assert_eq!(ended(&instance, &id)["AutomationExecutionStatus"], "Success");
    let turns = std::fs::read_to_string(&log).unwrap();
    let turns: Vec<&str> = turns.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(turns, ["begins", "ends", "begins", "ends"], "one after the other");

    let id = start(&instance, "Reeve-CollectDiagnostics", &json!({"NodeIds": nodes}));
    let told = ended(&instance, &id);
    assert_eq!(told["AutomationExecutionStatus"], "Success", "{told}");
    let command = told["Outputs"]["collect.CommandId"][0].as_str().unwrap().to_owned();
    let printed =
        instance.call("GetCommandInvocation", &json!({"CommandId": command, "InstanceId": nodes[0]}));
    let printed = printed["StandardOutputContent"].as_str().unwrap().to_owned();
    assert!(printed.contains("== uname -a") && printed.contains("MemTotal"), "{printed}");

    let check = |most: &str| {
        let id = start(
            &instance,
            "Reeve-CheckDiskSpace",
            &json!({"NodeIds": [nodes[0]], "MaxUsedPercent": [most]}),
        );
        ended(&instance, &id)
    };
    let full = check("1");
    assert_eq!(full["AutomationExecutionStatus"], "Failed", "{full}");
    assert!(full["FailureMessage"].as_str().unwrap().contains("full"), "{full}");

    let asked = json!({"NodeIds": [nodes[0]], "Commands": ["echo approved"], "Approvers": ["administrator"]});
    let id = start(&instance, "Reeve-RunCommandWithApproval", &asked);
    is(&instance, &id, &["Waiting"]);
    instance
        .aws(&["send-automation-signal", "--automation-execution-id", &id, "--signal-type", "Approve"])
        .text();
    let ran = ended(&instance, &id);
    assert_eq!(ran["Outputs"]["run.Output"], json!(["approved\n"]), "{ran}");
    let id = start(&instance, "Reeve-RunCommandWithApproval", &asked);
    is(&instance, &id, &["Waiting"]);
    instance
        .aws(&["send-automation-signal", "--automation-execution-id", &id, "--signal-type", "Reject"])
        .text();
    assert_eq!(ended(&instance, &id)["AutomationExecutionStatus"], "Failed");
    let refused = instance.raw().call(
        "StartAutomationExecution",
        &json!({"DocumentName": "Reeve-RestartService", "Parameters": {"NodeIds": [nodes[0]], "Service": ["x; id"]}}),
    );
    assert_eq!(refused.0, 400, "{}", refused.1);
}
