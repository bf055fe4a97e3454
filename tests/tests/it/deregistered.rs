//! A deregistered node is cut off at once, and stays so.

use bytes::Bytes;
use futures::StreamExt;
use nkeys::KeyPair;
use reeve_e2e::{Agent, Instance, wait_for};
use reeve_jetstream::{
    Bus, Credentials, Error, Headers, Options, admission::MAX_REVOKED_KEYS, operator::Keys, serve,
};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

fn options(identity: &Value) -> Options {
    let text = |name: &str| identity[name].as_str().unwrap().to_owned();
    Options {
        url: text("bus_url"),
        credentials: Credentials::Jwt { jwt: text("jwt"), seed: text("seed") },
        name: "test".to_owned(),
        inbox_prefix: format!("_INBOX_{}", text("node_id")),
        ca: None,
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

fn keys(instance: &Instance) -> Keys {
    let bytes = std::fs::read(instance.data().join("keys.json")).unwrap();
    let keys: Value = serde_json::from_slice(&bytes).unwrap();
    serde_json::from_value(keys["operator"].clone()).unwrap()
}

/// A connection to the server's own account.
async fn system(instance: &Instance) -> Bus {
    let user = keys(instance).system_user("test").unwrap();
    let options = Options {
        credentials: Credentials::Jwt { jwt: user.jwt, seed: user.seed },
        inbox_prefix: "_INBOX".to_owned(),
        ca: None,
        ..options(&instance.identity(1))
    };
    Bus::connect(&options).await.unwrap()
}

/// The protocol itself, with a node's credentials: no client that reconnects. Its first words are sent.
fn greeted(identity: &Value) -> BufReader<TcpStream> {
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
    stream
}

/// One that the server has let in.
fn raw(identity: &Value) -> BufReader<TcpStream> {
    let (mut stream, mut line) = (greeted(identity), String::new());
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
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains(&format!("enrolled as {}", node(&gone))), "{log}");
    assert!(log.contains("connected to ") && !log.contains('\u{1b}'), "{log}");

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

/// A bus that has an old list, or too many to have all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_deregistered_node_that_the_bus_lets_in_is_cut_off() {
    let instance = Instance::start(1);
    let mut agent = Agent::enrol(&instance, "gone");
    let gone = agent.identity().unwrap();
    agent.end(Signal::TERM);
    deregister(&instance, &node(&gone));
    while Bus::connect(&options(&gone)).await.is_ok() {}
    let nobody = keys(&instance).admission().unwrap().account_jwt([]).unwrap();
    system(&instance).await.put_account(nobody).await.unwrap();
    let begun = Instant::now();
    // It may be cut off before the server has answered.
    let said = last_words(greeted(&gone));
    println!("closed after {} ms: {said:?}", begun.elapsed().as_millis());
}

/// The account of all nodes is changed. For a moment a question is answered with "nobody is there" then, which agents
/// ask again, or its answer is lost, and it is put again; no message and no output is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_revoked_keys_disturbs_nobody() {
    let instance = Instance::start(1);
    let keys = keys(&instance);
    let (identity, core) = (instance.identity(1), instance.bus().await);
    let bus = Bus::connect(&options(&identity)).await.unwrap();
    let system = system(&instance).await;
    let revoked: Vec<String> = (0..MAX_REVOKED_KEYS).map(|_| KeyPair::new_user().public_key()).collect();

    let file = instance.scratch().join("printed");
    let part = format!("head -c 500000 /dev/urandom | base64 | tee -a {}; sleep 0.02", file.display());
    let command = instance.send(&format!("for part in $(seq 60); do {part}; done"));
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, asking, node) = (stop.clone(), bus.clone(), node(&identity));
    let mut live = bus.subscribe(&format!("reeve.live.{node}.test")).await.unwrap();
    // Another connection publishes: an answer on this one says that the server knows of the subscription.
    let body = Bytes::from_static(b"{\"session\":\"x\"}");
    serve::ask(&bus, &node, "heartbeat", body.clone(), Duration::from_secs(2)).await.unwrap();
    let asker = node.clone();
    let asked = tokio::spawn(async move {
        let (mut answers, mut failures) = (0, Vec::new());
        while !stopped.load(Relaxed) {
            match serve::ask(&asking, &asker, "heartbeat", body.clone(), Duration::from_secs(30)).await {
                Ok(_) => answers += 1,
                Err(error) => failures.push(error),
            }
        }
        (answers, failures)
    });
    let (stopped, subject) = (stop.clone(), format!("reeve.live.{node}.test"));
    let told = tokio::spawn(async move {
        let mut sent = 0u64;
        while !stopped.load(Relaxed) {
            core.publish(&subject, Headers::default(), Bytes::new()).await.unwrap();
            sent += 1;
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        core.flush().await.unwrap();
        sent
    });
    for length in [10, 1_000, MAX_REVOKED_KEYS] {
        let (begun, mut size) = (Instant::now(), 0);
        for _ in 0..5 {
            let jwt = keys.admission().unwrap().account_jwt(revoked[..length].iter().cloned()).unwrap();
            size = jwt.len();
            system.put_account(jwt).await.unwrap();
        }
        println!("{length} revoked keys: {size} bytes, {} ms each", begun.elapsed().as_millis() / 5);
    }
    stop.store(true, Relaxed);
    let ((answers, failures), sent) = (asked.await.unwrap(), told.await.unwrap());
    let mut heard = 0;
    while heard < sent && tokio::time::timeout(Duration::from_secs(5), live.next()).await.is_ok() {
        heard += 1;
    }
    println!("15 changes: {answers} answers, {} times nobody; {heard} of {sent} messages", failures.len());
    assert_eq!(*bus.connections().borrow(), 1, "the connection was made anew");
    assert!(failures.iter().all(|e| matches!(e, Error::NoResponders(_))), "{failures:?}");
    assert_eq!(heard, sent);
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    let printed = instance.printed(&command);
    println!("{} bytes of output meanwhile", printed.len());
    assert!(printed == std::fs::read(&file).unwrap(), "the output is not what was printed");
}

