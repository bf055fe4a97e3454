//! Nothing is begun late, however long the process was stopped: the clock here stands for the time that passed.

use super::Worker;
use crate::{
    addresses::Addresses,
    admission::Admission,
    agent::Agent,
    execute::{Containment, DEFAULT_OUTPUT_LIMIT_BYTES},
    identity::Identity,
    keys::{Keys, keep_first},
    ledger::{Error, Ledger, State},
    platform,
};
use nkeys::KeyPair;
use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKey, DispatchKind, KeySet, Report, ReportKind};
use reeve_node_protocol::{
    dispatch::{Refusal, document_hash, sign},
    keys::NO_END,
};
use reeve_testkit::Nats;
use reeve_types::{NodeId, Timestamp, ids::new_uuid};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
};

const EXPIRES: i64 = 1_764_000_000_000;

fn key_set(root: &KeyPair, version: u64, keys: &[&KeyPair]) -> Vec<u8> {
    let key = |key: &&KeyPair| DispatchKey {
        public_key: key.public_key(),
        not_before_ms: 0,
        not_after_ms: NO_END.0,
    };
    let keys = keys.iter().map(key).collect();
    reeve_node_protocol::keys::sign(root, &KeySet { version, issued_ms: 0, expires_ms: NO_END.0, keys })
        .unwrap()
}

/// A worker whose clock shows one instant after the other, and then the last for ever.
async fn worker(nats: &Nats, data: &Path, key: &KeyPair, instants: &[i64]) -> Arc<Worker> {
    worker_of(&KeyPair::new_operator(), nats, data, key, instants).await
}

/// An agent whose clock stands still.
pub async fn test_agent(nats: &Nats, data: &Path, key: &KeyPair) -> Arc<Agent> {
    worker(nats, data, key, &[EXPIRES - 1]).await.agent.clone()
}

/// A worker of a root that the test has.
async fn worker_of(root: &KeyPair, nats: &Nats, data: &Path, key: &KeyPair, instants: &[i64]) -> Arc<Worker> {
    let instants = Mutex::new(VecDeque::from(instants.to_vec()));
    let clock = move || {
        let mut instants = instants.lock().unwrap();
        let next = instants[0];
        if instants.len() > 1 {
            instants.pop_front();
        }
        Timestamp(next)
    };
    keep_first(data, &key_set(root, 1, &[key])).unwrap();
    let identity = Identity {
        node_id: NodeId::new(),
        seed: String::new(),
        jwt: String::new(),
        bus_url: String::new(),
        root_key: root.public_key(),
        region: String::new(),
        gateway: String::new(),
        activation_id: String::new(),
        machine: Default::default(),
        is_new: true,
    };
    let bus = nats.bus().await;
    Worker::new(Arc::new(Agent {
        admission: Admission::granted(bus.connections()),
        keys: Keys::load(data, &identity.root_key).unwrap(),
        addresses: Addresses::load(data, &identity.node_id, "", false, None).unwrap(),
        identity,
        session: String::new(),
        bus,
        ledger: Ledger::open(&data.join("ledger.redb")).unwrap(),
        data: data.to_owned(),
        platform: platform::read(),
        reports: tokio::sync::Notify::new(),
        restart: tokio::sync::Notify::new(),
        clock: Arc::new(clock),
        containment: Arc::new(Containment::group()),
        output_limit: DEFAULT_OUTPUT_LIMIT_BYTES,
        local_policy: crate::local_policy::LocalPolicy(data.join("no-policy")),
        reboot_command: None,
        boot_id: String::new(),
        package_root: "/".into(),
    }))
}

fn dispatch(worker: &Worker, key: &KeyPair, file: &Path) -> (String, Vec<u8>) {
    numbered(worker, key, file, 1)
}

fn numbered(worker: &Worker, key: &KeyPair, file: &Path, number: u64) -> (String, Vec<u8>) {
    let step = serde_json::json!({"action": "aws:runShellScript", "name": "a",
        "inputs": {"runCommand": [format!("echo ran >> {}", file.display())]}});
    let document = serde_json::json!({"schemaVersion": "2.2", "mainSteps": [step]}).to_string();
    let dispatch = Dispatch {
        node_id: worker.agent.identity.node_id.to_string(),
        number,
        kind: DispatchKind::Run.into(),
        command_id: new_uuid().to_string(),
        document_hash: document_hash(&document),
        document,
        parameters_json: "{}".to_owned(),
        execution_timeout_seconds: 60,
        expires_ms: EXPIRES,
        ..Dispatch::default()
    };
    (dispatch.command_id.clone(), sign(key, &dispatch).unwrap().encode_to_vec())
}

fn cancel_of(worker: &Worker, command: &str, number: u64) -> Dispatch {
    Dispatch {
        node_id: worker.agent.identity.node_id.to_string(),
        number,
        kind: DispatchKind::Cancel.into(),
        command_id: command.to_owned(),
        expires_ms: EXPIRES,
        ..Dispatch::default()
    }
}

