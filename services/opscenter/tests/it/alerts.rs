//! Alerts, dead letters and lost nodes: what opens items, what closes them, and what is counted.

use crate::{call, config};
use prost::Message;
use reeve_contracts::{
    automation::{ApprovalExpiring, StepFinished},
    dead_letters::{DeadLetterRecorded, DeadLetterResolved},
    ingest::{Alert, AlertGroupReceived, Text},
    nodes::{NodeConnected, NodeLost, NodeRegistered},
};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, store};
use reeve_opscenter::Config;
use reeve_runtime::run;
use reeve_testkit::Nats;
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Puts other services' events into the log.
struct Log {
    bus: Bus,
    last: BTreeMap<String, u64>,
}

impl Log {
    async fn put(&mut self, of: AggregateRef, schema: &str, message: &impl Message) {
        let expected = self.last.get(&of.subject()).copied().unwrap_or_default();
        let envelope = Envelope {
            id: new_uuid(),
            schema: schema.to_owned(),
            time: Timestamp::now(),
            aggregate: of.clone(),
            actor: "tester".into(),
            actor_source: String::new(),
            correlation_id: new_uuid(),
            causation_id: new_uuid(),
            cause_id: None,
            traceparent: None,
            data: message.encode_to_vec().into(),
        };
        let position = store::append(&self.bus, &envelope, Position(expected)).await.unwrap();
        self.last.insert(of.subject(), position.0);
    }

    async fn alerts(&mut self, group: &AlertGroupReceived) {
        let id = format!("am/{}", group.group);
        let of = AggregateRef::of::<reeve_contracts::ingest::AlertGroupEvent>(&id);
        self.put(of, "reeve.ingest.AlertGroupReceived.v1", group).await;
    }
}

fn text(key: &str, value: &str) -> Text {
    Text { key: key.into(), value: value.into() }
}

/// An alert that fires since that second.
fn firing(fingerprint: &str, start: i64) -> Alert {
    Alert {
        fingerprint: fingerprint.into(),
        firing: true,
        start_ms: start * 1_000,
        labels: vec![text("alertname", "Down"), text("pod", fingerprint), text("severity", "high")],
        ..Alert::default()
    }
}

fn resolved(fingerprint: &str, start: i64) -> Alert {
    Alert { firing: false, end_ms: start * 1_000 + 500, ..firing(fingerprint, start) }
}

fn group(name: &str, alerts: Vec<Alert>) -> AlertGroupReceived {
    AlertGroupReceived {
        sender: "am".into(),
        group: format!("group{name}"),
        group_labels: vec![text("alertname", name)],
        external_url: "http://am-1:9093".into(),
        alerts,
        ..AlertGroupReceived::default()
    }
}

/// The items, the oldest first, once they are as expected.
async fn until(bus: &Bus, what: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut items = Vec::new();
    for _ in 0..1_000 {
        items = all(bus).await;
        if holds(&items) {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}: {items:?}");
}

async fn all(bus: &Bus) -> Vec<Value> {
    let (mut items, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut page = call(bus, "DescribeOpsItems", json!({"NextToken": token})).await.unwrap();
        items.append(page["OpsItemSummaries"].as_array_mut().unwrap());
        token = page["NextToken"].take();
        if token.is_null() {
            items.sort_by(|a, b| a["CreatedTime"].as_f64().partial_cmp(&b["CreatedTime"].as_f64()).unwrap());
            return items;
        }
    }
}

fn statuses(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["Status"].as_str().unwrap()).collect()
}

async fn get(bus: &Bus, item: &Value) -> Value {
    call(bus, "GetOpsItem", json!({"OpsItemId": item["OpsItemId"]})).await.unwrap()["OpsItem"].take()
}

/// What fires behind an item; nothing when it is just opened.
fn alerts_of(item: &Value) -> Value {
    let text = item["OperationalData"]["/reeve/alerts"]["Value"].as_str();
    text.map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default()
}

async fn causes(bus: &Bus, item: &Value) -> Vec<Value> {
    let input = json!({"opsItemId": item["OpsItemId"]});
    call(bus, "ListCauses", input).await.unwrap()["causes"].as_array().unwrap().clone()
}

