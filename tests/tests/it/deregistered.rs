//! A deregistered node is cut off at once, and stays so.

use futures::StreamExt;
use nkeys::KeyPair;
use reeve_e2e::{Agent, Instance, wait_for};
use reeve_jetstream::{Bus, Credentials, Error, Options};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

fn options(identity: &Value) -> Options {
    let text = |name: &str| identity[name].as_str().unwrap().to_owned();
    Options {
        url: text("bus_url"),
        credentials: Credentials::Jwt { jwt: text("jwt"), seed: text("seed") },
        name: "test".to_owned(),
        inbox_prefix: format!("_INBOX_{}", text("node_id")),
    }
}

fn node(identity: &Value) -> String {
    identity["node_id"].as_str().unwrap().to_owned()
}

fn deregister(instance: &Instance, node: &str) {
    instance.call("DeregisterManagedInstance", &json!({"InstanceId": node}));
}

fn is_refused(result: Result<Bus, Error>) -> bool {
    matches!(result, Err(Error::NotLetIn(_)))
}

/// The protocol itself, with a node's credentials: no client that reconnects.
fn raw(identity: &Value) -> BufReader<TcpStream> {
    let address = identity["bus_url"].as_str().unwrap().trim_start_matches("nats://");
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let info: Value = serde_json::from_str(line.trim_start_matches("INFO ")).unwrap();
    let key = KeyPair::from_seed(identity["seed"].as_str().unwrap()).unwrap();
    let signature = key.sign(info["nonce"].as_str().unwrap().as_bytes()).unwrap();
    let connect = json!({
        "verbose": false, "pedantic": false, "jwt": identity["jwt"],
        "sig": data_encoding::BASE64URL_NOPAD.encode(&signature),
    });
    let subject = format!("reeve.live.{}.>", node(identity));
    write!(stream.get_mut(), "CONNECT {connect}\r\nSUB {subject} 1\r\nPING\r\n").unwrap();
    line.clear();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "PONG");
    stream
}

/// Reads until the server closes; answers what it said.
fn last_words(mut stream: BufReader<TcpStream>) -> String {
    stream.get_ref().set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut said, mut line) = (String::new(), String::new());
    while stream.read_line(&mut line).expect("the server did not close the connection") > 0 {
        said.push_str(&line);
        line.clear();
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn deregistering_cuts_the_connection_and_keeps_it_cut() {
    let mut instance = Instance::start(1);
    let agent = Agent::enrol(&instance, "gone");
    let (gone, stays) = (agent.identity().unwrap(), instance.identity(1));
    let other = Bus::connect(&options(&stays)).await.unwrap();
    let mut live = other.subscribe(&format!("reeve.live.{}.>", node(&stays))).await.unwrap();

    let stream = raw(&gone);
    let begun = Instant::now();
    deregister(&instance, &node(&gone));
    let answered = begun.elapsed();
    let said = last_words(stream);
    let (closed, said) = (begun.elapsed(), said.lines().last().unwrap_or_default().to_owned());
    println!(
        "closed {} ms after the call began, answered after {}: {said}",
        closed.as_millis(),
        answered.as_millis()
    );
    assert!(closed < Duration::from_secs(2), "{closed:?}");
    assert!(is_refused(Bus::connect(&options(&gone)).await), "let in again");

    // Its own agent says so, and the server is not asked again and again.
    let log = agent.folder().join("agent.log");
    let said = wait_for("the agent says so", || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.lines().find(|line| line.contains("was deregistered")).map(str::to_owned)
    });
    println!("{said}");

    // Nobody else notices.
    let sent = instance.call("SendCommand", &json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node(&stays)], "Parameters": {"commands": ["true"]},
    }));
    assert_eq!(instance.ended(sent["Command"]["CommandId"].as_str().unwrap())["StatusDetails"], "Success");
    assert!(live.next().await.is_some());
    assert_eq!(*other.connections().borrow(), 1, "the other node's connection was made anew");
    let lost = instance.events().into_iter().filter(|e| e["type"] == "reeve.nodes.NodeLost.v1");
    let lost: Vec<Value> = lost.filter(|e| e["subject"] == format!("node/{}", node(&stays))).collect();
    assert!(lost.is_empty(), "{lost:?}");

    // With everything started again; then with a bus that has forgotten whom it knew.
    instance.stop();
    instance.restart();
    assert!(is_refused(Bus::connect(&options(&gone)).await), "let in after a restart");
    assert!(Bus::connect(&options(&stays)).await.is_ok());
    instance.stop();
    std::fs::remove_dir_all(instance.data().join("nats/accounts")).unwrap();
    instance.restart();
    assert!(is_refused(Bus::connect(&options(&gone)).await), "let in after the bus forgot");
    assert!(Bus::connect(&options(&stays)).await.is_ok());
}
