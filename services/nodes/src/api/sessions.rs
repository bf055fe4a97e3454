//! ListNodeStates and KeepSession of the API `nodes` (`schemas/reeve/nodes.json`): what an operator looks at, and what only
//! an operator can decide.

use super::read::{Condition, NodeRead, page};
use crate::{
    Shared,
    domain::node::{Command, Node},
    projections::OtherSession,
};
use reeve_runtime::{ApiError, Call, page_size, to_answers};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

const MAX_PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keep {
    node_id: String,
    session: String,
}

#[derive(Serialize)]
pub struct Kept {}

/// Decides which of the agents with one identity counts.
pub async fn keep(call: Call<Keep>) -> Result<Kept, ApiError> {
    let Keep { node_id, session } = &call.input;
    super::instances::known(&call, node_id)?;
    call.execute::<Node>(node_id, Command::Choose { session: session.clone() }).await?;
    Ok(Kept {})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Filter {
    key: String,
    values: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    nodes: Vec<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    node_id: String,
    name: String,
    computer_name: String,
    ping_status: String,
    platform_type: String,
    platform_name: String,
    platform_version: String,
    architecture: String,
    agent_version: String,
    ip_address: String,
    tags: BTreeMap<String, String>,
    registered: f64,
    last_seen: f64,
    clock_ahead_ms: i64,
    session: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_session: Option<Other>,
}

/// Another agent with the node's identity.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Other {
    session: String,
    counts: String,
    computer_name: String,
    ip_address: String,
    reason: String,
    since: f64,
}

/// Nodes as an operator sees them.
pub async fn list(shared: Arc<Shared>, call: Call<List>) -> Result<Listed, ApiError> {
    let input = &call.input;
    let conditions = input
        .filters
        .iter()
        .map(|f| Condition::new(Some(&f.key), None, Some(&f.values), "ValidationException"));
    let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
    let limit = page_size(input.max_results, MAX_PAGE)?;
    let page = page(&shared, &call.handle, call.now, &conditions, input.next_token.as_deref(), limit);
    let (nodes, next_token) = to_answers(page, state)?;
    Ok(Listed { nodes, next_token })
}

fn state(node: NodeRead) -> State {
    let ping_status = node.ping_status().to_owned();
    let row = node.row;
    State {
        ping_status,
        node_id: row.id,
        name: row.name,
        computer_name: row.hostname,
        platform_type: row.platform_type,
        platform_name: row.platform_name,
        platform_version: row.platform_version,
        architecture: row.architecture,
        agent_version: row.agent_version,
        ip_address: row.ip_address,
        tags: node.tags,
        registered: row.registered.epoch_seconds(),
        last_seen: node.last_ping.epoch_seconds(),
        clock_ahead_ms: row.ahead_ms,
        session: row.session,
        other_session: row.other.map(other),
    }
}

fn other(other: OtherSession) -> Other {
    Other {
        session: other.session,
        counts: other.counts,
        computer_name: other.hostname,
        ip_address: other.ip_address,
        reason: other.reason,
        since: other.since.epoch_seconds(),
    }
}
