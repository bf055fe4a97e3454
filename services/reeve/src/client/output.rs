//! `reeve output COMMAND [NODE]`: what steps printed, from the start, every byte.

use super::{
    DataFolder, Format, command,
    connection::{Connection, bus, while_connected},
    stdout,
};
use anyhow::{Context, bail, ensure};
use futures::StreamExt;
use prost::Message;
use reeve_contracts::{
    node::OutputChunk,
    run_command::{CommandEvent, CommandSent, InvocationEvent},
};
use reeve_eventsourcing::AggregateRef;
use reeve_jetstream::{
    Bus,
    follow::{self, BoxStream, Stored},
    streams::{self, NODE_OUTPUT},
};
use reeve_node_protocol::output::Order;
use reeve_run_command::domain::invocation;
use reeve_types::subject::escape;
use std::collections::HashMap;

/// Options of `output`.
#[derive(clap::Args)]
pub struct Args {
    /// The command's id.
    command: String,
    /// One node; all when it is left out.
    node: Option<String>,
    /// Goes on while the command runs; with a node, while it runs there.
    #[arg(long)]
    follow: bool,
}

/// The subjects of a command's output.
pub fn subject(command: &str, node: Option<&str>) -> String {
    format!("reeve.report.{}.output.{}.*", node.unwrap_or("*"), escape(command))
}

pub async fn output(data: &DataFolder, args: Args, format: Format) -> anyhow::Result<()> {
    ensure!(
        format == Format::Text,
        "--output json: what steps printed is printed as it is; `reeve command ID --output json` tells how they ended"
    );
    let bus = bus(data).await?;
    while_connected(&bus, print(&bus, &args)).await?;
    // Somebody may read the output alone.
    let connection = Connection::open(data)?;
    command::say_ends(&command::invocations(&connection, &args.command, args.node.as_deref()).await?);
    Ok(())
}

async fn print(bus: &Bus, args: &Args) -> anyhow::Result<()> {
    let (command, node) = (args.command.as_str(), args.node.as_deref());
    let mut end = End::open(bus, command, node).await?;
    let mut chunks = Chunks::open(bus, command, node).await?;
    let mut printer = Printer::new(node.is_none());
    while args.follow && !end.is_there {
        tokio::select! {
            ended = end.read() => ended?,
            next = chunks.next() => next?.iter().try_for_each(|chunk| printer.print(chunk))?,
        }
    }
    chunks.rest(|chunk| printer.print(chunk)).await
}

/// The kind of an event, such as `CommandSent`.
pub fn kind(event: &Stored) -> anyhow::Result<&str> {
    let schema = event.message.headers.get("ce-type").context("an event without a type")?;
    Ok(schema.split('.').nth(2).unwrap_or_default())
}

/// Waits for the end of a command, or of what it is on one node.
struct End {
    /// The events of the command, and of its invocation on the node.
    events: BoxStream<Stored>,
    is_there: bool,
}

impl End {
    /// Finds out what was sent.
    ///
    /// # Errors
    /// When there is no such command, or it was not sent to the node.
    async fn open(bus: &Bus, command: &str, node: Option<&str>) -> anyhow::Result<Self> {
        let stream = streams::of_service("run-command");
        let mut subjects = vec![AggregateRef::of::<CommandEvent>(command).subject()];
        let last = follow::last_matching(bus, &stream, &subjects[0]).await?;
        ensure!(last > 0, "there is no command {command:?}");
        let invocation = |node| AggregateRef::of::<InvocationEvent>(&invocation::id(command, node)).subject();
        subjects.extend(node.map(invocation));
        let mut events = follow::follow(bus, &stream, &subjects, 0).await?;
        let first = events.next().await.context("the event stream ended")??;
        let sent = CommandSent::decode(first.message.data)?;
        if let Some(node) = node {
            let known = sent.node_ids.iter().any(|known| known == node);
            ensure!(known, "the command {command} was not sent to the node {node:?}");
        }
        // Without nodes it ended as it was sent.
        Ok(Self { events, is_there: sent.node_ids.is_empty() })
    }

    /// Reads the next event.
    async fn read(&mut self) -> anyhow::Result<()> {
        let event = self.events.next().await.context("the event stream ended")??;
        self.is_there = matches!(kind(&event)?, "InvocationFinished" | "CommandFinished");
        Ok(())
    }
}

/// What a command prints on a node, or on all: the chunks of each step in order, each once.
pub struct Chunks<'a> {
    bus: &'a Bus,
    subject: String,
    stored: BoxStream<Stored>,
    ordered: Ordered,
    /// The place of the last one that was read.
    read: u64,
}

impl<'a> Chunks<'a> {
    pub async fn open(bus: &'a Bus, command: &str, node: Option<&str>) -> anyhow::Result<Self> {
        let subject = subject(command, node);
        let stored = follow::follow(bus, NODE_OUTPUT, std::slice::from_ref(&subject), 0).await?;
        Ok(Self { bus, subject, stored, ordered: Ordered::default(), read: 0 })
    }

    /// Waits for a chunk; answers those whose turn it is now.
    pub async fn next(&mut self) -> anyhow::Result<Vec<Stored>> {
        let Some(chunk) = self.stored.next().await else { bail!("the output stream ended") };
        let chunk = chunk?;
        self.read = chunk.sequence;
        self.ordered.take(chunk)
    }

    /// Goes on to the end of what the stream holds now. After an end that is all there will be, because every report
    /// comes after the output that it is about.
    pub async fn rest(mut self, mut take: impl FnMut(&Stored) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let last = follow::last_matching(self.bus, NODE_OUTPUT, &self.subject).await?;
        while self.read < last {
            self.next().await?.iter().try_for_each(&mut take)?;
        }
        self.ordered.rest().iter().try_for_each(take)
    }
}

/// Puts the chunks of each step in the order of their numbers, each once: a lost connection may have stored
/// them otherwise.
#[derive(Default)]
struct Ordered(HashMap<String, Order<Stored>>);

impl Ordered {
    /// Takes a chunk; answers those whose turn it is now.
    fn take(&mut self, stored: Stored) -> anyhow::Result<Vec<Stored>> {
        let number = OutputChunk::decode(stored.message.data.clone())?.number;
        let subject = stored.message.subject.clone();
        Ok(self.0.entry(subject).or_default().take(number, stored))
    }

    /// What waits for one that did not come.
    fn rest(&mut self) -> Vec<Stored> {
        self.0.values_mut().flat_map(Order::rest).collect()
    }
}

/// Prints chunks.
pub struct Printer {
    named: bool,
    last: String,
    /// Whether what was printed last ended its line.
    line_ended: bool,
}

impl Printer {
    pub fn new(named: bool) -> Self {
        Self { named, last: String::new(), line_ended: true }
    }

    pub fn print(&mut self, stored: &Stored) -> anyhow::Result<()> {
        let chunk = OutputChunk::decode(stored.message.data.clone())?;
        let node = stored.message.subject.split('.').nth(2).unwrap_or_default();
        if self.named && self.last != node {
            self.end_line();
            eprintln!("--- {node}");
            node.clone_into(&mut self.last);
        }
        self.line_ended = chunk.data.last().is_none_or(|byte| *byte == b'\n');
        stdout::bytes(chunk.stderr, &chunk.data)
    }

    /// Ends a line that was left open, so that what is said next stands on its own.
    pub fn end_line(&mut self) {
        if !std::mem::replace(&mut self.line_ended, true) {
            eprintln!();
        }
    }
}
