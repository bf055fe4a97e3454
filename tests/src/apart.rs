//! An instance whose parts run apart: nats-server, each service and the gateway as a process of its own.

use crate::{Answer, Instance, Raw, SmallDisk, programs, wait_for};
use reeve_testkit::free_port;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

/// The bus, and each part that is served.
///
/// # Panics
/// When the program does not say what it is made of.
pub fn parts() -> &'static [&'static str] {
    static PARTS: OnceLock<Vec<&'static str>> = OnceLock::new();
    PARTS.get_or_init(|| {
        let services = programs::services().iter().map(String::as_str);
        ["nats-server", "streams"].into_iter().chain(services).chain(["gateway", "key-renewal"]).collect()
    })
}

/// A part that runs, with its views, and where it listens if it is a gateway.
struct Part {
    name: &'static str,
    views: PathBuf,
    http: String,
    child: Child,
}

/// The parts, and a client of them. Dropping it ends all of them.
pub struct Apart {
    parts: Vec<Part>,
    secrets: PathBuf,
    http: String,
    bus: String,
    account: String,
    disk: Option<SmallDisk>,
    // Behind the parts, so that its folder goes after them.
    instance: Instance,
}

impl Apart {
    /// Starts all parts and waits until the gateway has found the services.
    ///
    /// # Panics
    /// When a program is missing or they do not come up.
    pub fn start() -> Self {
        let mut apart = Self::prepare(None, nothing);
        apart.start_all();
        apart
    }

    /// What `init` lays out for the parts, none of which runs yet.
    ///
    /// # Panics
    /// When a program is missing.
    pub fn prepared() -> Self {
        Self::prepare(None, nothing)
    }

    /// The same with the keys and the log of a backup: a folder, a file of keys and that of its passphrase. The first restore is
    /// killed in the middle; until the second has come to its end no service begins.
    ///
    /// # Panics
    /// As [`Apart::start`], when it cannot be restored, and when what was cut off is taken for a log.
    pub fn start_restored(backup: [&Path; 3]) -> Self {
        let [folder, keys, passphrase] = backup;
        let mut apart = Self::prepare(None, |secrets, _| {
            let mut restore = Command::new(programs::reeve());
            restore.arg("--data").arg(secrets).arg("restore").arg(folder).arg("--keys").arg(keys);
            let restored = Answer::of(restore.arg("--passphrase-file").arg(passphrase).arg("--keys-only"));
            assert!(restored.success, "{}", restored.stderr);
            free_port()
        });
        apart.start_part("nats-server");
        let folder = folder.to_str().expect("a path");
        apart.cut_off(folder);
        apart.start_part("documents");
        let mut service = apart.parts.pop().expect("a part");
        assert!(!service.child.wait().expect("a process that ends").success());
        let said = std::fs::read_to_string(apart.instance.scratch().join("documents.log")).expect("a log");
        assert!(said.contains("its restore was cut off"), "{said}");
        let refused = apart.reeve(&["verify"]);
        assert!(!refused.success && refused.stderr.contains("its restore was cut off"), "{refused:?}");
        let restored = apart.reeve(&["restore", "--bus", folder]);
        assert!(restored.success, "{}", restored.stderr);
        apart.start_all();
        apart
    }

    /// Begins to restore, and is killed once the bus has the first of the streams.
    fn cut_off(&self, folder: &str) {
        let mut restore = Command::new(programs::reeve());
        restore.arg("--data").arg(&self.secrets).args(["restore", "--bus", folder]);
        let mut restoring = restore.stdout(Stdio::null()).spawn().expect("reeve");
        // <account>/streams/<stream>
        let store = self.store().join("jetstream");
        let within =
            |folder: PathBuf| folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        let streams = || within(store.clone()).flat_map(|account| within(account.join("streams"))).count();
        while streams() < 2 {
            assert!(restoring.try_wait().expect("a process").is_none(), "it was over before it was killed");
            std::thread::sleep(Duration::from_millis(1));
        }
        restoring.kill().expect("a process");
        let ended = restoring.wait().expect("a process");
        assert!(!ended.success(), "it came to its end before it was killed");
    }

