//! The bus or an agent is killed alone: its host starts it again, and nothing is lost or run twice.

use reeve_e2e::{Instance, processes_naming, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

/// Kills the child whose command line holds a text; it is one that the instance started.
fn kill(instance: &Instance, text: &str) {
    let folder = instance.data().to_string_lossy().into_owned();
    let found = processes_naming(&folder);
    let (pid, _) = found.iter().find(|(_, line)| line.contains(text)).expect("the child runs");
    let pid = Pid::from_raw(i32::try_from(*pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

#[test]
fn the_bus_is_killed_while_a_step_prints() {
    let instance = Instance::start(1);
    let command = instance.send("for i in $(seq 60); do echo line $i; sleep 0.05; done");
    wait_for("the step prints", || {
        instance.reeve(&["output", &command]).stdout.contains("line 5\n").then_some(())
    });
    kill(&instance, "nats-server --config");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    let expected: String = (1..=60).map(|i| format!("line {i}\n")).collect();
    let input = json!({"CommandId": command, "InstanceId": instance.node()});
    assert_eq!(instance.call("GetCommandInvocation", &input)["StandardOutputContent"], expected);
    let streamed = wait_for("the stream of output answers", || {
        Some(instance.reeve(&["output", &command])).filter(|answer| answer.success)
    });
    assert_eq!(streamed.stdout, expected);
    println!("{} bytes of output, all of them, over a killed nats-server", expected.len());
}

#[test]
fn an_agent_is_killed_while_a_step_runs() {
    let instance = Instance::start(1);
    let file = instance.scratch().join("marks");
    let command = instance.send(&format!("echo once >> {}; sleep 5", file.display()));
    wait_for("the step runs", || file.exists().then_some(()));
    kill(&instance, "agent --data");
    instance.ended(&command);
    let invocations = instance.call("ListCommandInvocations", &json!({"CommandId": command}));
    let details = &invocations["CommandInvocations"][0]["StatusDetails"];
    assert_eq!(details, "Interrupted", "{invocations}");
    let after = instance.send("echo works");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "once\n");
}
