//! Agents that replace themselves by another program, and stay what they are when it does not work.

use reeve_e2e::{Agent, Instance, agent_program, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// A folder of programs that are offered, and one of the programs that run.
struct Programs {
    folder: tempfile::TempDir,
}

impl Programs {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("offered")).unwrap();
        Self { folder }
    }

    fn offered(&self) -> PathBuf {
        self.folder.path().join("offered")
    }

    /// The agent's program of this build, where an agent of its own may replace it.
    fn installed(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::copy(agent_program(), folder.join("reeve-agent")).unwrap();
        folder.join("reeve-agent")
    }

    /// Another program than that of this build, which does the same: what stands behind an ELF file has no meaning.
    fn offer_next(&self) -> Vec<u8> {
        let mut bytes = fs::read(agent_program()).unwrap();
        bytes.extend(b"the next version");
        self.offer("reeve-agent-next", &bytes);
        bytes
    }

    fn offer(&self, name: &str, bytes: &[u8]) {
        let path = self.offered().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn hash_of(instance: &Instance, name: &str) -> String {
    let offered = instance.reeve(&["agents", "programs", "--output", "json"]).json();
    let program = offered.as_array().unwrap().iter().find(|program| program["name"] == name);
    program.expect("it is offered")["sha256"].as_str().unwrap().to_owned()
}

/// What the node's invocation of the document ended with: its status and what it printed.
fn update(instance: &Instance, node: &str, parameters: &Value) -> (String, String) {
    let input =
        json!({"DocumentName": "AWS-UpdateSSMAgent", "InstanceIds": [node], "Parameters": parameters});
    let command = instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned();
    let ended = instance.ended(&command);
    let input = json!({"CommandId": command, "InstanceId": node});
    let invocation = instance.call("GetCommandInvocation", &input);
    let text = |name: &str| invocation[name].as_str().unwrap_or_default().to_owned();
    (
        ended["Status"].as_str().unwrap().to_owned(),
        text("StandardOutputContent") + &text("StandardErrorContent"),
    )
}

fn works(instance: &Instance, node: &str) {
    let command = instance.send_to(node, "echo here");
    assert_eq!(instance.ended(&command)["Status"], "Success");
}

fn is_program(path: &Path, bytes: &[u8]) -> bool {
    fs::read(path).unwrap() == bytes
}

#[test]
fn agents_are_replaced_and_go_on_as_the_same_nodes() {
    let programs = Programs::new();
    let offered = programs.offered();
    let next = programs.offer_next();
    let instance = Instance::start_with(0, &[("REEVE_PROGRAMS", offered.to_str().unwrap())]);
    let installed = ["one", "two"].map(|name| programs.installed(name));
    let agents: Vec<Agent> = ["one", "two"]
        .iter()
        .zip(&installed)
        .map(|(name, program)| Agent::enrol_program(&instance, name, program))
        .collect();
    // What runs goes on to its end first.
    let running = instance.send_to(&agents[0].node(), "sleep 2; echo to the end");
    let updated = instance.reeve(&["agents", "update", "--max-concurrency", "1"]);
    assert!(updated.success, "{updated:?}");
    assert!(updated.text().contains("The agent was updated from"), "{}", updated.text());
    assert_eq!(instance.ended(&running)["Status"], "Success");
    for (agent, program) in agents.iter().zip(&installed) {
        assert!(is_program(program, &next));
        let runs = fs::read(format!("/proc/{}/exe", agent.pid())).unwrap();
        assert!(runs == next, "the process goes on as the new program");
        agent.wait_until(&instance, "Online");
        works(&instance, &agent.node());
        assert!(!agent.folder().join("update").exists(), "nothing is left of the update");
    }
    let again = instance.reeve(&["agents", "update", "--nodes", &agents[0].node()]);
    assert!(again.text().contains("is this program already"), "{}", again.text());
}

#[test]
fn an_agent_stays_what_it_is_when_the_other_program_does_not_work() {
    let programs = Programs::new();
    let offered = programs.offered();
    programs.offer_next();
    // It says a version, and never comes to work.
    programs.offer(
        "reeve-agent-broken",
        b"#!/bin/sh\nif [ \"$1\" = --version ]; then echo reeve-agent 99.0.0; else exit 3; fi\n",
    );
    programs.offer("reeve-agent-idle", b"#!/bin/sh\necho reeve-agent 99.0.0\n");
    programs.offer("reeve-agent-mute", b"#!/bin/sh\nexit 0\n");
    programs.offer("reeve-agent-old", b"#!/bin/sh\necho reeve-agent 0.0.0\n");
    let instance = Instance::start_with(1, &[("REEVE_PROGRAMS", offered.to_str().unwrap())]);
    let installed = programs.installed("one");
    let before = fs::read(&installed).unwrap();
    let agent = Agent::enrol_program(&instance, "one", &installed);
    let node = agent.node();
    let given = |hash: &str| json!({"programs": [json!({std::env::consts::ARCH: hash}).to_string()]});
    let refused = |parameters: Value, because: &str| {
        let (status, said) = update(&instance, &node, &parameters);
        assert_eq!(status, "Failed", "{said}");
        assert!(said.contains(because), "{because:?} in {said}");
        assert!(is_program(&installed, &before));
        agent.wait_until(&instance, "Online");
        works(&instance, &node);
    };
    refused(given(&hash_of(&instance, "reeve-agent-broken")), "exit status: 3");
    refused(
        given(&hash_of(&instance, "reeve-agent-idle")),
        "exit status: 0, and this node might not work yet",
    );
    refused(given(&hash_of(&instance, "reeve-agent-mute")), "does not say its version");
    refused(given(&hash_of(&instance, "reeve-agent-old")), "is lower than");
    refused(given(&"0".repeat(64)), "404");
    refused(json!({}), "no SHA-256 of a program");
    let mut other = given(&hash_of(&instance, "reeve-agent-next"));
    other["version"] = json!(["98.0.0"]);
    refused(other, "not 98.0.0");
    let mut nowhere = given(&hash_of(&instance, "reeve-agent-next"));
    nowhere["source"] = json!(["http://127.0.0.1:1"]);
    refused(nowhere, "http://127.0.0.1:1/programs/");
    // An agent that is a part of `up` is replaced with that.
    let (status, said) = update(&instance, &instance.node(), &given(&hash_of(&instance, "reeve-agent-next")));
    assert_eq!(status, "Failed");
    assert!(said.contains("a part of the program"), "{said}");
    assert!(!agent.folder().join("update").exists());
}

/// Of a roll-out, nobody else begins after too many errors.
#[test]
fn a_program_that_does_not_work_stops_at_the_first_node() {
    let programs = Programs::new();
    let offered = programs.offered();
    let mut broken = fs::read(agent_program()).unwrap();
    // A download that was cut off when it was put there.
    broken.truncate(4096);
    programs.offer("reeve-agent", &broken);
    let instance = Instance::start_with(0, &[("REEVE_PROGRAMS", offered.to_str().unwrap())]);
    let agents =
        ["one", "two", "three"].map(|name| Agent::enrol_program(&instance, name, &programs.installed(name)));
    let updated = instance.reeve(&["agents", "update", "--max-concurrency", "1", "--output", "json"]);
    assert!(!updated.success);
    let said: Value = serde_json::from_str(&updated.stdout).unwrap();
    let invocations = said["CommandInvocations"].as_array().unwrap();
    let failed = invocations.iter().filter(|of| of["Status"] == "Failed").count();
    assert_eq!(failed, 1, "{said}");
    agents.iter().for_each(|agent| works(&instance, &agent.node()));
}

/// What waits for its turn can be cancelled, and then no start of the agent replaces it.
#[test]
fn an_update_that_is_cancelled_is_forgotten() {
    let programs = Programs::new();
    let offered = programs.offered();
    programs.offer_next();
    let instance = Instance::start_with(0, &[("REEVE_PROGRAMS", offered.to_str().unwrap())]);
    let installed = programs.installed("one");
    let before = fs::read(&installed).unwrap();
    let mut agent = Agent::enrol_program(&instance, "one", &installed);
    let node = agent.node();
    let running = instance.send_to(&node, "sleep 600");
    let hash = json!({std::env::consts::ARCH: hash_of(&instance, "reeve-agent-next")}).to_string();
    let input = json!({"DocumentName": "AWS-UpdateSSMAgent", "InstanceIds": [node], "Parameters": {"programs": [hash]}});
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    let staged = agent.folder().join("update/update.json");
    wait_for("the program is staged", || staged.exists().then_some(()));
    instance.call("CancelCommand", &json!({"CommandId": command}));
    assert_eq!(instance.ended(command)["Status"], "Cancelled");
    assert!(!staged.exists());
    instance.call("CancelCommand", &json!({"CommandId": running}));
    instance.ended(&running);
    agent.end(Signal::TERM);
    agent.start();
    agent.wait_until(&instance, "Online");
    works(&instance, &node);
    assert!(is_program(&installed, &before));
}
