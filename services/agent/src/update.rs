//! Replacing this very program by another version of it.
//!
//! A step puts the new program beside what is kept of this node ([`stage`]) and waits for a restart of the agent, which comes when
//! nothing runs here any more ([`release`]). That start of the agent tries the program first ([`try_staged`]): a process
//! of it, started as this one was, opens the ledger, connects, and ends well when the control plane has said that it is the node;
//! it begins nothing. Then it takes the place of this program, and is what goes on. Whatever else happens, this program stays,
//! and the step says why.

use crate::files;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Read},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The folder of a staged program, below the agent's own.
const FOLDER: &str = "update";
/// What a program that is tried writes when it may work: that it ended well says little.
const WORKS_FILE: &str = "works";
const STATE_FILE: &str = "update.json";
/// The program that this process runs, also when its file was replaced.
const RUNNING_PROGRAM: &str = "/proc/self/exe";
/// The program's name everywhere: what has another one is not replaced.
const PROGRAM: &str = "reeve-agent";
/// Where a package has its unit.
const PACKAGED_UNITS: [&str; 2] =
    ["usr/lib/systemd/system/reeve-agent.service", "lib/systemd/system/reeve-agent.service"];
/// As long as the trial of a program may take, which connects and is let work.
pub(crate) const TRIAL_TIMEOUT: Duration = Duration::from_secs(60);
/// As long as a program may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);
/// More than a version has, and less than a pipe holds.
const MAX_VERSION_BYTES: u64 = 1024;
const HASH_CHUNK_BYTES: usize = 64 * 1024;
/// How often it is looked whether a process has ended.
const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// An update of this node's agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Update {
    /// The command whose step waits for it.
    pub command_id: String,
    /// SHA-256 of the new program, in hexadecimal.
    pub sha256: String,
    pub from_version: String,
    pub to_version: String,
    /// Whether the agent is started anew for it: before that nobody tries it.
    released: bool,
    /// Whether its trial was begun.
    tried: bool,
    /// What came of it.
    pub result: Option<Result<(), String>>,
}

/// Why this program cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("this agent is a part of the program {0}, which is updated as a whole")]
    OtherProgram(PathBuf),
    #[error("the command {0} updates it already")]
    UnderWay(String),
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error("what was fetched has the SHA-256 {found}, not {wanted}")]
    Hash { found: String, wanted: String },
    #[error("the new program does not say its version: {0}")]
    Version(String),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::File(path, error)
}

/// Where the new program is put, whose folder is made.
pub(crate) fn place(data: &Path) -> Result<PathBuf, Error> {
    let folder = data.join(FOLDER);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(at(&folder))?;
    Ok(folder.join(PROGRAM))
}

/// What is known of an update, if there is one.
pub(crate) fn read(data: &Path) -> Option<Update> {
    serde_json::from_slice(&fs::read(data.join(FOLDER).join(STATE_FILE)).ok()?).ok()
}

fn write(data: &Path, update: &Update) -> Result<(), Error> {
    let path = data.join(FOLDER).join(STATE_FILE);
    let text = serde_json::to_vec(update).map_err(|error| at(&path)(error.into()))?;
    files::write_private(&path, &text).map_err(at(&path))
}

/// Forgets an update that has ended.
pub(crate) fn forget(data: &Path) {
    let folder = data.join(FOLDER);
    if let Err(error) = fs::remove_dir_all(&folder) {
        tracing::warn!(%error, folder = %folder.display(), "a folder of an update is left");
    }
}

/// The program that runs, as a file that can be replaced.
pub(crate) fn own_program() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(at(Path::new(RUNNING_PROGRAM)))?;
    // The name of a file that was replaced while it runs.
    let text = own.to_string_lossy();
    let own = text.strip_suffix(" (deleted)").map_or_else(|| own.clone(), PathBuf::from);
    match own.file_name().is_some_and(|name| name == PROGRAM) {
        true => Ok(own),
        false => Err(Error::OtherProgram(own)),
    }
}

