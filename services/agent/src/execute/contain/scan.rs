//! Finding processes in /proc: by the mark in their environment, by descent, and by the pipes they hold open.

use rustix::process::{Pid, Signal, kill_process};
use std::{collections::HashMap, fs, path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep};

/// A storm outruns one look, so it is looked again at once, this many times.
const MAX_SCANS: usize = 64;

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn kill(pid: i32) {
    // An error means that it ended meanwhile.
    let _killed = Pid::from_raw(pid).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok());
}

/// Kills all processes with a mark; answers whether a last look found none.
pub(super) fn kill_marked(name: &str, value: &str) -> bool {
    let mark = format!("{name}={value}");
    for _ in 0..MAX_SCANS {
        let mut found = false;
        for pid in processes() {
            // The environment of a dead one reads as nothing.
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
                kill(pid);
                found = true;
            }
        }
        if !found {
            return true;
        }
    }
    false
}

/// Kills all processes with a mark until there are none.
pub(super) async fn end_marked(name: &str, value: &str, grace: Duration) {
    let begun = Instant::now();
    while !kill_marked(name, value) {
        if begun.elapsed() > grace {
            tracing::warn!("processes of a step cannot be ended");
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// The processes, but this one, that hold one of these pipes open: `id (name)` each. Those of other users are seen by
/// root alone.
pub(super) fn holders(pipes: [u64; 2]) -> Vec<String> {
    let targets = pipes.map(|inode| PathBuf::from(format!("pipe:[{inode}]")));
    let own = std::process::id().cast_signed();
    let holds = |pid: i32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        descriptors
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .any(|target| targets.contains(&target))
    };
    let found = processes().filter(|pid| *pid != own && holds(*pid));
    found.map(|pid| format!("{pid} ({})", name(pid).unwrap_or_default())).collect()
}

/// The name of a process.
pub(super) fn name(pid: i32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned())
}

/// Parent and state of a process.
fn stat(pid: i32) -> Option<(i32, char)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}

/// Kills all descendants of a process; answers how many it found alive.
pub(super) fn kill_descendants(of: i32) -> usize {
    let parents: HashMap<i32, (i32, char)> =
        processes().filter_map(|pid| stat(pid).map(|stat| (pid, stat))).collect();
    let descends = |mut pid: i32| {
        for _ in 0..parents.len() {
            match parents.get(&pid) {
                Some((parent, _)) if *parent == of => return true,
                Some((parent, _)) => pid = *parent,
                None => return false,
            }
        }
        false
    };
    let alive = parents.iter().filter(|(pid, (_, state))| *state != 'Z' && descends(**pid));
    alive.map(|(pid, _)| kill(*pid)).count()
}
