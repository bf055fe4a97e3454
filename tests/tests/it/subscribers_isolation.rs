//! With a subscriber's credentials nothing is written, nothing deleted, and nothing read but what it was granted.

use crate::subscribers::{create, subscriber};
use bytes::Bytes;
use futures::StreamExt;
use reeve_e2e::{Instance, client_options};
use reeve_jetstream::{Bus, Error, Headers, Message, streams};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// How long something forbidden is waited for.
const A_WHILE: Duration = Duration::from_millis(700);
const FORGED: &[u8] = b"{\"forged\":true}";

async fn connect(instance: &Instance, name: &str, services: &[&str]) -> Bus {
    let credentials = std::fs::read_to_string(subscriber(instance, name, services)).unwrap();
    Bus::connect(&client_options(instance, &credentials, &format!("_INBOX_{name}"))).await.unwrap()
}

async fn ask(bus: &Bus, subject: &str, body: &Value) -> Result<Message, Error> {
    bus.request(subject, &Headers::default(), body.to_string().into(), A_WHILE).await
}

/// What the API of consumers says.
async fn api(bus: &Bus, subject: &str, body: &Value) -> Value {
    let answer = ask(bus, &format!("reeve.js.CONSUMER.{subject}"), body).await.unwrap();
    serde_json::from_slice(&answer.data).unwrap()
}

fn violations(instance: &Instance) -> usize {
    let log = std::fs::read_to_string(instance.data().join("nats.log")).unwrap();
    log.lines().filter(|line| line.contains("Violation")).count()
}

async fn listen(bus: &Bus, subject: &str) -> Arc<Mutex<Vec<Message>>> {
    let heard = Arc::<Mutex<Vec<Message>>>::default();
    let into = heard.clone();
    let mut messages = bus.subscribe(subject).await.unwrap();
    tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            into.lock().unwrap().push(message);
        }
    });
    heard
}

async fn lasts(core: &Bus) -> Vec<u64> {
    let mut found = Vec::new();
    for stream in [
        "DOCUMENTS",
        "ACCESS",
        "NODES",
        "INGEST",
        "DOCUMENTS_JSON",
        streams::NODE_INBOX,
        streams::NODE_REPORTS,
    ] {
        found.push(streams::last_sequence(core, stream).await.unwrap());
    }
    found
}

/// All consumers of a stream.
async fn consumers(core: &Bus, stream: &str) -> Vec<String> {
    let answer = ask(core, &format!("$JS.API.CONSUMER.NAMES.{stream}"), &json!({})).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.data).unwrap();
    serde_json::from_value(answer["consumers"].clone()).unwrap()
}

