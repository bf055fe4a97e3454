//! Keeping together what a step starts, so that all of it can be ended.
//!
//! Three ways, the best that the node has:
//! - a cgroup (v2) for each step, which nothing inside can leave without being root and meaning to;
//! - a supervisor for each step, to which the kernel gives the step's orphans;
//! - the process group alone.
//!
//! Whatever the way, a step's processes carry a mark in their environment, and a file in the agent's folder
//! names the mark while the step runs: so a later run of the agent finds what an earlier one left.
//!
//! A step that ends by itself leaves its daemons running, as the original agent does, also those that hold its output
//! open: only time, the user and the end of the agent kill, while the step's first process runs.

mod cgroup;
mod fork;
mod marks;
mod scan;
mod scripts;
mod signals;
mod supervise;
mod tree;
mod words;

pub(super) use fork::no_fork;
pub(super) use signals::code_in_words;
pub use supervise::supervisor;

use crate::inventory::program;
use marks::{Mark, Marks};
use reeve_types::ids::new_uuid;
use rustix::process::{WaitId, WaitIdOptions, waitid};
use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    time::timeout,
};

/// The variable that marks a step's processes.
const MARK: &str = "REEVE_STEP";
/// The folder of scripts whose shells are started ahead.
const SCRIPTS_FOLDER: &str = "scripts";
/// The dead are waited for this long; one in an uninterruptible sleep may take for ever.
const DEATH_TIMEOUT: Duration = Duration::from_secs(10);

/// How steps are kept together on this node.
pub struct Containment {
    way: Way,
    /// Where a file stands for each step that runs.
    marks: Option<Arc<Marks>>,
}

enum Way {
    Cgroups(Arc<cgroup::Cgroups>),
    Supervisor,
    Group,
}

/// A program to start, and the user and group it gets.
pub(super) struct Task {
    pub(super) command: Command,
    pub(super) user: Option<(u32, u32)>,
}

impl Containment {
    /// The process group and the mark alone.
    pub fn group() -> Self {
        Self { way: Way::Group, marks: None }
    }

    /// The best way that works here, for an agent alone in its folder. `name` tells this agent's cgroups from others'.
    /// The supervisor is the running program itself: its `main` must call [`supervisor`] first.
    pub async fn find(folder: &Path, name: &str) -> Self {
        match cgroup::Cgroups::find(name, &folder.join(SCRIPTS_FOLDER)).await {
            Ok(cgroups) => Self { way: Way::Cgroups(Arc::new(cgroups)), marks: Some(marks(folder)) },
            Err(error) => {
                tracing::info!(%error, "no cgroups for steps: each gets a supervisor");
                Self::supervised(folder)
            }
        }
    }

    /// A supervisor for each step, where the system has such a thing.
    pub fn supervised(folder: &Path) -> Self {
        let way = if cfg!(target_os = "linux") { Way::Supervisor } else { Way::Group };
        Self { way, marks: Some(marks(folder)) }
    }

