//! Kills under load, and what the log says afterwards.
//!
//! The host with every service, nats-server and the agents are killed at random moments while commands go to all
//! nodes; then a checker reads the log, the scripts' own marks and the API. `REEVE_FAULTS_KILLS=1000` makes it long.

use crate::history::{History, Sender, answers, random};
use reeve_e2e::{Instance, Raw, processes_naming, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

const NODES: u32 = 4;
const KILLS: usize = 200;
/// Commands that are accepted at least; each has an invocation on every node.
const COMMANDS: usize = 500;

/// Kills one child of the instance, whose command line holds a text, if it runs at the moment.
fn kill_child(instance: &Instance, text: &str) -> bool {
    let folder = instance.data().to_string_lossy().into_owned();
    let found = processes_naming(&folder).into_iter().find(|(_, line)| line.contains(text));
    let pid = found.and_then(|(pid, _)| Pid::from_raw(i32::try_from(pid).unwrap()));
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// Kills something; answers what.
fn kill_one(instance: &mut Instance, raw: &Mutex<Raw>) -> &'static str {
    match random(10) {
        0 => {
            instance.kill();
            instance.restart();
            *raw.lock().unwrap() = instance.raw();
            "host"
        }
        1 | 2 if kill_child(instance, "nats-server --config") => "nats-server",
        _ => {
            let number = 1 + random(u64::from(NODES));
            // Not a script of its, which lies in the same folder: a killed script counts as one whose time was over.
            let agent = format!("agent --data {}/nodes/{number} ", instance.data().display());
            if kill_child(instance, &agent) { "agent" } else { "nothing" }
        }
    }
}

#[test]
fn after_kills_under_load_the_log_says_what_happened() {
    let kills = std::env::var("REEVE_FAULTS_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let mut instance = Instance::start(NODES);
    let file = instance.scratch().join("marks");
    let nodes: Vec<String> =
        (1..=NODES).map(|number| instance.identity(number)["node_id"].as_str().unwrap().to_owned()).collect();
    let raw = Arc::new(Mutex::new(instance.raw()));
    let sender = Sender::start(raw.clone(), nodes, file.to_string_lossy().into_owned());
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    while killed.values().sum::<usize>() < kills {
        std::thread::sleep(Duration::from_millis(50 + random(400)));
        let what = kill_one(&mut instance, &raw);
        if what != "nothing" {
            *killed.entry(what).or_default() += 1;
        }
    }
    while sender.count() < COMMANDS {
        std::thread::sleep(Duration::from_millis(50));
    }
    let accepted = sender.finish();
    let open = json!({"Filters": [{"key": "ExecutionStage", "value": "Executing"}], "MaxResults": 1});
    wait_for("every command has ended", || {
        let (status, answer) = instance.raw().call("ListCommands", &open);
        (status == 200 && answer["Commands"].as_array()?.is_empty()).then_some(())
    });

    let history = History::read(&instance.events());
    let marks = std::fs::read_to_string(&file).unwrap_or_default();
    let violations = history.violations(&accepted, &marks, &["Success", "Interrupted"]);
    let ends = history.ends();
    println!(
        "{} kills {killed:?}: {} commands accepted, {} in the log, {} invocations, {} ran; ends {ends:?}; {} violations",
        killed.values().sum::<usize>(),
        accepted.len(),
        history.commands.len(),
        history.invocations.len(),
        marks.lines().count(),
        violations.len()
    );
    assert!(violations.is_empty(), "{violations:#?}");

    let live = answers(&instance.raw());
    instance.stop();
    std::fs::remove_dir_all(instance.data().join("views")).unwrap();
    instance.restart();
    wait_for("the rebuilt views answer the same", || (answers(&instance.raw()) == live).then_some(()));
}
