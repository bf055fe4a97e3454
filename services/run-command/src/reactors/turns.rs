//! Who is dispatched to, and when: at once as many as the rate control allows, then one for each that ends.
//!
//! Whoever ended an invocation carries on with what follows from it (ADR 21): a report's worker, a command's reactor,
//! the deadlines. Each is delivered, or looks, again until it came through, and what it decides is the same each time.

use super::{AT_ONCE, invocation_row, open, recorded, to};
use crate::{
    dispatch::Dispatcher,
    domain::{
        Progress,
        command::{Command as SentTo, CommandEvent, SentCommand},
        invocation::{self, Command, Invocation, Untold},
        progress::first,
    },
    projections::{CONTENT, ContentRow, INVOCATIONS, InvocationRow, NODES, NodeRow, PROGRESS, content_key},
};
use futures::{TryStreamExt, stream};
use reeve_contracts::{
    node::{Dispatch, DispatchKind},
    run_command::{CommandCancelRequested, CommandSent, Dispatched, InvocationFinished},
};
use reeve_eventsourcing::{Context, Decider};
use reeve_runtime::{Delivery, Handle, HandlerError};
use reeve_types::{CommandId, Timestamp};
use std::sync::Arc;
use uuid::Uuid;

/// As many nodes are dispatched to together: one event tells of all of them.
const TOGETHER: usize = 250;
/// As many such parts of one command are under way at a time.
const PARTS: usize = 4;

/// A sent command goes to the nodes whose turn it is; a cancelled one is taken back.
pub async fn command(dispatcher: Dispatcher, delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let event = &delivery.event;
    let (handle, command) = (&delivery.handle, event.envelope.aggregate.id.as_str());
    let turns = Turns::new(&dispatcher, handle, command, delivery.context("turns"));
    match &event.event {
        CommandEvent::CommandSent(sent) if sent.node_ids.is_empty() => Ok(()),
        CommandEvent::CommandSent(sent) => {
            let sent = Arc::new(sent.clone());
            dispatcher.remember(&sent);
            let nodes = first(&sent.node_ids, &sent.max_concurrency);
            turns.dispatch_to(&sent, nodes).await?;
            turns.follow(turns.unsent(nodes)).await
        }
        CommandEvent::CommandCancelRequested(cancel) => turns.cancel(cancel).await,
        CommandEvent::InvocationsDispatched(_) | CommandEvent::CommandFinished(_) => Ok(()),
    }
}

/// The turns of one command's nodes, as what an event or a report causes.
pub struct Turns<'a> {
    dispatcher: &'a Dispatcher,
    handle: &'a Handle,
    command: &'a str,
    cause: Context,
    /// Whether a dispatch waits until there is a key to sign it with. Otherwise it is owed.
    patient: bool,
}

impl<'a> Turns<'a> {
    /// `cause` is the same at each delivery of what causes them, but for the time.
    pub fn new(dispatcher: &'a Dispatcher, handle: &'a Handle, command: &'a str, cause: Context) -> Self {
        Self { dispatcher, handle, command, cause: about(command, cause), patient: true }
    }

    /// The same, for one who has others waiting behind him.
    #[must_use]
    pub fn impatient(self) -> Self {
        Self { patient: false, ..self }
    }

    /// The context of the n-th thing that is decided.
    fn context(&self, n: &str) -> Context {
        let command_id = Uuid::new_v5(&self.cause.command_id, n.as_bytes());
        Context { now: Timestamp::now(), command_id, ..self.cause.clone() }
    }

    async fn execute<D: Decider>(&self, n: &str, id: &str, command: D::Command) -> Result<(), HandlerError> {
        self.handle.execute::<D>(id, command, &self.context(n)).await?;
        Ok(())
    }

    /// What follows when invocations have ended: others have their turn, or nobody has any more; after the last one
    /// the command ends.
    pub async fn follow(&self, mut ended: Vec<String>) -> Result<(), HandlerError> {
        while let Some(node) = ended.pop() {
            let Some(row) = invocation_row(self.handle, self.command, &node) else { continue };
            if !row.lets_in.is_empty() {
                let sent = self.dispatcher.sent(self.handle, self.command).await;
                let sent = sent.map_err(|e| HandlerError::Unavailable(e.to_string()))?;
                let sent =
                    sent.ok_or_else(|| HandlerError::Permanent("the command is not in the log".to_owned()))?;
                self.dispatch_to(&sent, &row.lets_in).await?;
                ended.extend(self.unsent(&row.lets_in));
            }
            if row.stops {
                self.terminate_waiting().await?;
            }
        }
        let Progress { counts, .. } = self.handle.views().get(PROGRESS, self.command).unwrap_or_default();
        if counts.targets > 0 && counts.all_ended() {
            self.execute::<SentCommand>("finish", self.command, SentTo::Finish(counts)).await?;
        }
        Ok(())
    }

