//! Kills under load, and what the log says afterwards.
//!
//! The host with every service, nats-server and the agents are killed at random moments while commands go to all
//! nodes; then a checker reads the log, the scripts' own marks and the API. `REEVE_FAULTS_KILLS=1000` makes it long.

use reeve_e2e::{Instance, Raw, processes_naming, wait_for};
use rustix::process::{Pid, Signal, kill_process};
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

const NODES: u32 = 4;
const KILLS: usize = 200;
/// Commands that are accepted at least; each has an invocation on every node.
const COMMANDS: usize = 500;
const AT_ONCE: usize = 2;

fn random(limit: u64) -> u64 {
    RandomState::new().build_hasher().finish() % limit
}

/// Sends commands to every node until it is told to stop; keeps the ids of those that were accepted.
struct Sender {
    stop: Arc<AtomicBool>,
    accepted: Arc<Mutex<Vec<String>>>,
    thread: std::thread::JoinHandle<()>,
}

impl Sender {
    fn start(raw: Arc<Mutex<Raw>>, nodes: Vec<String>, file: String) -> Self {
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

    fn count(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    fn finish(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        std::mem::take(&mut *self.accepted.lock().unwrap())
    }
}

/// Kills one child of the instance, whose command line holds a text, if it runs at the moment.
fn kill_child(instance: &Instance, text: &str) -> bool {
    let folder = instance.data().to_string_lossy().into_owned();
    let found = processes_naming(&folder).into_iter().find(|(_, line)| line.contains(text));
    let pid = found.and_then(|(pid, _)| Pid::from_raw(i32::try_from(pid).unwrap()));
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// Kills something; answers what.
fn kill_one(instance: &mut Instance, raw: &Mutex<Raw>) -> &'static str {
    match random(10) {
        0 => {
            instance.kill();
            instance.restart();
            *raw.lock().unwrap() = instance.raw();
            "host"
        }
        1 | 2 if kill_child(instance, "nats-server --config") => "nats-server",
        _ => {
            let number = 1 + random(u64::from(NODES));
            let agent = format!("nodes/{number}");
            if kill_child(instance, &agent) { "agent" } else { "nothing" }
        }
    }
}

#[test]
fn after_kills_under_load_the_log_says_what_happened() {
    let kills = std::env::var("REEVE_FAULTS_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let mut instance = Instance::start(NODES);
    let file = instance.scratch().join("marks");
    let nodes: Vec<String> =
        (1..=NODES).map(|number| instance.identity(number)["node_id"].as_str().unwrap().to_owned()).collect();
    let raw = Arc::new(Mutex::new(instance.raw()));
    let sender = Sender::start(raw.clone(), nodes, file.to_string_lossy().into_owned());
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    while killed.values().sum::<usize>() < kills {
        std::thread::sleep(Duration::from_millis(50 + random(400)));
        let what = kill_one(&mut instance, &raw);
        if what != "nothing" {
            *killed.entry(what).or_default() += 1;
        }
    }
    while sender.count() < COMMANDS {
        std::thread::sleep(Duration::from_millis(50));
    }
    let accepted = sender.finish();
    let open = json!({"Filters": [{"key": "ExecutionStage", "value": "Executing"}], "MaxResults": 1});
    wait_for("every command has ended", || {
        let (status, answer) = instance.raw().call("ListCommands", &open);
        (status == 200 && answer["Commands"].as_array()?.is_empty()).then_some(())
    });

    let history = History::read(&instance.events());
    let marks = std::fs::read_to_string(&file).unwrap_or_default();
    let violations = history.violations(&accepted, &marks);
    let ends = history.ends();
    println!(
        "{} kills {killed:?}: {} commands accepted, {} in the log, {} invocations, {} ran; ends {ends:?}; {} violations",
        killed.values().sum::<usize>(),
        accepted.len(),
        history.commands.len(),
        history.invocations.len(),
        marks.lines().count(),
        violations.len()
    );
    assert!(violations.is_empty(), "{violations:#?}");

    let live = answers(&instance);
    instance.stop();
    std::fs::remove_dir_all(instance.data().join("views")).unwrap();
    instance.restart();
    wait_for("the rebuilt views answer the same", || (answers(&instance) == live).then_some(()));
}

/// Every command and every invocation, as the API tells them.
fn answers(instance: &Instance) -> Vec<Value> {
    let mut all = Vec::new();
    for (operation, list) in [("ListCommands", "Commands"), ("ListCommandInvocations", "CommandInvocations")]
    {
        let mut input = json!({});
        loop {
            let page = instance.call(operation, &input);
            all.extend(page[list].as_array().unwrap().iter().cloned());
            match page.get("NextToken").filter(|token| token.is_string()) {
                Some(token) => input = json!({"NextToken": token}),
                None => break,
            }
        }
    }
    all
}

/// What the log says, by command and by invocation, in its order.
#[derive(Default)]
struct History {
    /// The events on each command: their types.
    commands: BTreeMap<String, Vec<String>>,
    /// The events on each `<command>/<node>`: their types, and of the end its detailed status.
    invocations: BTreeMap<String, Vec<(String, String)>>,
    /// The nodes that each command was sent to.
    targets: HashMap<String, BTreeSet<String>>,
    /// The most invocations of one command that were on their way at once.
    most_at_once: usize,
}

impl History {
    fn read(events: &[Value]) -> Self {
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
                history.commands.entry(id.to_owned()).or_default().push(kind);
                continue;
            }
            let details = event["data"]["statusDetails"].as_str().unwrap_or_default().to_owned();
            let command = id.split_once('/').unwrap().0;
            let steps = history.invocations.entry(id.to_owned()).or_default();
            let under_way = open.entry(command.to_owned()).or_default();
            match kind.as_str() {
                "InvocationDispatched" => *under_way += 1,
                "InvocationFinished" if steps.iter().any(|(kind, _)| kind == "InvocationDispatched") => {
                    *under_way -= 1;
                }
                _ => {}
            }
            history.most_at_once = history.most_at_once.max(*under_way);
            steps.push((kind, details));
        }
        history
    }

    fn ends(&self) -> BTreeMap<&str, usize> {
        let mut ends = BTreeMap::new();
        for (_, details) in self.invocations.values().filter_map(|events| events.last()) {
            *ends.entry(details.as_str()).or_default() += 1;
        }
        ends
    }

    fn violations(&self, accepted: &[String], marks: &str) -> Vec<String> {
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
                ["InvocationDispatched", "InvocationFinished"]
                    | ["InvocationDispatched", "InvocationStarted", "InvocationFinished"]
            );
            if !told {
                violations.push(format!("{invocation} has the events {kinds:?}"));
            }
            let end = events.last().map(|(_, details)| details.as_str()).unwrap_or_default();
            if !matches!(end, "Success" | "Interrupted") {
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
