//! Many nodes at once: how far they are, and which of them ended alike.

use super::{output, stdout};
use prost::Message;
use reeve_contracts::{
    node::OutputChunk,
    run_command::{CommandFinished, InvocationFinished, InvocationsDispatched},
};
use reeve_jetstream::follow::Stored;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal,
    time::{Duration, Instant},
};

/// Between two lines on a terminal.
const REFRESH: Duration = Duration::from_millis(100);
/// As many bytes of a node's output are kept to be printed with its group.
const KEPT: usize = 64 * 1024;
/// As many nodes of a group are named.
const NAMED: usize = 8;

/// How one node ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    details: String,
    code: i32,
}

/// How far a command is.
pub struct Summary {
    targets: u64,
    running: BTreeSet<String>,
    ends: BTreeMap<String, End>,
    failed: u64,
    shown: Option<Instant>,
    terminal: bool,
}

impl Summary {
    pub fn new(targets: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { targets, running: BTreeSet::new(), ends: BTreeMap::new(), failed: 0, shown: None, terminal }
    }

    /// Takes an event in; answers the command's end.
    pub fn take(&mut self, command: &str, event: &Stored) -> anyhow::Result<Option<CommandFinished>> {
        let data = event.message.data.clone();
        match output::kind(event)? {
            "InvocationsDispatched" => {
                let told = InvocationsDispatched::decode(data)?;
                if told.command_id == command {
                    let nodes = told.dispatched.into_iter().map(|dispatched| dispatched.node_id);
                    self.running.extend(nodes.filter(|node| !self.ends.contains_key(node)));
                }
            }
            "InvocationFinished" => {
                let finished = InvocationFinished::decode(data)?;
                if finished.command_id == command {
                    self.running.remove(&finished.node_id);
                    self.failed += u64::from(finished.status != "Success");
                    let end = End { details: finished.status_details, code: finished.code };
                    self.ends.insert(finished.node_id, end);
                }
            }
            "CommandFinished" => {
                let finished = CommandFinished::decode(data)?;
                return Ok((finished.command_id == command).then_some(finished));
            }
            _ => {}
        }
        Ok(None)
    }

    /// The line that tells it.
    fn line(&self) -> String {
        let (ended, running) = (self.ends.len() as u64, self.running.len() as u64);
        let waiting = self.targets.saturating_sub(ended + running);
        format!("{} done, {running} running, {} failed, {waiting} waiting", ended - self.failed, self.failed)
    }

    /// On a terminal, writes the line over the last one, now and then.
    pub fn show(&mut self) {
        if self.terminal && self.shown.is_none_or(|at| at.elapsed() > REFRESH) {
            self.shown = Some(Instant::now());
            eprint!("\r\x1b[K{}", self.line());
        }
    }

    /// Takes the line off the terminal.
    pub fn hide(&mut self) {
        if self.shown.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

/// What one node printed: its beginning, and a digest of all of it on each channel. How the two interleave differs
/// from run to run, and does not make two nodes differ.
#[derive(Default)]
struct Printed {
    /// Whether to stderr, and what.
    kept: Vec<(bool, Vec<u8>)>,
    bytes: u64,
    digests: [Sha256; 2],
}

/// What all nodes printed.
#[derive(Default)]
pub struct Groups(BTreeMap<String, Printed>);

impl Groups {
    /// Takes the next chunk of a step: in order, each once.
    pub fn add(&mut self, stored: &Stored) -> anyhow::Result<()> {
        let chunk = OutputChunk::decode(stored.message.data.clone())?;
        let node = stored.message.subject.split('.').nth(2).unwrap_or_default();
        let printed = self.0.entry(node.to_owned()).or_default();
        let [stdout, stderr] = &mut printed.digests;
        if chunk.stderr { stderr } else { stdout }.update(&chunk.data);
        let kept = usize::try_from(printed.bytes).unwrap_or(usize::MAX);
        printed.bytes += chunk.data.len() as u64;
        let room = KEPT.saturating_sub(kept).min(chunk.data.len());
        if room > 0 {
            printed.kept.push((chunk.stderr, chunk.data[..room].to_vec()));
        }
        Ok(())
    }

    /// Prints each group, the largest first: those that differ stand last, where they are seen.
    pub fn print(&self, command: &str, summary: &Summary) -> anyhow::Result<()> {
        type Key<'a> = (&'a End, u64, [Vec<u8>; 2]);
        let mut groups: BTreeMap<Key<'_>, Vec<&str>> = BTreeMap::new();
        let nothing = Printed::default();
        for (node, end) in &summary.ends {
            let printed = self.0.get(node).unwrap_or(&nothing);
            let digests = printed.digests.clone().map(|digest| digest.finalize().to_vec());
            let key = (end, printed.bytes, digests);
            groups.entry(key).or_default().push(node);
        }
        let mut groups: Vec<(Key<'_>, Vec<&str>)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, nodes)| nodes.len());
        for ((end, bytes, _), nodes) in groups.iter().rev() {
            let first = nodes.first().copied().unwrap_or_default();
            let code = if end.code > 0 { format!(", exit code {}", end.code) } else { String::new() };
            eprintln!("--- {}: {}{code}", named(nodes), end.details);
            if let Some(printed) = self.0.get(first) {
                write(&printed.kept)?;
            }
            if *bytes > KEPT as u64 {
                eprintln!("… {bytes} bytes in all: reeve output {command} {first}");
            }
        }
        Ok(())
    }
}

/// The nodes of a group, some by name.
fn named(nodes: &[&str]) -> String {
    match nodes {
        [one] => (*one).to_owned(),
        _ if nodes.len() <= NAMED => format!("{} nodes ({})", nodes.len(), nodes.join(", ")),
        _ => format!("{} nodes ({}, …)", nodes.len(), nodes[..NAMED].join(", ")),
    }
}

fn write(kept: &[(bool, Vec<u8>)]) -> anyhow::Result<()> {
    let mut ended = true;
    for (stderr, data) in kept {
        stdout::bytes(*stderr, data)?;
        ended = data.ends_with(b"\n");
    }
    if !ended {
        eprintln!();
    }
    Ok(())
}
