//! The API over the bus, for programs that are no part of Reeve.

use bytes::Bytes;
use reeve_e2e::{Instance, Program};
use reeve_jetstream::{Error, Headers};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_on_the_bus_may_do_what_its_key_may_do() {
    let instance = Instance::start(1);
    let program = Program::connect(&instance, "ci-runner").await;
    let (administrator, node) = (instance.raw(), instance.node());
    let send = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["echo hello"]},
    });
    let (status, sent) = program.call(&administrator, "SendCommand", &send).await;
    assert_eq!(status, 200, "{sent}");
    let command = sent["Command"]["CommandId"].as_str().unwrap();
    assert_eq!(instance.ended(command)["StatusDetails"], "Success");
    assert_eq!(instance.printed(command), b"hello\n");
    let event = instance.events().into_iter().find(|event| event["correlationid"] == command).unwrap();
    println!("{} by {} from {}", event["type"], event["actor"], event["actorsource"]);
    assert_eq!(
        (event["actor"].as_str(), event["actorsource"].as_str()),
        (Some("administrator"), Some("127.0.0.1"))
    );

    // As over HTTP: validated, authorized, carried out once.
    let (status, answer) = program.call(&administrator, "SendCommand", &json!({})).await;
    assert_eq!((status, answer["__type"].as_str()), (400, Some("ValidationException")), "{answer}");
    let alice = instance.raw_as(&instance.principal("alice", &[]));
    let (status, answer) = program.call(&alice, "SendCommand", &send).await;
    println!("{status} {answer}");
    assert_eq!((status, answer["__type"].as_str()), (400, Some("AccessDeniedException")));
    let body = send.to_string();
    let headers = administrator.signed("ssm", "AmazonSSM.SendCommand", body.as_bytes());
    let first = program.send(&administrator, &headers, body.as_bytes()).await.unwrap();
    let again = program.send(&administrator, &headers, body.as_bytes()).await.unwrap();
    assert_eq!((first.0, &first.1), (200, &again.1));
    let other = body.replace("hello", "other");
    let (status, answer) = program.send(&administrator, &headers, other.as_bytes()).await.unwrap();
    assert_eq!((status, answer["__type"].as_str()), (400, Some("InvalidSignatureException")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_on_the_bus_reaches_nothing_but_the_edge() {
    let instance = Instance::start(1);
    let program = Program::connect(&instance, "ci-runner").await;
    let node = instance.node();
    let before = instance.events().len();
    let short = Duration::from_millis(300);
    for subject in [
        "reeve.api.run-command.SendCommand".to_owned(),
        "reeve.evt.run-command.command.x".to_owned(),
        format!("reeve.report.{node}.status"),
        format!("reeve.node.{node}.cmd.1"),
        "reeve.enroll".to_owned(),
        "$JS.API.STREAM.NAMES".to_owned(),
        "$JS.API.STREAM.DELETE.RUN_COMMAND".to_owned(),
        "$SYS.REQ.SERVER.PING".to_owned(),
        "$SRV.INFO".to_owned(),
    ] {
        let answer =
            program.bus.request(&subject, &Headers::default(), Bytes::from_static(b"{}"), short).await;
        assert!(
            matches!(answer, Err(Error::NotPermitted(_) | Error::NoResponders(_))),
            "{subject}: {answer:?}"
        );
    }
    for subject in ["reeve.evt.>", "reeve.live.>", "reeve.edge", "_INBOX_other.>", "_INBOX.>", "$JS.>", ">"] {
        program.bus.subscribe(subject).await.unwrap();
    }
    // An answer on the same connection: the server has seen all of it.
    program.call(&instance.raw(), "ListDocuments", &json!({})).await;
    let log = std::fs::read_to_string(instance.data().join("nats.log")).unwrap();
    let refused = log.lines().filter(|line| line.contains("Violation")).count();
    println!("{refused} refusals in the server's log");
    assert_eq!(refused, 16);
    assert_eq!(instance.events().len(), before);
    for name in ["", "a.b", "*", "a b", ">"] {
        assert!(!instance.reeve(&["bus-user", name]).complaint().is_empty());
    }
}
