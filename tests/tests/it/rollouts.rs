//! Roll-outs in waves: while the services that carry one are killed, with two of the patching service; and of nodes of which one is gone
//! when its wave begins.

use super::patching_apt::deb;
use reeve_e2e::{Agent, Apart, DebianRoot, Instance, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// As often each of these is killed, one after the other, while the roll-out is on its way.
const KILLS: usize = 12;
const KILLED: [&str; 3] = ["patching", "run-command", "nats-server"];

/// Nodes whose packages lie in roots of their own, each with one that is out of date.
fn fleet(instance: &Instance, count: usize) -> Vec<(DebianRoot, Agent)> {
    let node = |number| {
        let root = DebianRoot::new();
        root.install(&deb("tool", "1"));
        root.offer("stable-security", &deb("tool", "2"));
        let mut agent = Agent::enrol(instance, &format!("n-{number}"));
        agent.end(Signal::KILL);
        agent.set("REEVE_AGENT_PACKAGE_ROOT", &root.path().display().to_string());
        agent.start();
        agent.wait_until(instance, "Online");
        (root, agent)
    };
    (0..count).map(node).collect()
}

#[test]
fn a_roll_out_in_waves_patches_each_node_once_whatever_is_killed() {
    let mut apart = Apart::start();
    apart.second("patching");
    let fleet = fleet(apart.instance(), 4);
    let nodes: Vec<String> = fleet.iter().map(|(_, agent)| agent.node()).collect();
    let raw = apart.instance().raw();
    let start = json!({"nodeIds": nodes, "waves": ["1", "1", "1", "1"]});
    let (status, started) = raw.call_of("patching", "StartPatchRollout", &start, None);
    assert_eq!(status, 200, "{started}");
    let id = json!({"rolloutId": started["rolloutId"]});

    for number in 0..KILLS {
        std::thread::sleep(Duration::from_millis(300));
        apart.kill(KILLED[number % KILLED.len()]);
        apart.revive();
    }
    // Where it does not come to its end, what it stood still at is seen.
    let mut seen = Value::Null;
    let rollout = wait_for("the roll-out has come to its end", || {
        apart.revive();
        let (status, got) = raw.call_of("patching", "GetPatchRollout", &id, None);
        if got != seen {
            println!("{} {got}", reeve_types::Timestamp::now().rfc3339());
            seen.clone_from(&got);
        }
        (status == 200 && got["rollout"]["status"] != "InProgress").then(|| got["rollout"].clone())
    });
    assert_eq!(rollout["status"], "Completed", "{rollout}");
    let waves = rollout["waves"].as_array().unwrap();
    assert_eq!(waves.len(), nodes.len(), "{rollout}");
    for (root, _) in &fleet {
        assert_eq!(root.version("tool").as_deref(), Some("2"));
    }

    // What the log says: one command for each wave, and one run on each node.
    let runs = wait_for("every run is told of", || {
        let (status, listed) = raw.call("ListCommandInvocations", &json!({"MaxResults": 50}));
        let all = listed["CommandInvocations"].as_array().filter(|_| status == 200)?.clone();
        all.iter().all(|run| run["Status"] == "Success").then_some(all)
    });
    let mut by_node: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run["DocumentName"] == "AWS-RunPatchBaseline") {
        by_node.entry(run["InstanceId"].as_str().unwrap()).or_default().push(&run["CommandId"]);
    }
    for node in &nodes {
        let of_wave = waves.iter().find(|wave| wave["nodeIds"][0] == node.as_str()).unwrap();
        assert_eq!(by_node[node.as_str()], [&of_wave["commandId"]], "{node}: {runs:?}");
    }
    let (_, letters) = raw.call_of("dead-letters", "ListDeadLetters", &json!({}), None);
    assert_eq!(letters["deadLetters"], json!([]), "{letters}");
}

#[test]
fn a_node_that_is_gone_when_its_wave_begins_keeps_the_others_from_nothing() {
    let instance = Instance::start(0);
    let fleet = fleet(&instance, 4);
    let nodes: Vec<String> = fleet.iter().map(|(_, agent)| agent.node()).collect();
    let raw = instance.raw();
    let start = json!({"nodeIds": nodes, "waves": ["1", "2"]});
    let (status, started) = raw.call_of("patching", "StartPatchRollout", &start, None);
    assert_eq!(status, 200, "{started}");
    // One of two of the second wave, and the only one of the third.
    for node in &nodes[2..] {
        instance.call("DeregisterManagedInstance", &json!({"InstanceId": node}));
    }
    let id = json!({"rolloutId": started["rolloutId"]});
    let rollout = wait_for("the roll-out has come to its end", || {
        let (_, got) = raw.call_of("patching", "GetPatchRollout", &id, None);
        (got["rollout"]["status"] != "InProgress").then(|| got["rollout"].clone())
    });
    assert_eq!(rollout["status"], "Completed", "{rollout}");
    let waves: Vec<_> = rollout["waves"].as_array().unwrap().iter().map(|wave| &wave["leftOut"]).collect();
    assert_eq!(waves, [0, 1, 1], "{rollout}");
    assert_eq!(rollout["waves"][2]["status"], "LeftOut", "{rollout}");
    // A client that looks at what was before gets by what is gone since.
    let resumed = instance.reeve(&["patch", "resume", started["rolloutId"].as_str().unwrap()]);
    assert!(resumed.stderr.contains("only one that has stopped is resumed"), "{}", resumed.stderr);
    let versions: Vec<_> = fleet.iter().map(|(root, _)| root.version("tool")).collect();
    assert_eq!(versions, ["2", "2", "1", "1"].map(|version| Some(version.to_owned())));
}
