//! The state of each package by a baseline, and which version is to be installed.

use reeve_patch_baseline::{Choice, Decision, Level, Patch, Scheme, compare};
use std::{cmp::Ordering, collections::HashMap};

/// A package that is installed; of one that is installed in several versions side by side the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub scheme: Scheme,
    pub name: String,
    pub arch: String,
    pub version: String,
    /// What lets it be updated, where somebody said that it stays as it is; empty: nobody did.
    pub hold: String,
    /// Whether it is unpacked and not configured, or worse.
    pub is_broken: bool,
    /// Whether new versions are installed beside the former ones.
    pub is_install_only: bool,
    /// When its files were put there, in seconds since 1970; 0: not known.
    pub installed_seconds: i64,
}

impl Package {
    pub fn key(&self) -> Key {
        (self.name.clone(), self.arch.clone())
    }
}

/// A package's name and architecture.
pub type Key = (String, String);

/// Versions that repositories have, by the installed package that they are for. `is_security` is the repository's, or the
/// notice's: a version that several notices name is there once for each of them.
pub type Offers = HashMap<Key, Vec<Patch>>;

/// What the machine's package manager would take of a package by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// None where its settings forbid every version.
    pub newest: Option<String>,
    /// Versions that are up to the newest one, and that it does not take.
    pub excluded: Vec<String>,
    /// Versions that a part of the machines is to have first.
    pub phased: Vec<String>,
    /// Why it takes no other one.
    pub reason: String,
}

impl Candidate {
    fn excludes(&self, offer: &Patch) -> bool {
        self.excluded.iter().any(|version| is_version(offer, version))
    }

    fn is_phased(&self, offer: &Patch) -> bool {
        self.phased.iter().any(|version| is_version(offer, version))
    }

    fn takes(&self, offer: &Patch) -> bool {
        let is_beyond = |at: &str| compare(offer.scheme, &offer.version, at) == Ordering::Greater;
        self.newest.as_deref().is_some_and(|at| !is_beyond(at)) && !self.excludes(offer)
    }
}

pub type Candidates = HashMap<Key, Candidate>;

/// What a package is by AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Installed,
    InstalledOther,
    InstalledPendingReboot,
    InstalledRejected,
    /// Ours: a newer version is approved, and it is given to a part of the machines first.
    Phased,
    Missing,
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "Installed",
            Self::InstalledOther => "InstalledOther",
            Self::InstalledPendingReboot => "InstalledPendingReboot",
            Self::InstalledRejected => "InstalledRejected",
            Self::Phased => "Phased",
            Self::Missing => "Missing",
            Self::Failed => "Failed",
        }
    }
}

/// A package as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    pub package: Package,
    pub state: State,
    /// The version that is approved and newer than the installed one.
    pub target: Option<Patch>,
    /// The newest version that the package manager would take, approved or not; none where there is nothing newer.
    pub available: Option<Patch>,
    /// What is known of the target, or of the installed version where there is none.
    pub told: Patch,
    pub level: Level,
    /// Why it is not as it should be, or what else there is to say.
    pub reason: String,
    /// Whether it is not whole, and the target is what mends it.
    pub is_mended_by_target: bool,
}

impl Assessed {
    pub fn id(&self) -> String {
        format!("{}.{}", self.package.name, self.package.arch)
    }

    /// Whether it is to be installed: nobody keeps it from it.
    pub fn is_wanted(&self) -> bool {
        self.is_mended_by_target || self.state == State::Missing && self.reason.is_empty()
    }

    /// Whether the target, or the installed version, is a security fix.
    pub fn is_security(&self) -> bool {
        self.told.is_security
    }
}

/// The packages of which there is a newer version.
pub fn updatable<'a>(packages: &'a [Package], offers: &Offers) -> Vec<&'a Package> {
    let is_newer = |package: &&Package| {
        let offers = offers.get(&package.key());
        offers
            .into_iter()
            .flatten()
            .any(|o| compare(o.scheme, &o.version, &package.version) == Ordering::Greater)
    };
    packages.iter().filter(is_newer).collect()
}

/// Assesses every installed package.
pub fn assess(
    choice: Choice<'_>,
    packages: &[Package],
    offers: &Offers,
    candidates: &Candidates,
    now_ms: i64,
) -> Vec<Assessed> {
    let none = Candidate::default();
    let of = |package: &Package| {
        let key = package.key();
        let versions = offers.get(&key).map(Vec::as_slice).unwrap_or_default();
        let one = One { choice, package, versions, candidate: candidates.get(&key).unwrap_or(&none), now_ms };
        one.assessed()
    };
    packages.iter().map(of).collect()
}

