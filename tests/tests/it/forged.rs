//! Whoever is on the bus as services are, but has no key of theirs, can say nothing in their name.

use crate::automation::{create, start, until};
use bytes::Bytes;
use futures::StreamExt;
use reeve_e2e::{Instance, wait_for};
use reeve_jetstream::{Bus, Headers, Message, follow, streams};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const LIMIT: Duration = Duration::from_secs(5);

/// The reasons for which messages on a subject became dead letters.
async fn dead_letters(bus: &Bus, subject: &str) -> Vec<String> {
    let last = streams::last_sequence(bus, streams::DEAD_LETTER_QUEUE).await.unwrap();
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut messages = follow::follow(bus, streams::DEAD_LETTER_QUEUE, &[], 0).await.unwrap();
    while seen < last {
        let stored = messages.next().await.unwrap().unwrap();
        seen = stored.sequence;
        let header = |name: &str| stored.message.headers.get(name).unwrap_or_default().to_owned();
        if header("reeve-subject") == subject {
            found.push(header("reeve-reason"));
        }
    }
    found
}

async fn until_dead_letter(bus: &Bus, subject: &str) {
    let reasons = loop {
        match dead_letters(bus, subject).await {
            none if none.is_empty() => tokio::time::sleep(Duration::from_millis(50)).await,
            reasons => break reasons,
        }
    };
    println!("{subject}: {}", reasons[0]);
    assert!(reasons.iter().all(|reason| reason.contains("authentication code")), "{reasons:?}");
}

