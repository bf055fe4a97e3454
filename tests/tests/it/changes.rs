//! Changes: rules by which commands and runbooks wait, are refused or are approved first, and change requests, as the `aws` CLI
//! and operators see them.

use reeve_e2e::{Answer, Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// An instant as iCalendar has it, so many seconds from now.
fn in_seconds(seconds: i64) -> String {
    let at = Timestamp(Timestamp::now().0 + seconds * 1_000).rfc3339();
    format!("{}Z", at[..19].replace(['-', ':'], ""))
}

/// A calendar that is closed between these seconds from now.
fn closed(from: i64, to: i64) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nPRODID:-//AWS//Change Calendar 1.0//EN\r\nVERSION:2.0\r\nX-CALENDAR-TYPE:DEFAULT_OPEN\r\n\
         BEGIN:VEVENT\r\nUID:u\r\nSUMMARY:Freeze\r\nDTSTART:{}\r\nDTEND:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        in_seconds(from),
        in_seconds(to)
    )
}

fn calendar(instance: &Instance, name: &str, content: &str) {
    let create =
        json!({"Name": name, "DocumentType": "ChangeCalendar", "DocumentFormat": "TEXT", "Content": content});
    instance.call("CreateDocument", &create);
}

/// The calendar says something else from now on.
fn update(instance: &Instance, name: &str, version: &str, content: &str) {
    let update =
        json!({"Name": name, "DocumentVersion": "$LATEST", "DocumentFormat": "TEXT", "Content": content});
    instance.call("UpdateDocument", &update);
    instance.call("UpdateDocumentDefaultVersion", &json!({"Name": name, "DocumentVersion": version}));
}

fn document(instance: &Instance, name: &str, kind: &str, content: &Value) {
    let content = content.to_string();
    instance.aws(&["create-document", "--name", name, "--document-type", kind, "--content", &content]).json();
}

/// A rule is in force when the service that holds it has heard of it.
fn put_rule(instance: &Instance, arguments: &[&str]) {
    wait_for("the calendar is known", || {
        let answer = instance.reeve(&[&["changes", "put-rule"], arguments].concat());
        assert!(answer.success || answer.stderr.contains("no such calendar"), "{}", answer.stderr);
        answer.success.then_some(())
    });
    std::thread::sleep(Duration::from_millis(500));
}

fn status(instance: &Instance, command: &str) -> (String, String) {
    let listed = instance.call("ListCommands", &json!({"CommandId": command}));
    let text = |member: &str| listed["Commands"][0][member].as_str().unwrap().to_owned();
    (text("Status"), text("StatusDetails"))
}

fn until(instance: &Instance, id: &str, status: &str) -> Value {
    wait_for(&format!("the execution is {status}"), || {
        let execution =
            instance.call("GetAutomationExecution", &json!({"AutomationExecutionId": id}))["AutomationExecution"]
                .clone();
        (execution["AutomationExecutionStatus"] == status).then_some(execution)
    })
}

/// The aws CLI, with the key of a principal.
fn aws_as(instance: &Instance, key: &Value, arguments: &[&str]) -> Answer {
    let mut command = instance.aws_command(arguments);
    command.env("AWS_ACCESS_KEY_ID", key["accessKeyId"].as_str().unwrap());
    command.env("AWS_SECRET_ACCESS_KEY", key["secretAccessKey"].as_str().unwrap());
    Answer::of(&mut command)
}

fn allow(instance: &Instance, name: &str, text: &str) {
    let file = instance.scratch().join(format!("{name}.cedar"));
    std::fs::write(&file, text).unwrap();
    instance.reeve(&["access", "put-policy", name, &file.display().to_string()]).text();
}

fn signal(instance: &Instance, key: &Value, id: &str, kind: &str) -> Answer {
    let signal = ["send-automation-signal", "--automation-execution-id", id, "--signal-type", kind];
    aws_as(instance, key, &signal)
}

