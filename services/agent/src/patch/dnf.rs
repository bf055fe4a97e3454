//! dnf and rpm: what they have, what they could have, and installing it.

use super::{
    assess::{Assessed, Candidate, Candidates, Offers, Package},
    lock::Locks,
    plan::{Found, Planned, Simulated, Versions},
    rpm_packages::{self, Offered},
};
use crate::inventory::{Machine, program};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    process::Stdio,
};
use tokio::process::Command;

/// dnf's own files with the number of the process that is at its metadata, its downloads or the packages, and rpm's locks.
pub const LOCKS: Locks = Locks {
    files: &["/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"],
    process_files: &[
        "/var/cache/dnf/metadata_lock.pid",
        "/var/cache/dnf/download_lock.pid",
        "/var/lib/dnf/rpmdb_lock.pid",
    ],
};

/// Asked as dnf's own programs are written, in its own interpreter.
const ASKING: &str = include_str!("dnf.py");

/// A repository that cannot be reached is never left out; former kernels stay; what is merely recommended stays away.
const OPTIONS: [&str; 4] = [
    "--setopt=*.skip_if_unavailable=False",
    "--setopt=installonly_limit=0",
    "--setopt=install_weak_deps=False",
    "--setopt=clean_requirements_on_remove=False",
];
/// What was decided on is what is installed: nothing is fetched anew in between.
const NOT_ANEW: &str = "--setopt=*.metadata_expire=-1";

/// dnf on one machine.
pub struct Dnf<'a> {
    pub machine: &'a Machine,
    /// What dnf itself is run by.
    interpreter: String,
}

/// What dnf knows, as it was asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    offers: Vec<Offered>,
    /// Repositories that have no notices.
    unclassified: Vec<String>,
    /// Names of installed packages whose new versions are installed beside the former ones.
    install_only: HashSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    comes: Vec<Coming>,
    goes: Vec<String>,
    is_older: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coming {
    name: String,
    arch: String,
    before: Option<String>,
    version: String,
}

impl<'a> Dnf<'a> {
    /// # Errors
    /// When what is there is no dnf that can be asked.
    pub fn of(machine: &'a Machine, program: &Path) -> Result<Self, String> {
        let text = std::fs::read(program).unwrap_or_default();
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        let interpreter = first.strip_prefix("#!").and_then(|line| line.split_whitespace().next());
        match interpreter.filter(|interpreter| interpreter.contains("python")) {
            Some(interpreter) => Ok(Self { machine, interpreter: interpreter.to_owned() }),
            None => Err(format!(
                "{} is no dnf of version 4, which is a program in Python: others cannot be asked here.",
                program.display()
            )),
        }
    }

    /// What every dnf is told.
    fn options(&self) -> Vec<String> {
        let root = &self.machine.root;
        let root = (root != Path::new("/")).then(|| format!("--installroot={}", root.display()));
        root.into_iter().chain(OPTIONS.map(str::to_owned)).collect()
    }

    /// Asks dnf itself.
    async fn asked(&self, question: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let options = self.options();
        let mut all = vec!["-I", "-c", ASKING, question, "--quiet", "--assumeyes", NOT_ANEW];
        all.extend(options.iter().map(String::as_str));
        all.extend(arguments);
        let output = program::output(self.machine, &self.interpreter, &all).await;
        output.map_err(|reason| reason.replacen(&self.interpreter, "dnf", 1))
    }

    /// Gets the repositories' metadata anew.
    ///
    /// # Errors
    /// What dnf complains of.
    pub async fn refresh(&self) -> Result<(), String> {
        let options = self.options();
        let all: Vec<&str> =
            options.iter().map(String::as_str).chain(["--quiet", "--refresh", "makecache"]).collect();
        program::output(self.machine, "dnf", &all).await.map(|_| ())
    }

    /// What is installed, and what enabled repositories have of it.
    ///
    /// # Errors
    /// When rpm or dnf does not say, or rpm says that nothing is installed.
    pub async fn found(&self, product: &str) -> Result<Found, String> {
        let listed = rpm_packages::installed(self.machine).await?;
        let answer = self.asked("read", &["repoquery"]).await?;
        let known: Known = serde_json::from_slice(&answer)
            .map_err(|error| format!("What dnf said of its repositories cannot be read: {error}."))?;
        let packages = rpm_packages::newest(listed, &known.install_only);
        let mut by_name: HashMap<&str, Vec<&Offered>> = HashMap::new();
        known.offers.iter().for_each(|offer| by_name.entry(&offer.name).or_default().push(offer));
        let (mut offers, mut candidates) = (Offers::new(), Candidates::new());
        for package in &packages {
            let named = by_name.get(package.name.as_str()).into_iter().flatten().copied();
            let of: Vec<&Offered> = named.filter(|offer| offer.is_for(package)).collect();
            if of.is_empty() {
                continue;
            }
            candidates.insert(package.key(), candidate(package, &of));
            offers.insert(package.key(), rpm_packages::patches(&of, product));
        }
        let unclassified = known
            .unclassified
            .iter()
            .filter(|repository| known.offers.iter().any(|offer| offer.repository == **repository));
        let notes = unclassified.map(|repository| rpm_packages::unclassified(repository)).collect();
        Ok(Found { packages, offers, candidates, notes })
    }

    /// What installing these would do.
    ///
    /// # Errors
    /// What dnf complains of.
    pub async fn simulate(&self, targets: &[String], versions: Versions) -> Result<Simulated, String> {
        let arguments: Vec<&str> =
            [verb(versions)].into_iter().chain(targets.iter().map(String::as_str)).collect();
        let answer = self.asked("plan", &arguments).await?;
        let plan: Plan = serde_json::from_slice(&answer)
            .map_err(|error| format!("What dnf would do cannot be read: {error}."))?;
        let planned = |one: Coming| Planned {
            shown: format!("{}.{}", one.name, one.arch),
            name: one.name,
            arch: one.arch,
            before: one.before,
            version: one.version,
        };
        let installed = plan.comes.into_iter().map(planned).collect();
        Ok(Simulated { installed, removed: plan.goes, older: plan.is_older })
    }

    /// The command that installs these, and asks nobody anything.
    pub fn install(&self, targets: &[String], versions: Versions) -> Command {
        let mut command = Command::new("dnf");
        command.args(self.options()).args(["--assumeyes", NOT_ANEW, verb(versions)]).args(targets);
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }
}

/// A version as dnf is told it.
pub fn target(one: &Assessed, version: &str) -> String {
    // An update may be of another architecture than what it replaces, where one of the two is none.
    let of = one.target.as_ref().filter(|target| target.version == version);
    let arch = of.map_or(&one.package.arch, |target| &target.arch);
    format!("{}-{version}.{arch}", one.package.name)
}

fn verb(versions: Versions) -> &'static str {
    match versions {
        Versions::Newer => "install",
        Versions::Any => "downgrade",
    }
}

/// What dnf would take of a package: all but what its settings exclude.
fn candidate(package: &Package, offers: &[&Offered]) -> Candidate {
    let newest = offers.iter().max_by(|a, b| a.order(b)).map(|offer| offer.version.clone());
    let excluded = offers.iter().filter(|offer| !offer.is_allowed).map(|offer| offer.version.clone());
    let reason = format!(
        "It is held at {}: `dnf versionlock delete {}`, or the exclude= of dnf.conf or of the repository that \
         names it, lets it be updated.",
        package.version, package.name
    );
    Candidate { newest, excluded: excluded.collect(), reason, phased: Vec::new() }
}
