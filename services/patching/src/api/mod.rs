//! The operations, and what nodes ask.

pub mod available;
pub mod baselines;
mod deciding;
pub mod describe;
pub mod groups;
pub mod node;
pub mod properties;
pub mod rollouts;
pub mod snapshot;
pub mod states;

use crate::{
    domain::{baseline, group},
    predefined,
    projections::{BASELINES, DEFAULTS, GROUPS},
};
use reeve_contracts::ssm::GetPatchBaselineResult;
use reeve_fleet::NODE_TAGS;
use reeve_runtime::{ApiError, Handle};
use reeve_types::arn::id_or_arn;
use std::{borrow::Cow, collections::BTreeMap};

impl From<baseline::Error> for ApiError {
    fn from(error: baseline::Error) -> Self {
        match error {
            baseline::Error::Unknown => Self::new("DoesNotExistException", format!("{error}.")),
            baseline::Error::Invalid(why) => ApiError::invalid(why),
        }
    }
}

impl From<group::Error> for ApiError {
    fn from(error: group::Error) -> Self {
        Self::new("AlreadyExistsException", format!("{error}."))
    }
}

/// The baseline of an id or an ARN, predefined or not.
///
/// # Errors
/// `DoesNotExistException`.
pub fn baseline(handle: &Handle, named: &str) -> Result<Cow<'static, GetPatchBaselineResult>, ApiError> {
    let id = id_or_arn("patchbaseline", named);
    if let Some(predefined) = predefined::find(id) {
        return Ok(Cow::Borrowed(predefined));
    }
    let row: Option<GetPatchBaselineResult> = handle.views().get(BASELINES, id);
    let gone = || ApiError::new("DoesNotExistException", format!("Patch baseline {named} does not exist."));
    row.map(Cow::Owned).ok_or_else(gone)
}

/// The id of a system's default baseline; `None` for systems that nothing here patches.
pub fn default_id(handle: &Handle, system: &str) -> Option<String> {
    let registered: Option<String> = handle.views().get(DEFAULTS, system);
    registered.or_else(|| predefined::of_system(system).and_then(|baseline| baseline.baseline_id.clone()))
}

/// The id of the baseline that a group's nodes of a system have: the group's own, or the default.
pub fn id_of_group(handle: &Handle, system: &str, patch_group: &str) -> Option<String> {
    let registered: Option<String> = handle.views().get(GROUPS, &group::id(system, patch_group));
    registered.or_else(|| default_id(handle, system))
}

/// A node's patch group: the value of its tag `Patch Group` or `PatchGroup`; empty when it has neither.
pub fn patch_group(handle: &Handle, node: &str) -> String {
    let tags: BTreeMap<String, String> = handle.views().get(NODE_TAGS, node).unwrap_or_default();
    ["Patch Group", "PatchGroup"].iter().find_map(|key| tags.get(*key).cloned()).unwrap_or_default()
}
