//! AuditAssociations and ListDrift: what differs on nodes, and finding it out without changing anything.

use crate::{
    domain::association::{Association, Command},
    projections::{ASSOCIATIONS, AssociationRow, DRIFTS, DriftRow, content_named},
};
use reeve_contracts::ssm::AssociationDescription;
use reeve_runtime::{ApiError, Call, Handle, page_size};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const MAX_DRIFT_PER_PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRequest {
    association_ids: Vec<String>,
}

#[derive(Serialize)]
pub struct Audit {
    /// The associations that run.
    started: Vec<String>,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Skipped {
    association_id: String,
    reason: String,
}

/// # Errors
/// `NoSuchEntityException`.
fn known(handle: &Handle, id: &str) -> Result<Arc<AssociationRow>, ApiError> {
    let no_such = || ApiError::new("NoSuchEntityException", format!("There is no association {id:?}."));
    handle.views().look(ASSOCIATIONS, id).ok_or_else(no_such)
}

/// Runs those associations now whose documents declare themselves checks. The others would change something: they do not run.
pub async fn audit(call: Call<AuditRequest>) -> Result<Audit, ApiError> {
    let ids = &call.input.association_ids;
    let rows = ids.iter().map(|id| known(&call.handle, id)).collect::<Result<Vec<_>, _>>()?;
    let mut audit = Audit { started: Vec::new(), skipped: Vec::new() };
    for row in rows {
        let id = row.state.association_id.clone();
        if let Err(reason) = check(&call.handle, &row.state.association()) {
            audit.skipped.push(Skipped { association_id: id, reason });
            continue;
        }
        let context = call.context().derived(&id);
        let request = Command::Request { cause: "Audit" };
        let executed = call.handle.execute::<Association>(&id, request, &context).await?;
        call.reached(executed.position);
        audit.started.push(id);
    }
    Ok(audit)
}

/// # Errors
/// Why an association's document is no check.
fn check(handle: &Handle, of: &AssociationDescription) -> Result<(), String> {
    let name = of.name.as_deref().unwrap_or_default();
    let version = of.document_version.as_deref().unwrap_or("$DEFAULT");
    let Some(content) = content_named(handle, name, version) else {
        return Err(format!("There is no document {name} of version {version}."));
    };
    match content.is_check {
        true => Ok(()),
        false => Err(format!("The document {name} does not declare itself a check (\"check\": true).")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRequest {
    association_id: Option<String>,
    node_id: Option<String>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    drift: Vec<Drift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Drift {
    association_id: String,
    node_id: String,
    cause: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    step: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    output: String,
    is_check: bool,
    execution_id: String,
    since: f64,
    found: f64,
}

/// The nodes that are not as associations want them.
pub async fn list(call: Call<ListRequest>) -> Result<Listed, ApiError> {
    let input = &call.input;
    let prefix = match &input.association_id {
        Some(id) => format!("{}/", known(&call.handle, id)?.state.association_id),
        None => String::new(),
    };
    let node = input.node_id.as_deref();
    let keep = |key: &str, _: &DriftRow| node.is_none_or(|node| key.ends_with(&format!("/{node}")));
    let limit = page_size(input.max_results, MAX_DRIFT_PER_PAGE)?;
    let page =
        call.handle.views().filter::<DriftRow>(DRIFTS, &prefix, input.next_token.as_deref(), limit, keep);
    let drift = page.rows.into_iter().map(|(key, row)| {
        let (association_id, node_id) = key.split_once('/').unwrap_or((&key, ""));
        Drift {
            association_id: association_id.to_owned(),
            node_id: node_id.to_owned(),
            cause: row.cause,
            step: row.step,
            output: row.output,
            is_check: row.is_check,
            execution_id: row.execution_id,
            since: Timestamp(row.since_ms).epoch_seconds(),
            found: Timestamp(row.found_ms).epoch_seconds(),
        }
    });
    Ok(Listed { drift: drift.collect(), next_token: page.next })
}
