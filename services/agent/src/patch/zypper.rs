//! zypper and rpm: what they have, what they could have, and installing it.

use super::{
    assess::{Assessed, Candidate, Candidates, Offers, Package},
    kernel::is_kernel,
    lock::Locks,
    plan::{Ended, Found, Planned, Simulated, Versions},
    rpm_packages,
    rpm_packages::Offered,
    updateinfo::{self, Notices},
    xml::{self, Piece},
};
use crate::inventory::{Machine, program};
use reeve_patch_baseline::{NamePattern, Patch, Scheme};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    process::Stdio,
};
use tokio::process::Command;

/// libzypp's file with the number of the process that is at the packages, and rpm's locks.
pub const LOCKS: Locks = Locks {
    files: &["/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"],
    process_files: &["/run/zypp.pid", "/var/run/zypp.pid"],
};

/// Nothing that is merely recommended comes along, and no package changes the vendor that it is of.
const INSTALLING: [&str; 3] = ["--no-recommends", "--no-allow-vendor-change", "--auto-agree-with-licenses"];

/// zypper on one machine.
pub struct Zypper<'a> {
    pub machine: &'a Machine,
}

/// A repository that is enabled.
struct Repository {
    alias: String,
    name: String,
}

impl Zypper<'_> {
    fn options(&self) -> Vec<String> {
        let root = &self.machine.root;
        let root = (root != Path::new("/")).then(|| ["--root".to_owned(), root.display().to_string()]);
        root.into_iter().flatten().chain(["--non-interactive".to_owned()]).collect()
    }

    /// What zypper answered. A code that does not mean that it knows all is an error.
    async fn asked(&self, arguments: &[&str]) -> Result<String, String> {
        let options = self.options();
        let all: Vec<&str> =
            options.iter().map(String::as_str).chain(["--xmlout"]).chain(arguments.iter().copied()).collect();
        let answer = program::ran(self.machine, "zypper", &all).await?;
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        match answer.status.code() {
            Some(code) if is_known(code) => Ok(text),
            code => {
                let what = arguments.first().copied().unwrap_or_default();
                let code = code.map_or("a signal".to_owned(), |code| format!("{code}, {}", meaning(code)));
                Err(format!("zypper {what} ended with {code}: {}", complaints(&text)))
            }
        }
    }

    /// Gets the repositories' metadata anew.
    ///
    /// # Errors
    /// What zypper complains of.
    pub async fn refresh(&self) -> Result<(), String> {
        self.asked(&["refresh"]).await.map(|_| ())
    }

    /// What is installed, and what enabled repositories have of it.
    ///
    /// # Errors
    /// When rpm or zypper does not say, or rpm says that nothing is installed.
    pub async fn found(&self, product: &str) -> Result<Found, String> {
        let listed = rpm_packages::installed(self.machine).await?;
        let beside = install_only(&listed);
        let mut packages = rpm_packages::newest(listed, &beside);
        let repositories =
            repositories(&self.asked(&["--no-refresh", "repos", "--show-enabled-only"]).await?)?;
        let (mut notices, mut without) = (Notices::new(), HashSet::new());
        for repository in &repositories {
            let folder = self.machine.at("/var/cache/zypp/raw").join(&repository.alias);
            match updateinfo::read(self.machine, &folder).await? {
                Some(found) => {
                    found.into_iter().for_each(|(key, of)| notices.entry(key).or_default().extend(of))
                }
                None => drop(without.insert(repository.name.as_str())),
            }
        }
        let names: HashSet<String> = packages.iter().map(|package| package.name.clone()).collect();
        let answer = self.asked(&["--no-refresh", "search", "--details", "--type", "package"]).await?;
        let mut by_name: HashMap<String, Vec<Offered>> = HashMap::new();
        for mut offer in offered(&answer)?.into_iter().filter(|offer| names.contains(&offer.name)) {
            offer.notices = notices.get(&offer.key()).cloned().unwrap_or_default();
            by_name.entry(offer.name.clone()).or_default().push(offer);
        }
        let locks = locks(&self.asked(&["locks"]).await?)?;
        let (mut offers, mut candidates, mut unclassified) =
            (Offers::new(), Candidates::new(), HashSet::new());
        for package in &mut packages {
            let named = by_name.get(&package.name).into_iter().flatten();
            let of: Vec<&Offered> = named.filter(|offer| offer.is_for(package)).collect();
            unclassified.extend(
                of.iter().map(|offer| offer.repository.as_str()).filter(|name| without.contains(name)),
            );
            let Some(newest) = of.iter().max_by(|a, b| a.order(b)) else { continue };
            let newest = Some(newest.version.clone());
            candidates.insert(package.key(), Candidate { newest, ..Candidate::default() });
            offers.insert(package.key(), rpm_packages::patches(&of, product));
            package.hold = lock_of(&locks, package);
        }
        let mut unclassified: Vec<&str> = unclassified.into_iter().collect();
        unclassified.sort_unstable();
        let notes = unclassified.into_iter().map(rpm_packages::unclassified).collect();
        Ok(Found { packages, offers, candidates, notes })
    }

    /// What installing these would do.
    ///
    /// # Errors
    /// What zypper complains of.
    pub async fn simulate(&self, targets: &[String], versions: Versions) -> Result<Simulated, String> {
        let arguments = ["--no-refresh", "install", "--dry-run"].into_iter().chain(INSTALLING);
        let arguments = arguments.chain(option(versions)).chain(targets.iter().map(String::as_str));
        simulated(&self.asked(&arguments.collect::<Vec<_>>()).await?)
    }

    /// The command that installs these, and asks nobody anything.
    pub fn install(&self, targets: &[String], versions: Versions) -> Command {
        let mut command = Command::new("zypper");
        command
            .args(self.options())
            .args(["--no-refresh", "install"])
            .args(INSTALLING)
            .args(option(versions));
        command.args(targets).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }
}

