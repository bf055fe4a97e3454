//! Agents with one identity: which of their sessions works, and cutting the other off.
//!
//! A session that introduces itself while another counts as connected waits. When the server has no connection of the
//! other, that one is lost, and the newer works: so it is after each restart. When the other is heard a while after the
//! newer had introduced itself, both are alive: the newer waits for an operator. Else the other is silent, and lost after a
//! minute.

use super::connections;
use crate::{
    Shared,
    domain::node::{Lineage, Node, NodeEvent},
    projections::{NODES, NodeRow},
};
use reeve_contracts::node::Hello;
use reeve_jetstream::streams::NODE_REPORTS;
use reeve_node_protocol::subject;
use reeve_runtime::{Delivery, Handle, HandlerError};
use reeve_types::{NodeId, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What another session sent before its end may be heard so long after it.
const LATE_HEARTBEAT_SECONDS: i64 = 5;
/// As many earlier sessions of a ledger are looked at.
const MAX_EARLIER: usize = 64;

/// Sessions that introduced themselves while another one counts as connected, by node. Not in the log: one that waits
/// introduces itself again.
#[derive(Default)]
pub(crate) struct Newcomers(Mutex<HashMap<String, Newcomer>>);

struct Newcomer {
    session: String,
    since: Timestamp,
    /// The other was heard since.
    other_is_alive: bool,
}

impl Newcomers {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Newcomer>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn waits(&self, node: &str, session: &str, now: Timestamp) {
        self.with(|newcomers| {
            if newcomers.get(node).is_none_or(|known| known.session != session) {
                let newcomer = Newcomer { session: session.to_owned(), since: now, other_is_alive: false };
                newcomers.insert(node.to_owned(), newcomer);
            }
        });
    }

    fn decided(&self, node: &str) {
        self.with(|newcomers| newcomers.remove(node));
    }

    /// The session that counts was heard.
    pub fn other_was_heard(&self, node: &str, now: Timestamp) {
        self.with(|newcomers| {
            if let Some(newcomer) = newcomers.get_mut(node) {
                newcomer.other_is_alive |= newcomer.since.plus_seconds(LATE_HEARTBEAT_SECONDS) < now;
            }
        });
    }

    fn other_is_alive(&self, node: &str, session: &str) -> bool {
        self.with(|newcomers| {
            newcomers.get(node).is_some_and(|known| known.session == session && known.other_is_alive)
        })
    }
}

/// What tells whether a session is of the agent that worked last.
pub(crate) async fn lineage(
    shared: &Shared,
    handle: &Handle,
    node: &NodeId,
    hello: &Hello,
) -> Result<Lineage, HandlerError> {
    let skipped = hello.earlier_sessions.len().saturating_sub(MAX_EARLIER);
    let counts = handle.state::<Node>(node.as_str()).session;
    let is_other = !counts.is_empty() && counts != hello.session;
    Ok(Lineage {
        earlier: hello.earlier_sessions[skipped..].to_vec(),
        is_behind: counts != hello.session && is_behind(handle, node, hello).await?,
        other_is_alive: is_other
            && shared.newcomers.other_is_alive(node.as_str(), &hello.session)
            && is_connected(shared, handle, node.as_str(), &counts).await?,
    })
}

/// Whether more reports came from a ledger than it knows of.
async fn is_behind(handle: &Handle, node: &NodeId, hello: &Hello) -> Result<bool, HandlerError> {
    let last = handle.bus().direct_get(NODE_REPORTS, &subject::status(node)).await?;
    let id = last.and_then(|report| report.headers.get("Nats-Msg-Id").map(ToString::to_string));
    let Some(id) = id else { return Ok(false) };
    let mut parts = id.split('/').skip(1);
    let (ledger, report) = (parts.next(), parts.next().and_then(|number| number.parse::<u64>().ok()));
    Ok(ledger == Some(hello.ledger_id.as_str()) && report.is_some_and(|report| report > hello.last_report))
}

async fn is_connected(
    shared: &Shared,
    handle: &Handle,
    node: &str,
    session: &str,
) -> Result<bool, HandlerError> {
    let Some(row) = handle.views().get::<NodeRow>(NODES, node) else { return Ok(false) };
    Ok(connections::of_session(shared, &row.public_key, node, session).await?.is_some())
}

/// A session introduced itself while another one counts as connected; answers whether that one is lost now.
pub(crate) async fn newcomer(
    shared: &Shared,
    handle: &Handle,
    node: &str,
    session: &str,
    other: &str,
) -> Result<bool, HandlerError> {
    if is_connected(shared, handle, node, other).await? {
        shared.newcomers.waits(node, session, Timestamp::now());
        return Ok(false);
    }
    connections::lose(shared, handle, node, other, "its connection ended").await?;
    Ok(true)
}

/// What was decided on a session is said, and it waits no more.
pub(crate) fn decided(shared: &Shared, node: &str, event: Option<&NodeEvent>) {
    shared.newcomers.decided(node);
    if let Some(NodeEvent::NodeDuplicated(e)) = event {
        tracing::error!(
            node,
            session = e.session,
            other = e.other_session,
            hostname = e.other_hostname,
            address = e.other_ip_address,
            "another agent says that it is this node: {}. It runs nothing until `reeve nodes keep` says which one counts",
            e.reason
        );
    }
}

/// Whom an operator decided against is cut off.
pub(crate) async fn cut_off(shared: Arc<Shared>, delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeSessionChosen(chosen) = &delivery.event.event else { return Ok(()) };
    let handle = &delivery.handle;
    let Some(row) = handle.views().get::<NodeRow>(NODES, &chosen.node_id) else { return Ok(()) };
    if row.session.is_empty() || row.session == chosen.session {
        return Ok(());
    }
    let other = connections::of_session(&shared, &row.public_key, &chosen.node_id, &row.session).await?;
    match other {
        Some(connection) => connection.cut_off(&shared.config.system).await?,
        None => {
            connections::lose(&shared, handle, &chosen.node_id, &row.session, "its connection ended").await?
        }
    }
    Ok(())
}
