//! The state of each package by a baseline, and which version is to be installed.

use reeve_patch_baseline::{Choice, Decision, Level, Patch, compare};
use std::{cmp::Ordering, collections::HashMap};

/// A package that is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub arch: String,
    pub version: String,
    /// Whether somebody said that it stays as it is.
    pub is_held: bool,
    /// Whether it is unpacked and not configured, or worse.
    pub is_broken: bool,
    /// When its files were put there, in seconds since 1970; 0: not known.
    pub installed_seconds: i64,
}

/// Versions that repositories have, by name and architecture. `is_security` is the repository's.
pub type Offers = HashMap<(String, String), Vec<Patch>>;

/// The version that the machine's package manager would take of each package by itself, by name and architecture; none where
/// its preferences forbid every one.
pub type Candidates = HashMap<(String, String), Option<String>>;

/// What a package is by AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Installed,
    InstalledOther,
    InstalledPendingReboot,
    InstalledRejected,
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
    /// Whether the target, or the installed version, is a security fix.
    pub is_security: bool,
    pub level: Level,
    pub priority: String,
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
}

/// The packages of which there is a newer version.
pub fn updatable<'a>(packages: &'a [Package], offers: &Offers) -> Vec<&'a Package> {
    let is_newer = |package: &&Package| {
        let offers = offers.get(&(package.name.clone(), package.arch.clone()));
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
    packages.iter().map(|package| one(choice, package, offers, candidates, now_ms)).collect()
}

fn one(
    choice: Choice<'_>,
    package: &Package,
    offers: &Offers,
    candidates: &Candidates,
    now_ms: i64,
) -> Assessed {
    let key = (package.name.clone(), package.arch.clone());
    let versions = offers.get(&key).map(Vec::as_slice).unwrap_or_default();
    let order = |a: &Patch, b: &Patch| compare(a.scheme, &a.version, &b.version);
    let installed = Patch {
        name: package.name.clone(),
        arch: package.arch.clone(),
        version: package.version.clone(),
        ..Patch::default()
    };
    let newer = versions.iter().filter(|offer| order(offer, &installed) == Ordering::Greater);
    // What is beyond the candidate is of a repository that is not for updates, such as backports, or is kept back.
    let candidate = candidates.get(&key).and_then(Option::as_deref);
    let is_taken = |offer: &Patch| {
        candidate.is_some_and(|at| compare(offer.scheme, &offer.version, at) != Ordering::Greater)
    };
    let kept_back = newer.clone().filter(|offer| offer.is_security && !is_taken(offer));
    let kept_back = kept_back.max_by(|a, b| order(a, b)).cloned();
    let newer = newer.filter(|offer| is_taken(offer));
    // A security fix that a newer ordinary version hides comes with that one.
    let with_fixes = newer.clone().map(|offer| Patch {
        is_security: newer.clone().any(|other| other.is_security && order(other, offer) != Ordering::Greater),
        ..offer.clone()
    });
    let available = with_fixes.clone().max_by(|a, b| order(a, b));
    let mut notes = Vec::new();
    let mut best: Option<(Patch, Level)> = None;
    for offer in with_fixes {
        match choice.decide(&offer, now_ms) {
            Decision::Approved { level, .. } => {
                if best.as_ref().is_none_or(|(target, _)| order(&offer, target) == Ordering::Greater) {
                    best = Some((offer, level));
                }
            }
            Decision::Pending { from_ms } => {
                let at = reeve_types::Timestamp(from_ms).rfc3339();
                notes.push(format!("{} is approved from {at} on.", offer.version));
            }
            Decision::Rejected { by, .. } => notes.push(format!("{} is rejected by {by:?}.", offer.version)),
            Decision::NotApproved => {}
        }
    }
    let kept_back = kept_back.and_then(|fix| match choice.decide(&fix, now_ms) {
        Decision::Approved { level, .. } => Some((fix, level)),
        _ => None,
    });
    let assessed = match (best, kept_back) {
        (Some((target, level)), _) => missing(package, target, level),
        (None, Some((fix, level))) => {
            let at = candidate.unwrap_or("no version");
            let reason = format!("The machine's preferences (apt_preferences) keep it at {at}.");
            Assessed { reason, ..missing(package, fix, level) }
        }
        (None, None) => present(choice, package, versions, installed, now_ms, notes.join(" ")),
    };
    Assessed { available, ..assessed }
}

