//! Simulated agents: the node protocol with its signatures and a ledger in memory; what a document does is left out.
//!
//! A real agent is a process. Ten thousand of them do not fit on one machine, and what is measured here is the other
//! side. So these share a few connections, verify and remember as an agent does, and say at once that every step
//! succeeded. As an agent does, one tells that a command has begun only when it has not ended soon after.

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message as _;
use reeve::host::{BusAddress, Keys, bus_options, key_files};
use reeve_contracts::{
    node::{DispatchKind, Hello, Report, ReportKind},
    outcome::{InvocationStatus, StepOutcome, StepStatus},
};
use reeve_jetstream::{Bus, Headers, Subscription, operator::User, serve, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::verify, keys::Trust, subject};
use reeve_types::{NodeId, Timestamp, ids::new_uuid};
use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// As often as an agent does.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// As many introduce themselves at a time.
const MAX_CONCURRENT_ENROLMENTS: usize = 64;

/// A fleet at work; it ends when dropped.
pub struct Fleet {
    _tasks: JoinSet<()>,
}

/// What the simulated nodes have in common.
struct Shared {
    trust: Trust,
    execution: Duration,
}

/// One node.
struct Node {
    id: NodeId,
    session: String,
    bus: Bus,
    shared: Arc<Shared>,
    /// The ledger: the last inbox number that was taken in, and the commands that may have begun.
    cursor: u64,
    begun: HashSet<String>,
    reported: u64,
}

/// Opens the connections, before any node is on them.
pub async fn connect(
    bus: &BusAddress,
    keys: &Keys,
    nodes: usize,
    connections: usize,
) -> anyhow::Result<Vec<Bus>> {
    let connections = connections.clamp(1, nodes.max(1));
    stream::iter(0..connections)
        .map(|n| async move {
            let user = keys.operator.agents_user(&format!("simulated-{n}"))?;
            anyhow::Ok(Bus::connect(&options(bus, &user, n)).await?)
        })
        .buffered(MAX_CONCURRENT_ENROLMENTS)
        .try_collect()
        .await
}

fn options(bus: &BusAddress, user: &User, number: usize) -> reeve_jetstream::Options {
    let mut options = bus_options(bus, user, &format!("simulated-{number}"));
    options.inbox_prefix = format!("_INBOX_simulated_{number}");
    options
}

/// Nodes that listen on their inboxes, and have not introduced themselves.
pub struct Listening(Vec<(Node, Subscription)>);

impl Listening {
    /// Puts nodes on connections.
    pub async fn start(
        nodes: &[NodeId],
        connections: &[Bus],
        folder: &Path,
        execution: Duration,
    ) -> anyhow::Result<Self> {
        let set = key_files::read_set(folder)?.context("the instance has no dispatch keys")?;
        let shared =
            Arc::new(Shared { trust: Trust::restore(&key_files::root_key(folder)?, &set)?, execution });
        let listening = stream::iter(nodes.iter().zip(connections.iter().cycle()))
            .map(|(id, bus)| {
                let node = Node {
                    id: id.clone(),
                    session: new_uuid().simple().to_string(),
                    bus: bus.clone(),
                    shared: shared.clone(),
                    cursor: 0,
                    begun: HashSet::new(),
                    reported: 0,
                };
                async move {
                    let live = node.bus.subscribe(&subject::live(&node.id)).await?;
                    anyhow::Ok((node, live))
                }
            })
            .buffer_unordered(MAX_CONCURRENT_ENROLMENTS);
        Ok(Self(listening.try_collect().await?))
    }
}

impl Fleet {
    /// Answers when all nodes have introduced themselves.
    pub async fn start(listening: Listening) -> Self {
        let nodes = stream::iter(&listening.0);
        nodes.for_each_concurrent(MAX_CONCURRENT_ENROLMENTS, |(node, _)| node.introduce()).await;
        let mut tasks = JoinSet::new();
        for (index, (node, live)) in listening.0.into_iter().enumerate() {
            // Real agents do not beat in step either.
            let offset = HEARTBEAT_INTERVAL * u32::try_from(index % 1_000).unwrap_or(0) / 1_000;
            tasks.spawn(beat(node.bus.clone(), node.id.clone(), node.session.clone(), offset));
            tasks.spawn(node.work(live));
        }
        Self { _tasks: tasks }
    }
}

