//! Whether a baseline approves a version of a package.

use crate::{Baseline, Filter, FilterKey, Level, NamePattern, OverrideList, Patch, RejectedAction, Wait};

/// What a baseline says of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Approved {
        level: Level,
        by: String,
    },
    /// A rule approves it from this instant on, in milliseconds since 1970.
    Pending {
        from_ms: i64,
    },
    /// By this entry of the list. What is allowed as a dependency may come along where an approved patch needs it.
    Rejected {
        by: String,
        as_dependency: bool,
    },
    NotApproved,
}

impl Decision {
    /// Whether a list names the patch, and no rule decided. No entry of a list holds a blank.
    pub fn is_by_name(&self) -> bool {
        match self {
            Self::Approved { by, .. } => !by.contains(' '),
            Self::Rejected { .. } => true,
            Self::Pending { .. } | Self::NotApproved => false,
        }
    }
}

/// By what is decided: a baseline, and in some runs a list instead of what it approves. What the baseline rejects stays
/// rejected, whoever names it.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    pub baseline: &'a Baseline,
    pub list: Option<&'a OverrideList>,
}

impl<'a> Choice<'a> {
    /// A baseline alone.
    pub fn of(baseline: &'a Baseline) -> Self {
        Self { baseline, list: None }
    }

    /// Decides on a patch at an instant.
    pub fn decide(&self, patch: &Patch, now_ms: i64) -> Decision {
        let decided = decide(self.baseline, patch, now_ms);
        match (self.list, decided) {
            (None, decided) | (_, decided @ Decision::Rejected { .. }) => decided,
            (Some(list), _) => match list.names(patch) {
                Some(id) => Decision::Approved { level: self.baseline.approved_level, by: id.to_owned() },
                None => Decision::NotApproved,
            },
        }
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Decides on a patch at an instant. Rejected comes first, then what is approved by name, which needs no filter, then the
/// rules, the first that approves.
pub fn decide(baseline: &Baseline, patch: &Patch, now_ms: i64) -> Decision {
    if let Some(by) = named(&baseline.rejected, patch) {
        let as_dependency = baseline.rejected_action == RejectedAction::AllowAsDependency;
        return Decision::Rejected { by, as_dependency };
    }
    if let Some(by) = named(&baseline.approved, patch)
        && (patch.is_security || baseline.approved_non_security)
    {
        return Decision::Approved { level: baseline.approved_level, by };
    }
    if !baseline.global_filters.iter().all(|filter| filter.fits(patch)) {
        return Decision::NotApproved;
    }
    let mut pending: Option<i64> = None;
    for (n, rule) in baseline.rules.iter().enumerate() {
        let fits = (patch.is_security || rule.non_security) && rule.filters.iter().all(|f| f.fits(patch));
        match fits.then(|| rule.wait.from(patch.released_ms)) {
            Some(Some(from)) if from <= now_ms => {
                return Decision::Approved { level: rule.level, by: format!("rule {}", n + 1) };
            }
            Some(Some(from)) => pending = Some(pending.map_or(from, |earlier| earlier.min(from))),
            Some(None) | None => {}
        }
    }
    pending.map_or(Decision::NotApproved, |from_ms| Decision::Pending { from_ms })
}

/// The entry of a list that names a patch. One that cannot be read names nothing: baselines are checked before they count.
fn named(list: &[String], patch: &Patch) -> Option<String> {
    list.iter().find(|text| NamePattern::parse(text).is_ok_and(|pattern| pattern.names(patch))).cloned()
}

impl Wait {
    /// From when on a patch is approved; `None`: never. What has no date was released for ever.
    fn from(&self, released_ms: Option<i64>) -> Option<i64> {
        match self {
            Self::None => Some(i64::MIN),
            Self::Days(days) => {
                Some(released_ms.map_or(i64::MIN, |at| at.saturating_add(i64::from(*days) * DAY_MS)))
            }
            Self::ReleasedBefore(end) => released_ms.is_none_or(|at| at < *end).then_some(i64::MIN),
        }
    }
}

impl Filter {
    fn fits(&self, patch: &Patch) -> bool {
        let any = |texts: &[&str]| {
            self.values.iter().any(|value| {
                value == "*" || texts.iter().any(|text| !text.is_empty() && value.eq_ignore_ascii_case(text))
            })
        };
        let all = |texts: &[String]| any(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        match self.key {
            // A minor version that nobody lists is its major one's: Rocky9 is for Rocky9.3 as well.
            FilterKey::Product => {
                any(&[&patch.product, patch.product.split_once('.').map_or("", |(major, _)| major)])
            }
            FilterKey::Classification => any(&[&patch.classification]),
            FilterKey::Severity => any(&[&patch.severity, severity(&patch.severity)]),
            FilterKey::Priority => any(&[&patch.priority]),
            FilterKey::Section => any(&[&patch.section]),
            FilterKey::Name => any(&[&patch.name]),
            FilterKey::Arch => any(&[&patch.arch]),
            FilterKey::Repository => any(&[&patch.repository]),
            FilterKey::AdvisoryId => all(&patch.advisories),
            FilterKey::CveId => all(&patch.cves),
            FilterKey::BugzillaId => all(&patch.bugzilla),
            FilterKey::Security => any(&[if patch.is_security { "true" } else { "false" }]),
        }
    }
}

/// As AWS calls it for most systems: what updateinfo calls Moderate is its Medium. SUSE's and Oracle's baselines say Moderate.
fn severity(text: &str) -> &str {
    if text.eq_ignore_ascii_case("moderate") { "Medium" } else { text }
}

/// Whether a patch in one of AWS's states (`Missing`, `Installed`, …) leaves its node as it should be.
pub fn is_compliant(state: &str) -> bool {
    !matches!(state, "Missing" | "Failed" | "InstalledPendingReboot" | "InstalledRejected")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OverridePatch, Rule};
    use proptest::prelude::*;

    fn filter(key: FilterKey, values: &[&str]) -> Filter {
        Filter { key, values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    fn patch(name: &str) -> Patch {
        Patch {
            name: name.into(),
            product: "Debian12".into(),
            priority: "important".into(),
            is_security: true,
            ..Patch::default()
        }
    }

    fn debian() -> Baseline {
        let filters =
            vec![filter(FilterKey::Product, &["*"]), filter(FilterKey::Priority, &["Required", "Important"])];
        Baseline {
            operating_system: "DEBIAN".into(),
            rules: vec![Rule { filters, level: Level::High, ..Rule::default() }],
            ..Baseline::default()
        }
    }

    #[test]
    fn rejected_wins_then_the_name_then_the_rules() {
        let approved = |by: &str| Decision::Approved { level: Level::High, by: by.into() };
        assert_eq!(decide(&debian(), &patch("a"), 0), approved("rule 1"));
        let optional = Patch { priority: "optional".into(), ..patch("a") };
        assert_eq!(decide(&debian(), &optional, 0), Decision::NotApproved);
        let ordinary = Patch { is_security: false, ..patch("a") };
        assert_eq!(decide(&debian(), &ordinary, 0), Decision::NotApproved);
        let named = Baseline { approved: vec!["a".into()], ..debian() };
        assert_eq!(decide(&named, &ordinary, 0), Decision::NotApproved, "only with EnableNonSecurity");
        let named = Baseline { approved_non_security: true, approved_level: Level::Low, ..named };
        assert_eq!(decide(&named, &ordinary, 0), Decision::Approved { level: Level::Low, by: "a".into() });
        let both = Baseline { rejected: vec!["a*".into()], ..named };
        let rejected = Decision::Rejected { by: "a*".into(), as_dependency: true };
        assert_eq!(decide(&both, &patch("a"), 0), rejected);
        let other = Baseline { global_filters: vec![filter(FilterKey::Product, &["Debian11"])], ..debian() };
        assert_eq!(decide(&other, &patch("a"), 0), Decision::NotApproved);
    }

    #[test]
    fn waits_are_kept_to_the_second() {
        let released = 1_783_418_400_000; // 2026-07-07T10:00:00Z
        let with =
            |wait: Wait| Baseline { rules: vec![Rule { wait, ..Rule::default() }], ..Baseline::default() };
        let patch = Patch { released_ms: Some(released), ..patch("a") };
        let week = with(Wait::Days(7));
        let due = released + 7 * DAY_MS;
        assert_eq!(decide(&week, &patch, due - 1), Decision::Pending { from_ms: due });
        assert!(matches!(decide(&week, &patch, due), Decision::Approved { .. }));
        let undated = Patch { released_ms: None, ..patch.clone() };
        assert!(matches!(decide(&week, &undated, 0), Decision::Approved { .. }));
        let midnight = 1_783_468_800_000; // 2026-07-08T00:00:00Z
        let until = with(Wait::ReleasedBefore(midnight));
        for (released, is_approved) in [(midnight - 1000, true), (midnight, false)] {
            let patch = Patch { released_ms: Some(released), ..patch.clone() };
            assert_eq!(matches!(decide(&until, &patch, due * 2), Decision::Approved { .. }), is_approved);
        }
    }

    #[test]
    fn a_minor_version_is_its_major_ones_and_moderate_is_medium() {
        let rule = |key, value: &str| Baseline {
            rules: vec![Rule { filters: vec![filter(key, &[value])], ..Rule::default() }],
            ..Baseline::default()
        };
        let rocky = Patch { product: "Rocky9.3".into(), severity: "Moderate".into(), ..patch("a") };
        for (baseline, is_approved) in [
            (rule(FilterKey::Product, "Rocky9"), true),
            (rule(FilterKey::Product, "Rocky9.3"), true),
            (rule(FilterKey::Product, "Rocky9.2"), false),
            (rule(FilterKey::Severity, "Medium"), true),
            (rule(FilterKey::Severity, "Moderate"), true),
            (rule(FilterKey::Severity, "Critical"), false),
        ] {
            assert_eq!(
                matches!(decide(&baseline, &rocky, 0), Decision::Approved { .. }),
                is_approved,
                "{baseline:?}"
            );
        }
    }

    proptest! {
        /// Whatever else a baseline says, what it rejects is not approved, and what nothing names or matches neither.
        #[test]
        fn nothing_is_approved_that_is_rejected_or_that_nothing_approves(
            names in prop::collection::vec("[ab]{1,2}", 1..8),
            approved in prop::collection::vec("[ab*]{1,2}", 0..3),
            rejected in prop::collection::vec("[ab*]{1,2}", 0..3),
            listed in prop::collection::vec("[ab*]{1,2}", 0..3),
            non_security in any::<bool>(), rules in 0usize..2, security in any::<bool>(),
        ) {
            let baseline = Baseline {
                approved, rejected, approved_non_security: non_security,
                rules: vec![Rule { non_security, ..Rule::default() }; rules],
                ..Baseline::default()
            };
            for name in names {
                let patch = Patch { is_security: security, ..patch(&name) };
                let names = |list: &[String]| {
                    list.iter().any(|text| NamePattern::parse(text).unwrap().names(&patch))
                };
                if matches!(decide(&baseline, &patch, 0), Decision::Approved { .. }) {
                    prop_assert!(!names(&baseline.rejected));
                    prop_assert!(security || non_security);
                    prop_assert!(rules > 0 || names(&baseline.approved));
                }
                // With a list what it names is approved, and nothing else; what is rejected never.
                let list = OverrideList {
                    patches: listed.iter().map(|id| OverridePatch { id: id.clone(), title: None }).collect(),
                };
                let by_list = Choice { baseline: &baseline, list: Some(&list) }.decide(&patch, 0);
                let is_listed = listed.iter().any(|id| NamePattern::parse(id).unwrap().names(&patch));
                prop_assert_eq!(
                    matches!(by_list, Decision::Approved { .. }),
                    is_listed && !names(&baseline.rejected)
                );
            }
        }
    }
}
