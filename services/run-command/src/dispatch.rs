//! Writing to node inboxes: the only code that does.
//!
//! A dispatch takes the next free number of its node: the stream refuses a number that is taken, so two writers
//! never share one, and there is never a gap. It is written after its event is in the log, which names the number
//! that it was tried with first: at a second delivery it is looked for from there on, and not written again.

use crate::{
    domain::command::CommandEvent,
    projections::{COMMANDS, CommandRow},
    signing::Signing,
};
use prost::Message;
use reeve_contracts::{
    node::{Dispatch, SignedDispatch},
    run_command::CommandSent,
};
use reeve_eventsourcing::Position;
use reeve_jetstream::{Error as BusError, store, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::sign, subject};
use reeve_runtime::Handle;
use reeve_types::NodeId;
use std::{
    collections::{HashMap, VecDeque},
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
    signing: Signing,
    /// The last number known to be taken, by node: a hint, the stream decides.
    taken: Arc<Mutex<HashMap<String, u64>>>,
    /// What was sent last: each of its nodes needs it.
    sent: Arc<Mutex<VecDeque<Arc<CommandSent>>>>,
}

/// As many commands as are kept in memory while their nodes have their turns.
const KEPT: usize = 16;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dispatcher {
    pub fn new(signing: Signing) -> Self {
        Self { signing, taken: Arc::default(), sent: Arc::default() }
    }

    /// Waits until there is a key to sign with, so that nothing is said to be dispatched before.
    pub async fn ready(&self, handle: &Handle) {
        self.signing.key(handle).await;
    }

    /// The lowest number that may be free. `recorded` is the greatest one of the node that an event names; that
    /// one itself may be free still, if its writer did not come so far.
    pub fn free(&self, node: &NodeId, recorded: u64) -> u64 {
        let taken = lock(&self.taken).get(node.as_str()).map_or(0, |taken| taken + 1);
        taken.max(recorded).max(1)
    }

    /// Writes a dispatch to its node's inbox, at `dispatch.number` or the first free number after it; if it is
    /// there already, it is not written again.
    ///
    /// # Errors
    /// When the bus does not take it; it may be tried again.
    pub async fn write(&self, handle: &Handle, mut dispatch: Dispatch, node: &NodeId) -> Result<(), Error> {
        let bus = handle.bus();
        loop {
            let data = sign(&*self.signing.key(handle).await, &dispatch)?.encode_to_vec();
            let subject = subject::inbox(node, dispatch.number);
            match store::append_first(bus, NODE_INBOX, &subject, data.into()).await {
                Ok(_) => break,
                Err(BusError::Conflict(_)) => {
                    let there = bus.direct_get(NODE_INBOX, &subject).await?;
                    if there.is_some_and(|message| same(&message.data, &dispatch)) {
                        break;
                    }
                    dispatch.number += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        {
            let mut taken = lock(&self.taken);
            let known = taken.entry(node.to_string()).or_default();
            *known = dispatch.number.max(*known);
        }
        Ok(())
    }

    /// Keeps what was sent at hand for its nodes' turns.
    pub fn remember(&self, sent: &Arc<CommandSent>) {
        let mut kept = lock(&self.sent);
        kept.retain(|other| other.command_id != sent.command_id);
        kept.push_back(sent.clone());
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// What was sent, from memory or from the log; `None` when there is no such command.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn sent(&self, handle: &Handle, command: &str) -> Result<Option<Arc<CommandSent>>, BusError> {
        if let Some(sent) = lock(&self.sent).iter().find(|sent| sent.command_id == command) {
            return Ok(Some(sent.clone()));
        }
        let Some(row) = handle.views().get::<CommandRow>(COMMANDS, command) else { return Ok(None) };
        let Some(CommandEvent::CommandSent(sent)) = handle.event_at(Position(row.position)).await? else {
            return Ok(None);
        };
        let sent = Arc::new(sent);
        self.remember(&sent);
        Ok(Some(sent))
    }
}

fn same(data: &[u8], dispatch: &Dispatch) -> bool {
    let there = SignedDispatch::decode(data).ok().and_then(|s| Dispatch::decode(s.dispatch.as_slice()).ok());
    there.is_some_and(|there| there.command_id == dispatch.command_id && there.kind == dispatch.kind)
}
