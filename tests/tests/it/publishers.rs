//! Programs of other systems that send events over NATS, with clients that are no part of Reeve: the SDK of CloudEvents and
//! nats-py.

use bytes::Bytes;
use futures::StreamExt;
use reeve_e2e::{Answer, Instance, client_options, wait_for};
use reeve_jetstream::{Bus, Error, Headers};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

/// Sends events as the SDK writes them, and prints what is answered.
const PUBLISHER: &str = r#"
import asyncio, json, os, nats
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

def event(id, data=None, **more):
    return CloudEvent({"id": id, "source": "/ci", "type": "build.failed", "specversion": "1.0", **more}, data)

def binary(event):
    message = http.to_binary(event, JSONFormat())
    headers = dict(message.headers)
    # The one difference to HTTP.
    kind = headers.pop("content-type", None) or headers.pop("Content-Type", None)
    if kind:
        headers["ce-datacontenttype"] = kind
    return headers, message.body

def structured(event):
    message = http.to_structured(event, JSONFormat())
    return dict(message.headers), message.body

async def main():
    nc = await nats.connect(os.environ["BUS"], user_credentials=os.environ["CREDENTIALS"], inbox_prefix=b"_INBOX_source_ci")
    async def ask(headers, body):
        answer = await nc.request("reeve.ingest.ci", body, headers=headers, timeout=10)
        print(json.dumps([answer.headers["status"], json.loads(answer.data)]), flush=True)
    text = "Euro \u20ac 100% \"quoted\""
    await ask(*binary(event("1", {"branch": "main"}, datacontenttype="application/json", subject=text)))
    await ask(*binary(event("1", {"branch": "main"}, datacontenttype="application/json", subject=text)))
    await ask(*binary(event("2", bytes([0, 1, 2, 255]), datacontenttype="application/octet-stream")))
    await ask(*structured(event("3", {"branch": "main"}, datacontenttype="application/json", subject=text)))
    await ask(*structured(event("4", bytes([0, 1, 2, 255]), datacontenttype="application/octet-stream")))
    headers, body = binary(event("5", {"branch": "main"}, datacontenttype="application/json"))
    await ask({name: value for name, value in headers.items() if name != "ce-type"}, body)
    await ask({**headers, "ce-time": "noon"}, body)
    await ask({**headers, "content-type": "application/cloudevents-batch+json"}, b"[]")
    await ask(headers, b"{")
    await asyncio.gather(*[ask(*binary(event("many-" + str(n)))) for n in range(200)])
    # Nobody waits for these.
    await nc.publish("reeve.ingest.ci", body, headers=headers)
    await nc.publish("reeve.ingest.ci", body, headers={**headers, "ce-id": ""})
    await nc.flush()
    await nc.close()

asyncio.run(main())
"#;

/// Makes a source; answers the file of its credentials.
fn publisher(instance: &Instance, name: &str) -> PathBuf {
    let made = instance.reeve(&["access", "create-source", name, "--nats"]);
    let path = instance.scratch().join(format!("{name}.creds"));
    std::fs::write(&path, made.text()).unwrap();
    path
}

async fn connect(instance: &Instance, name: &str) -> Result<Bus, Error> {
    let credentials = std::fs::read_to_string(instance.scratch().join(format!("{name}.creds"))).unwrap();
    Bus::connect(&client_options(instance, &credentials, &format!("_INBOX_source_{name}"))).await
}

fn received(instance: &Instance) -> Vec<Value> {
    let events = instance.events().into_iter();
    events.filter(|event| event["type"] == "reeve.ingest.CloudEventReceived.v1").collect()
}

