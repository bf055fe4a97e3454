//! `reeve output COMMAND [NODE]`: what steps printed, from the start, every byte.

use super::{
    Format, command,
    connection::{Connection, RUN_COMMAND},
    follow::follow,
    held::Hold,
    stdout,
};
use anyhow::{Context, ensure};
use data_encoding::BASE64;
use reeve_node_protocol::output::Order;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// Options of `output`. Its exit code says whether everything could be read, and not how the command ended.
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

pub async fn output(connection: &Connection, args: Args, format: Format) -> anyhow::Result<()> {
    ensure!(
        format == Format::Text,
        "--output json: what steps printed is printed as it is; `reeve command ID --output json` tells how they ended"
    );
    let mut input = json!({"commandId": args.command});
    if let Some(node) = &args.node {
        input["nodeId"] = json!(node);
    }
    say_held(connection, &args.command).await;
    let mut printer = Printer::new(args.node.is_none());
    let mut reader = Reader::open(connection, input, args.follow);
    while let Some(read) = reader.next().await? {
        read.chunks.iter().try_for_each(|chunk| printer.print(chunk))?;
    }
    printer.end_line();
    // Somebody may read the output alone.
    let invocations = command::invocations(connection, &args.command, args.node.as_deref()).await?;
    command::say_ends(&invocations);
    // One that was held when this began may have been refused since.
    if invocations.is_empty() && say_held(connection, &args.command).await == Some(true) {
        eprintln!("reeve: the command {} was sent to no node", args.command);
    }
    Ok(())
}

/// Says of a command that is not sent what it waits for, or why it never was; answers whether it was sent, as far as that is known. Who
/// may read the output may not be who may know.
async fn say_held(connection: &Connection, command: &str) -> Option<bool> {
    let hold = Hold::of(connection, command).await.ok().flatten()?;
    let words = hold.words();
    if let Some(words) = &words {
        eprintln!("reeve: command {command}: {words}");
    }
    Some(words.is_none())
}

/// A part of what a step printed.
pub struct Chunk {
    pub node: String,
    step: String,
    /// From 1, for each step.
    number: u64,
    pub is_stderr: bool,
    pub data: Vec<u8>,
}

impl Chunk {
    fn read(value: &Value) -> anyhow::Result<Self> {
        let text = |member: &str| value[member].as_str().with_context(|| format!("a chunk without {member}"));
        Ok(Self {
            node: text("nodeId")?.to_owned(),
            step: text("step")?.to_owned(),
            number: value["number"].as_u64().context("a chunk without a number")?,
            is_stderr: value["isStderr"] == json!(true),
            data: BASE64.decode(text("data")?.as_bytes()).context("a chunk that is no base64")?,
        })
    }
}

/// What was read at once.
pub struct Read {
    /// The chunks of each step in order, each once.
    pub chunks: Vec<Chunk>,
    /// Which nodes have begun, and have ended, as ReadOutput tells it.
    pub changes: Vec<Value>,
}

/// Reads what a command prints on a node, or on all, and how far it is.
pub struct Reader {
    answers: mpsc::Receiver<anyhow::Result<Value>>,
    ordered: Ordered,
}

impl Reader {
    /// By ReadOutput's input. Who goes on reads until the command, or what it is on the node, has ended.
    pub fn open(connection: &Connection, input: Value, goes_on: bool) -> Self {
        let answers = follow(connection, &RUN_COMMAND, "ReadOutput", input, goes_on);
        Self { answers, ordered: Ordered::default() }
    }

    /// Waits for what comes next; nothing behind the end.
    pub async fn next(&mut self) -> anyhow::Result<Option<Read>> {
        let Some(answer) = self.answers.recv().await else {
            // Some wait for one that did not come.
            let rest = self.ordered.rest();
            return Ok((!rest.is_empty()).then_some(Read { chunks: rest, changes: Vec::new() }));
        };
        let answer = answer?;
        let mut chunks = Vec::new();
        for chunk in answer["chunks"].as_array().into_iter().flatten() {
            chunks.extend(self.ordered.take(Chunk::read(chunk)?));
        }
        Ok(Some(Read { chunks, changes: answer["changes"].as_array().cloned().unwrap_or_default() }))
    }
}

/// Puts the chunks of each step in the order of their numbers, each once: a lost connection may have stored
/// them otherwise.
#[derive(Default)]
struct Ordered(BTreeMap<(String, String), Order<Chunk>>);

impl Ordered {
    /// Takes a chunk; answers those whose turn it is now.
    fn take(&mut self, chunk: Chunk) -> Vec<Chunk> {
        let step = (chunk.node.clone(), chunk.step.clone());
        self.0.entry(step).or_default().take(chunk.number, chunk)
    }

    /// What waits for one that did not come.
    fn rest(&mut self) -> Vec<Chunk> {
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

    pub fn print(&mut self, chunk: &Chunk) -> anyhow::Result<()> {
        if self.named && self.last != chunk.node {
            self.end_line();
            eprintln!("--- {}", chunk.node);
            chunk.node.clone_into(&mut self.last);
        }
        self.line_ended = chunk.data.last().is_none_or(|byte| *byte == b'\n');
        stdout::bytes(chunk.is_stderr, &chunk.data)
    }

    /// Ends a line that was left open, so that what is said next stands on its own.
    pub fn end_line(&mut self) {
        if !std::mem::replace(&mut self.line_ended, true) {
            eprintln!();
        }
    }
}