fn durable(name: &str) -> Value {
    json!({"config": {"durable_name": name, "name": name, "ack_policy": "explicit"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_reaches_nothing_but_its_own_consumers() {
    let instance = Instance::start(0);
    let siem = connect(&instance, "siem", &["documents"]).await;
    let other = connect(&instance, "other", &["documents"]).await;
    let made = api(&other, "CREATE.DOCUMENTS.other_1", &durable("other_1")).await;
    assert_eq!(made["config"]["durable_name"], "other_1", "{made}");
    let core = instance.bus().await;
    let (heard, before, lasts_before) = (listen(&core, ">").await, violations(&instance), lasts(&core).await);
    let services = consumers(&core, "DOCUMENTS").await;
    let of_a_service = services.iter().find(|name| !name.contains("_")).expect("a service's consumer");
    let forbidden = [
        // Events, messages to nodes and of nodes, calls, somebody's answers.
        "reeve.evt.documents.document.x".to_owned(),
        "reeve.json.documents.document.x".to_owned(),
        "reeve.node.mi-0123456789abcdef0.cmd.1".to_owned(),
        "reeve.live.mi-0123456789abcdef0.cmd.1".to_owned(),
        "reeve.report.mi-0123456789abcdef0.status".to_owned(),
        "reeve.agent.mi-0123456789abcdef0.heartbeat".to_owned(),
        "reeve.api.access.CreateAccessKey".to_owned(),
        "reeve.edge".to_owned(),
        "reeve.enroll".to_owned(),
        "reeve.ingest".to_owned(),
        "reeve.ingest.siem".to_owned(),
        "reeve.request.run-command.x.y".to_owned(),
        "reeve.dead-letter.nodes.x".to_owned(),
        "reeve.secret-key.x".to_owned(),
        "reeve.consumer.create.DOCUMENTS.siem_1".to_owned(),
        "_INBOX.x".to_owned(),
        "_INBOX_other.x".to_owned(),
        "$SYS.REQ.SERVER.PING".to_owned(),
        "$SRV.INFO".to_owned(),
        // Streams.
        "$JS.API.STREAM.DELETE.DOCUMENTS".to_owned(),
        "$JS.API.STREAM.PURGE.DOCUMENTS".to_owned(),
        "$JS.API.STREAM.MSG.DELETE.DOCUMENTS".to_owned(),
        "$JS.API.STREAM.MSG.GET.DOCUMENTS".to_owned(),
        "$JS.API.STREAM.NAMES".to_owned(),
        "$JS.API.DIRECT.GET.SECRET_KEYS".to_owned(),
        "$JS.API.DIRECT.GET.DOCUMENTS".to_owned(),
        "reeve.js.STREAM.DELETE.DOCUMENTS".to_owned(),
        "reeve.js.STREAM.PURGE.DOCUMENTS".to_owned(),
        // Consumers of others.
        "$JS.API.CONSUMER.CREATE.DOCUMENTS.siem_1".to_owned(),
        "reeve.js.CONSUMER.CREATE.DOCUMENTS".to_owned(),
        "reeve.js.CONSUMER.CREATE.DOCUMENTS.other_1".to_owned(),
        "reeve.js.CONSUMER.CREATE.DOCUMENTS.siem_5".to_owned(),
        "reeve.js.CONSUMER.DURABLE.CREATE.DOCUMENTS.siem_1".to_owned(),
        "reeve.js.CONSUMER.DELETE.DOCUMENTS.other_1".to_owned(),
        "reeve.js.CONSUMER.INFO.DOCUMENTS.other_1".to_owned(),
        "reeve.js.CONSUMER.MSG.NEXT.DOCUMENTS.other_1".to_owned(),
        "reeve.js.CONSUMER.NAMES.DOCUMENTS".to_owned(),
        format!("reeve.js.CONSUMER.MSG.NEXT.DOCUMENTS.{of_a_service}"),
        format!("reeve.js.CONSUMER.DELETE.DOCUMENTS.{of_a_service}"),
        "$JS.ACK.DOCUMENTS.other_1.1.1.1.1.0".to_owned(),
        format!("$JS.ACK.DOCUMENTS.{of_a_service}.1.1.1.1.0"),
    ];
    for subject in &forbidden {
        siem.publish(subject, Headers::default(), Bytes::from_static(FORGED)).await.unwrap();
    }
    let subjects = [
        ">",
        "reeve.>",
        "reeve.evt.>",
        "reeve.json.>",
        "reeve.live.>",
        "_INBOX.>",
        "_INBOX_other.>",
        "_INBOX_*.>",
        "$JS.>",
        "$SYS.>",
        "reeve.js.>",
    ];
    let mut listening = Vec::new();
    for subject in subjects {
        listening.push((subject, listen(&siem, subject).await));
    }
    // An answer on the same connection: the server has seen all of it.
    api(&siem, "INFO.DOCUMENTS.siem_1", &json!({})).await;
    create(&instance, "seen");
    tokio::time::sleep(A_WHILE).await;
    let denied = violations(&instance) - before;
    println!("{} sent, {} listened to, {denied} denied", forbidden.len(), subjects.len());
    assert_eq!(denied, forbidden.len() + subjects.len());
    for (subject, heard) in &listening {
        assert!(heard.lock().unwrap().is_empty(), "{subject}");
    }
    let forged: Vec<String> = heard
        .lock()
        .unwrap()
        .iter()
        .filter(|m| m.data.as_ref() == FORGED)
        .map(|m| m.subject.clone())
        .collect();
    assert!(forged.is_empty(), "{forged:?}");
    let mut expected = lasts_before;
    // The document's own event, and its copy.
    (expected[0], expected[4]) =
        (expected[0] + 1, streams::last_sequence(&core, "DOCUMENTS_JSON").await.unwrap());
    assert_eq!(lasts(&core).await, expected);
    assert!(consumers(&core, "DOCUMENTS").await.contains(&"other_1".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_would_read_or_send_elsewhere_is_not_made() {
    let instance = Instance::start(0);
    let siem = connect(&instance, "siem", &["documents"]).await;
    let nobody = connect(&instance, "nobody", &[]).await;
    let core = instance.bus().await;
    // The copy as JSON begins with the subscriber, and takes its time.
    let mut before = lasts(&core).await;
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = lasts(&core).await;
        if now == before && now[4] == now[0] {
            break;
        }
        before = now;
    }
    let mut refused = Vec::new();
    for stream in [
        "NODES",
        "ACCESS",
        "INGEST",
        "NODES_JSON",
        "NODE_INBOX",
        "NODE_OUTPUT",
        "SECRET_KEYS",
        "DEAD_LETTER_QUEUE",
        "ACCESS_REQUESTS",
        "NO_SUCH",
    ] {
        refused.push(api(&siem, &format!("CREATE.{stream}.siem_1"), &durable("siem_1")).await);
    }
    for stream in ["DOCUMENTS", "DOCUMENTS_JSON"] {
        refused.push(api(&nobody, &format!("CREATE.{stream}.nobody_1"), &durable("nobody_1")).await);
    }
    for answer in &refused {
        assert_eq!(answer["error"]["code"], 403, "{answer}");
    }
    println!("{}", refused[0]["error"]["description"]);
    for (member, value) in [
        ("deliver_subject", json!("reeve.evt.nodes.node.forged")),
        ("deliver_subject", json!("reeve.live.mi-0123456789abcdef0.cmd.1")),
        ("deliver_subject", json!("_INBOX_siem.x")),
        ("durable_name", json!("other_1")),
        ("name", json!("other_1")),
        ("durable_name", Value::Null),
        ("sample_freq", json!("100")),
    ] {
        let mut request = durable("siem_1");
        request["config"][member] = value;
        let answer = api(&siem, "CREATE.DOCUMENTS.siem_1", &request).await;
        let said = answer["error"]["description"].as_str().unwrap_or_default();
        assert!(answer["error"]["code"] == 400 && said.contains(member), "{member}: {answer}");
    }
    // What a filter says is the server's to compare, and lies in this stream or is empty.
    let mut request = durable("siem_1");
    request["config"]["filter_subject"] = json!("reeve.evt.documents.>");
    let other = api(&siem, "CREATE.DOCUMENTS.siem_1.reeve.evt.nodes.>", &request).await;
    assert_eq!(other["error"]["err_code"], 10131, "{other}");
    for stream in ["DOCUMENTS", "NODES", "ACCESS"] {
        let names = consumers(&core, stream).await;
        assert!(names.iter().all(|name| !name.contains('_')), "{stream}: {names:?}");
    }
    let made = api(&siem, "CREATE.DOCUMENTS.siem_1", &durable("siem_1")).await;
    assert_eq!(made["config"]["durable_name"], "siem_1", "{made}");
    assert_eq!(lasts(&core).await, before);
}

/// NATS lets a requester choose where the answer goes. Across accounts that is a subject of his own account, where nothing of
/// CORE lies: neither streams nor services nor what nodes hear; and an answer goes on to nothing that the account imports.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_a_subscriber_sends_elsewhere_do_not_get_there() {
    let instance = Instance::start(1);
    let siem = connect(&instance, "siem", &["documents"]).await;
    let other = connect(&instance, "other", &["documents"]).await;
    api(&siem, "CREATE.DOCUMENTS.siem_1", &durable("siem_1")).await;
    api(&other, "CREATE.DOCUMENTS.other_1", &durable("other_1")).await;
    (0..20).for_each(|number| create(&instance, &format!("doc-{number}")));
    // One that the other has not acknowledged.
    let next = "reeve.js.CONSUMER.MSG.NEXT.DOCUMENTS.";
    let others = listen(&other, "_INBOX_other.own").await;
    let one = Bytes::from_static(b"1");
    other.publish_with_reply(&format!("{next}other_1"), "_INBOX_other.own", one).await.unwrap();
    tokio::time::sleep(A_WHILE).await;
    let acknowledges = others.lock().unwrap()[0].reply.clone().expect("what acknowledges it");
    let core = instance.bus().await;
    let (before, node) = (lasts(&core).await, instance.node());
    let heard = listen(&core, ">").await;
    let send = async |reply: &str| {
        let one = Bytes::from_static(b"1");
        siem.publish_with_reply(&format!("{next}siem_1"), reply, one).await.unwrap();
        let info = "reeve.js.CONSUMER.INFO.DOCUMENTS.siem_1";
        siem.publish_with_reply(info, reply, Bytes::new()).await.unwrap();
        let create = "reeve.js.CONSUMER.CREATE.NODES.siem_1";
        siem.publish_with_reply(create, reply, Bytes::new()).await.unwrap();
    };
    let own = listen(&siem, "_INBOX_siem.own").await;
    send("_INBOX_siem.own").await;
    let replies = [
        "reeve.evt.documents.document.forged".to_owned(),
        "reeve.evt.nodes.node.forged".to_owned(),
        format!("reeve.live.{node}.cmd.1"),
        format!("reeve.live.{node}.answer.x"),
        format!("reeve.node.{node}.cmd.999"),
        format!("_INBOX_{node}.x"),
        "_INBOX.x".to_owned(),
        "$JS.API.STREAM.DELETE.DOCUMENTS".to_owned(),
        // What clients reach of CORE: another one's source and consumers.
        "reeve.ingest.x".to_owned(),
        "reeve.consumer.create.DOCUMENTS.other_2".to_owned(),
        "reeve.js.CONSUMER.CREATE.DOCUMENTS.other_2".to_owned(),
        "reeve.js.CONSUMER.MSG.NEXT.DOCUMENTS.other_1".to_owned(),
        "reeve.js.CONSUMER.DELETE.DOCUMENTS.other_1".to_owned(),
        acknowledges,
    ];
    for reply in &replies {
        send(reply).await;
    }
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(own.lock().unwrap().len(), 3, "each question is answered where it may be");
    let arrived: Vec<String> = heard.lock().unwrap().iter().map(|message| message.subject.clone()).collect();
    let arrived: Vec<&String> = arrived.iter().filter(|subject| replies.contains(subject)).collect();
    assert!(arrived.is_empty(), "{arrived:?}");
    let now = lasts(&core).await;
    let stored = |lasts: &[u64]| [0, 1, 3, 5].map(|stream| lasts[stream]);
    assert_eq!(stored(&now), stored(&before), "something was stored");
    let others = api(&other, "INFO.DOCUMENTS.other_1", &json!({})).await;
    assert_eq!((&others["num_ack_pending"], &others["delivered"]["consumer_seq"]), (&json!(1), &json!(1)));
    assert!(!consumers(&core, "DOCUMENTS").await.contains(&"other_2".to_owned()));
}
