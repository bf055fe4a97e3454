//! How long before the next attempt to connect: soon for a server that is away, later for one that refuses.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// How long before an attempt to connect, counted from 1, after so many refusals in a row. A server that is away is
/// tried at once and then from 40 ms on, doubling to 2 s; one that refuses from 2 s on, doubling to a minute. A random
/// part of up to half comes off, so that a restarted server is found soon and not stampeded.
pub(crate) fn delay(attempt: usize, refusals: u64) -> Duration {
    match (attempt, refusals) {
        (..=1, 0) => Duration::ZERO,
        (_, 0) => jittered((20u64 << (attempt - 1).min(7)).min(2_000)),
        _ => refused_delay(refusals),
    }
}

/// How long before the next attempt, after so many refusals in a row.
pub fn refused_delay(refusals: u64) -> Duration {
    jittered((1_000u64 << refusals.clamp(1, 6)).min(60_000))
}

fn jittered(most_ms: u64) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(most_ms - random % (most_ms / 2))
}

/// What a connection's events say of it.
pub(crate) struct Events {
    /// Connections that were made.
    pub connections: watch::Sender<u64>,
    /// Refusals since the last of them.
    pub refusals: watch::Sender<u64>,
    /// Subjects on which the server did not let this connection publish.
    pub denials: broadcast::Sender<String>,
}

impl Events {
    pub fn take(&self, event: &async_nats::Event) {
        tracing::debug!(%event, "bus");
        match event {
            async_nats::Event::Connected => {
                self.connections.send_modify(|count| *count += 1);
                self.refusals.send_if_modified(|count| std::mem::take(count) > 0);
            }
            // The client tells its reasons for not being connected as a text only.
            async_nats::Event::ClientError(async_nats::ClientError::Other(reason))
                if reason.starts_with(&async_nats::ConnectErrorKind::AuthorizationViolation.to_string()) =>
            {
                self.refusals.send_modify(|count| *count += 1);
            }
            async_nats::Event::ServerError(async_nats::ServerError::Other(reason))
                if reason.to_ascii_lowercase().contains("permissions violation") =>
            {
                tracing::error!(reason, "the bus does not permit this part what it tried");
                let subject =
                    reason.split('"').nth(1).filter(|_| reason.to_ascii_lowercase().contains("publish"));
                // Somebody may wait for the answer, or nobody.
                let _waits = subject.is_some_and(|subject| self.denials.send(subject.to_owned()).is_ok());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusing_server_is_tried_ever_more_seldom_up_to_a_minute() {
        assert_eq!(delay(1, 0), Duration::ZERO);
        for refusals in 1..100 {
            let (most, waited) = ((1u64 << refusals.min(6)).min(60), delay(1, refusals).as_secs_f64());
            assert!(waited <= most as f64 && waited >= most as f64 / 2.0, "{refusals}: {waited}");
        }
        for attempt in 2..100 {
            assert!((0.02..=2.0).contains(&delay(attempt, 0).as_secs_f64()));
        }
    }
}
