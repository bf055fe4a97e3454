//! apt and dpkg: what they have, what they could have, and installing it.

use super::{
    assess::{Assessed, Candidate, Candidates, Key, Offers, Package, updatable},
    lock::Locks,
    packages::{self, FORMAT, INDEX_FORMAT, Index, Stanza},
    plan::{Found, Simulated, Versions},
};
use crate::inventory::{Machine, dpkg, program};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

/// apt waits itself as well, in case somebody was faster.
const APT_LOCK_OPTION: &str = "DPkg::Lock::Timeout=60";
/// The newly installed file keeps the configuration that is there, and asks nobody.
const KEEP_CONFIGURATION: [&str; 4] =
    ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"];
const HELPER: &str = "/usr/lib/apt/apt-helper";

/// What dpkg and apt lock. Their own time-out does not cover all of them.
pub const LOCKS: Locks = Locks {
    files: &[
        "/var/lib/dpkg/lock-frontend",
        "/var/lib/dpkg/lock",
        "/var/lib/apt/lists/lock",
        "/var/cache/apt/archives/lock",
    ],
    process_files: &[],
};

/// Versions that a part of the machines is to have first.
type Phased = HashMap<Key, Vec<String>>;

/// apt on one machine.
pub struct Apt<'a> {
    pub machine: &'a Machine,
}

