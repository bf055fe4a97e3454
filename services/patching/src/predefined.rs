//! The baselines that are there without anybody making them: AWS's names and rules. Nobody changes or deletes them.

use reeve_contracts::ssm::{
    GetPatchBaselineResult, PatchFilter, PatchFilterGroup, PatchRule, PatchRuleGroup,
};
use std::sync::OnceLock;
use uuid::Uuid;

/// What a predefined baseline approves.
#[derive(Clone, Copy)]
enum Rules {
    /// apt: security updates of any priority.
    Priorities,
    /// rpm: security updates of these severities, and every bug fix, after so many days.
    Severities(&'static [&'static str], bool),
    /// Everything, after so many days.
    Everything,
}

const APPROVAL_DELAY_DAYS: i32 = 7;

/// Name, operating system and rules.
const PREDEFINED: [(&str, &str, Rules); 13] = [
    ("AWS-DebianDefaultPatchBaseline", "DEBIAN", Rules::Priorities),
    ("AWS-UbuntuDefaultPatchBaseline", "UBUNTU", Rules::Priorities),
    ("AWS-DefaultRaspbianPatchBaseline", "RASPBIAN", Rules::Priorities),
    ("AWS-RedHatDefaultPatchBaseline", "REDHAT_ENTERPRISE_LINUX", Rules::Severities(HIGH, true)),
    ("AWS-RockyLinuxDefaultPatchBaseline", "ROCKY_LINUX", Rules::Severities(HIGH, true)),
    ("AWS-AlmaLinuxDefaultPatchBaseline", "ALMA_LINUX", Rules::Severities(HIGH, true)),
    ("AWS-AmazonLinuxDefaultPatchBaseline", "AMAZON_LINUX", Rules::Severities(HIGH, true)),
    ("AWS-AmazonLinux2DefaultPatchBaseline", "AMAZON_LINUX_2", Rules::Severities(HIGH, true)),
    ("AWS-AmazonLinux2022DefaultPatchBaseline", "AMAZON_LINUX_2022", Rules::Severities(HIGH, true)),
    ("AWS-AmazonLinux2023DefaultPatchBaseline", "AMAZON_LINUX_2023", Rules::Severities(HIGH, true)),
    ("AWS-CentOSDefaultPatchBaseline", "CENTOS", Rules::Everything),
    (
        "AWS-OracleLinuxDefaultPatchBaseline",
        "ORACLE_LINUX",
        Rules::Severities(&["Important", "Moderate"], true),
    ),
    ("AWS-SuseDefaultPatchBaseline", "SUSE", Rules::Severities(HIGH, false)),
];

const HIGH: &[&str] = &["Critical", "Important"];

/// All of them, each with its id.
pub fn all() -> &'static [GetPatchBaselineResult] {
    static ALL: OnceLock<Vec<GetPatchBaselineResult>> = OnceLock::new();
    ALL.get_or_init(|| {
        PREDEFINED.iter().map(|(name, system, rules)| baseline(name, system, *rules)).collect()
    })
}

/// The one with an id.
pub fn find(id: &str) -> Option<&'static GetPatchBaselineResult> {
    all().iter().find(|baseline| baseline.baseline_id.as_deref() == Some(id))
}

/// The one of an operating system.
pub fn of_system(system: &str) -> Option<&'static GetPatchBaselineResult> {
    all().iter().find(|baseline| baseline.operating_system.as_deref() == Some(system))
}

