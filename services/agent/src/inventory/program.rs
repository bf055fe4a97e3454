//! Programs that know what this machine has.

use super::Machine;
use reeve_types::text::cut;
use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
};
use tokio::io::AsyncReadExt;

/// More than any of them prints.
const MAX_OUTPUT_BYTES: u64 = 64 << 20;
const MAX_REASON_CHARS: usize = 500;

/// Where a program is in the folders of PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// How a program ended, and what it printed.
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// What a program printed.
///
/// # Errors
/// When it is not there, printed too much, or did not end with 0: what it printed then may be a part.
pub async fn output(machine: &Machine, program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let ran = ran(machine, program, arguments).await?;
    if ran.status.success() {
        return Ok(ran.stdout);
    }
    let said = cut(String::from_utf8_lossy(&ran.stderr).trim(), MAX_REASON_CHARS);
    Err(format!("{program} ended with {}: {said}.", ran.status))
}

/// Runs a program to its end, however that is.
///
/// # Errors
/// When it is not there, or printed too much.
pub async fn ran(machine: &Machine, program: &str, arguments: &[&str]) -> Result<Ran, String> {
    let failed = |reason: String| format!("{program} {reason}.");
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).env("LC_ALL", "C.UTF-8").kill_on_drop(true);
    if let Some(path) = &machine.path {
        command.env("PATH", path);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(format!("could not be started: {error}")))?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let read = async {
        if let Some(out) = out {
            out.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut stdout).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let said = async {
        if let Some(err) = err {
            err.take(64 << 10).read_to_end(&mut stderr).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    tokio::try_join!(read, said).map_err(|error| failed(format!("could not be read: {error}")))?;
    if stdout.len() as u64 > MAX_OUTPUT_BYTES {
        return Err(failed(format!("printed more than {MAX_OUTPUT_BYTES} bytes")));
    }
    let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
    Ok(Ran { status, stdout, stderr })
}
