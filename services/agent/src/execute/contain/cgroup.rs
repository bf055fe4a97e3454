//! A cgroup for each step.
//!
//! A process is moved into its cgroup before it becomes the step's program, so nothing is started outside. The
//! move waits for the kernel for 10 ms and more, so some shells are kept ready in fresh cgroups: a step tells one
//! what to do. A step for another user cannot use it and waits for its own.

use super::{Task, as_user, marks::Mark, shell, spawn};
use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    process::Child,
    time::{Instant, sleep},
};

/// The cgroup in which what steps left running on purpose lives on.
const BACKGROUND: &str = "background";
/// So many shells are kept ready. The kernel's wait is once for moves that follow at once, so several are made
/// together, when half of them are gone.
const SPARES: usize = 4;
/// They are made so long after one was taken: the step that has it goes first.
const LATER: Duration = Duration::from_millis(20);
/// Waits for one line, then becomes the program.
const GATE: &str = "read -r go && exec \"$@\" </dev/null";

/// This agent's part of the tree.
pub(super) struct Cgroups {
    root: PathBuf,
    next: AtomicU64,
    spares: Mutex<Vec<Slot>>,
    refilling: AtomicBool,
}

/// A process in a cgroup of its own.
pub(super) struct Slot {
    pub(super) child: Child,
    pub(super) place: PathBuf,
}

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

