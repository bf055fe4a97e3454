//! An agent beside those of the instance: a process of the test's own, which it can stop, kill and cut off.

use crate::{Instance, SmallDisk, programs, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// An enrolled agent. Dropping it ends its process.
pub struct Agent {
    /// What is started.
    program: PathBuf,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Child>,
    log: PathBuf,
    disk: Option<SmallDisk>,
}

impl Agent {
    /// Enrols a node with the instance and waits until it is connected.
    ///
    /// # Panics
    /// When it does not come so far.
    pub fn enrol(instance: &Instance, name: &str) -> Self {
        Self::enrol_on(instance, name, None)
    }

    /// As [`Agent::enrol`], with its folder on a disk of so many KiB.
    ///
    /// # Panics
    /// As [`Agent::enrol`], and when there can be no such disk.
    pub fn enrol_on_small_disk(instance: &Instance, name: &str, kib: u64) -> Self {
        let disk = SmallDisk::mount(&instance.data().join("nodes").join(name), kib);
        Self::enrol_on(instance, name, Some(disk))
    }

    fn enrol_on(instance: &Instance, name: &str, disk: Option<SmallDisk>) -> Self {
        // Within the instance's data, so that its end is waited for as that of the others.
        let folder = instance.data().join("nodes").join(name);
        Self::enrol_into(instance, name, folder, disk)
    }

    /// As [`Agent::enrol`], in a folder of its own.
    ///
    /// # Panics
    /// As [`Agent::enrol`].
    pub fn enrol_in(instance: &Instance, folder: &Path) -> Self {
        Self::enrol_into(instance, "own", folder.to_owned(), None)
    }

    /// As [`Agent::enrol`], of a program that lies elsewhere.
    ///
    /// # Panics
    /// As [`Agent::enrol`].
    pub fn enrol_program(instance: &Instance, name: &str, program: &Path) -> Self {
        Self::enrol_as(instance, name, instance.data().join("nodes").join(name), None, program)
    }

    fn enrol_into(instance: &Instance, name: &str, folder: PathBuf, disk: Option<SmallDisk>) -> Self {
        Self::enrol_as(instance, name, folder, disk, &programs::agent())
    }

    fn enrol_as(
        instance: &Instance,
        name: &str,
        folder: PathBuf,
        disk: Option<SmallDisk>,
        program: &Path,
    ) -> Self {
        let activation = instance.call("CreateActivation", &json!({"IamRole": "test"}));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let announced = instance.announced();
        let ca = announced["ca"].as_str().map(|ca| ("REEVE_CA".to_owned(), ca.to_owned()));
        let environment = [
            ("REEVE_GATEWAY".to_owned(), text(&announced["endpoint"])),
            ("REEVE_ACTIVATION_ID".to_owned(), text(&activation["ActivationId"])),
            ("REEVE_ACTIVATION_CODE".to_owned(), text(&activation["ActivationCode"])),
        ];
        let environment = environment.into_iter().chain(ca).collect();
        std::fs::create_dir_all(&folder).expect("a folder");
        let log = match &disk {
            Some(_) => instance.scratch().join(format!("agent-{name}.log")),
            None => folder.join("agent.log"),
        };
        let mut agent = Self { folder, environment, process: None, log, disk, program: program.to_owned() };
        agent.start();
        wait_for("the agent is enrolled", || agent.identity().map(|_| ()));
        agent.wait_until(instance, "Online");
        agent
    }

    /// Copies an agent's folder, as it is now, and starts an agent on the copy.
    ///
    /// # Panics
    /// When that is not possible.
    pub fn copy_of(agent: &Self, instance: &Instance, name: &str) -> Self {
        let mut copy = Self::copy_not_started(agent, instance, name);
        copy.start();
        copy
    }

    /// As [`Agent::copy_of`], not started yet.
    ///
    /// # Panics
    /// As [`Agent::copy_of`].
    pub fn copy_not_started(agent: &Self, instance: &Instance, name: &str) -> Self {
        Self::copied(agent, instance, &agent.folder, name)
    }

    /// Starts an agent on a copy that was made of an agent's folder before.
    ///
    /// # Panics
    /// When that is not possible.
    pub fn started_on(agent: &Self, instance: &Instance, copy: &Path, name: &str) -> Self {
        let mut started = Self::copied(agent, instance, copy, name);
        started.start();
        started
    }

    /// As an agent was enrolled, with a copy of a folder of its.
    fn copied(agent: &Self, instance: &Instance, from: &Path, name: &str) -> Self {
        let folder = instance.data().join("nodes").join(name);
        crate::copy_folder(from, &folder);
        Self {
            log: folder.join("copy.log"),
            folder,
            environment: agent.environment.clone(),
            process: None,
            disk: None,
            program: agent.program.clone(),
        }
    }

    /// Sets a variable of its environment, from its next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a variable from its environment, from its next start on.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// Its folder, as it is for itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its small disk.
    ///
    /// # Panics
    /// When it has none.
    pub fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().expect("a small disk")
    }

    /// What it logged.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The processor's time that it used so far, in hundredths of a second.
    ///
    /// # Panics
    /// When it does not run.
    pub fn used(&mut self) -> u64 {
        let process = self.process.as_mut().expect("a process");
        assert!(process.try_wait().expect("a process").is_none(), "the agent ended: {}", self.logged());
        let pid = self.pid();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
        let fields = stat.rsplit(')').next().expect("fields").split_whitespace();
        fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// When it does not end.
    pub fn wait_until_ended(&mut self) {
        let mut process = self.process.take().expect("a process");
        wait_for("the agent ends", || process.try_wait().expect("a process"));
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it runs already or cannot be started.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// As [`Agent::start`], with arguments.
    ///
    /// # Panics
    /// As [`Agent::start`].
    pub fn start_with(&mut self, arguments: &[&str]) {
        assert!(self.process.is_none(), "the agent runs already");
        let log = File::options().create(true).append(true).open(&self.log).expect("a log file");
        let mut command = match &self.disk {
            Some(disk) => disk.command(self.program.clone()),
            None => Command::new(&self.program),
        };
        command.arg("--data").arg(&self.folder).args(arguments).envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.process = Some(command.spawn().expect("the agent could not be started"));
    }

    /// What it was given at its enrolment, if it was.
    pub fn identity(&self) -> Option<Value> {
        let folder = self.disk.as_ref().map_or_else(|| self.folder.clone(), SmallDisk::path);
        serde_json::from_slice(&std::fs::read(folder.join("identity.json")).ok()?).ok()
    }

    /// Its node's id.
    ///
    /// # Panics
    /// When it has none.
    pub fn node(&self) -> String {
        self.identity().expect("an identity")["node_id"].as_str().expect("an id").to_owned()
    }

    /// Where it finds the bus.
    ///
    /// # Panics
    /// When it is not enrolled.
    pub fn bus_address(&self) -> String {
        let identity = self.identity().expect("an identity");
        identity["bus_url"].as_str().expect("a url").trim_start_matches("nats://").to_owned()
    }

    /// Lets it find the bus elsewhere from its next start on, whatever it is told.
    pub fn find_the_bus_at(&mut self, address: &str) {
        self.environment.push(("REEVE_AGENT_BUS".to_owned(), format!("nats://{address}")));
    }

    /// Waits until the API says so of its connection.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_until(&self, instance: &Instance, ping: &str) {
        let node = self.node();
        let input = json!({"Filters": [{"Key": "InstanceIds", "Values": [node]}]});
        wait_for(&format!("{node} is {ping}"), || {
            let (_, answer) = instance.raw().call("DescribeInstanceInformation", &input);
            (answer["InstanceInformationList"][0]["PingStatus"] == ping).then_some(())
        });
    }

    /// Its process's id.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("a process").id()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it does not run.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("a signal");
    }

    /// The process's resident memory, in KiB.
    ///
    /// # Panics
    /// When it does not run.
    pub fn resident_kib(&self) -> u64 {
        let pid = self.pid();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.split_whitespace().next().expect("a number").parse().expect("a number")
    }

    /// Ends it: with SIGTERM, or SIGKILL.
    ///
    /// # Panics
    /// When it does not run.
    pub fn end(&mut self, signal: Signal) {
        self.signal(signal);
        if let Some(mut process) = self.process.take() {
            process.wait().expect("an end");
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if self.process.is_some() {
            // Gently, so that it takes its cgroups along; a stopped one first has to go on.
            self.signal(Signal::CONT);
            self.end(Signal::TERM);
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder().join("agent.log")).unwrap_or_default();
            eprintln!("--- the end of the log of the agent in {}", self.folder().display());
            eprintln!("{}", String::from_utf8_lossy(&log.as_bytes()[log.len().saturating_sub(2000)..]));
        }
    }
}