fn cancellation(worker: &Worker, key: &KeyPair, command: &str, number: u64) -> Vec<u8> {
    sign(key, &cancel_of(worker, command, number)).unwrap().encode_to_vec()
}

fn take_in(worker: &Arc<Worker>, number: u64, data: &[u8]) -> Result<(), Error> {
    worker.take_in(number, worker.verify(number, data), data)
}

fn take_in_live(worker: &Arc<Worker>, number: u64, data: &[u8]) -> Result<bool, Error> {
    worker.take_in_live(number, worker.verify(number, data), data)
}

fn refusal(worker: &Worker, number: u64, data: &[u8]) -> Refusal {
    worker.verify(number, data).unwrap_err()
}

fn reports(worker: &Worker) -> Vec<&'static str> {
    let mut details = Vec::new();
    while let crate::ledger::Next::Report(sequence, bytes) =
        worker.agent.ledger.next_report(|_| true).unwrap()
    {
        details.push(Report::decode(bytes.as_slice()).unwrap().status().details());
        worker.agent.ledger.acknowledged(sequence).unwrap();
    }
    details
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_given_up_already_is_not_run_by_a_clock_that_is_behind() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker(&nats, data.path(), &key, &[EXPIRES - 10]).await;
    worker.agent.admission.set_clock(-10);
    let file = data.path().join("ran");
    let (_, dispatch) = dispatch(&worker, &key, &file);
    worker.take_in(1, worker.verify(1, &dispatch), &dispatch).unwrap();
    assert_eq!(reports(&worker), ["DeliveryTimedOut"]);
    assert!(!file.exists());
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_received_in_time_and_begins_late_is_not_run() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    // When the time has passed, as seen by the order of the looks at the clock: after the dispatch was
    // trusted, and after INTENT was written.
    for in_time in [1, 2] {
        let data = tempfile::tempdir().unwrap();
        let mut instants = vec![EXPIRES - 1; in_time];
        instants.push(EXPIRES);
        let worker = worker(&nats, data.path(), &key, &instants).await;
        let file = data.path().join("ran");
        let (command, data) = dispatch(&worker, &key, &file);
        assert!(take_in_live(&worker, 1, &data).unwrap());
        assert_eq!(worker.agent.ledger.state(&command).unwrap(), Some(State::Ended));
        assert_eq!(reports(&worker), ["DeliveryTimedOut"], "in time for {in_time} looks");
        assert_eq!(worker.agent.ledger.cursor().unwrap(), 1);
        assert!(worker.queue().running.is_empty() && !file.exists());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_waited_too_long_is_not_run() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker(&nats, data.path(), &key, &[EXPIRES - 1, EXPIRES]).await;
    let file = data.path().join("ran");
    let (command, bytes) = dispatch(&worker, &key, &file);
    take_in(&worker, 1, &bytes).unwrap();
    assert_eq!(worker.agent.ledger.state(&command).unwrap(), Some(State::Accepted));
    worker.begin_waiting().await;
    assert_eq!(reports(&worker), ["DeliveryTimedOut"]);
    assert!(worker.queue().running.is_empty() && !file.exists());
}

/// Whether it comes before or behind what it cancels.
#[tokio::test(flavor = "current_thread")]
async fn what_is_cancelled_before_it_is_begun_never_begins() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    for first in [true, false] {
        let data = tempfile::tempdir().unwrap();
        let worker = worker(&nats, data.path(), &key, &[EXPIRES - 1]).await;
        let file = data.path().join("ran");
        let (of_run, of_cancel) = if first { (2, 1) } else { (1, 2) };
        let (command, run) = numbered(&worker, &key, &file, of_run);
        let cancel = cancellation(&worker, &key, &command, of_cancel);
        if first {
            take_in(&worker, 1, &cancel).unwrap();
            take_in(&worker, 2, &run).unwrap();
        } else {
            take_in(&worker, 1, &run).unwrap();
            take_in(&worker, 2, &cancel).unwrap();
        }
        worker.begin_waiting().await;
        assert_eq!(worker.agent.ledger.state(&command).unwrap(), Some(State::Ended));
        let cursor = worker.agent.ledger.cursor().unwrap();
        assert_eq!((reports(&worker), cursor), (vec!["Cancelled"], 2));
        assert!(worker.queue().running.is_empty() && !file.exists());
    }
}

/// What comes again at its own place is well signed, addressed and in time: only the ledger knows it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_is_run_once() {
    const REPLAYS: usize = 2000;
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker(&nats, data.path(), &key, &[EXPIRES - 1]).await;
    let file = data.path().join("ran");
    let (command, bytes) = dispatch(&worker, &key, &file);
    let mut ended = 0;
    for at in 0..REPLAYS {
        // Both ways in, while it waits, while it runs and once it has ended.
        if at % 2 == 0 {
            take_in(&worker, 1, &bytes).unwrap();
        } else {
            assert!(take_in_live(&worker, 1, &bytes).unwrap());
        }
        if at % 10 == 9 {
            worker.begin_waiting().await;
        }
        ended += usize::from(worker.agent.ledger.state(&command).unwrap() == Some(State::Ended));
    }
    while worker.agent.ledger.state(&command).unwrap() != Some(State::Ended) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    take_in(&worker, 1, &bytes).unwrap();
    worker.begin_waiting().await;
    worker.stop().await;
    let ran = std::fs::read_to_string(&file).unwrap().lines().count();
    println!(
        "dispatches: {REPLAYS} replayed to the ledger, {ended} of them after the end, run {ran} time(s)"
    );
    assert_eq!((ran, reports(&worker)), (1, vec!["Success"]));
}

