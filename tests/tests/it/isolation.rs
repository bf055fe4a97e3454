//! With a node's own credentials nothing of another node can be read, forged or answered.

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use futures::StreamExt;
use reeve_e2e::Instance;
use reeve_jetstream::{Bus, Credentials, Error, Headers, Message, Options, serve, streams};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// How long something forbidden is waited for.
const A_WHILE: Duration = Duration::from_millis(700);

type Heard = Arc<Mutex<Vec<Message>>>;

async fn connect(instance: &Instance, number: u32) -> (Bus, String) {
    let identity = instance.identity(number);
    let text = |name: &str| identity[name].as_str().unwrap().to_owned();
    let node = text("node_id");
    let options = Options {
        url: text("bus_url"),
        credentials: Credentials::Jwt { jwt: text("jwt"), seed: text("seed") },
        name: "test".to_owned(),
        inbox_prefix: format!("_INBOX_{node}"),
        ca: None,
    };
    (Bus::connect(&options).await.expect("a node is refused"), node)
}

/// Collects what comes in on a subject.
async fn listen(bus: &Bus, subject: &str) -> Heard {
    let heard = Heard::default();
    let into = heard.clone();
    let mut messages = bus.subscribe(subject).await.unwrap();
    tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            into.lock().unwrap().push(message);
        }
    });
    heard
}

/// The refusals in the server's log.
fn violations(instance: &Instance) -> usize {
    let log = std::fs::read_to_string(instance.data().join("nats.log")).unwrap();
    log.lines().filter(|line| line.contains("Violation")).count()
}

fn sequences(found: &[(&str, u64)]) -> Vec<u64> {
    found.iter().map(|(_, sequence)| *sequence).collect()
}

