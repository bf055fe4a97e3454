//! A node whose turn comes while there is no key to sign with has it when there is one, also after a restart; and what
//! other nodes report is taken in meanwhile.

use crate::keys::{in_force, lines, publish, signers, wait_for_lines};
use nkeys::KeyPair;
use reeve_contracts::node::KeySet;
use reeve_e2e::{Instance, wait_for};
use reeve_node_protocol::keys;
use reeve_types::Timestamp;
use serde_json::json;

#[test]
fn whose_turn_comes_while_there_is_no_key_has_it_when_there_is_one() {
    no_key_in_between(false);
}

#[test]
fn whose_turn_came_before_a_restart_has_it_afterwards() {
    no_key_in_between(true);
}

fn no_key_in_between(restart: bool) {
    let mut instance = Instance::start(2);
    let (before, new) = (signers(&instance), KeyPair::new_account());
    let ran = instance.scratch().join("ran");
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "MaxConcurrency": "1",
        "Parameters": {"commands": [format!("echo ran >> {}; sleep 3", ran.display())]},
        "Targets": [{"Key": "reeve:connected", "Values": ["true"]}],
    });
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
    wait_for("the first node runs it", || (ran.exists() && lines(&ran) == 1).then_some(()));

    // A set whose key has no seed here.
    let mut set = KeySet { version: 2, issued_ms: Timestamp::now().0, ..in_force(&instance) };
    set.keys[0].public_key = new.public_key();
    let (status, answer) = publish(&instance, &before.root, &keys::sign(&before.root, &set).unwrap());
    assert_eq!(status, 200, "{answer}");
    wait_for("its outcome is there", || {
        let listed = instance.call("ListCommands", &json!({"CommandId": command}));
        (listed["Commands"][0]["CompletedCount"] == 1).then_some(())
    });
    let log = instance.scratch().join("up.log");
    wait_for_lines(&log, &["commands wait", "none of these seeds is here"], 1);
    assert_eq!(lines(&ran), 1, "the second node has run it without a key");

    if restart {
        instance.stop();
    }
    std::fs::write(instance.data().join("dispatch.seeds"), new.seed().unwrap()).unwrap();
    if restart {
        instance.restart();
    }
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
    assert_eq!(lines(&ran), 2);
}
