//! The disk under everything is full: what was acknowledged stays, what is new is refused, and afterwards it goes on.

use crate::history::{History, answers};
use reeve_e2e::{Instance, wait_for};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sends a command to all nodes; its id, or why not.
fn send(instance: &Instance, script: &str) -> Result<String, String> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": [script]},
        "Targets": [{"Key": "reeve:connected", "Values": ["true"]}], "MaxConcurrency": "2",
    });
    match instance.raw().call("SendCommand", &input) {
        (200, answer) => Ok(answer["Command"]["CommandId"].as_str().unwrap().to_owned()),
        (status, answer) => Err(format!("{status} {answer}")),
    }
}

fn by_place(events: &[Value]) -> BTreeMap<(String, u64), Value> {
    let place =
        |event: &Value| (event["source"].as_str().unwrap().to_owned(), event["position"].as_u64().unwrap());
    events.iter().map(|event| (place(event), event.clone())).collect()
}

#[test]
fn what_was_acknowledged_stays_and_it_works_again_by_itself() {
    let mut instance = Instance::start_on_small_disk(2, 48 * 1024);
    let file = instance.scratch().join("marks");
    let mark = format!("echo \"$SSM_COMMAND_ID $AWS_SSM_INSTANCE_ID\" >> {}", file.display());
    let mut accepted = Vec::new();
    for round in 0..3 {
        for _ in 0..5 {
            accepted.push(send(&instance, &mark).unwrap());
        }
        // What runs while the disk becomes full has its outcome to write.
        accepted.push(send(&instance, &format!("{mark}; sleep 1")).unwrap());
        let before = by_place(&instance.events());
        instance.disk().fill();
        wait_for("readyz says that the disk is full", || {
            let (status, said) = instance.ready();
            (status == 503 && said.contains("is full: 0 of")).then_some(())
        });
        let refused = send(&instance, &mark).unwrap_err();
        assert!(refused.starts_with("503") && refused.contains("is full"), "{refused}");
        assert!(refused.contains("Nothing of this request was accepted."), "{refused}");
        let tags =
            json!({"ResourceType": "Document", "ResourceId": "X", "Tags": [{"Key": "a", "Value": "b"}]});
        assert_eq!(instance.raw().call("AddTagsToResource", &tags).0, 503);
        let said = instance.reeve(&["run", "--", "true"]);
        assert!(said.complaint().contains("is full"), "{}", said.stderr);
        let listed = answers(&instance.raw());
        assert!(accepted.iter().all(|id| listed.iter().any(|row| row["CommandId"] == id.as_str())));
        // Views hold nothing that the log does not.
        let log = by_place(&instance.events());
        let commands =
            log.values().filter(|event| event["type"] == "reeve.run-command.CommandSent.v1").count();
        assert_eq!(listed.iter().filter(|row| row.get("TargetCount").is_some()).count(), commands);
        // Long enough for the step that runs to end, and for its outcome not to be written.
        std::thread::sleep(std::time::Duration::from_millis(1500));
        println!("round {round}: {} events before, {} while full; {refused}", before.len(), log.len());
        for (place, event) in &before {
            assert_eq!(log.get(place), Some(event), "an acknowledged event");
        }

        instance.disk().clear();
        wait_for("it is ready", || (instance.ready().0 == 200).then_some(()));
        for command in &accepted {
            instance.ended(command);
        }
        let after = by_place(&instance.events());
        for (place, event) in &log {
            assert_eq!(after.get(place), Some(event), "an acknowledged event");
        }
    }
    accepted.push(wait_for("a command is accepted", || send(&instance, &mark).ok()));
    instance.ended(accepted.last().unwrap());

    let history = History::read(&instance.events());
    let marks = std::fs::read_to_string(&file).unwrap();
    let violations = history.violations(&accepted, &marks, &["Success"]);
    println!("{} accepted, {} ran, ends {:?}", accepted.len(), marks.lines().count(), history.ends());
    assert!(violations.is_empty(), "{violations:#?}");
    assert_eq!(history.commands.len(), accepted.len(), "what was refused is not in the log");
    let live = answers(&instance.raw());
    instance.stop();
    std::fs::remove_dir_all(instance.data().join("views")).unwrap();
    instance.restart();
    wait_for("the rebuilt views answer the same", || (answers(&instance.raw()) == live).then_some(()));
}

/// Copies of events reserve a GiB each, of three quarters of the disk: as many are made as there is room for, and all that is needed.
#[test]
fn a_disk_that_has_room_for_some_copies_has_these_and_all_that_is_needed() {
    let instance = Instance::start_on_small_disk(1, 6 * 1024 * 1024);
    assert_eq!(instance.ended(&instance.send("true"))["StatusDetails"], "Success");
    let streams = instance.data().join("nats/jetstream");
    let accounts = std::fs::read_dir(streams).unwrap().flatten();
    let names =
        accounts.filter_map(|account| std::fs::read_dir(account.path().join("streams")).ok()).flatten();
    let names: Vec<String> =
        names.flatten().map(|stream| stream.file_name().into_string().unwrap()).collect();
    let copies = names.iter().filter(|name| name.ends_with("_JSON")).count();
    assert_eq!(copies, 4, "{names:?}");
    let missing = instance.log().matches("there is no stream of these events as JSON").count();
    assert_eq!(copies + missing, reeve_e2e::services().len(), "{}", instance.log());
    let told = format!("the streams of events as JSON of {missing} services are missing");
    let (status, _) =
        wait_for("readyz says so", || Some(instance.ready()).filter(|(_, said)| said.contains(&told)));
    assert_eq!(status, 200, "everything but subscribers works");
    let doctor = instance.reeve(&["doctor"]);
    assert!(doctor.stdout.contains(&format!("warning  bus: {told}")), "{}", doctor.stdout);
}
