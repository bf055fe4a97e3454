//! Documents that wait for a reboot (exit code 194), and asking the machine for it. One that replaces this agent waits in the
//! same way, for another start of the agent alone, which any start is.
//!
//! What a document needs to go on is in the ledger before the machine is asked. It goes on when the agent
//! starts on another boot than the one that it paused on; on the same one, the machine is asked again. Two
//! things are left open by the reference and decided here: the reboot waits until the node's other documents
//! have ended, and nothing is begun meanwhile, because a reboot would cut them off; and a document whose
//! delivery and execution time-outs together are over ends, on whichever boot, because the control plane has given
//! it up, and what waits behind it goes on.

use super::{Worker, waiting::Waiting};
use crate::{failpoint, ledger, update};
use std::{process::Stdio, sync::Arc, time::Duration};

/// As long as a reboot waits for reports to go out; a bus that is away does not hold it up.
const REPORTS_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is looked whether the time of what waits for a reboot is over.
const PAUSED_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// What waits for another start of the agent goes on after each.
const NO_BOOT: &str = "";
/// Why a step fails that asks a node for a reboot which it does not do.
pub(super) const NO_COMMAND: &str = "This node does not reboot by itself: its agent was started without a reboot \
    command. For agents of `reeve up`, `--reboot-command` sets one.";

impl Worker {
    /// Puts the document into the ledger as one that waits for a reboot.
    pub(super) fn pause(&self, waiting: &Waiting) -> Result<(), ledger::Error> {
        let boot_id = if waiting.waits_for_agent() { NO_BOOT } else { self.agent.boot_id.as_str() };
        let state = waiting.write(boot_id).unwrap_or_default();
        self.agent.ledger.pause(&waiting.dispatch.command_id, &state)?;
        self.queue().pause(waiting.clone());
        Ok(())
    }

    /// Takes up what an earlier run of the agent had paused.
    pub(super) fn resume_paused(&self) {
        let paused = match self.agent.ledger.paused() {
            Ok(paused) => paused,
            Err(error) => {
                tracing::error!(%error, "what waits for a reboot cannot be read");
                return;
            }
        };
        let mut read = Vec::new();
        for bytes in paused {
            match Waiting::read(&bytes) {
                Some(paused) => read.push(paused),
                None => tracing::error!("what waits for a reboot is not understood"),
            }
        }
        // The one that came first is put to the front last.
        read.sort_unstable_by_key(|(waiting, _)| std::cmp::Reverse(waiting.dispatch.number));
        for (waiting, boot_id) in read {
            let mut queue = self.queue();
            if boot_id == self.agent.boot_id && !waiting.waits_for_agent() {
                queue.pause(waiting);
            } else {
                // Before everything else: it was begun first.
                queue.waiting.push_front(waiting);
            }
        }
    }

    /// Goes on with a paused document, unless it has ended: INTENT first, as for a new one.
    pub(super) fn go_on(self: &Arc<Self>, waiting: Waiting) -> Result<(), ledger::Error> {
        failpoint::reached("before-intent");
        if !self.agent.ledger.intend_again(&waiting.dispatch.command_id)? {
            return Ok(());
        }
        failpoint::reached("after-intent");
        let of = waiting.reported();
        self.spawn(waiting, of, false);
        Ok(())
    }

    /// Lets a paused document end as cancelled.
    pub(super) fn end_paused(self: &Arc<Self>, waiting: Waiting) -> Result<(), ledger::Error> {
        if self.agent.ledger.intend_again(&waiting.dispatch.command_id)? {
            let of = waiting.reported();
            self.spawn(waiting, of, true);
        }
        Ok(())
    }

    pub(super) fn cancel_paused(self: &Arc<Self>, command_id: &str) -> Result<(), ledger::Error> {
        let found = self.queue().take_paused(|waiting| waiting.dispatch.command_id == command_id);
        found.into_iter().try_for_each(|waiting| {
            let ended = self.end_paused(waiting.clone());
            if ended.is_err() {
                // The cancellation comes again.
                self.queue().pause(waiting);
            }
            ended
        })
    }

    /// Asks the machine for a reboot when a document waits for it and nothing runs any more.
    pub(super) fn reboot_if_wanted(self: &Arc<Self>) {
        if self.agent.reboot_command.is_none() {
            // It was paused by an agent that had one.
            self.refuse_paused("the agent has no reboot command any more");
        }
        self.watch_paused();
        if !self.queue().ask() {
            return;
        }
        // First: what waits for the machine waits on, and it is asked after that start.
        let command = match self.queue().some_wait(Waiting::waits_for_agent) {
            true => None,
            false => self.agent.reboot_command.clone(),
        };
        let worker = self.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tasks.spawn(async move {
            worker.tell_all().await;
            if !worker.queue().still_asks() {
                return Box::pin(worker.begin_waiting()).await;
            }
            let Some(command) = command else {
                if let Err(error) = update::release(&worker.agent.data) {
                    // The step says then that nothing was tried.
                    tracing::error!(%error, "the new program will not be tried");
                }
                tracing::warn!("the agent starts anew");
                return worker.agent.restart.notify_one();
            };
            tracing::warn!(command, "the machine is asked to reboot");
            let mut asking = tokio::process::Command::new("sh");
            asking.arg("-c").arg(&command).stdin(Stdio::null()).kill_on_drop(true);
            let failed = match asking.output().await {
                Ok(output) if output.status.success() => return,
                Ok(output) => {
                    format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())
                }
                Err(error) => error.to_string(),
            };
            worker.refuse_paused(&format!("the command {command:?} failed: {failed}"));
            Box::pin(worker.begin_waiting()).await;
        });
    }

    /// Waits a moment for the reports to go out, so that it is known what this node was doing when it went away.
    async fn tell_all(&self) {
        let told = async {
            while self.agent.ledger.next_report(|_| true).is_ok_and(|next| next != ledger::Next::Nothing) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(REPORTS_TIMEOUT, told).await.is_err() {
            tracing::warn!("reports wait until after the reboot");
        }
    }

    fn refuse_paused(self: &Arc<Self>, reason: &str) {
        let paused = self.queue().take_paused(|waiting| !waiting.waits_for_agent());
        for mut waiting in paused {
            waiting.refuse(reason.to_owned());
            self.leave_off(waiting);
        }
    }

    /// What does not wait for a reboot any more goes on to its end.
    fn leave_off(self: &Arc<Self>, waiting: Waiting) {
        if let Err(error) = self.go_on(waiting.clone()) {
            tracing::error!(%error, "a document that asked for a reboot waits");
            self.queue().waiting.push_back(waiting);
            self.begin_later();
        }
    }

    /// Ends what waits for a reboot when its time is over.
    fn watch_paused(self: &Arc<Self>) {
        if !self.queue().watch() {
            return;
        }
        let worker = self.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tasks.spawn(async move {
            while worker.queue().is_paused() {
                tokio::time::sleep(PAUSED_POLL_INTERVAL).await;
                let now = (worker.agent.clock)();
                let over = worker.queue().take_paused(|waiting| now >= waiting.given_up());
                over.into_iter().for_each(|waiting| worker.leave_off(waiting));
            }
            Box::pin(worker.begin_waiting()).await;
        });
    }
}
