//! Whether nodes are there: introductions, heartbeats, the server's notices, and silence.

use super::{connections::lose, duplicates, notices};
use crate::{
    Shared,
    domain::{
        activation::ActivationEvent,
        keys::DispatchKeys,
        node::{Command, Error, Lineage, Node, NodeEvent},
    },
    projections::{NODE_KEYS, NODES, NodeRow},
};
use futures::StreamExt;
use prost::Message;
use reeve_contracts::{
    node::Hello,
    nodes::{NodeConnected, NodeRegistered},
};
use reeve_eventsourcing::Actor;
use reeve_node_protocol::subject::node_of;
use reeve_runtime::{ApiError, Call, Delivery, ExecuteError, Executed, Handle, HandlerError, InboxMessage};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A node that says nothing for this long is lost, whatever its connection.
const SILENCE_SECONDS: i64 = 60;
/// A clock that is off by less is right, and one that is off by so much more or less than before is off by another amount.
const CLOCK_TOLERANCE_MS: i64 = 5_000;
/// How often silent nodes are looked for.
const SILENCE_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// When each node was last heard, whichever replica answers it. Not in the log: heartbeats are not events.
#[derive(Default)]
pub(crate) struct Presence {
    heard: Mutex<HashMap<String, Timestamp>>,
}

impl Presence {
    fn hear(&self, node: &str, now: Timestamp) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned(), now);
    }

    /// Takes a sign of life of a node that this replica has heard nothing of.
    fn hear_first(&self, node: &str, now: Timestamp) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).entry(node.to_owned()).or_insert(now);
    }

    /// Its last sign of life, if this replica has heard one.
    pub fn last_heard(&self, node: &str) -> Option<Timestamp> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(node).copied()
    }

    /// When the node last gave a sign of life. It may have introduced itself to another replica after it was heard here.
    pub fn last_seen(&self, row: &NodeRow, now: Timestamp) -> Timestamp {
        let heard = self.last_heard(&row.id);
        // Of an earlier instant the log knows, and not this.
        heard.filter(|heard| *heard <= now).map_or(row.seen, |heard| heard.max(row.seen))
    }
}

/// The node of a redeemed activation is registered even if the enrolment was cut off in between.
pub(crate) async fn register(delivery: Delivery<ActivationEvent>) -> Result<(), HandlerError> {
    let ActivationEvent::ActivationRedeemed(redeemed) = delivery.event.event.clone() else { return Ok(()) };
    let (id, command) = (redeemed.node_id.clone(), registration(redeemed));
    delivery.execute::<Node>("register", &id, command).await?;
    Ok(())
}

/// What a redeemed activation leads to.
pub(crate) fn registration(redeemed: reeve_contracts::nodes::ActivationRedeemed) -> Command {
    Command::Register(Box::new(NodeRegistered {
        node_id: redeemed.node_id,
        activation_id: redeemed.activation_id,
        public_key: redeemed.public_key,
        name: redeemed.default_name,
        iam_role: redeemed.iam_role,
        tags: redeemed.tags,
    }))
}

/// As many earlier sessions are told with a connection: introductions of older ones are not delivered any more.
const MAX_EARLIER_IN_EVENT: usize = 16;

/// A node introduced itself: it is connected.
pub(crate) async fn hello(shared: Arc<Shared>, inbox: InboxMessage) -> Result<(), HandlerError> {
    let node = node_of(&inbox.message.subject)
        .ok_or_else(|| HandlerError::Permanent("the subject names no node".into()))?;
    let hello =
        Hello::decode(inbox.message.data.clone()).map_err(|e| HandlerError::Permanent(e.to_string()))?;
    let lineage = duplicates::lineage(&shared, &inbox.handle, &node, &hello).await?;
    let text = |text: String| text.chars().filter(|c| !c.is_control()).take(256).collect::<String>();
    let skipped = lineage.earlier.len().saturating_sub(MAX_EARLIER_IN_EVENT);
    let connected = NodeConnected {
        node_id: node.to_string(),
        earlier_sessions: lineage.earlier[skipped..].iter().cloned().map(text).collect(),
        hostname: text(hello.hostname),
        ip_address: text(hello.ip_address),
        platform_type: text(hello.platform_type),
        platform_name: text(hello.platform_name),
        platform_version: text(hello.platform_version),
        architecture: text(hello.architecture),
        agent_version: text(hello.agent_version),
        session: text(hello.session),
    };
    let (handle, node) = (&inbox.handle, node.as_str());
    for is_last in [false, true] {
        match connect(&shared, &inbox, connected.clone(), lineage.clone()).await {
            Err(ExecuteError::Refused(Error::Occupied(other))) => {
                let freed = duplicates::newcomer(&shared, handle, node, &connected.session, &other).await?;
                if !freed || is_last {
                    break;
                }
            }
            Err(ExecuteError::Refused(Error::Unknown(_))) => {
                tracing::warn!(%node, "a node that is not registered introduced itself");
                break;
            }
            Err(error) => return Err(error.into()),
            Ok(executed) => {
                duplicates::decided(&shared, node, executed.event.as_ref());
                break;
            }
        }
    }
    Ok(())
}

async fn connect(
    shared: &Shared,
    inbox: &InboxMessage,
    connected: NodeConnected,
    lineage: Lineage,
) -> Result<Executed<NodeEvent>, ExecuteError<Error>> {
    let (node, session) = (connected.node_id.clone(), connected.session.clone());
    let context = inbox.context(Actor::node(&node));
    let connect = Command::Connect(Box::new(connected), lineage);
    let executed = inbox.handle.execute::<Node>(&node, connect, &context).await?;
    if inbox.handle.state::<Node>(&node).session == session {
        shared.presence.hear(&node, context.now);
    }
    Ok(executed)
}