#[test]
fn while_a_calendar_is_closed_commands_and_runbooks_wait_or_are_refused_and_its_opening_starts_them_once() {
    let mut instance = Instance::start(1);
    let (node, file) = (instance.node(), instance.scratch().join("ran"));
    calendar(&instance, "freeze", &closed(-60, 3_600));
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [{"name": "wait", "action": "aws:sleep",
        "inputs": {"Duration": "PT0.1S"}}]});
    document(&instance, "Wait", "Automation", &runbook);
    let both = ["--action", "SendCommand", "--action", "StartAutomationExecution", "--calendar", "freeze"];
    put_rule(&instance, &[&["holds"][..], &both].concat());
    put_rule(
        &instance,
        &[
            "refuses",
            "--action",
            "SendCommand",
            "--document",
            "AWS-RunPowerShellScript",
            "--calendar",
            "freeze",
            "--refuse",
        ],
    );

    let command = instance.send(&format!("echo x >> {}", file.display()));
    let cancelled = instance.send(&format!("echo cancelled >> {}", file.display()));
    assert_eq!(status(&instance, &command), ("Pending".into(), "PendingChangeCalendarOverride".into()));
    let start = ["start-automation-execution", "--document-name", "Wait"];
    let held = instance.aws(&start).json()["AutomationExecutionId"].as_str().unwrap().to_owned();
    let waiting = until(&instance, &held, "Waiting");
    assert_eq!(waiting["StepExecutions"][0]["Action"], "reeve:waitForCalendars");
    let refused = instance.aws(&[
        "send-command",
        "--document-name",
        "AWS-RunPowerShellScript",
        "--instance-ids",
        &node,
        "--parameters",
        "commands=x",
    ]);
    assert!(refused.complaint().contains("(AccessDeniedException)"), "{}", refused.complaint());
    assert!(refused.complaint().contains("change rule refuses"), "{}", refused.complaint());
    // One that is held can be cancelled as a whole: it is never sent.
    instance.aws(&["cancel-command", "--command-id", &cancelled]);
    assert_eq!(status(&instance, &cancelled), ("Cancelled".into(), "Cancelled".into()));
    // Who may lets one thing begin that waits, and says why.
    let urgent = instance.send(&format!("echo urgent >> {}", file.display()));
    let silent = instance.reeve(&["changes", "approve", &urgent]);
    assert!(silent.stderr.contains("holds (freeze): --comment says why"), "{}", silent.stderr);
    let over = instance.reeve(&["changes", "approve", &urgent, "--comment", "the shop burns"]);
    assert!(over.success, "{}", over.stderr);
    assert_eq!(instance.ended(&urgent)["Status"], "Success");
    let shown = instance.reeve(&["changes", "rules"]);
    assert!(shown.stdout.contains(&format!("administrator for {urgent} until")), "{}", shown.stdout);
    let waiting = instance.reeve(&["changes", "list", "--status", "PendingChangeCalendarOverride"]);
    assert!(waiting.stdout.contains(&command) && waiting.stdout.contains(&held), "{}", waiting.stdout);
    assert!(!waiting.stdout.contains(&cancelled) && !waiting.stdout.contains(&urgent), "{}", waiting.stdout);

    // It opens while nothing runs.
    update(&instance, "freeze", "2", &closed(-60, 4));
    instance.kill();
    std::thread::sleep(Duration::from_secs(5));
    instance.restart();
    assert_eq!(instance.ended(&command)["Status"], "Success");
    until(&instance, &held, "Success");
    instance.kill();
    instance.restart();
    std::thread::sleep(Duration::from_secs(1));
    let ran = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = ran.lines().filter(|line| *line == "x" || *line == "cancelled").collect();
    lines.sort_unstable();
    assert_eq!(lines, ["x"], "{ran}");
}

