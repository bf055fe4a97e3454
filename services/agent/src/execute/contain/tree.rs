//! Cgroups of version 2, as files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Whether a path is a cgroup of a step that stands.
pub(super) fn is_place(path: &Path) -> bool {
    path.starts_with("/sys/fs/cgroup") && path.join("cgroup.procs").exists()
}

/// Kills everything in a cgroup and below.
pub(super) fn kill(place: &Path) {
    if fs::write(place.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    // Kernels before 5.14 have no such file.
    for _ in 0..64 {
        let listed = fs::read_to_string(place.join("cgroup.procs")).unwrap_or_default();
        let pids: Vec<_> =
            listed.lines().filter_map(|pid| rustix::process::Pid::from_raw(pid.parse().ok()?)).collect();
        if pids.is_empty() {
            return;
        }
        for pid in pids {
            let _killed = rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok();
        }
    }
}

/// Whether nobody is in a cgroup, or it is gone.
pub(super) fn is_empty(place: &Path) -> bool {
    match fs::read_to_string(place.join("cgroup.events")) {
        Ok(events) => events.contains("populated 0"),
        Err(error) => {
            error.kind() == io::ErrorKind::NotFound
                || error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error())
        }
    }
}

/// Waits until the last process of a cgroup has ended.
pub(super) async fn wait_until_empty(place: &Path, grace: Duration) {
    let begun = Instant::now();
    while !is_empty(place) {
        if begun.elapsed() > grace {
            tracing::warn!(place = %place.display(), "the processes of a step do not end");
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// Removes a cgroup and those below it, as far as they are empty.
pub(super) fn remove(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    // One that still holds somebody stays.
    let _removed = fs::remove_dir(place).is_ok();
}

/// The cgroup (v2) of this process.
pub(super) fn own() -> io::Result<PathBuf> {
    let missing = |what: &str| io::Error::other(format!("there is no {what}"));
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let mount = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        after.starts_with("cgroup2 ").then(|| before.split(' ').nth(4)).flatten()
    });
    let mine = fs::read_to_string("/proc/self/cgroup")?;
    let path = mine.lines().find_map(|line| line.strip_prefix("0::/"));
    Ok(Path::new(mount.ok_or_else(|| missing("cgroup2 mount"))?)
        .join(path.ok_or_else(|| missing("cgroup of version 2"))?))
}

/// Moves all processes of one cgroup to another.
pub(super) fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    match fs::create_dir(to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for _ in 0..64 {
        let listed = fs::read_to_string(from.join("cgroup.procs"))?;
        if listed.is_empty() {
            break;
        }
        for pid in listed.lines() {
            // One that ended meanwhile is no error.
            let _moved = fs::write(to.join("cgroup.procs"), pid).is_ok();
        }
    }
    Ok(())
}
