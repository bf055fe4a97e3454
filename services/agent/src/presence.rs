//! Introductions after each connection and when the machine has another name or address, a light heartbeat, news of keys, and a word when there is no way in.

use crate::{
    agent::Agent,
    platform::{self, Platform},
};
use prost::Message;
use reeve_contracts::node::Hello;
use reeve_jetstream::{Headers, serve};
use reeve_node_protocol::subject;
use reeve_types::NodeId;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Three of these fit into the minute after which a silent node counts as lost.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(5);

/// A node that is refused for long does not fill its log.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps the control plane informed for ever.
pub async fn keep(agent: Arc<Agent>) {
    keep_informed(agent, HEARTBEAT_INTERVAL, platform::read).await;
}

async fn keep_informed(agent: Arc<Agent>, interval: Duration, read: impl Fn() -> Platform) {
    let mut connections = agent.bus.connections();
    let mut known = None;
    loop {
        let connection = *connections.borrow_and_update();
        if known.replace(connection) != Some(connection) {
            tracing::info!("connected to {}", agent.identity.bus_url);
        }
        let mut introduced = read();
        introduce(&agent, &introduced).await;
        ask_for_keys(&agent).await;
        // Until the next connection, or until the control plane does not know this session.
        loop {
            tokio::select! {
                changed = connections.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
                () = tokio::time::sleep(interval) => {
                    // A machine is renamed, or gets another address, while its agent runs.
                    let now = read();
                    if now != introduced {
                        introduce(&agent, &now).await;
                        introduced = now;
                    }
                    if !heartbeat(&agent).await {
                        break;
                    }
                }
            }
        }
    }
}

/// Logs that the bus refuses this node; its connection is tried ever more seldom then, by itself.
pub async fn log_refusals(agent: Arc<Agent>, mut log: RefusalLog) {
    let mut refusals = agent.bus.refusals();
    while refusals.changed().await.is_ok() {
        if *refusals.borrow_and_update() > 0 {
            log.refused(&agent.identity.node_id);
        }
    }
}

/// Refusals of one agent, of which one a minute is logged.
#[derive(Default)]
pub struct RefusalLog {
    logged: Option<Instant>,
}

impl RefusalLog {
    /// Takes note of a refusal, and logs it unless one was logged lately.
    pub fn refused(&mut self, node: &NodeId) {
        if self.is_due(Instant::now()) {
            log_refusal(node);
        }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let due = self.logged.is_none_or(|logged| now.duration_since(logged) >= REFUSAL_LOG_INTERVAL);
        if due {
            self.logged = Some(now);
        }
        due
    }
}

/// What to make of a refusal. The server gives no reason.
fn log_refusal(node: &NodeId) {
    tracing::error!(
        %node,
        "this node was deregistered, or the control plane does not let it in for another reason: it is tried again \
         within a minute; to enrol this machine as a new node, start the agent with --register-again and a new activation"
    );
}

async fn introduce(agent: &Agent, platform: &Platform) {
    let hello = Hello {
        node_id: agent.identity.node_id.to_string(),
        session: agent.session.clone(),
        hostname: platform.hostname.clone(),
        ip_address: platform.ip_address.clone(),
        platform_type: platform.kind.to_owned(),
        platform_name: platform.name.clone(),
        platform_version: platform.version.clone(),
        architecture: platform.architecture.to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let subject = subject::hello(&agent.identity.node_id);
    if let Err(error) = agent.bus.store(&subject, &Headers::default(), hello.encode_to_vec().into()).await {
        // The next heartbeat finds that the session is not known, and introduces it again.
        tracing::warn!(%error, "the introduction did not arrive");
    }
}

/// Keys may have changed while this node was away; without an answer, the inbox or a heartbeat asks again.
async fn ask_for_keys(agent: &Agent) {
    if let Err(error) = agent.ask_for_keys().await {
        tracing::warn!(%error, "the newest dispatch keys are not known");
    }
}

/// Whether the control plane counts this session as connected. No answer is no reason to doubt it.
async fn heartbeat(agent: &Agent) -> bool {
    let body = serde_json::json!({"session": agent.session}).to_string();
    let node = agent.identity.node_id.as_str();
    let Ok(answer) = serve::ask(&agent.bus, node, "heartbeat", body.into(), HEARTBEAT_TIMEOUT).await else {
        return true;
    };
    let answer: serde_json::Value = serde_json::from_slice(&answer.data).unwrap_or_default();
    let keys = answer.get("keys").and_then(serde_json::Value::as_u64);
    if keys.is_some_and(|version| version > agent.keys.version()) {
        ask_for_keys(agent).await;
    }
    answer.get("connected").and_then(serde_json::Value::as_bool).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::test_agent;
    use futures::StreamExt;
    use nkeys::KeyPair;
    use reeve_testkit::Nats;
    use std::sync::Mutex;

    #[tokio::test(flavor = "current_thread")]
    async fn a_machine_that_is_renamed_introduces_itself_again() {
        let (nats, data) = (Nats::start(), tempfile::tempdir().unwrap());
        let agent = test_agent(&nats, data.path(), &KeyPair::new_account()).await;
        let mut hellos = agent.bus.subscribe(&subject::hello(&agent.identity.node_id)).await.unwrap();
        let machine = Arc::new(Mutex::new(platform::read()));
        let read = machine.clone();
        let keeping = tokio::spawn(keep_informed(agent, Duration::from_millis(20), move || {
            read.lock().unwrap().clone()
        }));
        let mut hello = async || Hello::decode(hellos.next().await.unwrap().data).unwrap();
        assert_eq!(hello().await.hostname, platform::hostname());
        machine.lock().unwrap().hostname = "renamed".to_owned();
        assert_eq!(hello().await.hostname, "renamed");
        machine.lock().unwrap().ip_address = "192.0.2.7".to_owned();
        assert_eq!(hello().await.ip_address, "192.0.2.7");
        keeping.abort();
    }

    #[test]
    fn a_refusal_is_logged_at_once_and_then_once_a_minute() {
        let (mut log, begun) = (RefusalLog::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        let due: Vec<u64> = (0..200).filter(|second| log.is_due(after(*second))).collect();
        assert_eq!(due, [0, 60, 120, 180]);
    }
}
