//! Exit code 194: the machine is asked to reboot, and the document goes on at the same step.

use reeve_e2e::{Agent, Instance, wait_for};
use rustix::process::Signal;
use serde_json::json;
use std::path::PathBuf;

/// An agent that takes a file for its machine's boot id, and another for the reboot.
struct Machine {
    instance: Instance,
    agent: Agent,
    boot: PathBuf,
    asked: PathBuf,
}

impl Machine {
    fn start() -> Self {
        let instance = Instance::start(0);
        let mut agent = Agent::enrol(&instance, "rebooting");
        let (boot, asked) = (instance.scratch().join("boot"), instance.scratch().join("asked"));
        std::fs::write(&boot, "1").unwrap();
        agent.end(Signal::TERM);
        agent.set("REEVE_AGENT_BOOT_ID_FILE", &boot.to_string_lossy());
        agent.set("REEVE_AGENT_REBOOT_COMMAND", &format!("echo asked >> {}", asked.display()));
        agent.start();
        agent.wait_until(&instance, "Online");
        Self { instance, agent, boot, asked }
    }

    fn asked(&self, times: usize) {
        wait_for("the machine is asked", || {
            (std::fs::read_to_string(&self.asked).ok()?.lines().count() == times).then_some(())
        });
    }

    /// A script that asks for a reboot until it has run so often.
    fn script(&self, name: &str, times: usize) -> String {
        let file = self.instance.scratch().join(name);
        format!(
            "echo run; echo run >> {0}; [ $(wc -l < {0}) -ge {times} ] || exit 194; echo done",
            file.display()
        )
    }

    fn ran(&self, name: &str) -> usize {
        std::fs::read_to_string(self.instance.scratch().join(name)).unwrap_or_default().lines().count()
    }

    fn reboot(&mut self, boot: &str) {
        std::fs::write(&self.boot, boot).unwrap();
        self.agent.start();
    }
}

#[test]
fn a_document_goes_on_after_reboots_at_the_step_that_asked() {
    let mut machine = Machine::start();
    let node = machine.agent.node();
    let command = machine.instance.send_to(&node, &machine.script("goes-on", 3));
    machine.asked(1);
    assert_eq!(machine.instance.details(&command), "InProgress");
    // The same boot: the agent was started again, the machine was not. It is asked again.
    machine.agent.end(Signal::KILL);
    machine.agent.start();
    machine.asked(2);
    assert_eq!(machine.ran("goes-on"), 1);
    for (asked, boot) in [(3, "2"), (0, "3")] {
        machine.agent.end(Signal::KILL);
        machine.reboot(boot);
        if asked > 0 {
            machine.asked(asked);
            assert_eq!(machine.instance.details(&command), "InProgress");
        }
    }
    assert_eq!(machine.instance.ended(&command)["StatusDetails"], "Success");
    assert_eq!(machine.instance.printed(&command), b"run\nrun\nrun\ndone\n");
    let input = json!({"CommandId": command, "InstanceId": node});
    let got = machine.instance.call("GetCommandInvocation", &input);
    assert_eq!(got["StandardOutputContent"], "run\nrun\nrun\ndone\n");
    println!("ran {} times over two reboots", machine.ran("goes-on"));
}

#[test]
fn a_cancellation_while_the_machine_reboots_wins() {
    let mut machine = Machine::start();
    let command = machine.instance.send_to(&machine.agent.node(), &machine.script("cancelled", 2));
    machine.asked(1);
    machine.agent.end(Signal::KILL);
    machine.instance.call("CancelCommand", &json!({"CommandId": command}));
    machine.reboot("2");
    assert_eq!(machine.instance.ended(&command)["Status"], "Cancelled");
    assert_eq!(machine.ran("cancelled"), 1);
    assert_eq!(machine.instance.printed(&command), b"run\n");
}

#[test]
fn a_cancellation_before_the_reboot_wins_and_others_begin_again() {
    let machine = Machine::start();
    let node = machine.agent.node();
    let command = machine.instance.send_to(&node, &machine.script("live", 2));
    machine.asked(1);
    let other = machine.instance.send_to(&node, "echo other");
    machine.instance.call("CancelCommand", &json!({"CommandId": command}));
    assert_eq!(machine.instance.ended(&command)["Status"], "Cancelled");
    assert_eq!(machine.instance.ended(&other)["StatusDetails"], "Success");
    assert_eq!(machine.ran("live"), 1);
}

#[test]
fn a_reboot_that_never_comes_holds_nothing_up_beyond_the_commands_time() {
    let machine = Machine::start();
    let node = machine.agent.node();
    let send = |script: &str| {
        let input = json!({
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "TimeoutSeconds": 30,
            "Parameters": {"commands": [script], "executionTimeout": ["5"]},
        });
        machine.instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned()
    };
    let command = send("echo run; exit 194");
    machine.asked(1);
    let other = machine.instance.send_to(&node, "echo other");
    machine.instance.ended(&command);
    assert_eq!(machine.instance.details(&command), "ExecutionTimedOut");
    assert_eq!(machine.instance.printed(&command), b"run\n");
    assert_eq!(machine.instance.ended(&other)["StatusDetails"], "Success");
    // The next one that wants a reboot asks for it.
    let again = send("exit 194");
    machine.asked(2);
    machine.instance.call("CancelCommand", &json!({"CommandId": again}));
    assert_eq!(machine.instance.ended(&again)["Status"], "Cancelled");
}

#[test]
fn a_reboot_that_fails_is_said() {
    let mut machine = Machine::start();
    machine.agent.end(Signal::TERM);
    machine.agent.set("REEVE_AGENT_REBOOT_COMMAND", "echo not today >&2; exit 1");
    machine.agent.start();
    let command = machine.instance.send_to(&machine.agent.node(), &machine.script("fails", 2));
    assert_eq!(machine.instance.ended(&command)["Status"], "Failed");
    let details =
        machine.instance.call("ListCommandInvocations", &json!({"CommandId": command, "Details": true}));
    let output = details["CommandInvocations"][0]["CommandPlugins"][0]["Output"].as_str().unwrap();
    assert!(output.contains("not today"), "{output}");
    println!("{output}");
}

#[test]
fn the_agents_of_up_do_not_reboot_their_machine() {
    let instance = Instance::start(1);
    let command = instance.send("exit 194");
    assert_eq!(instance.ended(&command)["Status"], "Failed");
    let input = json!({"CommandId": command, "InstanceId": instance.node()});
    let error = instance.call("GetCommandInvocation", &input)["StandardErrorContent"].to_string();
    assert!(error.contains("does not reboot by itself"), "{error}");
    println!("{error}");
}
