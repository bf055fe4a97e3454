//! Runbooks, by the aws CLI, with real nodes; killed in the middle.

use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};

pub fn create(instance: &Instance, name: &str, runbook: &Value) {
    let content = runbook.to_string();
    let create = ["create-document", "--name", name, "--document-type", "Automation", "--content", &content];
    instance.aws(&create).json();
}

pub fn start(instance: &Instance, name: &str, more: &[&str]) -> String {
    let arguments = [&["start-automation-execution", "--document-name", name], more].concat();
    instance.aws(&arguments).json()["AutomationExecutionId"].as_str().unwrap().to_owned()
}

pub fn get(instance: &Instance, id: &str) -> Value {
    instance.call("GetAutomationExecution", &json!({"AutomationExecutionId": id}))["AutomationExecution"]
        .clone()
}

pub fn until(instance: &Instance, id: &str, status: &str) -> Value {
    wait_for(&format!("the execution is {status}"), || {
        let execution = get(instance, id);
        (execution["AutomationExecutionStatus"] == status).then_some(execution)
    })
}

fn run_step(name: &str, node: &str, script: &str) -> Value {
    json!({"name": name, "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript",
        "InstanceIds": [node], "Parameters": {"commands": [script]}}})
}

#[test]
fn a_runbook_by_the_aws_cli() {
    let instance = Instance::start(1);
    let node = instance.node();
    let runbook = json!({"schemaVersion": "0.3", "description": "d", "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {"Word": {"type": "String", "default": "hello"}},
        "mainSteps": [
            {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT0.1S"}},
            run_step("say", &node, "echo {{ Word }} {{ global:REGION }}"),
            {"name": "which", "action": "aws:branch", "inputs": {"Choices": [
                {"Variable": "{{ say.Output }}", "Contains": "hello", "NextStep": "bad"}]}, "isEnd": true},
            {"name": "skipped", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}},
            {"name": "bad", "action": "aws:runCommand", "onFailure": "Continue", "maxAttempts": 2, "inputs": {
                "DocumentName": "AWS-RunShellScript", "Targets": [{"Key": "InstanceIds", "Values": [node]}],
                "Parameters": {"commands": ["echo no; exit 3"]}}}],
        "outputs": ["say.Output", "bad.ResponseCode"]});
    create(&instance, "Greet", &runbook);
    let id = start(&instance, "Greet", &[]);
    let ended = until(&instance, &id, "Success");
    let status = |name: &str| {
        let steps = ended["StepExecutions"].as_array().unwrap();
        steps.iter().find(|step| step["StepName"] == name).unwrap()["StepStatus"].as_str().unwrap().to_owned()
    };
    let all = ["wait", "say", "which", "skipped", "bad"].map(status);
    assert_eq!(all, ["Success", "Success", "Success", "Pending", "Failed"]);
    assert!(ended["Outputs"]["say.Output"][0].as_str().unwrap().starts_with("hello us-east-1"), "{ended:#}");
    let bad = ended["StepExecutions"][4]["FailureMessage"].as_str().unwrap();
    assert!(bad.contains("ResponseCode=[3]") && bad.contains("Status=[Failed]"), "{bad}");
    let commands = instance.call("ListCommands", &json!({}))["Commands"].as_array().unwrap().len();
    assert_eq!(commands, 3, "one for each attempt");

    let describe = ["describe-automation-executions", "--filters", "Key=DocumentNamePrefix,Values=Gre"];
    let listed = instance.aws(&describe).json();
    assert_eq!(listed["AutomationExecutionMetadataList"][0]["AutomationExecutionId"], json!(id));
    let steps = [
        "describe-automation-step-executions",
        "--automation-execution-id",
        &id,
        "--filters",
        "Key=StepExecutionStatus,Values=Failed",
    ];
    assert_eq!(instance.aws(&steps).json()["StepExecutions"][0]["StepName"], "bad");
    let unknown = "00000000-0000-0000-0000-000000000000";
    let unknown = instance.aws(&["get-automation-execution", "--automation-execution-id", unknown]);
    assert!(
        unknown.complaint().contains("(AutomationExecutionNotFoundException)"),
        "{}",
        unknown.complaint()
    );
    let missing = instance.aws(&["start-automation-execution", "--document-name", "AWS-RunShellScript"]);
    assert!(
        missing.complaint().contains("(AutomationDefinitionNotFoundException)"),
        "{}",
        missing.complaint()
    );

    let shown = instance.reeve(&["automation", "show", &id]);
    assert!(shown.success && shown.stdout.contains("aws:runCommand"), "{}{}", shown.stdout, shown.stderr);
    let simulated = instance.reeve(&["automation", "simulate", "Greet", "-p", "Word=x"]);
    assert!(
        simulated.success && simulated.stdout.contains("It would end as "),
        "{}{}",
        simulated.stdout,
        simulated.stderr
    );
}

