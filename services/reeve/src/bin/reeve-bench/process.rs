//! What processes use, as /proc tells.

use anyhow::Context;
use std::time::Duration;

/// The resident memory of a process, in KiB.
pub fn resident_kib(pid: u32) -> anyhow::Result<f64> {
    status_kib(pid, "VmRSS:")
}

/// The most that it ever had resident.
pub fn peak_kib(pid: u32) -> anyhow::Result<f64> {
    status_kib(pid, "VmHWM:")
}

/// What of it is the process's own: not the pages of its program, which those of the same program share.
pub fn own_kib(pid: u32) -> anyhow::Result<f64> {
    status_kib(pid, "RssAnon:")
}

fn status_kib(pid: u32, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.with_context(|| format!("no {name} in /proc"))?.parse()?)
}

/// The processor time that a process has used, in user and system mode.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, tail) = stat.rsplit_once(") ").context("no name in /proc")?;
    // The 14th and 15th field of the whole line; the state is the third.
    let ticks = tail.split(' ').skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    // Linux tells them in hundredths of a second, whatever its own clock.
    Ok(Duration::from_millis(ticks * 10))
}

/// The children of a process whose name is wanted.
pub fn children(parent: u32, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // `<pid> (<name>) <state> <parent> …`; the name may hold blanks.
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let Some((pid, name)) = head.split_once(" (") else { continue };
        let its = tail.split(' ').nth(1).and_then(|parent| parent.parse::<u32>().ok());
        if its == Some(parent) && wanted(name) {
            found.push(pid.parse()?);
        }
    }
    Ok(found)
}