/// Nothing is left of it by which a policy could tell it, and that denies nobody the others.
#[test]
fn a_node_that_is_deregistered_while_its_command_waits_keeps_the_others_from_nothing() {
    let instance = Instance::start(2);
    let nodes = [1, 2].map(|n| instance.identity(n)["node_id"].as_str().unwrap().to_owned());
    for node in &nodes {
        let tags = json!([{"Key": "role", "Value": "web"}]);
        let add = json!({"ResourceType": "ManagedInstance", "ResourceId": node, "Tags": tags});
        instance.call("AddTagsToResource", &add);
    }
    let bob = instance.principal("bob", &[]);
    allow(
        &instance,
        "documents",
        r#"permit(principal, action == Action::"ssm:SendCommand", resource is Document);"#,
    );
    let web = r#"permit(principal, action == Action::"ssm:SendCommand", resource is Node)
        when { resource.hasTag("role") && resource.getTag("role") == "web" };"#;
    allow(&instance, "web", web);
    calendar(&instance, "freeze", &closed(-60, 3_600));
    put_rule(&instance, &["holds", "--action", "SendCommand", "--calendar", "freeze"]);
    let sent = aws_as(
        &instance,
        &bob,
        &[
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--targets",
            "Key=tag:role,Values=web",
            "--parameters",
            "commands=true",
        ],
    )
    .json();
    let command = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
    assert_eq!(status(&instance, &command).1, "PendingChangeCalendarOverride");
    instance.call("DeregisterManagedInstance", &json!({"InstanceId": nodes[1]}));
    update(&instance, "freeze", "2", &closed(-60, -30));
    assert_eq!(instance.ended(&command)["Status"], "Success");
    let of = json!({"CommandId": command});
    let listed = instance.call("ListCommandInvocations", &of)["CommandInvocations"].clone();
    let details = |node: &str| {
        listed.as_array().unwrap().iter().find(|run| run["InstanceId"] == node).unwrap()["StatusDetails"]
            .clone()
    };
    assert_eq!([details(&nodes[0]), details(&nodes[1])], ["Success", "Undeliverable"], "{listed}");
}

