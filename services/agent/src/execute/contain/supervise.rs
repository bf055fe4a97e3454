//! The supervisor of one step: the agent's own program, started under another name.
//!
//! The kernel gives it the step's orphans (it is their subreaper), so whatever a step starts stays below it,
//! double forks and new sessions included. It listens on its standard input: [`RELEASE`] lets it go when the
//! step's first process has ended; the end of the input, which the end of the agent brings as well, kills.

use super::{KILLED, Task, same_settings, scan};
use rustix::process::{Pid, WaitOptions, WaitStatus, getpid};
use std::{
    ffi::OsString,
    io::{self, Read},
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

/// The name under which the program is a supervisor.
pub(super) const NAME: &str = "reeve-step";
/// The name that it takes when the step's first process has ended, which tells the agent.
const NAME_AFTER_THE_END: &str = "reeve-step-end";
/// The word that what still runs may stay.
pub(super) const RELEASE: &[u8] = b"r";
/// The system's code for a program that cannot be started.
const NOT_STARTED: u8 = 126;

/// The command of the supervisor of a task: its folder and environment are the task's.
pub(super) fn command(task: &Task) -> Command {
    // Not the path of the program: an upgrade may have replaced it.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME);
    match task.user {
        Some((uid, gid)) => command.arg(uid.to_string()).arg(gid.to_string()),
        None => command.arg("-").arg("-"),
    };
    command.arg(task.command.get_program()).args(task.command.get_args());
    same_settings(&mut command, &task.command);
    command
}

/// Whether the first process of a supervisor's step has ended.
pub(super) fn first_has_ended(supervisor: Pid) -> bool {
    scan::name(supervisor.as_raw_pid()).is_some_and(|name| name == NAME_AFTER_THE_END)
}

/// What is known of the step.
#[derive(Default)]
struct Known {
    code: Option<i32>,
    released: bool,
    killing: bool,
}

/// Runs as a supervisor if the program was started as one. To be called first in `main`, before any thread.
pub fn supervisor() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    if arguments.next()?.to_str() != Some(NAME) {
        return None;
    }
    Some(match supervise(arguments.collect()) {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        Err(error) => {
            eprintln!("the step cannot be started: {error}");
            ExitCode::from(NOT_STARTED)
        }
    })
}

fn supervise(arguments: Vec<OsString>) -> io::Result<i32> {
    let wrong = || io::Error::other("a supervisor was started with wrong arguments");
    let [uid, gid, program, rest @ ..] = arguments.as_slice() else { return Err(wrong()) };
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(getpid()))?;
    let mut command = Command::new(program);
    command.args(rest).stdin(std::process::Stdio::null()).process_group(0);
    if let (Some(uid), Some(gid)) = (uid.to_str(), gid.to_str())
        && uid != "-"
    {
        command.uid(uid.parse().map_err(|_| wrong())?).gid(gid.parse().map_err(|_| wrong())?);
    }
    let child = command.spawn()?;
    let first = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(wrong)?;
    // The outputs end when the step's processes close them, not when this one ends.
    let nothing = std::fs::File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    let known = Arc::new(Mutex::new(Known::default()));
    // The one thread waits for the agent, the other for children: the process ends with whichever is done first.
    let (done, first_done) = mpsc::channel();
    let (listening, done_listening) = (known.clone(), done.clone());
    std::thread::Builder::new().spawn(move || done_listening.send(listen(&listening)))?;
    std::thread::Builder::new().spawn(move || done.send(reap(first, &known)))?;
    first_done.recv().map_err(io::Error::other)
}

/// Takes the agent's words; answers the code to end with.
fn listen(known: &Mutex<Known>) -> i32 {
    let mut word = [0];
    while matches!(io::stdin().read(&mut word), Ok(1)) {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.released = true;
        if let Some(code) = known.code {
            return code;
        }
    }
    let ended = {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.killing = true;
        known.code
    };
    // The reaping thread ends the process when no child is left; a storm may take some rounds.
    while scan::kill_descendants(getpid().as_raw_pid()) > 0 {}
    std::thread::sleep(Duration::from_secs(5));
    ended.unwrap_or(KILLED)
}

/// Reaps children and orphans until the step may be let go; answers the first one's code.
fn reap(first: Pid, known: &Mutex<Known>) -> i32 {
    loop {
        let waited = rustix::process::wait(WaitOptions::empty());
        let mut now = known.lock().unwrap_or_else(PoisonError::into_inner);
        match waited {
            Ok(Some((pid, status))) if pid == first => {
                now.code = Some(code(status));
                // Without it the agent waits for the end of the outputs, or for the step's time.
                let _told = std::fs::write("/proc/self/comm", NAME_AFTER_THE_END).is_ok();
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // No child is left. Nothing can be left to kill, but the agent's word is still waited for: the
            // step's output may not be read yet.
            Err(_) => {
                let code = now.code.unwrap_or(KILLED);
                if now.released || now.killing {
                    return code;
                }
                drop(now);
                std::thread::sleep(Duration::from_millis(50));
                continue;
            }
        }
        if let (Some(code), true) = (now.code, now.released) {
            return code;
        }
    }
}

fn code(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal)).unwrap_or(1)
}
