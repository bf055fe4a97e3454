//! Maintenance windows, as the `aws` CLI sees them, on real nodes; killed in the middle.

use reeve_e2e::{Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};

/// Lets a window fire once, so many seconds from now: what is registered with it is complete.
fn fires_in(instance: &Instance, window: &str, seconds: i64) {
    let at = Timestamp(Timestamp::now().0 + seconds * 1_000).rfc3339();
    let update = json!({"WindowId": window, "Schedule": format!("at({})", &at[..19])});
    instance.call("UpdateMaintenanceWindow", &update);
}

fn create(instance: &Instance, name: &str) -> String {
    let create =
        ["create-maintenance-window", "--name", name, "--schedule", "rate(1 day)", "--duration", "2"];
    let more = ["--cutoff", "1", "--no-allow-unassociated-targets", "--tags", "Key=team,Value=web"];
    let made = instance.aws(&[&create[..], &more].concat()).json();
    made["WindowId"].as_str().unwrap().to_owned()
}

fn target(instance: &Instance, window: &str, targets: &str) -> String {
    let register =
        ["register-target-with-maintenance-window", "--window-id", window, "--resource-type", "INSTANCE"];
    let made =
        instance.aws(&[&register[..], &["--targets", targets, "--owner-information", "us"]].concat()).json();
    made["WindowTargetId"].as_str().unwrap().to_owned()
}

fn task(
    instance: &Instance,
    window: &str,
    target: &str,
    kind: &str,
    document: &str,
    more: &[&str],
) -> String {
    let targets = format!("Key=WindowTargetIds,Values={target}");
    let register = [
        "register-task-with-maintenance-window",
        "--window-id",
        window,
        "--task-type",
        kind,
        "--task-arn",
        document,
        "--targets",
        &targets,
        "--max-concurrency",
        "1",
        "--max-errors",
        "0",
    ];
    let made = instance.aws(&[&register[..], more].concat()).json();
    made["WindowTaskId"].as_str().unwrap().to_owned()
}

fn executions(instance: &Instance, window: &str) -> Vec<Value> {
    let listed = instance.aws(&["describe-maintenance-window-executions", "--window-id", window]).json();
    listed["WindowExecutions"].as_array().unwrap().clone()
}

/// The execution of a window that fires once, when it has ended.
fn ended(instance: &Instance, window: &str) -> Value {
    wait_for("the window's execution has ended", || {
        let execution = executions(instance, window).first().cloned()?;
        execution["EndTime"].is_number().then_some(execution)
    })
}

fn runbook(instance: &Instance, name: &str, script: &str) {
    let run = json!({"name": "run", "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript",
        "InstanceIds": ["{{ InstanceId }}"], "Parameters": {"commands": [script]}}});
    let content =
        json!({"schemaVersion": "0.3", "parameters": {"InstanceId": {"type": "String"}}, "mainSteps": [run]});
    let document = json!({"Name": name, "DocumentType": "Automation", "Content": content.to_string()});
    instance.call("CreateDocument", &document);
}

