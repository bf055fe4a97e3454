//! Who else is at the packages.

use crate::inventory::Machine;
use rustix::process::{Flock, FlockType, fcntl_getlk};
use std::{
    fs::File,
    time::{Duration, Instant},
};

/// What dpkg and apt lock. Their own time-out does not cover all of them.
const LOCKS: [&str; 4] = [
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/apt/lists/lock",
    "/var/cache/apt/archives/lock",
];
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Waits until nobody is at the packages; `say` is told once who is.
///
/// # Errors
/// Who still is, after `most`.
pub async fn wait(machine: &Machine, most: Duration, mut say: impl FnMut(&str)) -> Result<(), String> {
    let (begun, mut said) = (Instant::now(), String::new());
    loop {
        let Some(holder) = LOCKS.iter().find_map(|lock| holder(machine, lock)) else { return Ok(()) };
        if begun.elapsed() >= most {
            return Err(format!("The packages are locked by {holder}, for {} s already.", most.as_secs()));
        }
        if holder != said {
            say(&format!("Waiting for {holder}, which has locked the packages."));
            said = holder;
        }
        tokio::time::sleep(LOCK_POLL_INTERVAL).await;
    }
}

/// Who holds a lock, by the program's name and its process.
fn holder(machine: &Machine, lock: &str) -> Option<String> {
    let file = File::open(machine.at(lock)).ok()?;
    let pid = fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)).ok()??.pid?.as_raw_nonzero();
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(format!("{} ({pid})", name.trim()))
}
