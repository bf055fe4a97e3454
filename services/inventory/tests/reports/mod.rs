//! What nodes report: parts, differences, failures, and what is wrong with them.

use crate::{
    NODE,
    support::{Service, report},
};
use reeve_contracts::{inventory::Entry as Message, node::InventoryReport};
use reeve_inventory_model::{Entries, Entry, entry, hash::Sum, keyed};
use reeve_jetstream::streams;
use reeve_testkit::Nats;
use serde_json::json;
use std::time::Duration;

const APPLICATIONS: &str = "AWS:Application";

fn packages(of: &[(&str, &str)]) -> Entries {
    let package = |(name, version): &(&str, &str)| {
        Entry::from([("Name".to_owned(), (*name).to_owned()), ("Version".to_owned(), (*version).to_owned())])
    };
    keyed(APPLICATIONS, of.iter().map(package).collect())
}

fn hash(of: &Entries) -> String {
    Sum::of(APPLICATIONS, of.values()).to_string()
}

fn messages(of: &Entries) -> Vec<Message> {
    of.iter().map(|(key, of)| entry(key, of)).collect()
}

/// All that there is, in one report.
fn whole(id: &str, at: i64, of: &Entries) -> InventoryReport {
    InventoryReport {
        node_id: NODE.to_owned(),
        type_name: APPLICATIONS.to_owned(),
        schema_version: "1.1".to_owned(),
        captured_ms: at,
        collection_id: id.to_owned(),
        part: 1,
        parts: 1,
        hash: hash(of),
        entries: messages(of),
        ..InventoryReport::default()
    }
}

async fn listed(service: &Service) -> Vec<String> {
    let of = json!({"InstanceId": NODE, "TypeName": APPLICATIONS});
    let answer = service.call("ListInventoryEntries", of).await.unwrap();
    let entries = answer["Entries"].as_array().unwrap().iter();
    entries
        .map(|one| format!("{} {}", one["Name"].as_str().unwrap(), one["Version"].as_str().unwrap()))
        .collect()
}

async fn until(service: &Service, expected: &[&str]) {
    for _ in 0..500 {
        if listed(service).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it is never {expected:?}, but {:?}", listed(service).await);
}

async fn dead_letters(service: &Service, count: u64) {
    for _ in 0..500 {
        if streams::last_sequence(service.bus(), streams::DEAD_LETTER_QUEUE).await.unwrap() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are never {count} dead letters");
}

#[tokio::test]
async fn parts_count_together_and_only_when_all_are_there() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let all = packages(&[("a", "1"), ("b", "1"), ("c", "1")]);
    let part = |id: &str, at: i64, number: u32| {
        let entries = vec![messages(&all).remove(number as usize - 1)];
        InventoryReport { part: number, parts: 3, entries, ..whole(id, at, &all) }
    };
    // The second part is lost: nothing is taken in, and it is said.
    report(service.bus(), NODE, &part("lost", 1_000, 1)).await;
    report(service.bus(), NODE, &part("lost", 1_000, 3)).await;
    dead_letters(&service, 1).await;
    assert_eq!(service.events().await, 0);
    for number in 1..=3 {
        report(service.bus(), NODE, &part("whole", 2_000, number)).await;
    }
    until(&service, &["a 1", "b 1", "c 1"]).await;
    assert_eq!(service.events().await, 1);
    // The last part once more, as after a lost acknowledgement.
    report(service.bus(), NODE, &part("whole", 2_000, 3)).await;
    report(service.bus(), NODE, &whole("later", 3_000, &packages(&[("a", "1")]))).await;
    until(&service, &["a 1"]).await;
    assert_eq!(service.events().await, 2);
    assert!(service.rebuilt_equals_live(&nats).await);
    service.stop().await;
}

#[tokio::test]
async fn differences_count_to_what_they_are_to_in_whichever_order_they_come() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let [first, second, third] = [
        packages(&[("a", "1"), ("b", "1")]),
        packages(&[("a", "2"), ("b", "1")]),
        packages(&[("a", "2"), ("c", "1")]),
    ];
    let to = |id: &str, at: i64, before: &Entries, after: &Entries| {
        let new = after.iter().filter(|(key, _)| !before.contains_key(*key));
        InventoryReport {
            base_hash: hash(before),
            entries: new.map(|(key, of)| entry(key, of)).collect(),
            removed: before.keys().filter(|key| !after.contains_key(*key)).cloned().collect(),
            ..whole(id, at, after)
        }
    };
    report(service.bus(), NODE, &to("three", 3_000, &second, &third)).await;
    report(service.bus(), NODE, &whole("one", 1_000, &first)).await;
    until(&service, &["a 1", "b 1"]).await;
    report(service.bus(), NODE, &to("two", 2_000, &first, &second)).await;
    until(&service, &["a 2", "c 1"]).await;
    // An older collection that comes late changes nothing.
    report(service.bus(), NODE, &whole("late", 1_500, &first)).await;
    // One whose sum is wrong is none.
    let wrong = InventoryReport { hash: hash(&first), ..to("four", 4_000, &third, &second) };
    report(service.bus(), NODE, &wrong).await;
    dead_letters(&service, 1).await;
    assert_eq!(listed(&service).await, ["a 2", "c 1"]);
    assert_eq!(service.events().await, 3);
    service.stop().await;
}