/// A version as zypper is told it.
pub fn target(one: &Assessed, version: &str) -> String {
    let of = one.target.as_ref().filter(|target| target.version == version);
    let arch = of.map_or(&one.package.arch, |target| &target.arch);
    format!("{}.{arch}={version}", one.package.name)
}

fn option(versions: Versions) -> Option<&'static str> {
    (versions == Versions::Any).then_some("--oldpackage")
}

/// Whether zypper knows all that it was asked for. What some repositories were skipped for is not known.
fn is_known(code: i32) -> bool {
    matches!(code, 0 | 100..=102)
}

/// What a code of zypper's means (zypper(8), "EXIT CODES").
fn meaning(code: i32) -> &'static str {
    match code {
        1 => "an unexpected error",
        2 | 3 => "it was called wrongly",
        4 => "libzypp complained",
        5 => "its user may not do that",
        6 => "there is no enabled repository",
        7 => "the packages are locked",
        8 => "some packages could not be installed",
        104 => "a name was not found",
        105 => "it was interrupted",
        106 => "repositories were skipped, and what they have is not known",
        _ => "which zypper does not explain",
    }
}

/// How an installation ended.
pub fn ended(code: i32) -> Ended {
    match code {
        0 | 100 | 101 => Ended::Done,
        7 => Ended::Locked,
        102 => Ended::RestartDue,
        103 => Ended::Again,
        107 => Ended::DoneBut("zypper ended with 107: a script of a package failed, see the output."),
        code => Ended::Failed(format!("it ended with {code}, {}", meaning(code))),
    }
}

