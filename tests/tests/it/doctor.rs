//! What `reeve doctor` finds.

use crate::key_alone::client;
use reeve_e2e::{Answer, Instance, wait_for};
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
