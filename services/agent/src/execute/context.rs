//! What plugins know of the job that they work for.

use super::{Deadline, Host, contain::KILLED, mask::Masked, process::cancelled, walk::Ran};
use reeve_document_language::{StepStatus, plan::timeout_seconds};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};
use tokio::sync::watch;

/// What all the steps of one job share, and how deep in included documents they are.
pub(super) struct Context<'a, D> {
    pub(super) host: &'a Host,
    pub(super) command_id: &'a str,
    pub(super) run_as: Option<&'a str>,
    pub(super) control_plane: &'a D,
    pub(super) cancel: watch::Receiver<bool>,
    /// The folder of the command, or of the including step. Who needs it makes it.
    pub(super) folder: PathBuf,
    /// Where downloads of the whole command go.
    pub(super) downloads: PathBuf,
    /// The documents that include this one, outermost first.
    pub(super) chain: Vec<String>,
    /// How many reboots the document has asked for so far.
    pub(super) reboots: u32,
    /// The secrets that steps of the command were given.
    pub(super) masked: Masked,
    /// Of the whole document; of an included one, also of the step that includes it.
    pub(super) deadline: Deadline,
}

/// A script that always asks for a reboot would reboot its machine for ever. The original agent sets no limit.
const MAX_REBOOTS: u32 = 10;

impl<D> Context<'_, D> {
    /// Why a step that asks for a reboot now fails instead.
    pub(super) fn no_reboot(&self) -> Option<String> {
        match &self.host.no_reboot {
            Some(reason) => Some(reason.clone()),
            None => (self.reboots >= MAX_REBOOTS).then(|| {
                format!("The command asked for more than {MAX_REBOOTS} reboots; there is no further one.")
            }),
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// Why nothing more is begun: it was cancelled, or its time is over.
    pub(super) fn is_over(&self) -> Option<StepStatus> {
        match self.deadline.left().is_zero() {
            _ if self.is_cancelled() => Some(StepStatus::Cancelled),
            true => Some(StepStatus::TimedOut),
            false => None,
        }
    }

    /// Waits for something, but not beyond its time or a cancellation: then how the step ends instead.
    pub(super) async fn bounded<T>(
        &self,
        deadline: &Deadline,
        work: impl Future<Output = T>,
    ) -> Result<T, Ran> {
        let mut cancel = self.cancel.clone();
        let status = tokio::select! {
            done = work => return Ok(done),
            () = cancelled(&mut cancel) => StepStatus::Cancelled,
            () = tokio::time::sleep(deadline.left()) => StepStatus::TimedOut,
        };
        Err(Ran { status, code: KILLED })
    }

    /// As long as inputs may take: their own time-out, or what is left of the whole.
    pub(super) fn time(&self, inputs: &Value) -> Duration {
        Duration::from_secs(u64::from(timeout_seconds(inputs))).min(self.deadline.left())
    }
}
