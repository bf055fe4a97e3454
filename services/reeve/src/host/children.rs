//! Supervised children: started again when they end, gone when this process is.

use anyhow::{Context, ensure};
use std::{
    ffi::OsString,
    fs::File,
    os::unix::process::CommandExt,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    process::Command,
    sync::{Notify, watch},
    task::JoinHandle,
};

/// The program `reeve`: this one or, for the benchmarks, the one beside it.
///
/// # Errors
/// When this program's own file cannot be found.
pub fn program() -> std::io::Result<std::path::PathBuf> {
    let own = std::env::current_exe()?;
    let is_benchmarks = own.file_name().is_some_and(|name| name == BENCHMARKS);
    Ok(if is_benchmarks { own.with_file_name("reeve") } else { own })
}

/// The name of the benchmarks' file.
const BENCHMARKS: &str = "reeve-bench";

/// What a child is started with.
#[derive(Clone)]
pub struct Child {
    pub name: String,
    pub program: OsString,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(String, String)>,
}

/// A child under supervision.
pub struct Supervised {
    stop: watch::Sender<bool>,
    again: Arc<Notify>,
    task: JoinHandle<()>,
}

/// How long a child may take to end by itself.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Between a child's end and its next start, the first time.
const FIRST_RESTART_DELAY: Duration = Duration::from_millis(100);
/// A child that ends within this time after its start may do so again.
const SHORT_LIFE: Duration = Duration::from_secs(1);

impl Supervised {
    /// Starts a child and keeps it running; what it prints goes to a file.
    ///
    /// # Errors
    /// When it cannot be started the first time.
    pub fn start(child: Child, log: &Path) -> anyhow::Result<Self> {
        let mut running = spawn(&child, log)?;
        let (stop, mut stopped) = watch::channel(false);
        let (log, again) = (log.to_owned(), Arc::new(Notify::new()));
        let wanted = again.clone();
        let task = tokio::spawn(async move {
            let mut delay = FIRST_RESTART_DELAY;
            loop {
                let begun = Instant::now();
                tokio::select! {
                    ended = running.wait() => {
                        tracing::warn!(child = child.name, ?ended, "a child ended and is started again");
                    }
                    () = wanted.notified() => {
                        tracing::warn!(child = child.name, "a child is started again");
                        end(&mut running).await;
                    }
                    _ = stopped.changed() => {
                        end(&mut running).await;
                        return;
                    }
                }
                // Only one that ends as soon as it is started waits longer each time.
                if begun.elapsed() > SHORT_LIFE {
                    delay = FIRST_RESTART_DELAY;
                }
                loop {
                    tokio::time::sleep(delay).await;
                    delay = (delay * 2).min(Duration::from_secs(5));
                    match spawn(&child, &log) {
                        Ok(again) => {
                            running = again;
                            break;
                        }
                        Err(error) => {
                            tracing::error!(child = child.name, %error, "a child could not be started")
                        }
                    }
                    if *stopped.borrow() {
                        return;
                    }
                }
            }
        });
        Ok(Self { stop, again, task })
    }

    /// What ends the child and starts it again when it is rung.
    pub fn again(&self) -> Arc<Notify> {
        self.again.clone()
    }

    /// Asks the child to end, and kills it when it does not.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the supervision of a child failed");
        }
    }
}

fn spawn(child: &Child, log: &Path) -> anyhow::Result<tokio::process::Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let errors = log.try_clone()?;
    let mut command = Command::new(program()?);
    command.arg("with-parent").arg(std::process::id().to_string()).arg("--");
    command.arg(&child.program).args(&child.arguments);
    command.envs(child.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())));
    // A group of its own: Ctrl-C at the terminal reaches this process, which then ends the children in order.
    command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0).kill_on_drop(true);
    command.spawn().with_context(|| format!("could not start {}", child.name))
}

async fn end(child: &mut tokio::process::Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // An error means that it ended already.
        let _sent = rustix::process::kill_process(pid, rustix::process::Signal::TERM).is_ok();
    }
    if tokio::time::timeout(STOP_TIMEOUT, child.wait()).await.is_err() {
        tracing::warn!("a child did not end in time and is killed");
        if let Err(error) = child.kill().await {
            tracing::error!(%error, "a child could not be killed");
        }
    }
}

/// Becomes another program, after asking for SIGTERM when the parent ends: nothing survives a killed host. A parent that
/// ended before this could ask is not waited for.
///
/// # Errors
/// When the program cannot be started; otherwise this never returns.
pub fn with_parent(parent: u32, command: &[OsString]) -> anyhow::Result<()> {
    let (program, arguments) = command.split_first().context("no program was named")?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    let found = rustix::process::getppid().map(|found| found.as_raw_pid().unsigned_abs());
    ensure!(found == Some(parent), "the process {parent}, which started this one, has ended");
    let error = std::process::Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("could not become {}", program.display()))
}