#[test]
fn what_is_let_begin_in_an_emergency_is_held_no_more_and_rules_that_change_let_go_what_waits() {
    let instance = Instance::start(1);
    let node = instance.node();
    calendar(&instance, "freeze", &closed(-60, 3_600));
    let say = |word: &str| {
        json!({"schemaVersion": "0.3", "mainSteps": [{"name": "say", "action": "aws:runCommand", "inputs": {
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": [format!("echo {word}")]}}}],
            "outputs": ["say.Output"]})
    };
    let around = json!({"schemaVersion": "0.3", "mainSteps": [{"name": "child", "action": "aws:executeAutomation",
        "inputs": {"DocumentName": "Say"}}], "outputs": ["child.Output"]});
    document(&instance, "Say", "Automation", &say("mended"));
    document(&instance, "Around", "Automation", &around);
    let calls = json!({"schemaVersion": "0.3", "mainSteps": [
        {"name": "send", "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": "SendCommand",
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["echo called"]}},
            "outputs": [{"Name": "Id", "Selector": "$.Command.CommandId", "Type": "String"}]}],
        "outputs": ["send.Id"]});
    document(&instance, "Calls", "Automation", &calls);
    let both = ["--action", "SendCommand", "--action", "StartAutomationExecution", "--calendar", "freeze"];
    put_rule(&instance, &[&["holds"][..], &both].concat());
    let start = |name: &str| {
        let start = ["start-automation-execution", "--document-name", name];
        instance.aws(&start).json()["AutomationExecutionId"].as_str().unwrap().to_owned()
    };
    // A runbook that is let begin takes its children and commands with it.
    let runbook = start("Around");
    until(&instance, &runbook, "Waiting");
    instance.reeve(&["changes", "approve", &runbook, "--comment", "the shop burns"]).text();
    let ended = until(&instance, &runbook, "Success");
    assert!(ended["Outputs"]["child.Output"][0].as_str().unwrap().contains("mended"), "{ended}");
    // And the calls that it makes.
    let calls = start("Calls");
    until(&instance, &calls, "Waiting");
    instance.reeve(&["changes", "approve", &calls, "--comment", "the shop burns"]).text();
    let sent = until(&instance, &calls, "Success")["Outputs"]["send.Id"][0].as_str().unwrap().to_owned();
    assert_eq!(instance.ended(&sent)["Status"], "Success");
    assert_eq!(instance.printed(&sent), b"called\n");
    // So does an override of whoever asked for it, which reaches what waits and what begins.
    let (waits, command) = (start("Say"), instance.send("echo waited"));
    until(&instance, &waits, "Waiting");
    let run = instance.reeve(&["changes", "show", &command]);
    assert!(run.stdout.contains("it waits for the closed calendars of holds (freeze)"), "{}", run.stdout);
    instance.reeve(&["changes", "override", "holds", "--reason", "the shop burns", "--minutes", "1"]).text();
    until(&instance, &waits, "Success");
    assert_eq!(instance.ended(&command)["Status"], "Success");

    // A calendar that a rule waits for stays; a rule that is deleted, or put anew, holds nothing any more.
    let delete = instance.aws_command(&["delete-document", "--name", "freeze"]);
    let refused = Answer::of(&mut { delete });
    assert!(
        refused.complaint().contains("The change rules holds wait for the calendar freeze"),
        "{}",
        refused.complaint()
    );
    put_rule(&instance, &[&["holds"][..], &both, &["--description", "Anew: no override counts."]].concat());
    let (first, waits) = (instance.send("echo first"), start("Say"));
    assert_eq!(status(&instance, &first).1, "PendingChangeCalendarOverride");
    assert!(
        instance.call("ListCommands", &json!({"CommandId": first}))["Commands"][0]["ExpiresAfter"].is_null()
    );
    until(&instance, &waits, "Waiting");
    instance.reeve(&["changes", "delete-rule", "holds"]).text();
    assert_eq!(instance.ended(&first)["Status"], "Success");
    until(&instance, &waits, "Success");
    // A rule that demands more than anybody was asked for lets nothing go.
    put_rule(&instance, &[&["holds"][..], &both].concat());
    let tight = instance.send("echo tight");
    assert_eq!(status(&instance, &tight).1, "PendingChangeCalendarOverride");
    let more = ["holds", "--action", "SendCommand", "--approver", "administrator", "--min-approvals", "1"];
    put_rule(&instance, &more);
    wait_for("it is refused", || {
        (status(&instance, &tight) == ("Failed".into(), "NotApproved".into())).then_some(())
    });
    let why = instance.reeve(&["changes", "show", &tight]);
    assert!(
        why.stdout.contains("demands an approval now that was not asked for"),
        "{} {}",
        why.stdout,
        why.stderr
    );
    instance.aws(&["delete-document", "--name", "freeze"]).json();
}

#[test]
fn rules_that_nobody_could_meet_are_refused_and_a_cancelled_command_is_not_approved_any_more() {
    let instance = Instance::start(1);
    instance.principal("ann", &["ops"]);
    let approvers = |more: &[&str]| {
        let put = ["changes", "put-rule", "two", "--action", "SendCommand"];
        instance.reeve(&[&put[..], more].concat()).stderr
    };
    for (more, named) in [
        (&["--approver", "ann", "--approver", "ann", "--min-approvals", "2"][..], "approvers means 1 (ann)"),
        (&["--approver", "group:nobody", "--min-approvals", "1"], "nobody is in that group"),
        (&["--approver", "an", "--min-approvals", "1"], "there is no such principal"),
        (
            &["--approver", "ann", "--min-approvals", "1", "--document", "AWS-RunShelScript"],
            "no such document",
        ),
        (&["--approver", "ann", "--min-approvals", "1", "--principal", "nobody"], "principals has"),
        (&["--calendar", "nothing"], "no such calendar"),
    ] {
        let said = approvers(more);
        assert!(said.contains(named), "{more:?}: {said}");
    }
    put_rule(&instance, &["two", "--action", "SendCommand", "--approver", "ann", "--min-approvals", "1"]);
    let command = instance.send("echo never");
    wait_for("the approval is asked for", || {
        instance.reeve(&["changes", "show", &command]).success.then_some(())
    });
    until(&instance, &command, "PendingApproval");
    instance.aws(&["cancel-command", "--command-id", &command]);
    until(&instance, &command, "Cancelled");
    let late = instance.reeve(&["changes", "approve", &command]);
    assert!(late.stderr.contains("has ended"), "{}", late.stderr);
    let shown = instance.reeve(&["changes", "show", &command]);
    assert!(shown.stdout.contains("Cancelled"), "{}", shown.stdout);
}

#[test]
fn a_command_that_a_rule_wants_approved_is_sent_as_it_was_when_somebody_else_has_approved_it() {
    let instance = Instance::start(1);
    let node = instance.node();
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| {
        let groups: &[&str] = if name == "eve" { &[] } else { &["ops"] };
        instance.principal(name, groups)
    });
    allow(&instance, "all", r#"permit(principal, action in [Action::"ssm:*"], resource);"#);
    put_rule(
        &instance,
        &[
            "two",
            "--action",
            "SendCommand",
            "--min-nodes",
            "1",
            "--document",
            "AWS-RunShellScript",
            "--approver",
            "group:ops",
            "--min-approvals",
            "1",
        ],
    );
    let send = |script: &str| {
        let parameters = json!({"commands": [script]}).to_string();
        let send = [
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--instance-ids",
            &node,
            "--parameters",
            &parameters,
            "--timeout-seconds",
            "30",
        ];
        aws_as(&instance, &ann, &send).json()["Command"]["CommandId"].as_str().unwrap().to_owned()
    };
    let (late, asked) = (send("echo late"), Instant::now());
    let command = send("echo approved");
    assert_eq!(status(&instance, &command), ("Pending".into(), "PendingApproval".into()));
    until(&instance, &command, "PendingApproval");
    let own = signal(&instance, &ann, &command, "Approve");
    assert!(
        own.complaint().contains("one's own request is approved by somebody else"),
        "{}",
        own.complaint()
    );
    let stranger = signal(&instance, &eve, &command, "Approve");
    assert!(stranger.complaint().contains("(AccessDeniedException)"), "{}", stranger.complaint());
    let listed = instance.reeve(&["changes", "list", "--status", "PendingApproval"]);
    assert!(listed.stdout.contains(&command) && listed.stdout.contains("ann sends"), "{}", listed.stdout);
    signal(&instance, &bob, &command, "Approve").text();
    assert_eq!(instance.ended(&command)["Status"], "Success");
    assert_eq!(instance.printed(&command), b"approved\n");
    until(&instance, &command, "Approved");
    let rejected = send("echo rejected");
    until(&instance, &rejected, "PendingApproval");
    signal(&instance, &bob, &rejected, "Reject").text();
    until(&instance, &rejected, "Rejected");
    wait_for("it is over", || (status(&instance, &rejected).0 == "Failed").then_some(()));
    assert_eq!(status(&instance, &rejected).1, "NotApproved");
    assert!(instance.reeve(&["changes", "show", &rejected]).stdout.contains("bob Rejected"));

    // Whoever asks cannot have the approval end as if all had approved.
    let hurried = send("echo hurried");
    until(&instance, &hurried, "PendingApproval");
    let stop = ["stop-automation-execution", "--automation-execution-id", &hurried, "--type", "Complete"];
    aws_as(&instance, &ann, &stop).text();
    wait_for("it is over", || (status(&instance, &hurried).0 == "Failed").then_some(()));
    let after = signal(&instance, &bob, &hurried, "Approve");
    assert!(!after.success, "{}", after.stdout);

    // Its time begins when it is sent: it waited for longer than a delivery may take.
    std::thread::sleep(Duration::from_secs(32).saturating_sub(asked.elapsed()));
    signal(&instance, &bob, &late, "Approve").text();
    assert_eq!(instance.ended(&late)["Status"], "Success");
    assert_eq!(instance.printed(&late), b"late\n");
}

/// A template with two levels: ann, then two of a group.
fn template(more: &Value) -> Value {
    let level = |name: &str, approvers: Value, more: &Value| {
        let mut inputs = json!({"Message": "May it?", "EnhancedApprovals": {"Approvers": approvers}});
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"name": name, "action": "aws:approve", "timeoutSeconds": 600, "inputs": inputs})
    };
    let ann = json!([{"approver": "ann", "type": "IamUser", "minRequiredApprovals": 1}]);
    let group = json!([{"approver": "ops", "type": "IamGroup", "minRequiredApprovals": 0}]);
    let mut template = json!({"schemaVersion": "0.3", "templateInformation": "What a change is.",
        "mainSteps": [level("first", ann, &json!({})), level("second", group, &json!({"MinRequiredApprovals": 2}))]});
    template.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    template
}

