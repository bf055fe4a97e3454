//! The network between an agent and the bus is cut and healed.

use data_encoding::HEXLOWER;
use reeve_e2e::{Agent, Instance, Proxy, wait_for};
use rustix::process::Signal;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What the step prints: a hundred megabytes.
const BYTES: usize = 100_000_000;

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn send(instance: &Instance, node: &str, script: &str) -> String {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": [script]},
    });
    instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned()
}

/// An agent whose way to the bus is a proxy.
fn behind_a_proxy(instance: &Instance) -> (Agent, Proxy) {
    let mut agent = Agent::enrol(instance, "proxied");
    let proxy = Proxy::to(&agent.bus_address());
    agent.end(Signal::TERM);
    agent.wait_until(instance, "ConnectionLost");
    agent.find_the_bus_at(proxy.address());
    agent.start();
    agent.wait_until(instance, "Online");
    (agent, proxy)
}

#[test]
fn a_hundred_megabytes_are_the_same_after_two_cuts() {
    let instance = Instance::start(0);
    let (agent, proxy) = behind_a_proxy(&instance);
    let file = instance.scratch().join("bytes");
    let mut random = std::fs::File::open("/dev/urandom").unwrap();
    let mut bytes = vec![0; BYTES];
    std::io::Read::read_exact(&mut random, &mut bytes).unwrap();
    std::fs::write(&file, &bytes).unwrap();

    let before = proxy.passed();
    let command = send(&instance, &agent.node(), &format!("cat {}", file.display()));
    for part in [1, 2] {
        let mark = before + (BYTES as u64) * part / 3;
        wait_for("the step has printed a part", || (proxy.passed() >= mark).then_some(()));
        proxy.cut();
        std::thread::sleep(Duration::from_millis(500));
        proxy.heal();
    }
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    let printed = instance.printed(&command);
    assert_eq!(printed.len(), BYTES);
    assert_eq!(digest(&printed), digest(&bytes));
    println!("{BYTES} bytes over two cuts, SHA-256 {}; agent: {} KiB", digest(&bytes), agent.resident_kib());
}

#[test]
fn what_was_sent_while_a_node_was_away_runs_in_order_when_it_is_back() {
    let instance = Instance::start(0);
    let (agent, proxy) = behind_a_proxy(&instance);
    let (node, file) = (agent.node(), instance.scratch().join("order"));
    proxy.cut();
    agent.wait_until(&instance, "ConnectionLost");
    // Each waits for the one before it, so that the order is that of their beginning.
    let commands: Vec<String> = (0..5)
        .map(|number| {
            let after = number - 1;
            let wait = if number == 0 {
                String::new()
            } else {
                format!("while ! grep -q '^{after}$' {0}; do sleep 0.01; done; ", file.display())
            };
            send(&instance, &node, &format!("{wait}echo {number} >> {}", file.display()))
        })
        .collect();
    let cancelled = send(&instance, &node, &format!("echo never >> {}", file.display()));
    instance.call("CancelCommand", &json!({"CommandId": cancelled}));
    proxy.heal();
    for command in &commands {
        assert_eq!(instance.ended(command)["StatusDetails"], "Success");
    }
    assert_eq!(instance.ended(&cancelled)["Status"], "Cancelled");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "0\n1\n2\n3\n4\n");
}

#[test]
fn a_killed_agent_is_seen_as_lost_and_the_log_says_when() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "killed");
    agent.end(Signal::KILL);
    agent.wait_until(&instance, "ConnectionLost");
    let events = instance.events();
    let lost = events.iter().find(|event| event["type"] == "reeve.nodes.NodeLost.v1").expect("an event");
    assert_eq!(lost["subject"], format!("node/{}", agent.node()));
    println!("lost: {} at {}", lost["data"]["reason"], lost["time"]);
}
