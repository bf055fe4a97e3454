//! The service as tests use it.

use prost::Message;
use reeve_contracts::{inventory::InventoryChanged, node::InventoryReport, nodes::NodeRegistered};
use reeve_eventsourcing::{AggregateRef, Envelope, Position};
use reeve_jetstream::{Bus, Headers, store, streams};
use reeve_node_protocol::subject;
use reeve_runtime::{Running, rebuild, run};
use reeve_testkit::{Caller, Nats, context};
use reeve_types::ids::new_uuid;
use serde_json::{Value, json};
use std::time::Duration;

/// The running service.
pub struct Service {
    bus: Bus,
    running: Running,
}

impl Service {
    /// Starts it, with these nodes registered.
    pub async fn start(nats: &Nats, nodes: &[&str]) -> Self {
        let bus = nats.bus().await;
        streams::ensure_node_streams(&bus).await.unwrap();
        streams::ensure_events(&bus, "nodes").await.unwrap();
        for node in nodes {
            register(&bus, node).await;
        }
        let running = run(reeve_inventory::service(), bus.clone(), nats.folder()).await.unwrap();
        let service = Self { bus, running };
        for node in nodes {
            let of = json!({"InstanceId": node, "TypeName": "AWS:Tag"});
            while service.call("ListInventoryEntries", of.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        service
    }

    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Calls an operation; a refusal is its code, a colon and its sentence.
    pub async fn call(&self, operation: &str, input: Value) -> Result<Value, String> {
        let subject = format!("reeve.api.inventory.{operation}");
        let answer = Caller::default().call(&self.bus, &subject, &input).await;
        answer.map_err(|refusal| refusal.to_string())
    }

    /// How many events there are.
    pub async fn events(&self) -> u64 {
        streams::last_sequence(&self.bus, "INVENTORY").await.unwrap()
    }

    /// The last event, which is a change.
    pub async fn last_change(&self) -> InventoryChanged {
        let position = Position(self.events().await);
        let envelope = store::at(&self.bus, "INVENTORY", position).await.unwrap();
        InventoryChanged::decode(envelope.data).unwrap()
    }

    /// Whether views that are built from the log are those that there are.
    pub async fn rebuilt_equals_live(&self, nats: &Nats) -> bool {
        let folder = nats.folder().join("rebuilt");
        let rebuilt = rebuild(&reeve_inventory::service(), &self.bus, &folder).await.unwrap();
        rebuilt.views().dump() == self.running.handle().views().dump()
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }
}

async fn register(bus: &Bus, node: &str) {
    let registered = NodeRegistered { node_id: node.to_owned(), ..NodeRegistered::default() };
    let envelope = Envelope {
        id: new_uuid(),
        schema: "reeve.nodes.NodeRegistered.v1".to_owned(),
        time: context().now,
        aggregate: AggregateRef::new("nodes", "node", node),
        actor: "tester".into(),
        actor_source: String::new(),
        correlation_id: new_uuid(),
        causation_id: new_uuid(),
        cause_id: None,
        traceparent: None,
        data: registered.encode_to_vec().into(),
    };
    store::append(bus, &envelope, Position(0)).await.unwrap();
}

/// The node's report on its own subject.
pub async fn report(bus: &Bus, node: &str, report: &InventoryReport) {
    let subject = subject::inventory(&node.parse().unwrap(), &report.type_name, report.part);
    bus.store(&subject, &Headers::default(), report.encode_to_vec().into()).await.unwrap();
}

/// A package, as AWS:Application has it.
pub fn application(name: &str, version: &str, architecture: &str) -> Value {
    json!({"Architecture": architecture, "Name": name, "Version": version})
}

/// An item of PutInventory.
pub fn item(type_name: &str, version: &str, content: Value) -> Value {
    json!({"TypeName": type_name, "SchemaVersion": version, "CaptureTime": "2026-01-31T12:00:00Z", "Content": content})
}

/// The input of PutInventory with one item, of the type's own version.
pub fn put(node: &str, type_name: &str, content: Value) -> Value {
    let version = if type_name == "AWS:Application" { "1.1" } else { "1.0" };
    json!({"InstanceId": node, "Items": [item(type_name, version, content)]})
}