#[test]
fn a_change_request_by_the_aws_cli_runs_what_was_approved_when_a_calendar_lets_it() {
    let mut instance = Instance::start(1);
    let node = instance.node();
    let [ann, bob, carol] = ["ann", "bob", "carol"].map(|name| instance.principal(name, &["ops"]));
    let dave = instance.principal("dave", &[]);
    allow(
        &instance,
        "all",
        r#"permit(principal, action in [Action::"ssm:*"], resource);
        forbid(principal, action == Action::"ssm:AutoApprove", resource) unless { principal == Principal::"bob" };"#,
    );
    let runbook = |word: &str| {
        json!({"schemaVersion": "0.3", "parameters": {"Word": {"type": "String"}}, "mainSteps": [
            {"name": "say", "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript",
                "InstanceIds": [node], "Parameters": {"commands": [format!("echo {word} {{{{ Word }}}}")]}}}],
            "outputs": ["say.Output"]})
    };
    document(&instance, "Say", "Automation", &runbook("old"));
    document(&instance, "Other", "Automation", &runbook("other"));
    document(
        &instance,
        "Careful",
        "Automation.ChangeTemplate",
        &template(&json!({"executableRunBooks": [{"name": "Say"}], "autoApprovable": true})),
    );
    document(&instance, "Slow", "Automation.ChangeTemplate", &template(&json!({})));
    let ask = |instance: &Instance, key: &Value, template: &str, runbook: &str, more: &[&str]| {
        let runbooks =
            json!([{"DocumentName": runbook, "Parameters": {"Word": ["{{ global:DATE }}"]}}]).to_string();
        let start = ["start-change-request-execution", "--document-name", template, "--runbooks", &runbooks];
        aws_as(instance, key, &[&start[..], more].concat())
    };
    let id_of = |answer: Answer| answer.json()["AutomationExecutionId"].as_str().unwrap().to_owned();
    let approve = |instance: &Instance, key: &Value, id: &str| signal(instance, key, id, "Approve");

    // What it may not be is said at once.
    for (template, runbook, more, named) in [
        ("Careful", "Other", &[][..], "InvalidAutomationExecutionParametersException"),
        ("Say", "Say", &[], "AutomationDefinitionNotFoundException"),
        ("Careful", "Nothing", &[], "AutomationDefinitionNotFoundException"),
        ("Slow", "Say", &["--auto-approve"], "InvalidAutomationExecutionParametersException"),
        ("Careful", "Say", &["--auto-approve"], "AccessDeniedException"),
        ("Careful", "Say", &["--scheduled-time", "2020-01-02T00:00:00Z"], "which is past"),
        (
            "Careful",
            "Say",
            &["--scheduled-time", "2030-01-02T00:00:00Z", "--scheduled-end-time", "2030-01-01T00:00:00Z"],
            "ValidationException",
        ),
    ] {
        let refused = ask(&instance, &dave, template, runbook, more);
        assert!(refused.complaint().contains(named), "{template} {runbook}: {}", refused.complaint());
    }

    let id = id_of(ask(&instance, &ann, "Careful", "Say", &["--change-request-name", "say it"]));
    let pending = until(&instance, &id, "PendingApproval");
    assert_eq!(
        (&pending["AutomationSubtype"], &pending["Runbooks"][0]["DocumentVersion"]),
        (&json!("ChangeRequest"), &json!("1"))
    );
    let own = approve(&instance, &ann, &id);
    assert!(own.complaint().contains("one's own request"), "{}", own.complaint());
    instance.aws(&["stop-automation-execution", "--automation-execution-id", &id]);
    until(&instance, &id, "Cancelled");

    let id = id_of(ask(&instance, &dave, "Careful", "Say", &["--change-request-name", "say it"]));
    until(&instance, &id, "PendingApproval");
    // Another version is the default before it is approved, and a calendar closes.
    let update_runbook =
        json!({"Name": "Say", "DocumentVersion": "$LATEST", "Content": runbook("new").to_string()});
    instance.call("UpdateDocument", &update_runbook);
    instance.call("UpdateDocumentDefaultVersion", &json!({"Name": "Say", "DocumentVersion": "2"}));
    let too_early = approve(&instance, &bob, &id);
    assert!(too_early.complaint().contains("not one of the approvers"), "{}", too_early.complaint());
    approve(&instance, &ann, &id).text();
    wait_for("the second level", || approve(&instance, &bob, &id).success.then_some(()));
    let again = approve(&instance, &bob, &id);
    assert!(again.complaint().contains("InvalidAutomationSignalException"), "{}", again.complaint());
    instance.kill();
    instance.restart();
    approve(&instance, &carol, &id).text();
    let done = until(&instance, &id, "CompletedWithSuccess");
    let child = done["StepExecutions"].as_array().unwrap().last().unwrap().clone();
    let output = child["Outputs"]["Output"][0].as_str().unwrap();
    assert_eq!(
        output.trim_end(),
        "old {{ global:DATE }}",
        "the version and the parameters that were approved"
    );
    let shown = instance.reeve(&["changes", "show", &id]);
    for words in ["ann Approved", "bob Approved", "carol Approved", "CompletedWithSuccess"] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }

    calendar(&instance, "freeze", &closed(-60, 3_600));
    put_rule(
        &instance,
        &["freeze", "--action", "StartAutomationExecution", "--document", "Say", "--calendar", "freeze"],
    );
    let id = id_of(ask(&instance, &bob, "Careful", "Say", &["--auto-approve"]));
    until(&instance, &id, "PendingChangeCalendarOverride");
    // Nobody who lacks the permission, and not who asked for it.
    assert!(approve(&instance, &ann, &id).complaint().contains("changes:OverrideChangeRule"));
    allow(
        &instance,
        "freeze",
        r#"permit(principal in Group::"ops", action == Action::"changes:OverrideChangeRule", resource == ChangeRule::"freeze");"#,
    );
    wait_for("the policy is known", || {
        approve(&instance, &bob, &id).complaint().contains("one's own").then_some(())
    });
    approve(&instance, &carol, &id).text();
    until(&instance, &id, "CompletedWithSuccess");

    let found = |filter: &str| {
        let describe = ["describe-ops-items", "--ops-item-filters", filter];
        let found = instance.aws(&describe).json();
        found["OpsItemSummaries"].as_array().unwrap().clone()
    };
    let of_dave = wait_for("its OpsItem has gone through its statuses", || {
        let of_dave = found("Key=ChangeRequestByRequesterName,Values=dave,Operator=Equal");
        (of_dave[0]["Status"] == "CompletedWithSuccess").then_some(of_dave)
    });
    assert_eq!(
        (of_dave.len(), &of_dave[0]["OpsItemType"], &of_dave[0]["Title"]),
        (1, &json!("/aws/changerequest"), &json!("say it"))
    );
    assert!(
        !of_dave[0]["ActualStartTime"].is_null() && !of_dave[0]["ActualEndTime"].is_null(),
        "{of_dave:?}"
    );
    for (filter, count) in [
        ("Key=ChangeRequestByTemplate,Values=Careful,Operator=Equal", 3),
        ("Key=ChangeRequestByApproverName,Values=ann,Operator=Equal", 3),
        ("Key=ChangeRequestByRequesterName,Values=eve,Operator=Equal", 0),
        ("Key=OpsItemType,Values=/aws/changerequest,Operator=Equal", 3),
        ("Key=Source,Values=Change Manager,Operator=Equal", 0),
    ] {
        assert_eq!(found(filter).len(), count, "{filter}");
    }
}

