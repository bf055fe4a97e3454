//! The example of `docs/adding-a-service.md`, beside a real instance: every port at work.

use reeve_e2e::{Instance, reminders, wait_for};
use reeve_jetstream::Bus;
use reeve_testkit::Caller;
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

async fn call(bus: &Bus, operation: &str, input: Value) -> Value {
    let caller = Caller { actor: "administrator", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.reminders.{operation}"), &input).await;
    answer.unwrap_or_else(|refusal| refusal.said)
}

async fn until(bus: &Bus, id: &str, status: &str) {
    for _ in 0..600 {
        if call(bus, "GetReminder", json!({"id": id})).await["status"] == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} is never {status}: {}", call(bus, "GetReminder", json!({"id": id})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_uses_every_port() {
    let instance = tokio::task::spawn_blocking(|| Instance::start(1)).await.unwrap();
    let (bus, broken) = (instance.service_bus().await, Arc::new(AtomicBool::new(false)));
    let node = tokio::task::block_in_place(|| instance.node());
    let folder = instance.scratch().join("reminders");
    let running = reeve_runtime::run(reminders::service(broken.clone()), bus.clone(), &folder).await.unwrap();
    let put = async |id: &str, node: &str, script: &str| {
        let at = Timestamp::now().0 + 200;
        call(&bus, "PutReminder", json!({"id": id, "at_ms": at, "node_id": node, "script": script})).await;
    };
    // A timer, a request, and a consumer from now.
    put("fine", &node, "echo reminded").await;
    put("wrong", &node, "exit 3").await;
    put("nowhere", "mi-00000000000000000", "echo x").await;
    until(&bus, "fine", "Success").await;
    until(&bus, "wrong", "Failed").await;
    until(&bus, "nowhere", "Refused").await;

    // A dead letter, which the operator sees, and has retried when its reason is gone.
    broken.store(true, Ordering::SeqCst);
    put("stuck", &node, "echo late").await;
    let (reeve, instance) = (
        |instance: &Instance, arguments: &[&str]| {
            let answer = instance.reeve(arguments);
            assert!(answer.success, "{arguments:?}: {}", answer.stderr);
            answer.stdout
        },
        &instance,
    );
    let number = tokio::task::block_in_place(|| {
        wait_for("the dead letter is listed", || {
            let listed = reeve(instance, &["--output", "json", "dead-letters", "list"]);
            let letters: Vec<Value> = serde_json::from_str(&listed).unwrap();
            let letter = letters.iter().find(|letter| letter["service"] == "reminders")?;
            assert_eq!((&letter["handler"], &letter["status"]), (&json!("ask"), &json!("Open")));
            assert_eq!(letter["reason"], "reminders are broken");
            Some(letter["number"].to_string())
        })
    });
    let (_, ready) = tokio::task::block_in_place(|| instance.ready());
    assert!(ready.contains("1 dead letter"), "{ready}");
    let shown = tokio::task::block_in_place(|| reeve(instance, &["dead-letters", "show", &number]));
    assert!(shown.contains("subject: reeve.evt.reminders.reminder.stuck"), "{shown}");
    assert!(shown.contains("body: ") && shown.contains("echo late"), "{shown}");
    tokio::task::block_in_place(|| {
        reeve(instance, &["dead-letters", "retry", &number]);
        let status = |wanted: &str| {
            wait_for(wanted, || {
                let shown = reeve(instance, &["dead-letters", "show", &number]);
                shown.contains(&format!("status: {wanted}")).then_some(())
            });
        };
        status("Open");
        broken.store(false, Ordering::SeqCst);
        reeve(instance, &["dead-letters", "retry", &number]);
        status("Resolved");
        let refused = instance.reeve(&["dead-letters", "retry", &number]);
        assert!(!refused.success && refused.stderr.contains("is Resolved"), "{}", refused.stderr);
        assert_eq!(reeve(instance, &["--output", "json", "dead-letters", "list"]).trim(), "[]");
        let unknown = instance.reeve(&["dead-letters", "discard", "999"]);
        assert!(unknown.stderr.contains("NoSuchEntityException"), "{}", unknown.stderr);
    });
    until(&bus, "stuck", "Success").await;
    // What a service asked for is listed with the commands, and says so in its events.
    tokio::task::block_in_place(|| {
        let commands = instance.call("ListCommands", &json!({}));
        assert_eq!(commands["Commands"].as_array().unwrap().len(), 3);
        let events = instance.events();
        let of = |kind: &str| events.iter().filter(|e| e["type"].as_str().unwrap().contains(kind)).count();
        assert_eq!((of("CommandSent"), of("CommandRefused"), of("CommandFinished")), (3, 1, 3));
        let sent = events.iter().find(|e| e["type"].as_str().unwrap().contains("CommandSent")).unwrap();
        assert_eq!(sent["data"]["originKind"], "reminder");
        assert_eq!(sent["data"]["requestId"], sent["data"]["commandId"]);
        assert_eq!(sent["dataschema"], "urn:reeve:schemas:reeve.run_command.CommandSent");
    });
    running.stop().await;
}
