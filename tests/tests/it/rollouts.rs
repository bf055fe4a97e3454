//! A roll-out in waves while the services that carry it are killed, with two of the patching service.

use super::patching_apt::deb;
use reeve_e2e::{Agent, Apart, DebianRoot, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// As often each of these is killed, one after the other, while the roll-out is on its way.
const KILLS: usize = 12;
const KILLED: [&str; 3] = ["patching", "run-command", "nats-server"];

#[test]
fn a_roll_out_in_waves_patches_each_node_once_whatever_is_killed() {
    let mut apart = Apart::start();
    apart.second("patching");
    let fleet: Vec<(DebianRoot, Agent)> = (0..4)
        .map(|number| {
            let root = DebianRoot::new();
            root.install(&deb("tool", "1"));
            root.offer("stable-security", &deb("tool", "2"));
            let mut agent = Agent::enrol(apart.instance(), &format!("n-{number}"));
            agent.end(Signal::KILL);
            agent.set("REEVE_AGENT_PACKAGE_ROOT", &root.path().display().to_string());
            agent.start();
            agent.wait_until(apart.instance(), "Online");
            (root, agent)
        })
        .collect();
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
