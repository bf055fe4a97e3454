//! What cannot be read becomes a dead letter with a reason, and nothing stops for it.

use bytes::Bytes;
use futures::StreamExt;
use reeve_e2e::Instance;
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, Credentials, Headers, Options, follow, store, streams};

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
