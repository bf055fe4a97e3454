//! run-command on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures::{StreamExt, TryStreamExt, future::join_all, stream};
use nkeys::KeyPair;
use reeve_contracts::{
    documents::{DocumentCreated, DocumentEvent, Version},
    node::{DispatchKey, KeySet, Report, ReportKind},
    nodes::{DispatchKeysEvent, DispatchKeysPublished, NodeConnected, NodeEvent, NodeRegistered},
    outcome::InvocationStatus,
    run_command::{CommandCancellationRequested, CommandEvent, CommandRequested},
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, Headers, follow, store, streams};
use reeve_node_protocol::keys::{NO_END, sign};
use reeve_run_command::{Config, service};
use reeve_runtime::{Running, Service, run};
use reeve_testkit::{Caller, Nats, NotMallory, context};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};

async fn publish<E: Event>(bus: &Bus, id: &str, event: E, expected: u64) -> u64 {
    let context = Context { command_id: new_uuid(), ..context() };
    let envelope = Envelope::of(&AggregateRef::of::<E>(id), &event, &context);
    store::append(bus, &envelope, Position(expected)).await.unwrap().0
}

fn node(n: usize) -> String {
    format!("mi-{n:017x}")
}

/// A log with a document, keys to sign with, and so many nodes.
async fn fleet(bus: &Bus, nodes: usize) -> Config {
    for service in ["documents", "nodes", "tags", "run-command"] {
        streams::ensure_events(bus, service).await.unwrap();
    }
    streams::ensure_node_streams(bus).await.unwrap();
    let content = json!({"schemaVersion": "2.2", "mainSteps": [
        {"action": "aws:runShellScript", "name": "s", "inputs": {"runCommand": ["true"]}}]});
    let version = Version {
        number: 1,
        content: content.to_string(),
        format: "JSON".to_owned(),
        hash: "h".to_owned(),
        platform_types: vec!["Linux".to_owned()],
        ..Version::default()
    };
    let created = DocumentCreated {
        name: "Doc".to_owned(),
        document_type: "Command".to_owned(),
        version: Some(version),
        ..DocumentCreated::default()
    };
    publish(bus, "Doc", DocumentEvent::DocumentCreated(created), 0).await;
    let (root, key) = (KeyPair::new_operator(), KeyPair::new_account());
    let now = Timestamp::now();
    let keys =
        vec![DispatchKey { public_key: key.public_key(), not_before_ms: now.0 - 1, not_after_ms: NO_END.0 }];
    let expires_ms = now.plus_seconds(3600).0;
    let signed_set = sign(&root, &KeySet { version: 1, issued_ms: now.0, expires_ms, keys }).unwrap();
    let root_key = root.public_key();
    let published = DispatchKeysPublished {
        root_key: root_key.clone(),
        version: 1,
        signed_set,
        ..DispatchKeysPublished::default()
    };
    publish(bus, &root_key, DispatchKeysEvent::DispatchKeysPublished(published), 0).await;
    let register = |n: usize| async move {
        let node_id = node(n);
        let registered = NodeRegistered { node_id: node_id.clone(), ..NodeRegistered::default() };
        let position = publish(bus, &node_id, NodeEvent::NodeRegistered(registered), 0).await;
        let connected = NodeConnected {
            node_id: node_id.clone(),
            platform_type: "Linux".to_owned(),
            session: "s".to_owned(),
            ..NodeConnected::default()
        };
        publish(bus, &node_id, NodeEvent::NodeConnected(connected), position).await;
    };
    stream::iter(0..nodes).for_each_concurrent(512, register).await;
    let seed = key.seed().unwrap();
    Config {
        root_key,
        seeds: Arc::new(move || Ok(vec![KeyPair::from_seed(&seed).map_err(|e| e.to_string())?])),
        authorizer: Arc::new(NotMallory),
    }
}

async fn call(bus: &Bus, operation: &str, input: Value) -> Value {
    let caller = Caller { actor: "alice", ..Caller::default() };
    let answer = caller.call(bus, &format!("reeve.api.run-command.{operation}"), &input).await;
    answer.unwrap_or_else(|refusal| refusal.said)
}

/// Reports the end of a command on nodes, as they do.
async fn report(bus: &Bus, command: &str, nodes: impl Iterator<Item = usize>) {
    let reports = nodes.map(|n| async move {
        let report = Report {
            node_id: node(n),
            sequence: 1,
            command_id: command.to_owned(),
            kind: ReportKind::Finished.into(),
            status: InvocationStatus::Success.into(),
            at_ms: Timestamp::now().0,
            ..Report::default()
        };
        let subject = format!("reeve.report.{}.status", node(n));
        let data = prost::Message::encode_to_vec(&report).into();
        bus.store(&subject, &Headers::default(), data).await.unwrap();
    });
    join_all(reports).await;
}

