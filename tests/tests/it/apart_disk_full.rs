//! The disk of a bus that runs apart is full: nobody sees it, and nothing is promised. Its operator makes room and starts
//! the bus again.

use crate::history::{History, answers};
use reeve_e2e::{Agent, Apart, wait_for};
use serde_json::{Value, json};
use std::time::Instant;

fn send(apart: &Apart, script: &str) -> (u16, Value) {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": [script]},
        "Targets": [{"Key": "reeve:connected", "Values": ["true"]}],
    });
    apart.instance().raw().call("SendCommand", &input)
}

#[test]
fn what_a_bus_apart_cannot_store_is_refused_until_it_can() {
    let mut apart = Apart::start_on_small_disk(32 * 1024);
    let _agents = ["one", "two"].map(|name| Agent::enrol(apart.instance(), name));
    let file = apart.instance().scratch().join("marks");
    let mark = format!("echo \"$SSM_COMMAND_ID $AWS_SSM_INSTANCE_ID\" >> {}", file.display());
    let accepted_one = |apart: &Apart| {
        let (status, answer) = send(apart, &mark);
        assert_eq!(status, 200, "{answer}");
        answer["Command"]["CommandId"].as_str().unwrap().to_owned()
    };
    let mut accepted = vec![accepted_one(&apart), accepted_one(&apart)];
    accepted.iter().for_each(|command| drop(apart.instance().ended(command)));
    assert_eq!(apart.instance().ready(), (200, "ready\n".to_owned()));

    apart.disk().fill();
    let said = wait_for("readyz says that nothing is stored", || {
        let (status, said) = apart.instance().ready();
        (status == 503 && said.contains("does not store")).then_some(said)
    });
    let begun = Instant::now();
    let (status, refused) = send(&apart, &mark);
    println!(
        "readyz: {}; SendCommand after {} ms: {status} {refused}",
        said.trim(),
        begun.elapsed().as_millis()
    );
    assert_eq!((status, &refused["__type"]), (503, &json!("ServiceUnavailable")));
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("its disk may be full"), "{message}");
    assert!(message.ends_with("Nothing of this request was accepted."), "{message}");
    let listed = answers(&apart.instance().raw());
    assert!(accepted.iter().all(|id| listed.iter().any(|row| row["CommandId"] == id.as_str())));

    // There is room, and the streams stay closed until the bus is started again.
    apart.disk().clear();
    assert_eq!(send(&apart, &mark).0, 503);
    apart.kill("nats-server");
    wait_for("it is ready", || (apart.instance().ready().0 == 200).then_some(()));
    accepted.push(wait_for("a command is accepted", || {
        let (status, answer) = send(&apart, &mark);
        (status == 200).then(|| answer["Command"]["CommandId"].as_str().unwrap().to_owned())
    }));
    accepted.iter().for_each(|command| drop(apart.instance().ended(command)));
    let history = History::read(&apart.instance().events());
    let marks = std::fs::read_to_string(&file).unwrap();
    let violations = history.violations(&accepted, &marks, &["Success"]);
    println!("{} accepted, {} ran, ends {:?}", accepted.len(), marks.lines().count(), history.ends());
    assert!(violations.is_empty(), "{violations:#?}");
    assert_eq!(history.commands.len(), accepted.len(), "what was refused is not in the log");
}
