//! Change calendars, as the `aws` CLI sees them, and what they hold back on real nodes.

use reeve_e2e::{Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// A calendar with an event between two instants.
fn text(from: &str, to: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nPRODID:-//AWS//Change Calendar 1.0//EN\r\nVERSION:2.0\r\nX-CALENDAR-TYPE:DEFAULT_OPEN\r\n\
         X-WR-CALDESC:\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:Freeze\r\nDTSTART:{from}\r\nDTEND:{to}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}

/// An instant as iCalendar has it, so many seconds from now.
fn in_seconds(seconds: i64) -> String {
    let at = Timestamp(Timestamp::now().0 + seconds * 1_000).rfc3339();
    format!("{}Z", at[..19].replace(['-', ':'], ""))
}

fn create(instance: &Instance, name: &str, content: &str) {
    let create =
        ["create-document", "--name", name, "--document-type", "ChangeCalendar", "--document-format", "TEXT"];
    instance.aws(&[&create[..], &["--content", content]].concat()).json();
}

#[test]
fn a_calendar_by_the_aws_cli() {
    let instance = Instance::start(0);
    create(&instance, "freeze", &text("20261127T180000Z", "20261130T060000Z"));
    create(&instance, "office", &text("20261201T000000Z", "20261202T000000Z"));
    let state = |names: &[&str], at: &str| {
        let get = ["get-calendar-state", "--at-time", at, "--calendar-names"];
        instance.aws(&[&get[..], names].concat()).json()
    };
    let closed = wait_for("the calendar is known", || {
        let input = json!({"CalendarNames": ["freeze", "office"], "AtTime": "2026-11-28T00:00:00Z"});
        let (status, answer) = instance.raw().call("GetCalendarState", &input);
        (status == 200).then_some(answer)
    });
    assert_eq!(
        (&closed["State"], &closed["NextTransitionTime"]),
        (&json!("CLOSED"), &json!("2026-11-30T06:00:00Z"))
    );
    let after = state(&["freeze"], "2026-12-05T00:00:00-0800");
    assert_eq!(after, json!({"State": "OPEN", "AtTime": "2026-12-05T08:00:00Z"}));
    let both = state(&["freeze", "office"], "2026-11-30T06:00:00Z");
    assert_eq!(
        (&both["State"], &both["NextTransitionTime"]),
        (&json!("OPEN"), &json!("2026-12-01T00:00:00Z"))
    );

    let unknown = instance.aws(&["get-calendar-state", "--calendar-names", "nothing"]);
    assert!(unknown.complaint().contains("(InvalidDocument)"), "{}", unknown.complaint());
    let other = instance.aws(&["get-calendar-state", "--calendar-names", "AWS-RunShellScript"]);
    assert!(other.complaint().contains("(InvalidDocumentType)"), "{}", other.complaint());
    let content = text("20261127T180000Z", "20261126T180000Z");
    let create = [
        "create-document",
        "--name",
        "wrong",
        "--document-type",
        "ChangeCalendar",
        "--document-format",
        "TEXT",
    ];
    let refused = instance.aws(&[&create[..], &["--content", &content]].concat());
    let said = refused.complaint();
    assert!(
        said.contains("(InvalidDocumentContent)") && said.contains("DTEND") && said.contains("(line 10)"),
        "{said}"
    );

    let listed = instance.reeve(&["calendar", "list"]);
    assert!(listed.success && listed.stdout.contains("office"), "{}{}", listed.stdout, listed.stderr);
    let shown = instance.reeve(&["calendar", "show", "freeze", "--month", "2026-11"]);
    assert!(
        shown.success && shown.stdout.starts_with("freeze November 2026 (UTC)"),
        "{}{}",
        shown.stdout,
        shown.stderr
    );
    let has = |line: &str| shown.stdout.lines().any(|shown| shown == line);
    assert!(has("23  24  25  26  27~ 28# 29#") && has("30~"), "{}", shown.stdout);
    assert!(has("2026-11-27T18:00:00Z closes") && has("2026-11-30T06:00:00Z opens"), "{}", shown.stdout);
}

#[test]
fn what_a_closed_calendar_holds_is_started_by_its_opening_once_also_over_a_kill() {
    let mut instance = Instance::start(1);
    let file = instance.scratch().join("ran");
    create(&instance, "night", &text(&in_seconds(-60), &in_seconds(3_600)));
    let made = json!({"Name": "AWS-RunShellScript", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}],
        "CalendarNames": ["night"], "Parameters": {"commands": [format!("echo x >> {}", file.display())]}});
    let made = wait_for("the calendar is known", || {
        let (status, answer) = instance.raw().call("CreateAssociation", &made);
        (status == 200).then_some(answer)
    });
    let id = made["AssociationDescription"]["AssociationId"].clone();
    let executions = |instance: &Instance| -> Vec<Value> {
        let listed = instance.call("DescribeAssociationExecutions", &json!({"AssociationId": id}));
        listed["AssociationExecutions"].as_array().unwrap().clone()
    };
    std::thread::sleep(Duration::from_secs(1));
    assert!(executions(&instance).is_empty() && !file.exists(), "it waits");
    // Its document changes: it opens in some seconds, while nothing runs.
    let update = json!({"Name": "night", "DocumentVersion": "$LATEST", "DocumentFormat": "TEXT",
        "Content": text(&in_seconds(-60), &in_seconds(4))});
    instance.call("UpdateDocument", &update);
    instance.call("UpdateDocumentDefaultVersion", &json!({"Name": "night", "DocumentVersion": "2"}));
    instance.kill();
    std::thread::sleep(Duration::from_secs(5));
    instance.restart();
    let lines = || std::fs::read_to_string(&file).unwrap_or_default().lines().count();
    wait_for("it runs", || (lines() == 1).then_some(()));
    instance.kill();
    instance.restart();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((lines(), executions(&instance).len()), (1, 1));
}