async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if ask().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}: not so");
}

async fn start(nats: &Nats, config: &Config, folder: &Path) -> Running {
    run(service(config), nats.bus().await, folder).await.unwrap()
}

/// The types of the events of run-command, in their order.
async fn events(bus: &Bus) -> Vec<(String, CommandEvent)> {
    let stored = follow::follow(bus, "RUN_COMMAND", &["reeve.evt.run-command.command.>".to_owned()], 0).await;
    let mut events = Vec::new();
    let mut stored = stored.unwrap();
    let end = follow::last_matching(bus, "RUN_COMMAND", "reeve.evt.run-command.command.>").await.unwrap();
    while let Some(stored) = stored.try_next().await.unwrap() {
        let envelope = store::envelope(bus, &stored.message).unwrap();
        let event = CommandEvent::decode(&envelope.schema, &envelope.data).unwrap();
        events.push((envelope.schema.clone(), event));
        if stored.sequence >= end {
            break;
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_goes_to_more_nodes_than_its_event_has_room_for() {
    const NODES: usize = 12_000;
    let nats = Nats::start();
    let bus = nats.bus().await;
    let config = fleet(&bus, NODES).await;
    let running = start(&nats, &config, nats.folder()).await;
    let targets = json!([{"Key": "reeve:connected", "Values": ["true"]}]);
    let input = json!({"DocumentName": "Doc", "Targets": targets, "MaxConcurrency": "100%"});
    let sent = call(&bus, "SendCommand", input).await;
    assert_eq!(sent["Command"]["TargetCount"], NODES, "{sent}");
    let id = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
    let told = events(&bus).await;
    let counts = |kind: &str| told.iter().filter(|(schema, _)| schema.contains(kind)).count();
    assert_eq!((counts("TargetsListed"), counts("CommandSent")), (2, 1));
    until("all are dispatched to", async || {
        streams::last_sequence(&bus, streams::NODE_INBOX).await.unwrap() == NODES as u64
    })
    .await;
    report(&bus, &id, 0..NODES).await;
    until("it has ended", async || {
        let listed = call(&bus, "ListCommands", json!({"CommandId": id})).await;
        let command = &listed["Commands"][0];
        command["Status"] == "Success" && command["CompletedCount"] == NODES
    })
    .await;
    let (mut seen, mut token) = (std::collections::BTreeSet::new(), Value::Null);
    loop {
        let page = call(&bus, "ListCommandInvocations", json!({"CommandId": id, "NextToken": token})).await;
        let rows = page["CommandInvocations"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["InstanceId"].as_str().unwrap().to_owned()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen.len(), NODES, "each node is listed once");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_roll_out_one_command_and_never_exceed_its_concurrency() {
    const NODES: usize = 40;
    let nats = Nats::start();
    let bus = nats.bus().await;
    let config = fleet(&bus, NODES).await;
    let one = start(&nats, &config, &nats.folder().join("one")).await;
    let two = start(&nats, &config, &nats.folder().join("two")).await;
    let nodes: Vec<String> = (0..NODES).map(node).collect();
    let input = json!({"DocumentName": "Doc", "InstanceIds": nodes, "MaxConcurrency": "3"});
    let sent = call(&bus, "SendCommand", input).await;
    let id = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
    let dispatched = async || streams::last_sequence(&bus, streams::NODE_INBOX).await.unwrap();
    let mut done = 0;
    while done < NODES {
        let expected = (done + 3).min(NODES) as u64;
        until("as many as may be are on their way", async || dispatched().await == expected).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(dispatched().await, expected, "and no more");
        report(&bus, &id, done..done + 1).await;
        done += 1;
    }
    until("it has ended", async || {
        let listed = call(&bus, "ListCommands", json!({"CommandId": id})).await;
        listed["Commands"][0]["Status"] == "Success"
    })
    .await;
    let told = events(&bus).await;
    let admitted: usize = told
        .iter()
        .filter_map(|(_, event)| match event {
            CommandEvent::InvocationsDispatched(event) => Some(event.dispatched.len()),
            _ => None,
        })
        .sum();
    assert_eq!(admitted, NODES, "nobody was admitted twice");
    assert_eq!(told.iter().filter(|(schema, _)| schema.contains("CommandFinished")).count(), 1);
    one.stop().await;
    two.stop().await;
}

/// By name it has to be there, and where it is to be passed over it ends by itself.
async fn a_node_that_is_gone_is_passed_over(
    bus: &Bus,
    ask: &impl AsyncFn(&str, CommandRequested) -> String,
    request: &CommandRequested,
) {
    let with_one_gone = CommandRequested { node_ids: vec![node(0), node(7)], ..request.clone() };
    let refused = ask("alice", with_one_gone.clone()).await;
    let passing = ask("alice", CommandRequested { passes_over_deregistered: true, ..with_one_gone }).await;
    let of = async |id: &str, name: &str| {
        let told = events(bus).await;
        told.into_iter().find(|(schema, event)| schema.contains(name) && format!("{event:?}").contains(id))
    };
    until("it is dispatched", async || of(&passing, "Dispatched").await.is_some()).await;
    report(bus, &passing, 0..1).await;
    until("it has ended", async || of(&passing, "CommandFinished").await.is_some()).await;
    let Some((_, CommandEvent::CommandFinished(finished))) = of(&passing, "CommandFinished").await else {
        panic!("it has not ended")
    };
    assert_eq!((finished.status.as_str(), finished.completed), ("Success", 2));
    assert_eq!((finished.success, finished.undeliverable), (Some(1), 1));
    let invocations =
        call(bus, "ListCommandInvocations", json!({"CommandId": passing, "InstanceId": node(7)})).await;
    assert_eq!(invocations["CommandInvocations"][0]["StatusDetails"], "Undeliverable", "{invocations}");
    let Some((_, CommandEvent::CommandRefused(refused))) = of(&refused, "CommandRefused").await else {
        panic!("it was not refused")
    };
    assert_eq!(refused.code, "InvalidInstanceId");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_service_asks_for_is_decided_on_as_sendcommand_is() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let config = fleet(&bus, 1).await;
    let running = start(&nats, &config, nats.folder()).await;
    let asking = run(Service::new("asking"), bus.clone(), nats.folder()).await.unwrap();
    let ask = async |actor: &str, request: CommandRequested| {
        let mut context = Context { command_id: new_uuid(), ..context() };
        context.actor.name = actor.to_owned();
        for _ in 0..2 {
            asking.handle().request(&request, &context).await.unwrap();
        }
        context.command_id.to_string()
    };
    let request = CommandRequested {
        origin_kind: "association".to_owned(),
        origin_id: "a-1".to_owned(),
        document_name: "Doc".to_owned(),
        node_ids: vec![node(0)],
        ..CommandRequested::default()
    };
    let sent = ask("alice", request.clone()).await;
    let denied = ask("mallory", request.clone()).await;
    let unknown =
        ask("alice", CommandRequested { document_name: "None".to_owned(), ..request.clone() }).await;
    let broken = ask("alice", CommandRequested { targets_json: "[".to_owned(), ..request.clone() }).await;
    until("each has its answer", async || {
        let told = events(&bus).await;
        told.iter().filter(|(schema, _)| !schema.contains("Dispatched")).count() == 4
    })
    .await;
    let told = events(&bus).await;
    let refusal = |id: &str| {
        told.iter().find_map(|(_, event)| match event {
            CommandEvent::CommandRefused(refused) if refused.request_id == id => {
                assert_eq!(
                    (refused.origin_kind.as_str(), refused.origin_id.as_str()),
                    ("association", "a-1")
                );
                Some(refused.code.clone())
            }
            _ => None,
        })
    };
    assert_eq!(refusal(&denied).as_deref(), Some("AccessDeniedException"));
    assert_eq!(refusal(&unknown).as_deref(), Some("InvalidDocument"));
    assert_eq!(refusal(&broken).as_deref(), Some("ValidationException"));
    a_node_that_is_gone_is_passed_over(&bus, &ask, &request).await;
    let listed = call(&bus, "ListCommands", json!({"CommandId": sent})).await;
    assert_eq!(listed["Commands"][0]["TargetCount"], 1, "by its id it is found");
    let all = call(&bus, "ListCommands", json!({})).await;
    assert_eq!(all["Commands"], json!([]), "what an association has run is not listed");
    let refused = call(&bus, "ListCommands", json!({"CommandId": denied})).await;
    assert!(refused["message"].as_str().unwrap().contains("does not exist"), "{refused}");
    // Who asked for it may ask for its end, whatever it calls its origin, and nobody else may.
    let other = run(Service::new("other"), bus.clone(), &nats.folder().join("other")).await.unwrap();
    let end =
        CommandCancellationRequested { command_id: sent.clone(), ..CommandCancellationRequested::default() };
    let of = || Context { command_id: new_uuid(), ..context() };
    other.handle().request(&end, &of()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let ends = async || {
        let told = events(&bus).await;
        told.iter().filter(|(schema, _)| schema.contains("CommandCancelRequested")).count()
    };
    assert_eq!(ends().await, 0);
    asking.handle().request(&end, &of()).await.unwrap();
    until("it is to end", async || ends().await == 1).await;
    other.stop().await;
    running.stop().await;
    asking.stop().await;
}