    /// What the way is called.
    pub fn name(&self) -> &'static str {
        match self.way {
            Way::Cgroups(_) => "cgroups",
            Way::Supervisor => "supervisor",
            Way::Group => "process groups",
        }
    }

    /// Makes places for the next steps ahead of them: moving a process into a cgroup can take 10 ms.
    pub fn prepare(&self) {
        if let Way::Cgroups(cgroups) = &self.way {
            cgroups.refill();
        }
    }

    /// Ends everything that steps of an earlier run of the agent left running. Answers how many steps had.
    ///
    /// # Errors
    /// When the folder of marks cannot be read.
    pub async fn end_leftovers(&self) -> io::Result<usize> {
        let Some(marks) = &self.marks else { return Ok(0) };
        let left = marks.left()?;
        let steps = left.len();
        for step in left {
            if tree::is_place(&step.place) {
                tree::kill(&step.place);
                tree::wait_until_empty(&step.place, DEATH_TIMEOUT).await;
                tree::remove(&step.place);
            }
            scan::end_marked(MARK, &step.token, DEATH_TIMEOUT).await;
            step.mark.clear()?;
        }
        Ok(steps)
    }

    /// Starts a program. Its standard input is at its end; the outputs are pipes.
    pub(super) async fn start(&self, mut task: Task) -> io::Result<Step> {
        if let Way::Cgroups(cgroups) = &self.way {
            let (slot, mark) = cgroups.start(task, |slot| self.mark(&slot.token, &slot.place)).await?;
            return Step::in_cgroup(cgroups, slot, mark);
        }
        let token = new_token();
        task.command.env(MARK, &token);
        let mark = self.mark(&token, Path::new(""))?;
        let (child, control) = match &self.way {
            Way::Supervisor => {
                let mut child = spawn(supervise::command(&task), Input::Pipe, OnDrop::Leave)?;
                let control = child.stdin.take();
                (child, control)
            }
            _ => (spawn(as_user(task), Input::None, OnDrop::Leave)?, None),
        };
        Step::new(child, control, None, token, mark)
    }

    /// Starts a script in a shell that is kept ready, with the folder and environment of a command. `None`: there is no
    /// such shell, or it cannot be told all of it.
    pub(super) async fn start_script(&self, settings: &Command, script: &str) -> io::Result<Option<Step>> {
        let (Way::Cgroups(cgroups), true) = (&self.way, shell_is_dash()) else { return Ok(None) };
        let mark = |slot: &cgroup::Slot| self.mark(&slot.token, &slot.place);
        let started = cgroups.start_script(settings, script, mark).await?;
        let Some((slot, mark)) = started else { return Ok(None) };
        let mut step = Step::in_cgroup(cgroups, slot, mark)?;
        step.direct = true;
        Ok(Some(step))
    }

    fn mark(&self, token: &str, place: &Path) -> io::Result<Option<Mark>> {
        self.marks.as_ref().map(|marks| marks.set(token, place)).transpose()
    }
}

/// Where an agent keeps the marks of its steps.
fn marks(folder: &Path) -> Arc<Marks> {
    Marks::new(&folder.join("running"))
}

fn new_token() -> String {
    new_uuid().simple().to_string()
}

/// The system's POSIX shell, looked for once: who starts a program by its name alone has the kernel try every folder of
/// PATH in turn, each time.
pub(super) fn shell() -> &'static Path {
    static SHELL: OnceLock<PathBuf> = OnceLock::new();
    SHELL.get_or_init(|| program::find("sh").unwrap_or_else(|| PathBuf::from("sh")))
}

/// Whether that shell is dash. Others, bash among them, show the whole line of a syntax error, and so what the agent puts
/// before a script.
fn shell_is_dash() -> bool {
    static DASH: OnceLock<bool> = OnceLock::new();
    let name = || {
        std::fs::canonicalize(shell()).is_ok_and(|path| path.file_name().is_some_and(|name| name == "dash"))
    };
    *DASH.get_or_init(name)
}

/// A text as one word for that shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Gives one command the folder and the environment of another.
fn same_settings(command: &mut Command, other: &Command) {
    if let Some(folder) = other.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in other.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

fn as_user(task: Task) -> Command {
    let mut command = task.command;
    if let Some((uid, gid)) = task.user {
        command.uid(uid).gid(gid);
    }
    command
}

/// The agent's own options, an activation's code among them, and the folder that it was in before are no affair of a step.
fn without_own(command: &mut Command) {
    command.env_remove("OLDPWD");
    let given: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if (text.starts_with("REEVE_") || text.starts_with("MIMALLOC_")) && !given.contains(&name) {
            command.env_remove(&name);
        }
    }
}

/// What a program reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    None,
    Pipe,
}

/// What becomes of a program whose owner goes away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnDrop {
    /// It goes on: [`Step`] ends what it has to.
    Leave,
    Kill,
}

