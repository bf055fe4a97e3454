//! Writing to node inboxes: the only code that does.
//!
//! A dispatch takes the next free number of its node: the stream refuses a number that is taken, so two writers
//! never share one, and there is never a gap. It is written after an event is in the log that names the number
//! that it is tried with first: at a second delivery it is looked for from there on, and not written again.

use crate::{
    domain::command::CommandEvent,
    projections::{COMMANDS, CommandRow, NUMBERS},
    signing::Signing,
};
use bytes::Bytes;
use futures::{TryStreamExt, future::try_join_all, stream};
use nkeys::KeyPair;
use prost::Message;
use reeve_contracts::{
    node::{Dispatch, SignedDispatch},
    run_command::CommandSent,
};
use reeve_eventsourcing::Position;
use reeve_jetstream::{Bus, Error as BusError, store, streams::NODE_INBOX};
use reeve_node_protocol::{dispatch::sign, subject};
use reeve_runtime::{Handle, HandlerError};
use reeve_types::ids::Malformed;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

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
            Error::Bus(error) => error.into(),
            Error::Sign(_) => Self::Unavailable(error.to_string()),
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
    /// By node, held by who looks for a free number of it, for as long as somebody does.
    inboxes: Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<Inbox>>>>>,
    /// What was sent last: each of its nodes needs it.
    sent: Arc<Mutex<VecDeque<Arc<CommandSent>>>>,
}

/// As many places of an inbox are looked at at once, and as many are kept in memory.
const PLACES_AT_ONCE: usize = 32;
const MAX_KNOWN_PLACES: usize = 2_000;

