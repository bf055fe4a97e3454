//! What cannot be read becomes a dead letter with a reason, and nothing stops for it.

use bytes::Bytes;
use futures::StreamExt;
use prost::Message as _;
use reeve_contracts::gateway::ApiCallRequested;
use reeve_e2e::{Instance, wait_for};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{
    Bus, Credentials, Headers, Options,
    dead_letters::{self, DeadLetter},
    follow,
    requests::{self, Request},
    store, streams,
};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::json;

async fn dead_letters(bus: &Bus) -> Vec<(String, String)> {
    let last = streams::last_sequence(bus, streams::DEAD_LETTER_QUEUE).await.unwrap();
    let mut found = Vec::new();
    let mut messages = follow::follow(bus, streams::DEAD_LETTER_QUEUE, &[], 0).await.unwrap();
    while (found.len() as u64) < last {
        let message = messages.next().await.unwrap().unwrap().message;
        let header = |name: &str| message.headers.get(name).unwrap_or_default().to_owned();
        found.push((header("reeve-subject"), header("reeve-reason")));
    }
    found
}

/// A real event of the log, as one of another aggregate that nobody can read.
async fn unreadable(bus: &Bus, data: Bytes) -> Envelope {
    let mut events = follow::follow(bus, "RUN_COMMAND", &[], 0).await.unwrap();
    let event = store::envelope(bus, &events.next().await.unwrap().unwrap().message).unwrap();
    let aggregate = AggregateRef::new("run-command", "command", "unreadable");
    Envelope { aggregate, data, ..event }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_a_dead_letter_and_work_goes_on() {
    let mut instance = Instance::start(1);
    let node = instance.node();
    let first = instance.send("echo before");
    instance.ended(&first);
    let bus = instance.bus().await;
    let poison = "reeve.evt.run-command.command.poison";
    let report = format!("reeve.report.{node}.status");
    let hello = format!("reeve.report.{node}.hello");
    let garbage = Bytes::from_static(&[0xff; 64]);

    bus.store(poison, &Headers::default(), garbage.clone()).await.unwrap();
    let services = instance.service_bus().await;
    let unreadable = unreadable(&services, garbage.clone()).await;
    store::append(&services, &unreadable, Position(0)).await.unwrap();
    let unreadable = unreadable.aggregate.subject();
    let identity = instance.identity(1);
    let text = |name: &str| identity[name].as_str().unwrap().to_owned();
    let options = Options {
        url: text("bus_url"),
        credentials: Credentials::Jwt { jwt: text("jwt"), seed: text("seed") },
        name: "test".to_owned(),
        inbox_prefix: format!("_INBOX_{node}"),
        ca: None,
    };
    let agent = Bus::connect(&options).await.unwrap();
    agent.store(&report, &Headers::default(), garbage.clone()).await.unwrap();
    agent.store(&hello, &Headers::default(), garbage).await.unwrap();

    let found = loop {
        let found = dead_letters(&bus).await;
        let all = [poison, &unreadable, &report, &hello]
            .iter()
            .all(|s| found.iter().any(|(subject, _)| subject == s));
        if all {
            break found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    for (subject, reason) in &found {
        println!("{subject}: {reason}");
        assert!(!reason.is_empty());
    }
    println!("{} dead letters", found.len());
    let after = instance.send("echo after");
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    // The log can still be read by people, and a rebuild passes the same places in the same way.
    assert!(instance.events().iter().any(|event| event["correlationid"] == after.as_str()));
    instance.stop();
    std::fs::remove_dir_all(instance.data().join("views")).unwrap();
    instance.restart();
    assert_eq!(instance.ended(&after)["StatusDetails"], "Success");
    let last = instance.send("echo last");
    assert_eq!(instance.ended(&last)["StatusDetails"], "Success");
}

/// What the automation service asks of the gateway.
fn asked(schema: &str, data: Vec<u8>) -> Request {
    let id = new_uuid();
    Request {
        id,
        from: "automation".to_owned(),
        schema: schema.to_owned(),
        actor: "nobody".to_owned(),
        actor_source: String::new(),
        correlation_id: id,
        cause_id: None,
        time: Timestamp::now(),
        traceparent: None,
        data: data.into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_gave_up_on_is_retried() {
    let instance = Instance::start(0);
    let services = instance.service_bus().await;
    let listed = || instance.reeve(&["--output", "json", "dead-letters", "list", "--all"]).json();
    let letter =
        |number: usize| listed().as_array().unwrap().iter().find(|it| it["number"] == number).cloned();
    // Nobody can read it, the second time no more than the first.
    requests::store(&services, "gateway", &asked("reeve.gateway.Nonsense.v1", Vec::new())).await.unwrap();
    wait_for("a dead letter", || letter(1));
    instance.reeve(&["dead-letters", "retry", "1"]).text();
    let failed = wait_for("the retry has failed", || {
        letter(1).filter(|letter| letter["status"] == "Open" && letter["retries"] == 1)
    });
    assert!(
        failed["reason"].as_str().unwrap().contains("Nonsense.v1 is no request that the gateway takes"),
        "{failed}"
    );

    // A call that was given up on by mistake: by now nobody waits for it, so that it is settled without being made.
    let call = ApiCallRequested {
        api: "ssm".to_owned(),
        operation: "DeleteDocument".to_owned(),
        inputs_json: vec![json!({"Name": "AWS-Noop"}).to_string()],
        expires_ms: 1,
        ..ApiCallRequested::default()
    };
    let call = asked("reeve.gateway.ApiCallRequested.v1", call.encode_to_vec());
    requests::store(&services, "gateway", &call).await.unwrap();
    let mut stored = follow::follow(&services, "GATEWAY_REQUESTS", &[], 0).await.unwrap();
    let message = loop {
        let next = stored.next().await.unwrap().unwrap();
        if next.message.subject.ends_with(&call.id.to_string()) {
            break next.message;
        }
    };
    let given_up = DeadLetter {
        service: "gateway",
        handler: "requests",
        sequence: 2,
        message: &message,
        reason: "by mistake",
        retry: None,
    };
    dead_letters::store(&services, &given_up).await.unwrap();
    let number = wait_for("the other dead letter", || {
        listed().as_array().unwrap().iter().find(|it| it["reason"] == "by mistake")?["number"].as_u64()
    });
    instance.reeve(&["dead-letters", "retry", &number.to_string()]).text();
    wait_for("it is resolved", || {
        letter(usize::try_from(number).unwrap()).filter(|letter| letter["status"] == "Resolved")
    });
}