#[test]
fn what_an_sdk_sends_is_stored_or_refused_with_a_reason() {
    let instance = Instance::start(0);
    let credentials = publisher(&instance, "ci").display().to_string();
    let sent = Answer::of(&mut instance.python_command(PUBLISHER, &[("CREDENTIALS", &credentials)]));
    let answers: Vec<Value> = sent.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids = ["1", "1", "2", "3", "4"].map(|id| json!(["200", {"id": id}]));
    assert_eq!(answers[..5], ids);
    for (answer, field, words) in [
        (&answers[5], "ce-type", "ce-type is missing."),
        (&answers[6], "ce-time", "no instant"),
        (&answers[7], "Content-Type", "each event is a message"),
        (&answers[8], "The body", "is not JSON"),
    ] {
        assert_eq!((&answer[0], &answer[1]["field"]), (&json!("400"), &json!(field)), "{answer}");
        assert!(answer[1]["message"].as_str().unwrap().contains(words), "{answer}");
    }
    assert!(answers.len() == 209 && answers[9..].iter().all(|answer| answer[0] == "200"), "{answers:?}");
    let events = wait_for("the last one too", || Some(received(&instance)).filter(|all| all.len() == 205));
    let of = |id: &str| -> Value {
        let found: Vec<&Value> = events.iter().filter(|event| event["data"]["id"] == id).collect();
        assert_eq!(found.len(), 1, "{id}: {found:?}");
        assert_eq!(found[0]["actor"], "source:ci");
        found[0]["data"].clone()
    };
    let text = |event: &Value, key: &str| {
        let attributes = event["attributes"].as_array().unwrap().clone();
        attributes.into_iter().find(|text| text["key"] == key).unwrap()["value"].clone()
    };
    for (id, kind, data) in [
        ("1", "json", &br#"{"branch": "main"}"#[..]),
        ("2", "binary", &[0, 1, 2, 255][..]),
        ("3", "json", &br#"{"branch":"main"}"#[..]),
        ("4", "binary", &[0, 1, 2, 255][..]),
        ("5", "json", &br#"{"branch": "main"}"#[..]),
    ] {
        let event = of(id);
        let stored = data_encoding::BASE64.decode(event["data"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!((event["dataKind"].as_str(), event["sender"].as_str()), (Some(kind), Some("ci")), "{id}");
        match kind {
            "json" => assert_eq!(
                serde_json::from_slice::<Value>(&stored).unwrap(),
                serde_json::from_slice::<Value>(data).unwrap()
            ),
            _ => assert_eq!(stored, data, "{id}"),
        }
    }
    for id in ["1", "3"] {
        assert_eq!(text(&of(id), "subject"), "Euro € 100% \"quoted\"", "{id}");
    }
    assert_eq!(text(&of("2"), "datacontenttype"), "application/octet-stream");
    // Of the one that nobody waited for a dead letter tells.
    let letters = wait_for("a dead letter", || {
        let listed = instance.reeve(&["dead-letters", "list", "--output", "json"]).json();
        Some(listed).filter(|listed| listed[0].is_object())
    });
    println!("{letters}");
    assert!(letters.to_string().contains("ce-id is empty.") && letters.as_array().unwrap().len() == 1);
    let sources = instance.reeve(&["access", "sources", "--output", "json"]).json();
    assert_eq!(sources[0]["received"], 205);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_reaches_nothing_but_its_source_and_goes_with_it() {
    let mut instance = Instance::start(0);
    publisher(&instance, "ci");
    publisher(&instance, "other");
    let bus = connect(&instance, "ci").await.unwrap();
    let violations = |instance: &Instance| {
        let log = std::fs::read_to_string(instance.data().join("nats.log")).unwrap();
        log.lines().filter(|line| line.contains("Violation")).count()
    };
    let before = violations(&instance);
    let sends = [
        "reeve.ingest.other",
        "reeve.ingest",
        "reeve.evt.ingest.source.x",
        "reeve.api.ingest.CreateSource",
        "reeve.js.CONSUMER.CREATE.INGEST.ci_1",
        "reeve.edge",
        "$JS.API.STREAM.NAMES",
        "_INBOX_source_other.x",
    ];
    for subject in sends {
        bus.publish(subject, Headers::default(), Bytes::from_static(b"{}")).await.unwrap();
    }
    let hears =
        [">", "reeve.ingest.ci", "reeve.ingest.*", "reeve.json.>", "_INBOX_source_other.>", "_INBOX.>"];
    let mut heard = Vec::new();
    for subject in hears {
        heard.push(bus.subscribe(subject).await.unwrap());
    }
    let event = json!({"specversion": "1.0", "id": "1", "source": "/a", "type": "t"}).to_string();
    let structured = || Headers::default().with("content-type", "application/cloudevents+json");
    let send = async |bus: &Bus| {
        let limit = Duration::from_secs(5);
        let answer =
            bus.request("reeve.ingest.ci", &structured(), event.clone().into(), limit).await.unwrap();
        answer.headers.get("status").unwrap_or_default().to_owned()
    };
    assert_eq!(send(&bus).await, "200");
    assert_eq!(violations(&instance) - before, sends.len() + hears.len());
    for mut subscription in heard {
        let nothing = tokio::time::timeout(Duration::from_millis(50), subscription.next()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }
    assert_eq!(received(&instance).len(), 1);
    // With its source its credentials go, and stay gone when there is another one of that name.
    instance.reeve(&["access", "delete-source", "ci"]).text();
    wait_for("its connection ends", || (!bus.is_connected()).then_some(()));
    let again = wait_for("the name is free", || {
        let made = instance.reeve(&["access", "create-source", "ci", "--nats"]);
        made.success.then_some(made)
    });
    assert!(matches!(connect(&instance, "ci").await, Err(Error::NotLetIn(_))));
    instance.stop();
    instance.restart();
    assert!(matches!(connect(&instance, "ci").await, Err(Error::NotLetIn(_))));
    std::fs::write(instance.scratch().join("ci.creds"), again.text()).unwrap();
    assert_eq!(send(&connect(&instance, "ci").await.unwrap()).await, "200");
}

/// A block of the book's page about events, by its first line.
fn of_the_page(name: &str) -> String {
    let page = include_str!("../../../docs/events.md");
    let first = format!("    # {name}");
    let lines = page.lines().skip_while(|line| !line.starts_with(&first));
    let block: Vec<&str> = lines
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    assert!(!block.is_empty(), "the page has no block {name}");
    block.join("\n")
}

#[test]
fn the_examples_of_the_page_do_what_it_says() {
    let instance = Instance::start(0);
    publisher(&instance, "ci");
    crate::subscribers::subscriber(&instance, "siem", &["documents", "nodes"]);
    let published = Answer::of(&mut instance.python_command(&of_the_page("publish.py"), &[]));
    assert_eq!(published.text().trim(), r#"200 {"id":"build-1"}"#);
    let mut subscribed = instance.python_command(&of_the_page("subscribe.py"), &[]);
    let mut subscribed = subscribed.stdout(Stdio::piped()).spawn().unwrap();
    crate::subscribers::create(&instance, "seen");
    let printed = BufReader::new(subscribed.stdout.take().unwrap()).lines();
    let seen = printed.map(Result::unwrap).find(|line| line.contains("document/seen"));
    subscribed.kill().unwrap();
    subscribed.wait().unwrap();
    println!("{seen:?}");
    assert!(seen.unwrap().contains("reeve.documents.DocumentCreated.v1"));
    let path =
        format!("{}:{}", reeve_e2e::reeve().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", &of_the_page("publish.sh")]).env("PATH", path).env("REEVE_DATA", instance.data());
    let printed = Answer::of(&mut shell);
    assert!(printed.text().starts_with(r#"{"id":"order-1"}"#), "{}", printed.stdout);
    let events = printed.text().lines().filter(|line| line.contains("CloudEventReceived"));
    assert_eq!(events.count(), 2, "{}", printed.stdout);
}