async fn lasts(bus: &Bus) -> Vec<(&'static str, u64)> {
    let mut found = Vec::new();
    for stream in [
        "RUN_COMMAND",
        "DOCUMENTS",
        "TAGS",
        streams::NODE_INBOX,
        streams::NODE_REPORTS,
        streams::DEAD_LETTER_QUEUE,
    ] {
        found.push((stream, streams::last_sequence(bus, stream).await.unwrap()));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_cannot_listen_to_another() {
    let instance = Instance::start(2);
    let (a, node_a) = connect(&instance, 1).await;
    let (_, node_b) = connect(&instance, 2).await;
    let before = violations(&instance);
    let subjects = [
        format!("reeve.live.{node_b}.>"),
        format!("reeve.live.{node_b}.cmd.*"),
        "reeve.live.>".to_owned(),
        "reeve.live.*.cmd.*".to_owned(),
        format!("_INBOX_{node_b}.>"),
        "_INBOX_*.>".to_owned(),
        "_INBOX.>".to_owned(),
        "$JS.>".to_owned(),
        "$SYS.>".to_owned(),
        ">".to_owned(),
        format!("reeve.node.{node_b}.>"),
        format!("reeve.report.{node_b}.>"),
        "reeve.evt.>".to_owned(),
    ];
    let mut all = Vec::new();
    for subject in &subjects {
        all.push((subject, listen(&a, subject).await));
    }
    let own = listen(&a, &format!("reeve.live.{node_a}.cmd.*")).await;
    let send = |node: &str| {
        let input = serde_json::json!({
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["echo secret"]},
        });
        let sent = instance.call("SendCommand", &input);
        sent["Command"]["CommandId"].as_str().unwrap().to_owned()
    };
    let commands = [send(&node_b), send(&node_a)];
    for command in &commands {
        assert_eq!(instance.ended(command)["StatusDetails"], "Success");
    }
    tokio::time::sleep(A_WHILE).await;
    let denied = violations(&instance) - before;
    let delivered: usize = all.iter().map(|(_, heard)| heard.lock().unwrap().len()).sum();
    println!("listening: {} attempts, {denied} denied, {delivered} delivered", subjects.len());
    for (subject, heard) in &all {
        let heard = heard.lock().unwrap();
        assert!(heard.is_empty(), "{subject}: {heard:?}");
    }
    assert_eq!(denied, subjects.len());
    assert_eq!(own.lock().unwrap().len(), 1, "the node hears what is its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_cannot_write_or_read_for_another() {
    let instance = Instance::start(2);
    let (a, node_a) = connect(&instance, 1).await;
    let (_, node_b) = connect(&instance, 2).await;
    let secret = instance.call("SendCommand", &serde_json::json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node_b], "Parameters": {"commands": ["echo secret"]},
    }));
    instance.ended(secret["Command"]["CommandId"].as_str().unwrap());
    let core = instance.bus().await;
    let (heard, lasts_before) = (listen(&core, ">").await, lasts(&core).await);
    let before = violations(&instance);

    let writes = [
        format!("reeve.report.{node_b}.status"),
        format!("reeve.report.{node_b}.hello"),
        format!("reeve.report.{node_b}.output.c.s"),
        format!("reeve.agent.{node_b}.heartbeat"),
        format!("reeve.live.{node_b}.cmd.7"),
        format!("reeve.node.{node_b}.cmd.7"),
        format!("reeve.node.{node_b}.cmd.*"),
        format!("reeve.node.{node_a}.cmd.7"),
        "reeve.evt.run-command.command.forged".to_owned(),
        "reeve.evt.nodes.node.forged".to_owned(),
        "reeve.dead-letter.nodes.x".to_owned(),
        "reeve.api.run-command.SendCommand".to_owned(),
        format!("_INBOX_{node_b}.x"),
        "$SYS.REQ.SERVER.PING".to_owned(),
    ];
    for subject in &writes {
        a.publish(subject, Headers::default(), Bytes::from_static(b"forged")).await.unwrap();
    }
    let get = "$JS.API.DIRECT.GET.NODE_INBOX";
    let reads = [
        (format!("{get}.reeve.node.{node_b}.cmd.1"), String::new()),
        (format!("{get}.reeve.node.{node_b}.cmd.*"), String::new()),
        (format!("{get}.reeve.node.*.cmd.1"), String::new()),
        (get.to_owned(), r#"{"seq":1}"#.to_owned()),
        (get.to_owned(), format!(r#"{{"last_by_subj":"reeve.node.{node_b}.cmd.1"}}"#)),
        (get.to_owned(), format!(r#"{{"seq":1,"batch":10,"next_by_subj":"reeve.node.{node_b}.>"}}"#)),
        ("$JS.API.STREAM.MSG.GET.NODE_INBOX".to_owned(), r#"{"seq":1}"#.to_owned()),
        ("$JS.API.STREAM.INFO.NODE_INBOX".to_owned(), String::new()),
        ("$JS.API.STREAM.NAMES".to_owned(), String::new()),
        ("$JS.API.CONSUMER.CREATE.NODE_INBOX".to_owned(), "{}".to_owned()),
        ("$SRV.INFO".to_owned(), String::new()),
    ];
    let mut answered = Vec::new();
    for (subject, body) in &reads {
        let asked = a.request(subject, &Headers::default(), Bytes::from(body.clone()), A_WHILE).await;
        match asked {
            Err(Error::NotPermitted(_) | Error::TimedOut { .. } | Error::NoResponders(_)) => {}
            other => answered.push(format!("{subject}: {other:?}")),
        }
    }
    // What Direct Get makes of a body on a subject that the node may ask: the subject alone counts.
    let own = format!("{get}.reeve.node.{node_a}.cmd.1");
    let body = Bytes::from(format!(r#"{{"last_by_subj":"reeve.node.{node_b}.cmd.1"}}"#));
    match a.request(&own, &Headers::default(), body, A_WHILE).await {
        Ok(message) => {
            let of = message.headers.get("Nats-Subject").unwrap_or_default().to_owned();
            println!(
                "the own suffixed Direct Get with a body naming another: status {:?} {of:?}",
                message.status
            );
            if of.contains(&node_b) {
                answered.push(format!("{own} with a body: {message:?}"));
            }
        }
        Err(error) => println!("the own suffixed Direct Get with a body naming another: {error}"),
    }
    tokio::time::sleep(A_WHILE).await;
    let delivered: Vec<String> = {
        let heard = heard.lock().unwrap();
        heard.iter().filter(|m| m.data.as_ref() == b"forged").map(|m| m.subject.clone()).collect()
    };
    let denied = violations(&instance) - before;
    println!(
        "writing and reading: {} attempts, {denied} denied, {} delivered, {} answered",
        writes.len() + reads.len(),
        delivered.len(),
        answered.len()
    );
    assert!(delivered.is_empty() && answered.is_empty(), "{delivered:?} {answered:?}");
    assert_eq!(denied, writes.len() + reads.len());
    assert_eq!(sequences(&lasts_before), sequences(&lasts(&core).await), "something was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_identity_is_not_let_in() {
    let instance = Instance::start(2);
    let text = |number: u32, name: &str| instance.identity(number)[name].as_str().unwrap().to_owned();
    let [a, b] = [1, 2].map(|number| (text(number, "jwt"), text(number, "seed"), text(number, "node_id")));
    let rewritten = |from: &str, to: &str| {
        let parts: Vec<&str> = a.0.split('.').collect();
        let claims = String::from_utf8(BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap()).unwrap();
        assert!(claims.contains(from), "{claims}");
        let claims = BASE64URL_NOPAD.encode(claims.replace(from, to).as_bytes());
        format!("{}.{claims}.{}", parts[0], parts[2])
    };
    let jwt = |jwt: String, seed: &str| Credentials::Jwt { jwt, seed: seed.to_owned() };
    let attempts = [
        ("another node's name", jwt(rewritten(&a.2, &b.2), &a.1)),
        ("every node's name", jwt(rewritten(&a.2, "*"), &a.1)),
        (
            "rights of its own",
            jwt(rewritten("\"type\":\"user\"", "\"type\":\"user\",\"pub\":{\"allow\":[\">\"]}"), &a.1),
        ),
        ("another node's JWT", jwt(b.0.clone(), &a.1)),
        ("no credentials", Credentials::None),
    ];
    for (name, credentials) in &attempts {
        let options = Options {
            url: text(1, "bus_url"),
            credentials: credentials.clone(),
            name: "forged".to_owned(),
            inbox_prefix: format!("_INBOX_{}", b.2),
            ca: None,
        };
        let connected = Bus::connect(&options).await.map(|_| ());
        println!("{name}: {connected:?}");
        assert!(connected.is_err(), "{name} was let in");
    }
    println!("forged identities: {} attempts, {} denied", attempts.len(), attempts.len());
}

/// NATS lets a requester choose where the answer goes. A service answers on a subject of the node that asked, whatever
/// that one chose: nothing arrives at another. The server itself answers where it is told, that it has stored a message
/// or with one that the requester may read: that arrives, holds nothing that the requester wrote, and changes nothing,
/// because a node trusts nothing but a signature.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_a_node_sends_to_another_change_nothing_there() {
    let instance = Instance::start(2);
    let (a, node_a) = connect(&instance, 1).await;
    let (b, node_b) = connect(&instance, 2).await;
    // Its own agent asks, too, and is answered beside these.
    let live = listen(&b, &format!("reeve.live.{node_b}.cmd.*")).await;
    let inbox = listen(&b, &format!("_INBOX_{node_b}.guess.>")).await;
    let to_b = |script: &str| {
        let input = serde_json::json!({
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node_b], "Parameters": {"commands": [script]},
        });
        let sent = instance.call("SendCommand", &input);
        sent["Command"]["CommandId"].as_str().unwrap().to_owned()
    };
    assert_eq!(instance.ended(&to_b("echo one"))["StatusDetails"], "Success");
    let genuine = live.lock().unwrap().len();
    assert_eq!(genuine, 1);

    // The next number, some ahead, the last of all, and an answer to a question that nobody asked.
    let replies = ["cmd.2", "cmd.3", "cmd.40", "cmd.18446744073709551615", "cmd.x"];
    let replies = replies.iter().map(|tail| format!("reeve.live.{node_b}.{tail}"));
    let replies: Vec<String> = replies.chain([format!("_INBOX_{node_b}.guess.1")]).collect();
    let arrived = || live.lock().unwrap().len() - genuine + inbox.lock().unwrap().len();
    let answer_to = Headers::default().with("reeve-answer-to", "x");
    for reply in &replies {
        for question in ["heartbeat", "keys", "get-document"] {
            let (question, body) = (format!("reeve.agent.{node_a}.{question}"), Bytes::from_static(b"{}"));
            a.publish_with_reply(&question, reply, body.clone()).await.unwrap();
            a.publish(&question, answer_to.clone(), body).await.unwrap();
        }
    }
    // Its own answer is heard where it belongs.
    let own = serve::ask(&a, &node_a, "heartbeat", "{}".into(), Duration::from_secs(5)).await;
    assert!(own.is_ok(), "{own:?}");
    tokio::time::sleep(A_WHILE).await;
    println!("answers of services sent elsewhere: {} attempts, {} arrived", 3 * replies.len(), arrived());
    assert_eq!(arrived(), 0);

    let mark = "written by a";
    let questions = [
        format!("reeve.report.{node_a}.hello"),
        format!("$JS.API.DIRECT.GET.NODE_INBOX.reeve.node.{node_a}.cmd.*"),
    ];
    for reply in &replies {
        for question in &questions {
            a.publish_with_reply(question, reply, Bytes::from_static(mark.as_bytes())).await.unwrap();
        }
    }
    a.flush().await.unwrap();
    tokio::time::sleep(A_WHILE).await;
    println!("answers of the server sent elsewhere: {} attempts, {} arrived", 2 * replies.len(), arrived());
    for message in live.lock().unwrap().iter().skip(genuine).chain(inbox.lock().unwrap().iter()) {
        assert!(!String::from_utf8_lossy(&message.data).contains(mark), "{message:?}");
    }

    for script in ["echo two", "echo three"] {
        let ended = instance.ended(&to_b(script));
        assert_eq!(ended["StatusDetails"], "Success", "{ended}");
    }
}
