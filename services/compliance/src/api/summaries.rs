//! ListComplianceSummaries, which counts resources, and ListResourceComplianceSummaries, which counts items.

use super::{MANAGED_INSTANCE, filters::Conditions, summary};
use crate::{
    associations::ASSOCIATION,
    projections::{Counts, GroupRow},
    reading::{PATCH, groups},
};
use reeve_contracts::ssm::{
    ComplianceSummaryItem, CompliantSummary, ListComplianceSummariesRequest, ListComplianceSummariesResult,
    ListResourceComplianceSummariesRequest, ListResourceComplianceSummariesResult, NonCompliantSummary,
    ResourceComplianceSummaryItem, SeveritySummary,
};
use reeve_fleet::{NODES, NodeRow};
use reeve_runtime::{ApiError, Call, Handle, page_of, page_size, to_answers, with_keys};
use reeve_types::Timestamp;
use std::collections::BTreeMap;

const MAX_SUMMARIES_PER_PAGE: usize = 50;
const PLATFORM_TYPE: &str = "AWS:InstanceInformation.PlatformType";
/// What filters may name of a resource's items of a type together.
pub(super) const FILTER_KEYS: [&str; 8] = [
    "ComplianceType",
    "Status",
    "OverallSeverity",
    "ExecutionTime",
    "ExecutionType",
    "PatchBaselineId",
    "PatchGroup",
    PLATFORM_TYPE,
];

/// What stands under a filter's key; empty for a key that is none of [`FILTER_KEYS`].
pub(super) fn value(
    handle: &Handle,
    key: &str,
    compliance_type: &str,
    resource: &str,
    group: &GroupRow,
) -> String {
    match key {
        "ComplianceType" => compliance_type.to_owned(),
        "Status" => group.counts.status().to_owned(),
        "OverallSeverity" => group.counts.overall_severity().to_owned(),
        "ExecutionTime" => Timestamp(group.latest.time_ms).rfc3339(),
        "ExecutionType" => group.latest.kind.clone(),
        "PatchBaselineId" => group.baseline_id.clone(),
        "PatchGroup" => group.patch_group.clone(),
        PLATFORM_TYPE => {
            let node = handle.views().look::<NodeRow>(NODES, resource);
            node.map(|node| node.platform_type.clone()).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn severities(counts: &[u32; 6]) -> SeveritySummary {
    let [critical, high, medium, low, informational, unspecified] =
        counts.map(|count| Some(i32::try_from(count).unwrap_or(i32::MAX)));
    SeveritySummary {
        critical_count: critical,
        high_count: high,
        medium_count: medium,
        low_count: low,
        informational_count: informational,
        unspecified_count: unspecified,
    }
}

fn compliant(counts: &Counts) -> CompliantSummary {
    CompliantSummary {
        compliant_count: Some(total(&counts.compliant)),
        severity_summary: Some(severities(&counts.compliant)),
    }
}

fn non_compliant(counts: &Counts) -> NonCompliantSummary {
    NonCompliantSummary {
        non_compliant_count: Some(total(&counts.non_compliant)),
        severity_summary: Some(severities(&counts.non_compliant)),
    }
}

fn total(counts: &[u32; 6]) -> i32 {
    i32::try_from(counts.iter().map(|count| u64::from(*count)).sum::<u64>()).unwrap_or(i32::MAX)
}

/// How many resources are compliant by type. A resource counts once, under its overall severity.
pub(crate) async fn by_type(
    call: Call<ListComplianceSummariesRequest>,
) -> Result<ListComplianceSummariesResult, ApiError> {
    let input = &call.input;
    let conditions = Conditions::read(input.filters.as_ref(), &FILTER_KEYS)?;
    let limit = page_size(input.max_results, MAX_SUMMARIES_PER_PAGE)?;
    let after = input.next_token.as_deref();
    if let Some(after) =
        after.filter(|after| ![PATCH, ASSOCIATION, ""].contains(after) && !after.starts_with("Custom:"))
    {
        return Err(ApiError::unknown_token(after));
    }
    let keep = |compliance_type: &str, resource: &str, row: &GroupRow| {
        conditions.hold(|key| value(&call.handle, key, compliance_type, resource, row))
    };
    let mut types: BTreeMap<String, Counts> = BTreeMap::new();
    for (key, row) in groups(&call.handle, None, usize::MAX, keep).rows {
        let compliance_type = key.split('/').next().unwrap_or_default();
        let counts = types.entry(compliance_type.to_owned()).or_default();
        *counts.of(row.counts.status(), row.counts.overall_severity()) += 1;
    }
    let rows = types.into_iter().map(|(name, counts)| (name.clone(), (name, counts)));
    let page = page_of(rows.collect(), after, limit);
    let (items, next_token) = to_answers(page, |(name, counts)| ComplianceSummaryItem {
        compliance_type: Some(name),
        compliant_summary: Some(compliant(&counts)),
        non_compliant_summary: Some(non_compliant(&counts)),
    })?;
    Ok(ListComplianceSummariesResult { compliance_summary_items: Some(items), next_token })
}

/// What each resource's items of each type come to, in the order of types and resources.
pub(crate) async fn by_resource(
    call: Call<ListResourceComplianceSummariesRequest>,
) -> Result<ListResourceComplianceSummariesResult, ApiError> {
    let input = &call.input;
    let conditions = Conditions::read(input.filters.as_ref(), &FILTER_KEYS)?;
    let limit = page_size(input.max_results, MAX_SUMMARIES_PER_PAGE)?;
    let keep = |compliance_type: &str, resource: &str, row: &GroupRow| {
        conditions.hold(|key| value(&call.handle, key, compliance_type, resource, row))
    };
    let after = input.next_token.as_deref();
    if let Some(after) = after.filter(|after| !after.contains('/')) {
        return Err(ApiError::unknown_token(after));
    }
    let page = groups(&call.handle, after, limit, keep);
    let (items, next_token) = to_answers(with_keys(page), |(key, row)| {
        let (compliance_type, resource) = key.split_once('/').unwrap_or_default();
        ResourceComplianceSummaryItem {
            compliance_type: Some(compliance_type.to_owned()),
            compliant_summary: Some(compliant(&row.counts)),
            execution_summary: Some(summary(&row.latest)),
            non_compliant_summary: Some(non_compliant(&row.counts)),
            overall_severity: Some(row.counts.overall_severity().to_owned()),
            resource_id: Some(resource.to_owned()),
            resource_type: Some(MANAGED_INSTANCE.to_owned()),
            status: Some(row.counts.status().to_owned()),
        }
    })?;
    Ok(ListResourceComplianceSummariesResult { next_token, resource_compliance_summary_items: Some(items) })
}