/// What zypper complains of in an answer.
fn complaints(answer: &str) -> String {
    let Ok(pieces) = xml::pieces(answer) else { return answer.trim().to_owned() };
    let (mut texts, mut is_one) = (Vec::new(), false);
    for piece in &pieces {
        match piece {
            Piece::Start { name: "message", attributes } => {
                is_one = ["error", "warning"].contains(&xml::attribute(attributes, "type"));
            }
            Piece::Start { name: "description", .. } => is_one = true,
            Piece::Text(text) if is_one => texts.push(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            Piece::End("message" | "description") => is_one = false,
            _ => {}
        }
    }
    texts.join(" ")
}

/// The elements of a name in an answer.
fn elements<'a>(answer: &'a str, element: &str) -> Result<Vec<Vec<(&'a str, String)>>, String> {
    let pieces =
        xml::pieces(answer).map_err(|reason| format!("What zypper said cannot be read: {reason}."))?;
    let of = |piece: Piece<'a>| match piece {
        Piece::Start { name, attributes } if name == element => Some(attributes),
        _ => None,
    };
    Ok(pieces.into_iter().filter_map(of).collect())
}

/// An attribute that there has to be.
fn given(attributes: &[(&str, String)], name: &str) -> Result<String, String> {
    match xml::attribute(attributes, name) {
        "" => Err(format!("What zypper said cannot be read: {attributes:?} has no {name}.")),
        value => Ok(value.to_owned()),
    }
}

fn repositories(answer: &str) -> Result<Vec<Repository>, String> {
    let of = |attributes: Vec<(&str, String)>| {
        Ok(Repository { alias: given(&attributes, "alias")?, name: given(&attributes, "name")? })
    };
    elements(answer, "repo")?.into_iter().map(of).collect()
}

/// The versions that repositories have.
fn offered(answer: &str) -> Result<Vec<Offered>, String> {
    /// What is installed and that no repository has.
    const NOWHERE: &str = "(System Packages)";
    let mut offered = Vec::new();
    for attributes in elements(answer, "solvable")? {
        let repository = given(&attributes, "repository")?;
        if repository != NOWHERE {
            offered.push(Offered {
                name: given(&attributes, "name")?,
                arch: given(&attributes, "arch")?,
                version: rpm_packages::with_epoch(&given(&attributes, "edition")?),
                repository,
                is_allowed: true,
                ..Offered::default()
            });
        }
    }
    Ok(offered)
}

/// The names of what is locked; `*` stands for any characters.
fn locks(answer: &str) -> Result<Vec<String>, String> {
    let pieces =
        xml::pieces(answer).map_err(|reason| format!("What zypper said cannot be read: {reason}."))?;
    let named = pieces.windows(2).filter_map(|two| match two {
        [Piece::Start { name: "name", .. }, Piece::Text(text)] => Some(text.clone()),
        _ => None,
    });
    Ok(named.collect())
}

/// What lifts the lock of a package; empty: there is none.
fn lock_of(locks: &[String], package: &Package) -> String {
    let patch = Patch { scheme: Scheme::Rpm, name: package.name.clone(), ..Patch::default() };
    let names = |lock: &&String| NamePattern::parse(lock).is_ok_and(|pattern| pattern.names(&patch));
    locks.iter().find(names).map(|lock| format!("`zypper removelock {lock}`")).unwrap_or_default()
}

/// Names that have several versions side by side, and kernels: new ones are installed beside them.
fn install_only(listed: &[Package]) -> HashSet<String> {
    let mut seen = HashSet::new();
    let several = listed.iter().filter(|package| !seen.insert(package.key()));
    let several: HashSet<String> = several.map(|package| package.name.clone()).collect();
    let kernels = listed.iter().filter(|package| is_kernel(&package.name));
    several.into_iter().chain(kernels.map(|package| package.name.clone())).collect()
}