#[test]
fn a_window_runs_a_command_and_then_a_runbook_by_the_aws_cli() {
    let instance = Instance::start(1);
    let (node, file) = (instance.node(), instance.scratch().join("ran"));
    let say = |text: &str| format!("echo {text} >> {}", file.display());
    runbook(&instance, "Book", &say("book"));
    let window = create(&instance, "nightly");
    let registered = target(&instance, &window, &format!("Key=InstanceIds,Values={node}"));
    let told = json!({"RunCommand": {"Parameters": {"commands": [say("{{WINDOW_ID}}")]}, "Comment": "c"}})
        .to_string();
    let command = ["--task-invocation-parameters", &told, "--priority", "1", "--name", "first"];
    task(&instance, &window, &registered, "RUN_COMMAND", "AWS-RunShellScript", &command);
    let told = json!({"Automation": {"Parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}}).to_string();
    let book = ["--task-invocation-parameters", &told, "--priority", "2"];
    let second = task(&instance, &window, &registered, "AUTOMATION", "Book", &book);
    let shown = instance.aws(&["get-maintenance-window", "--window-id", &window]).json();
    assert!(shown["NextExecutionTime"].as_str().unwrap().ends_with('Z'), "{shown}");
    let tags = ["list-tags-for-resource", "--resource-type", "MaintenanceWindow", "--resource-id", &window];
    assert_eq!(instance.aws(&tags).json()["TagList"], json!([{"Key": "team", "Value": "web"}]));
    let preview = instance.reeve(&["windows", "preview", "nightly"]);
    assert!(preview.success && preview.stdout.contains(&node), "{}{}", preview.stdout, preview.stderr);

    fires_in(&instance, &window, 2);
    let execution = ended(&instance, &window);
    assert_eq!(execution["Status"], "SUCCESS", "{execution}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{window}\nbook\n"));
    let id = execution["WindowExecutionId"].as_str().unwrap();
    let tasks = ["describe-maintenance-window-execution-tasks", "--window-execution-id", id];
    let tasks = instance.aws(&tasks).json();
    let tasks = tasks["WindowExecutionTaskIdentities"].as_array().unwrap();
    assert_eq!(
        (tasks.len(), &tasks[0]["TaskType"], &tasks[1]["Status"]),
        (2, &json!("RUN_COMMAND"), &json!("SUCCESS"))
    );
    let of = |task: &Value| {
        let task = task["TaskExecutionId"].as_str().unwrap();
        let list = ["describe-maintenance-window-execution-task-invocations", "--window-execution-id", id];
        let listed = instance.aws(&[&list[..], &["--task-id", task]].concat()).json();
        listed["WindowExecutionTaskInvocationIdentities"][0].clone()
    };
    let (command, automation) = (of(&tasks[0]), of(&tasks[1]));
    let get = [
        "get-command-invocation",
        "--command-id",
        command["ExecutionId"].as_str().unwrap(),
        "--instance-id",
        &node,
    ];
    assert_eq!(instance.aws(&get).json()["StatusDetails"], "Success");
    assert_eq!(command["OwnerInformation"], "us");
    let get = [
        "get-automation-execution",
        "--automation-execution-id",
        automation["ExecutionId"].as_str().unwrap(),
    ];
    assert_eq!(instance.aws(&get).json()["AutomationExecution"]["AutomationExecutionStatus"], "Success");
    let get = ["get-maintenance-window-task", "--window-id", &window, "--window-task-id", &second];
    assert_eq!(instance.aws(&get).json()["CutoffBehavior"], "CONTINUE_TASK");
    for command in [vec!["list"], vec!["show", "nightly"], vec!["executions", "nightly"]] {
        let shown = instance.reeve(&[&["windows"], command.as_slice()].concat());
        assert!(shown.success && !shown.stdout.is_empty(), "{}{}", shown.stdout, shown.stderr);
    }
    let shown = instance.reeve(&["windows", "executions", "nightly", "--execution", id]);
    assert!(
        shown.stdout.contains("AUTOMATION") && shown.stdout.contains("SUCCESS"),
        "{}{}",
        shown.stdout,
        shown.stderr
    );

    let safe = ["deregister-target-from-maintenance-window", "--safe", "--window-id", &window];
    let refused = instance.aws(&[&safe[..], &["--window-target-id", &registered]].concat());
    assert!(refused.complaint().contains("(TargetInUseException)"), "{}", refused.complaint());
    instance.aws(&["delete-maintenance-window", "--window-id", &window]).text();
    let gone = instance.aws(&["get-maintenance-window", "--window-id", &window]);
    let expected = format!(
        "(DoesNotExistException) when calling the GetMaintenanceWindow operation: Maintenance window {window} does not exist"
    );
    assert!(gone.complaint().contains(&expected), "{}", gone.complaint());
}

#[test]
fn what_its_maker_may_not_do_is_not_run_and_says_so() {
    let instance = Instance::start(1);
    let maker = instance.principal("maker", &[]);
    let policy = r#"permit(principal == Principal::"maker", action == Action::"ssm:RegisterTaskWithMaintenanceWindow", resource);"#;
    std::fs::write(instance.scratch().join("p.cedar"), policy).unwrap();
    instance.reeve(&["access", "put-policy", "makers", "p.cedar"]).text();
    let window = create(&instance, "made");
    let registered = target(&instance, &window, &format!("Key=InstanceIds,Values={}", instance.node()));
    let raw = instance.raw_as(&maker);
    let task = json!({"WindowId": window, "TaskType": "RUN_COMMAND", "TaskArn": "AWS-RunShellScript",
        "Targets": [{"Key": "WindowTargetIds", "Values": [registered]}], "MaxConcurrency": "1", "MaxErrors": "1",
        "TaskInvocationParameters": {"RunCommand": {"Parameters": {"commands": ["true"]}}}});
    wait_for("the policy is in force", || {
        let (status, _) = raw.call("RegisterTaskWithMaintenanceWindow", &task);
        (status == 200).then_some(())
    });
    fires_in(&instance, &window, 2);
    let execution = ended(&instance, &window);
    assert_eq!(execution["Status"], "FAILED");
    let id = execution["WindowExecutionId"].as_str().unwrap();
    let shown = instance.reeve(&["windows", "executions", "made", "--execution", id]);
    assert!(shown.stdout.contains("AccessDeniedException"), "{}{}", shown.stdout, shown.stderr);
}

/// Whatever part of it is killed when, each task runs once and the execution ends.
#[test]
fn windows_that_are_killed_in_the_middle_run_each_task_once() {
    let mut instance = Instance::start(1);
    let (node, file) = (instance.node(), instance.scratch().join("done"));
    let say = |text: &str| format!("echo {text} >> {}", file.display());
    runbook(&instance, "Book", &say("book"));
    let window = create(&instance, "killed");
    let registered = target(&instance, &window, &format!("Key=InstanceIds,Values={node}"));
    for (priority, text) in [("1", "one"), ("3", "three")] {
        let told = json!({"RunCommand": {"Parameters": {"commands": [say(text)]}}}).to_string();
        let more = ["--task-invocation-parameters", &told, "--priority", priority];
        task(&instance, &window, &registered, "RUN_COMMAND", "AWS-RunShellScript", &more);
    }
    let told = json!({"Automation": {"Parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}}).to_string();
    let more = ["--task-invocation-parameters", &told, "--priority", "2"];
    task(&instance, &window, &registered, "AUTOMATION", "Book", &more);
    fires_in(&instance, &window, 2);
    wait_for("it has fired", || (!executions(&instance, &window).is_empty()).then_some(()));
    for round in 0..4 {
        std::thread::sleep(std::time::Duration::from_millis(100 + 170 * round));
        instance.kill();
        instance.restart();
    }
    let execution = ended(&instance, &window);
    assert_eq!(executions(&instance, &window).len(), 1);
    // A command that was cut off with its node fails its task; the others run, and none runs twice.
    let done = std::fs::read_to_string(&file).unwrap_or_default();
    let lines: Vec<&str> = done.lines().collect();
    match execution["Status"].as_str().unwrap() {
        "SUCCESS" => assert_eq!(lines, ["one", "book", "three"], "{execution}"),
        "FAILED" => {
            let mut once = lines.clone();
            once.dedup();
            assert!(once == lines && lines.len() < 4, "{lines:?}: {execution}");
        }
        other => panic!("{other}: {execution}"),
    }
    let commands = instance.call("ListCommands", &json!({}))["Commands"].as_array().unwrap().len();
    assert_eq!(commands, 3, "one for each task: {lines:?}");
    let (status, letters) = instance.raw().call_of("dead-letters", "ListDeadLetters", &json!({}), None);
    assert_eq!((status, &letters["deadLetters"]), (200, &json!([])), "{letters}");
}

#[test]
fn an_instant_in_an_outage_fires_late_and_once() {
    let mut instance = Instance::start(1);
    let file = instance.scratch().join("ran");
    let window = create(&instance, "late");
    let registered = target(&instance, &window, &format!("Key=InstanceIds,Values={}", instance.node()));
    let told = json!({"RunCommand": {"Parameters": {"commands": [format!("echo x >> {}", file.display())]}}})
        .to_string();
    let more = ["--task-invocation-parameters", told.as_str()];
    task(&instance, &window, &registered, "RUN_COMMAND", "AWS-RunShellScript", &more);
    fires_in(&instance, &window, 3);
    instance.kill();
    std::thread::sleep(std::time::Duration::from_secs(4));
    instance.restart();
    assert_eq!(ended(&instance, &window)["Status"], "SUCCESS");
    instance.kill();
    instance.restart();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(executions(&instance, &window).len(), 1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x\n");
}