fn order(a: &Patch, b: &Patch) -> Ordering {
    compare(a.scheme, &a.version, &b.version)
}

fn is_version(of: &Patch, version: &str) -> bool {
    compare(of.scheme, &of.version, version) == Ordering::Equal
}

/// One package, and all by which it is decided.
struct One<'a> {
    choice: Choice<'a>,
    package: &'a Package,
    versions: &'a [Patch],
    candidate: &'a Candidate,
    now_ms: i64,
}

impl<'a> One<'a> {
    fn assessed(&self) -> Assessed {
        // Who names it in a list does not wait for his turn.
        let waits = |offer: &&Patch| self.choice.list.is_none() && self.is_phased(offer);
        let newer = self.versions.iter().filter(|offer| self.is_newer(offer));
        let (phased, newer): (Vec<&Patch>, Vec<&Patch>) = newer.partition(waits);
        // What is beyond the candidate is of a repository that is not for updates, such as backports, or is kept back.
        let (taken, kept_back): (Vec<&Patch>, Vec<&Patch>) =
            newer.iter().partition(|offer| self.candidate.takes(offer));
        let mut notes = Vec::new();
        let best = self.best(&taken, &mut notes);
        // Of what is merely beyond the candidate a fix alone is missed; what somebody excluded is told of whatever it is.
        let mut held: Vec<&Patch> = kept_back;
        held.retain(|offer| offer.is_security || self.candidate.excludes(offer));
        let available = taken.iter().max_by(|a, b| order(a, b)).map(|offer| self.with_notices(offer));
        let assessed = match (best, self.best(&held, &mut Vec::new())) {
            (Some((target, level)), _) => self.missing(target, level, self.held()),
            (None, Some((fix, level))) => self.missing(fix, level, self.candidate.reason.clone()),
            (None, None) => self.waiting(&phased, notes.join(" ")),
        };
        Assessed { available, ..assessed }
    }

    /// A package of which there is nothing to install now, though perhaps once it is its machine's turn.
    fn waiting(&self, phased: &[&Patch], reason: String) -> Assessed {
        let present = self.present(reason);
        match self.best(phased, &mut Vec::new()) {
            Some((next, _)) if present.state != State::InstalledRejected => {
                let reason = format!("{} is phased: a part of the machines is given it first.", next.version);
                Assessed { state: State::Phased, reason, ..present }
            }
            _ => present,
        }
    }

    /// Whether a part of the machines has a version first. A security fix is for all at once, wherever else it is.
    fn is_phased(&self, offer: &Patch) -> bool {
        let is_fix = |other: &Patch| other.is_security && is_version(other, &offer.version);
        self.candidate.is_phased(offer) && !self.versions.iter().any(is_fix)
    }

    fn is_newer(&self, offer: &Patch) -> bool {
        compare(offer.scheme, &offer.version, &self.package.version) == Ordering::Greater
    }

    fn held(&self) -> String {
        match self.package.hold.as_str() {
            "" => String::new(),
            hold => format!("It is held: {hold} lets it be updated."),
        }
    }

    /// The newest of some versions that is approved. Why others are not is noted.
    fn best(&self, offers: &[&Patch], notes: &mut Vec<String>) -> Option<(Patch, Level)> {
        let mut best: Option<(&Patch, Level)> = None;
        for offer in offers {
            if best.as_ref().is_some_and(|(target, _)| order(offer, target) != Ordering::Greater) {
                continue;
            }
            match self.decide(offer) {
                Decision::Approved { level, .. } => best = Some((offer, level)),
                other => notes.extend(note(offer, &other).filter(|note| !notes.contains(note))),
            }
        }
        best.map(|(target, level)| (self.with_notices(target), level))
    }

