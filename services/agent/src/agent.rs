//! What the agent's parts share.

use crate::{
    addresses::Addresses,
    admission::Admission,
    execute::{Clock, Containment},
    identity::Identity,
    keys::Keys,
    ledger,
    local_policy::LocalPolicy,
    platform,
};
use reeve_jetstream::Bus;
use reeve_types::Timestamp;
use std::{path::PathBuf, sync::Arc};

/// One agent: who it is, what it remembers, and how it was started.
pub(crate) struct Agent {
    pub identity: Identity,
    pub addresses: Addresses,
    pub keys: Keys,
    pub session: String,
    pub admission: Admission,
    pub bus: Bus,
    pub ledger: ledger::Ledger,
    pub data: PathBuf,
    pub platform: platform::Platform,
    /// Rung when there is a report to send.
    pub reports: tokio::sync::Notify,
    /// Rung when nothing runs any more and this program is to be started anew.
    pub restart: tokio::sync::Notify,
    pub clock: Clock,
    pub containment: Arc<Containment>,
    pub output_limit: u64,
    /// How the machine is rebooted; none refuses.
    pub reboot_command: Option<String>,
    pub local_policy: LocalPolicy,
    /// Which start of the machine this is.
    pub boot_id: String,
    /// The folder that stands for `/` where packages are patched.
    pub package_root: PathBuf,
}

impl Agent {
    /// The later of this machine's time and the control plane's at that moment, as far as it is known: by it dispatches begin to count
    /// and expire. Where the clock is behind, nothing runs that was given up already, and nothing waits for the clock.
    pub fn latest_of(&self, own: Timestamp) -> Timestamp {
        own.max(Timestamp(own.0.saturating_sub(self.admission.ahead_ms())))
    }

    /// Asks the control plane for its newest dispatch keys, as [`Keys::ask`] does.
    pub async fn ask_for_keys(&self) -> anyhow::Result<bool> {
        self.keys.ask(&self.bus, &self.identity.node_id, &self.clock).await
    }
}
