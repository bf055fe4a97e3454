//! Baselines as AWS's API has them, and as they are evaluated.

use reeve_contracts::ssm::{
    GetPatchBaselineResult, PatchFilter, PatchFilterGroup, PatchRule, PatchRuleGroup,
};
use reeve_patch_baseline::{Baseline, Filter, Level, RejectedAction, Rule, Wait};
use reeve_types::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

const DAY_SECONDS: i64 = 24 * 60 * 60;
const UNSPECIFIED: &str = "UNSPECIFIED";

/// A baseline of which nothing was said.
pub fn defaults() -> GetPatchBaselineResult {
    GetPatchBaselineResult {
        approval_rules: Some(PatchRuleGroup { patch_rules: Some(Vec::new()) }),
        approved_patches: Some(Vec::new()),
        approved_patches_compliance_level: Some(UNSPECIFIED.to_owned()),
        approved_patches_enable_non_security: Some(false),
        global_filters: Some(PatchFilterGroup { patch_filters: Some(Vec::new()) }),
        operating_system: Some("WINDOWS".to_owned()),
        rejected_patches: Some(Vec::new()),
        rejected_patches_action: Some("ALLOW_AS_DEPENDENCY".to_owned()),
        sources: Some(Vec::new()),
        ..GetPatchBaselineResult::default()
    }
}

/// A baseline as the shared engine evaluates it.
///
/// # Errors
/// A sentence that names what it does not understand.
pub fn evaluated(of: &GetPatchBaselineResult) -> Result<Baseline, String> {
    let rules = of.approval_rules.iter().flat_map(|group| group.patch_rules.iter().flatten());
    let global = of.global_filters.iter().flat_map(|group| group.patch_filters.iter().flatten());
    Ok(Baseline {
        id: of.baseline_id.clone().unwrap_or_default(),
        name: of.name.clone().unwrap_or_default(),
        operating_system: of.operating_system.clone().unwrap_or_default(),
        global_filters: global.map(filter).collect::<Result<_, _>>()?,
        rules: rules.map(rule).collect::<Result<_, _>>()?,
        approved: of.approved_patches.clone().unwrap_or_default(),
        approved_level: level(of.approved_patches_compliance_level.as_deref())?,
        approved_non_security: of.approved_patches_enable_non_security.unwrap_or_default(),
        rejected: of.rejected_patches.clone().unwrap_or_default(),
        rejected_action: match of.rejected_patches_action.as_deref() {
            Some("BLOCK") => RejectedAction::Block,
            _ => RejectedAction::AllowAsDependency,
        },
    })
}

/// Whether a baseline means something here.
///
/// # Errors
/// A sentence with what does not.
pub fn checked(of: &GetPatchBaselineResult) -> Result<(), String> {
    let evaluated = evaluated(of)?;
    if of.sources.as_ref().is_some_and(|sources| !sources.is_empty()) {
        return Err("Sources: nodes patch from the repositories that they are configured with.".to_owned());
    }
    evaluated.check().map_err(|error| format!("{error}."))
}

/// The members of a baseline that comes along: those of one that is made, but for what only a made one has.
const OVERRIDE_MEMBERS: [&str; 13] = [
    "ApprovalRules",
    "ApprovedPatches",
    "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity",
    "AvailableSecurityUpdatesComplianceStatus",
    "BaselineId",
    "Description",
    "GlobalFilters",
    "Name",
    "OperatingSystem",
    "RejectedPatches",
    "RejectedPatchesAction",
    "Sources",
];

