//! A cgroup for each step.
//!
//! A process is moved into its cgroup before it becomes the step's program, so nothing is started outside. The
//! move waits for the kernel for 10 ms and more, so some shells are kept ready in fresh cgroups: a step tells one
//! what to do, which is its script or a program to become. A step for another user cannot use it and waits for its own.

use super::{
    Input, MARK, OnDrop, Task, as_user,
    marks::Mark,
    new_token, same_settings,
    scripts::{Place, Places},
    shell, spawn,
    tree::{is_empty, kill, move_all, own, remove, wait_until_empty},
    words::{told, words},
};
use std::{
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
const BACKGROUND_CGROUP: &str = "background";
/// So many shells are kept ready. The kernel's wait is once for moves that follow at once, so several are made
/// together, when half of them are gone.
const MAX_SPARE_SHELLS: usize = 4;
/// They are made so long after one was taken: the step that has it goes first.
const REFILL_DELAY: Duration = Duration::from_millis(20);
/// How long shells may take to open what they are to run.
const SHELL_READY_TIMEOUT: Duration = Duration::from_secs(10);
/// Waits for one line, then becomes the program.
const WAITING_SHELL_SCRIPT: &str = "read -r go && exec \"$@\" </dev/null";

/// This agent's part of the tree.
pub(super) struct Cgroups {
    root: PathBuf,
    next: AtomicU64,
    scripts: Arc<Places>,
    spares: Mutex<Vec<Slot>>,
    refilling: AtomicBool,
}

/// A process that has, or is about to get, a cgroup of its own.
pub(super) struct Slot {
    pub(super) child: Child,
    pub(super) place: PathBuf,
    /// What marks it and what it starts.
    pub(super) token: String,
    /// Where a shell reads what it is told. Dropped after the child, which is killed then: the number to which the place
    /// leads may soon be another file's.
    pub(super) script: Option<Place>,
}

impl Cgroups {
    /// Makes this agent's part of the tree, and tries whether a process can be put below it. `scripts` is a folder for
    /// this alone.
    pub(super) async fn find(name: &str, scripts: &Path) -> io::Result<Self> {
        let root = own()?.join(format!("reeve-{name}"));
        match fs::create_dir(&root) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // What an earlier run left: of a step, of a spare shell, or empty.
        for entry in fs::read_dir(&root)?.flatten() {
            if entry.file_name() != BACKGROUND_CGROUP && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                kill(&entry.path());
                wait_until_empty(&entry.path(), super::DEATH_TIMEOUT).await;
                remove(&entry.path());
            }
        }
        let cgroups = Self {
            root,
            next: AtomicU64::new(0),
            scripts: Places::new(scripts)?,
            spares: Mutex::default(),
            refilling: AtomicBool::new(false),
        };
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

    /// A shell that waits for what it is told.
    async fn make(&self) -> io::Result<Slot> {
        enter(vec![self.waiting()?]).await?.pop().ok_or_else(nobody)
    }

    fn waiting(&self) -> io::Result<Slot> {
        let (script, token) = (self.scripts.take()?, new_token());
        let mut command = Command::new(shell());
        command.arg(script.path()).env(MARK, &token);
        let child = spawn(command, Input::None, OnDrop::Kill)?;
        Ok(Slot { child, place: self.make_place()?, token, script: Some(script) })
    }

    /// Makes spare shells, if half of them are gone.
    pub(super) fn refill(self: &Arc<Self>) {
        let left = self.spares().len();
        if left > MAX_SPARE_SHELLS / 2 || self.refilling.swap(true, Ordering::Relaxed) {
            return;
        }
        let cgroups = self.clone();
        tokio::spawn(async move {
            if left > 0 {
                sleep(REFILL_DELAY).await;
            }
            let missing = MAX_SPARE_SHELLS.saturating_sub(cgroups.spares().len());
            let mut made = Vec::new();
            for _ in 0..missing {
                match cgroups.waiting() {
                    Ok(one) => made.push(one),
                    Err(error) => {
                        tracing::warn!(%error, "a shell could not be started ahead");
                        break;
                    }
                }
            }
            match enter(made).await {
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
        mark: impl FnOnce(&Slot) -> io::Result<Option<Mark>>,
    ) -> io::Result<(Slot, Option<Mark>)> {
        let words = if task.user.is_none() { words(&task.command)? } else { None };
        if let Some(words) = words
            && let Some(mut slot) = self.ready(words.len()).await
        {
            let begun = slot.begin(&words, mark);
            self.refill();
            return slot.begun(begun);
        }
        let (token, place) = (new_token(), self.make_place()?);
        let child = spawn(gated(task, &token), Input::Pipe, OnDrop::Leave)?;
        let gated = vec![Slot { child, place, token, script: None }];
        let mut slot = enter(gated).await?.pop().ok_or_else(nobody)?;
        let mark = mark(&slot)?;
        if let Some(mut input) = slot.child.stdin.take() {
            input.write_all(b"go\n").await?;
        }
        self.refill();
        Ok((slot, mark))
    }

    /// Starts a script in a shell that is there already, with the folder and environment of a command. `None`: such a
    /// shell cannot be told all of it.
    pub(super) async fn start_script(
        self: &Arc<Self>,
        settings: &Command,
        script: &str,
        mark: impl FnOnce(&Slot) -> io::Result<Option<Mark>>,
    ) -> io::Result<Option<(Slot, Option<Mark>)>> {
        if !self.scripts.can_hold() {
            return Ok(None);
        }
        // On the script's first line, so that its lines keep their numbers.
        let Some(before) = told(settings)?.filter(|told| !told.contains('\n')) else { return Ok(None) };
        let text = format!("{before}{script}");
        let Some(mut slot) = self.ready(text.len()).await else { return Ok(None) };
        if let Some(Err(error)) = slot.script.as_mut().map(|place| place.hold(script)) {
            tracing::warn!(%error, "a script is written for a shell of its own");
            slot.discard();
            self.refill();
            return Ok(None);
        }
        let begun = slot.begin(&text, mark);
        self.refill();
        slot.begun(begun).map(Some)
    }

    /// A shell that can be told as much; `None` when there is none and none can be made.
    async fn ready(&self, bytes: usize) -> Option<Slot> {
        let slot = match self.take_spare() {
            Some(slot) => slot,
            None => match self.make().await {
                Ok(slot) => slot,
                Err(error) => {
                    tracing::warn!(%error, "a step gets no shell that is kept ready");
                    return None;
                }
            },
        };
        if slot.script.as_ref().is_some_and(|script| script.fits(bytes)) {
            return Some(slot);
        }
        self.spares().push(slot);
        None
    }

    /// A step has ended by itself: what it left running is moved out of its cgroup. Answers whether nothing was.
    pub(super) async fn release(&self, place: &Path) -> bool {
        let empty = is_empty(place);
        if !empty {
            let (from, to) = (place.to_owned(), self.root.join(BACKGROUND_CGROUP));
            // The move waits for the kernel.
            let moved = tokio::task::spawn_blocking(move || move_all(&from, &to)).await;
            if let Ok(Err(error)) = moved {
                tracing::warn!(%error, "what a step left running stays in the cgroup of the step");
            }
        }
        remove(place);
        empty
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.spares().drain(..).for_each(Slot::discard);
        remove(&self.root);
    }
}

impl Slot {
    /// Says in the mark's file where it is, and tells the shell what to do.
    fn begin(
        &mut self,
        text: &str,
        mark: impl FnOnce(&Self) -> io::Result<Option<Mark>>,
    ) -> io::Result<Option<Mark>> {
        let mark = mark(self)?;
        match self.script.as_mut().ok_or_else(nobody)?.tell(text) {
            Ok(()) => Ok(mark),
            Err(error) => {
                mark.map(Mark::clear).transpose()?;
                Err(error)
            }
        }
    }

    /// Itself and its mark, or nothing of it any more.
    fn begun(self, begun: io::Result<Option<Mark>>) -> io::Result<(Self, Option<Mark>)> {
        match begun {
            Ok(mark) => Ok((self, mark)),
            Err(error) => {
                self.discard();
                Err(error)
            }
        }
    }

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

fn nobody() -> io::Error {
    io::Error::other("the process ended before it began")
}

/// Puts waiting processes into their cgroups, one right after the other; each then waits for what it is told.
async fn enter(mut waiting: Vec<Slot>) -> io::Result<Vec<Slot>> {
    if let Err(error) = move_in(&mut waiting).await {
        for one in &mut waiting {
            let _killed = one.child.kill().await.is_ok();
            remove(&one.place);
        }
        return Err(error);
    }
    Ok(waiting)
}

async fn move_in(waiting: &mut [Slot]) -> io::Result<()> {
    let of =
        |one: &Slot| Ok((one.place.join("cgroup.procs"), one.child.id().ok_or_else(nobody)?.to_string()));
    let moves: Vec<_> = waiting.iter().map(of).collect::<io::Result<_>>()?;
    let all = move || moves.into_iter().try_for_each(|(file, pid)| fs::write(file, pid));
    tokio::task::spawn_blocking(all).await.map_err(io::Error::other)??;
    let begun = Instant::now();
    for Slot { child, script, .. } in waiting {
        if let Some(script) = script {
            let lives = || begun.elapsed() < SHELL_READY_TIMEOUT && matches!(child.try_wait(), Ok(None));
            script.opened(lives).await?;
        }
    }
    Ok(())
}

/// The task behind a gate.
fn gated(task: Task, token: &str) -> Command {
    let mut command = Command::new(shell());
    command.arg("-c").arg(WAITING_SHELL_SCRIPT).arg("sh");
    command.arg(task.command.get_program()).args(task.command.get_args());
    same_settings(&mut command, &task.command);
    command.env(MARK, token);
    as_user(Task { command, ..task })
}
