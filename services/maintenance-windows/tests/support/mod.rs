//! The service as tests use it, and the other services' events as they would write them.

use reeve_contracts::{
    automation::{
        AutomationRequested, AutomationWithdrawalRequested, ExecutionEvent as AutomationEvent,
        ExecutionFinished,
    },
    maintenance_windows::WindowEvent,
    nodes::{NodeConnected, NodeEvent, NodeRegistered},
    run_command::{CommandCancellationRequested, CommandEvent, CommandFinished, CommandRequested},
    tags::{ResourceEvent, Tag, TagsAdded},
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

/// What was asked of the others: the id of each, and what.
#[derive(Default)]
pub struct Asked {
    pub commands: Vec<(String, CommandRequested)>,
    pub cancellations: Vec<String>,
    /// What is not to begin if it is held still: with why.
    pub withdrawals: Vec<(String, String)>,
    pub automations: Vec<(String, AutomationRequested)>,
}

/// The running service beside a log with nodes, and in place of run-command and automation ones that keep what they are asked.
pub struct Fleet {
    bus: Bus,
    running: Mutex<Option<Running>>,
    others: [Running; 2],
    asked: Arc<Mutex<Asked>>,
    last: Mutex<HashMap<String, u64>>,
}

fn run_command(asked: Arc<Mutex<Asked>>) -> Service {
    let cancelled = asked.clone();
    Service::new("run-command")
        .request(move |request: Request<CommandRequested>| {
            asked.lock().unwrap().commands.push((request.id.to_string(), request.message));
            async { Ok::<(), HandlerError>(()) }
        })
        .request(move |request: Request<CommandCancellationRequested>| {
            let asked = request.message;
            match asked.only_held {
                true => cancelled.lock().unwrap().withdrawals.push((asked.command_id, asked.reason)),
                false => cancelled.lock().unwrap().cancellations.push(asked.command_id),
            }
            async { Ok::<(), HandlerError>(()) }
        })
}

fn automation(asked: Arc<Mutex<Asked>>) -> Service {
    let withdrawn = asked.clone();
    Service::new("automation")
        .request(move |request: Request<AutomationRequested>| {
            asked.lock().unwrap().automations.push((request.id.to_string(), request.message));
            async { Ok::<(), HandlerError>(()) }
        })
        .request(move |request: Request<AutomationWithdrawalRequested>| {
            let asked = request.message;
            withdrawn.lock().unwrap().withdrawals.push((asked.execution_id, asked.reason));
            async { Ok::<(), HandlerError>(()) }
        })
}

impl Fleet {
    /// With so many nodes, the even ones with the tag role=web.
    pub async fn start(nats: &Nats, nodes: usize) -> Self {
        let bus = nats.bus().await;
        for service in ["nodes", "tags", "run-command", "automation", "maintenance-windows"] {
            streams::ensure_events(&bus, service).await.unwrap();
        }
        let asked = Arc::new(Mutex::new(Asked::default()));
        let beside = |name: &str| nats.folder().join(name);
        let others = [
            run(run_command(asked.clone()), bus.clone(), &beside("run-command")).await.unwrap(),
            run(automation(asked.clone()), bus.clone(), &beside("automation")).await.unwrap(),
        ];
        let one = run(reeve_maintenance_windows::service(), bus.clone(), &beside("one")).await.unwrap();
        let last = Mutex::new(HashMap::new());
        let fleet = Self { bus, running: Mutex::new(Some(one)), others, asked, last };
        for n in 0..nodes {
            let registered = NodeRegistered { node_id: node(n), ..NodeRegistered::default() };
            fleet.publish(&node(n), NodeEvent::NodeRegistered(registered)).await;
            let connected =
                NodeConnected { node_id: node(n), session: "s".to_owned(), ..NodeConnected::default() };
            fleet.publish(&node(n), NodeEvent::NodeConnected(connected)).await;
            let role = if n.is_multiple_of(2) { "web" } else { "db" };
            let added = TagsAdded {
                resource_type: "ManagedInstance".to_owned(),
                resource_id: node(n),
                tags: vec![Tag { key: "role".to_owned(), value: role.to_owned() }],
            };
            fleet.publish(&format!("ManagedInstance/{}", node(n)), ResourceEvent::TagsAdded(added)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        fleet
    }

    pub async fn publish<E: Event>(&self, id: &str, event: E) {
        let context = Context { command_id: new_uuid(), now: Timestamp::now(), ..context() };
        let aggregate = AggregateRef::of::<E>(id);
        let subject = format!("{aggregate:?}");
        let last = self.last.lock().unwrap().get(&subject).copied().unwrap_or_default();
        let envelope = Envelope::of(&aggregate, &event, &context);
        let position = store::append(&self.bus, &envelope, Position(last)).await.unwrap();
        self.last.lock().unwrap().insert(subject, position.0);
    }

    /// Calls an operation; a refusal is its code, a colon and its sentence.
    pub async fn call(&self, operation: &str, input: Value) -> Result<Value, String> {
        let subject = format!("reeve.api.maintenance-windows.{operation}");
        let answer = Caller { actor: "alice", ..Caller::default() }.call(&self.bus, &subject, &input).await;
        answer.map_err(|refusal| refusal.to_string())
    }

    /// A window that fires once, so many milliseconds from now, at a whole second.
    pub async fn window(&self, in_ms: i64) -> String {
        let at = Timestamp(Timestamp::now().0 + in_ms).rfc3339();
        self.create(json!({"Schedule": format!("at({})", &at[..19])})).await
    }

    pub async fn create(&self, more: Value) -> String {
        let mut input =
            json!({"Name": "window", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": false});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.call("CreateMaintenanceWindow", input).await.unwrap();
        made["WindowId"].as_str().unwrap().to_owned()
    }

    pub async fn target(&self, window: &str, targets: Value) -> String {
        let input = json!({"WindowId": window, "ResourceType": "INSTANCE", "Targets": targets, "OwnerInformation": "owner"});
        let made = self.call("RegisterTargetWithMaintenanceWindow", input).await.unwrap();
        made["WindowTargetId"].as_str().unwrap().to_owned()
    }

    pub async fn task(&self, window: &str, kind: &str, target: &str, more: Value) -> String {
        let mut input = json!({"WindowId": window, "TaskType": kind, "TaskArn": "Doc", "MaxConcurrency": "50%",
            "MaxErrors": "1", "Targets": [{"Key": "WindowTargetIds", "Values": [target]}]});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.call("RegisterTaskWithMaintenanceWindow", input).await.unwrap();
        made["WindowTaskId"].as_str().unwrap().to_owned()
    }

    /// The executions of a window, the newest first.
    pub async fn executions(&self, window: &str) -> Vec<Value> {
        let listed =
            self.call("DescribeMaintenanceWindowExecutions", json!({"WindowId": window})).await.unwrap();
        listed["WindowExecutions"].as_array().unwrap().clone()
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

    pub fn asked<T>(&self, look: impl Fn(&Asked) -> T) -> T {
        look(&self.asked.lock().unwrap())
    }

    /// What run-command would say of a command that was asked for.
    pub async fn finish_command(&self, n: usize, status: &str) {
        let (command_id, asked) = self.asked(|asked| asked.commands[n].clone());
        let finished = CommandFinished {
            command_id: command_id.clone(),
            status: status.to_owned(),
            status_details: status.to_owned(),
            origin_kind: asked.origin_kind,
            origin_id: asked.origin_id,
            ..CommandFinished::default()
        };
        self.publish(&command_id, CommandEvent::CommandFinished(finished)).await;
    }

    /// What automation would say of an execution that was asked for.
    pub async fn finish_automation(&self, n: usize, status: &str) {
        let (execution_id, asked) = self.asked(|asked| asked.automations[n].clone());
        let finished = ExecutionFinished {
            execution_id: execution_id.clone(),
            status: status.to_owned(),
            origin_kind: asked.origin_kind,
            origin_id: asked.origin_id,
            ..ExecutionFinished::default()
        };
        self.publish(&execution_id, AutomationEvent::ExecutionFinished(finished)).await;
    }

    /// The events of a window.
    pub async fn events(&self, id: &str) -> Vec<WindowEvent> {
        let last = streams::last_sequence(&self.bus, "MAINTENANCE_WINDOWS").await.unwrap();
        let mut all = Vec::new();
        for sequence in 1..=last {
            let envelope = store::at(&self.bus, "MAINTENANCE_WINDOWS", Position(sequence)).await.unwrap();
            if envelope.aggregate.id == id {
                all.extend(WindowEvent::decode(&envelope.schema, &envelope.data).ok());
            }
        }
        all
    }

    /// A second one of the service.
    pub async fn replica(&self, nats: &Nats) -> Running {
        let folder = nats.folder().join("two");
        run(reeve_maintenance_windows::service(), self.bus.clone(), &folder).await.unwrap()
    }

    /// Ends the service, and starts it without its views.
    pub async fn restart(&self, nats: &Nats) {
        self.end().await;
        let folder = nats.folder().join(new_uuid().to_string());
        let running = run(reeve_maintenance_windows::service(), self.bus.clone(), &folder).await.unwrap();
        *self.running.lock().unwrap() = Some(running);
    }

    async fn end(&self) {
        let running = self.running.lock().unwrap().take();
        running.unwrap().stop().await;
    }

    /// Waits until views that are built from the log are those that there are.
    pub async fn rebuilt_equals_live(&self, nats: &Nats) {
        self.until("rebuilt views are the live ones", async || {
            let folder = nats.folder().join(new_uuid().to_string());
            let rebuilt = rebuild(&reeve_maintenance_windows::service(), &self.bus, &folder).await.unwrap();
            let running = self.running.lock().unwrap();
            let live = running.as_ref().unwrap().handle().views().dump();
            rebuilt.views().dump() == live
        })
        .await;
    }

    pub async fn stop(self) {
        self.end().await;
        for other in self.others {
            other.stop().await;
        }
    }
}
