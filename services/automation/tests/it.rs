//! Automation on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_automation::service;
use reeve_contracts::{
    automation::{ApprovalLevel, ApprovalRequested},
    documents::{DocumentCreated, DocumentEvent, Version},
    outcome::StepOutcome,
    run_command::{
        CommandEvent, CommandFinished, CommandRefused, CommandSent, InvocationEvent, InvocationFinished,
    },
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, store, streams};
use reeve_runtime::{Running, Service, run};
use reeve_testkit::{Caller, Nats, NotMallory, Refusal, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};

async fn publish<E: Event>(bus: &Bus, id: &str, event: E, expected: u64) -> u64 {
    let context = Context { command_id: new_uuid(), ..context() };
    let envelope = Envelope::of(&AggregateRef::of::<E>(id), &event, &context);
    store::append(bus, &envelope, Position(expected)).await.unwrap().0
}

/// Makes a document that the service knows of when this is back.
async fn document(running: &Running, name: &str, runbook: &Value) {
    let version = Version {
        number: 1,
        content: runbook.to_string(),
        format: "JSON".to_owned(),
        hash: "h".to_owned(),
        ..Version::default()
    };
    let created = DocumentCreated {
        name: name.to_owned(),
        document_type: "Automation".to_owned(),
        version: Some(version),
        ..DocumentCreated::default()
    };
    let handle = running.handle();
    let sequence = publish(handle.bus(), name, DocumentEvent::DocumentCreated(created), 0).await;
    handle.views().wait_for(&streams::of_service("documents"), sequence).await;
}

fn runbook(steps: Value) -> Value {
    json!({"schemaVersion": "0.3", "mainSteps": steps})
}

async fn start(bus: &Bus, folder: &Path) -> Running {
    for service in ["documents", "run-command", "automation"] {
        streams::ensure_events(bus, service).await.unwrap();
        streams::ensure_requests(bus, service).await.unwrap();
    }
    run(service(Arc::new(NotMallory)), bus.clone(), folder).await.unwrap()
}

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, Refusal> {
    by("alice", bus, operation, input).await
}

async fn by(actor: &'static str, bus: &Bus, operation: &str, input: Value) -> Result<Value, Refusal> {
    let caller = Caller { actor, ..Caller::default() };
    caller.call(bus, &format!("reeve.api.automation.{operation}"), &input).await
}

async fn begin(bus: &Bus, name: &str, more: Value) -> String {
    let mut input = json!({"DocumentName": name});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let started = call(bus, "StartAutomationExecution", input).await.unwrap();
    started["AutomationExecutionId"].as_str().unwrap().to_owned()
}

async fn get(bus: &Bus, id: &str) -> Value {
    call(bus, "GetAutomationExecution", json!({"AutomationExecutionId": id})).await.unwrap()["AutomationExecution"].clone()
}

