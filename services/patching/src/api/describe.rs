//! Lists of baselines and of patch groups.

use super::default_id;
use crate::{
    predefined,
    projections::{BASELINES, GROUPS},
};
use reeve_contracts::ssm::*;
use reeve_runtime::{ApiError, Call, check_filter_key, page_of, page_size, to_answers, words_of};
use std::collections::BTreeMap;

const OPERATING_SYSTEMS: [&str; 15] = [
    "WINDOWS",
    "AMAZON_LINUX",
    "AMAZON_LINUX_2",
    "AMAZON_LINUX_2022",
    "AMAZON_LINUX_2023",
    "UBUNTU",
    "REDHAT_ENTERPRISE_LINUX",
    "SUSE",
    "CENTOS",
    "ORACLE_LINUX",
    "DEBIAN",
    "MACOS",
    "RASPBIAN",
    "ROCKY_LINUX",
    "ALMA_LINUX",
];
const PATCH_STATES: [&str; 9] = [
    "Installed",
    "InstalledOther",
    "InstalledPendingReboot",
    "InstalledRejected",
    "Missing",
    "NotApplicable",
    "Failed",
    "AvailableSecurityUpdate",
    // Ours.
    "Phased",
];

/// The words that stand under a key, where there are no others.
fn words(key: &str) -> Option<Vec<&'static str>> {
    match key {
        "OWNER" => Some(vec!["AWS", "Self", "All"]),
        "OPERATING_SYSTEM" => Some(OPERATING_SYSTEMS.to_vec()),
        "State" => Some(PATCH_STATES.to_vec()),
        _ => None,
    }
}

/// The values of each filter that was given.
///
/// # Errors
/// `InvalidFilter` naming a key that is none of the known ones, and a value that nothing has.
pub fn filters(
    given: Option<&Vec<PatchOrchestratorFilter>>,
    known: &[&str],
) -> Result<BTreeMap<String, Vec<String>>, ApiError> {
    let mut read = BTreeMap::new();
    for filter in given.into_iter().flatten() {
        let key = filter.key.clone().unwrap_or_default();
        check_filter_key(&key, known)?;
        let values = filter.values.clone().unwrap_or_default();
        if values.is_empty() {
            return Err(ApiError::invalid_filter(format!("The filter {key} has no values.")));
        }
        let values = match words(&key) {
            Some(words) => words_of(&words, &values, &key).map_err(ApiError::invalid_filter)?,
            None => values,
        };
        read.insert(key, values);
    }
    Ok(read)
}

/// The same refusal, of an operation that has no `InvalidFilter`.
pub fn without_a_word(refusal: ApiError) -> ApiError {
    ApiError::invalid(refusal.message)
}

/// Whether a text is one of a filter's values, or there is no such filter.
pub fn is_one(filters: &BTreeMap<String, Vec<String>>, key: &str, text: &str) -> bool {
    filters.get(key).is_none_or(|values| values.iter().any(|value| value == text))
}

fn begins(filters: &BTreeMap<String, Vec<String>>, text: &str) -> bool {
    filters
        .get("NAME_PREFIX")
        .is_none_or(|values| values.iter().any(|value| text.starts_with(value.as_str())))
}

pub async fn baselines(
    call: Call<DescribePatchBaselinesRequest>,
) -> Result<DescribePatchBaselinesResult, ApiError> {
    let input = &call.input;
    let keys = ["NAME_PREFIX", "OWNER", "OPERATING_SYSTEM"];
    let filters = filters(input.filters.as_ref(), &keys).map_err(without_a_word)?;
    let limit = page_size(input.max_results, 100)?;
    let made = call.handle.views().scan::<GetPatchBaselineResult>(BASELINES, "", None, usize::MAX).rows;
    let made = made.into_iter().map(|(_, baseline)| (baseline, "Self"));
    let all = predefined::all().iter().map(|baseline| (baseline.clone(), "AWS")).chain(made);
    let rows = all.filter(|(baseline, owner)| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        begins(&filters, &text(&baseline.name))
            && is_one(&filters, "OPERATING_SYSTEM", &text(&baseline.operating_system))
            && (is_one(&filters, "OWNER", owner) || is_one(&filters, "OWNER", "All"))
    });
    let rows = rows.map(|(baseline, owner)| {
        let name = baseline.name.clone().unwrap_or_default();
        (format!("{owner}/{name}/{}", baseline.baseline_id.clone().unwrap_or_default()), baseline)
    });
    let page = page_of(rows.collect(), input.next_token.as_deref(), limit);
    let (identities, next_token) = to_answers(page, |baseline| {
        let system = baseline.operating_system.clone().unwrap_or_default();
        PatchBaselineIdentity {
            default_baseline: Some(default_id(&call.handle, &system) == baseline.baseline_id),
            baseline_description: baseline.description,
            baseline_id: baseline.baseline_id,
            baseline_name: baseline.name,
            operating_system: baseline.operating_system,
        }
    })?;
    Ok(DescribePatchBaselinesResult { baseline_identities: Some(identities), next_token })
}

pub async fn groups(call: Call<DescribePatchGroupsRequest>) -> Result<DescribePatchGroupsResult, ApiError> {
    let input = &call.input;
    let keys = ["NAME_PREFIX", "OPERATING_SYSTEM"];
    let filters = filters(input.filters.as_ref(), &keys).map_err(without_a_word)?;
    let limit = page_size(input.max_results, 100)?;
    let rows = call.handle.views().scan::<String>(GROUPS, "", None, usize::MAX).rows.into_iter();
    let rows = rows.filter_map(|(key, id)| {
        let (system, group) = key.split_once('/')?;
        let kept = begins(&filters, group) && is_one(&filters, "OPERATING_SYSTEM", system);
        let (group, system) = (group.to_owned(), system.to_owned());
        kept.then(|| (format!("{group}/{system}"), (group, id)))
    });
    let page = page_of(rows.collect(), input.next_token.as_deref(), limit);
    let (mappings, next_token) = to_answers(page, |(patch_group, id)| {
        let found = super::baseline(&call.handle, &id).ok();
        let identity = PatchBaselineIdentity {
            baseline_description: found.as_ref().and_then(|baseline| baseline.description.clone()),
            baseline_name: found.as_ref().and_then(|baseline| baseline.name.clone()),
            default_baseline: found.as_ref().map(|baseline| {
                let system = baseline.operating_system.clone().unwrap_or_default();
                default_id(&call.handle, &system).as_deref() == Some(&id)
            }),
            operating_system: found.as_ref().and_then(|baseline| baseline.operating_system.clone()),
            baseline_id: Some(id),
        };
        PatchGroupPatchBaselineMapping { baseline_identity: Some(identity), patch_group: Some(patch_group) }
    })?;
    Ok(DescribePatchGroupsResult { mappings: Some(mappings), next_token })
}