#[test]
fn a_template_is_reviewed_a_request_is_revoked_and_one_that_failed_goes_on_as_it_was_approved() {
    let instance = Instance::start(1);
    let (node, scratch) = (instance.node(), instance.scratch().display().to_string());
    let [ann, bob] = ["ann", "bob"].map(|name| instance.principal(name, &[]));
    let all = r#"permit(principal, action in [Action::"ssm:*", Action::"automation:*"], resource);"#;
    allow(&instance, "all", all);
    let step = |name: &str, script: String| {
        json!({"name": name, "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript",
            "InstanceIds": [node], "Parameters": {"commands": [script]}}})
    };
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [step("once", format!("echo once >> {scratch}/once")),
        step("breaks", format!("test -e {scratch}/mended"))]});
    document(&instance, "Breaks", "Automation", &runbook);
    let level = json!({"name": "level", "action": "aws:approve", "inputs": {"EnhancedApprovals": {"Approvers": [
        {"approver": "ann", "type": "IamUser", "minRequiredApprovals": 1}]}}});
    let template = json!({"schemaVersion": "0.3", "mainSteps": [level]});
    document(&instance, "Template", "Automation.ChangeTemplate", &template);
    let setting = ["--setting-id", "/reeve/automation/template-review", "--setting-value", "required"];
    instance.aws(&[&["update-service-setting"][..], &setting].concat());

    // A template that must be approved is, by somebody else.
    let ask = |more: &[&str]| {
        let runbooks = json!([{"DocumentName": "Breaks"}]).to_string();
        let start =
            ["start-change-request-execution", "--document-name", "Template", "--runbooks", &runbooks];
        instance.aws(&[&start[..], more].concat())
    };
    let id_of = |answer: Answer| answer.json()["AutomationExecutionId"].as_str().unwrap().to_owned();
    let refused = |why: &str| {
        wait_for(why, || {
            let answer = ask(&[]);
            let said = answer.stderr.contains("(AutomationDefinitionNotApprovedException)");
            (said && answer.stderr.contains(why)).then_some(())
        });
    };
    let review = |key: &Value, action: &str| {
        let reviews = format!("Action={action},Comment=[{{Type=Comment,Content=seen}}]");
        aws_as(
            &instance,
            key,
            &["update-document-metadata", "--name", "Template", "--document-reviews", &reviews],
        )
    };
    refused("was not reviewed, which is required here");
    let administrator = json!({"accessKeyId": instance.announced()["access_key_id"],
        "secretAccessKey": instance.announced()["secret_access_key"]});
    review(&administrator, "SendForReview").json();
    refused("waits for its review");
    let own = review(&administrator, "Approve");
    assert!(own.complaint().contains("approved by somebody else"), "{}", own.complaint());
    review(&bob, "Approve").json();
    let history = ["list-document-metadata-history", "--name", "Template", "--metadata", "DocumentReviews"];
    let history = instance.aws(&history).json();
    assert_eq!(history["Metadata"]["ReviewerResponse"][1]["Reviewer"], "bob", "{history}");

    // Who has approved a request takes that back before it begins.
    let later = wait_for("the review is known", || {
        let answer = ask(&["--scheduled-time", "2100-01-01T00:00:00Z"]);
        answer.success.then(|| id_of(answer))
    });
    until(&instance, &later, "PendingApproval");
    signal(&instance, &ann, &later, "Approve").text();
    until(&instance, &later, "Scheduled");
    let stranger = signal(&instance, &bob, &later, "Revoke");
    assert!(stranger.complaint().contains("bob has not approved it"), "{}", stranger.complaint());
    signal(&instance, &ann, &later, "Revoke").text();
    until(&instance, &later, "Cancelled");
    let filter = "Key=ChangeRequestByRequesterName,Values=administrator,Operator=Equal";
    wait_for("its OpsItem is revoked", || {
        let found = instance.aws(&["describe-ops-items", "--ops-item-filters", filter]).json();
        (found["OpsItemSummaries"][0]["Status"] == "Revoked").then_some(())
    });

    // One whose runbook failed goes on from the step that failed; it is what was approved, for who had asked for it.
    let failed = id_of(ask(&[]));
    until(&instance, &failed, "PendingApproval");
    signal(&instance, &ann, &failed, "Approve").text();
    until(&instance, &failed, "CompletedWithFailure");
    let (status, answer) = instance.raw_as(&bob).call_of(
        "automation",
        "ResumeAutomationExecution",
        &json!({"automationExecutionId": failed}),
        None,
    );
    assert!(status == 400 && answer.to_string().contains("nobody else goes on with it"), "{answer}");
    std::fs::write(format!("{scratch}/mended"), "").unwrap();
    let resumed = instance.reeve(&["automation", "resume", &failed]).text().trim().to_owned();
    let resumed = resumed.split_whitespace().next().unwrap();
    let done = until(&instance, resumed, "CompletedWithSuccess");
    assert_eq!(done["AutomationSubtype"], "ChangeRequest", "{done}");
    assert_eq!(std::fs::read_to_string(format!("{scratch}/once")).unwrap(), "once\n", "nothing runs twice");
    let again = instance.reeve(&["automation", "resume", &failed]);
    assert!(again.stderr.contains("goes on from it already"), "{}", again.stderr);
    // The beginning of an id is enough where it is one's.
    let shown = instance.reeve(&["changes", "show", &resumed[..resumed.len() - 1]]);
    assert!(shown.stdout.contains("CompletedWithSuccess"), "{} {}", shown.stdout, shown.stderr);
    let none = instance.reeve(&["changes", "show", "zz"]);
    assert!(none.stderr.contains("no change begins with \"zz\""), "{}", none.stderr);
    let odd = instance.reeve(&["changes", "list", "--status", "PendingAproval"]);
    assert!(odd.stderr.contains("ExecutionStatus has the value \"PendingAproval\""), "{}", odd.stderr);
}
