//! One message to one destination: attempts, until it is sent, given up or cancelled.
//!
//! While its destination has had as many messages as its limits allow, one is held back: it is released later, or another message
//! to the same destination tells of it, and it is sent with that.
//!
//! A cancellation counts at once: no attempt begins after it. An attempt that was on its way may still say that it was sent, and
//! then that is what happened.

pub use reeve_contracts::notifications::NotificationEvent;
use reeve_contracts::notifications::{
    NotificationAccepted, NotificationAttemptFailed, NotificationAttemptStarted, NotificationCancelled,
    NotificationFailed, NotificationHeld, NotificationRefused, NotificationReleased, NotificationSent,
};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::{Timestamp, text::cut};
use serde::{Deserialize, Serialize};

const MAX_REASON_CHARACTERS: usize = 1_000;
/// The wait after the first failed attempt; each further one waits twice as long.
const FIRST_DELAY_SECONDS: i64 = 5;
/// Nobody waits longer for the next attempt, but for who asked to be left alone for longer.
const MAX_DELAY_SECONDS: i64 = 10 * 60;
/// As long at most a destination is left alone when it asks for that.
pub(crate) const MAX_RETRY_AFTER_SECONDS: i64 = 60 * 60;

/// As long an attempt may be on its way: until then no other begins; beyond it its outcome is not known.
pub(crate) const LEASE_SECONDS: i64 = 60;

/// What may be asked of a notification.
#[derive(Clone, Debug)]
pub enum Command {
    Accept(Box<NotificationAccepted>),
    Refuse(Box<NotificationRefused>),
    /// One that is no longer of use is given up instead. While another attempt is on its way none begins.
    StartAttempt {
        runner: String,
    },
    FailAttempt {
        attempt: u32,
        reason: String,
        /// How often its destination has failed one after the other.
        failures: u32,
        retry_after_seconds: Option<i64>,
        destination_waits: bool,
    },
    Sent {
        attempt: u32,
        receipt: String,
        /// What was held back, and stands in this message.
        held_ids: Vec<String>,
    },
    /// The limits of its destination allow no attempt before an instant.
    Hold {
        until: Timestamp,
    },
    /// What was held back waits for an attempt again.
    Release,
    /// It was held back, and stands in another notification's message, which was sent.
    SentWith {
        id: String,
    },
    GiveUp {
        reason: String,
    },
    /// Its time is over.
    Expire,
    Cancel {
        reason: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no notification {0}.")]
    Unknown(String),
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    #[default]
    Unknown,
    Waiting,
    Held,
    Sending,
    Cancelled,
    Ended,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub id: String,
    pub origin_kind: String,
    pub origin_id: String,
    pub destination: String,
    pub expires_ms: i64,
    pub phase: Phase,
    pub attempt: u32,
    /// Until when the attempt that is on its way has an outcome.
    pub leased_until_ms: i64,
    pub last_reason: String,
}

impl State {
    fn failed(&self, reason: &str) -> NotificationEvent {
        NotificationEvent::NotificationFailed(NotificationFailed {
            id: self.id.clone(),
            origin_kind: self.origin_kind.clone(),
            origin_id: self.origin_id.clone(),
            destination: self.destination.clone(),
            reason: cut(reason, MAX_REASON_CHARACTERS),
        })
    }

    fn expired(&self) -> NotificationEvent {
        let reason = match (self.attempt, self.last_reason.as_str()) {
            (0, _) if self.phase == Phase::Held => {
                "its time was over while the limits of its destination held it back".to_owned()
            }
            (0, _) => "its time was over before its turn came".to_owned(),
            (attempts, "") => format!("its time is over, and the outcome of attempt {attempts} is not known"),
            (1, last) => format!("its time is over after one attempt: {last}"),
            (attempts, last) => format!("its time is over after {attempts} attempts; the last one: {last}"),
        };
        self.failed(&reason)
    }

    fn sent(&self, attempt: u32, receipt: &str, held_ids: Vec<String>, now: Timestamp) -> NotificationSent {
        NotificationSent {
            id: self.id.clone(),
            origin_kind: self.origin_kind.clone(),
            origin_id: self.origin_id.clone(),
            destination: self.destination.clone(),
            attempt,
            receipt: cut(receipt, MAX_REASON_CHARACTERS),
            sent_ms: now.0,
            held_ids,
            sent_with: String::new(),
        }
    }

    fn cancelled(&self, reason: &str) -> NotificationEvent {
        let on_its_way = match self.phase {
            Phase::Sending => "; an attempt was on its way",
            _ => "",
        };
        NotificationEvent::NotificationCancelled(NotificationCancelled {
            id: self.id.clone(),
            origin_kind: self.origin_kind.clone(),
            origin_id: self.origin_id.clone(),
            destination: self.destination.clone(),
            reason: format!("{}{on_its_way}", cut(reason, MAX_REASON_CHARACTERS)),
        })
    }
}

/// How long to wait after so many failures.
fn delay_seconds(failures: u32) -> i64 {
    let doubled = FIRST_DELAY_SECONDS.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(MAX_DELAY_SECONDS)
}

/// The aggregate.
pub struct Notification;

impl Decider for Notification {
    type Command = Command;
    type Event = NotificationEvent;
    type State = State;
    type Error = Error;

