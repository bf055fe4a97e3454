//! What nodes ask: the baseline by which they are patched.

use super::deciding::{Asked, deciding};
use crate::shape;
use reeve_contracts::ssm::GetPatchBaselineResult;
use reeve_node_protocol::subject::node_of;
use reeve_patch_baseline::Baseline;
use reeve_runtime::{ApiError, Call};
use serde::{Deserialize, Serialize};

/// A run that begins on a node. What is empty is not given.
#[derive(Deserialize)]
pub(crate) struct Question {
    operating_system: String,
    /// Empty: the baseline as it is now.
    #[serde(default)]
    snapshot_id: String,
    #[serde(default)]
    baseline_override: String,
    #[serde(default)]
    baseline_tags: String,
}

/// By what it is decided.
#[derive(Serialize)]
pub(crate) struct Answer {
    patch_group: String,
    /// The registered one.
    baseline: Baseline,
    /// What counts in this run instead.
    instead: Option<Baseline>,
}

/// A node's baseline is its group's for its operating system, else that system's default. With a snapshot's id it is the one
/// that the first of the group's nodes was told.
pub(crate) async fn tell(call: Call<Question>) -> Result<Answer, ApiError> {
    let node = node_of(&call.subject)
        .ok_or_else(|| ApiError::invalid("The subject of the question names no node."))?;
    let input = &call.input;
    let given = match input.baseline_override.as_str() {
        "" => None,
        text => Some(shape::override_of(text, &input.operating_system).map_err(ApiError::invalid)?),
    };
    let asked = Asked {
        operating_system: &input.operating_system,
        snapshot_id: &input.snapshot_id,
        given,
        tags: &input.baseline_tags,
    };
    let decided = deciding(&call, node.as_str(), asked).await?;
    let evaluated = |of: &GetPatchBaselineResult| shape::evaluated(of).map_err(ApiError::internal);
    Ok(Answer {
        patch_group: decided.patch_group,
        baseline: evaluated(&decided.baseline)?,
        instead: decided.instead.as_ref().map(evaluated).transpose()?,
    })
}
