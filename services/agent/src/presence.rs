//! Introductions after each connection and when the machine has another name or address, a light heartbeat, news of keys, and
//! a word when there is no way in, or when another agent is this node.

use crate::{
    agent::Agent,
    ledger,
    platform::{self, Platform},
};
use prost::Message;
use reeve_contracts::node::Hello;
use reeve_jetstream::{Error as BusError, Headers, serve};
use reeve_node_protocol::subject;
use reeve_types::{NodeId, Timestamp};
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Three of these fit into the minute after which a silent node counts as lost.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(5);

/// After an introduction it is asked soon, and then ever more seldom, whether this agent may work.
const FIRST_HEARTBEAT_DELAY: Duration = Duration::from_millis(10);
const UNKNOWN_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
const REFUSED_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// A session that is not known is introduced again now and then.
const HEARTBEATS_BETWEEN_INTRODUCTIONS: u32 = 4;

/// A node that is refused for long does not fill its log.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps the control plane informed for ever.
pub async fn keep(agent: Arc<Agent>) {
    keep_informed(agent, HEARTBEAT_INTERVAL, platform::read).await;
}

async fn keep_informed(agent: Arc<Agent>, interval: Duration, read: impl Fn() -> Platform) {
    let mut connections = agent.bus.connections();
    let mut known = None;
    let mut refusals = RefusalLog::default();
    loop {
        let connection = *connections.borrow_and_update();
        if known.replace(connection) != Some(connection) {
            tracing::info!("connected to {}", agent.addresses.all());
        }
        let mut introduced = read();
        introduce(&agent, &introduced).await;
        ask_for_keys(&agent).await;
        let (mut wait, mut unknown) = (FIRST_HEARTBEAT_DELAY, 0_u32);
        // Until the next connection, or until the control plane does not know this session.
        loop {
            tokio::select! {
                changed = connections.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
                () = tokio::time::sleep(wait.min(interval)) => {
                    // A machine is renamed, or gets another address, while its agent runs.
                    let now = read();
                    if now != introduced {
                        introduce(&agent, &now).await;
                        introduced = now;
                    }
                    match heartbeat(&agent, &mut refusals).await {
                        Heard::Works => (wait, unknown) = (interval, 0),
                        Heard::Refused => wait = interval.min(REFUSED_HEARTBEAT_INTERVAL),
                        Heard::Nothing => wait = (wait * 2).min(UNKNOWN_HEARTBEAT_INTERVAL),
                        // The introduction may be on its way, or the former session not be lost yet.
                        Heard::Unknown => {
                            wait = (wait * 2).min(UNKNOWN_HEARTBEAT_INTERVAL);
                            unknown += 1;
                            if unknown % HEARTBEATS_BETWEEN_INTRODUCTIONS == 0 {
                                introduce(&agent, &introduced).await;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the control plane says of this session.
enum Heard {
    Works,
    /// Another agent is this node, and an operator has to decide.
    Refused,
    /// It does not count as connected yet.
    Unknown,
    Nothing,
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

    fn other_agent(&mut self, node: &str, session: &str) {
        if self.is_due(Instant::now()) {
            tracing::error!(
                node,
                session,
                "another agent is this node: its folder was copied, or this one was. This agent runs nothing until an operator \
                 decides for it with `reeve nodes keep {node} {session}`; to enrol this machine as a new node, start \
                 it with --register-again and a new activation"
            );
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
        earlier_sessions: earlier_sessions(agent),
        ledger_id: format!("{:x}", agent.ledger.id()),
        last_report: agent.ledger.last_report().unwrap_or(u64::MAX),
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

/// The sessions that this ledger knows, without this one.
fn earlier_sessions(agent: &Agent) -> Vec<String> {
    let mut sessions = agent.ledger.sessions().unwrap_or_else(|error| {
        tracing::error!(%error, "the earlier sessions cannot be read");
        Vec::new()
    });
    sessions.retain(|session| *session != agent.session);
    sessions
}

#[derive(Deserialize)]
struct Answer {
    connected: bool,
    #[serde(default)]
    refused: bool,
    now_ms: Option<i64>,
    since_ms: Option<i64>,
    keys: Option<u64>,
    bus: Option<String>,
}

/// An operator decided for this agent: what was sent before may have run where the other one is.
fn after_refusal(agent: &Agent, since: Timestamp) -> Result<(), ledger::Error> {
    match !agent.admission.is_valid() && agent.ledger.was_refused()? {
        true => agent.ledger.set_works_since(since),
        false => Ok(()),
    }
}

/// Asks the control plane whether this session counts.
async fn heartbeat(agent: &Agent, refusals: &mut RefusalLog) -> Heard {
    let (asked, shown) = (agent.admission.ask(), (agent.clock)());
    let body = serde_json::json!({"session": agent.session, "now_ms": shown.0}).to_string();
    let node = agent.identity.node_id.as_str();
    let answer = match serve::ask(&agent.bus, node, "heartbeat", body.into(), HEARTBEAT_TIMEOUT).await {
        Ok(answer) => answer,
        Err(BusError::NoResponders(_)) => {
            agent.admission.extend(asked);
            return Heard::Nothing;
        }
        Err(_) => return Heard::Nothing,
    };
    let Ok(answer) = serde_json::from_slice::<Answer>(&answer.data) else { return Heard::Nothing };
    if let Some(now_ms) = answer.now_ms {
        // The answer was given somewhere between.
        agent.admission.set_clock(shown.0.midpoint((agent.clock)().0).saturating_sub(now_ms));
    }
    if answer.keys.is_some_and(|version| version != agent.keys.version()) {
        ask_for_keys(agent).await;
    }
    if let Some(told) = &answer.bus
        && let Err(error) = agent.addresses.take(&agent.bus, told).await
    {
        tracing::warn!(%error, told, "the bus is looked for where it was: the address that is told is not taken");
    }
    match answer {
        Answer { connected: true, since_ms, .. } => {
            if let Err(error) = after_refusal(agent, since_ms.map_or(shown, Timestamp)) {
                tracing::error!(%error, "nothing is run before it is remembered which agent is the node");
                return Heard::Nothing;
            }
            if agent.admission.grant(asked) {
                tracing::debug!("this agent is the node");
            }
            Heard::Works
        }
        Answer { refused: true, .. } => {
            agent.admission.withdraw();
            if let Err(error) = agent.ledger.set_refused() {
                tracing::error!(%error, "it may be forgotten that another agent is this node");
            }
            refusals.other_agent(node, &agent.session);
            Heard::Refused
        }
        Answer { .. } => {
            agent.admission.withdraw();
            Heard::Unknown
        }
    }
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
