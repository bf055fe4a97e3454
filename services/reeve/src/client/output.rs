//! `reeve output COMMAND [NODE]`: what steps printed, from the start, every byte.

use super::{
    connection::{bus, while_connected},
    stdout,
};
use futures::StreamExt;
use prost::Message;
use reeve_contracts::node::OutputChunk;
use reeve_jetstream::{Bus, follow, streams::NODE_OUTPUT};
use reeve_node_protocol::output::Order;
use reeve_types::subject::escape;
use std::{collections::HashMap, path::Path};

/// Options of `output`.
#[derive(clap::Args)]
pub struct Args {
    /// The command's id.
    command: String,
    /// One node; all when it is left out.
    node: Option<String>,
    /// Goes on while the command runs.
    #[arg(long)]
    follow: bool,
}

/// The subjects of a command's output.
pub fn subject(command: &str, node: Option<&str>) -> String {
    format!("reeve.report.{}.output.{}.*", node.unwrap_or("*"), escape(command))
}

pub async fn output(data: &Path, args: Args) -> anyhow::Result<()> {
    let bus = bus(data).await?;
    while_connected(&bus, print(&bus, args)).await
}

async fn print(bus: &Bus, args: Args) -> anyhow::Result<()> {
    let subject = subject(&args.command, args.node.as_deref());
    let until =
        if args.follow { None } else { Some(follow::last_matching(bus, NODE_OUTPUT, &subject).await?) };
    print_until(bus, &subject, until, args.node.is_none()).await
}

/// Prints chunks up to a sequence of the stream (for ever without one), stdout to stdout and stderr to stderr.
/// With `named`, a line says which node follows, whenever that changes.
pub async fn print_until(bus: &Bus, subject: &str, until: Option<u64>, named: bool) -> anyhow::Result<()> {
    if until == Some(0) {
        return Ok(());
    }
    let mut chunks = follow::follow(bus, NODE_OUTPUT, &[subject.to_owned()], 0).await?;
    let (mut printer, mut ordered) = (Printer::new(named), Ordered::default());
    while let Some(stored) = chunks.next().await {
        let stored = stored?;
        let sequence = stored.sequence;
        for chunk in ordered.take(stored)? {
            printer.print(&chunk)?;
        }
        if until.is_some_and(|until| sequence >= until) {
            break;
        }
    }
    for chunk in ordered.rest() {
        printer.print(&chunk)?;
    }
    Ok(())
}

/// Puts the chunks of each step in the order of their numbers, each once: a lost connection may have stored
/// them otherwise.
#[derive(Default)]
pub struct Ordered(HashMap<String, Order<follow::Stored>>);

impl Ordered {
    /// Takes a chunk; answers those whose turn it is now.
    pub fn take(&mut self, stored: follow::Stored) -> anyhow::Result<Vec<follow::Stored>> {
        let number = OutputChunk::decode(stored.message.data.clone())?.number;
        let subject = stored.message.subject.clone();
        Ok(self.0.entry(subject).or_default().take(number, stored))
    }

    /// What waits for one that did not come.
    pub fn rest(&mut self) -> Vec<follow::Stored> {
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

    pub fn print(&mut self, stored: &follow::Stored) -> anyhow::Result<()> {
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
