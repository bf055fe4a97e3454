//! Dispatch keys are rotated, withdrawn and renewed, and end; a node goes to newer sets of its own root only.

use bytes::Bytes;
use data_encoding::BASE64;
use futures::StreamExt;
use nkeys::KeyPair;
use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKind, KeySet, SignedDispatch};
use reeve_e2e::{Agent, Answer, Instance, copy_folder, wait_for};
use reeve_jetstream::{Bus, Headers, follow, store, streams::NODE_INBOX};
use reeve_node_protocol::{
    dispatch::{document_hash, sign},
    keys, subject,
};
use reeve_types::{NodeId, Timestamp, ids::new_uuid};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Those keys of an instance that sign.
pub struct Signers {
    pub root: KeyPair,
    dispatch: Vec<KeyPair>,
}

pub fn signers(instance: &Instance) -> Signers {
    let read = |name: &str| std::fs::read_to_string(instance.data().join(name)).unwrap();
    let pair = |seed: &str| KeyPair::from_seed(seed.trim()).unwrap();
    Signers { root: pair(&read("root.seed")), dispatch: read("dispatch.seeds").lines().map(pair).collect() }
}

fn call(instance: &Instance, operation: &str, input: &Value) -> (u16, Value) {
    let (raw, body) = (instance.raw(), input.to_string());
    raw.send(&raw.signed("nodes", &format!("ReeveNodes.{operation}"), body.as_bytes()), body.as_bytes())
}

pub fn publish(instance: &Instance, root: &KeyPair, signed: &[u8]) -> (u16, Value) {
    let input = json!({"rootKey": root.public_key(), "keySet": BASE64.encode(signed)});
    call(instance, "PutDispatchKeys", &input)
}

pub fn in_force(instance: &Instance) -> KeySet {
    let (status, answer) = call(instance, "GetDispatchKeys", &json!({}));
    assert_eq!(status, 200, "{answer}");
    let signed = BASE64.decode(answer["keySet"].as_str().unwrap().as_bytes()).unwrap();
    keys::open(answer["rootKey"].as_str().unwrap(), &signed).unwrap()
}

/// The set that an agent has on its disk.
fn held(folder: &Path, root: &KeyPair) -> KeySet {
    keys::open(&root.public_key(), &std::fs::read(folder.join("dispatch-keys.set")).unwrap()).unwrap()
}

fn wait_until_held(folder: &Path, root: &KeyPair, version: u64) {
    let what = format!("the node has the key set {version}");
    wait_for(&what, || (held(folder, root).version == version).then_some(()));
}

/// Writes a dispatch of a shell script to a node's inbox, signed with a key, as whoever holds a CORE user can.
async fn inject(bus: &Bus, node: &str, key: &KeyPair, script: &str) -> u64 {
    let node: NodeId = node.parse().unwrap();
    let step = json!({"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": [script]}});
    let document = json!({"schemaVersion": "2.2", "mainSteps": [step]}).to_string();
    let last = bus.direct_get(NODE_INBOX, &subject::last(&node)).await.unwrap();
    let number = last.and_then(|message| subject::number_of(&message.subject)).unwrap_or(0) + 1;
    let now = Timestamp::now();
    let dispatch = Dispatch {
        node_id: node.to_string(),
        number,
        kind: DispatchKind::Run.into(),
        command_id: new_uuid().to_string(),
        document_hash: document_hash(&document),
        document,
        parameters_json: "{}".to_owned(),
        execution_timeout_seconds: 60,
        not_before_ms: now.0,
        expires_ms: now.plus_seconds(3600).0,
        ..Dispatch::default()
    };
    let data = sign(key, &dispatch).unwrap().encode_to_vec();
    store::append_first(bus, NODE_INBOX, &subject::inbox(&node, number), data.into()).await.unwrap();
    number
}

