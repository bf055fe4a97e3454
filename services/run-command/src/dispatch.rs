//! Writing to node inboxes: the only code that does.
//!
//! A dispatch takes the next free number of its node: the stream refuses a number that is taken, so two
//! writers never share one, and whoever finds his own dispatch there has written it already.

use prost::Message;
use reeve_contracts::node::{Dispatch, InboxHead, SignedDispatch};
use reeve_jetstream::{Bus, Error as BusError, Headers, store, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::sign, subject};
use reeve_types::NodeId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
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
    /// The last number known to be taken, by node: a hint, the stream decides.
    last: Arc<Mutex<HashMap<String, u64>>>,
}

impl Dispatcher {
    pub fn new(key: Arc<nkeys::KeyPair>) -> Self {
        Self { key, last: Arc::default() }
    }

    /// Writes a dispatch to its node's inbox and answers its number. Writing the same one again, for the same
    /// command and of the same kind, finds the first.
    ///
    /// # Errors
    /// When the bus does not take it; it may be tried again.
    pub async fn write(&self, bus: &Bus, mut dispatch: Dispatch, node: &NodeId) -> Result<u64, Error> {
        let mut number = match self.hint(node) {
            Some(last) => last + 1,
            None => read_head(bus, node).await?.saturating_add(1),
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
        self.remember(node, number);
        write_head(bus, node, number).await?;
        Ok(number)
    }

    fn hint(&self, node: &NodeId) -> Option<u64> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).get(node.as_str()).copied()
    }

    fn remember(&self, node: &NodeId, number: u64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.entry(node.to_string()).or_default();
        *known = number.max(*known);
    }
}

fn same(data: &[u8], dispatch: &Dispatch) -> bool {
    let there = SignedDispatch::decode(data).ok().and_then(|s| Dispatch::decode(s.dispatch.as_slice()).ok());
    there.is_some_and(|there| there.command_id == dispatch.command_id && there.kind == dispatch.kind)
}

async fn read_head(bus: &Bus, node: &NodeId) -> Result<u64, BusError> {
    let head = bus.direct_get(NODE_INBOX, &subject::head(node)).await?;
    Ok(head.and_then(|m| InboxHead::decode(m.data).ok()).map_or(0, |head| head.last))
}

/// Moves the head up to a number that is written. A head that lags (two writers, or a crash in between) is
/// caught up by the next dispatch; the agent hears of the newest number live as well.
async fn write_head(bus: &Bus, node: &NodeId, number: u64) -> Result<(), BusError> {
    let head = InboxHead { last: number }.encode_to_vec();
    bus.store(&subject::head(node), &Headers::default(), head.into()).await.map(|_| ())
}
