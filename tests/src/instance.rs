//! One instance: `reeve up` on a temporary folder.

use crate::{Answer, Raw, SmallDisk, aws, programs, wait_for};
use reeve_jetstream::{
    Bus, Credentials, Error, Options,
    calls::{self, CallKeys},
    mac::MacKey,
    operator::{Keys as OperatorKeys, User},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running (or stopped) instance. Dropping it ends its processes and removes its folder.
pub struct Instance {
    folder: tempfile::TempDir,
    nodes: u32,
    environment: Vec<(String, String)>,
    process: Option<Child>,
    disk: Option<SmallDisk>,
}

impl Instance {
    /// Starts an instance with so many nodes and waits until all are connected.
    ///
    /// # Panics
    /// When a program is missing or it does not come up.
    pub fn start(nodes: u32) -> Self {
        Self::start_with(nodes, &[])
    }

    /// As [`Instance::start`], with environment variables.
    ///
    /// # Panics
    /// As [`Instance::start`].
    pub fn start_with(nodes: u32, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut instance = Self { folder, nodes, environment: Vec::new(), process: None, disk: None };
        instance.set_environment(environment);
        instance.restart();
        instance
    }

    /// As [`Instance::start`], with all of its data on a disk of so many KiB.
    ///
    /// # Panics
    /// As [`Instance::start`], and when there can be no such disk.
    pub fn start_on_small_disk(nodes: u32, kib: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let disk = Some(SmallDisk::mount(&folder.path().join("data"), kib));
        let mut instance = Self { folder, nodes, environment: Vec::new(), process: None, disk };
        instance.restart();
        instance
    }

    /// One that others run: a client, once it is described.
    pub(crate) fn described() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, nodes: 0, environment: Vec::new(), process: None, disk: None }
    }

    /// Says where the one that others run is found.
    pub(crate) fn describe(&self, announced: &Value) {
        std::fs::create_dir_all(self.data()).expect("a folder");
        std::fs::write(self.data().join("instance.json"), announced.to_string()).expect("a file");
    }

    /// Its small disk.
    ///
    /// # Panics
    /// When it has none.
    pub fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().expect("a small disk")
    }

    /// Changes its environment, from its next start on.
    pub fn set_environment(&mut self, environment: &[(&str, &str)]) {
        self.environment = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    }

    /// Starts it again on its folder.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.spawn();
        self.wait_until_announced();
        self.wait_until_connected();
    }

    /// Starts the process, and no more.
    ///
    /// # Panics
    /// When it runs already or cannot be started.
    pub fn spawn(&mut self) {
        assert!(self.process.is_none(), "the instance runs already");
        self.process = Some(self.up(&self.folder.path().join("up.log")));
    }

    /// A process of `reeve up` on this folder; its caller ends it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn up(&self, log: &Path) -> Child {
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let errors = log.try_clone().expect("a second handle of the log file");
        let mut command = match &self.disk {
            Some(disk) => disk.command(programs::reeve()),
            None => Command::new(programs::reeve()),
        };
        command.arg("--data").arg(self.folder.path().join("data")).args([
            "up",
            "--http",
            "127.0.0.1:0",
            "--nodes",
        ]);
        command.arg(self.nodes.to_string()).env("REEVE_NATS_SERVER", programs::nats_server());
        for name in
            ["REEVE_DATA", "REEVE_HTTP", "REEVE_GATEWAY", "REEVE_CONFIG", "OTEL_EXPORTER_OTLP_ENDPOINT"]
        {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("reeve could not be started")
    }

    fn wait_until_announced(&mut self) {
        let file = self.data().join("instance.json");
        let process = self.process.as_mut().expect("a process");
        let pid = process.id();
        let log = self.folder.path().join("up.log");
        wait_for("the instance is announced", || {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("reeve up ended with {status}: {}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            let read: Value = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
            (read["pid"] == pid).then_some(())
        });
    }

    fn wait_until_connected(&self) {
        wait_for("the nodes are connected", || (self.online().len() >= self.nodes as usize).then_some(()));
    }

    fn online(&self) -> Vec<String> {
        let input = json!({"Filters": [{"Key": "PingStatus", "Values": ["Online"]}]});
        let (_, answer) = self.raw().call("DescribeInstanceInformation", &input);
        let list = answer["InstanceInformationList"].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|node| node["InstanceId"].as_str().map(str::to_owned)).collect()
    }

    /// The instance's own folder.
    pub fn data(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.folder.path().join("data"), SmallDisk::path)
    }

    /// A folder beside it, for the test's files.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// The first node's id.
    ///
    /// # Panics
    /// When there is none.
    pub fn node(&self) -> String {
        self.identity(1)["node_id"].as_str().expect("an id").to_owned()
    }

    /// What the n-th agent was given at its enrolment.
    ///
    /// # Panics
    /// When it was not enrolled.
    pub fn identity(&self, number: u32) -> Value {
        let path = self.data().join(format!("nodes/{number}/identity.json"));
        serde_json::from_slice(&std::fs::read(&path).expect("an identity")).expect("JSON")
    }

    /// The answer of `GET /readyz`.
    ///
    /// # Panics
    /// When there is none.
    pub fn ready(&self) -> (u16, String) {
        let endpoint = self.announced()["endpoint"].as_str().expect("a text").to_owned();
        let agent =
            ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
        let mut answer = agent.get(format!("{endpoint}/readyz")).call().expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a text"))
    }

    /// What `up` says of itself.
    ///
    /// # Panics
    /// When none runs.
    pub fn announced(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.data().join("instance.json")).expect("an instance"))
            .expect("JSON")
    }

    /// The signed API without any client in between.
    pub fn raw(&self) -> Raw {
        Raw::new(&self.announced())
    }

    /// The same with a key of somebody else's.
    pub fn raw_as(&self, key: &Value) -> Raw {
        let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let mut raw = self.raw();
        (raw.access_key_id, raw.secret_access_key) = (text("accessKeyId"), text("secretAccessKey"));
        raw
    }

    /// A principal that was not there before, with its access key, as `reeve access` prints it.
    ///
    /// # Panics
    /// When it is refused.
    pub fn principal(&self, name: &str, groups: &[&str]) -> Value {
        let mut arguments = vec!["--output", "json", "access", "create-principal", name];
        groups.iter().for_each(|group| arguments.extend(["--group", group]));
        serde_json::from_str(self.reeve(&arguments).text()).expect("JSON")
    }

    /// An operation that must work.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn call(&self, operation: &str, input: &Value) -> Value {
        let (status, answer) = self.raw().call(operation, input);
        assert_eq!(status, 200, "{operation} {input}: {answer}");
        answer
    }

    /// Runs `aws ssm …`.
    pub fn aws(&self, arguments: &[&str]) -> Answer {
        aws::run(&mut self.aws_command(arguments))
    }

    /// Runs `aws <api> …`.
    pub fn aws_of(&self, api: &str, arguments: &[&str]) -> Answer {
        aws::run(&mut self.aws_command_of(api, arguments))
    }

    /// `aws ssm …`, not started yet.
    pub fn aws_command(&self, arguments: &[&str]) -> Command {
        self.aws_command_of("ssm", arguments)
    }

    fn aws_command_of(&self, api: &str, arguments: &[&str]) -> Command {
        let announced = self.announced();
        let text = |name: &str| announced[name].as_str().unwrap_or_default().to_owned();
        let mut command = Command::new(aws::program());
        command.arg(api).args(arguments).current_dir(self.scratch());
        command.env("AWS_ENDPOINT_URL", text("endpoint")).env("AWS_ACCESS_KEY_ID", text("access_key_id"));
        command.env("AWS_SECRET_ACCESS_KEY", text("secret_access_key")).env("AWS_REGION", text("region"));
        command
            .env("AWS_DEFAULT_REGION", text("region"))
            .env("AWS_PAGER", "")
            .env("AWS_DEFAULT_OUTPUT", "json");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        match announced["ca"].as_str() {
            Some(ca) => command.env("AWS_CA_BUNDLE", ca),
            None => command.env_remove("AWS_CA_BUNDLE"),
        };
        command.env_remove("AWS_SESSION_TOKEN").env_remove("AWS_PROFILE").env_remove("AWS_ENDPOINT_URL_SSM");
        command
    }

    /// Runs `reeve …` as a client of this instance.
    pub fn reeve(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(programs::reeve());
        command.arg("--data").arg(self.data()).args(arguments).current_dir(self.scratch());
        command.env("REEVE_NATS_SERVER", programs::nats_server());
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "REEVE_DATA"] {
            command.env_remove(name);
        }
        Answer::of(&mut command)
    }

    /// Every byte that a command printed.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn printed(&self, command: &str) -> Vec<u8> {
        let mut output = Command::new(programs::reeve());
        output.arg("--data").arg(self.data()).args(["output", command]).env_remove("AWS_ENDPOINT_URL");
        let output = output.output().expect("reeve could not be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Every event of the log, as `reeve events` prints them.
    ///
    /// # Panics
    /// When it prints anything else.
    pub fn events(&self) -> Vec<Value> {
        let answer = self.reeve(&["events"]);
        answer.text().lines().map(|line| serde_json::from_str(line).expect("JSON on each line")).collect()
    }

    /// Sends a shell script to the first node and answers the command's id.
    pub fn send(&self, script: &str) -> String {
        self.send_to(&self.node(), script)
    }

    /// Sends a shell script to a node and answers the command's id.
    pub fn send_to(&self, node: &str, script: &str) -> String {
        let input = json!({
            "DocumentName": "AWS-RunShellScript", "InstanceIds": [node],
            "Parameters": {"commands": [script]},
        });
        let answer = self.call("SendCommand", &input);
        answer["Command"]["CommandId"].as_str().unwrap_or_default().to_owned()
    }

    /// How a command's only invocation stands.
    pub fn details(&self, command: &str) -> String {
        let invocations = self.call("ListCommandInvocations", &json!({"CommandId": command}));
        invocations["CommandInvocations"][0]["StatusDetails"].as_str().unwrap_or_default().to_owned()
    }

    /// A command's status once it has ended.
    ///
    /// # Panics
    /// When it does not end.
    pub fn ended(&self, command: &str) -> Value {
        wait_for(&format!("command {command} has ended"), || {
            let (_, answer) = self.raw().call("ListCommands", &json!({"CommandId": command}));
            let found = answer["Commands"][0].clone();
            let ends = ["Success", "Failed", "TimedOut", "Cancelled"];
            ends.iter().any(|end| found["Status"] == *end).then_some(found)
        })
    }

    /// The keys of all.
    ///
    /// # Panics
    /// When there are none.
    pub fn keys(&self) -> Value {
        // Those of parts that run apart lie beside it.
        let places = [self.data().join("keys.json"), self.scratch().join("secrets/keys.json")];
        let found = places.iter().find_map(|place| std::fs::read(place).ok());
        serde_json::from_slice(&found.expect("keys")).expect("keys")
    }

    fn operator(&self) -> OperatorKeys {
        serde_json::from_value(self.keys()["operator"].clone()).expect("the operator's keys")
    }

    /// How a connection to the bus is made by whoever holds the keys of all: it may do everything there.
    ///
    /// # Panics
    /// When there are no keys.
    pub fn core_options(&self) -> Options {
        let announced = self.announced();
        Options {
            url: announced["bus_url"].as_str().unwrap_or_default().to_owned(),
            credentials: credentials(self.operator().core_user("test")),
            name: "test".to_owned(),
            inbox_prefix: "_INBOX".to_owned(),
            ca: announced["ca"].as_str().map(Into::into),
        }
    }

    /// The credentials of a part of the control plane, as it has them.
    ///
    /// # Panics
    /// When there are no keys.
    pub fn credentials_of(&self, part: &str) -> Credentials {
        credentials(self.operator().part_user(part))
    }

    /// What each part may do on the bus, as the program has it.
    ///
    /// # Panics
    /// When it is not there.
    pub fn rights(&self) -> Value {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../services/reeve/src/host/rights.json");
        serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON")
    }

    /// A connection to the bus as the control plane.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn bus(&self) -> Bus {
        Bus::connect(&self.core_options()).await.expect("the bus refuses the control plane")
    }

    /// The same with the key of the services: what it writes they trust.
    ///
    /// # Panics
    /// As [`Self::bus`].
    pub async fn service_bus(&self) -> Bus {
        self.authenticating(self.bus().await)
    }

    /// A connection with the keys of the services.
    ///
    /// # Panics
    /// When there is none.
    pub fn authenticating(&self, bus: Bus) -> Bus {
        let keys = self.keys();
        let key = data_encoding::HEXLOWER.decode(keys["mac_key"].as_str().unwrap_or_default().as_bytes());
        let bus = bus.authenticating(MacKey::new(&key.expect("hex").try_into().expect("32 bytes")));
        bus.with_call_keys(CallKeys::Root(self.operator().call_key()))
    }

    /// What the process of the instance has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("up.log")).unwrap_or_default()
    }

    /// The key of a service's calls.
    ///
    /// # Panics
    /// When there are no keys.
    pub fn call_key_of(&self, service: &str) -> [u8; 32] {
        calls::of_service(&self.operator().call_key(), service)
    }

    /// The process id of `up`.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Cuts `up` off as a power failure would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("kill");
            process.wait().expect("wait");
        }
    }

    /// Asks `up` to end and waits until it has.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            assert!(end(process), "reeve up did not end by SIGTERM");
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            end(process);
        }
        // Children get SIGTERM when their host is gone; the folder is theirs until they have ended.
        let (folder, begun) = (self.folder.path().join("data"), Instant::now());
        while !crate::processes_naming(&folder.to_string_lossy()).is_empty()
            && begun.elapsed() < Duration::from_secs(15)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        if std::thread::panicking() {
            let log = self.log();
            eprintln!("--- the end of the log of reeve up\n{}", &log[log.len().saturating_sub(6000)..]);
        }
    }
}

/// SIGTERM, then a kill after a while; whether the first was enough.
fn end(mut process: Child) -> bool {
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    let sent = pid.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok());
    let begun = Instant::now();
    while sent && begun.elapsed() < Duration::from_secs(40) {
        if process.try_wait().is_ok_and(|ended| ended.is_some()) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // Both fail only when the process is gone already.
    let _killed = process.kill().is_ok();
    let _waited = process.wait().is_ok();
    false
}

fn credentials(user: Result<User, Error>) -> Credentials {
    let User { jwt, seed } = user.expect("a user");
    Credentials::Jwt { jwt, seed }
}
