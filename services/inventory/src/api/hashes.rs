//! What nodes ask before they report: what is known of them, so that they say what differs.

use crate::domain::{Inventory, inventory_id};
use reeve_node_protocol::subject::node_of;
use reeve_runtime::{ApiError, Call};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More types no node has.
const MAX_TYPES: usize = 64;

/// The types that a node has collected.
#[derive(Deserialize)]
pub(crate) struct Question {
    types: Vec<String>,
}

/// What is known of them.
#[derive(Serialize)]
pub(crate) struct Answer {
    /// By type; those are left out of which nothing is known, or whose last collection failed.
    hashes: BTreeMap<String, String>,
}

/// A node asks for the hashes of what is known of itself.
pub(crate) async fn tell(call: Call<Question>) -> Result<Answer, ApiError> {
    let node = node_of(&call.subject)
        .ok_or_else(|| ApiError::invalid("The subject of the question names no node."))?;
    let states = call.input.types.into_iter().take(MAX_TYPES).filter_map(|name| {
        let state = call.handle.state::<Inventory>(&inventory_id(node.as_str(), &name));
        (!state.hash.is_empty() && state.failure.is_none()).then_some((name, state.hash))
    });
    Ok(Answer { hashes: states.collect() })
}
