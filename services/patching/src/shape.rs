//! Baselines as AWS's API has them, and as they are evaluated.

use reeve_contracts::ssm::{
    GetPatchBaselineResult, PatchFilter, PatchFilterGroup, PatchRule, PatchRuleGroup,
};
use reeve_patch_baseline::{Baseline, Filter, Level, RejectedAction, Rule, Wait};
use reeve_types::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

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
