//! The life of one process group.

use std::{
    io,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Child,
    sync::watch,
    time::{sleep, timeout},
};

use super::{Sink, output::Out};

/// The code of a process that was killed.
pub(super) const KILLED: i32 = 137;
/// What remains in the pipes after a kill is read for this long; a process that left the group may hold
/// them open for ever.
const GRACE: Duration = Duration::from_secs(2);
const CHUNK: usize = 16 * 1024;

/// How the group ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// The first process ended by itself, or by a signal, which counts as 128 and its number.
    Code(i32),
    /// Its time was over and it was killed.
    TimedOut,
    /// The user wanted it to stop and it was killed.
    Cancelled,
}

/// Held while a process is started or a script is written. Otherwise a process that starts on another thread
/// could inherit the open script, and the system would refuse to execute it as busy.
pub(super) fn no_fork() -> MutexGuard<'static, ()> {
    static FORKING: Mutex<()> = Mutex::new(());
    FORKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until the user cancels; for ever when nobody can any more.
pub(super) async fn cancelled(cancel: &mut watch::Receiver<bool>) {
    if cancel.wait_for(|wanted| *wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Runs a command in its own process group until it has ended and closed its output. Children that inherited
/// the output therefore belong to the step.
pub(super) async fn run<S: Sink>(
    mut command: Command,
    time: Duration,
    cancel: &mut watch::Receiver<bool>,
    out: &mut Out<'_, S>,
) -> io::Result<Exit> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = {
        let _alone = no_fork();
        tokio::process::Command::from(command).spawn()?
    };
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("the pipes of the process are missing"));
    };
    let mut group = Group::of(&child);
    // The process is reaped last: until then its id, which is the id of the group, cannot belong to another.
    let ended = {
        let whole = async {
            pump(&mut stdout, &mut stderr, out).await;
            child.wait().await
        };
        tokio::select! {
            status = whole => Ok(status?),
            () = sleep(time) => Err(Exit::TimedOut),
            () = cancelled(cancel) => Err(Exit::Cancelled),
        }
    };
    match ended {
        Ok(status) => {
            group.ended();
            Ok(Exit::Code(code(status)))
        }
        Err(exit) => {
            group.kill();
            let _ = timeout(GRACE, pump(&mut stdout, &mut stderr, out)).await;
            let _ = timeout(GRACE, child.wait()).await;
            Ok(exit)
        }
    }
}

/// A process group that does not outlive its owner: an agent that is told to end leaves none behind.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// The first process was reaped: its id may belong to another one from now on.
    fn ended(&mut self) {
        self.0 = None;
    }

    fn kill(&mut self) {
        if let Some(group) = self.0.take()
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::warn!(%error, "the process group of a step could not be killed");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}

/// Reads both pipes to their ends, in the order in which they have something.
async fn pump<S: Sink>(
    stdout: &mut (impl AsyncRead + Unpin),
    stderr: &mut (impl AsyncRead + Unpin),
    out: &mut Out<'_, S>,
) {
    let (mut a, mut b) = (vec![0; CHUNK], vec![0; CHUNK]);
    let (mut a_open, mut b_open) = (true, true);
    while a_open || b_open {
        tokio::select! {
            read = stdout.read(&mut a), if a_open => match read {
                Ok(n) if n > 0 => out.write(false, Bytes::copy_from_slice(&a[..n])).await,
                _ => a_open = false,
            },
            read = stderr.read(&mut b), if b_open => match read {
                Ok(n) if n > 0 => out.write(true, Bytes::copy_from_slice(&b[..n])).await,
                _ => b_open = false,
            },
        }
    }
}
