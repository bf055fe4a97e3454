//! The service as tests use it, and the other services' events as they would write them.

use reeve_contracts::{
    change_calendar::{CalendarEvent, CalendarStateChanged},
    documents::{DocumentCreated, DocumentEvent, Version},
    nodes::{NodeConnected, NodeEvent, NodeLost, NodeRegistered},
    outcome::{StepOutcome, StepStatus},
    run_command::{
        CommandCancellationRequested, CommandEvent, CommandFinished, CommandRequested, CommandSent,
        InvocationEvent, InvocationFinished,
    },
    state_manager::{AssociationCreated, AssociationEvent, ExecutionStarted, TargetEvent},
    tags::{ResourceEvent, Tag, TagsAdded, TagsRemoved},
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, store, streams};
use reeve_runtime::{HandlerError, Request, Running, Service, rebuild, run};
use reeve_testkit::{Caller, Nats, context};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

pub fn node(n: usize) -> String {
    format!("mi-{n:017x}")
}

/// The running service beside a log with documents and nodes, and in place of run-command one that keeps what it is asked.
pub struct Fleet {
    bus: Bus,
    running: Mutex<Option<Running>>,
    asked: Running,
    requests: Arc<Mutex<Vec<CommandRequested>>>,
    cancellations: Cancellations,
    /// The last position of each subject that the tests write.
    last: Mutex<HashMap<String, u64>>,
}

type Cancellations = Arc<Mutex<Vec<CommandCancellationRequested>>>;

fn document(name: &str, document_type: &str) -> DocumentEvent {
    let content = match document_type {
        "Automation" => json!({"schemaVersion": "0.3", "mainSteps": []}),
        _ if name == "Old" => json!({"schemaVersion": "1.2", "runtimeConfig": {
            "aws:runShellScript": {"properties": [{"runCommand": ["id"]}]}}}),
        _ => json!({"schemaVersion": "2.2", "mainSteps": [
            {"action": "aws:runShellScript", "name": "s", "inputs": {"runCommand": ["true"]}}]}),
    };
    let version = Version {
        number: 1,
        content: content.to_string(),
        format: "JSON".to_owned(),
        platform_types: vec!["Linux".to_owned()],
        schema_version: content["schemaVersion"].as_str().unwrap().to_owned(),
        ..Version::default()
    };
    DocumentEvent::DocumentCreated(DocumentCreated {
        name: name.to_owned(),
        document_type: document_type.to_owned(),
        version: Some(version),
        ..DocumentCreated::default()
    })
}

/// Takes what run-command would.
fn asked(requests: Arc<Mutex<Vec<CommandRequested>>>, cancellations: Cancellations) -> Service {
    let service = Service::new("run-command").request(move |request: Request<CommandRequested>| {
        let requests = requests.clone();
        async move {
            requests.lock().unwrap().push(request.message);
            Ok::<(), HandlerError>(())
        }
    });
    service.request(move |request: Request<CommandCancellationRequested>| {
        let cancellations = cancellations.clone();
        async move {
            cancellations.lock().unwrap().push(request.message);
            Ok::<(), HandlerError>(())
        }
    })
}

impl Fleet {
    /// With so many nodes, all connected.
    pub async fn start(nats: &Nats, nodes: usize) -> Self {
        let bus = nats.bus().await;
        for service in ["documents", "nodes", "tags", "run-command", "change-calendar", "state-manager"] {
            streams::ensure_events(&bus, service).await.unwrap();
        }
        let requests = Arc::new(Mutex::new(Vec::new()));
        let beside = nats.folder().join("run-command");
        let cancellations = Cancellations::default();
        let asked = run(asked(requests.clone(), cancellations.clone()), bus.clone(), &beside).await.unwrap();
        let running =
            run(reeve_state_manager::service(), bus.clone(), &nats.folder().join("one")).await.unwrap();
        let last = Mutex::new(HashMap::new());
        let fleet = Self { bus, running: Mutex::new(Some(running)), asked, requests, cancellations, last };
        fleet.publish("Doc", document("Doc", "Command")).await;
        fleet.publish("Old", document("Old", "Command")).await;
        fleet.publish("Auto", document("Auto", "Automation")).await;
        for name in ["Freeze", "Night"] {
            fleet.publish(name, document(name, "ChangeCalendar")).await;
        }
        for n in 0..nodes {
            let registered = NodeRegistered { node_id: node(n), ..NodeRegistered::default() };
            fleet.publish(&node(n), NodeEvent::NodeRegistered(registered)).await;
            fleet.connected(n).await;
        }
        fleet
            .until("the nodes are known", async || {
                let input = json!({"InstanceId": node(nodes - 1)});
                fleet.call("DescribeInstanceAssociationsStatus", input).await.is_ok()
            })
            .await;
        fleet
    }