    /// Those whose invocation ended before it could be sent.
    fn unsent(&self, nodes: &[String]) -> Vec<String> {
        let ended = |node: &&String| {
            let row = invocation_row(self.handle, self.command, node);
            row.is_some_and(|row| row.ended() && row.started.is_none())
        };
        nodes.iter().filter(ended).cloned().collect()
    }

    /// What follows from ends that nobody came through with: there was no key, or this is a new start.
    pub async fn catch_up(&self) -> Result<(), HandlerError> {
        let left = |node: &String| {
            let row = invocation_row(self.handle, self.command, node);
            row.is_some_and(|row| is_untold(&row) || awaited(&row))
        };
        let keep = |_: &str, row: &InvocationRow| row.ended() && (row.stops || row.lets_in.iter().any(left));
        let prefix = format!("{}/", self.command);
        let rows = self.handle.views().filter(INVOCATIONS, &prefix, None, usize::MAX, keep).rows;
        self.follow(rows.into_iter().map(|(_, row)| row.node_id).collect()).await
    }

    async fn dispatch_to(&self, sent: &CommandSent, nodes: &[String]) -> Result<(), HandlerError> {
        let parts = stream::iter(nodes.chunks(TOGETHER).map(Ok::<_, HandlerError>));
        let each = |part| self.dispatch_together(sent, part);
        parts.try_for_each_concurrent(PARTS, each).await
    }

    /// First the event, then the dispatches: so the log tells both in the order in which they happened, and an
    /// invocation that ended in between is never sent.
    async fn dispatch_together(&self, sent: &CommandSent, nodes: &[String]) -> Result<(), HandlerError> {
        let (dispatcher, handle, command) = (self.dispatcher, self.handle, self.command);
        let dispatch = run_dispatch(sent, &self.cause);
        let is_new =
            |node: &&String| invocation_row(handle, command, node).is_some_and(|row| is_untold(&row));
        let (platforms, now) = (platforms(handle, sent), Timestamp::now());
        let (mut untold, mut ends) = (Vec::new(), Vec::new());
        for node in nodes.iter().filter(is_new) {
            if now >= Timestamp(dispatch.expires_ms) {
                let message = "The delivery time-out was over before it was this node's turn.";
                ends.push(Untold::DeliveryTimedOut.end(command, node, now, message));
            } else if let Some(message) = other_platform(handle, &platforms, node) {
                ends.push(Untold::InvalidPlatform.end(command, node, now, &message));
            } else {
                let number = dispatcher.free(node, recorded(handle, node));
                untold.push(Dispatched { node_id: node.clone(), number });
            }
        }
        self.end_all(ends).await?;
        let unwritten =
            |node: &String| invocation_row(handle, command, node).is_some_and(|row| awaited(&row));
        if untold.is_empty() && !nodes.iter().any(unwritten) {
            return Ok(());
        }
        // Nothing is said to be dispatched before there is a key.
        let key = match dispatcher.key_now(handle) {
            Some(key) => key,
            None if self.patient => dispatcher.key(handle).await,
            None => {
                dispatcher.owe(command);
                return Ok(());
            }
        };
        dispatcher.tell(handle, command, untold, &self.context("dispatched")).await?;
        let rows = nodes.iter().filter_map(|node| invocation_row(handle, command, node));
        let dispatches = rows.filter(|row| awaited(row)).map(|row| Dispatch {
            node_id: row.node_id.clone(),
            number: row.number,
            ..dispatch.clone()
        });
        Ok(dispatcher.write(handle, &key, dispatches.collect()).await?)
    }

    /// A node is registered no more.
    pub async fn gone(&self, node: &str) -> Result<(), HandlerError> {
        let row = invocation_row(self.handle, self.command, node);
        let message = match row.and_then(|row| row.started) {
            Some(_) => "The node began the command and was deregistered before it told an outcome.",
            None => "The node was deregistered before it told an outcome.",
        };
        let end = Untold::Undeliverable.end(self.command, node, Timestamp::now(), message);
        self.end_all(vec![end]).await?;
        self.follow(vec![node.to_owned()]).await
    }

    /// Ends invocations of which no node tells the outcome.
    async fn end_all(&self, ends: Vec<InvocationFinished>) -> Result<(), HandlerError> {
        let each = stream::iter(ends.into_iter().map(Ok::<_, HandlerError>));
        each.try_for_each_concurrent(AT_ONCE, |end| async move {
            let (n, id) = (format!("end/{}", end.node_id), invocation::id(self.command, &end.node_id));
            let node = end.node_id.clone();
            let finish = to(self.command, &node, Command::Finish(Box::new(end)));
            self.execute::<Invocation>(&n, &id, finish).await
        })
        .await
    }

