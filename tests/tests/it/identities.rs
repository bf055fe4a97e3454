//! One identity is one machine: a folder of an agent that was copied runs nothing until an operator has decided.

use reeve_e2e::{Agent, Instance, copy_folder, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

fn state(instance: &Instance, node: &str) -> Value {
    let filters = json!({"filters": [{"key": "InstanceIds", "values": [node]}]});
    let (status, answer) = instance.raw().call_of("nodes", "ListNodeStates", &filters, None);
    assert_eq!(status, 200, "{answer}");
    answer["nodes"][0].clone()
}

/// The other agent of a node, once it is told of.
fn other(instance: &Instance, node: &str) -> Value {
    wait_for("the other agent is told of", || {
        let other = state(instance, node)["otherSession"].clone();
        other.is_object().then_some(other)
    })
}

fn duplicates(instance: &Instance) -> usize {
    instance.events().iter().filter(|event| event["type"] == "reeve.nodes.NodeDuplicated.v1").count()
}

/// Says which agent runs it: the ids of all processes above the script.
const ABOVE: &str = r#"p=$$; while [ "$p" -gt 1 ]; do p=$(awk '/^PPid/ { print $2 }' /proc/$p/status); echo "<$p>"; done | \
    tr -d '\n'"#;

/// Runs a script that counts its runs; answers who ran it last.
fn counted(instance: &Instance, node: &str, file: &Path) -> String {
    let command = instance.send_to(node, &format!("echo \"run $({ABOVE})\" >> {}", file.display()));
    assert_eq!(instance.ended(&command)["Status"], "Success");
    std::fs::read_to_string(file).unwrap().lines().last().unwrap().to_owned()
}

fn runs(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

fn is_by(run: &str, agent: &Agent) -> bool {
    run.contains(&format!("<{}>", agent.pid()))
}

#[test]
fn of_an_agent_and_its_copy_one_runs_until_an_operator_decides_for_the_other() {
    let instance = Instance::start(0);
    let agent = Agent::enrol(&instance, "original");
    let (node, file) = (agent.node(), instance.scratch().join("runs"));
    counted(&instance, &node, &file);
    let copy = Agent::copy_of(&agent, &instance, "copy");
    let mut runners: Vec<_> = (0..5).map(|_| counted(&instance, &node, &file)).collect();
    let told = other(&instance, &node);
    let session = told["session"].as_str().unwrap();
    assert_ne!(state(&instance, &node)["session"], session);
    runners.extend((0..5).map(|_| counted(&instance, &node, &file)));
    assert_eq!(runs(&file), 11, "each ran once");
    assert!(runners.iter().all(|run| is_by(run, &agent)), "the copy has run something: {runners:?}");
    assert_eq!(duplicates(&instance), 1);
    wait_for("the copy says what to do", || copy.logged().contains("reeve nodes keep").then_some(()));
    let listed = instance.reeve(&["nodes"]);
    assert!(listed.text().contains("another agent"), "{}", listed.text());

    instance.reeve(&["nodes", "keep", &node, session]).text();
    wait_for("the copy works", || (state(&instance, &node)["session"] == session).then_some(()));
    let run = counted(&instance, &node, &file);
    assert!(is_by(&run, &copy), "{run}");
    assert_eq!(runs(&file), 12);
    assert!(state(&instance, &node)["otherSession"].is_null());
    wait_for("the original says what to do", || agent.logged().contains("reeve nodes keep").then_some(()));
}

#[test]
fn an_agent_comes_back_without_an_operator_however_it_ended() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "again");
    let (node, file) = (agent.node(), instance.scratch().join("runs"));
    for signal in [Signal::KILL, Signal::TERM, Signal::KILL, Signal::KILL] {
        agent.end(signal);
        agent.start();
        counted(&instance, &node, &file);
    }
    assert_eq!((runs(&file), duplicates(&instance)), (4, 0));
    // Nor does one that was stopped for longer than it may be silent.
    agent.signal(Signal::STOP);
    agent.wait_until(&instance, "ConnectionLost");
    let command = instance.send_to(&node, &format!("echo run >> {}", file.display()));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(runs(&file), 4);
    agent.signal(Signal::CONT);
    assert_eq!(instance.ended(&command)["Status"], "Success");
    assert_eq!((runs(&file), duplicates(&instance)), (5, 0));
}

#[test]
fn a_copy_that_is_older_than_what_the_node_did_runs_nothing_although_it_is_alone() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "original");
    let (node, file) = (agent.node(), instance.scratch().join("runs"));
    counted(&instance, &node, &file);
    agent.end(Signal::TERM);
    copy_folder(agent.folder(), &instance.scratch().join("kept"));
    agent.start();
    counted(&instance, &node, &file);
    agent.end(Signal::KILL);
    let copy = Agent::started_on(&agent, &instance, &instance.scratch().join("kept"), "older");
    let told = other(&instance, &node);
    assert!(told["reason"].as_str().unwrap().contains("older than"), "{told}");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(runs(&file), 2);
    drop(copy);
    // The original is let work as before.
    agent.start();
    counted(&instance, &node, &file);
}

#[test]
fn a_folder_on_another_machine_is_no_node_until_it_is_enrolled_there() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "original");
    let (node, file) = (agent.node(), instance.scratch().join("runs"));
    let id = |name: &str, text: &str| {
        let path = instance.scratch().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (here, there) = (id("here", "0123\n"), id("there", "4567\n"));
    agent.end(Signal::TERM);
    agent.set("REEVE_AGENT_MACHINE_ID_FILE", &here);
    agent.start_with(&["--accept-new-machine"]);
    agent.wait_until(&instance, "Online");
    let mut copy = Agent::copy_not_started(&agent, &instance, "copy");
    copy.set("REEVE_AGENT_MACHINE_ID_FILE", &there);
    for name in ["REEVE_ACTIVATION_ID", "REEVE_ACTIVATION_CODE"] {
        copy.unset(name);
    }
    copy.start();
    copy.wait_until_ended();
    assert!(copy.logged().contains("made on another machine"), "{}", copy.logged());
    // With an activation it becomes a node of its own, by itself.
    let activation = instance.call("CreateActivation", &json!({"IamRole": "test"}));
    copy.set("REEVE_ACTIVATION_ID", activation["ActivationId"].as_str().unwrap());
    copy.set("REEVE_ACTIVATION_CODE", activation["ActivationCode"].as_str().unwrap());
    copy.start();
    wait_for("another node", || (copy.node() != node).then_some(()));
    copy.wait_until(&instance, "Online");
    let run = counted(&instance, &copy.node(), &file);
    assert!(is_by(&run, &copy), "{run}");
    counted(&instance, &node, &file);
    assert_eq!((runs(&file), duplicates(&instance)), (2, 0));
}