/// The unit of the package that the agent of a machine belongs to, if it belongs to one.
pub(crate) fn packaged_unit(root: &Path) -> Option<PathBuf> {
    PACKAGED_UNITS.iter().map(|unit| root.join(unit)).find(|unit| unit.exists())
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256_of(path: &Path) -> Result<String, Error> {
    let mut hash = Sha256::new();
    let mut file = fs::File::open(path).map_err(at(path))?;
    let mut chunk = vec![0; HASH_CHUNK_BYTES];
    loop {
        match file.read(&mut chunk).map_err(at(path))? {
            0 => break,
            count => hash.update(chunk.get(..count).unwrap_or_default()),
        }
    }
    Ok(HEXLOWER.encode(&hash.finalize()))
}

/// Looks at a new program in its place, which is made one that can run: its hash and then its version have to be right.
pub(crate) fn inspect(program: &Path, wanted: &str) -> Result<String, Error> {
    let found = sha256_of(program)?;
    if found != wanted {
        return Err(Error::Hash { found, wanted: wanted.to_owned() });
    }
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).map_err(at(program))?;
    version_of(program)
}

/// What a program says with `--version`.
fn version_of(program: &Path) -> Result<String, Error> {
    let failed = |error: io::Error| Error::Version(error.to_string());
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let status = ended(&mut child, VERSION_TIMEOUT).map_err(failed)?;
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        output.take(MAX_VERSION_BYTES).read_to_string(&mut said).map_err(failed)?;
    }
    match (status.map(|status| status.success()), said.trim().strip_prefix("reeve-agent ")) {
        (Some(true), Some(version)) => Ok(version.to_owned()),
        (None, _) => Err(Error::Version(format!("it did not end within {} s", VERSION_TIMEOUT.as_secs()))),
        _ => Err(Error::Version("`--version` failed".to_owned())),
    }
}

/// Waits for the end of a process; one that takes longer is killed, and has none.
fn ended(child: &mut Child, time: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(EXIT_POLL_INTERVAL);
    }
    // And what it started, where it has a group of its own.
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _sent = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).is_ok();
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// Remembers what the program in its place is, for the start of the agent that tries it.
pub(crate) fn stage(data: &Path, command_id: &str, sha256: &str, to_version: &str) -> Result<(), Error> {
    let update = Update {
        command_id: command_id.to_owned(),
        sha256: sha256.to_owned(),
        from_version: env!("CARGO_PKG_VERSION").to_owned(),
        to_version: to_version.to_owned(),
        released: false,
        tried: false,
        result: None,
    };
    write(data, &update)
}

/// The agent is about to be started anew for the program that is staged.
pub(crate) fn release(data: &Path) -> Result<(), Error> {
    match read(data) {
        Some(update) => write(data, &Update { released: true, ..update }),
        None => Ok(()),
    }
}

/// The command whose update is under way in this process.
static UNDER_WAY: Mutex<Option<String>> = Mutex::new(None);

/// Lets a command update this agent, one at a time: what several stage would lie in one place.
pub(crate) fn claim(command_id: &str) -> Result<(), Error> {
    let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    match under_way.as_deref() {
        Some(other) if other != command_id => Err(Error::UnderWay(other.to_owned())),
        _ => {
            *under_way = Some(command_id.to_owned());
            Ok(())
        }
    }
}

/// Forgets what a command has staged, whose step does not go on.
pub(crate) fn withdraw(data: &Path, command_id: &str) {
    let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    let is_own = under_way.take_if(|other| other == command_id).is_some();
    if is_own || read(data).is_some_and(|update| update.command_id == command_id) {
        forget(data);
    }
}

/// Leaves word that this program, which is tried, may work as the node.
pub(crate) fn tell_that_it_works(data: &Path) -> Result<(), Error> {
    let path = data.join(FOLDER).join(WORKS_FILE);
    fs::write(&path, []).map_err(at(&path))
}

/// Whether this process runs that program.
pub(crate) fn is_running(sha256: &str) -> bool {
    sha256_of(Path::new(RUNNING_PROGRAM)).is_ok_and(|running| running == sha256)
}