    async fn cancel(&self, cancel: &CommandCancelRequested) -> Result<(), HandlerError> {
        let rows = open(self.handle, self.command, |row| {
            cancel.node_ids.is_empty() || cancel.node_ids.contains(&row.node_id)
        });
        let asked = rows.iter().map(|(_, row)| row.node_id.clone()).collect();
        let each = stream::iter(rows.into_iter().map(Ok::<_, HandlerError>));
        each.try_for_each_concurrent(AT_ONCE, |(key, row)| async move {
            let cancelling = to(&row.command_id, &row.node_id, Command::Cancel { let_in: row.let_in });
            self.execute::<Invocation>(&format!("cancel/{}", row.node_id), &key, cancelling).await?;
            match self.handle.state::<Invocation>(&key).finished {
                true => Ok(()),
                false => self.take_back(&row).await,
            }
        })
        .await?;
        self.follow(asked).await
    }

    /// Sends a cancellation after what was dispatched.
    async fn take_back(&self, row: &InvocationRow) -> Result<(), HandlerError> {
        let dispatch = Dispatch {
            node_id: row.node_id.clone(),
            // Behind what it cancels.
            number: self.dispatcher.free(&row.node_id, recorded(self.handle, &row.node_id)),
            kind: DispatchKind::Cancel.into(),
            command_id: row.command_id.clone(),
            not_before_ms: row.requested.0,
            expires_ms: row.expires.0.max(Timestamp::now().plus_seconds(60).0),
            ..Dispatch::default()
        };
        let key = self.dispatcher.key(self.handle).await;
        Ok(self.dispatcher.write(self.handle, &key, vec![dispatch]).await?)
    }

    /// Those that still waited for their turn when the errors became too many.
    async fn terminate_waiting(&self) -> Result<(), HandlerError> {
        let message = "The command had more errors than MaxErrors allows before it was this node's turn.";
        let rows = open(self.handle, self.command, |row| !row.let_in).into_iter();
        let now = Timestamp::now();
        let ends = rows.map(|(_, row)| Untold::Terminated.end(self.command, &row.node_id, now, message));
        self.end_all(ends.collect()).await
    }
}

/// The platforms that a command's document is for; none when the document is not there any more, and then each node skips
/// what is not for it.
fn platforms(handle: &Handle, sent: &CommandSent) -> Vec<String> {
    let version = sent.document_version.parse().unwrap_or(0);
    let content = handle.views().look::<ContentRow>(CONTENT, &content_key(&sent.document_name, version));
    let same = content.filter(|content| content.hash == sent.document_hash);
    same.map(|content| content.platform_types.clone()).unwrap_or_default()
}

/// Why a document is not for a node; `None` where that is not known.
fn other_platform(handle: &Handle, platforms: &[String], node: &str) -> Option<String> {
    let row = handle.views().look::<NodeRow>(NODES, node)?;
    let other = !platforms.is_empty() && row.is_other_than(platforms);
    other.then(|| format!("The document is for {platforms:?}; the node is {}.", row.platform_type))
}

/// Whether nothing was told of a node yet, and can be.
fn is_untold(row: &InvocationRow) -> bool {
    row.number == 0 && !row.ended()
}

/// Whether a node was told of, and nothing was heard of it: its dispatch may not be written yet.
fn awaited(row: &InvocationRow) -> bool {
    row.number > 0 && row.started.is_none() && !row.ended()
}

/// A context of what happens because of a command.
pub fn about(command: &str, mut context: Context) -> Context {
    if let Ok(CommandId(id)) = command.parse() {
        context.correlation_id = id;
    }
    context
}

/// What each node of a command gets, but for its name and the number.
fn run_dispatch(sent: &CommandSent, cause: &Context) -> Dispatch {
    Dispatch {
        node_id: String::new(),
        number: 0,
        kind: DispatchKind::Run.into(),
        command_id: sent.command_id.clone(),
        document_name: sent.document_name.clone(),
        document_hash: sent.document_hash.clone(),
        document: sent.document_content.clone(),
        parameters_json: sent.parameters_json.clone(),
        run_as: String::new(),
        execution_timeout_seconds: sent.execution_timeout_seconds,
        not_before_ms: sent.requested_ms,
        // Delivery has its own, shorter deadline: what is not begun by then is never begun.
        expires_ms: Timestamp(sent.requested_ms).plus_seconds(i64::from(sent.delivery_timeout_seconds)).0,
        traceparent: cause.traceparent.clone().unwrap_or_default(),
    }
}
