//! Executing what was taken in: a few documents at a time, each cancellable.
//!
//! - `intake`: what counts, of what came in.
//! - `queue`: what waits and runs, and whether anything is begun; `waiting`: one document of it.
//! - `report`: what is said of a command.
//! - `uplink`: what steps ask of the control plane, and tell it.
//! - `reboot`: documents that wait for a reboot, and asking the machine for it.

mod intake;
mod queue;
mod reboot;
mod report;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::test_agent;
mod uplink;
mod waiting;

use crate::{
    agent::Agent,
    execute::{self, Deadline, Ended, Host, Job, Outcome, Own},
    failpoint, identity, ledger,
    local_policy::Rules,
    output::Output,
};
use queue::Queue;
use reeve_contracts::{node::Dispatch, outcome::InvocationStatus};
use reeve_node_protocol::dispatch::Verified;
use report::ReportedCommand;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};
use uplink::Uplink;
use waiting::Waiting;

/// Runs documents.
pub struct Worker {
    agent: Arc<Agent>,
    queue: Mutex<Queue>,
    tasks: Mutex<JoinSet<()>>,
}

impl Worker {
    pub fn new(agent: Arc<Agent>) -> Arc<Self> {
        Arc::new(Self { agent, queue: Mutex::default(), tasks: Mutex::default() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, verified: Verified) {
        let mut queue = self.queue();
        let id = &verified.dispatch.command_id;
        if !queue.waiting.iter().any(|waiting| waiting.dispatch.command_id == *id) {
            queue.waiting.push_back(Waiting::new(verified));
        }
    }

    /// What this node accepts, as of now.
    fn rules(&self) -> Result<Rules, String> {
        self.agent.local_policy.read()
    }

    /// Whether a command has neither begun nor ended here.
    fn is_new(&self, command_id: &str) -> Result<bool, ledger::Error> {
        Ok(matches!(self.agent.ledger.state(command_id)?, None | Some(ledger::State::Accepted)))
    }

    /// What this node does not run, and says so.
    fn fail(&self, of: &ReportedCommand, reason: &str, number: Option<u64>) -> Result<(), ledger::Error> {
        tracing::warn!(command = of.command_id, reason, "a command is refused");
        self.end(&Outcome::without_steps(InvocationStatus::Failed, reason), of, number)
    }

    fn expire(&self, of: &ReportedCommand, number: Option<u64>) -> Result<(), ledger::Error> {
        let reason =
            "The delivery time-out was over before the command could begin on the node; it was not run.";
        let clock = self.agent.admission.clock().map(|clock| format!(" {clock}")).unwrap_or_default();
        let outcome = Outcome::without_steps(InvocationStatus::DeliveryTimedOut, &format!("{reason}{clock}"));
        self.end(&outcome, of, number)
    }

    fn cancel(self: &Arc<Self>, command_id: &str) -> Result<(), ledger::Error> {
        let waited = {
            let mut queue = self.queue();
            if let Some(switch) = queue.running.get(command_id) {
                switch.send_replace(true);
            }
            let at = queue.waiting.iter().position(|waiting| waiting.dispatch.command_id == command_id);
            at.and_then(|at| queue.waiting.remove(at))
        };
        let Some(waiting) = waited else { return self.cancel_paused(command_id) };
        let ended = match waiting.paused {
            // Nothing of it runs any more: its steps say that they were cancelled.
            Some(_) => self.end_paused(waiting.clone()),
            None => self.end(&cancelled_early(), &ReportedCommand::dispatch(&waiting.dispatch), None),
        };
        if ended.is_err() {
            // The cancellation comes again.
            self.queue().waiting.push_front(waiting);
        }
        ended
    }

    /// Begins waiting documents while there is room.
    pub async fn begin_waiting(self: &Arc<Self>) {
        loop {
            // Then it is begun when this agent is let work again.
            if !self.agent.admission.is_valid() {
                if !self.queue().waiting.is_empty() {
                    self.begin_later();
                }
                break;
            }
            let next = {
                let mut queue = self.queue();
                if queue.has_room() { queue.waiting.pop_front() } else { None }
            };
            let Some(waiting) = next else { break };
            let id = waiting.dispatch.command_id.clone();
            if let Err(error) = self.begin(waiting.clone(), None) {
                tracing::error!(%error, command = id, "a document waits: the ledger cannot be written");
                self.queue().waiting.push_front(waiting);
                self.begin_later();
                break;
            }
        }
        self.reboot_if_wanted();
    }

    /// Tries again in a moment, and is not in the way of what comes in meanwhile.
    fn begin_later(self: &Arc<Self>) {
        if !self.queue().retry() {
            return;
        }
        let worker = self.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            worker.queue().retried();
            Box::pin(worker.begin_waiting()).await;
        });
    }

    /// Writes INTENT, then runs the document in a task of its own. The clock is asked before and after: the
    /// process may have been stopped since the dispatch was verified, and even while INTENT was written.
    fn begin(self: &Arc<Self>, waiting: Waiting, number: Option<u64>) -> Result<(), ledger::Error> {
        let mut of = ReportedCommand::dispatch(&waiting.dispatch);
        let now = (self.agent.clock)();
        if waiting.paused.is_some() {
            return self.go_on(waiting);
        }
        if self.agent.latest_of(now).0 >= waiting.dispatch.expires_ms && self.is_new(&of.command_id)? {
            return self.expire(&of, number);
        }
        if self.is_new(&of.command_id)?
            && let Err(reason) = self.rules().and_then(|rules| rules.check(&waiting.dispatch, now))
        {
            return self.fail(&of, &reason, number);
        }
        if self.is_new(&of.command_id)? && !self.agent.keys.names(&waiting.key) {
            let reason = format!("The key {:?} that signed the command was withdrawn.", waiting.key);
            return self.fail(&of, &reason, number);
        }
        failpoint::reached("before-intent");
        let started = of.started(self.agent.identity.node_id.as_str(), now);
        if !self.agent.ledger.intend(started, number, of.expires_ms)? {
            return self.end_unsure(&waiting.dispatch);
        }
        failpoint::reached("after-intent");
        if self.agent.latest_of((self.agent.clock)()).0 >= waiting.dispatch.expires_ms {
            return self.expire(&of, None);
        }
        self.agent.reports.notify_one();
        of.started_ms = now.0;
        self.spawn(waiting, of, false);
        Ok(())
    }

