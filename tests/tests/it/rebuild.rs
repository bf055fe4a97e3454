//! Every view can be deleted, or broken, and comes back the same.

use crate::story;
use reeve_e2e::{Instance, services};
use serde_json::{Value, json};
use std::path::Path;

/// Answers that read every service's views.
fn answers(instance: &Instance, command: &str) -> Vec<(String, Value)> {
    let node = instance.node();
    let questions = [
        ("ListCommands", json!({})),
        ("ListCommandInvocations", json!({"Details": true})),
        ("GetCommandInvocation", json!({"CommandId": command, "InstanceId": node})),
        ("ListDocuments", json!({})),
        ("GetDocument", json!({"Name": "Greet"})),
        ("DescribeDocument", json!({"Name": "Greet"})),
        ("ListTagsForResource", json!({"ResourceType": "ManagedInstance", "ResourceId": node})),
        ("DescribeActivations", json!({})),
        ("DescribeInstanceInformation", json!({})),
    ];
    let mut answers: Vec<(String, Value)> =
        questions.iter().map(|(name, input)| ((*name).to_owned(), instance.call(name, input))).collect();
    if let Some((_, Value::Object(last))) = answers.last_mut() {
        for node in last["InstanceInformationList"].as_array_mut().unwrap() {
            // Heartbeats are not events.
            node.as_object_mut().unwrap().remove("LastPingDateTime");
        }
    }
    answers
}

/// Inverts the beginning of a file.
fn break_file(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.iter_mut().take(64 * 1024).for_each(|byte| *byte = !*byte);
    std::fs::write(path, bytes).unwrap();
}

/// How often services said that they threw views away.
fn thrown_away(instance: &Instance) -> usize {
    let log = std::fs::read_to_string(instance.scratch().join("up.log")).unwrap();
    let said = |line: &&str| line.contains("views were unreadable") || line.contains("views were corrupt");
    log.lines().filter(said).count()
}

#[test]
fn deleted_and_broken_views_answer_the_same() {
    let mut instance = Instance::start(1);
    let command = story::greet(&instance);
    instance.ended(&command);
    let node = instance.node();
    let tags =
        json!({"ResourceType": "ManagedInstance", "ResourceId": node, "Tags": [{"Key": "a", "Value": "b"}]});
    instance.call("AddTagsToResource", &tags);
    for number in 0..20 {
        let command = instance.send(&format!("echo {number}"));
        instance.ended(&command);
    }
    let expected = answers(&instance, &command);
    let events = instance.events().len();

    instance.stop();
    std::fs::remove_dir_all(instance.data().join("views")).unwrap();
    instance.restart();
    // A service follows the others' streams too: give them the moment to get there.
    let settled = |instance: &Instance| {
        reeve_e2e::wait_for("the views are rebuilt", || {
            let found = answers(instance, &command);
            (found == expected).then_some(())
        });
    };
    settled(&instance);

    instance.stop();
    assert_eq!(thrown_away(&instance), 0);
    for service in services() {
        break_file(&instance.data().join("views").join(service).join("db"));
    }
    instance.restart();
    settled(&instance);
    assert_eq!(thrown_away(&instance), services().len(), "each service noticed");
    println!("{} answers over {events} events were the same after both", expected.len());
    let command = instance.send("echo works");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
}
