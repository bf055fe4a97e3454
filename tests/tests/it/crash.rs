//! Cut off at random moments: a command runs at most once, and always ends.

use reeve_e2e::{Instance, Raw};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    time::Duration,
};

const ROUNDS: usize = 10;

/// Some number below a limit.
fn random(limit: u64) -> u64 {
    RandomState::new().build_hasher().finish() % limit
}

/// Sends commands until one fails; answers the marks of those that were accepted.
fn send_until_cut_off(raw: &Raw, node: &str, file: &str, round: usize) -> Vec<String> {
    let mut accepted = Vec::new();
    for number in 0..20 {
        let mark = format!("mark-{round}-{number}");
        let input = json!({
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Comment": mark,
            "Parameters": {"commands": [format!("echo {mark} >> {file}"), "sleep 0.1"]},
        });
        match raw.call("SendCommand", &input) {
            (200, _) => accepted.push(mark),
            (0, _) => break,
            (status, answer) => println!("round {round}: {status} {answer}"),
        }
        std::thread::sleep(Duration::from_millis(random(80)));
    }
    accepted
}

fn all_commands(instance: &Instance) -> Vec<Value> {
    let (mut commands, mut input) = (Vec::new(), json!({}));
    loop {
        let page = instance.call("ListCommands", &input);
        commands.extend(page["Commands"].as_array().cloned().unwrap_or_default());
        match page.get("NextToken") {
            Some(token) => input = json!({"NextToken": token}),
            None => return commands,
        }
    }
}

#[test]
fn ten_times_cut_off_nothing_runs_twice_and_everything_ends() {
    let mut instance = Instance::start(1);
    let node = instance.node();
    let file = instance.scratch().join("marks").to_string_lossy().into_owned();
    let mut accepted = Vec::new();
    for round in 0..ROUNDS {
        let (raw, to, path) = (instance.raw(), node.clone(), file.clone());
        let sender = std::thread::spawn(move || send_until_cut_off(&raw, &to, &path, round));
        let moment = random(900);
        std::thread::sleep(Duration::from_millis(moment));
        instance.kill();
        let round_accepted = sender.join().unwrap();
        println!("round {round}: cut off after {moment} ms, {} accepted", round_accepted.len());
        accepted.extend(round_accepted);
        instance.restart();
    }
    let commands = all_commands(&instance);
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let mut by_mark: BTreeMap<String, usize> = BTreeMap::new();
    let mut successes = Vec::new();
    for command in &commands {
        let ended = instance.ended(command["CommandId"].as_str().unwrap());
        let mark = ended["Comment"].as_str().unwrap().to_owned();
        let state = ended["StatusDetails"].as_str().unwrap().to_owned();
        if state == "Success" {
            successes.push(mark.clone());
        }
        *states.entry(state).or_default() += 1;
        *by_mark.entry(mark).or_default() += 1;
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
    text.lines().for_each(|line| *ran.entry(line).or_default() += 1);
    println!(
        "{ROUNDS} times cut off: {} accepted, {} in the log, {} ran, ends {states:?}",
        accepted.len(),
        commands.len(),
        ran.len()
    );
    assert!(by_mark.values().all(|count| *count == 1), "sent twice: {by_mark:?}");
    assert!(ran.values().all(|count| *count == 1), "ran twice: {ran:?}");
    for mark in &accepted {
        assert!(by_mark.contains_key(mark), "{mark} was accepted and is not in the log");
    }
    for mark in &successes {
        assert!(ran.contains_key(mark.as_str()), "{mark} is said to have run and did not");
    }
}
