//! The server that takes mail. There is one.

pub use reeve_contracts::notifications::MailServerEvent;
use reeve_contracts::notifications::{MailServerDeleted, MailServerPut};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// Its name.
pub const DEFAULT: &str = "default";

/// What may be asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    Put(Box<MailServerPut>),
    Delete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no mail server.")]
    Unknown,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub exists: bool,
    /// Of the password that counts; empty: there is none.
    pub secret_id: String,
}

/// The aggregate.
pub struct MailServer;

impl Decider for MailServer {
    type Command = Command;
    type Event = MailServerEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<MailServerEvent>, Error> {
        match command {
            Command::Put(put) => {
                let put = MailServerPut { dropped_secret_id: state.secret_id.clone(), ..*put };
                Ok(Some(MailServerEvent::MailServerPut(put)))
            }
            Command::Delete if !state.exists => Err(Error::Unknown),
            Command::Delete => {
                let deleted =
                    MailServerDeleted { name: DEFAULT.to_owned(), secret_id: state.secret_id.clone() };
                Ok(Some(MailServerEvent::MailServerDeleted(deleted)))
            }
        }
    }

    fn evolve(_: State, event: &MailServerEvent) -> State {
        match event {
            MailServerEvent::MailServerPut(put) => State { exists: true, secret_id: put.secret_id.clone() },
            MailServerEvent::MailServerDeleted(_) => State::default(),
        }
    }
}
