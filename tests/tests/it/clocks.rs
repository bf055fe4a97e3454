//! Nodes whose clocks are wrong by hours, ahead and behind: what is sent to them runs or says why not, at once, and
//! everybody can see how wrong they are.

use reeve_e2e::{Agent, Answer, Instance, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{path::Path, process::Command, time::Instant};

const HOURS_AHEAD: i64 = 2;

/// Builds what sets a program's clock.
fn clock(instance: &Instance) -> String {
    let library = instance.scratch().join("clock.so").display().to_string();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clock.c").display().to_string();
    Answer::of(Command::new("cc").args(["-shared", "-fPIC", "-o", &library, &source, "-ldl"])).text();
    library
}

fn event(instance: &Instance, node: &str) -> Option<Value> {
    let is_it =
        |event: &Value| event["type"] == "reeve.nodes.NodeClockChanged.v1" && event["data"]["nodeId"] == node;
    instance.events().into_iter().find(|event| is_it(event))
}

#[test]
fn a_node_whose_clock_is_wrong_says_so_and_leaves_nothing_pending() {
    let instance = Instance::start(0);
    let library = clock(&instance);
    for (name, hours, said) in [("ahead", HOURS_AHEAD, "ahead"), ("behind", -HOURS_AHEAD, "behind")] {
        let mut agent = Agent::enrol(&instance, name);
        agent.end(Signal::TERM);
        agent.set("LD_PRELOAD", &library);
        agent.set("CLOCK_AHEAD_SECONDS", &(hours * 3600).to_string());
        agent.start();
        let node = agent.node();
        let told = wait_for("an event tells it", || event(&instance, &node));
        // As JSON of protobuf has it: a number of 64 bits is a text.
        let ahead_ms = &told["data"]["aheadMs"];
        let ahead_ms = ahead_ms.as_i64().or_else(|| ahead_ms.as_str()?.parse().ok()).expect("a number");
        assert!((ahead_ms - hours * 3_600_000).abs() < 60_000, "{told}");
        let listed = instance.reeve(&["nodes", "--filter", &format!("Key=InstanceIds,Values={node}")]);
        assert!(listed.text().contains(&format!(" s {said}")), "{}", listed.stdout);
        // With an hour to be taken, as is usual, and with less.
        for seconds in [3600, 30] {
            let begun = Instant::now();
            let input = json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": [node],
                "TimeoutSeconds": seconds, "Parameters": {"commands": ["echo ran"]}});
            let sent = instance.call("SendCommand", &input);
            let command = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
            let ended = instance.ended(&command);
            let of = json!({"CommandId": command, "Details": true});
            let invocation = instance.call("ListCommandInvocations", &of)["CommandInvocations"][0].clone();
            println!(
                "{name} {seconds}: {} after {:?}: {}",
                ended["StatusDetails"],
                begun.elapsed(),
                invocation["TraceOutput"]
            );
            assert!(begun.elapsed().as_secs() < 20, "it was silent");
            if ended["Status"] != "Success" {
                let why = invocation["TraceOutput"].as_str().unwrap();
                assert!(why.contains("clock is") && why.contains(said), "{invocation}");
            }
        }
    }
}
