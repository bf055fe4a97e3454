//! Maintenance windows on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use reeve_contracts::{
    maintenance_windows::{FiredTarget, FiredTask, WindowCreated, WindowEvent, WindowFired},
    run_command::{CommandEvent, CommandRefused},
};
use reeve_testkit::Nats;
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use support::{Fleet, node};

fn web() -> Value {
    json!([{"Key": "tag:role", "Values": ["web"]}])
}

fn commands(texts: &[&str]) -> Value {
    json!({"TaskInvocationParameters": {"RunCommand": {"Parameters": {"commands": texts}}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_fire_each_instant_once_and_restarts_without_views_ask_for_nothing_twice() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 4).await;
    let second = fleet.replica(&nats).await;
    let mut windows = Vec::new();
    for _ in 0..10 {
        let window = fleet.window(3_000).await;
        let target = fleet.target(&window, web()).await;
        fleet.task(&window, "RUN_COMMAND", &target, commands(&["a"])).await;
        fleet.task(&window, "AUTOMATION", &target, json!({})).await;
        windows.push(window);
    }
    fleet
        .until("each has begun", async || {
            fleet.asked(|asked| (asked.commands.len(), asked.automations.len())) == (10, 10)
        })
        .await;
    for _ in 0..3 {
        fleet.restart(&nats).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(fleet.asked(|asked| (asked.commands.len(), asked.automations.len())), (10, 10));
    for n in 0..10 {
        fleet.finish_command(n, "Success").await;
        fleet.finish_automation(n, "Success").await;
    }
    // 50% of two nodes is one at a time.
    fleet.until("the others run", async || fleet.asked(|asked| asked.automations.len()) == 20).await;
    fleet.restart(&nats).await;
    for n in 10..20 {
        fleet.finish_automation(n, "Success").await;
    }
    for window in &windows {
        fleet.until("it has ended", async || fleet.executions(window).await[0]["Status"] == "SUCCESS").await;
        assert_eq!(fleet.executions(window).await.len(), 1);
        let fired = fleet.events(window).await.into_iter();
        assert_eq!(fired.filter(|event| matches!(event, WindowEvent::WindowFired(_))).count(), 1);
    }
    let ids = fleet.asked(|asked| {
        let all = asked.commands.iter().map(|(id, _)| id).chain(asked.automations.iter().map(|(id, _)| id));
        all.cloned().collect::<BTreeSet<_>>().len()
    });
    assert_eq!(ids, 30);
    fleet.rebuilt_equals_live(&nats).await;
    second.stop().await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_shows_its_tasks_and_invocations() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 3).await;
    let window = fleet.window(2_000).await;
    let target = fleet.target(&window, web()).await;
    let more = commands(&["echo {{WINDOW_ID}} {{ WINDOW_TARGET_ID }}"]);
    fleet.task(&window, "RUN_COMMAND", &target, more).await;
    let on_named = json!({"Priority": 9, "Targets": [{"Key": "InstanceIds", "Values": [node(0), node(1)]}]});
    fleet.task(&window, "RUN_COMMAND", &target, on_named).await;
    fleet.until("it runs", async || fleet.asked(|asked| asked.commands.len()) == 1).await;
    let first = fleet.asked(|asked| asked.commands[0].1.clone());
    assert_eq!(first.parameters_json, json!({"commands": [format!("echo {window} {target}")]}).to_string());
    assert_eq!((&first.node_ids, first.passes_over_deregistered), (&vec![node(0), node(2)], true));
    assert_eq!((first.max_concurrency.as_str(), first.document_name.as_str()), ("50%", "Doc"));
    let execution = fleet.executions(&window).await[0].clone();
    assert_eq!(execution["Status"], "IN_PROGRESS");
    let id = execution["WindowExecutionId"].clone();
    let list = json!({"WindowExecutionId": id});
    let tasks = fleet.call("DescribeMaintenanceWindowExecutionTasks", list.clone()).await.unwrap();
    let tasks = tasks["WindowExecutionTaskIdentities"].as_array().unwrap().clone();
    let statuses: Vec<_> = tasks.iter().map(|task| task["Status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["IN_PROGRESS", "PENDING"]);
    fleet.finish_command(0, "Failed").await;
    fleet.until("the next task runs", async || fleet.asked(|asked| asked.commands.len()) == 2).await;
    let second = fleet.asked(|asked| asked.commands[1].1.clone());
    assert_eq!(second.node_ids, vec![node(0)], "a node of no registered target does not run");
    fleet.finish_command(1, "Success").await;
    fleet.until("it has ended", async || fleet.executions(&window).await[0]["Status"] == "FAILED").await;
    let of_task = json!({"WindowExecutionId": id, "TaskId": tasks[0]["TaskExecutionId"]});
    let listed =
        fleet.call("DescribeMaintenanceWindowExecutionTaskInvocations", of_task.clone()).await.unwrap();
    let invocation = listed["WindowExecutionTaskInvocationIdentities"][0].clone();
    assert_eq!(invocation["ExecutionId"], fleet.asked(|asked| asked.commands[0].0.clone()));
    assert_eq!(
        (&invocation["OwnerInformation"], &invocation["WindowTargetId"]),
        (&json!("owner"), &json!(target))
    );
    let told: Value = serde_json::from_str(invocation["Parameters"].as_str().unwrap()).unwrap();
    assert_eq!((&told["documentName"], &told["instanceIds"]), (&json!("Doc"), &json!([node(0), node(2)])));
    let mut one = of_task.clone();
    one["InvocationId"] = invocation["InvocationId"].clone();
    let one = fleet.call("GetMaintenanceWindowExecutionTaskInvocation", one).await.unwrap();
    assert_eq!((&one["Status"], &one["ExecutionId"]), (&json!("FAILED"), &invocation["ExecutionId"]));
    let task = fleet.call("GetMaintenanceWindowExecutionTask", of_task).await.unwrap();
    assert_eq!(
        (&task["Status"], &task["Type"], &task["Priority"]),
        (&json!("FAILED"), &json!("RUN_COMMAND"), &json!(1))
    );
    let whole = fleet.call("GetMaintenanceWindowExecution", list.clone()).await.unwrap();
    assert_eq!(whole["StatusDetails"], "One or more tasks in the orchestration failed.");
    assert_eq!(whole["TaskIds"].as_array().unwrap().len(), 2);
    let failed = json!({"WindowExecutionId": id, "Filters": [{"Key": "STATUS", "Values": ["FAILED"]}]});
    let failed = fleet.call("DescribeMaintenanceWindowExecutionTasks", failed).await.unwrap();
    assert_eq!(failed["WindowExecutionTaskIdentities"].as_array().unwrap().len(), 1);
    // What has ended stays as it is.
    let cancelled = fleet.call("CancelMaintenanceWindowExecution", list).await.unwrap();
    assert_eq!(cancelled["WindowExecutionId"], id);
    assert_eq!(fleet.executions(&window).await[0]["Status"], "FAILED");
    fleet.rebuilt_equals_live(&nats).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instants_in_an_outage_are_missed_or_fire_late() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 1).await;
    // Made five hours ago, due every hour since, with nobody there: three hours long, with a cutoff of one.
    let now = Timestamp::now().0;
    let created = WindowCreated {
        window_id: "mw-00000000000000001".into(),
        window_json: json!({"Name": "w", "Schedule": "rate(1 hour)", "Duration": 3, "Cutoff": 1}).to_string(),
        is_enabled: true,
        created_ms: now - 5 * 3_600_000 - 60_000,
        ..WindowCreated::default()
    };
    let id = created.window_id.clone();
    fleet.publish(&id, WindowEvent::WindowCreated(created)).await;
    fleet.until("all have fired", async || fleet.executions(&id).await.len() == 5).await;
    fleet
        .until("all have ended", async || {
            fleet.executions(&id).await.iter().all(|execution| execution["EndTime"].is_number())
        })
        .await;
    let all = fleet.executions(&id).await;
    let missed: Vec<_> =
        all.iter().filter(|one| one["StatusDetails"].as_str().unwrap().starts_with("Missed")).collect();
    assert_eq!((missed.len(), missed.iter().all(|one| one["Status"] == "TIMED_OUT")), (3, true), "{all:#?}");
    // The fourth hour fires late; the fifth does as well, or comes while that runs.
    let fourth =
        all[..2].iter().find(|one| one["StatusDetails"].as_str().unwrap().starts_with("It began late"));
    assert!(fourth.is_some_and(|one| one["Status"] == "SUCCESS"), "{all:#?}");
    fleet.restart(&nats).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(fleet.executions(&id).await, all, "a restart fires nothing again");
    fleet.stop().await;
}

/// A firing whose cutoff is at hand: a window's own are hours long.
fn firing(tasks: &[Value]) -> WindowFired {
    let now = Timestamp::now().0;
    let targets = json!({"Targets": [{"Key": "InstanceIds", "Values": [node(0)]}]}).to_string();
    let tasks = tasks.iter().map(|more| {
        let mut task = json!({"TaskArn": "Doc", "MaxConcurrency": "1", "MaxErrors": "1",
            "Targets": [{"Key": "WindowTargetIds", "Values": ["t"]}]});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        FiredTask {
            window_task_id: "task".into(),
            task_execution_id: new_uuid().to_string(),
            task_json: task.to_string(),
            principal: "alice".into(),
        }
    });
    WindowFired {
        window_id: "mw-00000000000000002".into(),
        execution_id: new_uuid().to_string(),
        due_ms: now,
        fired_ms: now,
        cutoff_ms: now + 1_500,
        end_ms: now + 3_000,
        tasks: tasks.collect(),
        targets: vec![FiredTarget { window_target_id: "t".into(), target_json: targets }],
        ..WindowFired::default()
    }
}

async fn is_over(fleet: &Fleet, execution_id: &str) {
    fleet
        .until("it has ended", async || {
            let input = json!({"WindowExecutionId": execution_id});
            fleet.call("GetMaintenanceWindowExecution", input).await.unwrap()["Status"] == "TIMED_OUT"
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_cutoff_running_commands_are_cancelled() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 2).await;
    let window = fleet.create(json!({"Schedule": "rate(1 day)"})).await;
    let fired = firing(&[json!({"TaskType": "RUN_COMMAND", "CutoffBehavior": "CANCEL_TASK"})]);
    let (id, execution_id, cutoff_ms) =
        (fired.window_id.clone(), fired.execution_id.clone(), fired.cutoff_ms);
    fleet.publish(&id, WindowEvent::WindowFired(fired)).await;
    fleet.until("it runs", async || fleet.asked(|asked| asked.commands.len()) == 1).await;
    assert_eq!(fleet.asked(|asked| asked.cancellations.len()), 0);
    fleet.until("it is cancelled", async || fleet.asked(|asked| asked.cancellations.len()) == 1).await;
    assert!(Timestamp::now().0 >= cutoff_ms);
    assert_eq!(
        fleet.asked(|asked| asked.cancellations[0].clone()),
        fleet.asked(|asked| asked.commands[0].0.clone())
    );
    fleet.finish_command(0, "Cancelled").await;
    is_over(&fleet, &execution_id).await;
    assert_eq!(fleet.executions(&window).await.len(), 0);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_cutoff_what_goes_on_is_withdrawn_if_change_rules_hold_it() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 2).await;
    let fired = firing(&[json!({"TaskType": "RUN_COMMAND"}), json!({"TaskType": "AUTOMATION"})]);
    let (id, execution_id) = (fired.window_id.clone(), fired.execution_id.clone());
    fleet.publish(&id, WindowEvent::WindowFired(fired)).await;
    fleet.until("each is asked about", async || fleet.asked(|asked| asked.withdrawals.len()) == 2).await;
    let (mut asked, mut runs) = fleet.asked(|asked| {
        let ids: Vec<String> = asked.withdrawals.iter().map(|(id, _)| id.clone()).collect();
        assert!(asked.withdrawals.iter().all(|(_, reason)| reason.contains("when the cutoff of its window")));
        (ids, vec![asked.commands[0].0.clone(), asked.automations[0].0.clone()])
    });
    asked.sort();
    runs.sort();
    assert_eq!((asked, fleet.asked(|asked| asked.cancellations.len())), (runs, 0));
    // The command was held, and the runbook ran.
    let (command_id, command) = fleet.asked(|asked| asked.commands[0].clone());
    let refused = CommandRefused {
        command_id: command_id.clone(),
        origin_kind: command.origin_kind,
        origin_id: command.origin_id,
        code: "Cancelled".into(),
        reason: fleet.asked(|asked| asked.withdrawals[0].1.clone()),
        ..CommandRefused::default()
    };
    fleet.publish(&command_id, CommandEvent::CommandRefused(refused)).await;
    fleet.finish_automation(0, "Success").await;
    is_over(&fleet, &execution_id).await;
    let tasks =
        fleet.call("DescribeMaintenanceWindowExecutionTasks", json!({"WindowExecutionId": execution_id}));
    let tasks = tasks.await.unwrap()["WindowExecutionTaskIdentities"].clone();
    let mut statuses: Vec<_> =
        tasks.as_array().unwrap().iter().map(|task| task["Status"].as_str().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["SUCCESS", "TIMED_OUT"], "{tasks}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_are_changed_listed_and_found() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 2).await;
    let zone = json!({"Schedule": "cron(0 0 ? * SUN#4 *)", "ScheduleTimezone": "Australia/Sydney", "Name": "sydney",
        "Description": "d", "ClientToken": "token"});
    let window = fleet.create(zone.clone()).await;
    assert_eq!(fleet.create(zone.clone()).await, window, "one token is one window");
    let mut other = zone;
    other["Duration"] = json!(4);
    other["Cutoff"] = json!(0);
    other["AllowUnassociatedTargets"] = json!(true);
    let refused = fleet.call("CreateMaintenanceWindow", other).await.unwrap_err();
    assert!(refused.starts_with("IdempotentParameterMismatch"), "{refused}");
    let get = json!({"WindowId": window});
    let shown = fleet.call("GetMaintenanceWindow", get.clone()).await.unwrap();
    let next = shown["NextExecutionTime"].as_str().unwrap();
    assert!(next.ends_with("T00:00+10:00") || next.ends_with("T00:00+11:00"), "{next}");
    assert_eq!((&shown["Enabled"], &shown["Description"]), (&json!(true), &json!("d")));

    let update = json!({"WindowId": window, "Enabled": false});
    let updated = fleet.call("UpdateMaintenanceWindow", update).await.unwrap();
    assert_eq!(
        (&updated["Enabled"], &updated["Description"]),
        (&json!(false), &json!("d")),
        "what is left out stays"
    );
    let shown = fleet.call("GetMaintenanceWindow", get.clone()).await.unwrap();
    assert_eq!(shown["NextExecutionTime"], Value::Null);
    // Each member alone, and the others stay.
    let (start, end) = ("2026-01-01T00:00:00+10:00", "2099-01-01T00:00:00Z");
    let mut expected = shown.clone();
    for (member, value) in [
        ("StartDate", json!(start)),
        ("EndDate", json!(end)),
        ("ScheduleOffset", json!(2)),
        ("ScheduleTimezone", json!("Europe/Berlin")),
        ("Cutoff", json!(0)),
        ("Enabled", json!(true)),
        ("Enabled", json!(false)),
    ] {
        let mut update = json!({"WindowId": window});
        update[member] = value.clone();
        fleet.call("UpdateMaintenanceWindow", update).await.unwrap();
        let shown = fleet.call("GetMaintenanceWindow", get.clone()).await.unwrap();
        expected[member] = value;
        for changes in ["ModifiedDate", "NextExecutionTime"] {
            expected[changes] = shown[changes].clone();
        }
        let has = |of: &Value| of.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).count();
        assert!(has(&shown) == has(&expected) && shown[member] == expected[member], "{member}: {shown}");
        assert_eq!((&shown["Name"], &shown["Schedule"]), (&expected["Name"], &expected["Schedule"]));
    }
    let replace = json!({"WindowId": window, "Replace": true, "Name": "new", "Schedule": "rate(1 day)", "Duration": 1,
        "Cutoff": 0, "AllowUnassociatedTargets": true});
    let replaced = fleet.call("UpdateMaintenanceWindow", replace.clone()).await.unwrap();
    assert_eq!((&replaced["Description"], &replaced["ScheduleTimezone"]), (&Value::Null, &Value::Null));
    let mut lacks = replace;
    lacks.as_object_mut().unwrap().remove("Name");
    let refused = fleet.call("UpdateMaintenanceWindow", lacks).await.unwrap_err();
    assert!(refused.contains("Name: with Replace it is needed"), "{refused}");

    let hourly = fleet.create(json!({"Schedule": "rate(1 hour)", "Name": "hourly"})).await;
    fleet.target(&hourly, web()).await;
    let list = json!({"Filters": [{"Key": "Enabled", "Values": ["true"]}]});
    let listed = fleet.call("DescribeMaintenanceWindows", list).await.unwrap();
    assert_eq!(listed["WindowIdentities"].as_array().unwrap().len(), 1);
    for (targets, expected) in [
        (json!([{"Key": "InstanceIds", "Values": [node(0)]}]), 1),
        (json!([{"Key": "InstanceIds", "Values": [node(1)]}]), 0),
        (json!([{"Key": "tag:role", "Values": ["web"]}]), 1),
        (json!([{"Key": "tag:role", "Values": ["db"]}]), 0),
    ] {
        let input = json!({"ResourceType": "INSTANCE", "Targets": targets});
        let found = fleet.call("DescribeMaintenanceWindowsForTarget", input.clone()).await.unwrap();
        assert_eq!(found["WindowIdentities"].as_array().unwrap().len(), expected, "{input}");
    }
    // Pages of instants join without gap or repeat, up to a hundred.
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({"MaxResults": 30});
        if token.is_string() {
            input["NextToken"] = token;
        }
        let page = fleet.call("DescribeMaintenanceWindowSchedule", input).await.unwrap();
        let entries = page["ScheduledWindowExecutions"].as_array().unwrap();
        seen.extend(entries.iter().map(|entry| entry["ExecutionTime"].as_str().unwrap().to_owned()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (100, 100));
    let preview = fleet.call("PreviewMaintenanceWindow", json!({"windowId": hourly})).await.unwrap();
    assert_eq!(
        (preview["firings"].as_array().unwrap().len(), &preview["nodes"][0]["nodeId"]),
        (5, &json!(node(0)))
    );

    for id in [&window, "mw-00000000000000009"] {
        let deleted = fleet.call("DeleteMaintenanceWindow", json!({"WindowId": id})).await.unwrap();
        assert_eq!(deleted["WindowId"], *id, "also of what there is not");
    }
    let gone = fleet.call("GetMaintenanceWindow", get).await.unwrap_err();
    assert_eq!(gone, format!("DoesNotExistException: Maintenance window {window} does not exist"));
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name_and_value() {
    let nats = Nats::start();
    let fleet = Fleet::start(&nats, 1).await;
    let window = fleet.create(json!({"Schedule": "rate(1 day)"})).await;
    let target = fleet.target(&window, web()).await;
    let made = |more: Value| {
        let mut input = json!({"Name": "window", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": false,
            "Schedule": "rate(1 day)"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("CreateMaintenanceWindow", input)
    };
    let targets = |more: Value| {
        let mut input = json!({"WindowId": window, "ResourceType": "INSTANCE", "Targets": web()});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("RegisterTargetWithMaintenanceWindow", input)
    };
    let task = |more: Value| {
        let mut input = json!({"WindowId": window, "TaskType": "RUN_COMMAND", "TaskArn": "Doc", "MaxConcurrency": "1",
            "MaxErrors": "1", "Targets": [{"Key": "WindowTargetIds", "Values": [target]}]});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("RegisterTaskWithMaintenanceWindow", input)
    };
    let eleven: Vec<String> = (0..11).map(|_| target.clone()).collect();
    let rates = "Maintenance window tasks without targets do not support MaxErrors values. Maintenance window tasks without \
        targets do not support MaxConcurrency values.";
    let cases = [
        (made(json!({"Schedule": "cron(banana)"})), "ValidationException: Schedule is \"cron(banana)\""),
        (made(json!({"Cutoff": 2})), "ValidationException: Cutoff is 2, and Duration is 2"),
        (made(json!({"ScheduleTimezone": "Mars/X"})), "ValidationException: ScheduleTimezone is \"Mars/X\""),
        (made(json!({"StartDate": "soon"})), "ValidationException: StartDate is \"soon\""),
        (made(json!({"Tags": [{"Key": "aws:x", "Value": "y"}]})), "ValidationException"),
        (
            targets(json!({"ResourceType": "RESOURCE_GROUP"})),
            "ValidationException: ResourceType is RESOURCE_GROUP",
        ),
        (targets(json!({"Targets": []})), "ValidationException: Targets must have at least one"),
        (
            targets(json!({"Targets": [{"Key": "Colour", "Values": ["x"]}]})),
            "ValidationException: Targets: The target key \"Colour\"",
        ),
        (
            targets(json!({"Targets": [{"Key": "tag:a", "Values": []}]})),
            "ValidationException: Targets: \"tag:a\" has no Values",
        ),
        (
            targets(json!({"WindowId": "mw-00000000000000000"})),
            "DoesNotExistException: Maintenance window mw-00000000000000000 does not exist",
        ),
        (task(json!({"TaskType": "LAMBDA"})), "FeatureNotAvailableException: TaskType is LAMBDA"),
        (
            task(json!({"TaskType": "STEP_FUNCTIONS"})),
            "FeatureNotAvailableException: TaskType is STEP_FUNCTIONS",
        ),
        (
            task(json!({"Targets": []})),
            "ValidationException: Targets: a task of type RUN_COMMAND needs at least one",
        ),
        (task(json!({"TaskType": "AUTOMATION", "Targets": []})), rates),
        (task(json!({"MaxErrors": null})), "ValidationException: MaxErrors is needed"),
        (
            task(json!({"Targets": [{"Key": "WindowTargetIds", "Values": eleven}]})),
            "ValidationException: The maximum number of window targets is 10",
        ),
        (
            task(json!({"Targets": [{"Key": "WindowTargetIds", "Values": ["x"]}]})),
            "ValidationException: Targets names the window target x",
        ),
        (task(commands(&["{{RESOURCE_ID}}"])), "ValidationException: The parameters name {{RESOURCE_ID}}"),
        (
            task(json!({"TaskInvocationParameters": {"Automation": {}}})),
            "ValidationException: TaskInvocationParameters has Automation",
        ),
        (
            task(json!({"AlarmConfiguration": {"Alarms": [{"Name": "x"}]}})),
            "ValidationException: AlarmConfiguration",
        ),
        (
            ("DescribeMaintenanceWindows", json!({"Filters": [{"Key": "Colour", "Values": ["x"]}]})),
            "ValidationException: Filters has the key \"Colour\"",
        ),
        (
            ("DescribeMaintenanceWindows", json!({"Filters": [{"Key": "Enabled", "Values": ["x"]}]})),
            "ValidationException",
        ),
        (
            ("DescribeMaintenanceWindowSchedule", json!({"NextToken": "x"})),
            "ValidationException: NextToken is \"x\"",
        ),
        (("CancelMaintenanceWindowExecution", json!({"WindowExecutionId": "x"})), "DoesNotExistException"),
        (
            ("GetMaintenanceWindowTask", json!({"WindowId": window, "WindowTaskId": "x"})),
            "DoesNotExistException: Window task x",
        ),
        (
            ("DeregisterTargetFromMaintenanceWindow", json!({"WindowId": window, "WindowTargetId": "x"})),
            "DoesNotExistException",
        ),
    ];
    for ((operation, input), expected) in cases {
        let refused = fleet.call(operation, input.clone()).await.expect_err(&input.to_string());
        assert!(refused.contains(expected), "{input}: {refused}");
    }
    let (operation, input) =
        task(json!({"TaskType": "AUTOMATION", "Targets": [], "MaxErrors": null, "MaxConcurrency": null}));
    let alone = fleet.call(operation, input).await.unwrap()["WindowTaskId"].clone();
    let shown = fleet
        .call("GetMaintenanceWindowTask", json!({"WindowId": window, "WindowTaskId": alone}))
        .await
        .unwrap();
    assert_eq!(
        (&shown["MaxErrors"], &shown["MaxConcurrency"]),
        (&json!("1"), &json!("1")),
        "as AWS shows them"
    );
    let (operation, input) = task(json!({}));
    let made = fleet.call(operation, input).await.unwrap();
    let safe = json!({"WindowId": window, "WindowTargetId": target, "Safe": true});
    let refused = fleet.call("DeregisterTargetFromMaintenanceWindow", safe).await.unwrap_err();
    assert!(refused.starts_with("TargetInUseException") && refused.contains(&target), "{refused}");
    // The invocation parameters are one: what is not sent with them again is gone.
    let update = |told: Value| json!({"WindowId": window, "WindowTaskId": made["WindowTaskId"], "TaskInvocationParameters": {"RunCommand": told}});
    fleet
        .call("UpdateMaintenanceWindowTask", update(json!({"Comment": "c", "TimeoutSeconds": 60})))
        .await
        .unwrap();
    let updated =
        fleet.call("UpdateMaintenanceWindowTask", update(json!({"TimeoutSeconds": 70}))).await.unwrap();
    assert_eq!(updated["TaskInvocationParameters"]["RunCommand"], json!({"TimeoutSeconds": 70}));
    assert_eq!(updated["MaxConcurrency"], "1", "another member stays");
    fleet.stop().await;
}