/// What zypper would do, by its summary.
fn simulated(answer: &str) -> Result<Simulated, String> {
    let pieces =
        xml::pieces(answer).map_err(|reason| format!("What zypper would do cannot be read: {reason}."))?;
    let (mut simulated, mut list) = (Simulated::default(), "");
    for piece in &pieces {
        match piece {
            Piece::Start { name, .. } if name.starts_with("to-") => list = name,
            Piece::End(name) if *name == list => list = "",
            Piece::Start { name: "solvable", attributes }
                if xml::attribute(attributes, "type") == "package" =>
            {
                let (name, arch) = (given(attributes, "name")?, given(attributes, "arch")?);
                let shown = format!("{name}.{arch}");
                match list {
                    "to-remove" => simulated.removed.push(shown.clone()),
                    "to-downgrade" => simulated.older.push(shown.clone()),
                    _ => {}
                }
                if list != "to-remove" {
                    let version = rpm_packages::with_epoch(&given(attributes, "edition")?);
                    let before =
                        Some(xml::attribute(attributes, "edition-old")).filter(|old| !old.is_empty());
                    let before = before.map(rpm_packages::with_epoch);
                    simulated.installed.push(Planned { name, arch, shown, before, version });
                }
            }
            _ => {}
        }
    }
    Ok(simulated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_means_what_its_manual_says() {
        let failed = |code: i32| Ended::Failed(format!("it ended with {code}, {}", meaning(code)));
        for (code, expected, is_known) in [
            (0, Ended::Done, true),
            (6, failed(6), false),
            (7, Ended::Locked, false),
            (8, failed(8), false),
            (102, Ended::RestartDue, true),
            (103, Ended::Again, false),
            (104, failed(104), false),
            (106, failed(106), false),
            (
                107,
                Ended::DoneBut("zypper ended with 107: a script of a package failed, see the output."),
                false,
            ),
        ] {
            assert_eq!((ended(code), super::is_known(code)), (expected, is_known), "{code}");
        }
        assert!(meaning(106).contains("not known") && meaning(6).contains("repository"));
    }

    #[test]
    fn answers_are_read_as_they_are_written_and_chatter_is_no_package() {
        let answer = |list: &str| {
            format!(
                "<?xml version='1.0'?>\n<stream>\n<message type=\"info\">Loading...</message>\n{list}\n</stream>"
            )
        };
        let listed = answer(
            "<search-result version=\"0.0\">\n<solvable-list>\n\
             <solvable status=\"other-version\" name=\"a\" kind=\"package\" edition=\"1.2-1\" arch=\"noarch\" repository=\"base\"/>\n\
             <solvable status=\"installed\" name=\"b\" kind=\"package\" edition=\"2:1.0-1\" arch=\"x86_64\" repository=\"(System Packages)\"/>\n\
             </solvable-list>\n</search-result>",
        );
        let found = offered(&listed).unwrap();
        assert_eq!(
            found.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect::<Vec<_>>(),
            [("a", "0:1.2-1")]
        );
        assert!(offered(&answer("<solvable name=\"a\" repository=\"base\"/>")).is_err(), "it has no version");
        assert!(offered(&listed[..listed.len() - 12]).is_err(), "cut off");
        let summary = answer(
            "<install-summary packages-to-change=\"2\"><to-upgrade><solvable type=\"package\" name=\"a\" edition=\"1.2-1\" \
             arch=\"noarch\" edition-old=\"1.1-1\"/></to-upgrade><to-remove><solvable type=\"package\" name=\"old\" \
             edition=\"1-1\" arch=\"noarch\"/></to-remove></install-summary>",
        );
        let would = simulated(&summary).unwrap();
        assert_eq!(would.removed, ["old.noarch"]);
        let one = &would.installed[0];
        assert_eq!(
            (one.shown.as_str(), one.before.as_deref(), one.version.as_str()),
            ("a.noarch", Some("0:1.1-1"), "0:1.2-1")
        );
        let locked =
            locks(&answer("<locks size=\"1\"><lock number=\"1\"><name>kernel-*</name></lock></locks>"))
                .unwrap();
        let kernel = Package { name: "kernel-default".into(), ..Package::default() };
        assert_eq!(lock_of(&locked, &kernel), "`zypper removelock kernel-*`");
        assert_eq!(lock_of(&locked, &Package { name: "a".into(), ..Package::default() }), "");
        let complaint = answer("<message type=\"error\">No provider of &apos;a&apos; found.</message>");
        assert_eq!(complaints(&complaint), "No provider of 'a' found.");
    }
}