#[derive(Deserialize)]
pub(crate) struct Heartbeat {
    session: String,
    /// What the node's clock shows.
    #[serde(default)]
    now_ms: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Heard {
    /// Whether this session is the one that counts as connected; if not, the agent introduces itself again.
    connected: bool,
    /// Whether this session waits for an operator's decision, because another agent is this node.
    refused: bool,
    /// What the clock of the control plane shows.
    now_ms: i64,
    /// Since when this session counts, or none does.
    since_ms: i64,
    /// The version of the dispatch keys that are in force; an agent with others asks for them, and tells its own.
    keys: u64,
    /// Where the bus is. A node that was enrolled when it was elsewhere, or one server of several, knows no better.
    bus: String,
}

/// A node says that it is there.
pub(crate) async fn heartbeat(shared: Arc<Shared>, call: Call<Heartbeat>) -> Result<Heard, ApiError> {
    let refused = || ApiError::new("InvalidInstanceId", "The subject names no node.");
    let node = node_of(&call.subject).ok_or_else(refused)?;
    let node = node.as_str();
    let state = call.handle.state::<Node>(node);
    let connected = state.session == call.input.session;
    if let Some(ahead_ms) = call.input.now_ms.map(|shown| shown.saturating_sub(call.now.0))
        && connected
        && let Some(ahead_ms) = changed_clock(state.ahead_ms, ahead_ms)
    {
        call.execute::<Node>(node, Command::SetClock { ahead_ms }).await?;
    }
    let row: Option<NodeRow> = call.handle.views().get(NODES, node);
    let keys = call.handle.state::<DispatchKeys>(&shared.config.root_key).version;
    Ok(Heard {
        connected,
        refused: state.refuses(&call.input.session),
        now_ms: call.now.0,
        since_ms: row.map_or(call.now, |row| row.seen).0,
        keys,
        bus: shared.config.bus_url.clone(),
    })
}

/// How far a clock is off now, if that is worth an event: by whole seconds, and other than it was known to be.
fn changed_clock(known_ms: i64, ahead_ms: i64) -> Option<i64> {
    let off = match ahead_ms {
        ahead if ahead.saturating_abs() <= CLOCK_TOLERANCE_MS => 0,
        ahead => ahead / 1000 * 1000,
    };
    let changed = off.saturating_sub(known_ms).saturating_abs() > CLOCK_TOLERANCE_MS;
    (changed || (off == 0) != (known_ms == 0)).then_some(off)
}

/// Hears every heartbeat: one replica answers it, and each of them looks for silent nodes.
pub(crate) async fn listen(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let mut heartbeats = handle.bus().subscribe("reeve.agent.*.heartbeat").await?;
    while let Some(heartbeat) = heartbeats.next().await {
        let (Some(node), Ok(said)) =
            (node_of(&heartbeat.subject), serde_json::from_slice::<Heartbeat>(&heartbeat.data))
        else {
            continue;
        };
        // Another agent with this node's identity is no sign of life of it.
        if handle.state::<Node>(node.as_str()).session == said.session {
            let now = Timestamp::now();
            shared.presence.hear(node.as_str(), now);
            shared.newcomers.other_was_heard(node.as_str(), now);
        }
    }
    Err(HandlerError::Unavailable("the subscription to heartbeats ended".to_owned()))
}

/// The server's notices of ended connections, on its own account.
pub(crate) async fn disconnects(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let mut notices = notices::of(&shared, "DISCONNECT").await?;
    while let Some(notice) = notices.next().await {
        let known: Option<String> = handle.views().get(NODE_KEYS, &notice.client.user);
        let Some((node, session)) = notice.client.name.split_once('/') else { continue };
        if known.as_deref() == Some(node) {
            // Until now the server had its connection, which is a sign of life if there was no other.
            if handle.state::<Node>(node).session == session {
                shared.presence.hear_first(node, Timestamp::now());
            }
            lose(&shared, &handle, node, session, &notice.reason).await?;
        }
    }
    Err(notices::ended())
}

/// Looks for nodes that count as connected and have not been heard for a minute.
pub(crate) async fn silence(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let started = Timestamp::now();
    loop {
        tokio::time::sleep(SILENCE_CHECK_INTERVAL).await;
        let now = Timestamp::now();
        let silent = |row: &NodeRow| {
            let heard = shared.presence.last_seen(row, now).max(started);
            !row.session.is_empty() && heard.plus_seconds(SILENCE_SECONDS) < now
        };
        let page = handle.views().filter::<NodeRow>(NODES, "", None, 1000, |_, row| silent(row));
        for (node, row) in page.rows {
            lose(&shared, &handle, &node, &row.session, "silent for a minute").await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_of_when_it_is_off_and_when_it_changes_and_when_it_is_right_again() {
        assert_eq!(changed_clock(0, 4_999), None);
        assert_eq!(changed_clock(0, 7_400), Some(7_000));
        assert_eq!(changed_clock(0, -3_600_200), Some(-3_600_000));
        assert_eq!(changed_clock(7_000, 9_100), None);
        assert_eq!(changed_clock(7_000, 13_100), Some(13_000));
        assert_eq!(changed_clock(7_000, -20), Some(0));
        assert_eq!(changed_clock(0, i64::MIN), Some(i64::MIN / 1000 * 1000));
    }
}