#[tokio::test]
async fn another_version_of_the_hash_makes_no_event_of_equal_contents() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let all = packages(&[("a", "1")]);
    report(service.bus(), NODE, &whole("one", 1_000, &all)).await;
    until(&service, &["a 1"]).await;
    let other = InventoryReport { hash: "9:ffff".to_owned(), ..whole("two", 2_000, &all) };
    report(service.bus(), NODE, &other).await;
    report(service.bus(), NODE, &whole("three", 3_000, &packages(&[("b", "1")]))).await;
    until(&service, &["b 1"]).await;
    assert_eq!(service.events().await, 2);
    service.stop().await;
}

#[tokio::test]
async fn a_collection_that_failed_changes_nothing_and_is_said_once() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let all = packages(&[("a", "1")]);
    report(service.bus(), NODE, &whole("one", 1_000, &all)).await;
    until(&service, &["a 1"]).await;
    let failed = |id: &str, at: i64| InventoryReport {
        failure: "dpkg-query ended with signal: 9.".to_owned(),
        entries: Vec::new(),
        hash: String::new(),
        ..whole(id, at, &all)
    };
    report(service.bus(), NODE, &failed("two", 2_000)).await;
    report(service.bus(), NODE, &failed("three", 3_000)).await;
    while service.events().await < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(listed(&service).await, ["a 1"]);
    // The next one that works says so, although it finds the same.
    report(service.bus(), NODE, &whole("four", 4_000, &all)).await;
    while service.events().await < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(service.last_change().await.added, []);
    service.stop().await;
}

#[tokio::test]
async fn what_no_inventory_can_be_is_a_dead_letter_and_the_next_one_is_taken_in() {
    let nats = Nats::start();
    let service = Service::start(&nats, &[NODE]).await;
    let good = packages(&[("a", "1")]);
    let of = |change: &dyn Fn(&mut InventoryReport)| {
        let mut report = whole("bad", 1_000, &good);
        change(&mut report);
        report
    };
    let odd = Message { key: String::new(), attributes: Vec::new() };
    let bad = [
        of(&|r| r.type_name = "AWS:InstanceInformation".into()),
        of(&|r| r.type_name = "RackInfo".into()),
        of(&|r| r.parts = 1_000),
        of(&|r| r.part = 0),
        of(&|r| r.entries.push(odd.clone())),
        of(&|r| r.entries[0].attributes[0].name = "Colour".into()),
        of(&|r| r.entries[0].attributes[0].value = "x".repeat(5_000)),
    ];
    for one in &bad {
        report(service.bus(), NODE, one).await;
    }
    dead_letters(&service, bad.len() as u64).await;
    assert_eq!(service.events().await, 0);
    let stored = service.bus();
    let subject = format!("reeve.report.{NODE}.inventory.{APPLICATIONS}.1");
    stored.store(&subject, &reeve_jetstream::Headers::default(), "\u{ff}no".into()).await.unwrap();
    dead_letters(&service, bad.len() as u64 + 1).await;
    // A clock that is ahead does not lock the node out of its own inventory.
    report(service.bus(), NODE, &whole("future", i64::MAX, &good)).await;
    until(&service, &["a 1"]).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    report(service.bus(), NODE, &whole("now", i64::MAX, &packages(&[("b", "1")]))).await;
    until(&service, &["b 1"]).await;
    service.stop().await;
}
