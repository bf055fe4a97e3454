//! Writing to node inboxes: the only code that does.
//!
//! A dispatch takes the next free number of its node: the stream refuses a number that is taken, so two writers
//! never share one, and there is never a gap. It is written after an event is in the log that names the number
//! that it is tried with first: at a second delivery it is looked for from there on, and not written again.

use crate::{
    domain::command::{Command, CommandEvent, SentCommand},
    projections::{COMMANDS, CommandRow},
    signing::Signing,
};
use bytes::Bytes;
use futures::{TryStreamExt, stream};
use nkeys::KeyPair;
use prost::Message;
use reeve_contracts::{
    node::{Dispatch, SignedDispatch},
    run_command::{CommandSent, Dispatched},
};
use reeve_eventsourcing::{Context, Position};
use reeve_jetstream::{Error as BusError, store, streams::NODE_INBOX};
use reeve_node_protocol::{
    dispatch::{sign, sign_together},
    subject,
};
use reeve_runtime::{Handle, HandlerError};
use reeve_types::ids::Malformed;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// Why a dispatch could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Sign(#[from] reeve_node_protocol::dispatch::SignError),
    #[error(transparent)]
    Node(#[from] Malformed),
}

impl From<Error> for HandlerError {
    fn from(error: Error) -> Self {
        match error {
            Error::Bus(_) | Error::Sign(_) => Self::Unavailable(error.to_string()),
            Error::Node(_) => Self::Permanent(error.to_string()),
        }
    }
}

/// Signs dispatches and writes them.
#[derive(Clone)]
pub struct Dispatcher {
    signing: Signing,
    /// The last number known to be taken, by node: a hint, the stream decides.
    taken: Arc<Mutex<HashMap<String, u64>>>,
    /// What was sent last: each of its nodes needs it.
    sent: Arc<Mutex<VecDeque<Arc<CommandSent>>>>,
    /// The commands in which somebody may have his turn and was not dispatched to.
    owed: Arc<Mutex<BTreeSet<String>>>,
    /// What is being told, by command.
    telling: Arc<Mutex<HashMap<String, Arc<Telling>>>>,
}

/// What is to be told of one command's dispatches: whoever has the turn tells for all who wait.
#[derive(Default)]
struct Telling {
    waiting: Mutex<Vec<Dispatched>>,
    turn: tokio::sync::Mutex<()>,
}