fn baseline(name: &str, system: &str, rules: Rules) -> GetPatchBaselineResult {
    let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple().to_string();
    let any = ("PRODUCT", &["*"][..]);
    let rules = match rules {
        Rules::Priorities => {
            let priorities = &["Required", "Important", "Standard", "Optional", "Extra"][..];
            vec![rule(&[any, ("PRIORITY", priorities)], 0, false)]
        }
        Rules::Severities(severities, with_bugfix) => {
            let security = [any, ("CLASSIFICATION", &["Security"][..]), ("SEVERITY", severities)];
            let bugfix = [any, ("CLASSIFICATION", &["Bugfix"][..])];
            let bugfix = with_bugfix.then(|| rule(&bugfix, APPROVAL_DELAY_DAYS, true));
            std::iter::once(rule(&security, APPROVAL_DELAY_DAYS, false)).chain(bugfix).collect()
        }
        Rules::Everything => vec![rule(&[any], APPROVAL_DELAY_DAYS, true)],
    };
    GetPatchBaselineResult {
        baseline_id: Some(format!("pb-{}", &digest[..17])),
        name: Some(name.to_owned()),
        operating_system: Some(system.to_owned()),
        description: Some(format!("The predefined baseline for {system}.")),
        approval_rules: Some(PatchRuleGroup { patch_rules: Some(rules) }),
        created_date: Some(0.0),
        modified_date: Some(0.0),
        ..crate::shape::defaults()
    }
}

fn rule(filters: &[(&str, &[&str])], days: i32, non_security: bool) -> PatchRule {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let filters = filters
        .iter()
        .map(|(key, values)| PatchFilter { key: Some((*key).to_owned()), values: Some(texts(values)) });
    PatchRule {
        approve_after_days: Some(days),
        compliance_level: Some("UNSPECIFIED".to_owned()),
        enable_non_security: Some(non_security),
        patch_filter_group: Some(PatchFilterGroup { patch_filters: Some(filters.collect()) }),
        ..PatchRule::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_patch_baseline::{Decision, Patch, Scheme, decide};

    #[test]
    fn each_is_valid_and_the_only_one_of_its_system() {
        for baseline in all() {
            let id = baseline.baseline_id.as_deref().unwrap();
            let evaluated = crate::shape::evaluated(baseline).unwrap();
            assert_eq!((evaluated.check(), find(id)), (Ok(()), Some(baseline)));
            let system = baseline.operating_system.as_deref().unwrap();
            assert_eq!(all().iter().filter(|one| one.operating_system.as_deref() == Some(system)).count(), 1);
            assert!(id.len() == 20 && id.starts_with("pb-"), "{id}");
        }
    }

    #[test]
    fn each_approves_what_its_vendor_calls_grave_after_a_week() {
        let decided = |system: &str, classification: &str, severity: &str, age_days: i64| {
            let evaluated = crate::shape::evaluated(of_system(system).unwrap()).unwrap();
            let patch = Patch {
                scheme: Scheme::Rpm,
                name: "a".into(),
                product: "any".into(),
                classification: classification.into(),
                severity: severity.into(),
                is_security: classification == "Security",
                released_ms: Some(0),
                ..Patch::default()
            };
            matches!(decide(&evaluated, &patch, age_days * 86_400_000), Decision::Approved { .. })
        };
        let like_red_hat = [
            "REDHAT_ENTERPRISE_LINUX",
            "ROCKY_LINUX",
            "ALMA_LINUX",
            "AMAZON_LINUX",
            "AMAZON_LINUX_2",
            "AMAZON_LINUX_2022",
            "AMAZON_LINUX_2023",
        ];
        for system in like_red_hat.into_iter().chain(["SUSE", "ORACLE_LINUX", "CENTOS"]) {
            let (is_suse, is_oracle, is_centos) =
                (system == "SUSE", system == "ORACLE_LINUX", system == "CENTOS");
            for (classification, severity, is_approved) in [
                ("Security", "Critical", !is_oracle),
                ("Security", "Important", true),
                ("Security", "Moderate", is_oracle || is_centos),
                ("Security", "Low", is_centos),
                ("Bugfix", "", !is_suse),
                ("Enhancement", "", is_centos),
                ("", "", is_centos),
            ] {
                let is = decided(system, classification, severity, 7);
                assert_eq!(is, is_approved, "{system} {classification} {severity}");
                assert!(!decided(system, classification, severity, 6), "{system}: within a week");
            }
        }
    }
}
