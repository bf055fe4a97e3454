//! Executing what was taken in: a few documents at a time, each cancellable.

use crate::{
    execute::{self, DocumentSource, Host, Job, Outcome, Sink},
    ledger,
    run::Agent,
};
use bytes::Bytes;
use prost::Message;
use reeve_contracts::node::{
    Dispatch, DispatchKind, OutputChunk, Report, ReportKind, SignedDispatch, StepReport,
};
use reeve_jetstream::Headers;
use reeve_node_protocol::{
    dispatch::{Refusal, verify},
    subject,
};
use reeve_types::Timestamp;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// Which command an outcome is of, and what the report about it repeats.
#[derive(Clone, Default)]
struct Of {
    command_id: String,
    traceparent: String,
    /// 0 when it was not begun.
    started_ms: i64,
}

impl Of {
    fn command(command_id: &str) -> Self {
        Self { command_id: command_id.to_owned(), ..Self::default() }
    }
}

/// AWS's agent: five documents at a time.
const AT_ONCE: usize = 5;

/// Runs documents.
pub struct Worker {
    agent: Arc<Agent>,
    queue: Mutex<Queue>,
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Dispatch>,
    /// The cancellation switch of each document that runs.
    running: HashMap<String, watch::Sender<bool>>,
}

impl Worker {
    pub fn new(agent: Arc<Agent>) -> Arc<Self> {
        Arc::new(Self { agent, queue: Mutex::default(), tasks: Mutex::default() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what an earlier run of the agent had taken in and not begun.
    pub async fn resume(self: &Arc<Self>) {
        match self.agent.ledger.accepted() {
            Ok(accepted) => {
                for data in accepted {
                    let number = SignedDispatch::decode(data.as_slice())
                        .ok()
                        .and_then(|signed| Dispatch::decode(signed.dispatch.as_slice()).ok())
                        .map_or(0, |dispatch| dispatch.number);
                    if let Err(error) = self.take_in(number, &data) {
                        tracing::error!(%error, "a dispatch of an earlier run could not be taken up");
                    }
                }
                self.begin_waiting().await;
            }
            Err(error) => tracing::error!(%error, "what waited before cannot be read"),
        }
    }

    /// Takes one stored message of the inbox in; what it asks for waits for [`Worker::begin_waiting`].
    ///
    /// # Errors
    /// When the ledger cannot be written: then nothing was begun, and the message is read again.
    pub fn take_in(self: &Arc<Self>, number: u64, data: &[u8]) -> Result<(), ledger::Error> {
        match self.believe(number, data) {
            Ok(dispatch) => self.take(number, dispatch, data, true),
            Err(refusal) => self.refuse(number, &refusal),
        }
    }

    /// Takes a live message in and begins what it asks for, if there is room. Answers whether it was believed;
    /// if not, nothing was changed.
    ///
    /// # Errors
    /// As [`Worker::take_in`].
    pub fn take_in_live(self: &Arc<Self>, number: u64, data: &[u8]) -> Result<bool, ledger::Error> {
        match self.believe(number, data) {
            Ok(dispatch) => self.take(number, dispatch, data, false).map(|()| true),
            Err(refusal) => {
                tracing::warn!(number, %refusal, "a live message is not believed");
                Ok(false)
            }
        }
    }

    fn believe(&self, number: u64, data: &[u8]) -> Result<Dispatch, Refusal> {
        let identity = &self.agent.identity;
        verify(data, &identity.dispatch_keys, &identity.node_id, number, Timestamp::now())
    }

    fn take(
        self: &Arc<Self>,
        number: u64,
        dispatch: Dispatch,
        data: &[u8],
        later: bool,
    ) -> Result<(), ledger::Error> {
        let ledger = &self.agent.ledger;
        if dispatch.kind() == DispatchKind::Cancel {
            ledger.set_cursor(number)?;
            return self.cancel(&dispatch.command_id);
        }
        match ledger.state(&dispatch.command_id)? {
            Some(ledger::State::Intent | ledger::State::Ended) => ledger.set_cursor(number),
            _ if later || self.queue().running.len() >= AT_ONCE => {
                ledger.accept(number, &dispatch.command_id, data)?;
                let mut queue = self.queue();
                if !queue.waiting.iter().any(|waiting| waiting.command_id == dispatch.command_id) {
                    queue.waiting.push_back(dispatch);
                }
                Ok(())
            }
            _ => self.begin(dispatch, Some(number)),
        }
    }

    /// Whether the control plane signed this for this node and place, whatever it says.
    pub fn is_signed(&self, number: u64, data: &[u8]) -> bool {
        self.believe(number, data).map_or_else(|refusal| refusal.is_signed(), |_| true)
    }

    /// An inbox message that does not count. An expired one has an outcome; the others are not ours to answer.
    fn refuse(&self, number: u64, refusal: &Refusal) -> Result<(), ledger::Error> {
        tracing::warn!(number, %refusal, "a dispatch was refused");
        match refusal {
            Refusal::Expired { command_id, .. } if !command_id.is_empty() => {
                self.expire(command_id, Some(number))
            }
            _ => self.agent.ledger.set_cursor(number),
        }
    }

    fn expire(&self, command_id: &str, number: Option<u64>) -> Result<(), ledger::Error> {
        let message = "The command reached the node after its delivery time-out and was not run.";
        let outcome = Outcome::without_steps("TimedOut", "DeliveryTimedOut", message);
        self.end(&outcome, &Of::command(command_id), number)
    }

    fn cancel(&self, command_id: &str) -> Result<(), ledger::Error> {
        let waited = {
            let mut queue = self.queue();
            if let Some(switch) = queue.running.get(command_id) {
                switch.send_replace(true);
            }
            let before = queue.waiting.len();
            queue.waiting.retain(|waiting| waiting.command_id != command_id);
            queue.waiting.len() < before
        };
        if waited {
            let message = "The command was cancelled before it was begun.";
            let outcome = Outcome::without_steps("Cancelled", "Cancelled", message);
            self.end(&outcome, &Of::command(command_id), None)?;
        }
        Ok(())
    }

    /// Begins waiting documents while there is room.
    pub async fn begin_waiting(self: &Arc<Self>) {
        loop {
            let next = {
                let mut queue = self.queue();
                if queue.running.len() >= AT_ONCE { None } else { queue.waiting.pop_front() }
            };
            let Some(dispatch) = next else { return };
            let id = dispatch.command_id.clone();
            let begun = if Timestamp::now().0 >= dispatch.expires_ms {
                self.expire(&id, None)
            } else {
                self.begin(dispatch.clone(), None)
            };
            if let Err(error) = begun {
                tracing::error!(%error, command = id, "a document waits: the ledger cannot be written");
                self.queue().waiting.push_front(dispatch);
                tokio::time::sleep(Duration::from_secs(1)).await;
                return;
            }
        }
    }

    /// Writes INTENT, then runs the document in a task of its own.
    fn begin(self: &Arc<Self>, dispatch: Dispatch, number: Option<u64>) -> Result<(), ledger::Error> {
        let started = Timestamp::now();
        let report = Report {
            node_id: self.agent.identity.node_id.to_string(),
            command_id: dispatch.command_id.clone(),
            kind: ReportKind::Started.into(),
            at_ms: started.0,
            traceparent: dispatch.traceparent.clone(),
            ..Report::default()
        };
        self.agent.ledger.intend(report, number)?;
        self.agent.reports.notify_one();
        let (switch, cancelled) = watch::channel(false);
        self.queue().running.insert(dispatch.command_id.clone(), switch);
        let worker = self.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let id = dispatch.command_id.clone();
            let traceparent = dispatch.traceparent.clone();
            let of = Of { command_id: id.clone(), traceparent, started_ms: started.0 };
            let outcome = worker.execute(dispatch, cancelled).await;
            while let Err(error) = worker.end(&outcome, &of, None) {
                tracing::error!(%error, command = id, "an outcome waits: the ledger cannot be written");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            worker.queue().running.remove(&id);
            Box::pin(worker.begin_waiting()).await;
        });
        Ok(())
    }

    async fn execute(&self, dispatch: Dispatch, cancelled: watch::Receiver<bool>) -> Outcome {
        let parsed =
            (serde_json::from_str(&dispatch.document), serde_json::from_str(&dispatch.parameters_json));
        let (Ok(document), Ok(parameters)) = parsed else {
            return Outcome::without_steps(
                "Failed",
                "Failed",
                "The dispatch's document or parameters are not JSON.",
            );
        };
        let agent = &self.agent;
        let host = Host {
            root: agent.data.join("documents"),
            node_id: agent.identity.node_id.to_string(),
            region: agent.identity.region.clone(),
            platform_name: agent.platform.name.clone(),
            platform_version: agent.platform.version.clone(),
        };
        let job = Job {
            command_id: dispatch.command_id.clone(),
            document,
            parameters,
            run_as: Some(dispatch.run_as).filter(|user| !user.is_empty()),
        };
        let mut sink = Output { agent, command_id: dispatch.command_id, numbers: HashMap::new() };
        execute::run(&host, job, &Documents { agent }, &mut sink, cancelled).await
    }

    fn end(&self, outcome: &Outcome, of: &Of, number: Option<u64>) -> Result<(), ledger::Error> {
        let steps = outcome.steps.iter().map(|step| StepReport {
            name: step.name.clone(),
            action: step.action.clone(),
            status: step.status.clone(),
            code: step.code,
            started_ms: step.started_ms,
            finished_ms: step.finished_ms,
            stdout: step.stdout.clone(),
            stderr: step.stderr.clone(),
            output: step.output.clone(),
            stdout_bytes: step.stdout_bytes,
            stderr_bytes: step.stderr_bytes,
        });
        let report = Report {
            node_id: self.agent.identity.node_id.to_string(),
            sequence: 0,
            command_id: of.command_id.clone(),
            kind: ReportKind::Finished.into(),
            status: outcome.status.clone(),
            status_details: outcome.status_details.clone(),
            code: outcome.code,
            at_ms: Timestamp::now().0,
            started_ms: of.started_ms,
            steps: steps.collect(),
            message: outcome.message.clone(),
            traceparent: of.traceparent.clone(),
        };
        self.agent.ledger.end(report, number)?;
        self.agent.reports.notify_one();
        Ok(())
    }

    /// Kills what runs. Its outcome is `Interrupted`, at the next start.
    pub async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}

impl Outcome {
    fn without_steps(status: &str, details: &str, message: &str) -> Self {
        Self {
            status: status.to_owned(),
            status_details: details.to_owned(),
            code: -1,
            message: message.to_owned(),
            steps: Vec::new(),
        }
    }
}

/// Output to the bus: numbered, each chunk acknowledged before the next, so that nothing is lost and the pipe
/// waits when the bus does.
struct Output<'a> {
    agent: &'a Agent,
    command_id: String,
    numbers: HashMap<String, u64>,
}

impl Sink for Output<'_> {
    async fn output(&mut self, step: &str, stderr: bool, data: Bytes) {
        let number = self.numbers.entry(step.to_owned()).or_default();
        *number += 1;
        let chunk = OutputChunk {
            command_id: self.command_id.clone(),
            step: step.to_owned(),
            number: *number,
            stderr,
            data: data.to_vec(),
        };
        let node = &self.agent.identity.node_id;
        let subject = subject::output(node, &self.command_id, step);
        let id = format!("{node}/{}/{step}/{number}", self.command_id);
        let headers = Headers::default().with("Nats-Msg-Id", id);
        let bytes = Bytes::from(chunk.encode_to_vec());
        while let Err(error) = self.agent.bus.store(&subject, &headers, bytes.clone()).await {
            tracing::warn!(%error, "output waits for the bus");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Documents that steps include, asked of the documents service.
struct Documents<'a> {
    agent: &'a Agent,
}

impl DocumentSource for Documents<'_> {
    async fn document(&self, name: &str, version: Option<&str>) -> Result<String, String> {
        let subject = subject::question(&self.agent.identity.node_id, "get-document");
        let body = serde_json::json!({"name": name, "version": version}).to_string();
        let limit = Duration::from_secs(30);
        let answer = self.agent.bus.request(&subject, &Headers::default(), body.into(), limit).await;
        let answer = answer.map_err(|e| format!("The document {name} could not be asked for: {e}"))?;
        let value: serde_json::Value = serde_json::from_slice(&answer.data).map_err(|e| e.to_string())?;
        let text = |field: &str| value.get(field).and_then(serde_json::Value::as_str).map(str::to_owned);
        match answer.headers.get("reeve-error") {
            Some(code) => Err(format!("{code}: {}", text("message").unwrap_or_default())),
            None => {
                text("content").ok_or_else(|| format!("The answer about the document {name} has no content."))
            }
        }
    }
}
