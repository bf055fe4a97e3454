//! Programs of other systems that read events on the bus, with a client that is no part of Reeve: nats-py.

use reeve_e2e::{Answer, Instance, client_options, wait_for};
use reeve_jetstream::{Bus, Error};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Reads by a durable consumer until a message came that holds a text, or none came for ten seconds; prints each.
const READER: &str = r#"
import asyncio, json, os, nats
from nats.errors import TimeoutError

async def main():
    name = os.environ["NAME"]
    nc = await nats.connect(os.environ["BUS"], user_credentials=os.environ["CREDENTIALS"],
        inbox_prefix=("_INBOX_" + name).encode(), max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    js = nc.jetstream(prefix="reeve.js")
    reader = await js.pull_subscribe(os.environ.get("FILTER", ""), durable=name + "_1", stream=os.environ["STREAM"])
    print("reads", flush=True)
    until, idle = os.environ["UNTIL"].encode(), 0
    while idle < 10:
        try:
            messages = await reader.fetch(1, timeout=1)
        except (TimeoutError, nats.errors.Error):
            idle += 1
            continue
        idle = 0
        for message in messages:
            body = json.loads(message.data) if os.environ["STREAM"].endswith("_JSON") else None
            print(json.dumps({"subject": message.subject, "headers": message.headers, "body": body,
                "deliveries": message.metadata.num_delivered}), flush=True)
            while True:
                try:
                    await message.ack_sync(timeout=2)
                    break
                except (TimeoutError, nats.errors.Error):
                    pass
            if until in message.data:
                idle = 10
    await nc.close()

asyncio.run(main())
"#;

/// Makes a subscriber; answers the file of its credentials.
pub fn subscriber(instance: &Instance, name: &str, services: &[&str]) -> PathBuf {
    let mut arguments = vec!["access", "create-subscriber", name];
    services.iter().for_each(|service| arguments.extend(["--service", service]));
    let made = instance.reeve(&arguments);
    let path = instance.scratch().join(format!("{name}.creds"));
    std::fs::write(&path, made.text()).unwrap();
    path
}

fn reader(instance: &Instance, name: &str, credentials: &Path, stream: &str, until: &str) -> Command {
    let credentials = credentials.display().to_string();
    let environment = [("NAME", name), ("CREDENTIALS", &credentials), ("STREAM", stream), ("UNTIL", until)];
    instance.python_command(READER, &environment)
}

/// What a reader has printed.
fn lines(answer: &Answer) -> Vec<Value> {
    answer.text().lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn create(instance: &Instance, name: &str) {
    let content = r#"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"s","inputs":{"runCommand":["x"]}}]}"#;
    instance.call("CreateDocument", &json!({"Name": name, "Content": content, "DocumentType": "Command"}));
}

#[test]
fn a_subscriber_misses_none_and_sees_none_twice() {
    let mut instance = Instance::start(0);
    let credentials = subscriber(&instance, "siem", &["documents"]);
    let read = |instance: &Instance, stream: &str, until: &str| {
        lines(&Answer::of(&mut reader(instance, "siem", &credentials, stream, until)))
    };
    let all = |instance: &Instance| -> Vec<Value> {
        let events = instance.reeve(&["events", "--service", "documents"]);
        events.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut names: Vec<String> = (0..3).map(|number| format!("doc-a{number}")).collect();
    names.iter().for_each(|name| create(&instance, name));
    let mut originals = read(&instance, "DOCUMENTS", "doc-a2");
    let mut copies = read(&instance, "DOCUMENTS_JSON", "doc-a2");
    // Away, while things happen and everything is killed and started again.
    let more: Vec<String> = (0..20).map(|number| format!("doc-b{number}")).collect();
    more.iter().for_each(|name| create(&instance, name));
    names.extend(more);
    instance.kill();
    instance.restart();
    names.push("doc-c".to_owned());
    create(&instance, "doc-c");
    originals.extend(read(&instance, "DOCUMENTS", "doc-c"));
    let ids: Vec<&Value> = originals.iter().map(|read| &read["headers"]["ce-id"]).collect();
    let expected = all(&instance);
    assert_eq!(ids, expected.iter().map(|event| &event["id"]).collect::<Vec<_>>(), "each once, in order");
    // There, while everything is killed and started again.
    let mut command = reader(&instance, "siem", &credentials, "DOCUMENTS_JSON", "doc-d");
    let started = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    instance.kill();
    instance.restart();
    names.push("doc-d".to_owned());
    create(&instance, "doc-d");
    copies.extend(lines(&Answer::from(started.wait_with_output().unwrap())));
    let copied = copies.iter().map(|read| read["body"]["data"]["name"].as_str().unwrap());
    let copied: Vec<&str> = copied.filter(|name| name.starts_with("doc-")).collect();
    assert_eq!(copied, names, "each once, in order");
    // As over HTTP, to the letter.
    let expected = all(&instance);
    for copy in &copies {
        assert!(expected.contains(&copy["body"]), "{copy}");
        assert_eq!(copy["headers"]["content-type"], "application/cloudevents+json; charset=UTF-8");
        assert!(copy["subject"].as_str().unwrap().starts_with("reeve.json.documents.document."), "{copy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_subscriber_is_cut_off_and_its_name_is_free() {
    let mut instance = Instance::start(0);
    let options = |instance: &Instance, path: &Path| {
        client_options(instance, &std::fs::read_to_string(path).unwrap(), "_INBOX_siem")
    };
    let old = subscriber(&instance, "siem", &["documents"]);
    let old_options = options(&instance, &old);
    let bus = Bus::connect(&old_options).await.unwrap();
    lines(&Answer::of(&mut reader(&instance, "siem", &old, "DOCUMENTS", "")));
    let listed = instance.reeve(&["access", "subscribers", "--output", "json"]).json();
    assert_eq!((&listed[0]["name"], &listed[0]["services"]), (&json!("siem"), &json!(["documents"])));
    let again = instance.reeve(&["access", "create-subscriber", "siem"]);
    assert!(again.complaint().contains("There is a subscriber siem already"), "{}", again.stderr);
    instance.reeve(&["access", "delete-subscriber", "siem"]).text();
    wait_for("its connection ends", || (!bus.is_connected()).then_some(()));
    let refused = |connected: Result<Bus, Error>| matches!(connected, Err(Error::NotLetIn(_)));
    assert!(refused(Bus::connect(&old_options).await));
    let unknown = instance.reeve(&["access", "delete-subscriber", "siem"]);
    assert!(unknown.complaint().contains("There is no subscriber siem"), "{}", unknown.stderr);
    // Somebody else with the name begins where he wants to, and the first stays out.
    let new = subscriber(&instance, "siem", &["documents"]);
    let first = lines(&Answer::of(&mut reader(&instance, "siem", &new, "DOCUMENTS", "")));
    let all = instance.reeve(&["events", "--service", "documents"]);
    let beginning: Value = serde_json::from_str(all.text().lines().next().unwrap()).unwrap();
    assert_eq!(first[0]["headers"]["ce-id"], beginning["id"]);
    instance.stop();
    instance.restart();
    assert!(refused(Bus::connect(&old_options).await));
    assert!(Bus::connect(&options(&instance, &new)).await.is_ok());
    // Who did it stands in the log.
    let events = instance.reeve(&["events", "--service", "access"]);
    let events: Vec<Value> = events.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &Value)> = events
        .iter()
        .map(|event| (event["type"].as_str().unwrap(), &event["actor"]))
        .filter(|(kind, _)| kind.contains("Subscriber"))
        .collect();
    let by = json!("administrator");
    let (created, deleted) = ("reeve.access.SubscriberCreated.v1", "reeve.access.SubscriberDeleted.v1");
    assert_eq!(told, [(created, &by), (deleted, &by), (created, &by)]);
}

#[test]
fn whoever_makes_a_subscriber_may_read_what_it_reads() {
    let instance = Instance::start(0);
    let ann = instance.raw_as(&instance.principal("ann", &[]));
    let policy = instance.scratch().join("ann.cedar");
    let text = r#"permit (principal == Principal::"ann", action == Action::"access:CreateSubscriber", resource is Subscriber);
permit (principal == Principal::"ann", action == Action::"access:CreateSubscriber", resource == EventStream::"documents");"#;
    std::fs::write(&policy, text).unwrap();
    instance.reeve(&["access", "put-policy", "ann", &policy.display().to_string()]).text();
    let create = |name: &str, services: &[&str]| {
        ann.call_of("access", "CreateSubscriber", &json!({"name": name, "services": services}), None)
    };
    wait_for("she may", || (create("hers", &["documents"]).0 != 400).then_some(()));
    let (status, said) = create("more", &["documents", "access"]);
    assert_eq!((status, said["__type"].as_str()), (400, Some("AccessDeniedException")), "{said}");
    let (_, said) = instance.raw().call_of(
        "access",
        "CreateSubscriber",
        &json!({"name": "x", "services": ["document"]}),
        None,
    );
    assert!(said["message"].as_str().unwrap().contains("there is no service \"document\""), "{said}");
    let (_, said) = instance.raw().call_of("access", "CreateSubscriber", &json!({"name": "a_b"}), None);
    assert_eq!(said["__type"], "ValidationException", "{said}");
}

/// As on a disk that has no room for it. It is made again after a while.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_copies_of_a_service_nobody_is_given_credentials_to_read_them() {
    let instance = Instance::start(0);
    reeve_jetstream::restore::remove(&instance.bus().await, "DOCUMENTS_JSON").await.unwrap();
    let input = json!({"name": "siem", "services": ["documents"]});
    let (status, said) =
        tokio::task::block_in_place(|| instance.raw().call_of("access", "CreateSubscriber", &input, None));
    assert_eq!((status, said["__type"].as_str()), (503, Some("ServiceUnavailable")), "{said}");
    assert!(said["message"].as_str().unwrap().contains("DOCUMENTS_JSON"), "{said}");
}

/// What a filter leaves out is not read, whatever the program asks for.
#[test]
fn a_filter_is_kept_to_by_consumers_that_name_none_and_those_that_name_more() {
    let instance = Instance::start(0);
    let created = ["access", "create-subscriber", "siem", "--filter", "documents.document.doc-b"];
    let credentials = instance.scratch().join("siem.creds");
    std::fs::write(&credentials, instance.reeve(&created).text()).unwrap();
    for name in ["doc-a", "doc-b"] {
        create(&instance, name);
    }
    let mut more = reader(&instance, "siem", &credentials, "DOCUMENTS_JSON", "doc-a");
    let refused = Answer::of(more.env("FILTER", "reeve.json.documents.>"));
    assert!(!refused.success && refused.stderr.contains("not within what may be read"), "{}", refused.stderr);
    for (stream, subject) in [
        ("DOCUMENTS", "reeve.evt.documents.document.doc-b"),
        ("DOCUMENTS_JSON", "reeve.json.documents.document.doc-b"),
    ] {
        let read = lines(&Answer::of(&mut reader(&instance, "siem", &credentials, stream, "doc-b")));
        let subjects: Vec<&Value> = read.iter().map(|message| &message["subject"]).collect();
        assert_eq!(subjects, [subject], "{stream}");
    }
    let listed = instance.reeve(&["access", "subscribers", "--output", "json"]).json();
    assert_eq!(listed[0]["filters"], json!(["documents.document.doc-b"]), "{listed}");
    for (filter, words) in [("documents", "SERVICE.AGGREGATE"), ("odd.thing", "there is no service \"odd\"")]
    {
        let refused = instance.reeve(&["access", "create-subscriber", "other", "--filter", filter]);
        assert!(refused.complaint().contains(words), "{}", refused.stderr);
    }
}