/// The first event of a type, as it lies in the log, without what the server added.
async fn event(bus: &Bus, stream: &str, schema: &str) -> Message {
    let mut events = follow::follow(bus, stream, &[], 0).await.unwrap();
    loop {
        let mut message = events.next().await.unwrap().unwrap().message;
        if message.headers.get("ce-type").is_some_and(|found| found.contains(schema)) {
            let kept = message.headers.pairs().filter(|(name, _)| !name.to_lowercase().starts_with("nats-"));
            message.headers = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_did_not_come_through_the_gateway_is_refused() {
    let instance = Instance::start(1);
    let bus = instance.bus().await;
    let before = instance.events().len();
    let mut called = bus.subscribe("reeve.api.nodes.CreateActivation").await.unwrap();
    instance.call("CreateActivation", &json!({"IamRole": "x"}));
    let genuine = called.next().await.unwrap();
    let headers = Headers::default().with("reeve-actor", "administrator");
    let sent = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [instance.node()],
        "Parameters": {"commands": ["true"]},
    });
    let calls = [
        ("reeve.api.run-command.SendCommand", headers.clone(), sent),
        ("reeve.api.documents.ListDocuments", headers.clone(), json!({})),
        ("reeve.api.access.CreatePrincipal", headers, json!({"Name": "mallory"})),
        // The code of another call, and of another's actor.
        ("reeve.api.nodes.CreateActivation", genuine.headers.clone(), json!({"IamRole": "mallory"})),
    ];
    for (subject, headers, body) in calls {
        let answer = bus.request(subject, &headers, body.to_string().into(), LIMIT).await.unwrap();
        let said: Value = serde_json::from_slice(&answer.data).unwrap();
        println!("{subject}: {} {said}", answer.headers.get("reeve-error").unwrap_or_default());
        assert_eq!(answer.headers.get("reeve-error"), Some("AccessDeniedException"));
    }
    // The same bytes again are the same call: they lead to nothing new.
    let again = bus.request(&genuine.subject, &genuine.headers, genuine.data, LIMIT).await.unwrap();
    println!("again: {}", String::from_utf8_lossy(&again.data));
    assert_eq!(again.headers.get("reeve-error"), Some("InvalidParameters"));
    assert_eq!(instance.events().len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_service_has_asked_for_the_gateway_does_not_call() {
    let instance = Instance::start(0);
    let bus = instance.bus().await;
    let put = json!({"name": "put", "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": "PutParameter",
        "Name": "word", "Value": "genuine", "Type": "String"}});
    create(&instance, "Put", &json!({"schemaVersion": "0.3", "mainSteps": [put]}));
    until(&instance, &start(&instance, "Put", &[]), "Success");
    let asked = event(&bus, "GATEWAY_REQUESTS", "ApiCallRequested").await;
    let (old, new) = (asked.headers.get("ce-id").unwrap().to_owned(), new_uuid().to_string());
    let subject = asked.subject.replace(&old, &new);
    // Another parameter, which nothing else would keep from being put.
    let mut data = asked.data.to_vec();
    let at = data.windows(4).position(|part| part == b"word").unwrap();
    data[at..at + 4].copy_from_slice(b"evil");
    bus.store(&subject, &asked.headers, data.into()).await.unwrap();
    until_dead_letter(&bus, &subject).await;
    let evil = instance.raw().call("GetParameter", &json!({"Name": "evil"}));
    assert_eq!((evil.0, &evil.1["__type"]), (400, &json!("ParameterNotFound")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_service_wrote_changes_nothing() {
    let mut instance = Instance::start(1);
    let (bus, node) = (instance.bus().await, instance.node());
    let file = instance.scratch().join("ran");
    let command = instance.send(&format!("echo ran >> {}", file.display()));
    instance.ended(&command);

    // A command of somebody's own, made from one that was sent.
    let sent = event(&bus, "RUN_COMMAND", "CommandSent").await;
    let other = new_uuid().to_string();
    let subject = sent.subject.replace(&command, &other);
    let data = String::from_utf8_lossy(&sent.data).replace(&command, &other).into_bytes();
    bus.store(&subject, &sent.headers, data.into()).await.unwrap();
    until_dead_letter(&bus, &subject).await;
    // The one that was sent, once more, at another place of the log.
    bus.store(&sent.subject, &sent.headers, sent.data.clone()).await.unwrap();

    // A tag that would choose the node.
    instance.call(
        "AddTagsToResource",
        &json!({
            "ResourceType": "ManagedInstance", "ResourceId": node, "Tags": [{"Key": "role", "Value": "web"}],
        }),
    );
    let tagged = event(&bus, "TAGS", "Tag").await;
    let data = String::from_utf8_lossy(&tagged.data).replace("web", "dbs").into_bytes();
    bus.store(&tagged.subject, &tagged.headers, data.into()).await.unwrap();
    until_dead_letter(&bus, &tagged.subject).await;
    // Whoever would be an administrator.
    let key = instance.principal("alice", &[]);
    let principal = event(&bus, "ACCESS", "Principal").await;
    let subject = format!("{}x", principal.subject);
    bus.store(&subject, &principal.headers, principal.data).await.unwrap();
    until_dead_letter(&bus, &subject).await;
    assert!(key["accessKeyId"].is_string());

    for _ in 0..2 {
        let last = instance.send("echo last");
        assert_eq!(instance.ended(&last)["StatusDetails"], "Success");
        let listed = instance.call("ListCommands", &json!({}));
        let ids: BTreeSet<&str> =
            listed["Commands"].as_array().unwrap().iter().map(|c| c["CommandId"].as_str().unwrap()).collect();
        assert!(!ids.contains(other.as_str()), "{ids:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "ran\n");
        let tags = instance.call(
            "ListTagsForResource",
            &json!({
                "ResourceType": "ManagedInstance", "ResourceId": node,
            }),
        );
        assert_eq!(tags["TagList"], json!([{"Key": "role", "Value": "web"}]));
        // And again from the log alone.
        instance.stop();
        std::fs::remove_dir_all(instance.data().join("views")).unwrap();
        instance.restart();
    }
}

/// Somebody answers in a service's place, and announces its operations as his own.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_answer_or_announce_is_not_passed_on() {
    let instance = Instance::start(0);
    let bus = instance.bus().await;
    let mut asked = bus.subscribe("$SRV.INFO").await.unwrap();
    let mut taken = bus.subscribe("forged.>").await.unwrap();
    let announcing = bus.clone();
    let announced = tokio::spawn(async move {
        let mut count = 0;
        while let Some(question) = asked.next().await {
            let endpoint = |name: &str| {
                json!({
                    "name": name, "subject": format!("forged.{name}"), "metadata": {"api": "ssm", "resources": ""},
                })
            };
            let info = json!({"name": "documents", "id": "x", "version": "0.1.0",
                "endpoints": [endpoint("GetDocument"), endpoint("ListDocuments"), endpoint("DescribeSessions")]});
            let reply = question.reply.unwrap();
            announcing.publish(&reply, Headers::default(), info.to_string().into()).await.unwrap();
            count += 1;
            if count == 2 {
                break;
            }
        }
    });
    tokio::time::timeout(Duration::from_secs(60), announced).await.unwrap().unwrap();
    // Whoever announced is known to the gateway by now, if it trusted it.
    let (status, answer) = instance.raw().call("DescribeSessions", &json!({"State": "Active"}));
    assert_eq!(
        (status, answer["__type"].as_str().unwrap_or_default()),
        (400, "UnknownOperationException"),
        "{answer}"
    );
    let document = instance.call("GetDocument", &json!({"Name": "AWS-RunShellScript"}));
    assert_eq!(document["Name"], "AWS-RunShellScript");
    assert!(tokio::time::timeout(Duration::from_millis(50), taken.next()).await.is_err());

    // Faster than the service: an error, and not a lie.
    let mut calls = bus.subscribe("reeve.api.documents.GetDocument").await.unwrap();
    let lying = bus.clone();
    let lies = tokio::spawn(async move {
        while let Some(call) = calls.next().await {
            let lie = Bytes::from_static(br#"{"Name":"AWS-RunShellScript","Content":"forged"}"#);
            lying.publish(&call.reply.unwrap(), call.headers.clone(), lie).await.unwrap();
        }
    });
    let mut said = BTreeSet::new();
    for _ in 0..20 {
        let (status, answer) = instance.raw().call("GetDocument", &json!({"Name": "AWS-RunShellScript"}));
        assert_ne!(answer["Content"], "forged");
        said.insert((status, answer["__type"].as_str().unwrap_or("the document").to_owned()));
    }
    println!("20 calls that others answer, too: {said:?}");
    lies.abort();
    wait_for("the service is heard again", || {
        let (status, answer) = instance.raw().call("GetDocument", &json!({"Name": "AWS-RunShellScript"}));
        (status == 200 && answer["Content"] != "forged").then_some(())
    });
}
