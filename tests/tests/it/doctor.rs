//! What `reeve doctor` finds.

use crate::key_alone::client;
use reeve_e2e::{Answer, Instance, processes_naming, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn findings(instance: &Instance) -> (bool, Vec<(String, String, String)>) {
    let answer = instance.reeve(&["--output", "json", "doctor"]);
    let found: Vec<Value> = serde_json::from_str(&answer.stdout).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let of = |finding: &Value| (text(finding, "about"), text(finding, "level"), text(finding, "what"));
    (answer.success, found.iter().map(of).collect())
}

#[test]
fn what_is_not_well_is_said_with_what_to_do_and_fails_the_command() {
    let mut instance = Instance::start(1);
    let (well, found) = findings(&instance);
    assert!(well, "{found:?}");
    assert!(found.iter().all(|(_, level, _)| level == "ok") && found.len() == 6, "{found:?}");
    // Whoever may not look is told that nobody knows.
    let ann = instance.principal("ann", &[]);
    let said = Answer::of(&mut client(&instance, &ann, &["doctor"]));
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("unknown  nodes: ") && said.stdout.contains("not authorized"),
        "{}",
        said.stdout
    );

    instance
        .reeve(&["notifications", "put-webhook", "away", "http://127.0.0.1:9/", "--allow-private-addresses"])
        .text();
    instance.reeve(&["notifications", "send", "webhook:away", "--subject", "s"]).text();
    instance.reeve(&["nodes", "deregister", &instance.node()]).text();
    let found = wait_for("it is found", || {
        let (well, found) = findings(&instance);
        (!well && found.iter().any(|(about, level, _)| about == "messages" && level == "problem"))
            .then_some(found)
    });
    let what = found.iter().find(|(about, ..)| about == "messages").map(|(.., what)| what.as_str()).unwrap();
    assert!(what.contains("webhook:away") && what.contains("is not reached"), "{what}");
    instance.stop();
    assert!(!instance.reeve(&["doctor"]).success, "an instance that is away is not well");
}

/// A process that is stopped until this goes.
struct Stopped(Pid);

impl Stopped {
    fn new(pid: u32) -> Self {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        kill_process(pid, Signal::STOP).unwrap();
        Self(pid)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have been ended meanwhile, and another one be in its place.
        let _continued = kill_process(self.0, Signal::CONT).is_ok();
    }
}

/// Its connections stay, as the kernel keeps them.
#[test]
fn a_bus_that_hangs_is_told_and_what_it_knows_is_unknown() {
    let instance = Instance::start(0);
    wait_for("it is ready", || (instance.ready().0 == 200).then_some(()));
    let config = instance.data().join("nats.conf").display().to_string();
    let servers = processes_naming(&config);
    assert_eq!(servers.len(), 1, "{servers:?}");
    let stopped = Stopped::new(servers[0].0);
    let said = wait_for("it is told", || Some(instance.ready()).filter(|(status, _)| *status == 503)).1;
    assert_eq!(said, "the bus does not answer\n");
    let (well, found) = findings(&instance);
    assert!(!well, "{found:?}");
    let levels: Vec<&str> = found.iter().map(|(_, level, _)| level.as_str()).collect();
    assert_eq!(levels, ["problem", "unknown", "unknown", "unknown", "unknown", "unknown"], "{found:?}");
    assert!(found[0].2.contains("the bus does not answer"), "{found:?}");
    drop(stopped);
    wait_for("it is ready again", || (instance.ready().0 == 200).then_some(()));
    assert!(wait_for("all is well", || Some(findings(&instance)).filter(|(well, _)| *well)).0);
}
