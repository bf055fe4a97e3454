//! What is taken in: messages of the inbox, live ones, and what an earlier run of the agent had taken in. Each is
//! verified once, and the answer goes with it.

use super::{Worker, cancelled_early, report::ReportedCommand, waiting::Waiting};
use crate::{failpoint, ledger};
use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKind, SignedDispatch};
use reeve_node_protocol::dispatch::{Refusal, Verified};
use std::sync::Arc;

impl Worker {
    /// Takes up what an earlier run of the agent had taken in and not begun, or paused. It waits for
    /// [`Worker::begin_waiting`]: what came meanwhile may cancel it.
    ///
    /// # Errors
    /// When a key is doubted and the control plane does not answer; then nothing was taken up.
    pub async fn resume(self: &Arc<Self>) -> anyhow::Result<()> {
        let accepted = self.agent.ledger.accepted().unwrap_or_else(|error| {
            tracing::error!(%error, "what waited before cannot be read");
            Vec::new()
        });
        let mut accepted: Vec<_> = accepted.into_iter().map(Accepted::read).collect();
        accepted.sort_unstable_by_key(|accepted| accepted.number());
        let mut verdicts: Vec<_> =
            accepted.iter().map(|accepted| self.verify(accepted.number(), &accepted.data)).collect();
        if verdicts.iter().any(|verdict| verdict.as_ref().is_err_and(Refusal::is_of_keys)) {
            self.agent.ask_for_keys().await?;
            verdicts =
                accepted.iter().map(|accepted| self.verify(accepted.number(), &accepted.data)).collect();
        }
        for (accepted, verdict) in accepted.into_iter().zip(verdicts) {
            if let Err(error) = self.take_up(&accepted, verdict) {
                tracing::error!(%error, "a dispatch of an earlier run waits: the ledger cannot be written");
                // It is looked at again when its turn comes, until it can be.
                self.wait(accepted.verified);
            }
        }
        self.resume_paused();
        Ok(())
    }

    /// What counted once and does not any more, for its key, has an outcome.
    fn take_up(self: &Arc<Self>, accepted: &Accepted, verdict: Verdict) -> Result<(), ledger::Error> {
        match verdict {
            // It was not too early once: the clock was set back.
            Err(refusal) if refusal.is_too_early() => {
                self.wait(accepted.verified.clone());
                Ok(())
            }
            Err(refusal @ Refusal::Key(_)) => {
                self.fail(&ReportedCommand::dispatch(&accepted.verified.dispatch), &refusal.to_string(), None)
            }
            verdict => self.take_in(accepted.number(), verdict, &accepted.data),
        }
    }

    /// Whether a message of the inbox counts, as of now. It is asked once for each message, and the answer goes with it.
    pub fn verify(&self, number: u64, data: &[u8]) -> Verdict {
        let now = self.agent.latest_of((self.agent.clock)());
        self.agent.keys.verify(data, &self.agent.identity.node_id, number, now)
    }

    /// Takes one stored message of the inbox in; what it asks for waits for [`Worker::begin_waiting`].
    ///
    /// # Errors
    /// When the ledger cannot be written: then nothing was begun, and the message is read again.
    pub fn take_in(
        self: &Arc<Self>,
        number: u64,
        verdict: Verdict,
        data: &[u8],
    ) -> Result<(), ledger::Error> {
        match verdict {
            Ok(verified) => self.take(number, verified, data, true),
            Err(refusal) => self.refuse(number, &refusal),
        }
    }

    /// Takes a live message in and begins what it asks for, if there is room. Answers whether it counted;
    /// if not, nothing was changed.
    ///
    /// # Errors
    /// As [`Worker::take_in`].
    pub fn take_in_live(
        self: &Arc<Self>,
        number: u64,
        verdict: Verdict,
        data: &[u8],
    ) -> Result<bool, ledger::Error> {
        match verdict {
            Ok(verified) => self.take(number, verified, data, false).map(|()| true),
            Err(refusal) => {
                tracing::warn!(number, %refusal, "a live message does not count");
                Ok(false)
            }
        }
    }

    fn take(
        self: &Arc<Self>,
        number: u64,
        verified: Verified,
        data: &[u8],
        later: bool,
    ) -> Result<(), ledger::Error> {
        let dispatch = &verified.dispatch;
        failpoint::reached("after-receive");
        let ledger = &self.agent.ledger;
        if dispatch.kind() == DispatchKind::Cancel {
            // It may have overtaken what it cancels, which then counts as ended and is never begun.
            if ledger.state(&dispatch.command_id)?.is_none() {
                return self.end(&cancelled_early(), &ReportedCommand::dispatch(dispatch), Some(number));
            }
            self.cancel(&dispatch.command_id)?;
            return ledger.set_cursor(number);
        }
        let is_new = self.is_new(&dispatch.command_id)?;
        if is_new && dispatch.not_before_ms < ledger.works_since()?.0 {
            let reason =
                "Another agent with this node's identity may have run the command: it was the node then.";
            return self.fail(&ReportedCommand::dispatch(dispatch), reason, Some(number));
        }
        match is_new {
            false => {
                self.end_unsure(dispatch)?;
                ledger.set_cursor(number)
            }
            true if later || !self.queue().has_room() => {
                ledger.accept(number, &dispatch.command_id, data)?;
                failpoint::reached("after-accept");
                self.wait(verified);
                Ok(())
            }
            true => self.begin(Waiting::new(verified), Some(number)),
        }
    }

    /// An inbox message that does not count. An expired one has an outcome; the others are not ours to answer.
    fn refuse(&self, number: u64, refusal: &Refusal) -> Result<(), ledger::Error> {
        tracing::warn!(number, %refusal, "a dispatch was refused");
        match refusal {
            Refusal::Expired { command_id, expired }
                if !command_id.is_empty() && self.is_new(command_id)? =>
            {
                let of = ReportedCommand {
                    command_id: command_id.clone(),
                    expires_ms: expired.0,
                    ..ReportedCommand::default()
                };
                self.expire(&of, Some(number))
            }
            _ => self.agent.ledger.set_cursor(number),
        }
    }
}

/// What [`Worker::verify`] finds.
pub type Verdict = Result<Verified, Refusal>;

/// A dispatch that was verified when it was taken in by an earlier run of the agent.
struct Accepted {
    data: Vec<u8>,
    verified: Verified,
}

impl Accepted {
    fn read(data: Vec<u8>) -> Self {
        let signed = SignedDispatch::decode(data.as_slice()).unwrap_or_default();
        let dispatch = Dispatch::decode(signed.dispatch.as_slice()).unwrap_or_default();
        Self { data, verified: Verified { dispatch, key_id: signed.key_id } }
    }

    fn number(&self) -> u64 {
        self.verified.dispatch.number
    }
}
