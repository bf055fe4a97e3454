//! Answers that were lost with a connection: who waits for one learns so soon after the next connection is there.

use crate::{Bus, Error};
use std::time::Duration;
use tokio::sync::watch;

/// So soon comes the answer to what was sent over a connection that was made meanwhile.
pub(crate) const RECONNECTED_ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// Asks what may be asked twice: again over the next connection, where the answer was lost with the last one.
pub(crate) async fn ask_again<T, F>(bus: &Bus, question: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut connections = bus.connections();
    loop {
        connections.mark_unchanged();
        tokio::select! {
            answer = question() => return answer,
            () = reconnected_for(&mut connections, RECONNECTED_ANSWER_TIMEOUT) => {}
        }
    }
}

/// Comes back when a connection that was made after this was called has stood for so long.
pub(crate) async fn reconnected_for(connections: &mut watch::Receiver<u64>, limit: Duration) {
    loop {
        match connections.changed().await {
            Ok(()) => tokio::time::sleep(limit).await,
            Err(_) => std::future::pending().await,
        }
        if !connections.has_changed().unwrap_or_default() {
            return;
        }
    }
}
