//! The life of one process group.

use std::{io, process::ExitStatus, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{ChildStderr, ChildStdout},
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Sink,
    contain::{Containment, First, Step, Task, code},
    output::Out,
};

/// What remains in the pipes after a kill is read for this long; a process that escaped may hold them open.
const READ_AFTER_KILL_TIME: Duration = Duration::from_secs(2);
/// A pipe holds this much, and a chunk no more: large enough for 100 MB/s, small beside the agent's memory.
const PIPE_BYTES: usize = 256 * 1024;
/// How long a script that has ended is waited for by its step while something still holds its output open.
const OPEN_OUTPUT_GRACE: Duration = Duration::from_secs(5);
/// How often it is looked whether a script has ended whose output is open.
const END_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// What is in the pipes at the end of that grace is read for this long.
const LAST_READ_TIME: Duration = Duration::from_millis(500);
/// Most steps print little: a buffer begins with this much, and grows when it was filled.
const FIRST_BUFFER_BYTES: usize = 8 * 1024;

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

/// Waits until the user cancels; for ever when nobody can any more.
pub(super) async fn cancelled(cancel: &mut watch::Receiver<bool>) {
    if cancel.wait_for(|wanted| *wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Runs a program in a containment of its own.
pub(super) async fn run<S: Sink>(
    containment: &Containment,
    task: Task,
    time: Duration,
    cancel: &mut watch::Receiver<bool>,
    out: &mut Out<'_, S>,
) -> io::Result<Exit> {
    follow(containment.start(task).await?, time, cancel, out).await
}

/// Why a step is followed no longer.
enum Over {
    /// Its first process has ended, and nobody holds its output open.
    Whole(ExitStatus),
    /// Its first process has ended, and others hold its output open still.
    OpenOutput,
    Killed(Exit),
}

/// Stays with what was started until it has ended and closed its output. Children that inherited the output belong to
/// the step until a grace has passed after the end of the script; then they are named, and left running.
pub(super) async fn follow<S: Sink>(
    mut step: Step,
    time: Duration,
    cancel: &mut watch::Receiver<bool>,
    out: &mut Out<'_, S>,
) -> io::Result<Exit> {
    crate::failpoint::reached("after-spawn");
    let mut pipes = Pipes::new();
    let first = step.first();
    // The process is reaped last: until then its id, which is the id of the group, cannot belong to another.
    let over = {
        let whole = async {
            pipes.pump(&mut step.stdout, &mut step.stderr, out).await;
            step.ended().await
        };
        tokio::select! {
            status = whole => Over::Whole(status?),
            () = open_output(first) => Over::OpenOutput,
            // A script that has ended was in time.
            () = sleep(time) => if first.has_ended() { Over::OpenOutput } else { Over::Killed(Exit::TimedOut) },
            () = cancelled(cancel) => Over::Killed(Exit::Cancelled),
        }
    };
    match over {
        Over::Whole(status) => {
            finish(&step, status, out);
            step.release().await;
            Ok(Exit::Code(code(status)))
        }
        Over::OpenOutput => {
            let holders = step.holders();
            let _ = timeout(LAST_READ_TIME, pipes.drain(&mut step.stdout, &mut step.stderr, out)).await;
            let status = step.ended().await?;
            finish(&step, status, out);
            if pipes.open != (false, false) {
                out.line(true, &left_running(&holders));
            }
            step.release().await;
            tokio::spawn(discard(step));
            Ok(Exit::Code(code(status)))
        }
        Over::Killed(exit) => {
            step.kill();
            // What was printed before the kill counts, whatever the bus does: it is as much as two pipes hold.
            let _ = timeout(READ_AFTER_KILL_TIME, pipes.drain(&mut step.stdout, &mut step.stderr, out)).await;
            step.dead().await;
            Ok(exit)
        }
    }
}

/// Waits until a script has ended and the grace for its open output has passed.
async fn open_output(first: First) {
    while !first.has_ended() {
        sleep(END_POLL_INTERVAL).await;
    }
    sleep(OPEN_OUTPUT_GRACE).await;
}

/// Says what a waiting shell would have said.
fn finish<S: Sink>(step: &Step, status: ExitStatus, out: &mut Out<'_, S>) {
    if let Some(said) = step.said_of(status) {
        out.write(true, Bytes::from(said));
    }
}

fn left_running(holders: &[String]) -> String {
    let who = match holders {
        [] => "Something that it started, whose process id cannot be seen,".to_owned(),
        holders => format!("What it started with its output, {},", holders.join(", ")),
    };
    let seconds = OPEN_OUTPUT_GRACE.as_secs();
    format!(
        "The script has ended. {who} still runs, and is left running; the step waited up to {seconds} s for it. What it \
         prints from now on is dropped.\n"
    )
}

/// Reads what is printed after the end of a step, so that who prints it is not ended by a broken pipe.
async fn discard(mut step: Step) {
    let (mut nowhere, mut too) = (tokio::io::sink(), tokio::io::sink());
    // An error is the end of a pipe like any other.
    let _ended = tokio::join!(
        tokio::io::copy(&mut step.stdout, &mut nowhere),
        tokio::io::copy(&mut step.stderr, &mut too)
    );
}

/// Reading both pipes in the order in which they have something.
struct Pipes {
    buffers: (Vec<u8>, Vec<u8>),
    open: (bool, bool),
}

impl Pipes {
    fn new() -> Self {
        Self { buffers: (vec![0; FIRST_BUFFER_BYTES], vec![0; FIRST_BUFFER_BYTES]), open: (true, true) }
    }

    /// Reads to both ends. A piece is read only when there is room for it, so that the pipes fill up and the
    /// step waits when the bus is slow, and so that no piece is lost when this is dropped.
    async fn pump<S: Sink>(
        &mut self,
        stdout: &mut ChildStdout,
        stderr: &mut ChildStderr,
        out: &mut Out<'_, S>,
    ) {
        // More than the usual 64 KiB: fewer and larger chunks. Above the user's limit it stays as it is.
        let _larger = rustix::pipe::fcntl_setpipe_size(&*stdout, PIPE_BYTES).is_ok();
        let _larger = rustix::pipe::fcntl_setpipe_size(&*stderr, PIPE_BYTES).is_ok();
        while self.open != (false, false) {
            out.ready().await;
            self.one(stdout, stderr, out).await;
        }
    }

    /// Reads what is there, without waiting for room.
    async fn drain<S: Sink>(
        &mut self,
        stdout: &mut ChildStdout,
        stderr: &mut ChildStderr,
        out: &mut Out<'_, S>,
    ) {
        // Two pipes hold no more; somebody who escaped the kill could go on for ever.
        let mut pieces = 64;
        while self.open != (false, false) && pieces > 0 {
            self.one(stdout, stderr, out).await;
            pieces -= 1;
        }
    }

    async fn one<S: Sink>(
        &mut self,
        stdout: &mut (impl AsyncRead + Unpin),
        stderr: &mut (impl AsyncRead + Unpin),
        out: &mut Out<'_, S>,
    ) {
        // Reading is cancel-safe: when this is dropped, nothing was read. The buffers are kept, and a piece is
        // copied out of them: most pieces are small.
        let (a, b) = (&mut self.buffers.0, &mut self.buffers.1);
        tokio::select! {
            read = stdout.read(a), if self.open.0 => match read {
                Ok(n) if n > 0 => {
                    out.write(false, Bytes::copy_from_slice(&a[..n]));
                    grow(a, n);
                }
                _ => self.open.0 = false,
            },
            read = stderr.read(b), if self.open.1 => match read {
                Ok(n) if n > 0 => {
                    out.write(true, Bytes::copy_from_slice(&b[..n]));
                    grow(b, n);
                }
                _ => self.open.1 = false,
            },
        }
    }
}

fn grow(buffer: &mut Vec<u8>, read: usize) {
    if read == buffer.len() && read < PIPE_BYTES {
        buffer.resize(PIPE_BYTES, 0);
    }
}