async fn beat(bus: Bus, id: NodeId, session: String, offset: Duration) {
    tokio::time::sleep(offset).await;
    let body = serde_json::json!({"session": session}).to_string();
    loop {
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
        let asked = serve::ask(&bus, id.as_str(), "heartbeat", body.clone().into(), HEARTBEAT_INTERVAL / 3);
        if let Err(error) = asked.await {
            tracing::warn!(%error, node = %id, "no answer to a heartbeat");
        }
    }
}

impl Node {
    async fn introduce(&self) {
        let hello = Hello {
            node_id: self.id.to_string(),
            session: self.session.clone(),
            hostname: "simulated".to_owned(),
            ip_address: "127.0.0.1".to_owned(),
            platform_type: "Linux".to_owned(),
            platform_name: "simulated".to_owned(),
            platform_version: "1".to_owned(),
            architecture: "x86_64".to_owned(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Hello::default()
        };
        let subject = subject::hello(&self.id);
        let data = hello.encode_to_vec();
        // As an agent does: one that was not acknowledged is sent again.
        while let Err(error) = self.bus.store(&subject, &Headers::default(), data.clone().into()).await {
            tracing::warn!(%error, node = %self.id, "a node introduces itself again");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Takes dispatches in, in order; a gap is read from the stream.
    async fn work(mut self, mut live: Subscription) {
        while let Some(message) = live.next().await {
            let Some(number) = subject::number_of(&message.subject) else { continue };
            if number == self.cursor + 1 {
                self.take_in(number, &message.data).await;
            } else if number > self.cursor {
                self.catch_up().await;
            }
        }
    }

    async fn catch_up(&mut self) {
        loop {
            let number = self.cursor + 1;
            match self.bus.direct_get(NODE_INBOX, &subject::inbox(&self.id, number)).await {
                Ok(Some(message)) => self.take_in(number, &message.data).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, node = %self.id, "the inbox is read again");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    async fn take_in(&mut self, number: u64, data: &[u8]) {
        let verified = verify(data, &self.shared.trust, &self.id, number, Timestamp::now());
        self.cursor = number;
        match verified {
            Ok(dispatch) if dispatch.kind() == DispatchKind::Run => {
                if self.begun.insert(dispatch.command_id.clone()) {
                    self.run(&dispatch.command_id, &dispatch.traceparent).await;
                }
            }
            Ok(_) => {}
            Err(refusal) => tracing::warn!(%refusal, node = %self.id, "a dispatch was refused"),
        }
    }

    async fn run(&mut self, command_id: &str, traceparent: &str) {
        let started = Timestamp::now();
        let report = |kind: ReportKind, node: &Self| Report {
            node_id: node.id.to_string(),
            command_id: command_id.to_owned(),
            kind: kind.into(),
            at_ms: Timestamp::now().0,
            started_ms: started.0,
            traceparent: traceparent.to_owned(),
            ..Report::default()
        };
        if self.shared.execution >= reeve_agent::START_REPORT_DELAY {
            let begun = report(ReportKind::Started, self);
            self.report(begun).await;
        }
        tokio::time::sleep(self.shared.execution).await;
        let step = StepOutcome {
            name: "aws:runShellScript".to_owned(),
            action: "aws:runShellScript".to_owned(),
            status: StepStatus::Success.into(),
            started_ms: started.0,
            finished_ms: Timestamp::now().0,
            stdout: "simulated\n".to_owned(),
            output: "simulated\n".to_owned(),
            stdout_bytes: 10,
            ..StepOutcome::default()
        };
        let ended = Report {
            status: InvocationStatus::Success.into(),
            steps: vec![step],
            ..report(ReportKind::Finished, self)
        };
        self.report(ended).await;
    }

    /// Until the bus has acknowledged it.
    async fn report(&mut self, mut report: Report) {
        self.reported += 1;
        report.sequence = self.reported;
        let headers = Headers::default().with("Nats-Msg-Id", format!("{}/{}", self.id, self.reported));
        let (subject, data) = (subject::status(&self.id), report.encode_to_vec());
        while let Err(error) = self.bus.store(&subject, &headers, data.clone().into()).await {
            tracing::warn!(%error, node = %self.id, "a report is sent again");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