/// Also what was trusted when it was taken in.
#[tokio::test(flavor = "current_thread")]
async fn what_waits_when_its_key_is_withdrawn_is_not_run_and_says_so() {
    let (nats, root, key) = (Nats::start(), KeyPair::new_operator(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker_of(&root, &nats, data.path(), &key, &[EXPIRES - 1]).await;
    let file = data.path().join("ran");
    let (command, bytes) = dispatch(&worker, &key, &file);
    take_in(&worker, 1, &bytes).unwrap();
    assert_eq!(worker.agent.ledger.state(&command).unwrap(), Some(State::Accepted));
    let newer = key_set(&root, 2, &[&KeyPair::new_account()]);
    assert!(worker.agent.keys.accept(&newer, Timestamp(EXPIRES - 1)).unwrap());
    assert!(refusal(&worker, 2, &numbered(&worker, &key, &file, 2).1).is_of_keys());
    worker.begin_waiting().await;
    assert_eq!(worker.agent.ledger.state(&command).unwrap(), Some(State::Ended));
    assert_eq!(reports(&worker), ["Failed"]);
    assert!(worker.queue().running.is_empty() && !file.exists());
}

/// After a restart, newer keys may be there: until that is known, nothing is decided.
#[tokio::test(flavor = "current_thread")]
async fn without_an_answer_what_was_taken_in_before_waits() {
    let (nats, root, key) = (Nats::start(), KeyPair::new_operator(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker_of(&root, &nats, data.path(), &key, &[EXPIRES - 1]).await;
    let file = data.path().join("ran");
    let (command, bytes) = dispatch(&worker, &key, &file);
    worker.agent.ledger.accept(1, &command, &bytes).unwrap();
    let newer = key_set(&root, 2, &[&KeyPair::new_account()]);
    assert!(worker.agent.keys.accept(&newer, Timestamp(EXPIRES - 1)).unwrap());
    // Nobody answers on this bus.
    assert!(worker.resume().await.is_err());
    assert_eq!(worker.agent.ledger.state(&command).unwrap(), Some(State::Accepted));
    assert!(worker.queue().waiting.is_empty() && !file.exists());
}

#[tokio::test(flavor = "current_thread")]
async fn an_intent_whose_writing_was_said_to_have_failed_ends_as_interrupted() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    let folder = tempfile::tempdir().unwrap();
    let worker = worker(&nats, folder.path(), &key, &[EXPIRES - 1]).await;
    let file = folder.path().join("ran");
    let (command, signed) = dispatch(&worker, &key, &file);
    let started = Report { command_id: command, kind: ReportKind::Started.into(), ..Report::default() };
    assert!(worker.agent.ledger.intend(started, None, EXPIRES).unwrap());
    take_in(&worker, 1, &signed).unwrap();
    take_in(&worker, 1, &signed).unwrap();
    worker.begin_waiting().await;
    assert_eq!(reports(&worker), ["Interrupted"]);
    assert!(!file.exists());
}

/// The ledger has them in the order of the commands' ids, which is none.
#[tokio::test(flavor = "current_thread")]
async fn what_was_taken_in_before_goes_on_in_the_order_of_the_inbox() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker(&nats, data.path(), &key, &[EXPIRES - 1]).await;
    for number in 1..=20 {
        let (command, bytes) = numbered(&worker, &key, &data.path().join("ran"), number);
        worker.agent.ledger.accept(number, &command, &bytes).unwrap();
    }
    worker.resume().await.unwrap();
    let numbers: Vec<_> = worker.queue().waiting.iter().map(|waiting| waiting.dispatch.number).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

/// The clock of a machine that has just started may be behind.
#[tokio::test(flavor = "current_thread")]
async fn what_is_too_early_is_not_passed_over() {
    let (nats, key) = (Nats::start(), KeyPair::new_account());
    let data = tempfile::tempdir().unwrap();
    let worker = worker(&nats, data.path(), &key, &[EXPIRES - 1]).await;
    let dispatch = Dispatch { not_before_ms: EXPIRES + 300_000, ..cancel_of(&worker, "c", 1) };
    let bytes = sign(&key, &dispatch).unwrap().encode_to_vec();
    assert!(refusal(&worker, 1, &bytes).is_too_early());
    let later = Dispatch { not_before_ms: EXPIRES, ..dispatch };
    assert!(!refusal(&worker, 1, &sign(&key, &later).unwrap().encode_to_vec()).is_too_early());
}
