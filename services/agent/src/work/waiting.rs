//! A document that is to be begun, or to go on after a reboot.

use super::report::ReportedCommand;
use crate::execute::{Paused, Refused, Resume};
use data_encoding::BASE64;
use prost::Message;
use reeve_contracts::node::Dispatch;
use reeve_node_protocol::dispatch::Verified;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A document that is to be begun, or to go on.
#[derive(Clone)]
pub(super) struct Waiting {
    pub dispatch: Dispatch,
    /// The key that signed it; empty for one that has begun.
    pub key: String,
    pub paused: Option<Resume>,
    /// The last numbers of its output's chunks, by step.
    pub numbers: HashMap<String, u64>,
    started_ms: i64,
}

/// The same, as the ledger holds it.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The dispatch, whose signature was checked before the document began.
    dispatch: String,
    paused: Paused,
    numbers: HashMap<String, u64>,
    started_ms: i64,
    /// The boot on which it paused.
    boot_id: String,
}

impl Waiting {
    pub fn new(verified: Verified) -> Self {
        let Verified { dispatch, key_id: key } = verified;
        Self { dispatch, key, paused: None, numbers: HashMap::new(), started_ms: 0 }
    }

    pub fn pause(&mut self, paused: Paused, started_ms: i64) {
        self.paused = Some(Resume { paused, refused: None });
        self.started_ms = started_ms;
    }

    /// Whether it waits for another start of the agent alone, and not of the machine.
    pub fn waits_for_agent(&self) -> bool {
        self.paused.as_ref().is_some_and(|resume| resume.paused.agent_alone)
    }

    /// Does not go on after all.
    pub fn refuse(&mut self, reason: String) {
        if let Some(resume) = &mut self.paused {
            resume.refused = Some(Refused(reason));
        }
    }

    /// What is reported of it.
    pub fn reported(&self) -> ReportedCommand {
        ReportedCommand { started_ms: self.started_ms, ..ReportedCommand::dispatch(&self.dispatch) }
    }

    /// As the ledger holds it, with the boot on which it paused.
    pub fn read(bytes: &[u8]) -> Option<(Self, String)> {
        let kept: Kept = serde_json::from_slice(bytes).ok()?;
        let dispatch = Dispatch::decode(BASE64.decode(kept.dispatch.as_bytes()).ok()?.as_slice()).ok()?;
        let paused = Some(Resume { paused: kept.paused, refused: None });
        let (key, numbers, started_ms) = (String::new(), kept.numbers, kept.started_ms);
        let waiting = Self { dispatch, key, paused, numbers, started_ms };
        Some((waiting, kept.boot_id))
    }

    pub fn write(&self, boot_id: &str) -> Option<Vec<u8>> {
        let kept = Kept {
            dispatch: BASE64.encode(&self.dispatch.encode_to_vec()),
            paused: self.paused.as_ref()?.paused.clone(),
            numbers: self.numbers.clone(),
            started_ms: self.started_ms,
            boot_id: boot_id.to_owned(),
        };
        serde_json::to_vec(&kept).ok()
    }
    /// When the control plane gives it up: its delivery and execution time-outs together are over.
    pub fn given_up(&self) -> Timestamp {
        let execution_seconds = i64::from(self.dispatch.execution_timeout_seconds);
        Timestamp(self.dispatch.expires_ms).plus_seconds(execution_seconds)
    }
}