/// As many commands are kept in memory while they are rolled out.
const MAX_CACHED_COMMANDS: usize = 16;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dispatcher {
    pub fn new(signing: Signing) -> Self {
        Self { signing, taken: Arc::default(), inboxes: Arc::default(), sent: Arc::default() }
    }

    /// The key to sign with.
    ///
    /// # Errors
    /// [`HandlerError::Unavailable`] while there is none: what is to be signed waits.
    pub fn key(&self, handle: &Handle) -> Result<Arc<KeyPair>, HandlerError> {
        self.signing.key(handle).map_err(HandlerError::Unavailable)
    }

    /// The lowest number of a node's inbox that may be free: the greatest one that an event names, whose writer may not
    /// have come so far, or the one after the last that was taken here.
    pub fn free(&self, handle: &Handle, node: &str) -> u64 {
        let recorded = handle.views().get(NUMBERS, node).unwrap_or(0);
        let taken = lock(&self.taken).get(node).map_or(0, |taken| taken + 1);
        taken.max(recorded).max(1)
    }

    /// Writes dispatches to their nodes' inboxes, each at its number or the first free one after it; one that is there
    /// already is not written again.
    ///
    /// # Errors
    /// When the bus does not take all of them; they may be tried again.
    pub async fn write(
        &self,
        handle: &Handle,
        key: &KeyPair,
        dispatches: Vec<Dispatch>,
    ) -> Result<(), Error> {
        let messages =
            dispatches.iter().map(|dispatch| message(key, dispatch)).collect::<Result<Vec<_>, _>>()?;
        let answers = store::append_each_first(handle.bus(), NODE_INBOX, messages).await;
        let each = stream::iter(dispatches.into_iter().zip(answers).map(Ok));
        each.try_for_each_concurrent(None, |(dispatch, answer)| async move {
            match answer {
                Ok(_) => self.take(dispatch),
                Err(BusError::Conflict(_)) => self.take(self.find_place(handle, key, dispatch).await?),
                Err(error) => return Err(error.into()),
            }
            Ok(())
        })
        .await
    }

    /// Looks for a dispatch whose number is taken: either it is there itself, or behind it, or it takes the first free number.
    ///
    /// Of commands that are sent to one node at once, events may name one and the same number for many: so those of this replica take
    /// their turns, and read what is at a number once.
    async fn find_place(
        &self,
        handle: &Handle,
        key: &KeyPair,
        dispatch: Dispatch,
    ) -> Result<Dispatch, Error> {
        let node = dispatch.node_id.clone();
        let inbox = lock(&self.inboxes).entry(node.clone()).or_default().clone();
        let placed = self.place_in(&mut *inbox.lock().await, handle, key, dispatch).await;
        let mut inboxes = lock(&self.inboxes);
        // Nobody else waits for his turn: the table has it, and this one.
        if Arc::strong_count(&inbox) == 2 {
            inboxes.remove(&node);
        }
        placed
    }

    async fn place_in(
        &self,
        inbox: &mut Inbox,
        handle: &Handle,
        key: &KeyPair,
        mut dispatch: Dispatch,
    ) -> Result<Dispatch, Error> {
        let bus = handle.bus();
        let mut next = dispatch.number;
        // That it is taken is known from the refusal.
        let mut last = dispatch.number;
        loop {
            let taken = lock(&self.taken).get(&dispatch.node_id).copied().unwrap_or(0);
            last = last.max(taken).max(last_number(bus, &dispatch.node_id).await?);
            if let Some(number) = inbox.find(bus, next..=last, &dispatch).await? {
                return Ok(Dispatch { number, ..dispatch });
            }
            (next, dispatch.number) = (last + 1, last + 1);
            let (free, data) = message(key, &dispatch)?;
            match store::append_first(bus, NODE_INBOX, &free, data).await {
                Ok(_) => {
                    self.take(dispatch.clone());
                    inbox.note(&dispatch);
                    return Ok(dispatch);
                }
                Err(BusError::Conflict(_)) => last = dispatch.number,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&self, dispatch: Dispatch) {
        let mut taken = lock(&self.taken);
        let known = taken.entry(dispatch.node_id).or_default();
        *known = dispatch.number.max(*known);
    }

    /// What was sent, from memory or from the log.
    ///
    /// # Errors
    /// When the log cannot be read, or has no such command.
    pub async fn sent(&self, handle: &Handle, command: &str) -> Result<Arc<CommandSent>, HandlerError> {
        let sent = self.read(handle, command).await?;
        let unknown = || HandlerError::Permanent(format!("the command {command} is not in the log"));
        let sent = sent.ok_or_else(unknown)?;
        let mut cached = lock(&self.sent);
        cached.retain(|other| other.command_id != sent.command_id);
        cached.push_back(sent.clone());
        if cached.len() > MAX_CACHED_COMMANDS {
            cached.pop_front();
        }
        Ok(sent)
    }

    /// As [`Dispatcher::sent`], for one who reads it once: what is kept in memory stays. `None` when there is no such
    /// command.
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

fn message(key: &KeyPair, dispatch: &Dispatch) -> Result<(String, Bytes), Error> {
    let subject = subject::inbox(&dispatch.node_id.parse()?, dispatch.number);
    Ok((subject, sign(key, dispatch)?.encode_to_vec().into()))
}

/// The greatest number that is taken in a node's inbox; 0 when none is. It may be behind by those that were taken just now.
async fn last_number(bus: &Bus, node: &str) -> Result<u64, Error> {
    let last = bus.direct_get(NODE_INBOX, &subject::last(&node.parse()?)).await?;
    Ok(last.and_then(|message| subject::number_of(&message.subject)).unwrap_or(0))
}

/// What of a node's inbox is known: which dispatch is at a number.
#[derive(Default)]
struct Inbox(BTreeMap<u64, Told>);

/// A dispatch as it is told from others of its node.
#[derive(PartialEq)]
struct Told {
    command: String,
    kind: i32,
}

impl From<&Dispatch> for Told {
    fn from(dispatch: &Dispatch) -> Self {
        Self { command: dispatch.command_id.clone(), kind: dispatch.kind }
    }
}

impl Inbox {
    /// Where in a part of the inbox a dispatch is; what is not known of it is read.
    async fn find(
        &mut self,
        bus: &Bus,
        places: RangeInclusive<u64>,
        dispatch: &Dispatch,
    ) -> Result<Option<u64>, Error> {
        let node = dispatch.node_id.parse()?;
        let unknown: Vec<u64> = places.clone().filter(|number| !self.0.contains_key(number)).collect();
        for some in unknown.chunks(PLACES_AT_ONCE) {
            let looks = some.iter().map(|number| {
                let place = subject::inbox(&node, *number);
                async move { bus.direct_get(NODE_INBOX, &place).await.map(|there| (*number, there)) }
            });
            for (number, there) in try_join_all(looks).await? {
                if let Some(told) = there.and_then(|message| told(&message.data)) {
                    self.0.insert(number, told);
                }
            }
        }
        let wanted = Told::from(dispatch);
        let found = self.0.range(places).find_map(|(number, told)| (*told == wanted).then_some(*number));
        self.forget_the_first();
        Ok(found)
    }

    fn note(&mut self, dispatch: &Dispatch) {
        self.0.insert(dispatch.number, Told::from(dispatch));
        self.forget_the_first();
    }

    fn forget_the_first(&mut self) {
        while self.0.len() > MAX_KNOWN_PLACES {
            self.0.pop_first();
        }
    }
}

fn told(data: &[u8]) -> Option<Told> {
    let signed = SignedDispatch::decode(data).ok()?;
    Dispatch::decode(signed.dispatch.as_slice()).ok().as_ref().map(Told::from)
}
