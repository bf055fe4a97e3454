//! Consumers: what delivers events and inbox messages to handlers, at least once.
//!
//! A consumer declares where it starts when it is new, in which order its messages are handled, how many at once, and
//! how often and how long a failing one is retried. What fails holds up no other aggregate's messages; what is given up
//! on becomes a dead letter.

mod attempt;
mod delivery;
mod lanes;
mod run;

pub(crate) use attempt::{Registered, dead_letter, handle_once};
pub use delivery::{Delivery, InboxMessage, Undecoded};
pub(crate) use delivery::{Handler, inbox_handler, reactor_handler, undecoded_handler};
pub(crate) use run::run;

use crate::ExecuteError;
use reeve_jetstream::{Error as BusError, consume::StartAt};
use std::time::Duration;

/// Why a handler did not handle a message.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// It may work later: it is retried as its consumer's [`RetryPolicy`] says, then it becomes a dead letter.
    #[error("{0}")]
    Retry(String),
    /// The bus, or another part of the installation, did not do its part: it is retried however often that takes.
    #[error("{0}")]
    Unavailable(String),
    /// It will never work: it becomes a dead letter at once.
    #[error("{0}")]
    Permanent(String),
}

impl From<BusError> for HandlerError {
    fn from(error: BusError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl<E: std::error::Error> From<ExecuteError<E>> for HandlerError {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Bus(error) => error.into(),
            ExecuteError::Contended { .. } => Self::Retry(error.to_string()),
            ExecuteError::Refused(_) | ExecuteError::Id(_) | ExecuteError::ReadOnly(_) => {
                Self::Permanent(error.to_string())
            }
        }
    }
}

/// How often and how long a failing message is retried.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// After so many failures the message becomes a dead letter.
    pub attempts: u32,
    /// Before the second attempt; doubled before each that follows.
    pub first_delay: Duration,
    pub max_delay: Duration,
}

impl RetryPolicy {
    /// Twelve attempts within about two minutes.
    pub const DEFAULT: Self = Self {
        attempts: 12,
        first_delay: Duration::from_millis(100),
        max_delay: Duration::from_millis(12_800),
    };

    /// How long to wait after so many failures.
    pub(crate) fn delay(&self, failures: u32) -> Duration {
        let doubled = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_delay.saturating_mul(doubled).min(self.max_delay)
    }
}

/// The declaration of a consumer. Its name is the durable consumer's on the bus: a new name is a new consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub(crate) name: &'static str,
    pub(crate) start_at: StartAt,
    pub(crate) in_order: bool,
    pub(crate) concurrency: usize,
    pub(crate) retry: RetryPolicy,
}

impl Consumer {
    /// A consumer that handles the whole history of its stream when it is new.
    pub const fn from_beginning(name: &'static str) -> Self {
        Self::new(name, StartAt::Beginning)
    }

    /// A consumer that handles what happens after it was first started: for what must not act on old events.
    pub const fn from_now(name: &'static str) -> Self {
        Self::new(name, StartAt::Now)
    }

    const fn new(name: &'static str, start_at: StartAt) -> Self {
        Self { name, start_at, in_order: false, concurrency: 16, retry: RetryPolicy::DEFAULT }
    }

    /// As many messages are handled at a time, by each replica.
    #[must_use]
    pub const fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }

    /// The messages of one subject, which are those of one aggregate, are handled one after the other, as they lie in
    /// the stream; a failing one holds up those behind it. One replica handles all of them at a time.
    #[must_use]
    pub const fn in_order(self) -> Self {
        Self { in_order: true, ..self }
    }

    #[must_use]
    pub const fn retrying(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let delays: Vec<u128> =
            [1, 2, 3, 8, 9, 40].map(|n| RetryPolicy::DEFAULT.delay(n).as_millis()).to_vec();
        assert_eq!(delays, [100, 200, 400, 12_800, 12_800, 12_800]);
    }

    #[test]
    fn no_failure_of_the_bus_is_ever_given_up_on() {
        let bus = || BusError::NoResponders("a subject".to_owned());
        assert!(matches!(HandlerError::from(bus()), HandlerError::Unavailable(_)));
        let execute = ExecuteError::<std::convert::Infallible>::Bus(bus());
        assert!(matches!(HandlerError::from(execute), HandlerError::Unavailable(_)));
    }
}