    /// Decides on a version by all that it brings: a security fix that a newer ordinary version hides comes with that one.
    /// What its own entries are rejected by counts for it alone.
    fn decide(&self, offer: &Patch) -> Decision {
        let own = self.versions.iter().filter(|other| is_version(other, &offer.version));
        let mut decided = Decision::NotApproved;
        for entry in own {
            match (self.choice.decide(entry, self.now_ms), &decided) {
                (rejected @ Decision::Rejected { .. }, _) => return rejected,
                (_, Decision::Approved { .. }) => {}
                (approved @ Decision::Approved { .. }, _)
                | (approved @ Decision::Pending { .. }, Decision::NotApproved) => {
                    decided = approved;
                }
                _ => {}
            }
        }
        let brought = self.brought_by(offer).filter(|other| !is_version(other, &offer.version));
        for earlier in brought {
            let with = Patch {
                classification: earlier.classification.clone(),
                severity: earlier.severity.clone(),
                is_security: earlier.is_security,
                advisories: earlier.advisories.clone(),
                cves: earlier.cves.clone(),
                bugzilla: earlier.bugzilla.clone(),
                released_ms: offer.released_ms.max(earlier.released_ms),
                ..offer.clone()
            };
            match (self.choice.decide(&with, self.now_ms), &decided) {
                (_, Decision::Approved { .. }) => break,
                (approved @ Decision::Approved { .. }, _)
                | (approved @ Decision::Pending { .. }, Decision::NotApproved) => {
                    decided = approved;
                }
                _ => {}
            }
        }
        decided
    }

    /// The entries of what a version brings to this machine: its own, and those of versions between it and the installed one.
    /// For an installed version those that are not newer.
    fn brought_by<'b>(&'b self, offer: &'b Patch) -> impl Iterator<Item = &'a Patch> + 'b {
        let is_update = self.is_newer(offer);
        self.versions.iter().filter(move |other| {
            order(other, offer) != Ordering::Greater && self.is_newer(other) == is_update
        })
    }

    /// A version with all that is known of what it brings.
    fn with_notices(&self, offer: &Patch) -> Patch {
        let mut all = offer.clone();
        for other in self.brought_by(offer) {
            let is_graver =
                (other.is_security, rank(&other.severity)) > (all.is_security, rank(&all.severity));
            if is_graver || all.classification.is_empty() {
                all.classification.clone_from(&other.classification);
                all.severity.clone_from(&other.severity);
            }
            all.is_security |= other.is_security;
            for (into, from) in [
                (&mut all.advisories, &other.advisories),
                (&mut all.cves, &other.cves),
                (&mut all.bugzilla, &other.bugzilla),
            ] {
                from.iter().for_each(|id| {
                    if !into.contains(id) {
                        into.push(id.clone())
                    }
                });
            }
        }
        all
    }

    fn missing(&self, target: Patch, level: Level, reason: String) -> Assessed {
        Assessed {
            package: self.package.clone(),
            state: State::Missing,
            level,
            told: target.clone(),
            target: Some(target),
            available: None,
            reason,
            is_mended_by_target: false,
        }
    }

    /// A package of which there is nothing to install.
    fn present(&self, reason: String) -> Assessed {
        let same = self.versions.iter().find(|offer| is_version(offer, &self.package.version));
        let installed = same.cloned().unwrap_or_else(|| Patch {
            scheme: self.package.scheme,
            name: self.package.name.clone(),
            arch: self.package.arch.clone(),
            version: self.package.version.clone(),
            ..Patch::default()
        });
        let by_itself = self.choice.decide(&installed, self.now_ms);
        let decided = match by_itself {
            Decision::NotApproved | Decision::Pending { .. } => self.decide(&installed),
            decided => decided,
        };
        let (state, level, reason) = match decided {
            Decision::Approved { level, .. } => (State::Installed, level, reason),
            Decision::Rejected { as_dependency: false, by } => {
                (State::InstalledRejected, Level::Unspecified, format!("It is rejected by {by:?}."))
            }
            _ => (State::InstalledOther, Level::Unspecified, reason),
        };
        Assessed {
            package: self.package.clone(),
            state,
            target: None,
            available: None,
            level,
            told: self.with_notices(&installed),
            reason,
            is_mended_by_target: false,
        }
    }
}

/// Why a version is not approved, where that is more than that nothing approves it.
fn note(offer: &Patch, decided: &Decision) -> Option<String> {
    let version = &offer.version;
    match decided {
        Decision::Pending { from_ms } => {
            let at = reeve_types::Timestamp(*from_ms).rfc3339();
            Some(format!("{version} is approved from {at} on."))
        }
        Decision::Rejected { by, .. } => Some(format!("{version} is rejected by {by:?}.")),
        Decision::NotApproved if offer.scheme == Scheme::Rpm && offer.classification.is_empty() => {
            let repository = &offer.repository;
            Some(format!("{version} is unclassified: no update notice of {repository} names it."))
        }
        Decision::NotApproved | Decision::Approved { .. } => None,
    }
}

/// How grave a severity is.
fn rank(severity: &str) -> u8 {
    let known = ["low", "moderate", "medium", "important", "critical"];
    let found = known.iter().position(|one| severity.eq_ignore_ascii_case(one));
    found.map_or(0, |at| u8::try_from(at + 1).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests;