/// The baseline for an operating system in a text with baselines: AWS's BaselineOverride.
///
/// # Errors
/// A sentence with what it does not understand, and that it has not exactly one of that system.
pub fn override_of(text: &str, system: &str) -> Result<GetPatchBaselineResult, String> {
    let failed = |why: String| format!("The BaselineOverride cannot be followed: {why}");
    let value: Value = serde_json::from_str(text).map_err(|error| failed(format!("{error}.")))?;
    let Value::Array(entries) = value else {
        return Err(failed("it is no list of baselines.".to_owned()));
    };
    let mut found = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        let at = |why: String| failed(format!("baseline {number}: {why}"));
        let unknown = entry.as_object().and_then(|members| {
            members.keys().find(|name| !OVERRIDE_MEMBERS.contains(&name.as_str())).cloned()
        });
        if let Some(name) = unknown {
            let known = OVERRIDE_MEMBERS.join(", ");
            return Err(at(format!("{name} is no member of a baseline: those are {known}.")));
        }
        let read: GetPatchBaselineResult =
            serde_json::from_value(entry.clone()).map_err(|error| at(format!("{error}.")))?;
        if let Some(name) = lost(&entry, &serde_json::to_value(&read).unwrap_or_default()) {
            return Err(at(format!("{name} is not known there.")));
        }
        let whole = with_defaults(read);
        if whole.operating_system.as_deref() == Some(system) {
            checked(&whole).map_err(at)?;
            found.push(whole);
        }
    }
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(named_override(one, text)),
        (None, _) => Err(failed(format!("it has no baseline for {system}, which this node has."))),
        (Some(_), others) => Err(failed(format!("it has {} baselines for {system}.", others + 1))),
    }
}

/// One that comes along has a name of its own, under which its results are known.
fn named_override(of: GetPatchBaselineResult, text: &str) -> GetPatchBaselineResult {
    let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).simple().to_string();
    let id = format!("override-{}", &digest[..12]);
    let name = of.name.clone().or(of.baseline_id.clone()).unwrap_or_else(|| "BaselineOverride".to_owned());
    GetPatchBaselineResult { baseline_id: Some(id), name: Some(name), ..of }
}

/// A baseline with what nothing was said of.
pub fn with_defaults(of: GetPatchBaselineResult) -> GetPatchBaselineResult {
    let defaults = defaults();
    GetPatchBaselineResult {
        approval_rules: of.approval_rules.or(defaults.approval_rules),
        approved_patches: of.approved_patches.or(defaults.approved_patches),
        approved_patches_compliance_level: of
            .approved_patches_compliance_level
            .or(defaults.approved_patches_compliance_level),
        approved_patches_enable_non_security: of
            .approved_patches_enable_non_security
            .or(defaults.approved_patches_enable_non_security),
        global_filters: of.global_filters.or(defaults.global_filters),
        operating_system: of.operating_system.or(defaults.operating_system),
        rejected_patches: of.rejected_patches.or(defaults.rejected_patches),
        rejected_patches_action: of.rejected_patches_action.or(defaults.rejected_patches_action),
        sources: of.sources.or(defaults.sources),
        ..of
    }
}

/// The first member of a value that was not understood: it is not in what was read of it.
fn lost(given: &Value, read: &Value) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => given
            .iter()
            .filter(|(_, value)| !value.is_null())
            .find_map(|(name, value)| match read.get(name) {
                None => Some(name.clone()),
                Some(read) => lost(value, read).map(|inner| format!("{name}.{inner}")),
            }),
        (Value::Array(given), Value::Array(read)) => {
            given.iter().zip(read).find_map(|(given, read)| lost(given, read))
        }
        _ => None,
    }
}

fn rule(of: &PatchRule) -> Result<Rule, String> {
    let filters = of.patch_filter_group.iter().flat_map(|group| group.patch_filters.iter().flatten());
    let wait = match (of.approve_after_days, of.approve_until_date.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(
                "A rule has ApproveAfterDays and ApproveUntilDate; it may have one of them.".to_owned()
            );
        }
        (Some(0), None) | (None, None) => Wait::None,
        (Some(days), None) => {
            Wait::Days(u32::try_from(days).map_err(|_| format!("ApproveAfterDays is {days}."))?)
        }
        (None, Some(date)) => {
            let day = Timestamp::parse_rfc3339(&format!("{date}T00:00:00Z"));
            let day = day.ok_or_else(|| {
                format!("ApproveUntilDate is {date:?}, which is no day such as 2026-07-07.")
            })?;
            // The day is taken in whole.
            Wait::ReleasedBefore(day.plus_seconds(DAY_SECONDS).0)
        }
    };
    Ok(Rule {
        filters: filters.map(filter).collect::<Result<_, _>>()?,
        level: level(of.compliance_level.as_deref())?,
        wait,
        non_security: of.enable_non_security.unwrap_or_default(),
    })
}

