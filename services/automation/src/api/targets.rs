//! What an execution has a child for each of: values, or nodes by their ids and tags.

use reeve_contracts::{
    automation::Targets,
    ssm::{StartAutomationExecutionRequest, Target},
};
use reeve_runtime::{ApiError, Handle};
use std::collections::BTreeMap;

/// AWS's default.
const MAX_AT_ONCE: &str = "10";
const MAX_ERRORS: &str = "10";
/// As many children an execution has: all of them are in the event of its start.
const MAX_CHILDREN: usize = 10_000;
const PARAMETER_VALUES: &str = "ParameterValues";

/// One child for each of these, if there are to be any.
pub fn of(handle: &Handle, input: &StartAutomationExecutionRequest) -> Result<Option<Targets>, ApiError> {
    let given: Vec<Target> = input.targets.clone().unwrap_or_default();
    let maps: Vec<BTreeMap<String, Vec<String>>> = input.target_maps.clone().unwrap_or_default();
    let parameter_name = input.target_parameter_name.clone().unwrap_or_default();
    let values: Vec<String> = match (given.as_slice(), maps.as_slice()) {
        ([], []) if parameter_name.is_empty() => return Ok(None),
        ([_, ..], [_, ..]) => {
            return Err(ApiError::invalid("Targets and TargetMaps cannot be used together."));
        }
        (_, [_, ..]) => {
            maps.iter().map(|map| map.values().flatten().next().cloned().unwrap_or_default()).collect()
        }
        ([], []) => return Err(ApiError::invalid("TargetParameterName needs Targets.")),
        ([target], []) => {
            if parameter_name.is_empty() {
                return Err(ApiError::invalid("Targets needs TargetParameterName."));
            }
            values(handle, target)?
        }
        (_, []) => return Err(ApiError::invalid("Targets has more than one entry.")),
    };
    if values.is_empty() {
        return Err(ApiError::new("InvalidTarget", "Targets names no value."));
    }
    if values.len() > MAX_CHILDREN {
        let message = format!("Targets names {}; there may be {MAX_CHILDREN}.", values.len());
        return Err(ApiError::new("InvalidTarget", message));
    }
    Ok(Some(Targets {
        values,
        parameter_name,
        targets_json: serde_json::to_string(&given).map_err(ApiError::internal)?,
        target_maps_json: serde_json::to_string(&maps).map_err(ApiError::internal)?,
        max_concurrency: input.max_concurrency.clone().unwrap_or_else(|| MAX_AT_ONCE.to_owned()),
        max_errors: input.max_errors.clone().unwrap_or_else(|| MAX_ERRORS.to_owned()),
    }))
}

/// What a target is: the values themselves, or the nodes that meet it now. What they are is in the event, and stays.
fn values(handle: &Handle, target: &Target) -> Result<Vec<String>, ApiError> {
    let key = target.key.as_deref().unwrap_or_default();
    if key == PARAMETER_VALUES {
        return Ok(target.values.clone().unwrap_or_default());
    }
    if key == "ResourceGroup" || key.starts_with("resource-groups:") {
        let message = format!(
            "Targets has the key {key}, which needs resource groups, which this installation does not have."
        );
        return Err(ApiError::new("InvalidTarget", message));
    }
    reeve_fleet::targets::check(std::slice::from_ref(target)).map_err(|_| {
        let message = format!(
            "Targets has the key {key:?}, which is not one of {PARAMETER_VALUES}, InstanceIds, tag:<key>, tag-key, \
             reeve:connected."
        );
        ApiError::new("InvalidTarget", message)
    })?;
    let nodes = reeve_fleet::targets::selected(handle, std::slice::from_ref(target))?;
    if nodes.is_empty() {
        let values = target.values.clone().unwrap_or_default().join(", ");
        return Err(ApiError::new(
            "InvalidTarget",
            format!("Targets names no node: none meets {key}={values}."),
        ));
    }
    Ok(nodes)
}