fn missing(package: &Package, target: Patch, level: Level) -> Assessed {
    let reason = match package.is_held {
        true => format!("It is held: `apt-mark unhold {}` lets it be updated.", package.name),
        false => String::new(),
    };
    Assessed {
        package: package.clone(),
        state: State::Missing,
        is_security: target.is_security,
        level,
        priority: target.priority.clone(),
        target: Some(target),
        available: None,
        reason,
        is_mended_by_target: false,
    }
}

/// A package of which there is nothing to install.
fn present(
    choice: Choice<'_>,
    package: &Package,
    versions: &[Patch],
    installed: Patch,
    now_ms: i64,
    reason: String,
) -> Assessed {
    let same = |offer: &&Patch| compare(offer.scheme, &offer.version, &installed.version) == Ordering::Equal;
    let is_security = versions.iter().filter(same).any(|offer| offer.is_security);
    let patch = versions.iter().find(same).map(|offer| Patch { is_security, ..offer.clone() });
    let patch = patch.unwrap_or(installed);
    let (state, level, note) = match choice.decide(&patch, now_ms) {
        Decision::Approved { level, .. } => (State::Installed, level, reason),
        Decision::Rejected { as_dependency: false, by } => {
            (State::InstalledRejected, Level::Unspecified, format!("It is rejected by {by:?}."))
        }
        _ => (State::InstalledOther, Level::Unspecified, reason),
    };
    Assessed {
        package: package.clone(),
        state,
        target: None,
        available: None,
        is_security,
        level,
        priority: patch.priority,
        reason: note,
        is_mended_by_target: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_patch_baseline::{Baseline, OverrideList, OverridePatch, RejectedAction, Rule};

    fn offer(version: &str, is_security: bool) -> Patch {
        Patch {
            name: "a".into(),
            arch: "amd64".into(),
            version: version.into(),
            is_security,
            ..Patch::default()
        }
    }

    fn assessed(baseline: &Baseline, installed: &str, candidate: Option<&str>, offers: &[Patch]) -> Assessed {
        assessed_by(Choice::of(baseline), installed, candidate, offers)
    }

    fn assessed_by(
        choice: Choice<'_>,
        installed: &str,
        candidate: Option<&str>,
        offers: &[Patch],
    ) -> Assessed {
        let package = Package {
            name: "a".into(),
            arch: "amd64".into(),
            version: installed.into(),
            ..Package::default()
        };
        let key = ("a".to_owned(), "amd64".to_owned());
        let offers = Offers::from([(key.clone(), offers.to_vec())]);
        let candidates = Candidates::from([(key, candidate.map(str::to_owned))]);
        assess(choice, &[package], &offers, &candidates, 0).remove(0)
    }

    #[test]
    fn what_is_beyond_the_candidate_is_not_wanted_and_a_fix_that_is_kept_back_is_said() {
        let baseline = Baseline { rules: vec![Rule::default()], ..Baseline::default() };
        // A fix, and a newer version in backports, which apt takes nothing of by itself.
        let offers = [offer("1.1", true), offer("2.0", false)];
        let one = assessed(&baseline, "1.0", Some("1.1"), &offers);
        assert_eq!((one.target.as_ref().unwrap().version.as_str(), one.is_wanted()), ("1.1", true));
        let only = assessed(&baseline, "1.0", Some("1.0"), &offers[1..]);
        assert_eq!((only.state, only.target.is_none()), (State::InstalledOther, true));
        // Pinned to what is there, or to nothing at all.
        for candidate in [Some("1.0"), None] {
            let pinned = assessed(&baseline, "1.0", candidate, &offers);
            assert_eq!((pinned.state, pinned.is_wanted()), (State::Missing, false));
            assert!(pinned.reason.contains("preferences"), "{}", pinned.reason);
        }
    }

    proptest! {
        /// Over generated repositories and baselines: what is to be installed is approved by the baseline, newer than what
        /// is there, offered, and no ordinary update unless those are wanted.
        #[test]
        fn nothing_is_wanted_that_the_baseline_does_not_approve(
            installed in 0u8..4,
            versions in prop::collection::vec((0u8..6, any::<bool>()), 0..6),
            rejected in prop::option::of(0u8..6), block in any::<bool>(),
            approved in prop::collection::vec(0u8..6, 0..2), by_name in any::<bool>(),
            rules in 0usize..2, non_security in any::<bool>(),
        ) {
            let offers: Vec<Patch> = versions.iter().map(|(v, security)| offer(&v.to_string(), *security)).collect();
            let baseline = Baseline {
                rules: vec![Rule { non_security, ..Rule::default() }; rules],
                approved: approved.iter().map(|v| format!("a={v}")).collect(),
                approved_non_security: by_name,
                rejected: rejected.iter().map(|v| format!("a={v}")).collect(),
                rejected_action: if block { RejectedAction::Block } else { RejectedAction::AllowAsDependency },
                ..Baseline::default()
            };
            let one = assessed(&baseline, &installed.to_string(), Some("9"), &offers);
            if let Some(target) = &one.target {
                let version: u8 = target.version.parse().unwrap();
                prop_assert!(version > installed && versions.iter().any(|(v, _)| *v == version));
                prop_assert_ne!(rejected, Some(version));
                let has_fix = versions.iter().any(|(v, security)| *security && *v > installed && *v <= version);
                let by_rule = rules > 0 && (has_fix || non_security);
                prop_assert!(by_rule || approved.contains(&version) && (has_fix || by_name));
                prop_assert_eq!(one.state, State::Missing);
            } else {
                // Nothing that a rule approves was passed over.
                let missed = versions.iter().any(|(v, security)| {
                    *v > installed && (*security || non_security) && rules > 0 && rejected != Some(*v)
                });
                prop_assert!(!missed);
                prop_assert_ne!(one.state, State::Missing);
            }
        }

        /// With a list instead of what the baseline approves: what is to be installed is a version that the list names, that
        /// is offered, newer, within what the package manager would take, and that the baseline does not reject.
        #[test]
        fn with_a_list_nothing_else_is_wanted_than_what_it_names(
            installed in 0u8..4, candidate in 0u8..7,
            versions in prop::collection::vec((0u8..6, any::<bool>()), 0..6),
            listed in prop::collection::vec((prop::sample::select(vec!["a", "a.amd64", "b", "*.arm64"]),
                prop::option::of(0u8..6)), 1..4),
            rejected in prop::option::of(0u8..6), rules in 0usize..2,
        ) {
            let offers: Vec<Patch> = versions.iter().map(|(v, security)| offer(&v.to_string(), *security)).collect();
            let baseline = Baseline {
                rules: vec![Rule { non_security: true, ..Rule::default() }; rules],
                rejected: rejected.iter().map(|v| format!("a={v}")).collect(),
                rejected_action: RejectedAction::Block,
                ..Baseline::default()
            };
            let entry = |(id, title): &(&str, Option<u8>)| OverridePatch {
                id: (*id).to_owned(),
                title: title.map(|v| v.to_string()),
            };
            let list = OverrideList { patches: listed.iter().map(entry).collect() };
            let choice = Choice { baseline: &baseline, list: Some(&list) };
            let candidate_text = candidate.to_string();
            let one = assessed_by(choice, &installed.to_string(), Some(&candidate_text), &offers);
            let is_named = |version: u8| listed.iter().any(|(id, title)| {
                id.starts_with('a') && title.is_none_or(|title| title == version)
            });
            if one.is_wanted() {
                let version: u8 = one.target.as_ref().unwrap().version.parse().unwrap();
                prop_assert!(version > installed && versions.iter().any(|(v, _)| *v == version));
                prop_assert!(is_named(version) && version <= candidate);
                prop_assert_ne!(rejected, Some(version));
            } else {
                let passed_over = versions.iter().any(|(v, _)| {
                    *v > installed && *v <= candidate && is_named(*v) && rejected != Some(*v)
                });
                prop_assert!(!passed_over);
            }
        }
    }
}