/// Tries a program that is staged, before anything of this node is opened, and goes on as that program if it is one that works.
pub(crate) fn try_staged(data: &Path) {
    let is_due = |update: &Update| update.released && update.result.is_none();
    let Some(mut update) = read(data).filter(is_due) else { return };
    let outcome = match update.tried {
        // It may have taken its place when it was cut off.
        true if is_running(&update.sha256) => Ok(()),
        true => Err("the trial of the new program was cut off".to_owned()),
        false => {
            update.tried = true;
            write(data, &update)
                .map_err(TrialError::Update)
                .and_then(|()| replace(data, &update))
                .map_err(|error| error.to_string())
        }
    };
    let is_to_be_started = outcome.is_ok() && !is_running(&update.sha256);
    match &outcome {
        Ok(()) => tracing::info!(version = update.to_version, "this agent is replaced by another version"),
        Err(reason) => tracing::error!(reason, "this agent stays as it is"),
    }
    update.result = Some(outcome);
    if let Err(error) = write(data, &update) {
        tracing::error!(%error, "what came of an update is not remembered");
    }
    if is_to_be_started {
        let error = restart();
        tracing::error!(%error, "the new program could not be started; this one goes on until the next start");
    }
}

#[derive(Debug, thiserror::Error)]
enum TrialError {
    #[error(transparent)]
    Update(#[from] Error),
    #[error("the new program could not be started: {0}")]
    Start(io::Error),
    #[error("the new program did not come so far that this node may work within {} s", TRIAL_TIMEOUT.as_secs())]
    Time,
    #[error("the new program ended with {0}, and this node might not work yet")]
    End(ExitStatus),
}

/// Runs the staged program until it could work, and then puts it in this one's place.
fn replace(data: &Path, update: &Update) -> Result<(), TrialError> {
    let own = own_program()?;
    let staged = place(data)?;
    inspect(&staged, &update.sha256)?;
    let mut trial = Command::new(&staged);
    trial.args(std::env::args_os().skip(1)).arg("--trial").stdin(Stdio::null()).process_group(0);
    let works = staged.with_file_name(WORKS_FILE);
    match fs::remove_file(&works) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&works)(error).into()),
        _ => {}
    }
    let mut trial = trial.spawn().map_err(TrialError::Start)?;
    match ended(&mut trial, TRIAL_TIMEOUT).map_err(TrialError::Start)? {
        Some(status) if status.success() && works.exists() => {}
        Some(status) => return Err(TrialError::End(status)),
        None => return Err(TrialError::Time),
    }
    // The folder may lie on another disk; a program that runs is not written over, but takes another's name.
    let beside = own.with_file_name(format!(".{PROGRAM}.new"));
    fs::copy(&staged, &beside).map_err(at(&beside))?;
    let before = own.metadata().map_err(at(&own))?;
    chown(&beside, Some(before.uid()), Some(before.gid())).map_err(at(&beside))?;
    fs::set_permissions(&beside, before.permissions()).map_err(at(&beside))?;
    fs::File::open(&beside).and_then(|file| file.sync_all()).map_err(at(&beside))?;
    fs::rename(&beside, &own).map_err(at(&own))?;
    let folder = own.parent().unwrap_or(Path::new("/"));
    Ok(fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))?)
}

/// Goes on as the program that lies where this one lay, started as this one was. It comes back only with an error.
pub(crate) fn restart() -> Error {
    match own_program() {
        Ok(own) => {
            let error = Command::new(&own).args(std::env::args_os().skip(1)).exec();
            Error::File(own, error)
        }
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &Path, text: &str) -> PathBuf {
        let path = place(folder).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_program_has_the_hash_and_says_its_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = program(folder.path(), "#!/bin/sh\necho reeve-agent 1.2.3\n");
        let hash = sha256_of(&path).unwrap();
        assert_eq!(inspect(&path, &hash).unwrap(), "1.2.3");
        let other = inspect(&path, &"0".repeat(64)).unwrap_err().to_string();
        assert!(other.contains(&hash), "{other}");
        for text in ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho something else\n", "no program\n"] {
            let path = program(folder.path(), text);
            let hash = sha256_of(&path).unwrap();
            assert!(matches!(inspect(&path, &hash), Err(Error::Version(_))), "{text}");
        }
    }

    #[test]
    fn what_is_staged_is_read_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        place(folder.path()).unwrap();
        stage(folder.path(), "command", "hash", "1.2.3").unwrap();
        let update = read(folder.path()).unwrap();
        assert_eq!((update.command_id.as_str(), update.released, update.result), ("command", false, None));
        withdraw(folder.path(), "another");
        release(folder.path()).unwrap();
        assert!(read(folder.path()).unwrap().released);
        withdraw(folder.path(), "command");
        assert_eq!(read(folder.path()), None);
    }
}
