//! `--output json` of every client command: JSON on stdout, whole or one object on a line, or a refusal that says so.
//! Nobody's program reads a table by mistake.

use reeve_e2e::{Answer, Instance, reeve};
use serde_json::{Value, json};
use std::{collections::BTreeSet, process::Command};

/// These start parts of an instance or ask such a part alone, make one (`restore`: its JSON is read in `backup.rs`) or move it
/// (`migrate`), or print what is no answer: a script, a file of credentials.
const NO_CLIENTS: [&str; 10] =
    ["up", "init", "serve", "health", "agent", "help", "completions", "bus-user", "restore", "migrate"];

/// The commands below a command, as its help lists them.
fn listed(of: &[&str]) -> Vec<String> {
    let help = Answer::of(Command::new(reeve()).args(of).arg("--help"));
    let commands = help.text().split("\nCommands:\n").nth(1).map(str::to_owned);
    let lines = commands.iter().flat_map(|commands| commands.lines().take_while(|line| !line.is_empty()));
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

fn is_json(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.all(|value| value.is_ok())
}

#[test]
fn every_client_command_prints_json_or_refuses() {
    let instance = Instance::start(1);
    let node = instance.node();
    let command = instance.send("echo there");
    instance.ended(&command);
    let write = |name: &str, text: &str| {
        let path = instance.scratch().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let policy = write("p.cedar", "permit (principal == Principal::\"ada\", action, resource);");
    let input = json!({"Title": "t", "Source": "test", "Description": "d"});
    let item = instance.call("CreateOpsItem", &input)["OpsItemId"].as_str().unwrap().to_owned();
    let association = json!({"Name": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": "InstanceIds", "Values": [node]}]});
    let association = instance.call("CreateAssociation", &association);
    let association = association["AssociationDescription"]["AssociationId"].as_str().unwrap().to_owned();
    let window = json!({"Name": "window", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1,
        "AllowUnassociatedTargets": true});
    let window = instance.call("CreateMaintenanceWindow", &window);
    let window = window["WindowId"].as_str().unwrap().to_owned();
    let calendar = "BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n";
    let calendar = json!({"Name": "freeze", "DocumentType": "ChangeCalendar", "DocumentFormat": "TEXT", "Content": calendar});
    instance.call("CreateDocument", &calendar);
    let answered = |arguments: &[&str]| instance.reeve(&[&["--output", "json"], arguments].concat());
    answered(&["incidents", "create-plan", "plan", "--title", "t", "--impact", "3"]).text();
    answered(&["incidents", "start", "plan"]).text();
    let incidents = answered(&["incidents", "list"]).json();
    let incident = incidents[0]["arn"].as_str().unwrap().to_owned();
    answered(&["notifications", "put-webhook", "other", "http://127.0.0.1:9/"]).text();
    let notification = answered(&["notifications", "send", "webhook:other", "--subject", "s"]).json();
    let notification = notification["notificationId"].as_str().unwrap().to_owned();
    let plan = json!({"Alias": "ann", "Type": "PERSONAL", "Plan": {"Stages": []}}).to_string();
    let contact =
        answered(&["api", "ssm-contacts:CreateContact", "--json", &plan]).json()["ContactArn"].clone();
    let rotation = json!({"Name": "days", "ContactIds": [contact], "TimeZoneId": "UTC", "Recurrence": {
        "NumberOfOnCalls": 1, "RecurrenceMultiplier": 1, "DailySettings": [{"HourOfDay": 9, "MinuteOfHour": 0}]}});
    answered(&["api", "ssm-contacts:CreateRotation", "--json", &rotation.to_string()]).json();
    let engagement = answered(&["oncall", "page", "ann", "--subject", "s", "--content", "c"]).json();
    let engagement = engagement["EngagementArn"].as_str().unwrap().to_owned();
    let principal = answered(&["access", "create-principal", "ada"]).json();
    let key = principal["accessKeyId"].as_str().unwrap().to_owned();
    let mapping = write("mapping.json", include_str!("../../../examples/webhooks/grafana.json"));
    let runbook = json!({"schemaVersion": "0.3", "mainSteps": [
        {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}]});
    let input = json!({"Name": "Runbook", "DocumentType": "Automation", "Content": runbook.to_string()});
    instance.call("CreateDocument", &input);
    let exported = write("exported", r#"{"Name": "/b", "Type": "String", "Value": "b"}"#);
    let now = reeve_types::Timestamp::now().rfc3339();
    let backup = instance.scratch().join("backup").display().to_string();
    let asked: Vec<Vec<&str>> = vec![
        vec!["services"],
        vec!["backup", &backup, "--without-keys"],
        vec!["verify"],
        vec!["verify", "--backup", &backup],
        vec!["prune", &backup, "--keep", "1"],
        vec!["doctor"],
        vec!["explorer"],
        vec!["history", "ops-item", &item],
        vec!["env"],
        vec!["run", "--", "true"],
        vec!["nodes"],
        vec!["nodes", "add"],
        vec!["nodes", "unit"],
        vec!["nodes", "tag", &node, "role=web"],
        vec!["nodes", "keep", &node, "nothing"],
        vec!["documents"],
        vec!["commands"],
        vec!["command", &command],
        vec!["events"],
        vec!["api", "ListDocuments"],
        vec!["access", "principals"],
        vec!["access", "set-groups", "ada", "ops"],
        vec!["access", "create-key", "ada"],
        vec!["access", "delete-key", "ada", &key],
        vec!["access", "put-policy", "ada", &policy],
        vec!["access", "policies"],
        vec!["access", "check", "ada", "ssm:ListDocuments"],
        vec!["access", "delete-policy", "ada"],
        vec!["access", "create-source", "alerts"],
        vec!["access", "sources"],
        vec!["access", "put-mapping", "alerts", &mapping],
        vec!["access", "create-subscriber", "reader", "--service", "nodes"],
        vec!["access", "subscribers"],
        vec!["access", "delete-subscriber", "reader"],
        vec!["access", "delete-source", "alerts"],
        vec!["access", "delete-principal", "ada"],
        vec!["access", "create-principal", "eve"],
        vec!["compliance", "list", &node],
        vec!["compliance", "summary"],
        vec!["compliance", "summary", "--nodes"],
        vec!["compliance", "trend", "2026-01-01T00:00:00Z", "--points", "2"],
        vec!["compliance", "export", "--format", "csv"],
        vec!["dead-letters", "list"],
        vec!["dead-letters", "show", "none"],
        vec!["dead-letters", "retry", "none"],
        vec!["dead-letters", "discard", "none"],
        vec!["associations", "list"],
        vec!["associations", "show", &association],
        vec!["associations", "preview", &association],
        vec!["associations", "run", &association],
        vec!["associations", "drift"],
        vec!["associations", "audit", &association],
        vec!["incidents", "list"],
        vec!["incidents", "plans"],
        vec!["incidents", "create-plan", "other", "--title", "t", "--impact", "3"],
        vec!["incidents", "start", "other"],
        vec!["incidents", "show", &incident],
        vec!["incidents", "report", &incident],
        vec!["incidents", "note", &incident, "seen"],
        vec!["incidents", "resolve", &incident],
        vec!["inventory", &node],
        vec!["inventory", "collect"],
        vec!["inventory", "diff", &now],
        vec!["notifications", "put-webhook", "hook", "http://127.0.0.1:9/"],
        vec!["notifications", "rotate-secret", "hook"],
        vec!["notifications", "resume", "hook"],
        vec!["notifications", "webhooks"],
        vec!["notifications", "put-mail-server", "localhost", "--sender", "ops@example.org"],
        vec!["notifications", "mail-server"],
        vec!["notifications", "send", "webhook:hook", "--subject", "s"],
        vec!["notifications", "list"],
        vec!["notifications", "show", &notification],
        vec!["notifications", "cancel", &notification],
        vec!["notifications", "delete-mail-server"],
        vec!["notifications", "delete-webhook", "hook"],
        vec!["oncall", "now"],
        vec!["oncall", "shifts", "days"],
        vec!["oncall", "page", "ann", "--subject", "s", "--content", "c"],
        vec!["oncall", "engagements"],
        vec!["oncall", "show", &engagement],
        vec!["oncall", "accept", "none", "--code", "123456"],
        vec!["ops", "list"],
        vec!["ops", "show", &item],
        vec!["ops", "create", "t", "--source", "test"],
        vec!["ops", "update", &item, "--status", "InProgress"],
        vec!["ops", "resolve", &item],
        vec!["ops", "delete", &item],
        vec!["rules", "list"],
        vec!["rules", "show", "none"],
        vec!["rules", "enable", "none"],
        vec!["rules", "disable", "none"],
        vec!["rules", "backtest", "none"],
        vec!["parameters", "put", "/a", "b", "--type", "String"],
        vec!["parameters", "get", "/a"],
        vec!["parameters", "list"],
        vec!["parameters", "history", "/a"],
        vec!["parameters", "export"],
        vec!["parameters", "import", &exported],
        vec!["parameters", "diff", "--from", &now],
        vec!["parameters", "restore", "/a", "--to", &now],
        vec!["parameters", "delete", "/a"],
        vec!["automation", "run", "Runbook"],
        vec!["automation", "list"],
        vec!["automation", "show", "none"],
        vec!["automation", "stop", "none"],
        vec!["automation", "resume", "none"],
        vec!["automation", "signal", "none", "Approve"],
        vec!["automation", "simulate", "Runbook"],
        vec!["calendar", "list"],
        vec!["calendar", "show", "freeze"],
        vec!["changes", "list"],
        vec!["changes", "show", "none"],
        vec!["changes", "approve", "none"],
        vec!["changes", "reject", "none"],
        vec!["changes", "revoke", "none"],
        vec!["changes", "request", "none", "--runbook", "none"],
        vec![
            "changes",
            "put-rule",
            "two",
            "--action",
            "SendCommand",
            "--min-nodes",
            "1000",
            "--approver",
            "administrator",
            "--min-approvals",
            "1",
        ],
        vec!["changes", "rules"],
        vec!["changes", "override", "none", "--reason", "r"],
        vec!["changes", "delete-rule", "two"],
        vec!["windows", "list"],
        vec!["windows", "show", &window],
        vec!["windows", "executions", &window],
        vec!["windows", "preview", &window],
        vec!["agents", "programs"],
        vec!["agents", "update", "--nodes", "mi-00000000000000000"],
        vec!["patch", "status"],
        vec!["patch", "baselines"],
        vec!["patch", "show", &node],
        vec!["patch", "scan", "--nodes", "mi-00000000000000000"],
        vec!["patch", "install", "--nodes", "mi-00000000000000000"],
        vec!["patch", "rollouts"],
        vec!["patch", "resume", "none"],
        vec!["patch", "rollback", "none"],
        vec!["keys", "show"],
        vec!["keys", "rotate"],
        vec!["keys", "renew"],
        vec!["output", &command],
        vec!["nodes", "deregister", &node],
    ];
    let mut wrong = Vec::new();
    for arguments in &asked {
        let answer = answered(arguments);
        let refuses = answer.stderr.contains("--output");
        // What does not succeed says so to people, on stderr.
        let names_nothing =
            arguments.iter().any(|one| ["none", "nothing", "mi-00000000000000000"].contains(one));
        let is_right = match answer.success {
            true => !answer.stdout.trim().is_empty() && is_json(&answer.stdout),
            false => refuses || names_nothing && is_json(&answer.stdout),
        };
        if !is_right {
            let said: String = answer.stdout.chars().take(300).collect();
            wrong.push(format!("{arguments:?}: {said} {}", answer.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Those are all commands that there are.
    let known: BTreeSet<Vec<&str>> = asked.iter().map(|asked| asked[..asked.len().min(2)].to_vec()).collect();
    for name in listed(&[]).iter().filter(|name| !NO_CLIENTS.contains(&name.as_str())) {
        let below = listed(&[name]);
        if below.is_empty() {
            assert!(known.iter().any(|known| known[0] == name), "{name} is not asked");
        }
        for sub in below.iter().filter(|sub| *sub != "help") {
            assert!(known.contains(&vec![name.as_str(), sub]), "{name} {sub} is not asked");
        }
    }
}