    /// Runs `reeve …` where the keys are.
    pub fn reeve(&self, arguments: &[&str]) -> Answer {
        Answer::of(Command::new(programs::reeve()).arg("--data").arg(&self.secrets).args(arguments))
    }

    /// Where nodes find the bus.
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// The same with a bus that stores on a disk of so many KiB.
    ///
    /// # Panics
    /// As [`Apart::start`], and when there can be no such disk.
    pub fn start_on_small_disk(kib: u64) -> Self {
        let mut apart = Self::prepare(Some(kib), nothing);
        apart.start_all();
        apart
    }

    /// What moves in from elsewhere: a closure is given the folders of the secrets and of the log, puts an instance into them, and
    /// answers the port under which its nodes find the bus. No part runs yet.
    ///
    /// # Panics
    /// As [`Apart::prepared`].
    pub fn moved_in(fill: impl FnOnce(&Path, &Path) -> u16) -> Self {
        Self::prepare(None, fill)
    }

    fn prepare(disk: Option<u64>, fill: impl FnOnce(&Path, &Path) -> u16) -> Self {
        let instance = Instance::described();
        let store = instance.scratch().join("nats");
        let disk = disk.map(|kib| SmallDisk::mount(&store, kib));
        let secrets = instance.scratch().join("secrets");
        let bus_port = fill(&secrets, &store);
        let (bus, http) = (format!("127.0.0.1:{bus_port}"), format!("127.0.0.1:{}", free_port()));
        let made = init(&secrets, &store, &bus, &http);
        assert!(made.success, "{}", made.stderr);
        let read = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(secrets.join(name)).expect("a file")).expect("JSON")
        };
        instance.describe(&read("parts/gateway/instance.json"));
        let account = read("keys.json")["account"].as_str().expect("a text").to_owned();
        Self { parts: Vec::new(), secrets, http, bus, account, disk, instance }
    }

    /// Lays out for the parts what they need, as at each start of docker-compose.yml.
    pub fn init(&self) -> Answer {
        init(&self.secrets, &self.store(), &self.bus, &self.http)
    }

    /// Where nats-server keeps the log.
    pub fn store(&self) -> PathBuf {
        self.instance.scratch().join("nats")
    }

    /// A client of all this, which starts and ends nothing.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The bus's small disk.
    ///
    /// # Panics
    /// When it has none.
    pub fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().expect("a small disk")
    }

    /// The folder that `reeve init` wrote.
    pub fn secrets(&self) -> &Path {
        &self.secrets
    }

    /// Starts what does not run, and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn start_all(&mut self) {
        parts().iter().for_each(|name| self.start_part(name));
        wait_for("the parts answer", || {
            self.revive();
            answers(&self.instance.raw()).then_some(())
        });
    }

    fn start_part(&mut self, name: &'static str) {
        if !self.parts.iter().any(|part| part.name == name) {
            self.spawn(name, self.views(), self.http.clone());
        }
    }

    /// Kills one part and starts it again.
    ///
    /// # Panics
    /// When it cannot be.
    pub fn kill(&mut self, name: &str) {
        let at = self.position(name);
        end(&mut self.parts[at].child);
        self.start_again(at);
    }

    fn position(&self, name: &str) -> usize {
        self.parts.iter().position(|part| part.name == name).expect("a part")
    }

    fn start_again(&mut self, at: usize) {
        let Part { name, views, http, .. } = &self.parts[at];
        self.parts[at].child = self.process(name, views, http);
    }

    /// Ends one part, which then is away.
    ///
    /// # Panics
    /// When there is none.
    pub fn end(&mut self, name: &str) {
        let at = self.position(name);
        end(&mut self.parts.remove(at).child);
    }

    /// Ends all parts.
    pub fn end_all(&mut self) {
        self.parts.drain(..).for_each(|mut part| end(&mut part.child));
    }

    /// Starts a second one of a part, with views of its own. [`Apart::end`] ends the first.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn second(&mut self, name: &'static str) {
        self.spawn(name, self.instance.scratch().join("views-of-the-second"), self.http.clone());
    }

    /// Starts a second gateway; answers a client of it once it has found the services.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn second_gateway(&mut self) -> Raw {
        let http = format!("127.0.0.1:{}", free_port());
        self.spawn("gateway", self.instance.scratch().join("views-of-the-second"), http.clone());
        let mut announced = self.instance.announced();
        announced["endpoint"] = format!("http://{http}").into();
        let raw = Raw::new(&announced);
        wait_for("the second gateway answers", || answers(&raw).then_some(()));
        raw
    }

    /// Starts again what ended by itself, as a supervisor does; answers how many did.
    ///
    /// # Panics
    /// When one cannot be started.
    pub fn revive(&mut self) -> usize {
        let ended = |child: &mut Child| child.try_wait().expect("a process").is_some();
        let gone: Vec<usize> = (0..self.parts.len()).filter(|at| ended(&mut self.parts[*at].child)).collect();
        gone.iter().for_each(|at| self.start_again(*at));
        gone.len()
    }

    /// Ends the services and the gateway, and removes what they computed.
    ///
    /// # Panics
    /// When it cannot be removed.
    pub fn forget_views(&mut self) {
        for part in self.parts.iter_mut().filter(|part| part.name != "nats-server") {
            end(&mut part.child);
        }
        self.parts.retain(|part| part.name == "nats-server");
        std::fs::remove_dir_all(self.views()).expect("a folder");
    }

    fn views(&self) -> PathBuf {
        self.instance.scratch().join("views")
    }

    fn spawn(&mut self, name: &'static str, views: PathBuf, http: String) {
        let child = self.process(name, &views, &http);
        self.parts.push(Part { name, views, http, child });
    }

    fn process(&self, name: &str, views: &Path, http: &str) -> Child {
        let mut command = match &self.disk {
            Some(disk) if name == "nats-server" => disk.command(programs::reeve()),
            _ => Command::new(programs::reeve()),
        };
        // It ends with this test, however that ends.
        command.args(["with-parent", &std::process::id().to_string(), "--"]);
        let part = self.part(name);
        if name == "nats-server" {
            command.arg(programs::nats_server()).arg("--config").arg(part.join("nats.conf"));
        } else {
            command.arg(programs::reeve()).args(["serve", name, "--account", &self.account, "--secrets"]);
            command.arg(&part).args(["--bus", &format!("nats://{}", self.bus), "--views"]);
            command.arg(views).args(["--http", http]);
        }
        let log = self.log(name);
        let errors = log.try_clone().expect("a second handle of the log file");
        command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("a part could not be started")
    }

    /// The folder of what a part is given.
    fn part(&self, name: &str) -> PathBuf {
        let name = if name == "nats-server" { "nats" } else { name };
        self.secrets.join("parts").join(name)
    }

    fn log(&self, name: &str) -> File {
        let path: &Path = self.instance.scratch();
        let path = path.join(format!("{name}.log"));
        File::options().create(true).append(true).open(path).expect("a log file")
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        for Part { name, child, .. } in &mut self.parts {
            end(child);
            if std::thread::panicking() {
                let path = self.instance.scratch().join(format!("{name}.log"));
                let log = std::fs::read_to_string(path).unwrap_or_default();
                eprintln!("--- the end of the log of {name}\n{}", &log[log.len().saturating_sub(2000)..]);
            }
        }
    }
}

/// Whether a gateway has found services that every test needs.
fn answers(gateway: &Raw) -> bool {
    let asked = ["ListCommands", "ListDocuments", "DescribeInstanceInformation", "DescribeActivations"];
    asked.iter().all(|operation| gateway.call(operation, &json!({})).0 == 200)
}

/// Nothing moves in; any port will do.
fn nothing(_secrets: &Path, _store: &Path) -> u16 {
    free_port()
}

fn init(secrets: &Path, store: &Path, bus: &str, http: &str) -> Answer {
    let mut init = Command::new(programs::reeve());
    init.arg("--data").arg(secrets).args(["init", "--endpoint", &format!("http://{http}")]);
    init.args(["--bus", &format!("nats://{bus}"), "--bus-listen", bus, "--bus-store"]).arg(store);
    let port = bus.rsplit(':').next().expect("a port");
    Answer::of(init.args(["--bus-port", port]))
}

fn end(child: &mut Child) {
    // Both fail only when it is gone already.
    let _ended = child.kill().and_then(|()| child.wait()).is_ok();
}
