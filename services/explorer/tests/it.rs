//! The explorer on a real NATS, with the events of the other services written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_contracts::{
    compliance::{ComplianceChanged, ComplianceEvent, Item, ItemChange},
    inventory::{Attribute, Entry, EntryChange, InventoryChanged, InventoryEvent},
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_explorer::{Config, Place, S3, Store};
use reeve_jetstream::{Bus, store, streams};
use reeve_runtime::{Running, run};
use reeve_sigv4::{canonical, derive, hex_hmac};
use reeve_testkit::{Caller, Nats, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    time::Duration,
};

/// What other services have said.
struct Log {
    bus: Bus,
    last: BTreeMap<String, u64>,
}

impl Log {
    async fn say<E: Event>(&mut self, id: &str, event: E) {
        let aggregate = AggregateRef::of::<E>(id);
        let context = Context { command_id: new_uuid(), ..context() };
        let last = self.last.entry(aggregate.subject()).or_default();
        let envelope = Envelope::of(&aggregate, &event, &context);
        *last = store::append(&self.bus, &envelope, Position(*last)).await.unwrap().0;
    }

    async fn inventory(&mut self, change: InventoryChanged) {
        let id = format!("{}/{}", change.node_id, change.type_name);
        self.say(&id, InventoryEvent::InventoryChanged(change)).await;
    }
}

fn place() -> Place {
    Place { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
}

async fn start(bus: &Bus, store: Option<Store>, folder: &Path) -> Running {
    run(reeve_explorer::service(Config { place: place(), store }), bus.clone(), folder).await.unwrap()
}

async fn call(bus: &Bus, operation: &str, input: Value) -> Result<Value, String> {
    let answer = Caller::default().call(bus, &format!("reeve.api.explorer.{operation}"), &input).await;
    answer.map_err(|refusal| refusal.to_string())
}

/// The rows of a type, counted by these attributes within each other.
async fn counted(bus: &Bus, kind: &str, attributes: &[&str]) -> Value {
    let aggregator = attributes.iter().rev().fold(Value::Null, |inner, attribute| {
        let mut one = json!({"AggregatorType": "count", "TypeName": kind, "AttributeName": attribute});
        if !inner.is_null() {
            one["Aggregators"] = json!([inner]);
        }
        one
    });
    let answer = call(bus, "GetOpsSummary", json!({"Aggregators": [aggregator]})).await.unwrap();
    answer["Entities"][0]["Data"][kind]["Content"].clone()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

fn package(name: &str, version: &str) -> Entry {
    let attribute = |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned() };
    Entry { key: name.to_owned(), attributes: vec![attribute("Name", name), attribute("Version", version)] }
}

/// A change of what a node has.
fn change(node: &str, id: &str) -> InventoryChanged {
    InventoryChanged {
        node_id: node.to_owned(),
        type_name: "AWS:Application".to_owned(),
        captured_ms: 1_000,
        hash: "h".to_owned(),
        change_id: id.to_owned(),
        part: 1,
        parts: 1,
        ..InventoryChanged::default()
    }
}

fn item(status: &str, severity: &str) -> Item {
    Item { key: "k".to_owned(), status: status.to_owned(), severity: severity.to_owned(), ..Item::default() }
}

#[tokio::test]
async fn what_is_alike_is_counted_from_differences_and_a_rebuilt_view_is_the_same() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = start(&bus, None, nats.folder()).await;
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    for node in ["mi-1", "mi-2"] {
        // In two parts, of which one alone is not in force.
        let first = InventoryChanged { parts: 2, added: vec![package("bash", "1")], ..change(node, node) };
        let second =
            InventoryChanged { part: 2, parts: 2, added: vec![package("curl", "1")], ..change(node, node) };
        log.inventory(first).await;
        log.inventory(second).await;
    }
    // A change that another one comes between never counts.
    log.inventory(InventoryChanged { parts: 2, added: vec![package("half", "1")], ..change("mi-1", "x") })
        .await;
    let (before, after) = (Some(package("bash", "1")), Some(package("bash", "2")));
    let changed = vec![EntryChange { before, after }];
    log.inventory(InventoryChanged { changed, ..change("mi-1", "y") }).await;
    log.inventory(InventoryChanged { removed: vec![package("curl", "1")], ..change("mi-2", "z") }).await;
    let expected = json!([
        {"Count": "1", "Name": "bash", "Version": "1"},
        {"Count": "1", "Name": "bash", "Version": "2"},
        {"Count": "1", "Name": "curl", "Version": "1"},
    ]);
    until("the packages are counted", async || {
        counted(&bus, "AWS:Application", &["Name", "Version"]).await == expected
    })
    .await;

    let of = |change: u32| ComplianceChanged {
        resource_id: "mi-1".to_owned(),
        compliance_type: "Custom:Benchmark".to_owned(),
        change_id: change.to_string(),
        part: 1,
        parts: 1,
        ..ComplianceChanged::default()
    };
    let added = vec![item("NON_COMPLIANT", "HIGH"), item("COMPLIANT", "LOW")];
    let id = "mi-1/Custom:Benchmark";
    log.say(id, ComplianceEvent::ComplianceChanged(ComplianceChanged { added, ..of(1) })).await;
    let statuses = async || counted(&bus, "AWS:ComplianceSummary", &["Status", "NonCompliantCount"]).await;
    let one = json!([{"Count": "1", "NonCompliantCount": "1", "Status": "NON_COMPLIANT"}]);
    until("one item does not comply", async || statuses().await == one).await;
    let (before, after) = (Some(item("NON_COMPLIANT", "HIGH")), Some(item("COMPLIANT", "HIGH")));
    let changed = vec![ItemChange { before, after }];
    log.say(id, ComplianceEvent::ComplianceChanged(ComplianceChanged { changed, ..of(2) })).await;
    let none = json!([{"Count": "1", "NonCompliantCount": "0", "Status": "COMPLIANT"}]);
    until("all comply", async || statuses().await == none).await;

    let live = running.handle().views().dump();
    running.stop().await;
    let again = nats.folder().join("rebuilt");
    let running = start(&bus, None, &again).await;
    assert_eq!(running.handle().views().dump(), live);
    running.stop().await;
}