impl Apt<'_> {
    /// Says to apt which root is meant, where that is not the machine's own.
    fn root(&self) -> Vec<String> {
        let root = &self.machine.root;
        if root == Path::new("/") {
            return Vec::new();
        }
        let root = root.display();
        let options = [
            format!("Dir={root}/"),
            format!("Dir::State::status={root}/var/lib/dpkg/status"),
            format!("Dpkg::Options::=--root={root}"),
            "APT::Sandbox::User=root".to_owned(),
        ];
        options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect()
    }

    async fn output(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let root = self.root();
        let all: Vec<&str> = root.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        let output = program::output(self.machine, program, &all).await?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// Gets the repositories' indexes anew. A repository that is not reached is an error: what it has is not known.
    ///
    /// # Errors
    /// What apt complains of.
    pub async fn refresh(&self) -> Result<(), String> {
        let said = self.output("apt-get", &["-q", "-o", "APT::Update::Error-Mode=any", "update"]).await?;
        // Before 2.1.16 apt knows nothing of that option, and goes on with what it had.
        match said.lines().find(|line| line.starts_with("Err:")) {
            Some(line) => Err(format!("apt-get update: {line}")),
            None => Ok(()),
        }
    }

    /// What is installed, and what could be.
    ///
    /// # Errors
    /// When one of its programs does not say, or an index cannot be read to its end.
    pub async fn found(&self, product: &str) -> Result<Found, String> {
        let packages = self.installed().await?;
        let (offers, phased) = self.offers(&packages, product).await?;
        let mut candidates = self.candidates(&updatable(&packages, &offers)).await?;
        for (key, versions) in phased {
            candidates.entry(key).or_default().phased = versions;
        }
        Ok(Found { packages, offers, candidates, notes: Vec::new() })
    }

    /// What is installed.
    ///
    /// # Errors
    /// When dpkg does not say, or says that nothing is.
    async fn installed(&self) -> Result<Vec<Package>, String> {
        let admin = format!("--admindir={}", self.machine.at("/var/lib/dpkg").display());
        let output = program::output(self.machine, "dpkg-query", &[&admin, "-W", "-f", FORMAT]).await?;
        let mut installed = packages::installed(&output)?;
        if installed.is_empty() {
            return Err("There is a database of packages, and dpkg lists not one of them.".to_owned());
        }
        for package in &mut installed {
            let found = dpkg::installed_seconds(self.machine, &package.name, &package.arch);
            package.installed_seconds = found.unwrap_or_default();
        }
        Ok(installed)
    }

    /// The versions that the repositories have of what is installed.
    ///
    /// # Errors
    /// When an index cannot be read to its end.
    async fn offers(&self, installed: &[Package], product: &str) -> Result<(Offers, Phased), String> {
        let listed = self
            .output("apt-get", &["indextargets", "--format", INDEX_FORMAT, "Created-By: Packages"])
            .await?;
        let wanted: HashSet<(String, String)> =
            installed.iter().map(|package| (package.name.clone(), package.arch.clone())).collect();
        let mut found = (Offers::new(), Phased::new());
        for index in packages::indexes(&listed) {
            self.read(&index, &wanted, product, &mut found).await?;
        }
        Ok(found)
    }

    /// Reads an index, which may be large, a line at a time.
    async fn read(
        &self,
        index: &Index,
        wanted: &HashSet<(String, String)>,
        product: &str,
        (offers, phased): &mut (Offers, Phased),
    ) -> Result<(), String> {
        let failed = |reason: String| format!("The index {} cannot be read: {reason}.", index.file);
        let mut command = Command::new(HELPER);
        command.args(self.root()).args(["cat-file", &index.file]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let Some(stdout) = child.stdout.take() else { return Err(failed("it has no output".to_owned())) };
        let (mut lines, mut line, mut stanza) = (BufReader::new(stdout), Vec::new(), Stanza::default());
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line).await.map_err(|error| failed(error.to_string()))?;
            // The last paragraph may have no blank line behind it.
            let text = String::from_utf8_lossy(&line);
            let whole = stanza.take(if read == 0 { "" } else { text.trim_end_matches('\n') });
            if let Some(whole) = whole.filter(|whole| wanted.contains(&whole.key())) {
                let key = whole.key();
                let is_phased = whole.is_phased(index);
                let offer = whole.offer(index, product);
                if is_phased {
                    phased.entry(key.clone()).or_default().push(offer.version.clone());
                }
                offers.entry(key).or_default().push(offer);
            }
            if read == 0 {
                break;
            }
        }
        let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
        if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
    }

    /// The version that apt would take of each package by itself: preferences may keep it from newer ones, and
    /// repositories may be there for who asks for them alone.
    ///
    /// # Errors
    /// When apt does not say.
    async fn candidates(&self, of: &[&Package]) -> Result<Candidates, String> {
        if of.is_empty() {
            return Ok(Candidates::new());
        }
        let names: Vec<String> =
            of.iter().map(|package| format!("{}:{}", package.name, package.arch)).collect();
        let arguments: Vec<&str> = ["policy"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let said = packages::candidates(&self.output("apt-cache", &arguments).await?);
        let said: BTreeMap<String, Option<String>> = said.into_iter().collect();
        let candidate = |(package, full): (&&Package, &String)| {
            let newest = said.get(full).or_else(|| said.get(&package.name)).cloned().flatten();
            let at = newest.as_deref().unwrap_or("no version");
            let reason = format!("The machine's preferences (apt_preferences) keep it at {at}.");
            (package.key(), Candidate { newest, reason, ..Candidate::default() })
        };
        Ok(of.iter().zip(&names).map(candidate).collect())
    }

    /// What installing these versions would do, `name:arch=version` each. Nothing is removed for them.
    ///
    /// # Errors
    /// What apt complains of.
    pub async fn simulate(&self, targets: &[String], versions: Versions) -> Result<Simulated, String> {
        let options = ["-q", "-s", "--no-remove", "--no-install-recommends", "-o", "Debug::NoLocking=1"];
        let options = options.into_iter().chain(option(versions)).chain(["install"]);
        let arguments: Vec<&str> = options.chain(targets.iter().map(String::as_str)).collect();
        packages::simulated(&self.output("apt-get", &arguments).await?)
    }

    /// The command that installs these versions, and asks nobody anything.
    pub fn install(&self, targets: &[String], versions: Versions) -> Command {
        let mut command = Command::new("apt-get");
        command
            .args(self.root())
            .args(["-q", "-y", "--no-remove", "--no-install-recommends", "-o", APT_LOCK_OPTION])
            .args(KEEP_CONFIGURATION)
            .args(option(versions));
        command.arg("install").args(targets);
        quiet(command)
    }

    /// Whether an earlier run was interrupted: dpkg refuses to work until that is repaired.
    pub fn is_interrupted(&self) -> bool {
        let updates = std::fs::read_dir(self.machine.at("/var/lib/dpkg/updates")).into_iter().flatten();
        updates
            .flatten()
            .any(|file| file.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The command that ends what was begun: configures what is unpacked.
    pub fn repair(&self) -> Command {
        let mut command = Command::new("dpkg");
        if self.machine.root != Path::new("/") {
            command.arg(format!("--root={}", self.machine.root.display()));
        }
        command.args(["--force-confdef", "--force-confold", "--configure", "-a"]);
        quiet(command)
    }
}

/// A version as apt is told it: a name, the architecture where it has one of its own, and the version.
pub fn target(one: &Assessed, version: &str) -> String {
    let package = &one.package;
    match package.arch.as_str() {
        "all" => format!("{}={version}", package.name),
        arch => format!("{}:{arch}={version}", package.name),
    }
}

fn option(versions: Versions) -> Option<&'static str> {
    (versions == Versions::Any).then_some("--allow-downgrades")
}

/// A command that asks nothing, and that starts no services anew on its own account.
fn quiet(mut command: Command) -> Command {
    command.env("DEBIAN_FRONTEND", "noninteractive").env("NEEDRESTART_MODE", "l").env("LC_ALL", "C.UTF-8");
    command.env("APT_LISTCHANGES_FRONTEND", "none").stdin(Stdio::null());
    command
}
