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
//! A step that ends by itself leaves its daemons running, as the original agent does: only time, the user and
//! the end of the agent kill.

mod cgroup;
mod marks;
mod scan;
mod supervise;

pub use supervise::supervisor;

use super::{paths, process::no_fork};
use marks::{Mark, Marks};
use reeve_types::ids::new_uuid;
use std::{
    io,
    os::unix::process::{CommandExt, ExitStatusExt},
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
/// The dead are waited for this long; one in an uninterruptible sleep may take for ever.
const GRACE: Duration = Duration::from_secs(10);

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
    /// Words for a POSIX shell that is there already and does as `command`, if it is a shell, with its folder and
    /// environment.
    pub(super) words: Option<String>,
    pub(super) user: Option<(u32, u32)>,
}

impl Containment {
    /// The process group and the mark alone.
    pub fn group() -> Self {
        Self { way: Way::Group, marks: None }
    }

    /// The best way that works here, with marks below a folder. `name` tells this agent's cgroups from others'.
    /// The supervisor is the running program itself: its `main` must call [`supervisor`] first.
    pub async fn find(marks: &Path, name: &str) -> Self {
        match cgroup::Cgroups::find(name).await {
            Ok(cgroups) => Self { way: Way::Cgroups(Arc::new(cgroups)), marks: Some(Marks::new(marks)) },
            Err(error) => {
                tracing::info!(%error, "no cgroups for steps: each gets a supervisor");
                Self::supervised(marks)
            }
        }
    }

    /// A supervisor for each step, where the system has such a thing.
    pub fn supervised(marks: &Path) -> Self {
        let way = if cfg!(target_os = "linux") { Way::Supervisor } else { Way::Group };
        Self { way, marks: Some(Marks::new(marks)) }
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
            if cgroup::is_place(&step.place) {
                cgroup::kill(&step.place);
                cgroup::wait_until_empty(&step.place, GRACE).await;
                cgroup::remove(&step.place);
            }
            scan::end_marked(MARK, &step.token, GRACE).await;
            step.mark.clear()?;
        }
        Ok(steps)
    }

    /// Starts a program. Its standard input is at its end; the outputs are pipes.
    pub(super) async fn start(&self, mut task: Task) -> io::Result<Step> {
        let token = new_uuid().simple().to_string();
        task.command.env(MARK, &token);
        let mark = |place: &Path| self.marks.as_ref().map(|marks| marks.set(&token, place)).transpose();
        let (child, control, place, mark) = match &self.way {
            Way::Cgroups(cgroups) => {
                let (slot, mark) = cgroups.start(task, mark).await?;
                (slot.child, None, Some((cgroups.clone(), slot.place)), mark)
            }
            Way::Supervisor => {
                let mark = mark(Path::new(""))?;
                let mut child = spawn(supervise::command(&task), true)?;
                let control = child.stdin.take();
                (child, control, None, mark)
            }
            Way::Group => {
                let mark = mark(Path::new(""))?;
                (spawn(as_user(task), false)?, None, None, mark)
            }
        };
        Step::new(child, control, place, token, mark)
    }
}

/// The system's POSIX shell, looked for once: who starts a program by its name alone has the kernel try every folder of
/// PATH in turn, each time.
pub(super) fn shell() -> &'static Path {
    static SHELL: OnceLock<PathBuf> = OnceLock::new();
    SHELL.get_or_init(|| paths::program("sh").unwrap_or_else(|| PathBuf::from("sh")))
}

/// A text as one word for that shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn as_user(task: Task) -> Command {
    let mut command = task.command;
    if let Some((uid, gid)) = task.user {
        command.uid(uid).gid(gid);
    }
    command
}

/// The agent's own options, an activation's code among them, are no affair of a step.
fn without_own(command: &mut Command) {
    let given: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if (text.starts_with("REEVE_") || text.starts_with("MIMALLOC_")) && !given.contains(&name) {
            command.env_remove(&name);
        }
    }
}

/// Starts a program in a process group of its own, with pipes.
fn spawn(mut command: Command, with_input: bool) -> io::Result<Child> {
    command.stdin(if with_input { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    without_own(&mut command);
    let _alone = no_fork();
    tokio::process::Command::from(command).spawn()
}

/// A running step. It does not outlive its owner: an agent that is told to end leaves none behind.
pub(super) struct Step {
    child: Child,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
    control: Option<ChildStdin>,
    supervised: bool,
    place: Option<(Arc<cgroup::Cgroups>, PathBuf)>,
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
        Ok(Self { child, stdout, stderr, control, supervised, place, group, token, mark })
    }

    /// Waits for the end of the first process. To be called when the outputs were read to their ends: a
    /// supervisor stays until then.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        if let Some(control) = &mut self.control {
            // A supervisor that was killed takes no word; its exit status says so.
            let _told = control.write_all(supervise::RELEASE).await.is_ok();
        }
        self.child.wait().await
    }

    /// Lets go of what the step left running on purpose.
    pub(super) async fn release(mut self) {
        // The first process was reaped: its id may belong to another one from now on.
        self.group = None;
        if let Some((cgroups, place)) = self.place.take() {
            cgroups.release(&place).await;
        }
        self.forget();
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
            cgroup::kill(place);
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
        if timeout(GRACE, self.child.wait()).await.is_err() {
            tracing::warn!("a killed step does not end");
        }
        match self.place.take() {
            Some((_, place)) => {
                cgroup::wait_until_empty(&place, GRACE).await;
                cgroup::remove(&place);
            }
            None => scan::end_marked(MARK, &self.token, GRACE).await,
        }
        self.forget();
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

/// The exit code as scripts know it: a signal counts as 128 and its number.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}
