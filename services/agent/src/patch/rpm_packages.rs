//! Packages and update notices, as everything with rpm has them. Pure, but for the list of what is installed.

use super::assess::Package;
use crate::inventory::{Machine, rpm};
use reeve_patch_baseline::{Patch, Scheme, compare};
use reeve_types::Timestamp;
use serde::Deserialize;
use std::{cmp::Ordering, collections::BTreeMap, collections::HashSet};

/// A version that a repository has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    pub name: String,
    pub arch: String,
    /// `epoch:version-release`.
    pub version: String,
    pub repository: String,
    /// When it was built, in seconds since 1970.
    pub built: i64,
    /// Whether no setting of the machine keeps it away.
    pub is_allowed: bool,
    pub notices: Vec<Notice>,
}

/// An update notice (of updateinfo) that names a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub id: String,
    /// AWS's word for its type: `Security`; empty for a type that it has none for.
    #[serde(rename = "type")]
    pub kind: String,
    pub severity: String,
    /// `2024-01-02 00:00:00`, in UTC, or seconds since 1970.
    pub updated: String,
    pub cves: Vec<String>,
    pub bugzilla: Vec<String>,
}

const SECURITY: &str = "Security";
const NO_ARCHITECTURE: &str = "noarch";

impl Offered {
    /// Whether it could replace a package: of the same architecture, unless one of the two has none.
    pub fn is_for(&self, package: &Package) -> bool {
        self.name == package.name
            && (self.arch == package.arch
                || [&self.arch, &package.arch].iter().any(|arch| *arch == NO_ARCHITECTURE))
    }

    /// By what notices name it.
    pub fn key(&self) -> (String, String, String) {
        (self.name.clone(), self.version.clone(), self.arch.clone())
    }

    pub fn order(&self, other: &Self) -> Ordering {
        compare(Scheme::Rpm, &self.version, &other.version)
    }
}

/// What is installed, in every version.
///
/// # Errors
/// When rpm does not say, or says that nothing is.
pub async fn installed(machine: &Machine) -> Result<Vec<Package>, String> {
    let fields = ["NAME", "EPOCHNUM", "VERSION", "RELEASE", "ARCH", "INSTALLTIME"];
    let listed = rpm::list(machine, fields).await?;
    let packages: Vec<Package> = listed
        .into_iter()
        .map(|fields| fields.map(|field| String::from_utf8_lossy(&field).into_owned()))
        // The keys that packages are checked with are listed among them.
        .filter(|[name, ..]| name != "gpg-pubkey")
        .map(|[name, epoch, version, release, arch, installed]| Package {
            scheme: Scheme::Rpm,
            name,
            arch,
            version: format!("{epoch}:{version}-{release}"),
            installed_seconds: installed.parse().unwrap_or_default(),
            ..Package::default()
        })
        .collect();
    match packages.is_empty() {
        true => Err("There is a database of packages, and rpm lists not one of them.".to_owned()),
        false => Ok(packages),
    }
}

/// Of each package the newest version: what is older stands beside it, as kernels do, and is no patch of its own.
pub fn newest(packages: Vec<Package>, install_only: &HashSet<String>) -> Vec<Package> {
    let mut newest: BTreeMap<(String, String), Package> = BTreeMap::new();
    for mut package in packages {
        package.is_install_only = install_only.contains(&package.name);
        let key = package.key();
        let is_newer =
            |known: &Package| compare(Scheme::Rpm, &package.version, &known.version) == Ordering::Greater;
        if newest.get(&key).is_none_or(is_newer) {
            newest.insert(key, package);
        }
    }
    newest.into_values().collect()
}

