//! One dead letter.

use reeve_contracts::dead_letters::{
    DeadLetterDiscarded, DeadLetterRecorded, DeadLetterResolved, DeadLetterRetried, DeadLetterRetryFailed,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

pub use reeve_contracts::dead_letters::DeadLetterEvent;

/// What may be asked of a dead letter.
#[derive(Clone, Debug)]
pub enum Command {
    /// A handler gave up.
    Record(Box<DeadLetterRecorded>),
    /// An operator wants the handler to try once more.
    Retry,
    /// The retry failed as well.
    FailRetry { reason: String },
    /// The retry was handled.
    Resolve,
    /// An operator wants no more of it.
    Discard,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such dead letter")]
    Unknown,
    #[error("the dead letter {number} is {status}: it cannot be {wanted}")]
    Status { number: String, status: Status, wanted: &'static str },
}

/// Where a dead letter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    #[default]
    Open,
    Retrying,
    Resolved,
    Discarded,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Retrying => "Retrying",
            Self::Resolved => "Resolved",
            Self::Discarded => "Discarded",
        })
    }
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub number: String,
    pub service: String,
    pub handler: String,
    pub status: Status,
}

/// The aggregate.
pub struct DeadLetter;

impl Decider for DeadLetter {
    type Command = Command;
    type Event = DeadLetterEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<DeadLetterEvent>, Error> {
        let known = !state.number.is_empty();
        let number = state.number.clone();
        let refused = |wanted| Error::Status { number: state.number.clone(), status: state.status, wanted };
        Ok(match (command, state.status) {
            (Command::Record(_), _) if known => None,
            (Command::Record(recorded), _) => Some(DeadLetterEvent::DeadLetterRecorded(*recorded)),
            _ if !known => return Err(Error::Unknown),
            (Command::Retry, Status::Open) => {
                let (service, handler) = (state.service.clone(), state.handler.clone());
                Some(DeadLetterEvent::DeadLetterRetried(DeadLetterRetried { number, service, handler }))
            }
            (Command::Retry, _) => return Err(refused("retried")),
            (Command::FailRetry { reason }, Status::Retrying) => {
                Some(DeadLetterEvent::DeadLetterRetryFailed(DeadLetterRetryFailed { number, reason }))
            }
            (Command::Resolve, Status::Open | Status::Retrying) => {
                Some(DeadLetterEvent::DeadLetterResolved(DeadLetterResolved { number }))
            }
            (Command::Discard, Status::Open | Status::Retrying) => {
                Some(DeadLetterEvent::DeadLetterDiscarded(DeadLetterDiscarded { number }))
            }
            (Command::Discard, _) => return Err(refused("discarded")),
            (Command::FailRetry { .. } | Command::Resolve, _) => None,
        })
    }

    fn evolve(mut state: State, event: &DeadLetterEvent) -> State {
        match event {
            DeadLetterEvent::DeadLetterRecorded(e) => {
                let (service, handler) = (e.service.clone(), e.handler.clone());
                state = State { number: e.number.clone(), service, handler, status: Status::Open };
            }
            DeadLetterEvent::DeadLetterRetried(_) => state.status = Status::Retrying,
            DeadLetterEvent::DeadLetterRetryFailed(_) => state.status = Status::Open,
            DeadLetterEvent::DeadLetterResolved(_) => state.status = Status::Resolved,
            DeadLetterEvent::DeadLetterDiscarded(_) => state.status = Status::Discarded,
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn recorded() -> DeadLetterRecorded {
        DeadLetterRecorded {
            number: "7".into(),
            service: "tags".into(),
            handler: "nodes".into(),
            ..DeadLetterRecorded::default()
        }
    }

    fn record() -> DeadLetterEvent {
        DeadLetterEvent::DeadLetterRecorded(recorded())
    }

    fn retried() -> DeadLetterEvent {
        let (number, service, handler) = ("7".into(), "tags".into(), "nodes".into());
        DeadLetterEvent::DeadLetterRetried(DeadLetterRetried { number, service, handler })
    }

    #[test]
    fn it_is_recorded_once_and_retried_one_time_after_the_other() {
        given::<DeadLetter>([]).when(Command::Record(Box::new(recorded()))).then(record());
        given::<DeadLetter>([record()]).when(Command::Record(Box::new(recorded()))).then_nothing();
        given::<DeadLetter>([]).when(Command::Retry).then_refused(Error::Unknown);
        given::<DeadLetter>([record()]).when(Command::Retry).then(retried());
        let refused = |status, wanted| Error::Status { number: "7".into(), status, wanted };
        given::<DeadLetter>([record(), retried()])
            .when(Command::Retry)
            .then_refused(refused(Status::Retrying, "retried"));
        let failed = DeadLetterRetryFailed { number: "7".into(), reason: "again".into() };
        let failed = DeadLetterEvent::DeadLetterRetryFailed(failed);
        given::<DeadLetter>([record(), retried()])
            .when(Command::FailRetry { reason: "again".into() })
            .then(failed.clone());
        given::<DeadLetter>([record(), retried(), failed]).when(Command::Retry).then(retried());
        let resolved = DeadLetterEvent::DeadLetterResolved(DeadLetterResolved { number: "7".into() });
        given::<DeadLetter>([record(), retried()]).when(Command::Resolve).then(resolved.clone());
        given::<DeadLetter>([record(), retried(), resolved])
            .when(Command::Discard)
            .then_refused(refused(Status::Resolved, "discarded"));
    }

    #[test]
    fn what_was_discarded_stays_so() {
        let discarded = DeadLetterEvent::DeadLetterDiscarded(DeadLetterDiscarded { number: "7".into() });
        given::<DeadLetter>([record()]).when(Command::Discard).then(discarded.clone());
        let history = [record(), discarded];
        given::<DeadLetter>(history.clone()).when(Command::Resolve).then_nothing();
        given::<DeadLetter>(history).when(Command::FailRetry { reason: "late".into() }).then_nothing();
    }
}
