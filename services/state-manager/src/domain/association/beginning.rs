//! How executions begin: by a firing, held by a calendar, or to catch up.

use super::{Resolved, State, TARGETS_JOINED};
use reeve_contracts::state_manager::{AssociationEvent, ExecutionHeld, ExecutionSkipped, ExecutionStarted};
use reeve_eventsourcing::Context;
use uuid::Uuid;

/// As many nodes one event may name: it is one message.
pub(super) const MAX_NODES_PER_EXECUTION: usize = 40_000;

impl Resolved {
    fn nodes(&self) -> usize {
        self.node_ids.len() + self.away_node_ids.len() + self.other_platform_node_ids.len()
    }
}

/// The id of an execution: of its association, and of what tells it from the others. An association of the old form has the
/// same id in each of its lives, so that is an instant, too.
fn execution_id(state: &State, what: &str) -> String {
    let name = format!("association/{}/{what}", state.association_id);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

/// An instant has come: it begins, or is skipped while another one runs.
pub(super) fn fire(
    state: &State,
    due_ms: i64,
    executions: u64,
    resolved: Option<Resolved>,
    cx: &Context,
) -> Option<AssociationEvent> {
    let due = state.due.as_ref().filter(|due| due.at_ms == due_ms)?;
    let execution_id = execution_id(state, &format!("firing/{}/{due_ms}", state.executions));
    let (association_id, version) = (state.association_id.clone(), state.version);
    if state.running.is_some() {
        let skipped_ms = cx.now.0;
        let skipped = ExecutionSkipped { association_id, execution_id, version, due_ms, skipped_ms };
        return Some(AssociationEvent::ExecutionSkipped(skipped));
    }
    // Without it what ran has ended meanwhile: it is looked at once more.
    let resolved = resolved?;
    let (resolved, refusal) = match resolved.nodes() {
        nodes if nodes > MAX_NODES_PER_EXECUTION => {
            let refusal = format!(
                "It has {nodes} targets, and an execution has at most {MAX_NODES_PER_EXECUTION}: divide them among associations."
            );
            (Resolved::default(), refusal)
        }
        _ => (resolved, String::new()),
    };
    // What was resolved before another execution may not be so any more.
    (executions == state.executions).then(|| {
        AssociationEvent::ExecutionStarted(ExecutionStarted {
            association_id,
            execution_id,
            version,
            firing: state.firing + 1,
            cause: due.cause.clone(),
            due_ms,
            started_ms: cx.now.0,
            node_ids: resolved.node_ids,
            away_node_ids: resolved.away_node_ids,
            other_platform_node_ids: resolved.other_platform_node_ids,
            dropped_node_ids: Vec::new(),
            ends_ms: state.ends_ms(cx.now.0),
            refusal,
        })
    })
}

/// Something that is due is held, if it still is so.
pub(super) fn hold(state: &State, due_ms: Option<i64>, cx: &Context) -> Option<AssociationEvent> {
    let (due_ms, cause) = match due_ms {
        Some(due_ms) => (due_ms, state.due.as_ref().filter(|due| due.at_ms == due_ms)?.cause.clone()),
        None => (0, TARGETS_JOINED.to_owned()),
    };
    let (association_id, held_ms) = (state.association_id.clone(), cx.now.0);
    let held = ExecutionHeld { association_id, cause, due_ms, held_ms };
    state.running.is_none().then_some(AssociationEvent::ExecutionHeld(held))
}

/// Those that waited run.
pub(super) fn catch_up(
    state: &State,
    executions: u64,
    (mut node_ids, mut dropped_node_ids): (Vec<String>, Vec<String>),
    cx: &Context,
) -> Option<AssociationEvent> {
    if state.running.is_some() || executions != state.executions {
        return None;
    }
    // The others go on waiting, for the next time.
    node_ids.truncate(MAX_NODES_PER_EXECUTION);
    dropped_node_ids.truncate(MAX_NODES_PER_EXECUTION - node_ids.len());
    Some(AssociationEvent::ExecutionStarted(ExecutionStarted {
        association_id: state.association_id.clone(),
        execution_id: execution_id(state, &format!("joined/{}/{executions}", state.since_ms)),
        version: state.version,
        firing: state.firing,
        cause: TARGETS_JOINED.to_owned(),
        due_ms: cx.now.0,
        started_ms: cx.now.0,
        node_ids,
        dropped_node_ids,
        ends_ms: state.ends_ms(cx.now.0),
        ..ExecutionStarted::default()
    }))
}