#[test]
fn signals_and_stops_by_the_aws_cli() {
    let instance = Instance::start(1);
    let node = instance.node();
    let approve = json!({"name": "may", "action": "aws:approve", "inputs": {"Approvers": ["administrator"]}});
    let runbook =
        json!({"schemaVersion": "0.3", "mainSteps": [approve, run_step("long", &node, "sleep 300")]});
    create(&instance, "Ask", &runbook);
    let id = start(&instance, "Ask", &[]);
    until(&instance, &id, "Waiting");
    let signal = [
        "send-automation-signal",
        "--automation-execution-id",
        &id,
        "--signal-type",
        "Approve",
        "--payload",
        "Comment=fine",
    ];
    instance.aws(&signal).text();
    let again = instance.aws(&signal);
    assert!(again.complaint().contains("(InvalidAutomationSignalException)"), "{}", again.complaint());
    wait_for("the command runs", || {
        let listed = instance.call("ListCommandInvocations", &json!({}));
        (listed["CommandInvocations"][0]["Status"] == "InProgress").then_some(())
    });
    instance.aws(&["stop-automation-execution", "--automation-execution-id", &id]).text();
    let ended = until(&instance, &id, "Cancelled");
    assert_eq!(ended["StepExecutions"][1]["StepStatus"], "Cancelled");
    wait_for("the command is cancelled", || {
        let listed = instance.call("ListCommands", &json!({}));
        (listed["Commands"][0]["Status"] == "Cancelled").then_some(())
    });
}

/// Whatever part of it is killed when, each step's command runs once and the execution ends.
#[test]
fn executions_that_are_killed_in_the_middle_do_each_step_once() {
    let mut instance = Instance::start(1);
    let (node, file) = (instance.node(), instance.scratch().join("done"));
    let say = |text: &str| format!("echo {text} >> {}", file.display());
    let each = json!({"name": "each", "action": "aws:loop", "inputs": {"Iterators": ["a", "b", "c"], "Steps": [
        run_step("inner", &node, &say("{{ each.CurrentIteratorValue }}"))]}});
    let child = json!({"schemaVersion": "0.3", "mainSteps": [run_step("one", &node, &say("child"))]});
    create(&instance, "Child", &child);
    let call =
        json!({"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}});
    let pause = json!({"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}});
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [each, pause, call, run_step("last", &node, &say("last"))]});
    create(&instance, "Book", &runbook);
    let id = start(&instance, "Book", &[]);
    for round in 0..4 {
        std::thread::sleep(std::time::Duration::from_millis(150 + 170 * round));
        instance.kill();
        instance.restart();
    }
    let ended = wait_for("the execution has ended", || {
        let execution = get(&instance, &id);
        execution["ExecutionEndTime"].is_number().then_some(execution)
    });
    // A command that was cut off with its node fails its step, and nothing follows; none ran twice.
    let (done, all) = (std::fs::read_to_string(&file).unwrap_or_default(), "a\nb\nc\nchild\nlast\n");
    match ended["AutomationExecutionStatus"].as_str().unwrap() {
        "Success" => assert_eq!(done, all, "{ended:#}"),
        _ => assert!(all.starts_with(&done) && done != all, "{done:?}: {ended:#}"),
    }
    let commands = instance.call("ListCommands", &json!({}))["Commands"].as_array().unwrap().len();
    assert!(commands <= 5 && commands >= done.lines().count(), "{commands} commands, and {done:?}");
    let (status, letters) = instance.raw().call_of("dead-letters", "ListDeadLetters", &json!({}), None);
    assert_eq!((status, &letters["deadLetters"]), (200, &json!([])), "{letters}");
}
