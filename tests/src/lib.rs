//! What the end-to-end tests share: an instance of the real program on free ports and a temporary folder, the
//! real aws CLI, the raw signed API, and the log. Whatever is missing fails a test; nothing is skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agent;
mod apart;
mod api;
mod aws;
mod debian;
mod disk;
mod instance;
mod program;
mod programs;
mod proxy;
mod python;
pub mod reminders;
mod rpm;

pub use agent::Agent;
pub use apart::{Apart, parts};
pub use api::Raw;
pub use debian::{Deb, DebianRoot};
pub use disk::SmallDisk;
pub use instance::Instance;
pub use program::{Program, options as client_options};
pub use programs::{Answer, agent as agent_program, alertmanager, nats_server, reeve, services};
pub use proxy::Proxy;
pub use rpm::{Notice, Rpm, RpmRoot};

use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Long enough for a busy machine; a test that waits this long hangs.
const DEADLINE: Duration = Duration::from_secs(90);

/// Asks until there is an answer.
///
/// # Panics
/// When none comes before the deadline.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "{what}: not so after {} s", DEADLINE.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Copies a folder with all that is in it.
///
/// # Panics
/// When it cannot be copied.
pub fn copy_folder(from: &Path, to: &Path) {
    let mut command = std::process::Command::new("cp");
    Answer::of(command.arg("-a").arg(from).arg(to)).text();
}

/// The processes that name a text in their command line: an instance's folder finds its nats-server and agents.
pub fn processes_naming(text: &str) -> Vec<(u32, String)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let lines = pids.filter_map(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    });
    lines.filter(|(_, line)| line.contains(text)).collect()
}
