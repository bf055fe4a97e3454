//! The operator goes back to an earlier copy of the instance's folder: nodes run what is new, nothing twice, and say what
//! the log lost.

use reeve_e2e::{Agent, Instance, copy_folder, wait_for};
use std::path::Path;

fn runs(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn after_going_back_to_a_copy_of_the_log_new_work_runs_and_the_old_never_twice() {
    let mut instance = Instance::start(0);
    // Their folders are not within what is copied.
    let folders = ["connected", "away"].map(|name| instance.scratch().join(name));
    let [connected, mut away] = folders.map(|folder| Agent::enrol_in(&instance, &folder));
    let nodes = [connected.node(), away.node()];
    let file = instance.scratch().join("runs");
    let run = |instance: &Instance, node: &str, word: &str| {
        let command = instance.send_to(node, &format!("echo {word} >> {}", file.display()));
        assert_eq!(instance.ended(&command)["Status"], "Success", "{word}");
        command
    };
    for node in &nodes {
        run(&instance, node, "before");
    }
    instance.stop();
    let (data, copy) = (instance.data(), instance.scratch().join("yesterday"));
    copy_folder(&data, &copy);
    instance.restart();
    let mut lost = Vec::new();
    for node in &nodes {
        for _ in 0..4 {
            lost.push((node.clone(), run(&instance, node, "lost")));
        }
    }
    away.end(rustix::process::Signal::TERM);
    instance.stop();
    std::fs::remove_dir_all(&data).unwrap();
    copy_folder(&copy, &data);
    instance.restart();
    connected.wait_until(&instance, "Online");
    for _ in 0..3 {
        run(&instance, &nodes[0], "new");
    }
    // More than were lost: the numbers go beyond those that the node knows, while it is away.
    let waiting: Vec<_> =
        (0..6).map(|_| instance.send_to(&nodes[1], &format!("echo new >> {}", file.display()))).collect();
    away.start();
    for command in &waiting {
        assert_eq!(instance.ended(command)["Status"], "Success");
    }
    let of = |word: &str| runs(&file).iter().filter(|run| *run == word).count();
    assert_eq!((of("before"), of("lost"), of("new")), (2, 8, 9));
    // The operator is told per node what the log does not know.
    let told = wait_for("both nodes have told", || {
        let events = instance.events();
        let recalled = events.into_iter().filter(|e| e["type"] == "reeve.run-command.RunsRecalled.v1");
        let mut told: Vec<(String, String)> = recalled
            .flat_map(|event| {
                let node = event["data"]["nodeId"].as_str().unwrap().to_owned();
                let runs = event["data"]["runs"].as_array().unwrap().clone();
                runs.into_iter().map(move |run| (node.clone(), run["commandId"].as_str().unwrap().to_owned()))
            })
            .collect();
        told.sort();
        (told.len() >= lost.len()).then_some(told)
    });
    lost.sort();
    assert_eq!(told, lost);
}