/// Versions as baselines decide on them: one for each notice that names it, and one for a version that none names.
pub fn patches(offers: &[&Offered], product: &str) -> Vec<Patch> {
    let of = |offer: &&Offered| {
        let plain = Patch {
            scheme: Scheme::Rpm,
            name: offer.name.clone(),
            arch: offer.arch.clone(),
            version: offer.version.clone(),
            product: product.to_owned(),
            repository: offer.repository.clone(),
            // Without a notice a version is as old as its build.
            released_ms: Some(offer.built.saturating_mul(1000)),
            ..Patch::default()
        };
        match offer.notices.is_empty() {
            true => vec![plain],
            false => offer.notices.iter().map(|notice| noticed(&plain, notice)).collect(),
        }
    };
    offers.iter().flat_map(of).collect()
}

fn noticed(plain: &Patch, notice: &Notice) -> Patch {
    Patch {
        classification: notice.kind.clone(),
        severity: notice.severity.clone(),
        is_security: notice.kind == SECURITY,
        released_ms: instant(&notice.updated).or(plain.released_ms),
        advisories: vec![notice.id.clone()],
        cves: notice.cves.clone(),
        bugzilla: notice.bugzilla.clone(),
        ..plain.clone()
    }
}

/// When that is, in milliseconds since 1970; none for what is no time.
fn instant(text: &str) -> Option<i64> {
    match text.parse::<i64>() {
        Ok(seconds) => Some(seconds.saturating_mul(1000)),
        Err(_) => Timestamp::parse_rfc3339(&format!("{}Z", text.replacen(' ', "T", 1))).map(|at| at.0),
    }
}

/// A version with its epoch: one that is missing is 0.
pub fn with_epoch(version: &str) -> String {
    if version.contains(':') { version.to_owned() } else { format!("0:{version}") }
}

/// What is said of a repository without notices.
pub fn unclassified(repository: &str) -> String {
    format!(
        "The repository {repository} has no update notices (updateinfo): what it has is unclassified, and no rule about \
         security, a classification or a severity approves it."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(version: &str, arch: &str) -> Package {
        Package {
            scheme: Scheme::Rpm,
            name: "kernel-core".into(),
            arch: arch.into(),
            version: version.into(),
            ..Package::default()
        }
    }

    #[test]
    fn of_several_installed_versions_the_newest_counts() {
        let listed = ["0:5.2.11-1", "0:5.2.14-1", "0:5.2.13-1"].map(|version| package(version, "x86_64"));
        let found = newest(listed.to_vec(), &HashSet::from(["kernel-core".to_owned()]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].version.as_str(), found[0].is_install_only), ("0:5.2.14-1", true));
    }

    #[test]
    fn a_version_is_there_once_for_each_of_its_notices() {
        let notice = |id: &str, kind: &str, updated: &str| Notice {
            id: id.into(),
            kind: kind.into(),
            updated: updated.into(),
            ..Notice::default()
        };
        let notices = vec![
            notice("RLSA-1", "Security", "2024-01-02 00:00:00"),
            notice("RLBA-1", "Bugfix", "1704153600"),
        ];
        let offer = Offered {
            name: "kernel-core".into(),
            version: "0:1-1".into(),
            built: 5,
            notices,
            ..Offered::default()
        };
        let plain = Offered { notices: Vec::new(), ..offer.clone() };
        let found = patches(&[&offer, &plain], "Rocky9.3");
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                (one.classification.as_str(), one.is_security, one.released_ms, one.advisories.concat())
            })
            .collect();
        let at = Some(1_704_153_600_000);
        let expected = [
            ("Security", true, at, "RLSA-1".to_owned()),
            ("Bugfix", false, at, "RLBA-1".to_owned()),
            ("", false, Some(5_000), String::new()),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_update_may_change_between_an_architecture_and_none() {
        let offer =
            |arch: &str| Offered { name: "kernel-core".into(), arch: arch.into(), ..Offered::default() };
        for (installed, offered, fits) in [
            ("x86_64", "x86_64", true),
            ("x86_64", "i686", false),
            ("noarch", "x86_64", true),
            ("x86_64", "noarch", true),
        ] {
            assert_eq!(offer(offered).is_for(&package("0:1-1", installed)), fits, "{installed} {offered}");
        }
    }
}