/// As many commands as are kept in memory while their nodes have their turns.
const KEPT: usize = 16;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dispatcher {
    pub fn new(signing: Signing) -> Self {
        Self {
            signing,
            taken: Arc::default(),
            sent: Arc::default(),
            owed: Arc::default(),
            telling: Arc::default(),
        }
    }

    /// The key to sign with, if there is one.
    pub fn key_now(&self, handle: &Handle) -> Option<Arc<KeyPair>> {
        self.signing.key_now(handle)
    }

    /// Remembers that a command's turns are to be looked at.
    pub fn owe(&self, command: &str) {
        lock(&self.owed).insert(command.to_owned());
    }

    /// The commands that are owed.
    pub fn take_owed(&self) -> BTreeSet<String> {
        std::mem::take(&mut *lock(&self.owed))
    }

    /// The key to sign with; waits until there is one, so that nothing is said to be dispatched before.
    pub async fn key(&self, handle: &Handle) -> Arc<KeyPair> {
        self.signing.key(handle).await
    }

    /// Tells the log which nodes a command goes to, together with what others tell of it at the same time: the
    /// events of one command are written one after the other.
    ///
    /// # Errors
    /// When it is not known to be in the log; it may be told again.
    pub async fn tell(
        &self,
        handle: &Handle,
        command: &str,
        dispatched: Vec<Dispatched>,
        context: &Context,
    ) -> Result<(), HandlerError> {
        if dispatched.is_empty() {
            return Ok(());
        }
        let telling = lock(&self.telling).entry(command.to_owned()).or_default().clone();
        lock(&telling.waiting).extend(dispatched);
        let told = {
            let _turn = telling.turn.lock().await;
            // What is not there any more another has told.
            let all = std::mem::take(&mut *lock(&telling.waiting));
            let context = Context { command_id: telling_of(command, &all), ..context.clone() };
            let told = handle.execute::<SentCommand>(command, Command::Dispatch(all.clone()), &context).await;
            if told.is_err() {
                lock(&telling.waiting).extend(all);
            }
            told
        };
        let mut by_command = lock(&self.telling);
        // Nobody else tells of it now: this one and the map have it.
        if Arc::strong_count(&telling) == 2 {
            by_command.remove(command);
        }
        told?;
        Ok(())
    }

    /// The lowest number that may be free. `recorded` is the greatest one of the node that an event names; that
    /// one itself may be free still, if its writer did not come so far.
    pub fn free(&self, node: &str, recorded: u64) -> u64 {
        let taken = lock(&self.taken).get(node).map_or(0, |taken| taken + 1);
        taken.max(recorded).max(1)
    }

    /// Writes dispatches to their nodes' inboxes, signed together, each at its number or the first free one after it;
    /// one that is there already is not written again.
    ///
    /// # Errors
    /// When the bus does not take all of them; they may be tried again.
    pub async fn write(
        &self,
        handle: &Handle,
        key: &KeyPair,
        dispatches: Vec<Dispatch>,
    ) -> Result<(), Error> {
        let signed = sign_together(key, &dispatches)?;
        let messages = dispatches.iter().zip(signed).map(|(dispatch, signed)| message(dispatch, &signed));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        let answers = store::append_each_first(handle.bus(), NODE_INBOX, messages).await;
        let each = stream::iter(dispatches.into_iter().zip(answers).map(Ok));
        each.try_for_each_concurrent(None, |(dispatch, answer)| async move {
            match answer {
                Ok(_) => self.take(dispatch),
                Err(BusError::Conflict(_)) => self.take(find_place(handle, key, dispatch).await?),
                Err(error) => return Err(error.into()),
            }
            Ok(())
        })
        .await
    }

    fn take(&self, dispatch: Dispatch) {
        let mut taken = lock(&self.taken);
        let known = taken.entry(dispatch.node_id).or_default();
        *known = dispatch.number.max(*known);
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
        let sent = self.read(handle, command).await?;
        if let Some(sent) = &sent {
            self.remember(sent);
        }
        Ok(sent)
    }

    /// As [`Dispatcher::sent`], for one who reads it once: what is kept at hand stays.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn read(&self, handle: &Handle, command: &str) -> Result<Option<Arc<CommandSent>>, BusError> {
        if let Some(sent) = lock(&self.sent).iter().find(|sent| sent.command_id == command) {
            return Ok(Some(sent.clone()));
        }
        let Some(row) = handle.views().get::<CommandRow>(COMMANDS, command) else { return Ok(None) };
        let Some(CommandEvent::CommandSent(sent)) = handle.event_at(Position(row.position)).await? else {
            return Ok(None);
        };
        Ok(Some(Arc::new(sent)))
    }
}

/// The id of telling the log of these: the same only for the same ones. Who tells for others as well cannot take the id
/// of what moved him: when that comes again, somebody else may have told of it, alone.
fn telling_of(command: &str, dispatched: &[Dispatched]) -> Uuid {
    let each = dispatched.iter().map(|told| format!("/{}/{}", told.node_id, told.number));
    Uuid::new_v5(
        &Uuid::NAMESPACE_OID,
        [command.to_owned()].into_iter().chain(each).collect::<String>().as_bytes(),
    )
}

fn message(dispatch: &Dispatch, signed: &SignedDispatch) -> Result<(String, Bytes), Error> {
    let subject = subject::inbox(&dispatch.node_id.parse()?, dispatch.number);
    Ok((subject, signed.encode_to_vec().into()))
}

/// Looks for a dispatch whose number is taken: either it is there itself, or it takes the first free number after that.
async fn find_place(handle: &Handle, key: &KeyPair, mut dispatch: Dispatch) -> Result<Dispatch, Error> {
    let bus = handle.bus();
    loop {
        let taken = subject::inbox(&dispatch.node_id.parse()?, dispatch.number);
        let there = bus.direct_get(NODE_INBOX, &taken).await?;
        if there.is_some_and(|message| same(&message.data, &dispatch)) {
            return Ok(dispatch);
        }
        dispatch.number += 1;
        let (free, data) = message(&dispatch, &sign(key, &dispatch)?)?;
        match store::append_first(bus, NODE_INBOX, &free, data).await {
            Ok(_) => return Ok(dispatch),
            Err(BusError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn same(data: &[u8], dispatch: &Dispatch) -> bool {
    let there = SignedDispatch::decode(data).ok().and_then(|s| Dispatch::decode(s.dispatch.as_slice()).ok());
    there.is_some_and(|there| there.command_id == dispatch.command_id && there.kind == dispatch.kind)
}
