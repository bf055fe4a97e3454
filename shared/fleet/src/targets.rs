//! Which nodes a selection means: resolved once, from the views.

use crate::{NODE_TAGS, NODES, NodeRow};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Handle};
use std::collections::{BTreeMap, BTreeSet};

type Tags = BTreeMap<String, String>;

/// The nodes named one by one. Every one must be there and be of a platform that the document is for.
///
/// # Errors
/// `InvalidInstanceId` naming those that are not, `UnsupportedPlatformType` naming the first of another platform.
pub fn named(
    handle: &Handle,
    ids: &[String],
    platforms: &[String],
    account: &str,
) -> Result<Vec<String>, ApiError> {
    let ids: BTreeSet<&String> = ids.iter().collect();
    let mut unknown = Vec::new();
    for id in &ids {
        match handle.views().get::<NodeRow>(NODES, id) {
            None => unknown.push(id.as_str()),
            Some(node) if node.is_other_than(platforms) => {
                let message = format!("The document is for {platforms:?}; {id} is {}.", node.platform_type);
                return Err(ApiError::new("UnsupportedPlatformType", message));
            }
            Some(_) => {}
        }
    }
    if unknown.is_empty() {
        return Ok(ids.into_iter().cloned().collect());
    }
    let message = format!("Instances [[{}]] not in a valid state for account {account}", unknown.join(", "));
    Err(ApiError::new("InvalidInstanceId", message))
}

/// Beside AWS's keys: nodes that are connected (`true`) or not (`false`) when the command is sent.
const CONNECTED: &str = "reeve:connected";

/// Whether each target's key is one that there is.
///
/// # Errors
/// `InvalidTarget` for a key that is not `InstanceIds`, `tag:<key>`, `tag-key` or `reeve:connected`.
pub fn check(targets: &[ssm::Target]) -> Result<(), ApiError> {
    for target in targets {
        let key = target.key.as_deref().unwrap_or_default();
        if key.starts_with("resource-groups:") {
            let message =
                format!("The target key {key} needs resource groups, which this installation does not have.");
            return Err(ApiError::new("InvalidTarget", message));
        }
        if !(matches!(key, "InstanceIds" | "tag-key" | CONNECTED) || key.starts_with("tag:")) {
            let message = format!(
                "The target key {key:?} is not one of InstanceIds, tag:<key>, tag-key, reeve:connected."
            );
            return Err(ApiError::new("InvalidTarget", message));
        }
    }
    Ok(())
}

/// Which nodes an association is for: they meet each of these. Without any it is for all nodes: what names all of them
/// (`InstanceIds` with the value `*`) is met by every node, and left out. What names nobody is for nobody.
pub fn of_association(of: &ssm::AssociationDescription) -> Vec<ssm::Target> {
    let given = of.targets.as_deref().unwrap_or_default();
    if of.instance_id.is_some() || given.is_empty() {
        let values = Some(of.instance_id.iter().cloned().collect());
        return vec![ssm::Target { key: Some("InstanceIds".to_owned()), values }];
    }
    let names_all = |target: &ssm::Target| {
        target.key.as_deref() == Some("InstanceIds")
            && target.values.iter().flatten().any(|value| value == "*")
    };
    given.iter().filter(|target| !names_all(target)).cloned().collect()
}

/// The nodes that meet every target: values of one target are alternatives.
///
/// # Errors
/// As [`check`].
pub fn selected(handle: &Handle, targets: &[ssm::Target]) -> Result<Vec<String>, ApiError> {
    check(targets)?;
    let mut others: Vec<&ssm::Target> = targets.iter().collect();
    let by_id = others.iter().position(|target| target.key.as_deref() == Some("InstanceIds"));
    let nodes: Vec<(String, NodeRow)> = match by_id.map(|at| others.remove(at)) {
        // Each is looked up, and not looked for among all.
        Some(named) => {
            let ids: BTreeSet<&String> = named.values.iter().flatten().collect();
            ids.into_iter().filter_map(|id| Some((id.clone(), handle.views().get(NODES, id)?))).collect()
        }
        None => handle.views().scan(NODES, "", None, usize::MAX).rows,
    };
    let met = nodes.into_iter().filter(|(id, node)| meets(handle, others.iter().copied(), id, node));
    Ok(met.map(|(id, _)| id).collect())
}

/// Whether a node meets every target.
pub fn meets<'a>(
    handle: &Handle,
    targets: impl IntoIterator<Item = &'a ssm::Target>,
    id: &str,
    node: &NodeRow,
) -> bool {
    let tags: Tags = handle.views().get(NODE_TAGS, id).unwrap_or_default();
    targets.into_iter().all(|target| holds(target, id, node, &tags))
}

fn holds(target: &ssm::Target, id: &str, node: &NodeRow, tags: &Tags) -> bool {
    let key = target.key.as_deref().unwrap_or_default();
    let mut values = target.values.iter().flatten();
    match key.strip_prefix("tag:") {
        Some(tag) => tags.get(tag).is_some_and(|value| values.any(|wanted| wanted == value)),
        None if key == CONNECTED => {
            let connected = if node.session.is_empty() { "false" } else { "true" };
            values.any(|wanted| wanted == connected)
        }
        None if key == "tag-key" => values.any(|wanted| tags.contains_key(wanted)),
        None => values.any(|wanted| wanted == id),
    }
}