    /// Ends a command that does not run although its INTENT is on disk: writing it was said to have failed.
    fn end_unsure(&self, dispatch: &Dispatch) -> Result<(), ledger::Error> {
        let intended = self.agent.ledger.state(&dispatch.command_id)? == Some(ledger::State::Intent);
        if !intended || self.queue().running.contains_key(&dispatch.command_id) {
            return Ok(());
        }
        let message = "The node's disk failed while the command was to begin; it was not run.";
        self.end(
            &Outcome::without_steps(InvocationStatus::Interrupted, message),
            &ReportedCommand::dispatch(dispatch),
            None,
        )
    }

    /// Runs a document whose INTENT is on disk.
    fn spawn(self: &Arc<Self>, waiting: Waiting, of: ReportedCommand, cancel: bool) {
        let (switch, cancelled) = watch::channel(cancel);
        self.queue().running.insert(of.command_id.clone(), switch);
        let worker = self.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            worker.run(waiting, &of, cancelled).await;
            worker.queue().running.remove(&of.command_id);
            Box::pin(worker.begin_waiting()).await;
        });
    }

    async fn run(&self, mut waiting: Waiting, of: &ReportedCommand, cancelled: watch::Receiver<bool>) {
        let outcome = loop {
            let paused = match self.execute(&mut waiting, cancelled.clone()).await {
                Ended::Outcome(outcome) => break outcome,
                Ended::Reboot(paused) => *paused,
            };
            waiting.pause(paused, of.started_ms);
            // A cancellation wins: the walk goes on, and says for each step that was left that it was cancelled.
            if *cancelled.borrow() {
                continue;
            }
            match self.pause(&waiting) {
                Ok(()) => return,
                Err(error) => waiting.refuse(format!("the reboot could not be remembered: {error}")),
            }
        };
        failpoint::reached("before-outcome");
        while let Err(error) = self.end(&outcome, of, None) {
            tracing::error!(%error, command = of.command_id, "an outcome waits: the ledger cannot be written");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        failpoint::reached("after-outcome");
    }

    async fn execute(&self, waiting: &mut Waiting, cancelled: watch::Receiver<bool>) -> Ended {
        let dispatch = &waiting.dispatch;
        let parsed =
            (serde_json::from_str(&dispatch.document), serde_json::from_str(&dispatch.parameters_json));
        let (Ok(document), Ok(parameters)) = parsed else {
            let message = "The dispatch's document or parameters are not JSON.";
            return Ended::Outcome(Outcome::without_steps(InvocationStatus::Failed, message));
        };
        let agent = &self.agent;
        let rules = match self.rules() {
            Ok(rules) => rules,
            Err(reason) => return Ended::Outcome(Outcome::without_steps(InvocationStatus::Failed, &reason)),
        };
        let host = Host {
            root: agent.data.join("documents"),
            inventory: agent.data.join("inventory"),
            patching: agent.data.join("patching"),
            package_root: agent.package_root.clone(),
            boot_id: agent.boot_id.clone(),
            node_id: agent.identity.node_id.to_string(),
            containment: agent.containment.clone(),
            output_limit: agent.output_limit,
            rules,
            own: Own {
                data: agent.data.clone(),
                gateway: agent.identity.gateway.clone(),
                ca: identity::kept_ca(&agent.data),
            },
            no_reboot: agent.reboot_command.is_none().then(|| reboot::NO_COMMAND.to_owned()),
            region: agent.identity.region.clone(),
            platform_name: agent.platform.name.clone(),
            platform_version: agent.platform.version.clone(),
        };
        let job = Job {
            command_id: dispatch.command_id.clone(),
            document,
            parameters,
            run_as: Some(dispatch.run_as.clone()).filter(|user| !user.is_empty()),
            resume: waiting.paused.take(),
            deadline: Deadline { clock: agent.clock.clone(), at: waiting.given_up() },
        };
        let numbers = std::mem::take(&mut waiting.numbers);
        let mut sink = Output::new(agent.clone(), &dispatch.command_id, numbers);
        let ended = execute::run(&host, job, &Uplink { agent }, &mut sink, cancelled).await;
        // An outcome says that the output is there.
        waiting.numbers = sink.finish().await;
        ended
    }

    fn end(&self, outcome: &Outcome, of: &ReportedCommand, number: Option<u64>) -> Result<(), ledger::Error> {
        let report = of.finished(self.agent.identity.node_id.as_str(), outcome, (self.agent.clock)());
        self.agent.ledger.end(report, number, of.expires_ms)?;
        self.agent.reports.notify_one();
        Ok(())
    }

    /// Kills what runs. Its outcome is `Interrupted`, at the next start.
    pub async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}

fn cancelled_early() -> Outcome {
    Outcome::without_steps(InvocationStatus::Cancelled, "The command was cancelled before it was begun.")
}
