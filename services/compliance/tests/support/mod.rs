//! The service as tests use it.

use prost::Message;
use reeve_contracts::compliance::ComplianceChanged;
use reeve_eventsourcing::{AggregateRef, Envelope, Event, Position};
use reeve_jetstream::{Bus, store, streams};
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
        for stream in ["nodes", "inventory", "tags", "run-command", "state-manager"] {
            streams::ensure_events(&bus, stream).await.unwrap();
        }
        for node in nodes {
            let registered = reeve_contracts::nodes::NodeRegistered {
                node_id: (*node).to_owned(),
                ..reeve_contracts::nodes::NodeRegistered::default()
            };
            let event = reeve_contracts::nodes::NodeEvent::NodeRegistered(registered);
            append(&bus, node, &event, 0).await;
        }
        let running = run(reeve_compliance::service(), bus.clone(), nats.folder()).await.unwrap();
        let service = Self { bus, running };
        for node in nodes {
            while service.call("ListComplianceItems", json!({"ResourceIds": [node]})).await.is_err() {
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
        let subject = format!("reeve.api.compliance.{operation}");
        let answer = Caller::default().call(&self.bus, &subject, &input).await;
        answer.map_err(|refusal| refusal.to_string())
    }

    /// All pages of a list.
    pub async fn all(&self, operation: &str, mut input: Value, member: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let answer = self.call(operation, input.clone()).await.unwrap();
            all.extend(answer[member].as_array().unwrap().clone());
            match &answer["NextToken"] {
                Value::Null => return all,
                token => input["NextToken"] = token.clone(),
            }
        }
    }

    /// A resource's items, all of them.
    pub async fn items(&self, node: &str) -> Vec<Value> {
        self.all("ListComplianceItems", json!({"ResourceIds": [node]}), "ComplianceItems").await
    }

    /// How many events there are.
    pub async fn events(&self) -> u64 {
        streams::last_sequence(&self.bus, "COMPLIANCE").await.unwrap()
    }

    /// The last event.
    pub async fn last_change(&self) -> ComplianceChanged {
        let position = Position(self.events().await);
        let envelope = store::at(&self.bus, "COMPLIANCE", position).await.unwrap();
        ComplianceChanged::decode(envelope.data).unwrap()
    }

    /// Whether views that are built from the log are those that there are.
    pub async fn rebuilt_equals_live(&self, nats: &Nats) -> bool {
        let folder = nats.folder().join("rebuilt");
        let rebuilt = rebuild(&reeve_compliance::service(), &self.bus, &folder).await.unwrap();
        rebuilt.views().dump() == self.running.handle().views().dump()
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// Appends another service's event, after `last` of its aggregate; answers where it is.
pub async fn append<E: Event>(bus: &Bus, id: &str, event: &E, last: u64) -> u64 {
    let envelope = Envelope::of(&AggregateRef::of::<E>(id), event, &context());
    let envelope = Envelope { id: new_uuid(), ..envelope };
    store::append(bus, &envelope, Position(last)).await.unwrap().0
}

/// An item with an id.
pub fn item(id: &str, severity: &str, status: &str) -> Value {
    json!({"Id": id, "Title": format!("title of {id}"), "Severity": severity, "Status": status})
}

/// The input of PutComplianceItems, known by an execution at an instant.
pub fn put(node: &str, compliance_type: &str, seconds: u64, items: Value) -> Value {
    json!({"ResourceId": node, "ResourceType": "ManagedInstance", "ComplianceType": compliance_type,
        "ExecutionSummary": {"ExecutionTime": seconds, "ExecutionId": "run", "ExecutionType": "Command"},
        "Items": items})
}
