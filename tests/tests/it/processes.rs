//! What `reeve up` starts goes with it.

use reeve_e2e::{Instance, processes_naming, wait_for};

#[test]
fn one_process_holds_a_folder_and_leaves_nothing() {
    let mut instance = Instance::start(2);
    let folder = instance.data().to_string_lossy().into_owned();
    let holder = instance.pid().unwrap();

    let log = instance.scratch().join("second.log");
    let mut second = instance.up(&log);
    let status = wait_for("the second up ends", || second.try_wait().unwrap());
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(!status.success());
    assert!(said.contains(&format!("process id {holder}")) && said.contains(&folder), "{said}");
    println!("{}", said.trim());

    let mut running = processes_naming(&folder);
    // Shells that wait for what a step will tell them.
    running.retain(|(_, line)| !line.contains("/scripts/"));
    assert_eq!(running.len(), 4, "up, nats-server and two agents: {running:?}");
    instance.stop();
    let left = processes_naming(&folder);
    assert!(left.is_empty(), "SIGTERM of up left {left:?}");
    assert!(!instance.data().join("instance.json").exists());

    // Whatever runs steps ends as well, even when nobody could say good-bye.
    instance.restart();
    let command = instance.send(&format!("sleep 600 # {folder}"));
    wait_for("the step runs", || {
        (instance.events().iter().any(|e| {
            e["type"] == "reeve.run-command.InvocationStarted.v1" && e["correlationid"] == command.as_str()
        }))
        .then_some(())
    });
    instance.kill();
    wait_for("all children ended", || processes_naming(&folder).is_empty().then_some(()));
    instance.restart();
    let ended = instance.ended(&command);
    assert_eq!(ended["Status"], "Failed", "{ended}");
}