async fn until(bus: &Bus, id: &str, status: &str) -> Value {
    let mut last = Value::Null;
    for _ in 0..400 {
        last = get(bus, id).await;
        if last["AutomationExecutionStatus"] == status {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it did not become {status}: {last:#}");
}

fn statuses(execution: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = execution["StepExecutions"].as_array().unwrap();
    steps.iter().map(|step| (text(&step["StepName"]), text(&step["StepStatus"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
}

async fn everything(bus: &Bus) -> Value {
    let listed = call(bus, "DescribeAutomationExecutions", json!({})).await.unwrap();
    let mut all = vec![listed.clone()];
    for execution in listed["AutomationExecutionMetadataList"].as_array().unwrap() {
        all.push(get(bus, execution["AutomationExecutionId"].as_str().unwrap()).await);
    }
    json!(all)
}

/// A command that a step asked for ends as run-command says it.
async fn end_command(bus: &Bus, command_id: &str, origin_id: &str, status: &str, output: &str) {
    let (origin_kind, origin_id) = ("automation".to_owned(), origin_id.to_owned());
    let sent = CommandSent {
        command_id: command_id.to_owned(),
        origin_kind: origin_kind.clone(),
        origin_id: origin_id.clone(),
        node_ids: vec!["mi-1".to_owned()],
        ..CommandSent::default()
    };
    let at = publish(bus, command_id, CommandEvent::CommandSent(sent), 0).await;
    let step = StepOutcome {
        code: i32::from(status != "Success"),
        output: output.to_owned(),
        ..StepOutcome::default()
    };
    let finished = InvocationFinished {
        command_id: command_id.to_owned(),
        node_id: "mi-1".to_owned(),
        status: status.to_owned(),
        steps: vec![step],
        ..InvocationFinished::default()
    };
    publish(bus, &format!("{command_id}/mi-1"), InvocationEvent::InvocationFinished(finished), 0).await;
    let finished = CommandFinished {
        command_id: command_id.to_owned(),
        status: status.to_owned(),
        origin_kind,
        origin_id,
        ..CommandFinished::default()
    };
    publish(bus, command_id, CommandEvent::CommandFinished(finished), at).await;
}

#[tokio::test]
async fn steps_follow_each_other_and_live_equals_rebuilt() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let steps = json!([
        {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT0.2S"}},
        {"name": "say", "action": "aws:approve", "inputs": {"Approvers": ["alice", "bob"], "MinRequiredApprovals": 2}},
        {"name": "hold", "action": "aws:pause", "inputs": {}},
        {"name": "each", "action": "aws:loop", "inputs": {"Iterators": "{{ Items }}", "Steps": [
            {"name": "note", "action": "aws:updateVariable",
                "inputs": {"Name": "variable:last", "Value": "<{{ each.CurrentIteratorValue }}>"}}]}},
        {"name": "cloud", "action": "aws:runInstances", "inputs": {"ImageId": "x"}, "onFailure": "Continue"},
        {"name": "end", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "isEnd": true},
        {"name": "never", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}},
    ]);
    let whole = json!({"schemaVersion": "0.3", "mainSteps": steps,
        "parameters": {"Items": {"type": "StringList", "default": ["a"]}},
        "variables": {"last": {"type": "String", "default": "none"}},
        "outputs": ["say.ApprovalStatus", "never.x", "variable:last"]});
    document(&running, "Book", &whole).await;
    let id = begin(&bus, "Book", json!({"Parameters": {"Items": ["p", "q"]}})).await;
    let waits = until(&bus, &id, "Waiting").await;
    assert_eq!(waits["CurrentStepName"], "say");
    let signal = |kind: &str, payload: Value| json!({"AutomationExecutionId": id, "SignalType": kind, "Payload": payload});
    let approve = || signal("Approve", json!({"Comment": ["fine"]}));
    call(&bus, "SendAutomationSignal", approve()).await.unwrap();
    let again = call(&bus, "SendAutomationSignal", approve()).await.unwrap_err();
    assert_eq!(again.code, "InvalidAutomationSignalException");
    assert_eq!(
        by("eve", &bus, "SendAutomationSignal", approve()).await.unwrap_err().code,
        "AccessDeniedException"
    );
    by("bob", &bus, "SendAutomationSignal", approve()).await.unwrap();
    for _ in 0..400 {
        if get(&bus, &id).await["CurrentStepName"] == "hold" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let other = call(&bus, "SendAutomationSignal", signal("Resume", json!({"StepName": ["none"]})))
        .await
        .unwrap_err();
    assert_eq!(other.code, "AutomationStepNotFoundException");
    call(&bus, "SendAutomationSignal", signal("Resume", json!({"StepName": ["hold"]}))).await.unwrap();
    let ended = until(&bus, &id, "Success").await;
    let expected = pairs(&[
        ("wait", "Success"),
        ("say", "Success"),
        ("hold", "Success"),
        ("each", "Success"),
        ("note", "Success"),
        ("note", "Success"),
        ("cloud", "Failed"),
        ("end", "Success"),
        ("never", "Pending"),
    ]);
    assert_eq!(statuses(&ended), expected, "{ended:#}");
    let not_yet = "No output available yet because the step is not successfully executed";
    let outputs = json!({"say.ApprovalStatus": ["Approved"], "never.x": [not_yet], "variable:last": ["<q>"]});
    assert_eq!(ended["Outputs"], outputs);
    assert_eq!(ended["StepExecutions"][5]["ParentStepDetails"]["Iteration"], 2);
    assert_eq!(ended["StepExecutions"][5]["Inputs"]["Value"], "\"<q>\"");
    let cloud = ended["StepExecutions"][6]["FailureMessage"].as_str().unwrap();
    assert!(cloud.contains("aws:runInstances is not available here"), "{cloud}");
    let late = call(&bus, "StopAutomationExecution", json!({"AutomationExecutionId": id})).await.unwrap_err();
    assert_eq!(late.code, "InvalidAutomationStatusUpdateException");
    let live = everything(&bus).await;
    running.stop().await;
    let rebuilt = start(&bus, &nats.folder().join("b")).await;
    assert_eq!(everything(&bus).await, live);
    rebuilt.stop().await;
}

#[tokio::test]
async fn a_command_whose_targets_select_nobody_fails_its_step_as_it_is_sent() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let steps = json!([{"name": "run", "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript",
        "Targets": [{"Key": "tag:role", "Values": ["none"]}], "Parameters": {"commands": ["true"]}}}]);
    document(&running, "Nobody", &runbook(steps)).await;
    let id = begin(&bus, "Nobody", json!({})).await;
    let mut execution = Value::Null;
    for _ in 0..800 {
        execution = get(&bus, &id).await;
        if execution["StepExecutions"][0]["StepStatus"] == "InProgress" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let step = execution["StepExecutions"][0]["StepExecutionId"].as_str().unwrap();
    let command_id = reeve_automation::domain::wish::request_id(step, 1).to_string();
    let sent = CommandSent {
        command_id: command_id.clone(),
        origin_kind: "automation".to_owned(),
        origin_id: format!("{id}/{step}/1"),
        ..CommandSent::default()
    };
    publish(&bus, &command_id, CommandEvent::CommandSent(sent), 0).await;
    let ended = until(&bus, &id, "Failed").await;
    assert_eq!(ended["StepExecutions"][0]["Outputs"]["CommandId"], json!([command_id]));
    let said = ended["FailureMessage"].as_str().unwrap();
    assert!(said.contains("Status=[NoInstancesInTag], ResponseCode=[-1]"), "{said}");
    running.stop().await;
}

#[tokio::test]
async fn commands_are_asked_for_once_for_each_attempt_and_children_run() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let steps = json!([{"name": "run", "action": "aws:runCommand", "maxAttempts": 2, "inputs": {
        "DocumentName": "AWS-RunShellScript", "InstanceIds": ["mi-1"], "Parameters": {"commands": ["{{ What }}"]}}}]);
    let child = json!({"schemaVersion": "0.3", "mainSteps": steps, "outputs": ["run.Output"],
        "parameters": {"What": {"type": "String"}}});
    document(&running, "Child", &child).await;
    let steps = json!([
        {"name": "call", "action": "aws:executeAutomation",
            "inputs": {"DocumentName": "Child", "RuntimeParameters": {"What": "uptime"}}},
        {"name": "last", "action": "aws:executeAutomation", "inputs": {"DocumentName": "None"}}]);
    let mut parent = runbook(steps);
    parent["outputs"] = json!(["call.Output"]);
    document(&running, "Parent", &parent).await;
    let id = begin(&bus, "Parent", json!({})).await;
    let mut child = Value::Null;
    let (mut command, mut attempt) = (String::new(), 1);
    for round in 0..800 {
        let filter = json!({"Filters": [{"Key": "ParentExecutionId", "Values": [id]}]});
        let listed = call(&bus, "DescribeAutomationExecutions", filter).await.unwrap();
        child = listed["AutomationExecutionMetadataList"][0].clone();
        if child["CurrentStepName"] == "run" && attempt <= 2 {
            let child_id = child["AutomationExecutionId"].as_str().unwrap();
            let step = get(&bus, child_id).await["StepExecutions"][0]["StepExecutionId"]
                .as_str()
                .unwrap()
                .to_owned();
            command = reeve_automation::domain::wish::request_id(&step, attempt).to_string();
            let origin = format!("{child_id}/{step}/{attempt}");
            let (status, output) = if attempt == 1 { ("Failed", "no\n") } else { ("Success", "up\n") };
            end_command(&bus, &command, &origin, status, output).await;
            attempt += 1;
        }
        if child["AutomationExecutionStatus"] == "Success" {
            break;
        }
        assert!(round < 799, "{child:#}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(child["Outputs"], json!({"run.Output": ["up\n"]}));
    let ended = until(&bus, &id, "Failed").await;
    assert_eq!(ended["Outputs"], json!({"call.Output": ["up\n"]}));
    let said = ended["FailureMessage"].as_str().unwrap();
    assert!(said.contains("AutomationDefinitionNotFoundException"), "{said}");
    let of_child = get(&bus, child["AutomationExecutionId"].as_str().unwrap()).await;
    assert_eq!(of_child["StepExecutions"][0]["Outputs"]["CommandId"], json!([command]));
    let requests = streams::last_sequence(&bus, &streams::of_requests("run-command")).await.unwrap();
    assert_eq!(requests, 2, "one request for each attempt");
    running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_start_is_said_and_a_token_starts_once() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let mut book = runbook(json!([{"name": "s", "action": "aws:pause", "inputs": {}}]));
    book["parameters"] = json!({"P": {"type": "String"}});
    document(&running, "Book", &book).await;
    let refused = |input: Value| {
        let bus = bus.clone();
        async move { call(&bus, "StartAutomationExecution", input).await.unwrap_err() }
    };
    let both = refused(json!({"DocumentName": "Book", "Parameters": {"Q": ["x"]}})).await;
    assert_eq!(both.code, "InvalidAutomationExecutionParametersException");
    let said = both.to_string();
    assert!(said.contains("Undefined execution inputs: [Q]"), "{said}");
    assert!(said.contains("Missing required parameter: P in user inputs."), "{said}");
    assert_eq!(refused(json!({"DocumentName": "None"})).await.code, "AutomationDefinitionNotFoundException");
    let version = json!({"DocumentName": "Book", "DocumentVersion": "7", "Parameters": {"P": ["x"]}});
    assert_eq!(refused(version).await.code, "AutomationDefinitionVersionNotFoundException");
    let tags =
        json!({"DocumentName": "Book", "Parameters": {"P": ["x"]}, "Tags": [{"Key": "a", "Value": "b"}]});
    assert!(refused(tags).await.to_string().contains("Tags"));
    let mallory = json!({"DocumentName": "Book", "Parameters": {"P": ["x"]}});
    let denied = by("mallory", &bus, "StartAutomationExecution", mallory).await.unwrap_err();
    assert_eq!(denied.code, "AccessDeniedException");

    let token = "11111111-2222-3333-4444-555555555555";
    let input = |p: &str| json!({"DocumentName": "Book", "Parameters": {"P": [p]}, "ClientToken": token});
    let first = call(&bus, "StartAutomationExecution", input("x")).await.unwrap();
    assert_eq!(call(&bus, "StartAutomationExecution", input("x")).await.unwrap(), first);
    assert_eq!(refused(input("y")).await.code, "IdempotentParameterMismatch");
    let id = first["AutomationExecutionId"].as_str().unwrap();
    until(&bus, id, "Waiting").await;
    call(&bus, "StopAutomationExecution", json!({"AutomationExecutionId": id})).await.unwrap();
    assert_eq!(statuses(&until(&bus, id, "Cancelled").await), pairs(&[("s", "Cancelled")]));
    running.stop().await;
}

#[tokio::test]
async fn children_of_targets_run_at_their_rate_until_the_errors_are_too_many() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let mut book =
        runbook(json!([{"name": "s", "action": "aws:runInstances", "inputs": {"ImageId": "{{ T }}"}}]));
    book["parameters"] = json!({"T": {"type": "String"}});
    document(&running, "Book", &book).await;
    let values: Vec<String> = (0..50).map(|n| format!("t-{n}")).collect();
    for (max_errors, children) in [("10%", 6), ("5", 6), ("0", 1), ("100%", 50)] {
        let id = begin(
            &bus,
            "Book",
            json!({"TargetParameterName": "T", "MaxConcurrency": "1", "MaxErrors": max_errors,
            "Targets": [{"Key": "ParameterValues", "Values": values}]}),
        )
        .await;
        let ended = until(&bus, &id, "Failed").await;
        assert_eq!(ended["TargetsSummary"]["StartedCount"], children, "{max_errors}");
        let filter = json!({"Filters": [{"Key": "ParentExecutionId", "Values": [id]}]});
        let listed = call(&bus, "DescribeAutomationExecutions", filter).await.unwrap();
        let listed = listed["AutomationExecutionMetadataList"].as_array().unwrap().clone();
        assert_eq!(listed.len(), children, "{max_errors}");
        assert!(listed.iter().all(|child| child["Target"].as_str().unwrap().starts_with("t-")));
    }
    running.stop().await;
}

/// The children of an execution by their targets.
async fn children(bus: &Bus, id: &str, count: usize) -> Vec<Value> {
    let filter = json!({"Filters": [{"Key": "ParentExecutionId", "Values": [id]}]});
    for _ in 0..400 {
        let listed = call(bus, "DescribeAutomationExecutions", filter.clone()).await.unwrap();
        let mut listed = listed["AutomationExecutionMetadataList"].as_array().unwrap().clone();
        if listed.len() == count {
            listed.sort_by_key(|child| child["Target"].as_str().unwrap().to_owned());
            return listed;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{id} has not {count} children");
}

#[tokio::test]
async fn a_step_runs_a_runbook_for_each_of_its_targets_and_says_which_there_are_not() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let mut book = runbook(json!([{"name": "s", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}]));
    book["parameters"] = json!({"T": {"type": "String"}});
    document(&running, "Book", &book).await;
    let each = |name: &str, targets: Value| {
        json!({"name": name, "action": "aws:executeAutomation", "onFailure": "Continue", "inputs": {"DocumentName": "Book",
            "TargetParameterName": "T", "MaxConcurrency": "2", "MaxErrors": "0", "Targets": targets}})
    };
    let values = each("values", json!([{"Key": "ParameterValues", "Values": "{{ Values }}"}]));
    let group = each("group", json!([{"Key": "ResourceGroup", "Values": ["g"]}]));
    let nodes = each("nodes", json!([{"Key": "tag:role", "Values": ["web"]}]));
    let mut parent = runbook(json!([values, group, nodes]));
    parent["parameters"] = json!({"Values": {"type": "StringList", "default": ["x", "y"]}});
    document(&running, "Parent", &parent).await;
    let id = begin(&bus, "Parent", json!({})).await;
    let ended = until(&bus, &id, "Success").await;
    let expected = pairs(&[("values", "Success"), ("group", "Failed"), ("nodes", "Failed")]);
    assert_eq!(statuses(&ended), expected, "{ended:#}");
    let child = ended["StepExecutions"][0]["Outputs"]["ExecutionId"][0].as_str().unwrap();
    assert_eq!(children(&bus, child, 2).await[1]["Target"], "y");
    let why = |index: usize| ended["StepExecutions"][index]["FailureMessage"].as_str().unwrap().to_owned();
    assert!(why(1).contains("resource groups") && why(2).contains("none meets tag:role=web"), "{ended:#}");
    running.stop().await;
}

#[tokio::test]
async fn targets_that_failed_are_gone_on_with_once_and_a_second_one_is_told_by_whom() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let mut book = runbook(json!([
        {"name": "first", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}},
        {"name": "say", "action": "aws:approve", "inputs": {"Approvers": ["bob"]}}]));
    book["parameters"] = json!({"T": {"type": "String"}});
    document(&running, "Book", &book).await;
    let targets = json!({"TargetParameterName": "T", "MaxErrors": "100%",
        "Targets": [{"Key": "ParameterValues", "Values": ["a", "b"]}]});
    let id = begin(&bus, "Book", targets).await;
    let early =
        call(&bus, "ResumeAutomationExecution", json!({"automationExecutionId": id})).await.unwrap_err();
    assert_eq!(early.code, "InvalidAutomationStatusUpdateException");
    let say = async |child: &Value, signal: &str| {
        let child = child["AutomationExecutionId"].as_str().unwrap();
        until(&bus, child, "Waiting").await;
        let signal = json!({"AutomationExecutionId": child, "SignalType": signal});
        by("bob", &bus, "SendAutomationSignal", signal).await.unwrap();
    };
    say(&children(&bus, &id, 1).await[0], "Approve").await;
    say(&children(&bus, &id, 2).await[1], "Reject").await;
    until(&bus, &id, "Failed").await;
    let resume = json!({"automationExecutionId": id});
    let denied = by("mallory", &bus, "ResumeAutomationExecution", resume.clone()).await.unwrap_err();
    assert_eq!(denied.code, "AccessDeniedException");
    let resumed = call(&bus, "ResumeAutomationExecution", resume.clone()).await.unwrap();
    let new = resumed["automationExecutionId"].as_str().unwrap().to_owned();
    let second = by("carol", &bus, "ResumeAutomationExecution", resume).await.unwrap_err();
    assert_eq!(second.code, "InvalidAutomationStatusUpdateException");
    let second = second.to_string();
    assert!(second.contains(&new) && second.contains("alice"), "{second}");
    let left = children(&bus, &new, 1).await;
    assert_eq!(left[0]["Target"], "b");
    say(&left[0], "Approve").await;
    let ended = until(&bus, &new, "Success").await;
    assert_eq!(ended["ResolvedTargets"]["ParameterValues"], json!(["b"]));
    let child = get(&bus, left[0]["AutomationExecutionId"].as_str().unwrap()).await;
    assert!(child["StepExecutions"][0]["Outputs"]["reeve:takenOverFrom"].is_array(), "{child:#}");
    let old = get(&bus, &id).await["WarningMessage"].as_str().unwrap().to_owned();
    assert!(old.contains(&format!("{new} goes on from it, as alice has asked.")), "{old}");
    let live = everything(&bus).await;
    running.stop().await;
    let rebuilt = start(&bus, &nats.folder().join("b")).await;
    assert_eq!(everything(&bus).await, live);
    rebuilt.stop().await;
}

#[tokio::test]
async fn what_is_to_be_approved_and_was_refused_before_is_approved_by_nobody() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, &nats.folder().join("a")).await;
    let asking = run(Service::new("run-command"), bus.clone(), &nats.folder().join("b")).await.unwrap();
    let ask = async |id: uuid::Uuid| {
        let level = ApprovalLevel {
            name: "two".to_owned(),
            approvers: vec!["ann".to_owned()],
            min_approvals: 1,
            requester_may_approve: false,
        };
        let asked = ApprovalRequested {
            origin_kind: "held-command".to_owned(),
            origin_id: id.to_string(),
            subject: "a command".to_owned(),
            levels: vec![level],
            ..ApprovalRequested::default()
        };
        asking.handle().request(&asked, &Context { command_id: id, ..context() }).await.unwrap();
    };
    // It was cancelled while its approval was on its way here; another one was not.
    let (cancelled, waits) = (new_uuid(), new_uuid());
    let refused = CommandRefused { command_id: cancelled.to_string(), ..CommandRefused::default() };
    publish(&bus, &cancelled.to_string(), CommandEvent::CommandRefused(refused), 0).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    ask(cancelled).await;
    ask(waits).await;
    let shown = async |id: uuid::Uuid, status: &str| {
        for _ in 0..400 {
            let input = json!({"AutomationExecutionId": id});
            if let Ok(answer) = call(&bus, "GetAutomationExecution", input).await
                && answer["AutomationExecution"]["AutomationExecutionStatus"] == status
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{id} did not become {status}");
    };
    shown(cancelled, "Cancelled").await;
    shown(waits, "PendingApproval").await;
    // The other one is refused later, and its approval ends.
    let refused = CommandRefused { command_id: waits.to_string(), ..CommandRefused::default() };
    publish(&bus, &waits.to_string(), CommandEvent::CommandRefused(refused), 0).await;
    shown(waits, "Cancelled").await;
    asking.stop().await;
    running.stop().await;
}