fn filter(of: &PatchFilter) -> Result<Filter, String> {
    let name = of.key.as_deref().unwrap_or_default();
    let key =
        word(name).ok_or_else(|| format!("The filter key {name} says nothing about packages of Linux."))?;
    Ok(Filter { key, values: of.values.clone().unwrap_or_default() })
}

fn level(of: Option<&str>) -> Result<Level, String> {
    let name = of.unwrap_or(UNSPECIFIED);
    word(name).ok_or_else(|| format!("{name:?} is no compliance level."))
}

/// What one of AWS's words means.
fn word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_baselines_that_come_along_the_one_of_the_system_counts() {
        let both = r#"[{"OperatingSystem": "DEBIAN", "ApprovedPatches": ["a"], "Name": "mine"},
            {"OperatingSystem": "ROCKY_LINUX", "RejectedPatches": ["b"]}]"#;
        let found = override_of(both, "DEBIAN").unwrap();
        assert_eq!((found.name.as_deref(), found.approved_patches), (Some("mine"), Some(vec!["a".into()])));
        assert!(found.baseline_id.unwrap().starts_with("override-"));
        assert_eq!(override_of(both, "ROCKY_LINUX").unwrap().rejected_patches, Some(vec!["b".into()]));
        let rule = |more: &str| {
            format!(r#"[{{"OperatingSystem": "DEBIAN", "ApprovalRules": {{"PatchRules": [{{{more}}}]}}}}]"#)
        };
        for (text, part) in [
            (both.replace("DEBIAN", "UBUNTU"), "no baseline for DEBIAN"),
            (both.replace("ROCKY_LINUX", "DEBIAN"), "2 baselines"),
            ("{}".to_owned(), "no list"),
            ("[{\n\"OperatingSystem\": }]".to_owned(), "line 2"),
            (r#"[{"OperatingSystem": "DEBIAN", "Approved": []}]"#.to_owned(), "Approved is no member"),
            (rule(r#""ApproveAfter": 3"#), "ApprovalRules.PatchRules.ApproveAfter"),
            (rule(r#""ApproveAfterDays": 3"#), "carry no date"),
        ] {
            let refused = override_of(&text, "DEBIAN").unwrap_err();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }

    #[test]
    fn what_a_baseline_cannot_mean_is_said() {
        let with = |rule: PatchRule| GetPatchBaselineResult {
            operating_system: Some("ROCKY_LINUX".into()),
            approval_rules: Some(PatchRuleGroup { patch_rules: Some(vec![rule]) }),
            ..defaults()
        };
        let until = |date: &str| PatchRule { approve_until_date: Some(date.into()), ..PatchRule::default() };
        let rule = &evaluated(&with(until("2026-07-07"))).unwrap().rules[0];
        assert_eq!(rule.wait, Wait::ReleasedBefore(1_783_468_800_000), "the end of the day");
        for (rule, part) in [
            (PatchRule { approve_after_days: Some(1), ..until("2026-07-07") }, "may have one"),
            (until("2026-7-7"), "2026-7-7"),
            (until("2026-02-30"), "2026-02-30"),
        ] {
            let refused = evaluated(&with(rule)).unwrap_err();
            assert!(refused.contains(part), "{refused}");
        }
        let filter = PatchFilter { key: Some("MSRC_SEVERITY".into()), values: Some(vec!["Critical".into()]) };
        let group = PatchFilterGroup { patch_filters: Some(vec![filter]) };
        let refused = evaluated(&with(PatchRule { patch_filter_group: Some(group), ..PatchRule::default() }));
        assert!(refused.unwrap_err().contains("MSRC_SEVERITY"));
    }
}
