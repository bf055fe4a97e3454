//! The feed of events: over HTTP as it happens, from where a reader was, and by the command line.

use reeve_e2e::{Instance, Raw};
use serde_json::{Value, json};
use std::io::BufRead;

/// An event of a stream: its id and its data.
fn next(stream: &mut impl BufRead) -> (String, Value) {
    let (mut id, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream has ended");
        if let Some(said) = line.trim_end().strip_prefix("id: ") {
            id = said.to_owned();
        }
        if let Some(data) = line.trim_end().strip_prefix("data: ") {
            return (id, serde_json::from_str(data).unwrap());
        }
    }
}

fn create(raw: &Raw, name: &str) {
    let content = r#"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"s","inputs":{"runCommand":["x"]}}]}"#;
    let (status, answer) =
        raw.call("CreateDocument", &json!({"Name": name, "Content": content, "DocumentType": "Command"}));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_reader_goes_on_where_it_was_and_is_told_what_is_wrong() {
    let instance = Instance::start(0);
    let raw = instance.raw();
    let query = "services=documents&types=DocumentCreated";
    let (status, mut stream) = raw.events(query, None);
    assert_eq!(status, 200);
    // Right after the connect there is an id.
    let (begun, _) = next(&mut stream);
    assert!(begun.starts_with("documents:"), "{begun}");
    create(&raw, "one");
    let (after, event) = next(&mut stream);
    assert_eq!((&event["data"]["name"], &event["specversion"]), (&json!("one"), &json!("1.0")));
    drop(stream);
    create(&raw, "two");
    create(&raw, "three");
    let (_, mut stream) = raw.events(query, Some(&after));
    let names: Vec<Value> = (0..2).map(|_| next(&mut stream).1["data"]["name"].take()).collect();
    assert_eq!(names, ["two", "three"]);
    // The query may say it as well.
    let (_, mut stream) = raw.events(&format!("after={}&{query}", begun.replace(':', "%3A")), None);
    assert_eq!(next(&mut stream).1["data"]["name"], "one");
    for (query, expected) in [
        ("services=documents&after=documents%3A999999", "InvalidPositionException"),
        ("services=nonsense", "there is no service"),
        ("service=documents", "service is no member of the query"),
        ("types=DocumentCreated", "services"),
    ] {
        let (status, mut body) = raw.events(query, None);
        let mut said = String::new();
        std::io::Read::read_to_string(&mut body, &mut said).unwrap();
        assert!(status == 400 && said.contains(expected), "{query}: {status} {said}");
    }
}

#[test]
fn what_a_reader_may_see_a_policy_says() {
    let instance = Instance::start(0);
    let key = instance.principal("ann", &[]);
    let ann = instance.raw_as(&key);
    assert_eq!(ann.events("services=documents", None).0, 403);
    let policy = instance.scratch().join("ann.cedar");
    let text = r#"permit (principal == Principal::"ann", action == Action::"feed:ReadEvents", resource == EventStream::"documents");"#;
    std::fs::write(&policy, text).unwrap();
    instance.reeve(&["access", "put-policy", "ann", &policy.display().to_string()]).text();
    reeve_e2e::wait_for("she may", || (ann.events("services=documents", None).0 == 200).then_some(()));
    assert_eq!(ann.events("services=documents,access", None).0, 403);
}

#[test]
fn the_command_line_selects_events_with_a_key_alone() {
    let instance = Instance::start(0);
    create(&instance.raw(), "one");
    create(&instance.raw(), "two");
    let events = |arguments: &[&str]| {
        let answer = instance.reeve(&[&["events"][..], arguments].concat());
        answer.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let found = events(&["--type", "DocumentCreated", "--subject", "document/two"]);
    assert_eq!((found.len(), &found[0]["data"]["name"]), (1, &json!("two")));
    let pattern = instance.scratch().join("pattern.json");
    std::fs::write(&pattern, r#"{"detail-type":["DocumentCreated"],"detail":{"name":[{"prefix":"o"}]}}"#)
        .unwrap();
    let found = events(&["--pattern", &pattern.display().to_string()]);
    assert_eq!((found.len(), &found[0]["data"]["name"]), (1, &json!("one")));
    assert!(events(&["--actor", "nobody"]).is_empty());
    let refused = instance.reeve(&["events", "--service", "document"]);
    assert!(refused.complaint().contains("there is no service \"document\""), "{}", refused.complaint());
}

#[test]
fn the_history_of_something_says_who_changed_it_when_and_why() {
    let instance = Instance::start(0);
    instance.reeve(&["incidents", "create-plan", "plan", "--title", "Disk", "--impact", "3"]).text();
    instance.reeve(&["incidents", "start", "plan"]).text();
    let item = reeve_e2e::wait_for("the incident has an OpsItem", || {
        let items = instance.reeve(&["--output", "json", "ops", "list"]).json();
        items[0]["OpsItemId"].as_str().map(str::to_owned)
    });
    instance.aws(&["update-ops-item", "--ops-item-id", &item, "--status", "InProgress"]).text();
    let history = instance.reeve(&["history", "ops-item", &item, "--json"]).json();
    let changes = history.as_array().unwrap();
    let (first, last) = (&changes[0], &changes[changes.len() - 1]);
    assert_eq!(first["event"]["type"], "reeve.opscenter.OpsItemCreated.v1", "{history}");
    assert_eq!(first["event"]["actor"], "service:opscenter", "{history}");
    assert_eq!((&first["cause"]["kind"], &first["cause"]["service"]), (&json!("event"), &json!("incidents")));
    assert_eq!(first["cause"]["type"], "reeve.incidents.IncidentStarted.v1", "{history}");
    assert_eq!(last["event"]["type"], "reeve.opscenter.OpsItemUpdated.v1", "{history}");
    assert_eq!((&last["cause"]["kind"], &last["event"]["actor"]), (&json!("call"), &json!("administrator")));
    let shown = instance.reeve(&["history", "ops-item", &item]);
    let why = "IncidentStarted of incident/";
    assert!(shown.text().lines().nth(1).unwrap().contains(why), "{}", shown.stdout);
    // Among the events of opscenter alone the cause is not known, and that is said.
    let alone = instance.reeve(&["history", "ops-item", &item, "--service", "opscenter", "--json"]).json();
    assert_eq!(alone[0]["cause"]["kind"], "unknown", "{alone}");
    let none = instance.reeve(&["history", "ops-item", "oi-000000000000"]);
    assert!(none.complaint().contains("the log has no event of ops-item/oi-000000000000"), "{}", none.stderr);
    // Whoever may not read a service's events has no histories of it.
    let made = instance.reeve(&["access", "create-principal", "ann", "--output", "json"]).json();
    let raw = instance.raw_as(&made);
    let input = json!({"services": ["opscenter"], "aggregate": "ops-item", "id": item});
    let (status, refused) = raw.call_of("feed", "ReadHistory", &input, None);
    assert!(status == 400 && refused.to_string().contains("AccessDenied"), "{status} {refused}");
}
