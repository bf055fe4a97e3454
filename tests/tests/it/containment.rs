//! What a step starts ends with it: by a killed agent, and by time; and its output by its limit.

use reeve_e2e::{Agent, Instance, processes_naming, wait_for};
use rustix::process::Signal;
use serde_json::json;

/// Three hundred processes, each forked twice into a session of its own, that hold no pipe.
fn storm(mark: &str) -> String {
    format!(
        "i=0; while [ $i -lt 300 ]; do i=$((i+1)); \
         (setsid sh -c 'sleep 600.{mark} >/dev/null 2>&1 & sleep 600.{mark} >/dev/null 2>&1' \
         >/dev/null 2>&1 &) ; done; echo all; sleep 600.{mark}"
    )
}

fn sleepers(mark: &str) -> usize {
    let found = processes_naming(&format!("sleep 600.{mark}"));
    found.iter().filter(|(_, line)| line.starts_with("sleep")).count()
}

/// The storm rages; the agent is killed and started again; then the time-out hits the next one.
fn nobody_survives(way: &str, without_cgroups: bool) {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, way);
    if without_cgroups {
        agent.end(Signal::TERM);
        agent.set("REEVE_AGENT_NO_CGROUPS", "true");
        agent.start();
        agent.wait_until(&instance, "Online");
    }
    let mark = format!("{}1", instance.pid().unwrap());
    let command = instance.send_to(&agent.node(), &storm(&mark));
    wait_for("the storm rages", || (instance.printed(&command) == b"all\n").then_some(()));
    wait_for("all of it is there", || (sleepers(&mark) > 600).then_some(()));
    let before = sleepers(&mark);
    agent.end(Signal::KILL);
    agent.start();
    instance.ended(&command);
    let left = sleepers(&mark);
    assert_eq!((instance.details(&command).as_str(), left), ("Interrupted", 0));
    println!("{way}: of {before} processes of a killed agent, {left} were left when it said Interrupted");

    let mark = format!("{}2", instance.pid().unwrap());
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [agent.node()],
        "Parameters": {"commands": [storm(&mark)], "executionTimeout": ["10"]},
    });
    let command = instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned();
    wait_for("the storm rages", || (sleepers(&mark) > 300).then_some(()));
    instance.ended(&command);
    assert_eq!((instance.details(&command).as_str(), sleepers(&mark)), ("ExecutionTimedOut", 0));
    println!("{way}: none of the storm was left after the time-out");

    let command = instance.send_to(&agent.node(), "echo out; echo err >&2; exit 3");
    instance.ended(&command);
    assert_eq!(instance.details(&command), "Failed");

    let mark = format!("{}3", instance.pid().unwrap());
    let command = instance.send_to(&agent.node(), &format!("nohup sleep 600.{mark} & echo started; exit 3"));
    instance.ended(&command);
    assert_eq!((instance.details(&command).as_str(), sleepers(&mark)), ("Failed", 1));
    let asked = json!({"CommandId": command, "InstanceId": agent.node()});
    let shown = instance.call("GetCommandInvocation", &asked);
    let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("StandardOutputContent"), "started\n");
    assert!(text("StandardErrorContent").contains("(sleep)"), "{shown}");
    for (pid, _) in processes_naming(&format!("600.{mark}")) {
        let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }
}

#[test]
fn by_the_best_way_of_this_machine() {
    nobody_survives("best", false);
}

#[test]
fn by_a_supervisor() {
    nobody_survives("supervised", true);
}

#[test]
fn much_output_against_a_small_limit_leaves_the_agent_small_and_answering() {
    const LIMIT: usize = 5_000_000;
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "limited");
    agent.end(Signal::TERM);
    agent.set("REEVE_AGENT_OUTPUT_LIMIT", &LIMIT.to_string());
    agent.start();
    agent.wait_until(&instance, "Online");
    let idle = agent.resident_kib();
    let command = instance.send_to(&agent.node(), "head -c 500000000 /dev/zero | tr '\\0' x; echo end >&2");
    let mut largest = 0;
    let mut answered = 0;
    wait_for("the step has ended", || {
        largest = largest.max(agent.resident_kib());
        let other = instance.send_to(&agent.node(), "echo here");
        assert_eq!(instance.ended(&other)["Status"], "Success");
        answered += 1;
        (instance.details(&command) == "Success").then_some(())
    });
    let printed = String::from_utf8(instance.printed(&command)).unwrap();
    let note = printed.trim_start_matches('x');
    assert_eq!(printed.len() - note.len(), LIMIT);
    assert!(note.contains("The limit of 5000000 bytes"), "{note}");
    let events = instance.events();
    let outcome = events.iter().find(|event| {
        event["type"] == "reeve.run-command.InvocationFinished.v1" && event["correlationid"] == *command
    });
    let message = outcome.unwrap()["data"]["message"].as_str().unwrap_or_default().to_owned();
    println!(
        "500 MB against {LIMIT}: agent {idle} KiB idle, {largest} KiB at most, {answered} other commands; {message}"
    );
    assert!(message.contains("reached the limit of 5000000 bytes"), "{message}");
    assert!(largest <= 30 * 1024, "{largest} KiB");
}
