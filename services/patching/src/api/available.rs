//! What could be installed: what the fleet's nodes told of, and what of that a baseline approves. There is no catalog of patches
//! here beyond it: a version that no node could install is not listed.

use super::{
    baseline,
    describe::{filters, is_one, without_a_word},
};
use crate::{
    projections::{AVAILABLE, AvailableRow},
    shape,
};
use reeve_contracts::ssm::*;
use reeve_patch_baseline::{Decision, Level, decide, system_of_product};
use reeve_runtime::{ApiError, Call, page_size, text, to_answers};
use reeve_types::Timestamp;

/// The filters of Linux's patches that say something about these.
const KEYS: [&str; 10] = [
    "PRODUCT",
    "NAME",
    "VERSION",
    "ARCH",
    "CLASSIFICATION",
    "SEVERITY",
    "PRIORITY",
    "SECTION",
    "REPOSITORY",
    "SECURITY",
];

fn seconds(milliseconds: i64) -> f64 {
    Timestamp(milliseconds).epoch_seconds()
}

fn attribute(row: &AvailableRow, key: &str) -> String {
    let of = &row.patch;
    match key {
        "PRODUCT" => of.product.clone(),
        "NAME" => of.name.clone(),
        "VERSION" => of.version.clone(),
        "ARCH" => of.arch.clone(),
        "CLASSIFICATION" => of.classification.clone(),
        "SECTION" => of.section.clone(),
        "REPOSITORY" => of.repository.clone(),
        "SECURITY" => of.is_security.to_string(),
        // What apt calls a priority stands where others have a severity.
        _ if of.severity.is_empty() => of.priority.clone(),
        _ => of.severity.clone(),
    }
}

fn shaped(row: &AvailableRow) -> Patch {
    let of = &row.patch;
    let id = format!("{}.{}", of.name, of.arch);
    Patch {
        title: Some(format!("{id}:{}", of.version)),
        id: Some(id),
        name: text(&of.name),
        version: text(&of.version),
        arch: text(&of.arch),
        product: text(&of.product),
        classification: text(&of.classification),
        severity: text(&attribute(row, "SEVERITY")),
        repository: text(&of.repository),
        // Packages of apt carry no date: when the first node told of it.
        release_date: Some(seconds(row.first_seen_ms)),
        ..Patch::default()
    }
}

pub async fn describe(
    call: Call<DescribeAvailablePatchesRequest>,
) -> Result<DescribeAvailablePatchesResult, ApiError> {
    let input = &call.input;
    let filters = filters(input.filters.as_ref(), &KEYS).map_err(without_a_word)?;
    let limit = page_size(input.max_results, 100)?;
    let keep =
        |_: &str, row: &AvailableRow| KEYS.iter().all(|key| is_one(&filters, key, &attribute(row, key)));
    let page =
        call.handle.views().filter::<AvailableRow>(AVAILABLE, "", input.next_token.as_deref(), limit, keep);
    let (patches, next_token) = to_answers(page, |row| shaped(&row))?;
    Ok(DescribeAvailablePatchesResult { next_token, patches: Some(patches) })
}

fn level(of: Level) -> Option<String> {
    serde_json::to_value(of).ok()?.as_str().map(str::to_owned)
}

/// How a patch stands by a baseline; `None`: the baseline says nothing of it.
fn status(row: &AvailableRow, decided: &Decision) -> Option<PatchStatus> {
    let is_by_name = decided.is_by_name();
    let (word, compliance_level, approved_ms) = match decided {
        Decision::Approved { level, .. } => {
            let word = if is_by_name { "EXPLICIT_APPROVED" } else { "APPROVED" };
            (word, *level, Some(row.first_seen_ms))
        }
        Decision::Pending { from_ms } => ("PENDING_APPROVAL", Level::Unspecified, Some(*from_ms)),
        Decision::Rejected { .. } => ("EXPLICIT_REJECTED", Level::Unspecified, None),
        Decision::NotApproved => return None,
    };
    Some(PatchStatus {
        approval_date: approved_ms.map(seconds),
        compliance_level: level(compliance_level),
        deployment_status: Some(word.to_owned()),
    })
}

pub async fn effective(
    call: Call<DescribeEffectivePatchesForPatchBaselineRequest>,
) -> Result<DescribeEffectivePatchesForPatchBaselineResult, ApiError> {
    let input = &call.input;
    let found = baseline(&call.handle, input.baseline_id.as_deref().unwrap_or_default())?;
    let evaluated = shape::evaluated(&found).map_err(ApiError::internal)?;
    let limit = page_size(input.max_results, 100)?;
    let of = |row: &AvailableRow| status(row, &decide(&evaluated, &row.patch, call.now.0));
    let keep = |_: &str, row: &AvailableRow| {
        system_of_product(&row.patch.product) == Some(evaluated.operating_system.as_str())
            && of(row).is_some()
    };
    let page =
        call.handle.views().filter::<AvailableRow>(AVAILABLE, "", input.next_token.as_deref(), limit, keep);
    let (patches, next_token) =
        to_answers(page, |row| EffectivePatch { patch_status: of(&row), patch: Some(shaped(&row)) })?;
    Ok(DescribeEffectivePatchesForPatchBaselineResult { effective_patches: Some(patches), next_token })
}