    async fn publish<E: Event>(&self, id: &str, event: E) {
        let context = Context { command_id: new_uuid(), now: Timestamp::now(), ..context() };
        let aggregate = AggregateRef::of::<E>(id);
        let subject = format!("{aggregate:?}");
        let last = self.last.lock().unwrap().get(&subject).copied().unwrap_or_default();
        let envelope = Envelope::of(&aggregate, &event, &context);
        let position = store::append(&self.bus, &envelope, Position(last)).await.unwrap();
        self.last.lock().unwrap().insert(subject, position.0);
    }

    /// What the change-calendar service would say.
    pub async fn calendar(&self, name: &str, state: &str) {
        let (name, state) = (name.to_owned(), state.to_owned());
        let changed = CalendarStateChanged { name: name.clone(), state, ..CalendarStateChanged::default() };
        self.publish(&name, CalendarEvent::CalendarStateChanged(changed)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    pub async fn connected(&self, n: usize) {
        self.connected_as(n, "Linux").await;
    }

    pub async fn connected_as(&self, n: usize, platform: &str) {
        let connected = NodeConnected {
            node_id: node(n),
            platform_type: platform.to_owned(),
            session: "s".to_owned(),
            ..NodeConnected::default()
        };
        self.publish(&node(n), NodeEvent::NodeConnected(connected)).await;
    }

    pub async fn lost(&self, n: usize) {
        let lost = NodeLost { node_id: node(n), session: "s".to_owned(), ..NodeLost::default() };
        self.publish(&node(n), NodeEvent::NodeLost(lost)).await;
        // Views of two streams follow each other by no order.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    pub async fn tag(&self, n: usize, key: &str, value: &str) {
        let added = TagsAdded {
            resource_type: "ManagedInstance".to_owned(),
            resource_id: node(n),
            tags: vec![Tag { key: key.to_owned(), value: value.to_owned() }],
        };
        self.publish(&format!("ManagedInstance/{}", node(n)), ResourceEvent::TagsAdded(added)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    pub async fn untag(&self, n: usize, key: &str) {
        let removed = TagsRemoved {
            resource_type: "ManagedInstance".to_owned(),
            resource_id: node(n),
            keys: vec![key.to_owned()],
        };
        self.publish(&format!("ManagedInstance/{}", node(n)), ResourceEvent::TagsRemoved(removed)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    /// What run-command would say: a command was sent, did well on these nodes, and ended.
    pub async fn finish(&self, execution: &str, association: &str, nodes: &[String]) {
        let ends: Vec<_> = nodes.iter().map(|node| (node.as_str(), "Success", "Success")).collect();
        self.finish_with(execution, association, &ends, ("Success", "Success")).await;
    }

    /// As [`Fleet::finish`], with how each node ended and the command.
    pub async fn finish_with(
        &self,
        execution: &str,
        association: &str,
        nodes: &[(&str, &str, &str)],
        (status, details): (&str, &str),
    ) {
        let (command_id, origin_id) = (execution.to_owned(), format!("{association}/1"));
        let sent = CommandSent {
            command_id: command_id.clone(),
            node_ids: nodes.iter().map(|(node, ..)| (*node).to_owned()).collect(),
            origin_kind: "association".to_owned(),
            origin_id: origin_id.clone(),
            ..CommandSent::default()
        };
        self.publish(execution, CommandEvent::CommandSent(sent)).await;
        for (node, status, details) in nodes {
            let step = match *status {
                "Success" => StepStatus::Success,
                _ => StepStatus::Failed,
            };
            let finished = InvocationFinished {
                command_id: command_id.clone(),
                node_id: (*node).to_owned(),
                status: (*status).to_owned(),
                status_details: (*details).to_owned(),
                steps: vec![StepOutcome { status: step.into(), ..StepOutcome::default() }],
                ..InvocationFinished::default()
            };
            let id = format!("{execution}/{node}");
            self.publish(&id, InvocationEvent::InvocationFinished(finished)).await;
        }
        let finished = CommandFinished {
            command_id,
            status: status.to_owned(),
            status_details: details.to_owned(),
            origin_kind: "association".to_owned(),
            origin_id,
            ..CommandFinished::default()
        };
        self.publish(execution, CommandEvent::CommandFinished(finished)).await;
        self.until("it is known to have ended", async || {
            self.events(association).await.iter().any(|event| {
                matches!(event, AssociationEvent::ExecutionFinished(e) if e.execution_id == execution)
            })
        })
        .await;
    }

    /// An association that was made so many hours ago and runs each hour, as an earlier run of the service wrote it.
    pub async fn write_old_association(&self, hours: i64) -> String {
        self.write_association(hours, json!({"ScheduleExpression": "rate(1 hour)"})).await
    }

    async fn write_association(&self, hours: i64, mut association: Value) -> String {
        let id = new_uuid().to_string();
        association["Name"] = json!("Doc");
        association["Targets"] = json!([{"Key": "InstanceIds", "Values": ["*"]}]);
        let created = AssociationCreated {
            association_id: id.clone(),
            association_json: association.to_string(),
            principal: "alice".to_owned(),
            created_ms: Timestamp::now().0 - hours * 3_600_000 - 60_000,
            ..AssociationCreated::default()
        };
        self.publish(&id, AssociationEvent::AssociationCreated(created)).await;
        id
    }

    /// An association that runs, and is to be over at an instant; answers its id and that of its execution.
    pub async fn write_running_association(&self, ends_ms: i64) -> (String, String) {
        let later = json!({"ScheduleExpression": "at(2099-01-01T00:00:00)", "ApplyOnlyAtCronInterval": true});
        let id = self.write_association(0, later).await;
        let started = ExecutionStarted {
            association_id: id.clone(),
            execution_id: new_uuid().to_string(),
            version: 1,
            firing: 1,
            cause: "Schedule".to_owned(),
            node_ids: vec![node(0)],
            started_ms: Timestamp::now().0,
            ends_ms,
            ..ExecutionStarted::default()
        };
        let execution = started.execution_id.clone();
        self.publish(&id, AssociationEvent::ExecutionStarted(started)).await;
        (id, execution)
    }

    /// Which commands run-command was asked to end.
    pub fn cancellations(&self) -> Vec<CommandCancellationRequested> {
        self.cancellations.lock().unwrap().clone()
    }

    /// Calls an operation; a refusal is its code, a colon and its sentence.
    pub async fn call(&self, operation: &str, input: Value) -> Result<Value, String> {
        let subject = format!("reeve.api.state-manager.{operation}");
        let answer = Caller { actor: "alice", ..Caller::default() }.call(&self.bus, &subject, &input).await;
        answer.map_err(|refusal| refusal.to_string())
    }

    pub async fn create(&self, input: Value) -> String {
        let made = self.call("CreateAssociation", input).await.unwrap();
        made["AssociationDescription"]["AssociationId"].as_str().unwrap().to_owned()
    }

    pub async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        for _ in 0..600 {
            if done().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never: {what}");
    }

    /// What was asked of run-command.
    pub async fn requests(&self) -> Vec<CommandRequested> {
        self.requests.lock().unwrap().clone()
    }

    /// All events of the service.
    async fn log(&self) -> Vec<Arc<Envelope>> {
        let last = streams::last_sequence(&self.bus, "STATE_MANAGER").await.unwrap();
        let mut all = Vec::new();
        for sequence in 1..=last {
            all.push(Arc::new(store::at(&self.bus, "STATE_MANAGER", Position(sequence)).await.unwrap()));
        }
        all
    }

    pub async fn events(&self, id: &str) -> Vec<AssociationEvent> {
        let log = self.log().await.into_iter().filter(|envelope| envelope.aggregate.id == id);
        log.filter_map(|envelope| AssociationEvent::decode(&envelope.schema, &envelope.data).ok()).collect()
    }

    pub async fn started(&self, id: &str) -> Vec<ExecutionStarted> {
        let events = self.events(id).await.into_iter();
        events
            .filter_map(|event| match event {
                AssociationEvent::ExecutionStarted(started) => Some(started),
                _ => None,
            })
            .collect()
    }

    /// How many nodes joined or returned, of all associations.
    pub async fn joined(&self) -> usize {
        let log = self.log().await.into_iter();
        log.filter(|envelope| TargetEvent::decode(&envelope.schema, &envelope.data).is_ok()).count()
    }

    /// A second one of the service.
    pub async fn replica(&self, nats: &Nats) -> Running {
        let folder = nats.folder().join("two");
        run(reeve_state_manager::service(), self.bus.clone(), &folder).await.unwrap()
    }

    /// Ends the service, and starts it without its views.
    pub async fn restart(&self, nats: &Nats) {
        let running = self.running.lock().unwrap().take();
        running.unwrap().stop().await;
        let folder = nats.folder().join("anew");
        let running = run(reeve_state_manager::service(), self.bus.clone(), &folder).await.unwrap();
        *self.running.lock().unwrap() = Some(running);
    }

    /// Waits until views that are built from the log are those that there are.
    pub async fn rebuilt_equals_live(&self, nats: &Nats) {
        self.until("rebuilt views are the live ones", async || self.is_rebuilt_alike(nats).await).await;
    }

    async fn is_rebuilt_alike(&self, nats: &Nats) -> bool {
        let folder = nats.folder().join(new_uuid().to_string());
        let rebuilt = rebuild(&reeve_state_manager::service(), &self.bus, &folder).await.unwrap();
        let running = self.running.lock().unwrap();
        let live = running.as_ref().unwrap().handle().views().dump();
        rebuilt.views().dump() == live
    }

    pub async fn stop(self) {
        let running = self.running.lock().unwrap().take();
        running.unwrap().stop().await;
        self.asked.stop().await;
    }
}
