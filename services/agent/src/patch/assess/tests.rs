use super::*;
use proptest::prelude::*;
use reeve_patch_baseline::{Baseline, Filter, FilterKey, OverrideList, OverridePatch, RejectedAction, Rule};

fn offer(version: &str, is_security: bool) -> Patch {
    Patch { name: "a".into(), arch: "amd64".into(), version: version.into(), is_security, ..Patch::default() }
}

fn assessed(baseline: &Baseline, installed: &str, candidate: Option<&str>, offers: &[Patch]) -> Assessed {
    assessed_by(Choice::of(baseline), installed, candidate, offers)
}

fn assessed_by(choice: Choice<'_>, installed: &str, candidate: Option<&str>, offers: &[Patch]) -> Assessed {
    let package =
        Package { name: "a".into(), arch: "amd64".into(), version: installed.into(), ..Package::default() };
    let key = ("a".to_owned(), "amd64".to_owned());
    let offers = Offers::from([(key.clone(), offers.to_vec())]);
    let candidate = Candidate {
        newest: candidate.map(str::to_owned),
        reason: "The machine's preferences keep it.".to_owned(),
        ..Candidate::default()
    };
    let candidates = Candidates::from([(key, candidate)]);
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

/// A version of an rpm repository, by a notice of a kind and a severity, or by none.
fn noticed(version: u8, kind: &str, severity: &str) -> Patch {
    Patch {
        scheme: Scheme::Rpm,
        name: "a".into(),
        arch: "x86_64".into(),
        version: format!("0:{version}-1"),
        classification: kind.into(),
        severity: severity.into(),
        is_security: kind == "Security",
        advisories: if kind.is_empty() { Vec::new() } else { vec![format!("RLSA-{version}")] },
        cves: if kind == "Security" { vec![format!("CVE-{version}")] } else { Vec::new() },
        repository: "base".into(),
        ..Patch::default()
    }
}

fn assessed_rpm(choice: Choice<'_>, installed: u8, offers: &[Patch], excluded: &[u8]) -> Assessed {
    let package = Package {
        scheme: Scheme::Rpm,
        name: "a".into(),
        arch: "x86_64".into(),
        version: format!("0:{installed}-1"),
        ..Package::default()
    };
    let candidate = Candidate {
        newest: Some("0:9-1".to_owned()),
        excluded: excluded.iter().map(|version| format!("0:{version}-1")).collect(),
        reason: "It is held.".to_owned(),
        phased: Vec::new(),
    };
    let (offers, candidates) =
        (Offers::from([(package.key(), offers.to_vec())]), Candidates::from([(package.key(), candidate)]));
    assess(choice, &[package], &offers, &candidates, 0).remove(0)
}

fn filter(key: FilterKey, values: &[&str]) -> Filter {
    Filter { key, values: values.iter().map(|value| (*value).to_owned()).collect() }
}

/// Security of these severities, and every bug fix: as the predefined baselines of systems with rpm.
fn grave(severities: &[&str]) -> Baseline {
    let security =
        vec![filter(FilterKey::Classification, &["Security"]), filter(FilterKey::Severity, severities)];
    let bugfix = vec![filter(FilterKey::Classification, &["Bugfix"])];
    Baseline {
        operating_system: "ROCKY_LINUX".into(),
        rules: vec![
            Rule { filters: security, ..Rule::default() },
            Rule { filters: bugfix, non_security: true, ..Rule::default() },
        ],
        ..Baseline::default()
    }
}

#[test]
fn a_fix_that_a_newer_ordinary_version_hides_comes_with_all_that_is_known_of_it() {
    let baseline = grave(&["Critical", "Important"]);
    let offers = [
        noticed(2, "Security", "Critical"),
        noticed(3, "Enhancement", ""),
        noticed(4, "Security", "Low"),
        noticed(4, "Enhancement", ""),
    ];
    let one = assessed_rpm(Choice::of(&baseline), 1, &offers, &[]);
    let target = one.target.as_ref().unwrap();
    assert_eq!((target.version.as_str(), target.severity.as_str()), ("0:4-1", "Critical"));
    assert_eq!(target.cves, ["CVE-4", "CVE-2"]);
    assert_eq!((target.classification.as_str(), target.is_security), ("Security", true));
    // Once that fix is installed, what is left is none that the baseline wants.
    let later = assessed_rpm(Choice::of(&baseline), 3, &offers, &[]);
    assert_eq!((later.state, later.target.is_none()), (State::Installed, true), "a hidden fix is installed");
}

#[test]
fn a_fix_older_than_what_is_installed_is_installed_and_what_no_repository_has_is_not_missing() {
    let baseline = grave(&["Important"]);
    let offers = [noticed(2, "Security", "Important")];
    for installed in [2, 3] {
        let one = assessed_rpm(Choice::of(&baseline), installed, &offers, &[]);
        assert_eq!((one.state, one.target), (State::Installed, None), "{installed}");
    }
    let none = assessed_rpm(Choice::of(&baseline), 1, &[], &[]);
    assert_eq!((none.state, none.available), (State::InstalledOther, None));
}

#[test]
fn what_is_excluded_is_held_whatever_it_is_and_what_no_notice_names_is_said() {
    let baseline = grave(&["Important"]);
    let offers = [noticed(2, "Bugfix", ""), noticed(3, "", "")];
    let one = assessed_rpm(Choice::of(&baseline), 1, &offers, &[2, 3]);
    assert_eq!((one.state, one.is_wanted(), one.reason.as_str()), (State::Missing, false, "It is held."));
    let unclassified = assessed_rpm(Choice::of(&baseline), 1, &offers[1..], &[]);
    assert_eq!(unclassified.state, State::InstalledOther);
    assert!(unclassified.reason.contains("no update notice of base names it"), "{}", unclassified.reason);
    // What is named by its advisory or by a CVE comes in the newest version that brings it.
    let fix = noticed(2, "Security", "Low");
    for name in ["RLSA-2", "CVE-2"] {
        let named = Baseline { approved: vec![name.into()], ..baseline.clone() };
        let one = assessed_rpm(Choice::of(&named), 1, &[fix.clone(), noticed(3, "", "")], &[]);
        assert_eq!(one.target.unwrap().version, "0:3-1", "{name}");
    }
}

proptest! {
    /// Over generated repositories with notices: what is to be installed is newer, offered, not excluded, not rejected, and
    /// brings a notice that a rule approves, or is named; and nothing of the kind is passed over.
    #[test]
    fn with_rpm_nothing_is_wanted_that_the_baseline_does_not_approve(
        installed in 0u8..4,
        versions in prop::collection::vec((0u8..6, 0usize..4, 0usize..4), 0..8),
        excluded in prop::collection::vec(0u8..6, 0..2),
        rejected in prop::option::of(0u8..6),
        approved in prop::option::of(0u8..6), by_name in any::<bool>(),
        severities in 0usize..3,
    ) {
        let kinds = ["Security", "Bugfix", "Enhancement", ""];
        let known = ["Critical", "Important", "Moderate", "Low"];
        let wanted = &["Critical", "Important"][..severities];
        let offers: Vec<Patch> = versions
            .iter()
            .map(|(version, kind, severity)| noticed(*version, kinds[*kind], known[*severity]))
            .collect();
        let baseline = Baseline {
            approved: approved.iter().map(|version| format!("a-{version}")).collect(),
            approved_non_security: by_name,
            rejected: rejected.iter().map(|version| format!("a-{version}")).collect(),
            rejected_action: RejectedAction::Block,
            ..grave(wanted)
        };
        let one = assessed_rpm(Choice::of(&baseline), installed, &offers, &excluded);
        let is_right = |(_, kind, severity): &(u8, usize, usize)| match kinds[*kind] {
            "Security" => wanted.contains(&known[*severity]),
            kind => kind == "Bugfix",
        };
        let brings = |version: u8, fits: &dyn Fn(&(u8, usize, usize)) -> bool| {
            versions.iter().any(|entry| entry.0 > installed && entry.0 <= version && fits(entry))
        };
        let is_approved = |version: u8| {
            let has_fix = brings(version, &|entry| kinds[entry.1] == "Security");
            brings(version, &is_right) || approved == Some(version) && (has_fix || by_name)
        };
        let is_free = |version: u8| {
            version > installed && rejected != Some(version) && versions.iter().any(|entry| entry.0 == version)
        };
        if one.is_wanted() {
            let version = &one.target.as_ref().unwrap().version;
            let version: u8 = version[2..version.len() - 2].parse().unwrap();
            prop_assert!(is_free(version) && !excluded.contains(&version));
            prop_assert!(is_approved(version), "{version}");
        } else {
            let missed = (0u8..6).find(|v| is_free(*v) && !excluded.contains(v) && is_approved(*v));
            prop_assert_eq!(missed, None);
        }
    }
}
