//! The checker of the fault tests: what was accepted, what the log says, what ran, and what the API answers.

use reeve_e2e::Raw;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Of one command, this many nodes at once.
const AT_ONCE: usize = 2;

pub fn random(limit: u64) -> u64 {
    RandomState::new().build_hasher().finish() % limit
}

/// Sends commands to every node until it is told to stop; keeps the ids of those that were accepted.
pub struct Sender {
    stop: Arc<AtomicBool>,
    accepted: Arc<Mutex<Vec<String>>>,
    thread: std::thread::JoinHandle<()>,
}

impl Sender {
    pub fn start(raw: Arc<Mutex<Raw>>, nodes: Vec<String>, file: String) -> Self {
        let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, kept) = (stop.clone(), accepted.clone());
        let script = format!("echo \"$SSM_COMMAND_ID $AWS_SSM_INSTANCE_ID\" >> {file}");
        let thread = std::thread::spawn(move || {
            let input = json!({
                "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": [script, "sleep 0.02"]},
                "Targets": [{"Key": "InstanceIds", "Values": nodes}],
                "MaxConcurrency": AT_ONCE.to_string(), "MaxErrors": "100%",
            });
            while !stopped.load(Ordering::Relaxed) {
                let (status, answer) = raw.lock().unwrap().call("SendCommand", &input);
                if status == 200 {
                    let id = answer["Command"]["CommandId"].as_str().unwrap().to_owned();
                    kept.lock().unwrap().push(id);
                }
                std::thread::sleep(Duration::from_millis(20 + random(100)));
            }
        });
        Self { stop, accepted, thread }
    }

    pub fn count(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    pub fn finish(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        std::mem::take(&mut *self.accepted.lock().unwrap())
    }
}

/// Every command and every invocation, as the API tells them.
pub fn answers(raw: &Raw) -> Vec<Value> {
    let mut all = Vec::new();
    for (operation, list) in [("ListCommands", "Commands"), ("ListCommandInvocations", "CommandInvocations")]
    {
        let mut input = json!({});
        loop {
            let (status, page) = raw.call(operation, &input);
            assert_eq!(status, 200, "{operation}: {page}");
            all.extend(page[list].as_array().unwrap().iter().cloned());
            match page.get("NextToken").filter(|token| token.is_string()) {
                Some(token) => input = json!({"NextToken": token}),
                None => break,
            }
        }
    }
    all
}

/// That an invocation was dispatched, which an event of its command tells of several.
const DISPATCHED: &str = "Dispatched";

/// What the log says, by command and by invocation, in its order.
#[derive(Default)]
pub struct History {
    /// The events on each command: their types.
    pub commands: BTreeMap<String, Vec<String>>,
    /// The events on each `<command>/<node>`: their types, and of the end its detailed status.
    pub invocations: BTreeMap<String, Vec<(String, String)>>,
    /// The nodes that each command was sent to.
    targets: HashMap<String, BTreeSet<String>>,
    /// The most invocations of one command that were on their way at once.
    most_at_once: usize,
}

impl History {
    pub fn read(events: &[Value]) -> Self {
        let mut history = Self::default();
        let mut ordered: Vec<&Value> =
            events.iter().filter(|e| e["source"].as_str().unwrap().ends_with("run-command")).collect();
        ordered.sort_by_key(|event| event["position"].as_u64());
        let mut open: HashMap<String, usize> = HashMap::new();
        for event in ordered {
            let (aggregate, id) = event["subject"].as_str().unwrap().split_once('/').unwrap();
            let kind = event["type"].as_str().unwrap().split('.').nth(2).unwrap().to_owned();
            if aggregate == "command" {
                if kind == "CommandSent" {
                    let nodes = event["data"]["nodeIds"].as_array().unwrap();
                    let nodes = nodes.iter().map(|node| node.as_str().unwrap().to_owned()).collect();
                    history.targets.insert(id.to_owned(), nodes);
                }
                if kind == "InvocationsDispatched" {
                    let under_way = open.entry(id.to_owned()).or_default();
                    *under_way += history.dispatched(id, &event["data"]["dispatched"]);
                    history.most_at_once = history.most_at_once.max(*under_way);
                    continue;
                }
                history.commands.entry(id.to_owned()).or_default().push(kind);
                continue;
            }
            let details = event["data"]["statusDetails"].as_str().unwrap_or_default().to_owned();
            let command = id.split_once('/').unwrap().0;
            let steps = history.invocations.entry(id.to_owned()).or_default();
            let under_way = open.entry(command.to_owned()).or_default();
            if kind == "InvocationFinished" && steps.iter().any(|(kind, _)| kind == DISPATCHED) {
                *under_way -= 1;
            }
            steps.push((kind, details));
        }
        history
    }

    /// Takes in to which nodes a command went: each counts the first time that it is told. Answers how many were new.
    fn dispatched(&mut self, command: &str, told: &Value) -> usize {
        let mut new = 0;
        for one in told.as_array().unwrap() {
            let id = format!("{command}/{}", one["nodeId"].as_str().unwrap());
            let steps = self.invocations.entry(id).or_default();
            if !steps.iter().any(|(kind, _)| kind == DISPATCHED) {
                steps.push((DISPATCHED.to_owned(), String::new()));
                new += 1;
            }
        }
        new
    }

    pub fn ends(&self) -> BTreeMap<&str, usize> {
        let mut ends = BTreeMap::new();
        for (_, details) in self.invocations.values().filter_map(|events| events.last()) {
            *ends.entry(details.as_str()).or_default() += 1;
        }
        ends
    }

    /// What the log, the scripts' own marks and what was accepted say against each other; `honest` are the ends that
    /// can have been.
    pub fn violations(&self, accepted: &[String], marks: &str, honest: &[&str]) -> Vec<String> {
        let mut violations = Vec::new();
        for command in accepted.iter().filter(|command| !self.commands.contains_key(*command)) {
            violations.push(format!("{command} was accepted and is not in the log"));
        }
        for (command, events) in &self.commands {
            if events != &["CommandSent", "CommandFinished"] {
                violations.push(format!("{command} has the events {events:?}"));
            }
            for node in &self.targets[command] {
                if !self.invocations.contains_key(&format!("{command}/{node}")) {
                    violations.push(format!("{command} has no outcome on {node}"));
                }
            }
        }
        for (invocation, events) in &self.invocations {
            let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
            let told = matches!(
                kinds.as_slice(),
                [DISPATCHED, "InvocationFinished"] | [DISPATCHED, "InvocationStarted", "InvocationFinished"]
            );
            if !told {
                violations.push(format!("{invocation} has the events {kinds:?}"));
            }
            let end = events.last().map(|(_, details)| details.as_str()).unwrap_or_default();
            if !honest.contains(&end) {
                violations.push(format!("{invocation} ended as {end}, which nothing here can have caused"));
            }
        }
        if self.most_at_once > AT_ONCE {
            violations
                .push(format!("{} invocations of a command were on their way at once", self.most_at_once));
        }
        let mut ran: BTreeMap<String, usize> = BTreeMap::new();
        marks.lines().for_each(|line| *ran.entry(line.replace(' ', "/")).or_default() += 1);
        for (invocation, count) in &ran {
            if *count > 1 {
                violations.push(format!("{invocation} ran {count} times"));
            }
            if !self.invocations.contains_key(invocation) {
                violations.push(format!("{invocation} ran and is not in the log"));
            }
        }
        for (invocation, events) in &self.invocations {
            if events.iter().any(|(_, details)| details == "Success") && !ran.contains_key(invocation) {
                violations.push(format!("{invocation} is said to have run and did not"));
            }
        }
        violations
    }
}
