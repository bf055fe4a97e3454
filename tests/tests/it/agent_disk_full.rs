//! The disk of an agent is full: what it cannot write down does not run, what ran is told later, nothing runs twice.

use reeve_e2e::{Agent, Instance, wait_for};
use rustix::process::Signal;
use serde_json::json;
use std::{path::Path, time::Duration};

/// The least delivery time-out that SendCommand takes, in seconds.
const TIMEOUT: u64 = 30;
const BYTES: usize = 2_000_000;

fn send(instance: &Instance, node: &str, timeout: u64, script: &str) -> String {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "TimeoutSeconds": timeout,
        "Parameters": {"commands": [script]},
    });
    instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned()
}

fn runs(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

/// A step that runs until a file is there, and prints before and after; its command.
fn until(instance: &Instance, node: &str, name: &str) -> String {
    let (mark, go) = (instance.scratch().join(name), instance.scratch().join(format!("{name}.go")));
    let print = format!("head -c {BYTES} /dev/zero | tr '\\0' x");
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let command =
        send(instance, node, 3600, &format!("echo x >> {}; {print}; {wait}; {print}", mark.display()));
    wait_for("the step has printed its first half", || {
        (instance.printed(&command).len() == BYTES).then_some(())
    });
    command
}

#[test]
fn what_cannot_be_written_down_does_not_run() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol_on_small_disk(&instance, "small", 8 * 1024);
    let node = agent.node();
    let mark = |name: &str| instance.scratch().join(name);
    let script = |name: &str| format!("echo x >> {}", mark(name).display());
    instance.ended(&send(&instance, &node, 3600, "true"));
    let running = until(&instance, &node, "running");
    agent.disk().fill();
    // More than pages that the ledger has free: one of them at least finds none.
    let late: Vec<String> =
        (0..10).map(|n| send(&instance, &node, TIMEOUT, &script(&format!("late-{n}")))).collect();
    wait_for("the ledger is full", || agent.logged().contains("No space left on device").then_some(()));
    std::fs::write(mark("running.go"), "").unwrap();
    wait_for("all output is on the bus", || (instance.printed(&running).len() == 2 * BYTES).then_some(()));
    let before = agent.used();
    std::thread::sleep(Duration::from_secs(TIMEOUT + 1));
    let used = agent.used() - before;
    println!("while full: {used} hundredths of a second of the processor");
    assert!(used < 100 * TIMEOUT / 4, "the agent spins");
    let patient = send(&instance, &node, 3600, &script("patient"));
    std::thread::sleep(Duration::from_secs(1));
    agent.disk().clear();

    assert_eq!(instance.ended(&running)["StatusDetails"], "Success");
    assert_eq!(runs(&mark("running")), 1);
    for (n, command) in late.iter().enumerate() {
        instance.ended(command);
        let (details, ran) = (instance.details(command), runs(&mark(&format!("late-{n}"))));
        println!("sent while full: {details}, ran {ran} times");
        let told = match details.as_str() {
            "DeliveryTimedOut" => ran == 0,
            "Failed" | "Interrupted" => ran <= 1,
            "Success" => ran == 1,
            _ => false,
        };
        assert!(told, "{details}, ran {ran} times");
    }
    assert!(late.iter().any(|command| instance.details(command) == "DeliveryTimedOut"));
    let ended = instance.ended(&patient);
    assert!(["Success", "Failed"].contains(&ended["Status"].as_str().unwrap()), "{ended}");
    assert!(runs(&mark("patient")) <= 1);
    let after = send(&instance, &node, 3600, &script("after"));
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    assert_eq!(runs(&mark("after")), 1);
}

#[test]
fn killed_while_its_disk_is_full_it_waits_and_says_so() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol_on_small_disk(&instance, "small", 8 * 1024);
    let node = agent.node();
    let running = until(&instance, &node, "running");
    agent.disk().fill();
    agent.end(Signal::KILL);
    agent.start();
    wait_for("it says what it waits for", || {
        agent.logged().contains("until there is room on the disk").then_some(())
    });
    agent.used();
    agent.disk().clear();
    instance.ended(&running);
    assert_eq!(instance.details(&running), "Interrupted");
    assert_eq!(runs(&instance.scratch().join("running")), 1);
    let after = send(&instance, &node, 3600, "true");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
}

#[test]
fn a_cancellation_that_cannot_be_written_down_is_not_lost() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol_on_small_disk(&instance, "small", 8 * 1024);
    let node = agent.node();
    let (go, mark) = (instance.scratch().join("go"), instance.scratch().join("ran"));
    // As many as run at a time hold their places, so that the others wait behind them.
    let hold = format!("echo begun; while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let holding: Vec<String> = (0..5).map(|_| send(&instance, &node, 3600, &hold)).collect();
    for command in &holding {
        wait_for("it holds its place", || (instance.printed(command) == b"begun\n").then_some(()));
    }
    let touch = format!("echo x >> {}", mark.display());
    let waiting: Vec<String> = (0..16).map(|_| send(&instance, &node, 3600, &touch)).collect();
    // The last of them is in the ledger when it is cancelled.
    let last = send(&instance, &node, 3600, &touch);
    instance.call("CancelCommand", &json!({"CommandId": last}));
    assert_eq!(instance.ended(&last)["Status"], "Cancelled");
    agent.disk().fill();
    for command in &waiting {
        instance.call("CancelCommand", &json!({"CommandId": command}));
    }
    // Mostly some of them find no page; the ledger may have kept enough of its own for all.
    std::thread::sleep(Duration::from_secs(5));
    let full = agent.logged().contains("No space left on device");
    agent.disk().clear();
    for command in &waiting {
        assert_eq!(instance.ended(command)["Status"], "Cancelled");
    }
    agent.end(Signal::KILL);
    agent.start();
    let after = send(&instance, &node, 3600, "true");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    assert_eq!(runs(&mark), 0, "what was cancelled ran");
    println!(
        "{} cancellations while the disk was full, none lost; the ledger found no page: {full}",
        waiting.len()
    );
}
