//! Who else is at the packages.

use crate::inventory::Machine;
use rustix::process::{Flock, FlockType, fcntl_getlk};
use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

/// As long as others may be at the packages.
const LOCK_TIMEOUT: Duration = Duration::from_secs(300);
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(500);

/// By what a package manager keeps others from the packages.
#[derive(Clone, Copy, Debug)]
pub struct Locks {
    /// Files that are locked while somebody is at them.
    pub files: &'static [&'static str],
    /// Files with the number of the process that is.
    pub process_files: &'static [&'static str],
}

/// Waits until nobody is at the packages; `say` is told once who is.
///
/// # Errors
/// Who still is, after [`LOCK_TIMEOUT`].
pub async fn wait(machine: &Machine, locks: Locks, mut say: impl FnMut(&str)) -> Result<(), String> {
    let (begun, mut said) = (Instant::now(), String::new());
    loop {
        let Some(holder) = locks.holder(machine) else { return Ok(()) };
        if begun.elapsed() >= LOCK_TIMEOUT {
            let seconds = LOCK_TIMEOUT.as_secs();
            return Err(format!("The packages are locked by {holder}, for {seconds} s already."));
        }
        if holder != said {
            say(&format!("Waiting for {holder}, which has locked the packages."));
            said = holder;
        }
        tokio::time::sleep(LOCK_POLL_INTERVAL).await;
    }
}

impl Locks {
    /// Who is at the packages, by the program's name and its process.
    fn holder(&self, machine: &Machine) -> Option<String> {
        let locked = self.files.iter().find_map(|file| locking(&machine.at(file)));
        let pid =
            locked.or_else(|| self.process_files.iter().find_map(|file| running(&machine.text(file))))?;
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Some(format!("{} ({pid})", name.trim()))
    }
}

/// The process that locks a file.
fn locking(file: &Path) -> Option<i32> {
    let file = File::open(file).ok()?;
    Some(fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)).ok()??.pid?.as_raw_nonzero().get())
}

/// The process that a file has the number of, if it still runs: who was killed leaves the file.
fn running(text: &str) -> Option<i32> {
    let pid: i32 = text.trim().parse().ok().filter(|pid| *pid > 0)?;
    Path::new(&format!("/proc/{pid}")).exists().then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::{Locks, running};
    use crate::inventory::Machine;

    #[test]
    fn the_holder_is_named_and_a_file_of_a_dead_process_holds_nothing() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine { root: root.path().to_owned(), path: None };
        let locks = Locks { files: &["/lock"], process_files: &["/lock.pid"] };
        assert_eq!(locks.holder(&machine), None);
        let own = std::process::id();
        std::fs::write(root.path().join("lock.pid"), format!("{own}\n")).unwrap();
        assert!(locks.holder(&machine).unwrap().ends_with(&format!("({own})")));
        // No process has a number beyond the kernel's largest.
        for dead in ["4194305", "", "0", "-1", "nobody"] {
            assert_eq!(running(dead), None, "{dead:?}");
        }
    }
}