    fn decide(
        state: &State,
        command: Command,
        context: &Context,
    ) -> Result<Option<NotificationEvent>, Error> {
        let now = context.now;
        let is_open = matches!(state.phase, Phase::Waiting | Phase::Held | Phase::Sending);
        let is_over = now.0 >= state.expires_ms;
        let is_on_its_way = state.phase == Phase::Sending && now.0 < state.leased_until_ms;
        Ok(Some(match command {
            Command::Accept(_) | Command::Refuse(_) if state.phase != Phase::Unknown => return Ok(None),
            Command::Accept(accepted) => NotificationEvent::NotificationAccepted(*accepted),
            Command::Refuse(refused) => NotificationEvent::NotificationRefused(*refused),
            _ if state.phase == Phase::Unknown => return Err(Error::Unknown(state.id.clone())),
            // It was on its way when it was cancelled, or when its time was over: that it was sent is what happened.
            Command::Sent { attempt, receipt, held_ids }
                if (1..=state.attempt).contains(&attempt) && state.phase != Phase::Ended =>
            {
                NotificationEvent::NotificationSent(state.sent(attempt, &receipt, held_ids, now))
            }
            // Another message had told of it when it was cancelled, or when its time was over.
            Command::SentWith { id } if state.phase != Phase::Ended => {
                let sent = state.sent(state.attempt, &format!("sent with {id}"), Vec::new(), now);
                NotificationEvent::NotificationSent(NotificationSent { sent_with: id, ..sent })
            }
            // It has ended, which whoever asks did not know yet.
            _ if !is_open => return Ok(None),
            Command::FailAttempt { attempt, .. } if attempt != state.attempt => return Ok(None),
            Command::Sent { .. } | Command::SentWith { .. } => return Ok(None),
            Command::StartAttempt { .. } | Command::Expire if is_over => state.expired(),
            Command::Expire => return Ok(None),
            Command::Hold { .. } | Command::StartAttempt { .. }
                if is_on_its_way || state.phase == Phase::Held =>
            {
                return Ok(None);
            }
            Command::Hold { until } => NotificationEvent::NotificationHeld(NotificationHeld {
                id: state.id.clone(),
                destination: state.destination.clone(),
                until_ms: until.0,
            }),
            Command::Release if state.phase != Phase::Held => return Ok(None),
            Command::Release => NotificationEvent::NotificationReleased(NotificationReleased {
                id: state.id.clone(),
                destination: state.destination.clone(),
            }),
            Command::StartAttempt { runner } => {
                NotificationEvent::NotificationAttemptStarted(NotificationAttemptStarted {
                    id: state.id.clone(),
                    attempt: state.attempt + 1,
                    started_ms: now.0,
                    runner,
                })
            }
            Command::FailAttempt { attempt, reason, failures, retry_after_seconds, destination_waits } => {
                let own = delay_seconds(attempt.max(failures));
                let asked = retry_after_seconds.unwrap_or_default().clamp(0, MAX_RETRY_AFTER_SECONDS);
                NotificationEvent::NotificationAttemptFailed(NotificationAttemptFailed {
                    id: state.id.clone(),
                    attempt,
                    reason: cut(&reason, MAX_REASON_CHARACTERS),
                    next_attempt_ms: now.plus_seconds(own.max(asked)).0,
                    destination_waits,
                })
            }
            Command::GiveUp { reason } => state.failed(&reason),
            Command::Cancel { reason } => state.cancelled(&reason),
        }))
    }

    fn evolve(mut state: State, event: &NotificationEvent) -> State {
        match event {
            NotificationEvent::NotificationAccepted(accepted) => State {
                id: accepted.id.clone(),
                origin_kind: accepted.origin_kind.clone(),
                origin_id: accepted.origin_id.clone(),
                destination: accepted.destination.clone(),
                expires_ms: accepted.expires_ms,
                phase: Phase::Waiting,
                ..State::default()
            },
            NotificationEvent::NotificationRefused(refused) => {
                State { id: refused.id.clone(), phase: Phase::Ended, ..State::default() }
            }
            NotificationEvent::NotificationAttemptStarted(started) => {
                (state.phase, state.attempt) = (Phase::Sending, started.attempt);
                state.leased_until_ms = Timestamp(started.started_ms).plus_seconds(LEASE_SECONDS).0;
                state.last_reason.clear();
                state
            }
            NotificationEvent::NotificationAttemptFailed(failed) => {
                state.phase = Phase::Waiting;
                state.last_reason.clone_from(&failed.reason);
                state
            }
            NotificationEvent::NotificationHeld(_) => State { phase: Phase::Held, ..state },
            NotificationEvent::NotificationReleased(_) => State { phase: Phase::Waiting, ..state },
            NotificationEvent::NotificationSent(_) => State { phase: Phase::Ended, ..state },
            NotificationEvent::NotificationCancelled(_) => State { phase: Phase::Cancelled, ..state },
            // One that expired while it was on its way may still turn out to have been sent.
            NotificationEvent::NotificationFailed(_) => {
                let phase = if state.phase == Phase::Sending { Phase::Cancelled } else { Phase::Ended };
                State { phase, ..state }
            }
        }
    }
}

#[cfg(test)]
mod tests;