/// Waits until all of a group's messages were handled: one of another group is handled last.
async fn counted(bus: &Bus, item: &Value, count: u64) -> Value {
    for _ in 0..1_000 {
        let read = get(bus, item).await;
        if alerts_of(&read)["count"] == count {
            return read;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {count}: {:?}", get(bus, item).await);
}

#[tokio::test]
async fn an_item_is_open_while_one_of_its_causes_fires() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    log.alerts(&group("a", vec![firing("f1", 10), firing("f2", 10)])).await;
    let items = until(&bus, "one item", |items| statuses(items) == ["Open"]).await;
    assert_eq!((&items[0]["Severity"], &items[0]["Source"]), (&json!("2"), &json!("am")));
    for _ in 0..1_000 {
        if causes(&bus, &items[0]).await.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(causes(&bus, &items[0]).await.len(), 2, "both alerts are listed");
    // A firing group that holds a resolved alert.
    log.alerts(&group("a", vec![resolved("f1", 10), firing("f2", 10)])).await;
    counted(&bus, &items[0], 3).await;
    let both = until(&bus, "one has ended", |items| alerts_of(&items[0])["firing"] == 1).await;
    assert_eq!(statuses(&both), ["Open"]);
    // A person's word survives whatever is repeated.
    let words =
        json!({"OpsItemId": items[0]["OpsItemId"], "Status": "InProgress", "Severity": "4", "Priority": 5});
    call(&bus, "UpdateOpsItem", words).await.unwrap();
    let before = get(&bus, &items[0]).await;
    for _ in 0..20 {
        log.alerts(&group("a", vec![resolved("f1", 10), firing("f2", 10)])).await;
    }
    let after = counted(&bus, &items[0], 23).await;
    for member in ["Status", "Severity", "Priority", "Version", "LastModifiedTime", "LastModifiedBy"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert!(alerts_of(&before)["lastSeen"].as_str() < alerts_of(&after)["lastSeen"].as_str());
    assert_eq!(alerts_of(&before)["firstSeen"], alerts_of(&after)["firstSeen"]);
    // What fires is worse than it was: that is an event, and nothing else.
    let mut worse = firing("f2", 10);
    worse.labels[2] = text("severity", "critical");
    log.alerts(&group("a", vec![worse])).await;
    let filter = json!([{"Key": "OpsItemId", "Operator": "Equal", "Values": [items[0]["OpsItemId"]]}]);
    counted(&bus, &items[0], 24).await;
    let worsened = async || {
        let events = call(&bus, "ListOpsItemEvents", json!({"Filters": filter})).await.unwrap();
        events["Summaries"][0]["DetailType"] == "reeve.opscenter.OpsItemAlertWorsened.v1"
    };
    for n in 0.. {
        if worsened().await {
            break;
        }
        assert!(n < 1_000, "never");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let worse = get(&bus, &items[0]).await;
    assert_eq!((&worse["Severity"], &worse["Version"]), (&json!("4"), &before["Version"]));
    // The last cause ends, and a repeat opens nothing.
    log.alerts(&group("a", vec![resolved("f2", 10)])).await;
    until(&bus, "resolved", |items| statuses(items) == ["Resolved"]).await;
    log.alerts(&group("a", vec![firing("f2", 10)])).await;
    counted(&bus, &items[0], 25).await;
    // A person opens it again; another repeat of the end does not overrule that.
    let open = json!({"OpsItemId": items[0]["OpsItemId"], "Status": "Open"});
    call(&bus, "UpdateOpsItem", open).await.unwrap();
    log.alerts(&group("a", vec![resolved("f2", 10)])).await;
    log.alerts(&group("b", vec![firing("g", 10)])).await;
    let items = until(&bus, "the other group's item", |items| items.len() == 2).await;
    assert_eq!(statuses(&items), ["Open", "Open"]);
    call(&bus, "UpdateOpsItem", json!({"OpsItemId": items[0]["OpsItemId"], "Status": "Resolved"}))
        .await
        .unwrap();
    // A later start opens a new item, related to the one before.
    log.alerts(&group("a", vec![firing("f2", 20)])).await;
    let items = until(&bus, "a third", |items| items.len() == 3).await;
    assert_eq!(statuses(&items), ["Resolved", "Open", "Open"]);
    let related = get(&bus, &items[2]).await["RelatedOpsItems"].take();
    assert_eq!(related, json!([{"OpsItemId": items[0]["OpsItemId"]}]));
    // And one whose end was missed.
    log.alerts(&group("a", vec![firing("f2", 30)])).await;
    let items = until(&bus, "a fourth", |items| items.len() == 4).await;
    assert_eq!(statuses(&items), ["Resolved", "Open", "Resolved", "Open"]);
    assert_eq!(causes(&bus, &items[2]).await[0]["status"], "Superseded");

    let live = running.handle().views().dump();
    running.stop().await;
    let rebuilt = nats.folder().join("rebuilt");
    let rebuilt = run(reeve_opscenter::service(config()), bus.clone(), &rebuilt).await.unwrap();
    assert_eq!(rebuilt.handle().views().dump(), live);
    assert_eq!(all(&bus).await.len(), 4);
    rebuilt.stop().await;
}

#[tokio::test]
async fn ten_thousand_alerts_of_twenty_causes_are_twenty_items() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    // Alertmanager groups by nothing: each cause has an item of its own.
    let storm = |_: usize| {
        let alerts = (0..20).map(|n| firing(&format!("f{n:02}"), 10)).collect();
        AlertGroupReceived { group_labels: Vec::new(), ..group("storm", alerts) }
    };
    let started = std::time::Instant::now();
    for n in 0..500 {
        log.alerts(&storm(n)).await;
    }
    let sent = started.elapsed();
    let items = until(&bus, "twenty items", |items| items.len() == 20).await;
    for item in &items {
        let read = counted(&bus, item, 500).await;
        assert_eq!((&read["Version"], &read["Status"]), (&json!("1"), &json!("Open")));
    }
    println!("10,000 alerts were sent in {sent:?}, and counted in {:?}", started.elapsed());
    assert_eq!(all(&bus).await.len(), 20);
    // The log of opscenter has what changed, and not what was repeated.
    let end = reeve_jetstream::streams::last_sequence(&bus, "OPSCENTER").await.unwrap();
    assert_eq!(end, 40, "twenty items and twenty firings");
    let end = reeve_jetstream::streams::last_sequence(&bus, "INGEST").await.unwrap();
    assert_eq!(end, 500, "and every message is in that of ingest");
    running.stop().await;
}

#[tokio::test]
async fn a_group_that_is_cut_off_says_so_and_is_reconciled_with_the_next_whole_one() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    log.alerts(&group("a", vec![firing("f1", 10), firing("f2", 10), firing("f3", 10)])).await;
    let cut = group("a", vec![firing("f1", 10)]);
    log.alerts(&AlertGroupReceived { truncated_alerts: 2, ..cut.clone() }).await;
    let items = until(&bus, "an item", |items| items.len() == 1).await;
    let read = counted(&bus, &items[0], 4).await;
    assert_eq!((&alerts_of(&read)["truncatedAlerts"], &alerts_of(&read)["firing"]), (&json!(2), &json!(3)));
    // From the other Alertmanager, later by the clock, and with a start that is in the future.
    let whole = group("a", vec![firing("f1", 10), firing("f4", Timestamp::now().0 / 1_000 + 3_600)]);
    let external_url = "http://am-2:9093".to_owned();
    log.alerts(&AlertGroupReceived { follows_truncated: true, external_url, ..whole }).await;
    let items = until(&bus, "two were absent", |items| alerts_of(&items[0])["firing"] == 2).await;
    assert_eq!(statuses(&items), ["Open"], "two senders of the same are one");
    let causes = causes(&bus, &items[0]).await;
    let said: Vec<(&str, &str, bool)> = causes
        .iter()
        .map(|cause| {
            let text = |name: &str| cause[name].as_str().unwrap();
            (text("fingerprint"), text("status"), cause["skewed"].as_bool().unwrap())
        })
        .collect();
    let expected =
        [("f1", "Firing", false), ("f2", "Absent", false), ("f3", "Absent", false), ("f4", "Firing", true)];
    assert_eq!(said, expected);
    let read = get(&bus, &items[0]).await;
    assert_eq!(alerts_of(&read)["truncatedAlerts"], 0);
    assert_eq!(alerts_of(&read)["senders"], json!(["http://am-1:9093", "http://am-2:9093"]));
    running.stop().await;
}

#[tokio::test]
async fn dead_letters_and_lost_nodes_open_items_and_close_them() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let config = Config { node_loss_seconds: 1, ..config() };
    let running = run(reeve_opscenter::service(config), bus.clone(), nats.folder()).await.unwrap();
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    let letter = |number: &str| AggregateRef::new("dead-letters", "dead-letter", number);
    for number in ["1", "2"] {
        let recorded = DeadLetterRecorded {
            number: number.into(),
            service: "tags".into(),
            handler: "nodes".into(),
            reason: "broken".into(),
            ..DeadLetterRecorded::default()
        };
        log.put(letter(number), "reeve.dead-letters.DeadLetterRecorded.v1", &recorded).await;
    }
    // What the rule itself gives up on opens nothing.
    let own = DeadLetterRecorded {
        number: "3".into(),
        service: "opscenter".into(),
        handler: "dead-letters".into(),
        ..DeadLetterRecorded::default()
    };
    log.put(letter("3"), "reeve.dead-letters.DeadLetterRecorded.v1", &own).await;
    let two = |items: &[Value]| items.len() == 1 && alerts_of(&items[0])["firing"] == 2;
    let items = until(&bus, "one item for two letters", two).await;
    assert_eq!(items[0]["Title"], "The handler nodes of the service tags gives up on messages");
    for (number, status) in [("1", "Open"), ("2", "Resolved")] {
        let gone = DeadLetterResolved { number: number.into() };
        log.put(letter(number), "reeve.dead-letters.DeadLetterResolved.v1", &gone).await;
        until(&bus, status, |items| statuses(items) == [status]).await;
    }

    let node = |id: &str| AggregateRef::new("nodes", "node", id);
    let registered = NodeRegistered { node_id: "mi-1".into(), ..NodeRegistered::default() };
    log.put(node("mi-1"), "reeve.nodes.NodeRegistered.v1", &registered).await;
    let connected = |id: &str| NodeConnected { node_id: id.into(), ..NodeConnected::default() };
    let lost = |id: &str| NodeLost { node_id: id.into(), ..NodeLost::default() };
    // One that comes back soon, and two that do not: one item.
    log.put(node("mi-1"), "reeve.nodes.NodeLost.v1", &lost("mi-1")).await;
    log.put(node("mi-1"), "reeve.nodes.NodeConnected.v1", &connected("mi-1")).await;
    for id in ["mi-2", "mi-3"] {
        log.put(node(id), "reeve.nodes.NodeLost.v1", &lost(id)).await;
    }
    let two = |items: &[Value]| items.len() == 2 && alerts_of(&items[1])["firing"] == 2;
    let items = until(&bus, "one item for two nodes", two).await;
    assert_eq!((&items[1]["Title"], &items[1]["Source"]), (&json!("Nodes are lost"), &json!("reeve.nodes")));
    for (id, status) in [("mi-2", "Open"), ("mi-3", "Resolved")] {
        log.put(node(id), "reeve.nodes.NodeConnected.v1", &connected(id)).await;
        until(&bus, status, |items| statuses(items) == ["Resolved", status]).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn an_approval_whose_time_is_nearly_over_has_an_item_until_it_is_decided() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    let execution = |id: &str| AggregateRef::new("automation", "execution", id);
    let expiring = |id: &str| ApprovalExpiring {
        execution_id: id.into(),
        step_execution_id: format!("{id}-step"),
        step_name: "may".into(),
        due_ms: 1_800_000_000_000,
        at_ms: 1,
    };
    for id in ["e1", "e2"] {
        log.put(execution(id), "reeve.automation.ApprovalExpiring.v1", &expiring(id)).await;
    }
    let items = until(&bus, "an item for each", |items| items.len() == 2).await;
    let of = |items: &[Value], id: &str| {
        let title = |item: &&Value| item["Title"].as_str().unwrap().contains(&format!("may of {id}"));
        items.iter().find(title).unwrap().clone()
    };
    assert!(of(&items, "e1")["Title"].as_str().unwrap().contains("2027-01-15"), "{items:?}");
    let decided = StepFinished {
        execution_id: "e1".into(),
        step_execution_id: "e1-step".into(),
        action: "aws:approve".into(),
        status: "Success".into(),
        ..StepFinished::default()
    };
    log.put(execution("e1"), "reeve.automation.StepFinished.v1", &decided).await;
    let is_over =
        |items: &[Value]| of(items, "e1")["Status"] == "Resolved" && of(items, "e2")["Status"] == "Open";
    until(&bus, "the decided one is over", is_over).await;
    running.stop().await;
}

#[tokio::test]
async fn what_no_item_can_be_made_of_is_a_dead_letter_and_holds_up_no_other() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    // The host makes the queue of dead letters.
    reeve_jetstream::streams::ensure_node_streams(&bus).await.unwrap();
    let running = run(reeve_opscenter::service(config()), bus.clone(), nats.folder()).await.unwrap();
    let mut log = Log { bus: bus.clone(), last: BTreeMap::new() };
    // A source that ingest would not have let be made: AWS keeps its name for itself.
    let odd = AlertGroupReceived { sender: "my-aws".into(), ..group("a", vec![firing("f", 10)]) };
    log.alerts(&odd).await;
    log.alerts(&group("b", vec![firing("f", 10)])).await;
    let items = until(&bus, "the other's item", |items| items.len() == 1).await;
    assert_eq!(items[0]["Source"], "am");
    let mut letters = 0;
    for _ in 0..500 {
        letters = reeve_jetstream::streams::last_sequence(&bus, "DEAD_LETTER_QUEUE").await.unwrap();
        if letters > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(letters, 1);
    running.stop().await;
}
