//! The disk under the log. Before it is full the API takes nothing new, so that what runs can still be written down;
//! when there is room again nats-server is started anew, because a stream that could not be written stays closed
//! until then.

use super::write_gate::WriteGate;
use reeve_jetstream::Bus;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

const SPACE_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// What is kept back for the outcomes of what runs: so much, and no more than a part of a small disk.
const RESERVED_BYTES: u64 = 64 << 20;
const RESERVED_SHARE: u64 = 20;
/// A server that does not acknowledge is started anew no more often than this.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(60);
/// As long as the API waits for the server that was started anew.
const ACK_TIMEOUT: Duration = Duration::from_secs(15);

/// What is watched.
pub struct Space {
    pub folder: PathBuf,
    /// Starts nats-server anew.
    pub again: Arc<Notify>,
    /// Connections of the host's, of the gateway and of each service.
    pub buses: Vec<Bus>,
    /// Why the API takes nothing new.
    pub gate: WriteGate,
}

impl Space {
    /// Watches for ever.
    pub async fn watch(self) {
        let mut unanswered: Vec<_> = self.buses.iter().map(Bus::unanswered).collect();
        let mut started: Option<Instant> = None;
        loop {
            tokio::time::sleep(SPACE_POLL_INTERVAL).await;
            // Whatever was not acknowledged until now: it is told once.
            let silent = unanswered.iter_mut().fold(false, |any, count| {
                let changed = count.has_changed().unwrap_or(false);
                count.mark_unchanged();
                any || changed
            });
            let full = self.full();
            match full {
                Some(reason) => self.gate.close(reason),
                None if self.gate.is_closed() => {
                    self.start_again().await;
                    started = Some(Instant::now());
                    self.gate.open();
                }
                None if silent && started.is_none_or(|at| at.elapsed() > COMPLAINT_INTERVAL) => {
                    tracing::error!("the bus answers, and does not acknowledge what is to be stored");
                    self.start_again().await;
                    started = Some(Instant::now());
                }
                None => {}
            }
        }
    }

    async fn start_again(&self) {
        let mut connections: Vec<_> = self.buses.iter().map(Bus::connections).collect();
        connections.iter_mut().for_each(watch::Receiver::mark_unchanged);
        self.again.notify_one();
        let connected = async {
            for connection in &mut connections {
                // An error would mean that it is closed for good, with the host.
                let _connected = connection.changed().await.is_ok();
            }
        };
        if tokio::time::timeout(ACK_TIMEOUT, connected).await.is_err() {
            tracing::error!("nats-server was started again and does not answer");
        }
    }

    /// Why there is too little room; `None` when there is enough.
    fn full(&self) -> Option<String> {
        let found = match rustix::fs::statvfs(&self.folder) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, folder = %self.folder.display(), "the room on a disk is not known");
                return None;
            }
        };
        let (free, all) = (found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize);
        let kept = kept(all);
        (free < kept).then(|| {
            let of = self.folder.display();
            format!(
                "The disk of {of} is full: {} of {} KiB are free, and {} are kept back for what runs.",
                free >> 10,
                all >> 10,
                kept >> 10
            )
        })
    }
}

fn kept(all: u64) -> u64 {
    RESERVED_BYTES.min(all / RESERVED_SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_small_disk_and_no_more_of_a_large_one() {
        assert_eq!(kept(40 << 20), 2 << 20);
        assert_eq!(kept(1 << 40), RESERVED_BYTES);
    }
}