/// Starts a program in a process group of its own, with pipes.
fn spawn(mut command: Command, input: Input, dropped: OnDrop) -> io::Result<Child> {
    command.stdin(if input == Input::Pipe { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    without_own(&mut command);
    let _alone = no_fork();
    tokio::process::Command::from(command).kill_on_drop(dropped == OnDrop::Kill).spawn()
}

/// A running step. It does not outlive its owner: an agent that is told to end leaves none behind.
pub(super) struct Step {
    child: Child,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
    control: Option<ChildStdin>,
    supervised: bool,
    place: Option<(Arc<cgroup::Cgroups>, PathBuf)>,
    script: Option<scripts::Place>,
    /// Whether the first process is the script's own shell, so that nobody but the agent says what ended it.
    direct: bool,
    group: Option<rustix::process::Pid>,
    token: String,
    mark: Option<Mark>,
}

impl Step {
    fn new(
        mut child: Child,
        control: Option<ChildStdin>,
        place: Option<(Arc<cgroup::Cgroups>, PathBuf)>,
        token: String,
        mark: Option<Mark>,
    ) -> io::Result<Self> {
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("the pipes of the process are missing"));
        };
        let supervised = control.is_some();
        let (script, direct) = (None, false);
        Ok(Self { child, stdout, stderr, control, supervised, place, script, direct, group, token, mark })
    }

    fn in_cgroup(cgroups: &Arc<cgroup::Cgroups>, slot: cgroup::Slot, mark: Option<Mark>) -> io::Result<Self> {
        let mut step = Self::new(slot.child, None, Some((cgroups.clone(), slot.place)), slot.token, mark)?;
        step.script = slot.script;
        Ok(step)
    }

    /// What tells whether the first process has ended, also while its outputs are read.
    pub(super) fn first(&self) -> First {
        First { pid: self.group, supervised: self.supervised }
    }

    /// The processes that hold an output of the step open: `id (name)` each.
    pub(super) fn holders(&self) -> Vec<String> {
        let inode = |pipe: BorrowedFd<'_>| rustix::fs::fstat(pipe).map_or(0, |stat| stat.st_ino);
        scan::holders([inode(self.stdout.as_fd()), inode(self.stderr.as_fd())])
    }

    /// Waits for the end of the first process. To be called when nothing more of the outputs is wanted: a
    /// supervisor stays until then.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        if let Some(control) = &mut self.control {
            // A supervisor that was killed takes no word; its exit status says so.
            let _told = control.write_all(supervise::RELEASE).await.is_ok();
        }
        self.child.wait().await
    }

    /// What a shell that had waited for the first process would say of its end.
    pub(super) fn said_of(&self, status: ExitStatus) -> Option<String> {
        if self.direct { signals::said(status) } else { None }
    }

    /// Lets go of what the step left running on purpose.
    pub(super) async fn release(&mut self) {
        // The first process was reaped: its id may belong to another one from now on.
        self.group = None;
        if let Some((cgroups, place)) = self.place.take()
            && cgroups.release(&place).await
        {
            self.give_back();
        }
        self.forget();
    }

    /// Nothing of the step is left: another one can use its place.
    fn give_back(&mut self) {
        if let Some(script) = self.script.take()
            && let Err(error) = script.give_back()
        {
            tracing::warn!(%error, "the place of a script is not used again");
        }
    }

    fn forget(&mut self) {
        if let Some(mark) = self.mark.take()
            && let Err(error) = mark.clear()
        {
            tracing::warn!(%error, "the mark of a step stays");
        }
    }

    /// Kills everything the step started, and returns before it is dead.
    pub(super) fn kill(&mut self) {
        if let Some((_, place)) = &self.place {
            tree::kill(place);
        }
        // The supervisor takes the end of its input for the word to kill.
        self.control = None;
        if let Some(group) = self.group.take() {
            if self.supervised {
                return;
            }
            // An error means that all of the group ended already.
            let _killed = rustix::process::kill_process_group(group, rustix::process::Signal::KILL).is_ok();
            if self.place.is_none() {
                scan::kill_marked(MARK, &self.token);
            }
        }
    }

    /// Waits until what was killed is dead.
    pub(super) async fn dead(mut self) {
        if timeout(DEATH_TIMEOUT, self.child.wait()).await.is_err() {
            tracing::warn!("a killed step does not end");
        }
        match self.place.take() {
            Some((_, place)) => {
                tree::wait_until_empty(&place, DEATH_TIMEOUT).await;
                if tree::is_empty(&place) {
                    self.give_back();
                }
                tree::remove(&place);
            }
            None => scan::end_marked(MARK, &self.token, DEATH_TIMEOUT).await,
        }
        self.forget();
    }
}

/// The first process of a step.
#[derive(Clone, Copy)]
pub(super) struct First {
    pid: Option<rustix::process::Pid>,
    supervised: bool,
}

impl First {
    /// Whether it has ended. It is not reaped: its id stays its own.
    pub(super) fn has_ended(self) -> bool {
        let Some(pid) = self.pid else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_)));
        ended || self.supervised && supervise::first_has_ended(pid)
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        // The mark stays: the next run of the agent looks again.
        if self.group.is_some() {
            self.kill();
        }
    }
}

/// The code of a process that was killed.
pub(super) const KILLED: i32 = 137;

/// The exit code as scripts know it: a signal counts as 128 and its number.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}