#[tokio::test]
async fn without_a_place_nothing_is_exported_and_a_folder_that_cannot_be_written_is_told_as_failed() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let destination = json!({"BucketName": "fleet", "SyncFormat": "JsonSerDe", "Region": "us-east-1"});
    let create = json!({"SyncName": "nightly", "S3Destination": destination});
    let running = start(&bus, None, &nats.folder().join("a")).await;
    let refused = call(&bus, "CreateResourceDataSync", create.clone()).await.unwrap_err();
    assert!(refused.contains("writes no exports"), "{refused}");
    running.stop().await;

    // A file where the folder should be.
    let place = nats.folder().join("exports");
    std::fs::write(&place, "").unwrap();
    let running = start(&bus, Some(Store::Folder(place)), &nats.folder().join("a")).await;
    call(&bus, "CreateResourceDataSync", create).await.unwrap();
    let listed = async || {
        let listed = call(&bus, "ListResourceDataSync", json!({})).await.unwrap();
        listed["ResourceDataSyncItems"][0].clone()
    };
    until("it has run", async || listed().await["LastStatus"] == "Failed").await;
    let sync = listed().await;
    let said = sync["LastSyncStatusMessage"].as_str().unwrap();
    assert!(said.contains("could not be written") && said.contains("/exports/fleet/"), "{sync}");
    assert!(sync["LastSuccessfulSyncTime"].is_null() && sync["LastSyncTime"].is_number(), "{sync}");
    let end = streams::last_sequence(&bus, "EXPLORER").await.unwrap();
    assert_eq!(end, 2, "made, and one run: the next one is later");
    running.stop().await;
}

/// What was put to the store: the first line, the headers and the body.
fn answer_one(listener: &TcpListener) -> (String, BTreeMap<String, String>, Vec<u8>) {
    let (mut connection, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let (first, mut headers) = (line(), BTreeMap::new());
    loop {
        let header = line();
        let Some((name, value)) = header.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    (first, headers, body)
}

/// By S3's published rules, from what was on the wire: the path is signed as it was sent.
#[tokio::test]
async fn what_is_put_to_an_s3_compatible_address_is_signed_as_s3_wants_it() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let store = S3 {
        endpoint: format!("http://{host}"),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
    };
    let secret = store.secret_access_key.clone();
    assert!(!format!("{store:?}").contains(&secret));
    let running = start(&bus, Some(Store::S3(store)), nats.folder()).await;
    let destination =
        json!({"BucketName": "fleet", "Prefix": "a=b", "SyncFormat": "JsonSerDe", "Region": "eu-west-1"});
    let create = json!({"SyncName": "nightly", "S3Destination": destination});
    call(&bus, "CreateResourceDataSync", create).await.unwrap();
    let (first, headers, body) = tokio::task::spawn_blocking(move || answer_one(&listener)).await.unwrap();
    let path = "/fleet/a%3Db/AWS%3AOpsItem/accountid%3D123456789012/region%3Dus-east-1/nightly.json";
    assert_eq!(first, format!("PUT {path} HTTP/1.1"));
    let hash = canonical::hex_sha256(&body);
    assert_eq!(headers["x-amz-content-sha256"], hash);
    let date = &headers["x-amz-date"];
    let names = "content-type;host;x-amz-content-sha256;x-amz-date";
    let text = format!(
        "PUT\n{path}\n\ncontent-type:application/json\nhost:{host}\nx-amz-content-sha256:{hash}\nx-amz-date:{date}\n\n{names}\n{hash}"
    );
    let scope = canonical::Scope { day: &date[..8], region: "eu-west-1", service: "s3" };
    let signature = hex_hmac(&derive(&secret, &scope), &canonical::string_to_sign(date, &scope, &text));
    let expected = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"
    );
    assert_eq!(headers["authorization"], expected);
    running.stop().await;
}