#[test]
fn a_machine_is_registered_again_only_when_it_is_told_to() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "again");
    let old = agent.node();
    deregister(&instance, &old);
    agent.end(Signal::TERM);

    // An activation alone changes nothing.
    let activation = instance.call("CreateActivation", &json!({"IamRole": "test", "RegistrationLimit": 1}));
    agent.set("REEVE_ACTIVATION_ID", activation["ActivationId"].as_str().unwrap());
    agent.set("REEVE_ACTIVATION_CODE", activation["ActivationCode"].as_str().unwrap());
    agent.start();
    wait_for("the agent says so", || {
        let log = std::fs::read_to_string(agent.folder().join("agent.log")).unwrap();
        log.contains("was deregistered").then_some(())
    });
    agent.end(Signal::TERM);
    assert_eq!(agent.node(), old);
    assert!(agent.folder().join("ledger.redb").exists());

    // Told to, and started that way twice: one new node.
    for _ in 0..2 {
        agent.start_with(&["--register-again"]);
        wait_for("the machine is another node", || {
            (agent.identity()?["node_id"] != old.as_str()).then_some(())
        });
        agent.wait_until(&instance, "Online");
        agent.end(Signal::TERM);
    }
    let new = agent.node();
    agent.start();
    agent.wait_until(&instance, "Online");
    assert_eq!(agent.node(), new);
    let former = agent.folder().join("former").join(&old);
    assert!(former.join("ledger.redb").exists() && former.join("identity.json").exists());
    let command = instance.send_to(&new, "true");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    println!("{old} was deregistered; the machine is {new} now");
}

/// Nobody will tell the outcome on it: that is said at once, and others have their turn.
#[test]
fn what_was_on_its_way_to_a_deregistered_node_ends() {
    let instance = Instance::start(1);
    let (here, mut away) = (instance.node(), Agent::enrol(&instance, "away"));
    let gone = away.node();
    away.end(Signal::KILL);
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}, "MaxConcurrency": "1",
        "Targets": [{"Key": "InstanceIds", "Values": [here, gone]}],
    });
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    deregister(&instance, &gone);
    assert_eq!(instance.ended(command)["Status"], "Success", "one of them succeeded");
    let details = |node: &str| {
        let input = json!({"CommandId": command, "InstanceId": node});
        let listed = instance.call("ListCommandInvocations", &input);
        listed["CommandInvocations"][0]["StatusDetails"].as_str().unwrap().to_owned()
    };
    assert_eq!((details(&here), details(&gone)), ("Success".to_owned(), "Undeliverable".to_owned()));
}

/// What it came to on the node nobody will know: that is an error, as the node had begun.
#[test]
fn what_a_deregistered_node_had_begun_is_interrupted() {
    let instance = Instance::start(2);
    let [first, second] = [1, 2].map(|n| instance.identity(n)["node_id"].as_str().unwrap().to_owned());
    let script = "echo begun; sleep 5";
    let input = json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": [script]},
        "InstanceIds": [first, second]});
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    let invocation = |node: &str| {
        let of = json!({"CommandId": command, "InstanceId": node});
        instance.call("ListCommandInvocations", &of)["CommandInvocations"][0].clone()
    };
    wait_for("it runs", || (invocation(&second)["Status"] == "InProgress").then_some(()));
    deregister(&instance, &second);
    let ended = instance.ended(command);
    assert_eq!((&ended["Status"], &ended["ErrorCount"]), (&json!("Failed"), &json!(1)), "{ended}");
    assert_eq!(
        [&invocation(&first)["StatusDetails"], &invocation(&second)["StatusDetails"]],
        ["Success", "Interrupted"]
    );
}