fn is_empty(place: &Path) -> bool {
    fs::read_to_string(place.join("cgroup.events")).map_or(true, |events| events.contains("populated 0"))
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
fn own() -> io::Result<PathBuf> {
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

impl Cgroups {
    /// Makes this agent's part of the tree, and tries whether a process can be put below it.
    pub(super) async fn find(name: &str) -> io::Result<Self> {
        let root = own()?.join(format!("reeve-{name}"));
        match fs::create_dir(&root) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let cgroups = Self {
            root,
            next: AtomicU64::new(0),
            spares: Mutex::default(),
            refilling: AtomicBool::new(false),
        };
        // What an earlier run left: of a step, of a spare shell, or empty.
        for entry in fs::read_dir(&cgroups.root)?.flatten() {
            if entry.file_name() != BACKGROUND && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                kill(&entry.path());
                wait_until_empty(&entry.path(), super::GRACE).await;
                remove(&entry.path());
            }
        }
        let slot = cgroups.make().await?;
        cgroups.spares().push(slot);
        Ok(cgroups)
    }

    fn spares(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_spare(&self) -> Option<Slot> {
        loop {
            let mut slot = self.spares().pop()?;
            // Somebody may have ended it.
            if matches!(slot.child.try_wait(), Ok(None)) {
                return Some(slot);
            }
            slot.discard();
        }
    }

    fn make_place(&self) -> io::Result<PathBuf> {
        let place = self.root.join(format!("step-{}", self.next.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&place)?;
        Ok(place)
    }

    /// A shell that waits for what to become.
    async fn make(&self) -> io::Result<Slot> {
        enter(vec![(spawn(Command::new(shell()), true)?, self.make_place()?)]).await?.pop().ok_or_else(nobody)
    }

    /// Makes spare shells, if half of them are gone.
    pub(super) fn refill(self: &Arc<Self>) {
        let left = self.spares().len();
        if left > SPARES / 2 || self.refilling.swap(true, Ordering::Relaxed) {
            return;
        }
        let cgroups = self.clone();
        tokio::spawn(async move {
            if left > 0 {
                sleep(LATER).await;
            }
            let missing = SPARES.saturating_sub(cgroups.spares().len());
            let made: io::Result<Vec<_>> = (0..missing)
                .map(|_| Ok((spawn(Command::new(shell()), true)?, cgroups.make_place()?)))
                .collect();
            let entered = match made {
                Ok(made) => enter(made).await,
                Err(error) => Err(error),
            };
            match entered {
                Ok(slots) => cgroups.spares().extend(slots),
                Err(error) => tracing::warn!(%error, "the next steps wait for their cgroups"),
            }
            cgroups.refilling.store(false, Ordering::Relaxed);
        });
    }

    /// Starts a task in a cgroup of its own, and says in the mark's file where that is, before it begins.
    pub(super) async fn start(
        self: &Arc<Self>,
        task: Task,
        mark: impl FnOnce(&Path) -> io::Result<Option<Mark>>,
    ) -> io::Result<(Slot, Option<Mark>)> {
        let words = if task.user.is_none() { words(&task)? } else { None };
        let (mut slot, go) = match words {
            Some(words) => {
                let slot = match self.take_spare() {
                    Some(slot) => slot,
                    None => self.make().await?,
                };
                (slot, words)
            }
            None => {
                let gated = vec![(spawn(gated(task), true)?, self.make_place()?)];
                (enter(gated).await?.pop().ok_or_else(nobody)?, "go\n".to_owned())
            }
        };
        let mark = mark(&slot.place)?;
        if let Some(mut input) = slot.child.stdin.take() {
            input.write_all(go.as_bytes()).await?;
        }
        self.refill();
        Ok((slot, mark))
    }

    /// A step has ended by itself: what it left running is moved out of its cgroup.
    pub(super) async fn release(&self, place: &Path) {
        if !is_empty(place) {
            let (from, to) = (place.to_owned(), self.root.join(BACKGROUND));
            // The move waits for the kernel.
            let moved = tokio::task::spawn_blocking(move || move_all(&from, &to)).await;
            if let Ok(Err(error)) = moved {
                tracing::warn!(%error, "what a step left running stays in the cgroup of the step");
            }
        }
        remove(place);
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.spares().drain(..).for_each(Slot::discard);
        remove(&self.root);
    }
}

impl Slot {
    fn discard(self) {
        kill(&self.place);
        // The kernel takes a moment; an empty one that stays is removed at the next start.
        for _ in 0..100 {
            if is_empty(&self.place) {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        remove(&self.place);
    }
}

fn move_all(from: &Path, to: &Path) -> io::Result<()> {
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

fn nobody() -> io::Error {
    io::Error::other("the process ended before it began")
}

/// Puts waiting processes into their cgroups, one right after the other.
async fn enter(mut waiting: Vec<(Child, PathBuf)>) -> io::Result<Vec<Slot>> {
    let moves: io::Result<Vec<_>> = waiting
        .iter()
        .map(|(child, place)| Ok((place.join("cgroup.procs"), child.id().ok_or_else(nobody)?.to_string())))
        .collect();
    let written = match moves {
        Ok(moves) => tokio::task::spawn_blocking(move || {
            moves.into_iter().try_for_each(|(file, pid)| fs::write(file, pid))
        })
        .await
        .map_err(io::Error::other)
        .and_then(|written| written),
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        for (child, place) in &mut waiting {
            // It reads from a pipe that ends now.
            drop(child.stdin.take());
            let _waited = child.wait().await.is_ok();
            remove(place);
        }
        return Err(error);
    }
    Ok(waiting.into_iter().map(|(child, place)| Slot { child, place }).collect())
}

/// The task behind a gate.
fn gated(task: Task) -> Command {
    let mut command = Command::new(shell());
    command.arg("-c").arg(GATE).arg("sh");
    command.arg(task.command.get_program()).args(task.command.get_args());
    if let Some(folder) = task.command.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in task.command.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    as_user(Task { command, ..task })
}

/// What to tell a spare shell so that it becomes the program; none when a shell cannot be told.
fn words(task: &Task) -> io::Result<Option<String>> {
    let command = &task.command;
    let mut words = String::new();
    let mut add = |before: &str, text: &OsStr, after: &str| -> io::Result<bool> {
        let Some(text) = text.to_str() else { return Ok(false) };
        if text.contains('\0') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a nul byte in the program's text"));
        }
        let written = write!(words, "{before}{}{after}", super::quoted(text));
        written.map(|()| true).map_err(io::Error::other)
    };
    if let Some(folder) = command.get_current_dir()
        && !add("cd -- ", folder.as_os_str(), " || exit 126\nunset OLDPWD\n")?
    {
        return Ok(None);
    }
    for (name, value) in command.get_envs() {
        let is_name = name.to_str().is_some_and(|name| {
            !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        // PWD and IFS and their like mean something to the shell itself.
        let own = ["PWD", "OLDPWD", "IFS", "PATH", "ENV", "PPID", "OPTIND", "_"];
        let (Some(value), true) = (value, is_name) else { return Ok(None) };
        if own.iter().any(|own| name == *own) || !add(&format!("export {}=", name.display()), value, "\n")? {
            return Ok(None);
        }
    }
    if let Some(own) = &task.words {
        words.push_str(own);
        return Ok(Some(words));
    }
    if !add("exec ", command.get_program(), "")? {
        return Ok(None);
    }
    for argument in command.get_args() {
        if !add(" ", argument, "")? {
            return Ok(None);
        }
    }
    words.push_str(" </dev/null\n");
    Ok(Some(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &mut Command) -> io::Result<Option<String>> {
        words(&Task { command: std::mem::replace(command, Command::new("")), words: None, user: None })
    }

    #[test]
    fn given_hostile_texts_when_told_to_a_shell_then_they_stay_texts() {
        let mut command = Command::new("printf");
        command.args(["%s|", "a'b", "$(id)", "two\nlines"]).current_dir("/").env("X", "'; exit 9; '");
        let told = format!("{}\n", of(&mut command).unwrap().unwrap());
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), told).unwrap();
        let output = Command::new(shell()).stdin(file.reopen().unwrap()).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a'b|$(id)|two\nlines|");
    }

    #[test]
    fn given_what_a_shell_cannot_be_told_then_there_are_no_words() {
        assert!(of(Command::new("x").env("a-b", "1")).unwrap().is_none());
        assert!(of(Command::new("x").env("PATH", "/")).unwrap().is_none());
        assert!(of(Command::new("x").env("A", "1\0")).is_err());
    }
}
