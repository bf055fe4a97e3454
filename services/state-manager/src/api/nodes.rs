//! What associations are for nodes: which ones a node has, how they stand there, and which nodes would run.

use super::node_exists;
use crate::{
    domain,
    projections::{ASSOCIATIONS, AssociationRow, LATEST, LatestRow, content_named},
    reactors::candidates,
    shape::seconds,
};
use reeve_contracts::ssm::*;
use reeve_fleet::{NODES, NodeRow, targets};
use reeve_runtime::{ApiError, Call, Handle, page_of, page_size, to_answers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

type Rows = Vec<(String, Arc<AssociationRow>)>;

/// The associations that are for a node, in the order of their ids.
fn of_node(handle: &Handle, node: &str) -> Result<Rows, ApiError> {
    node_exists(handle, node)?;
    let known: NodeRow = handle.views().get(NODES, node).unwrap_or_default();
    let rows = candidates(handle, node).into_iter().filter_map(|id| {
        let row: Arc<AssociationRow> = handle.views().look(ASSOCIATIONS, &id)?;
        let is_met = targets::meets(handle, &domain::targets(&row.state.association()), node, &known);
        is_met.then_some((id, row))
    });
    Ok(rows.collect())
}

pub async fn effective(
    call: Call<DescribeEffectiveInstanceAssociationsRequest>,
) -> Result<DescribeEffectiveInstanceAssociationsResult, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let node = input.instance_id.clone().unwrap_or_default();
    let rows =
        page_of(of_node(handle, &node)?, input.next_token.as_deref(), page_size(input.max_results, 5)?);
    let (associations, next_token) = to_answers(rows, |row: Arc<AssociationRow>| {
        let of = row.state.association();
        let name = of.name.unwrap_or_default();
        let version = of.document_version.unwrap_or_else(|| "$DEFAULT".to_owned());
        let content = content_named(handle, &name, &version);
        InstanceAssociation {
            association_id: Some(row.state.association_id.clone()),
            association_version: Some(row.state.version.to_string()),
            content: content.map(|content| content.content.clone()),
            instance_id: Some(node.clone()),
        }
    })?;
    Ok(DescribeEffectiveInstanceAssociationsResult { associations: Some(associations), next_token })
}

pub async fn status(
    call: Call<DescribeInstanceAssociationsStatusRequest>,
) -> Result<DescribeInstanceAssociationsStatusResult, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let node = input.instance_id.clone().unwrap_or_default();
    let rows =
        page_of(of_node(handle, &node)?, input.next_token.as_deref(), page_size(input.max_results, 50)?);
    let (infos, next_token) = to_answers(rows, |row: Arc<AssociationRow>| status_of(handle, &node, &row))?;
    Ok(DescribeInstanceAssociationsStatusResult {
        instance_association_status_infos: Some(infos),
        next_token,
    })
}

fn status_of(handle: &Handle, node: &str, row: &AssociationRow) -> InstanceAssociationStatusInfo {
    let (of, id) = (row.state.association(), &row.state.association_id);
    let info = InstanceAssociationStatusInfo {
        association_id: Some(id.clone()),
        association_name: of.association_name,
        instance_id: Some(node.to_owned()),
        name: of.name,
        ..InstanceAssociationStatusInfo::default()
    };
    let Some(latest) = handle.views().get::<LatestRow>(LATEST, &format!("{node}/{id}")) else {
        return InstanceAssociationStatusInfo {
            association_version: Some(row.state.version.to_string()),
            detailed_status: Some("Associated".to_owned()),
            document_version: of.document_version,
            status: Some("Pending".to_owned()),
            ..info
        };
    };
    let [all, success, failed, timed_out, skipped] = latest.steps;
    let plugins = if all == 1 { "plugin" } else { "plugins" };
    // AWS's text, with the blank at its end.
    let summary = format!(
        "{all} out of {all} {plugins} processed, {success} success, {failed} failed, {timed_out} timedout, \
         {skipped} skipped. "
    );
    InstanceAssociationStatusInfo {
        association_version: Some(latest.version.to_string()),
        detailed_status: Some(latest.outcome.detailed_status),
        document_version: Some(latest.document_version),
        execution_date: Some(seconds(latest.outcome.at_ms)),
        execution_summary: (all > 0).then_some(summary),
        status: Some(latest.outcome.status),
        ..info
    }
}

/// What PreviewAssociation is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PreviewInput {
    association_id: String,
    max_firings: Option<u32>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// The next firings, in seconds since 1970, and the nodes that would run if it fired now.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    firings: Vec<f64>,
    nodes: Vec<PreviewNode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A node that would run: at once, or when it returns.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewNode {
    node_id: String,
    name: String,
    connected: bool,
}

/// As many firings are told when nothing is said.
const DEFAULT_FIRINGS: u32 = 5;

pub async fn preview(call: Call<PreviewInput>) -> Result<Preview, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let row: Option<Arc<AssociationRow>> = handle.views().look(ASSOCIATIONS, &input.association_id);
    let row = row.ok_or_else(|| {
        let message = format!("associationId is {:?}: there is no such association.", input.association_id);
        ApiError::new("NoSuchEntityException", message)
    })?;
    let count = usize::try_from(input.max_firings.unwrap_or(DEFAULT_FIRINGS)).unwrap_or_default();
    let timing = row.state.timing();
    let next = |after: i64| timing.as_ref()?.next_after(after);
    let after = std::iter::successors(next(call.now.0), |at| next(*at));
    let firings = after.take(count).map(|at| Timestamp(at).epoch_seconds()).collect();
    let selected = targets::selected(handle, &domain::targets(&row.state.association()))?;
    let nodes = selected.into_iter().map(|id| (id.clone(), id)).collect();
    let page = page_of(nodes, input.next_token.as_deref(), page_size(input.max_results, 1_000)?);
    let (nodes, next_token) = to_answers(page, |node_id| {
        let known: NodeRow = handle.views().get(NODES, &node_id).unwrap_or_default();
        PreviewNode { node_id, connected: !known.session.is_empty(), name: known.name }
    })?;
    Ok(Preview { firings, nodes, next_token })
}
