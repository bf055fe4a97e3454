//! Writing to node inboxes: the only code that does.
//!
//! A dispatch takes the next free number of its node: the stream refuses a number that is taken, so two
//! writers never share one. A dispatch whose event is not stored yet is looked for before it is written again:
//! in this process from the number that it was tried with, after a restart from the last number that an event
//! names. (Two replicas may still write one twice; the node's ledger lets it run once.)

use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKind, InboxHead, SignedDispatch};
use reeve_jetstream::{Bus, Error as BusError, Headers, store, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::sign, subject};
use reeve_types::NodeId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Why a dispatch could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Sign(#[from] reeve_node_protocol::dispatch::SignError),
}

/// Signs dispatches and writes them.
#[derive(Clone)]
pub struct Dispatcher {
    key: Arc<nkeys::KeyPair>,
    numbers: Arc<Mutex<Numbers>>,
}

#[derive(Default)]
struct Numbers {
    /// The last number known to be taken, by node: a hint, the stream decides.
    last: HashMap<String, u64>,
    /// Where an unconfirmed dispatch was tried first.
    tried: HashMap<Of, u64>,
}

/// Command, node, kind.
type Of = (String, String, i32);

fn of(dispatch: &Dispatch) -> Of {
    (dispatch.command_id.clone(), dispatch.node_id.clone(), dispatch.kind)
}

impl Dispatcher {
    pub fn new(key: Arc<nkeys::KeyPair>) -> Self {
        Self { key, numbers: Arc::default() }
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a dispatch to its node's inbox and answers its number. `recorded` is the last number of the node
    /// that the log's events name.
    ///
    /// # Errors
    /// When the bus does not take it; it may be tried again.
    pub async fn write(
        &self,
        bus: &Bus,
        mut dispatch: Dispatch,
        node: &NodeId,
        recorded: u64,
    ) -> Result<u64, Error> {
        let mut number = {
            let mut numbers = self.numbers();
            let hint = numbers.last.get(node.as_str()).copied().unwrap_or(recorded);
            *numbers.tried.entry(of(&dispatch)).or_insert(hint + 1)
        };
        loop {
            dispatch.number = number;
            let data = sign(&self.key, &dispatch)?.encode_to_vec();
            let subject = subject::inbox(node, number);
            match store::append_first(bus, &subject, data.into()).await {
                Ok(_) => break,
                Err(BusError::Conflict(_)) => {
                    let there = bus.direct_get(NODE_INBOX, &subject).await?;
                    if there.is_some_and(|message| same(&message.data, &dispatch)) {
                        break;
                    }
                    number += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        {
            let mut numbers = self.numbers();
            let known = numbers.last.entry(node.to_string()).or_default();
            *known = number.max(*known);
        }
        write_head(bus, node, number).await?;
        Ok(number)
    }

    /// The dispatch's number is in the log now, or does not matter: it is not looked for any more.
    pub fn confirm(&self, command_id: &str, node_id: &str, kind: DispatchKind) {
        self.numbers().tried.remove(&(command_id.to_owned(), node_id.to_owned(), kind.into()));
    }
}

fn same(data: &[u8], dispatch: &Dispatch) -> bool {
    let there = SignedDispatch::decode(data).ok().and_then(|s| Dispatch::decode(s.dispatch.as_slice()).ok());
    there.is_some_and(|there| there.command_id == dispatch.command_id && there.kind == dispatch.kind)
}

/// Moves the head up to a number that is written. A head that lags (two writers, or a crash in between) is
/// caught up by the next dispatch; the agent hears of the newest number live as well.
async fn write_head(bus: &Bus, node: &NodeId, number: u64) -> Result<(), BusError> {
    let head = InboxHead { last: number }.encode_to_vec();
    bus.store(&subject::head(node), &Headers::default(), head.into()).await.map(|_| ())
}
