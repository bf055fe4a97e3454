//! Whether nodes are there: introductions, heartbeats, the server's notices, and silence.

use super::notices;
use crate::{
    Shared,
    domain::{
        activation::ActivationEvent,
        keys::DispatchKeys,
        node::{Command, Error, Node},
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
use reeve_runtime::{ApiError, Call, Delivery, ExecuteError, Handle, HandlerError, InboxMessage};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A node that says nothing for this long is lost, whatever its connection.
const SILENCE_SECONDS: i64 = 60;
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

    /// When the node last gave a sign of life. It may have introduced itself to another replica after it was heard here.
    pub fn last_seen(&self, row: &NodeRow, now: Timestamp) -> Timestamp {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(&row.id).copied();
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

/// A node introduced itself: it is connected.
pub(crate) async fn hello(shared: Arc<Shared>, inbox: InboxMessage) -> Result<(), HandlerError> {
    let node = node_of(&inbox.message.subject)
        .ok_or_else(|| HandlerError::Permanent("the subject names no node".into()))?;
    let hello =
        Hello::decode(inbox.message.data.clone()).map_err(|e| HandlerError::Permanent(e.to_string()))?;
    let text = |text: String| text.chars().filter(|c| !c.is_control()).take(256).collect::<String>();
    let connected = NodeConnected {
        node_id: node.to_string(),
        hostname: text(hello.hostname),
        ip_address: text(hello.ip_address),
        platform_type: text(hello.platform_type),
        platform_name: text(hello.platform_name),
        platform_version: text(hello.platform_version),
        architecture: text(hello.architecture),
        agent_version: text(hello.agent_version),
        session: text(hello.session),
    };
    let context = inbox.context(Actor::node(node.as_str()));
    shared.presence.hear(node.as_str(), context.now);
    let connect = Command::Connect(Box::new(connected));
    match inbox.handle.execute::<Node>(node.as_str(), connect, &context).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Refused(Error::Unknown(_))) => {
            tracing::warn!(%node, "a node that is not registered introduced itself");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Heartbeat {
    session: String,
}

#[derive(Serialize)]
pub(crate) struct Heard {
    /// Whether this session is the one that counts as connected; if not, the agent introduces itself again.
    connected: bool,
    /// The version of the dispatch keys that are in force; an agent with an older one asks for them.
    keys: u64,
}

/// A node says that it is there.
pub(crate) async fn heartbeat(shared: Arc<Shared>, call: Call<Heartbeat>) -> Result<Heard, ApiError> {
    let refused = || ApiError::new("InvalidInstanceId", "The subject names no node.");
    let node = node_of(&call.subject).ok_or_else(refused)?;
    let state = call.handle.state::<Node>(node.as_str());
    let keys = call.handle.state::<DispatchKeys>(&shared.config.root_key).version;
    Ok(Heard { connected: state.session == call.input.session, keys })
}

/// Hears every heartbeat: one replica answers it, and each of them looks for silent nodes.
pub(crate) async fn listen(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let mut heartbeats = handle.bus().subscribe("reeve.agent.*.heartbeat").await?;
    while let Some(heartbeat) = heartbeats.next().await {
        if let Some(node) = node_of(&heartbeat.subject) {
            shared.presence.hear(node.as_str(), Timestamp::now());
        }
    }
    Err(HandlerError::Unavailable("the subscription to heartbeats ended".to_owned()))
}

async fn lose(handle: &Handle, node: &str, session: &str, reason: &str) -> Result<(), HandlerError> {
    let context = handle.context(Timestamp::now());
    let command = Command::Lose { session: session.to_owned(), reason: reason.to_owned() };
    handle.execute::<Node>(node, command, &context).await?;
    Ok(())
}

/// The server's notices of ended connections, on its own account.
pub(crate) async fn disconnects(shared: Arc<Shared>, handle: Handle) -> Result<(), HandlerError> {
    let mut notices = notices::of(&shared, "DISCONNECT").await?;
    while let Some(notice) = notices.next().await {
        let known: Option<String> = handle.views().get(NODE_KEYS, &notice.client.user);
        let Some((node, session)) = notice.client.name.split_once('/') else { continue };
        if known.as_deref() == Some(node) {
            lose(&handle, node, session, &notice.reason).await?;
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
            lose(&handle, &node, &row.session, "silent for a minute").await?;
        }
    }
}
