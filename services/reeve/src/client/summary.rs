//! Many nodes at once: how far they are, and which of them ended alike.

use super::{output::Chunk, stdout, table::cell};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal,
    time::{Duration, Instant},
};

/// Between two lines on a terminal, at least.
const REFRESH_INTERVAL: Duration = Duration::from_millis(100);
/// As many bytes of a node's output are kept to be printed with its group.
const MAX_KEPT_BYTES: usize = 64 * 1024;
/// As many nodes of a group are named.
const MAX_NAMED_NODES: usize = 8;

/// How one node ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    details: String,
    code: i64,
}

/// How far a command is.
pub struct Summary {
    targets: u64,
    /// Those that said that they began, and have not ended.
    running: BTreeSet<String>,
    ends: BTreeMap<String, End>,
    failed: u64,
    /// The line that stands on the terminal, and since when.
    shown: Option<(String, Instant)>,
    terminal: bool,
}

impl Summary {
    pub fn new(targets: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { targets, running: BTreeSet::new(), ends: BTreeMap::new(), failed: 0, shown: None, terminal }
    }

    /// Takes in that a node has begun or ended, as ReadOutput tells it.
    pub fn take(&mut self, change: &Value) {
        let node = cell(change, "nodeId");
        if change["hasEnded"] == false {
            if !self.ends.contains_key(&node) {
                self.running.insert(node);
            }
            return;
        }
        self.running.remove(&node);
        self.failed += u64::from(change["status"] != "Success");
        let code = change["code"].as_i64().unwrap_or_default();
        self.ends.insert(node, End { details: cell(change, "statusDetails"), code });
    }

    /// The line that tells it.
    fn line(&self) -> String {
        let (ended, running) = (self.ends.len() as u64, self.running.len() as u64);
        let waiting = self.targets.saturating_sub(ended + running);
        format!("{} done, {running} running, {} failed, {waiting} waiting", ended - self.failed, self.failed)
    }

    /// On a terminal, writes the line over the last one if its turn has come.
    pub fn show(&mut self) {
        if let Some(line) = self.next(Instant::now()) {
            eprint!("\r\x1b[K{line}");
        }
    }

    /// Waits until the line that stands on the terminal is wrong and the turn of the next has come.
    pub async fn due(&self) {
        match self.turn() {
            Some(turn) => tokio::time::sleep_until(turn.into()).await,
            None => std::future::pending().await,
        }
    }

    /// When the line that stands on the terminal may be replaced; none while it is right.
    fn turn(&self) -> Option<Instant> {
        self.shown.as_ref().filter(|(shown, _)| *shown != self.line()).map(|(_, at)| *at + REFRESH_INTERVAL)
    }

    /// The line that is to be written now.
    fn next(&mut self, now: Instant) -> Option<String> {
        let its_turn = self.shown.is_none() || self.turn().is_some_and(|turn| turn <= now);
        let line = (self.terminal && its_turn).then(|| self.line())?;
        self.shown = Some((line.clone(), now));
        Some(line)
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
    pub fn add(&mut self, chunk: &Chunk) {
        let printed = self.0.entry(chunk.node.clone()).or_default();
        let [stdout, stderr] = &mut printed.digests;
        if chunk.is_stderr { stderr } else { stdout }.update(&chunk.data);
        let kept = usize::try_from(printed.bytes).unwrap_or(usize::MAX);
        printed.bytes += chunk.data.len() as u64;
        let room = MAX_KEPT_BYTES.saturating_sub(kept).min(chunk.data.len());
        if room > 0 {
            printed.kept.push((chunk.is_stderr, chunk.data[..room].to_vec()));
        }
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
            if *bytes > MAX_KEPT_BYTES as u64 {
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
        _ if nodes.len() <= MAX_NAMED_NODES => format!("{} nodes ({})", nodes.len(), nodes.join(", ")),
        _ => format!("{} nodes ({}, …)", nodes.len(), nodes[..MAX_NAMED_NODES].join(", ")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn started(node: &str) -> Value {
        json!({"nodeId": node, "hasEnded": false, "status": "InProgress"})
    }

    fn finished(node: &str, status: &str) -> Value {
        json!({"nodeId": node, "hasEnded": true, "status": status, "statusDetails": status, "code": 0})
    }

    fn summary(targets: u64, changes: &[Value]) -> Summary {
        let mut summary = Summary { terminal: true, ..Summary::new(targets) };
        changes.iter().for_each(|change| summary.take(change));
        summary
    }

    #[test]
    fn a_node_waits_until_it_says_that_it_began() {
        let line = |changes: &[Value]| summary(3, changes).line();
        assert_eq!(line(&[]), "0 done, 0 running, 0 failed, 3 waiting");
        let begun = [started("a"), started("b")];
        assert_eq!(line(&begun), "0 done, 2 running, 0 failed, 1 waiting");
        // One that was quick never says that it began; what one says after its end changes nothing.
        let ended = [started("a"), finished("a", "Failed"), finished("b", "Success"), started("b")];
        assert_eq!(line(&ended), "1 done, 0 running, 1 failed, 1 waiting");
    }

    #[test]
    fn a_line_that_came_too_soon_is_caught_up_on() {
        let begun = Instant::now();
        let mut summary = summary(2, &[]);
        let mut next = |node: Option<&str>, after: u64| {
            node.iter().for_each(|node| summary.take(&finished(node, "Success")));
            let line = summary.next(begun + Duration::from_millis(after));
            (line, summary.turn().map(|turn| u64::try_from((turn - begun).as_millis()).unwrap()))
        };
        let line = |done: u64| Some(format!("{done} done, 0 running, 0 failed, {} waiting", 2 - done));
        assert_eq!(next(None, 0), (line(0), None));
        assert_eq!(next(None, 200), (None, None), "it is right");
        assert_eq!(next(Some("a"), 300), (line(1), None));
        assert_eq!(next(Some("b"), 350), (None, Some(400)), "too soon");
        assert_eq!(next(None, 400), (line(2), None));
    }
}