/// Waits until a log has a line with all of this, so often.
pub fn wait_for_lines(log: &Path, texts: &[&str], least: usize) -> String {
    wait_for(&format!("{} says {texts:?} {least} times", log.display()), || {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        let found: Vec<&str> =
            log.lines().filter(|line| texts.iter().all(|text| line.contains(text))).collect();
        (found.len() >= least).then(|| found[found.len() - 1].to_owned())
    })
}

fn signal(instance: &Instance, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(instance.pid().unwrap()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

pub fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

/// How many dispatches of the inboxes each key signed.
async fn signed_by(bus: &Bus) -> BTreeMap<String, usize> {
    let last = reeve_jetstream::streams::last_sequence(bus, NODE_INBOX).await.unwrap();
    let (mut counts, mut messages) =
        (BTreeMap::new(), follow::follow(bus, NODE_INBOX, &[], 0).await.unwrap());
    while let Some(stored) = messages.next().await {
        let stored = stored.unwrap();
        let signed = SignedDispatch::decode(stored.message.data.clone()).unwrap();
        *counts.entry(signed.key_id).or_default() += 1;
        if stored.sequence >= last {
            break;
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_under_load_lose_no_command_and_none_runs_twice() {
    const ROTATIONS: usize = 3;
    let instance = Arc::new(Instance::start(2));
    let (file, stop) = (instance.scratch().join("ran"), Arc::new(AtomicBool::new(false)));
    let nodes = [1, 2].map(|n| instance.identity(n)["node_id"].as_str().unwrap().to_owned());
    let senders: Vec<_> = (0..2)
        .map(|sender| {
            let (instance, file, stop, nodes) = (instance.clone(), file.clone(), stop.clone(), nodes.clone());
            tokio::task::spawn_blocking(move || {
                let mut sent = Vec::new();
                while !stop.load(Relaxed) {
                    let script = format!("echo {sender}/{} >> {}", sent.len(), file.display());
                    let input = json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": nodes,
                        "Parameters": {"commands": [script]}});
                    let answer = instance.call("SendCommand", &input);
                    sent.push(answer["Command"]["CommandId"].as_str().unwrap().to_owned());
                }
                sent
            })
        })
        .collect();
    let rotating = instance.clone();
    let rotated = tokio::task::spawn_blocking(move || {
        for rotation in 1..=ROTATIONS {
            // Each key has work to sign before the next one comes.
            let seen = lines(&file);
            wait_for("commands run", || (lines(&file) >= seen + 20).then_some(()));
            let shown = rotating.reeve(&["keys", "rotate"]);
            assert!(shown.text().contains(&format!("set {} expires", rotation + 1)), "{}", shown.stdout);
        }
        let seen = lines(&file);
        wait_for("commands run", || (lines(&file) >= seen + 20).then_some(()));
    })
    .await;
    stop.store(true, Relaxed);
    rotated.unwrap();
    let mut sent = Vec::new();
    for sender in senders {
        sent.extend(sender.await.unwrap());
    }
    let (ending, sent) = (instance.clone(), Arc::new(sent));
    let to_end = sent.clone();
    let ended = tokio::task::spawn_blocking(move || {
        for command in to_end.iter() {
            assert_eq!(ending.ended(command)["StatusDetails"], "Success", "{command}");
        }
    });
    ended.await.unwrap();
    let counts = signed_by(&instance.bus().await).await;
    let checked = instance.clone();
    tokio::task::spawn_blocking(move || {
        let ran = std::fs::read_to_string(checked.scratch().join("ran")).unwrap();
        let mut times = BTreeMap::<&str, usize>::new();
        ran.lines().for_each(|line| *times.entry(line).or_default() += 1);
        println!(
            "{} commands to 2 nodes during {ROTATIONS} rotations: {} runs, {} commands lost, {} run twice; dispatches by \
             key: {:?}",
            sent.len(),
            ran.lines().count(),
            sent.len() - times.len(),
            times.values().filter(|count| **count > 2).count(),
            counts.values().collect::<Vec<_>>()
        );
        assert_eq!((times.len(), ran.lines().count()), (sent.len(), sent.len() * 2));
        assert!(times.values().all(|count| *count == 2), "{times:?}");
        assert_eq!(counts.values().sum::<usize>(), sent.len() * 2);
        let set = in_force(&checked);
        assert_eq!((set.version, set.keys.len()), (1 + ROTATIONS as u64, 1 + ROTATIONS));
        assert!(set.keys.iter().all(|key| counts.contains_key(&key.public_key)), "{counts:?} of {set:?}");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_withdrawn_key_signed_does_not_run_and_forged_dispatches_make_no_storm() {
    let instance = Instance::start(1);
    let (node, folder) = (instance.node(), instance.data().join("nodes/1"));
    let before = signers(&instance);
    let stolen = &before.dispatch[0];
    assert_eq!(instance.ended(&instance.send("true"))["StatusDetails"], "Success");
    let unknown = instance.reeve(&["keys", "rotate", "--withdraw", &KeyPair::new_account().public_key()]);
    assert!(unknown.complaint().contains("has no such key"), "{}", unknown.stderr);
    instance.reeve(&["keys", "rotate", "--withdraw", &stolen.public_key()]).text();
    let seeds = std::fs::read_to_string(instance.data().join("dispatch.seeds")).unwrap();
    assert!(!seeds.contains(&stolen.seed().unwrap()), "the withdrawn key's seed is still there");
    // Its heartbeat tells it, without any command.
    wait_until_held(&folder, &before.root, 2);

    let bus = instance.bus().await;
    let asked = Arc::new(AtomicU64::new(0));
    let (mut questions, counting) = (bus.subscribe("reeve.agent.*.keys").await.unwrap(), asked.clone());
    tokio::spawn(async move {
        while questions.next().await.is_some() {
            counting.fetch_add(1, Relaxed);
        }
    });
    bus.flush().await.unwrap();
    let begun = Instant::now();
    let (ran, forged) = (instance.scratch().join("ran"), 20);
    let script = format!("echo stolen >> {}", ran.display());
    for _ in 0..forged {
        let number = inject(&bus, &node, stolen, &script).await;
        // And as many live ones that are in no stream.
        let live =
            SignedDispatch { dispatch: vec![1; 100], key_id: stolen.public_key(), signature: vec![1; 64] };
        for ahead in 1..20 {
            let subject = format!("reeve.live.{node}.cmd.{}", number + ahead);
            bus.publish(&subject, Headers::default(), live.encode_to_vec().into()).await.unwrap();
        }
    }
    bus.flush().await.unwrap();
    let refused = wait_for_lines(&folder.join("agent.log"), &["a dispatch was refused"], forged);
    println!("{refused}");
    assert!(refused.contains(&stolen.public_key()) && refused.contains("does not trust"), "{refused}");
    let (asked, seconds) = (asked.load(Relaxed), begun.elapsed().as_secs());
    println!(
        "{forged} forged dispatches in the inbox, 380 live ones: asked for keys {asked} times in {seconds} s"
    );
    assert!(asked >= 1 && asked <= seconds + 2, "{asked} questions in {seconds} s");
    assert_eq!(instance.ended(&instance.send("true"))["StatusDetails"], "Success");
    assert!(!ran.exists(), "what a withdrawn key signed has run");
}

#[test]
fn a_node_that_was_away_during_two_rotations_runs_what_waited() {
    let instance = Instance::start(0);
    let root = signers(&instance).root;
    let mut agent = Agent::enrol(&instance, "away");
    assert_eq!(held(agent.folder(), &root).version, 1);
    agent.end(Signal::TERM);
    let ran = instance.scratch().join("ran");
    let send = |text: &str| instance.send_to(&agent.node(), &format!("echo {text} >> {}", ran.display()));
    let mut commands = vec![send("first")];
    for (version, text) in [(2, "second"), (3, "third")] {
        // What waits is signed before the next key comes.
        let of = commands[commands.len() - 1].clone();
        wait_for("it is on its way", || {
            let dispatched = instance.events().into_iter().filter(|e| e["data"]["commandId"] == of.as_str());
            dispatched.map(|e| e["type"].to_string()).find(|t| t.contains("InvocationsDispatched"))
        });
        instance.reeve(&["keys", "rotate", "--overlap", "1h"]).text();
        assert_eq!(in_force(&instance).version, version);
        commands.push(send(text));
    }
    assert_eq!(held(agent.folder(), &root).version, 1);
    agent.start();
    for command in &commands {
        assert_eq!(instance.ended(command)["StatusDetails"], "Success", "{command}");
    }
    assert_eq!(held(agent.folder(), &root).version, 3);
    assert_eq!(lines(&ran), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_set_that_is_replayed_is_refused_also_after_a_restart() {
    let instance = Instance::start(0);
    let before = signers(&instance);
    let mut agent = Agent::enrol(&instance, "node");
    let (node, log) = (agent.node(), agent.folder().join("agent.log"));
    let older = std::fs::read(agent.folder().join("dispatch-keys.set")).unwrap();
    let stolen = &before.dispatch[0];
    instance.reeve(&["keys", "rotate", "--withdraw", &stolen.public_key()]).text();
    assert_eq!(instance.ended(&instance.send_to(&node, "true"))["StatusDetails"], "Success");
    assert_eq!(held(agent.folder(), &before.root).version, 2);
    let (status, answer) = publish(&instance, &before.root, &older);
    assert_eq!((status, answer["__type"].as_str()), (400, Some("InvalidDispatchKeysException")), "{answer}");
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("version 1, which is not greater than 2"), "{answer}");

    // Whoever holds a CORE user answers in the place of the nodes service, which stands still.
    let bus = instance.bus().await;
    let mut questions = bus.subscribe(&format!("reeve.agent.{node}.*")).await.unwrap();
    bus.flush().await.unwrap();
    signal(&instance, Signal::STOP);
    let (answering, asking) = (bus.clone(), node.clone());
    // And says that the agent is the node, without which it would begin nothing.
    let said = json!({"keySet": BASE64.encode(&older), "connected": true}).to_string();
    tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            let token = question.headers.get("reeve-answer-to").unwrap();
            let reply = format!("reeve.live.{asking}.answer.{token}");
            answering.publish(&reply, Headers::default(), Bytes::from(said.clone())).await.unwrap();
        }
    });
    let ran = instance.scratch().join("ran");
    let script = format!("echo stolen >> {}", ran.display());
    for round in 1..=2 {
        inject(&bus, &node, stolen, &script).await;
        wait_for_lines(&log, &["a dispatch was refused", &stolen.public_key()], round);
        agent.end(Signal::TERM);
        agent.start();
        let said =
            wait_for_lines(&log, &["a set of dispatch keys is refused", "not greater than 2"], 2 * round);
        println!("{said}");
        assert_eq!(held(agent.folder(), &before.root).version, 2);
    }
    signal(&instance, Signal::CONT);
    let command = tokio::task::block_in_place(|| instance.send_to(&node, "true"));
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    assert!(!ran.exists(), "what a withdrawn key signed has run");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_set_runs_nothing_until_it_is_renewed() {
    let instance = Instance::start(0);
    let before = signers(&instance);
    let mut agent = Agent::enrol(&instance, "node");
    let (node, log) = (agent.node(), agent.folder().join("agent.log"));
    agent.end(Signal::TERM);
    let now = Timestamp::now();
    // `up` looks 15 s after its start whether less than a third is left, and then not for an hour.
    let soon = now.plus_seconds(30);
    let set = KeySet { version: 2, issued_ms: now.0, expires_ms: soon.0, ..in_force(&instance) };
    let (status, answer) = publish(&instance, &before.root, &keys::sign(&before.root, &set).unwrap());
    assert_eq!((status, &answer["version"]), (200, &json!(2)), "{answer}");
    agent.start();
    wait_until_held(agent.folder(), &before.root, 2);
    // The node goes by the control plane's clock, as near as it knows that.
    let by_any_clock = soon.plus_seconds(2);
    wait_for("the set has expired", || (Timestamp::now() >= by_any_clock).then_some(()));

    let ran = instance.scratch().join("ran");
    let script = format!("echo ran >> {}", ran.display());
    inject(&instance.bus().await, &node, &before.dispatch[0], &script).await;
    let refused = wait_for_lines(&log, &["a dispatch was refused", "key set 2", "expired at"], 1);
    println!("{refused}");
    // The control plane signs nothing either; what is sent waits, and is not lost.
    let command = instance.send_to(&node, &script);
    let said = wait_for_lines(&instance.scratch().join("up.log"), &["commands wait", "expired at"], 1);
    println!("{said}");
    assert_eq!(instance.details(&command), "Pending");
    assert!(!ran.exists(), "something has run");
    instance.reeve(&["keys", "renew"]).text();
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    assert_eq!((held(agent.folder(), &before.root).version, lines(&ran)), (3, 1));
}

/// The log and the keys are of a time before a key was withdrawn: nodes bring the newer ones, and the withdrawn key never counts again.
#[test]
fn after_a_restore_nodes_bring_the_keys_that_the_log_lost_and_one_rotation_serves_them() {
    let mut instance = Instance::start(0);
    let before = signers(&instance);
    let agent = Agent::enrol_in(&instance, &instance.scratch().join("node"));
    instance.stop();
    let (data, copy) = (instance.data(), instance.scratch().join("yesterday"));
    copy_folder(&data, &copy);
    instance.restart();
    let stolen = before.dispatch[0].public_key();
    instance.reeve(&["keys", "rotate"]).text();
    instance.reeve(&["keys", "rotate", "--withdraw", &stolen]).text();
    wait_until_held(agent.folder(), &before.root, 3);
    instance.stop();
    std::fs::remove_dir_all(&data).unwrap();
    copy_folder(&copy, &data);
    instance.restart();
    assert!(in_force(&instance).version <= 3);
    agent.wait_until(&instance, "Online");
    wait_for("the node has brought its keys", || (in_force(&instance).version == 3).then_some(()));
    let command = instance.send_to(&agent.node(), "true");
    let note = wait_for("readyz tells of it", || {
        let (status, said) = instance.ready();
        (status == 200 && said.contains("brought newer dispatch keys")).then_some(said)
    });
    println!("{note}");
    let doctor = instance.reeve(&["doctor"]);
    assert!(
        doctor.stdout.contains(&format!("{} brought newer dispatch keys", agent.node())),
        "{}",
        doctor.stdout
    );
    // The seeds of its keys are gone.
    assert_eq!(instance.details(&command), "Pending");
    let rotated = instance.reeve(&["keys", "rotate"]);
    assert!(rotated.text().contains("set 4"), "{}", rotated.stdout);
    let keys = in_force(&instance).keys;
    assert!(keys.iter().all(|key| key.public_key != stolen), "the stolen key counts again");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    wait_for("readyz is silent again", || (!instance.ready().1.contains("brought")).then_some(()));
}

/// A set was published before the seed of its key was brought to run-command.
#[test]
fn what_there_is_no_seed_for_waits_and_is_not_lost() {
    let instance = Instance::start(1);
    let (before, new) = (signers(&instance), KeyPair::new_account());
    let now = Timestamp::now();
    let mut set = KeySet { version: 2, issued_ms: now.0, ..in_force(&instance) };
    set.keys[0].public_key = new.public_key();
    let (status, answer) = publish(&instance, &before.root, &keys::sign(&before.root, &set).unwrap());
    assert_eq!(status, 200, "{answer}");
    let ran = instance.scratch().join("ran");
    let command = instance.send(&format!("echo ran >> {}", ran.display()));
    let log = instance.scratch().join("up.log");
    println!(
        "{}",
        wait_for_lines(&log, &["commands wait", &new.public_key(), "none of these seeds is here"], 1)
    );
    assert_eq!(instance.details(&command), "Pending");
    std::fs::write(instance.data().join("dispatch.seeds"), new.seed().unwrap()).unwrap();
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    assert_eq!(lines(&ran), 1);
}

#[test]
fn a_node_is_enrolled_only_where_its_root_key_is() {
    let instance = Instance::start(0);
    let (root, other) = (signers(&instance).root.public_key(), KeyPair::new_operator().public_key());
    let activation = instance.call("CreateActivation", &json!({"IamRole": "test"}));
    let folder = instance.data().join("nodes/strict");
    let run = |wanted: &str| {
        let mut command = Command::new(reeve_e2e::reeve());
        command.args(["agent", "--root-key", wanted, "--data"]).arg(&folder);
        command.args(["--gateway", instance.announced()["endpoint"].as_str().unwrap()]);
        command.args(["--activation-id", activation["ActivationId"].as_str().unwrap()]);
        command.args(["--activation-code", activation["ActivationCode"].as_str().unwrap()]);
        Answer::of(&mut command)
    };
    let refused = run(&other);
    println!("{}", refused.complaint().trim());
    assert!(refused.stderr.contains(&format!("has the root key {root}, not {other}")), "{}", refused.stderr);
    assert!(!folder.join("identity.json").exists() && !folder.join("dispatch-keys.set").exists());

    let mut agent = Agent::enrol(&instance, "pinned");
    assert_eq!(agent.identity().unwrap()["root_key"], root.as_str());
    let log = agent.folder().join("agent.log");
    agent.end(Signal::TERM);
    agent.set("REEVE_ROOT_KEY", &other);
    agent.start();
    agent.wait_until_ended();
    wait_for_lines(&log, &["only --register-again", &root, &other], 1);
    agent.set("REEVE_ROOT_KEY", &root);
    agent.start();
    agent.wait_until(&instance, "Online");
    agent.end(Signal::TERM);

    // One that names no root key runs nothing.
    let mut identity = agent.identity().unwrap();
    identity.as_object_mut().unwrap().remove("root_key");
    std::fs::write(agent.folder().join("identity.json"), identity.to_string()).unwrap();
    agent.start();
    agent.wait_until_ended();
    println!("{}", wait_for_lines(&log, &["could not use", "identity.json", "root_key"], 1));
}

/// What `up` makes: a root that no service is given, and a set that lives for months.
#[test]
fn up_publishes_the_first_set_and_keeps_it_across_restarts() {
    let mut instance = Instance::start(1);
    let signers = signers(&instance);
    let shown = instance.reeve(&["keys", "show"]);
    println!("{}", shown.text());
    assert!(shown.text().contains(&signers.root.public_key()));
    let set = in_force(&instance);
    assert_eq!(set.keys[0].public_key, signers.dispatch[0].public_key());
    assert!(set.expires_ms - set.issued_ms >= Duration::from_secs(80 * 24 * 3600).as_millis() as i64);
    instance.reeve(&["keys", "rotate"]).text();
    instance.stop();
    instance.restart();
    assert_eq!(in_force(&instance).version, 2);
    assert_eq!(instance.ended(&instance.send("true"))["StatusDetails"], "Success");
    let published =
        instance.events().into_iter().filter(|e| e["type"] == "reeve.nodes.DispatchKeysPublished.v1");
    let versions: Vec<String> = published.map(|e| e["data"]["version"].to_string()).collect();
    assert_eq!(versions.len(), 2, "{versions:?}");
}
